//! Why a file is not taken, by name.

use std::fmt;

/// The file is at fault, and this is what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Empty,
    Text,
    /// Names other files, which would be opened in its place.
    Playlist,
    Svg,
    Html,
    Xml,
    /// The field names the format, such as `pdf`, here and below.
    Document(&'static str),
    Executable(&'static str),
    /// Never unpacked, so it does not matter how large it would become.
    Archive(&'static str),
    Sound,
    PictureFormat(&'static str),
    Animated(&'static str),
    Unknown,
    NotAPicture,
    NotAVideo,

    /// Bytes of a picture's file.
    PictureFile {
        length: u64,
    },
    Side {
        width: u32,
        height: u32,
    },
    Megapixels {
        width: u32,
        height: u32,
    },
    /// The field names the part that unpacks to far more than it may.
    Bomb(&'static str),
    PictureCutShort,
    PictureBroken(String),
    /// The size of the upright picture that a crop does not lie in.
    Crop {
        width: u32,
        height: u32,
    },

    NoVideo,
    /// An MP4 file without its index (`moov`).
    NoIndex,
    VideoCutShort,
    ExternalReference,
    Encrypted,
    FrameSize {
        width: u32,
        height: u32,
    },
    /// The container declares another size than the frames have.
    LyingSize {
        declared: (u32, u32),
        actual: (u32, u32),
    },
    TooLong,
    /// Seconds. The container declares another duration than its index or its frames have.
    LyingDuration {
        declared: u64,
        actual: u64,
    },
    /// Seconds that can be decoded, of those declared.
    BreaksOff {
        after: u64,
        declared: u64,
    },
    NoFrame,
    Undecodable(String),
    Stalled,
    /// Minutes after which it was given up.
    TooSlow {
        minutes: u64,
    },
}

impl Refusal {
    /// A name for programs, which does not change.
    pub fn name(&self) -> &'static str {
        match self {
            Refusal::Empty => "empty",
            Refusal::Text => "text",
            Refusal::Playlist => "playlist",
            Refusal::Svg => "svg",
            Refusal::Html => "html",
            Refusal::Xml => "xml",
            Refusal::Document(_) => "document",
            Refusal::Executable(_) => "executable",
            Refusal::Archive(_) => "archive",
            Refusal::Sound => "sound",
            Refusal::PictureFormat(_) => "picture-format",
            Refusal::Animated(_) => "animated-picture",
            Refusal::Unknown => "unknown",
            Refusal::NotAPicture => "not-a-picture",
            Refusal::NotAVideo => "not-a-video",
            Refusal::PictureFile { .. } => "picture-file-size",
            Refusal::Side { .. } => "picture-side",
            Refusal::Megapixels { .. } => "picture-megapixels",
            Refusal::Bomb(_) => "decompression-bomb",
            Refusal::PictureCutShort => "picture-cut-short",
            Refusal::PictureBroken(_) => "picture-broken",
            Refusal::Crop { .. } => "picture-crop",
            Refusal::NoVideo => "no-video",
            Refusal::NoIndex => "video-without-index",
            Refusal::VideoCutShort => "video-cut-short",
            Refusal::ExternalReference => "external-reference",
            Refusal::Encrypted => "encrypted",
            Refusal::FrameSize { .. } => "video-frame-size",
            Refusal::LyingSize { .. } => "video-lying-size",
            Refusal::TooLong => "video-too-long",
            Refusal::LyingDuration { .. } => "video-lying-duration",
            Refusal::BreaksOff { .. } => "video-breaks-off",
            Refusal::NoFrame => "video-without-frame",
            Refusal::Undecodable(_) => "video-undecodable",
            Refusal::Stalled => "video-stalls",
            Refusal::TooSlow { .. } => "video-too-slow",
        }
    }

    /// What is wrong, to follow the name of the file.
    pub fn reason(&self) -> String {
        match self {
            Refusal::Empty => "is empty".to_owned(),
            Refusal::Text => "is a text, not a picture or a video".to_owned(),
            Refusal::Playlist => "is a playlist that names other files: publish the video itself".to_owned(),
            Refusal::Svg => "is an SVG drawing: publish it as JPEG or PNG".to_owned(),
            Refusal::Html => "is an HTML page, not a picture or a video".to_owned(),
            Refusal::Xml => "is an XML document, not a picture or a video".to_owned(),
            Refusal::Document(format) => format!("is a document ({format}): publish its pages as pictures"),
            Refusal::Executable(format) => format!("is a program ({format})"),
            Refusal::Archive(format) => format!("is an archive ({format}): unpack it and publish what is inside"),
            Refusal::Sound => "is a sound recording; only pictures and videos can be published".to_owned(),
            Refusal::PictureFormat(format) => format!("is a picture in the format {format}: publish it as JPEG or PNG"),
            Refusal::Animated(format) => format!("is an animated picture ({format}): publish it as a video"),
            Refusal::Unknown => "is neither a picture nor a video of a kind that is known".to_owned(),
            Refusal::NotAPicture => "is a video, not a picture".to_owned(),
            Refusal::NotAVideo => "is a picture, not a video".to_owned(),
            Refusal::PictureFile { length } => {
                format!("has {} MB, at most 100 are accepted of a picture", length.div_ceil(1_000_000))
            }
            Refusal::Side { width, height } => {
                format!("has {width}×{height} pixels, each side must have less than 30000")
            }
            Refusal::Megapixels { width, height } => {
                format!("has {} megapixels ({width}×{height}), at most 50 are accepted", megapixels(*width, *height))
            }
            Refusal::Bomb(part) => format!("is built to exhaust the server: its part {part} unpacks to far too much"),
            Refusal::PictureCutShort => "is broken: it is cut short".to_owned(),
            Refusal::PictureBroken(detail) => format!("is broken: {detail}"),
            Refusal::Crop { width, height } => format!("is {width}×{height} pixels, the crop does not lie inside"),
            Refusal::NoVideo => "has no video stream".to_owned(),
            Refusal::NoIndex => {
                "has no index (moov): the recording was not finished or the file is incomplete".to_owned()
            }
            Refusal::VideoCutShort => "is cut short: parts that it announces are missing".to_owned(),
            Refusal::ExternalReference => "refers to other files: publish a video that is whole in itself".to_owned(),
            Refusal::Encrypted => "is encrypted".to_owned(),
            Refusal::FrameSize { width, height } => {
                format!("has frames of {width}×{height} pixels, at most 16 megapixels are accepted")
            }
            Refusal::LyingSize { declared, actual } => {
                let (width, height) = declared;
                format!("declares {width}×{height} pixels, but its frames have {}×{}", actual.0, actual.1)
            }
            Refusal::TooLong => "is longer than four hours".to_owned(),
            Refusal::LyingDuration { declared, actual } => {
                format!("declares a duration of {declared} seconds, but has {actual} or more")
            }
            Refusal::BreaksOff { after, declared } => format!("breaks off after {after} of {declared} seconds"),
            Refusal::NoFrame => "has no frame that can be decoded".to_owned(),
            Refusal::Undecodable(detail) => format!("cannot be decoded: {detail}"),
            Refusal::Stalled => "cannot be decoded: it stalls".to_owned(),
            Refusal::TooSlow { minutes } => format!("was given up: it was not done after {minutes} minutes"),
        }
    }

    /// The whole sentence in Chinese.
    pub fn zh(&self) -> String {
        match self {
            Refusal::Empty => "这个文件是空的，请换一个。".to_owned(),
            Refusal::Text => "这是文本文件，请换成图片或视频。".to_owned(),
            Refusal::Playlist => "这是播放列表，里面只有其他文件的地址，请上传视频本身。".to_owned(),
            Refusal::Svg => "这是 SVG 矢量图，请导出为 JPEG 或 PNG 后上传。".to_owned(),
            Refusal::Html => "这是网页文件，请换成图片或视频。".to_owned(),
            Refusal::Xml => "这是 XML 文件，请换成图片或视频。".to_owned(),
            Refusal::Document(format) => format!("这是文档（{format}），请把页面导出为图片后上传。"),
            Refusal::Executable(format) => format!("这是可执行程序（{format}），不能上传。"),
            Refusal::Archive(format) => format!("这是压缩包（{format}），请解压后上传里面的文件。"),
            Refusal::Sound => "这是录音，只能发布图片和视频。".to_owned(),
            Refusal::PictureFormat(format) => format!("不支持 {format} 格式的图片，请转换为 JPEG 或 PNG 后上传。"),
            Refusal::Animated(format) => format!("这是动态图片（{format}），请转换为视频后上传。"),
            Refusal::Unknown => "认不出这个文件，请换成手机拍的照片（JPEG、PNG、HEIC 等）或 MP4、MOV 视频。".to_owned(),
            Refusal::NotAPicture => "这是视频，请换成图片。".to_owned(),
            Refusal::NotAVideo => "这是图片，请换成视频。".to_owned(),
            Refusal::PictureFile { length } => {
                format!("图片有 {} MB，最大可以传 100 MB，请缩小后再传。", length.div_ceil(1_000_000))
            }
            Refusal::Side { width, height } => {
                format!("图片有 {width}×{height} 像素，每边要小于 30000 像素，请缩小后再传。")
            }
            Refusal::Megapixels { width, height } => {
                format!(
                    "图片有 {} 百万像素（{width}×{height}），最多 50 百万像素，请缩小后再传。",
                    megapixels(*width, *height)
                )
            }
            Refusal::Bomb(part) => format!("这个文件不正常：{part} 部分解压后太大，不能上传。"),
            Refusal::PictureCutShort => "图片不完整，后面缺了一部分，请重新上传。".to_owned(),
            Refusal::PictureBroken(detail) => format!("图片已经损坏（{detail}），请换一张。"),
            Refusal::Crop { width, height } => format!("图片为 {width}×{height} 像素，裁剪范围超出了图片。"),
            Refusal::NoVideo => "这个文件里没有画面，请换成视频。".to_owned(),
            Refusal::NoIndex => "视频没有录完或没有存全（缺少索引 moov），请重新导出后再传。".to_owned(),
            Refusal::VideoCutShort => "视频不完整，后面缺了一部分，请重新上传。".to_owned(),
            Refusal::ExternalReference => "视频引用了其他文件，请上传完整的单个视频文件。".to_owned(),
            Refusal::Encrypted => "视频加了密，放不出来，请换成没有加密的。".to_owned(),
            Refusal::FrameSize { width, height } => {
                format!("视频画面有 {width}×{height} 像素，最多 16 百万像素，请缩小后再传。")
            }
            Refusal::LyingSize { declared, actual } => {
                let (width, height) = declared;
                format!("视频说是 {width}×{height} 像素，实际画面是 {}×{}，请重新导出后再传。", actual.0, actual.1)
            }
            Refusal::TooLong => "视频超过四小时，请剪短或分段后再传。".to_owned(),
            Refusal::LyingDuration { declared, actual } => {
                format!("视频说有 {declared} 秒，实际至少 {actual} 秒，请重新导出后再传。")
            }
            Refusal::BreaksOff { after, declared } => {
                format!("视频说有 {declared} 秒，只有前 {after} 秒能放，请重新导出后再传。")
            }
            Refusal::NoFrame => "视频里没有放得出来的画面，请换一个。".to_owned(),
            Refusal::Undecodable(detail) => format!("视频放不出来（{detail}），请重新导出后再传。"),
            Refusal::Stalled => "视频放不出来，处理到一半停住了，请重新导出后再传。".to_owned(),
            Refusal::TooSlow { minutes } => format!("视频处理了 {minutes} 分钟还没有完，请剪短或缩小后再传。"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "The file {}.", self.reason())
    }
}

impl std::error::Error for Refusal {}

fn megapixels(width: u32, height: u32) -> u64 {
    (u64::from(width) * u64::from(height)).div_ceil(1_000_000)
}
