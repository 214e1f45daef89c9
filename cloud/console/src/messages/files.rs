//! What is wrong with files that people send: pictures and videos, spreadsheets, and the way they come.

use super::{Line, messages, short};

messages! {
    /// Why a picture or a video is not taken: the file is at fault, and this is what is wrong with it.
    File {
        Empty = 422 "empty";
        zh ("这个文件是空的") ("请换一个文件");
        en ("the file is empty") ("take another one");

        Text = 422 "text";
        zh ("这是文本文件") ("请换成图片或视频");
        en ("the file is a text") ("take a picture or a video");

        /// Names other files, which would be opened in its place.
        Playlist = 422 "playlist";
        zh ("这是播放列表，里面只有其他文件的地址") ("请上传视频本身");
        en ("the file is a playlist that names other files") ("take the video itself");

        Svg = 422 "svg";
        zh ("这是 SVG 矢量图") ("请导出为 JPEG 或 PNG 后上传");
        en ("the file is an SVG drawing") ("export it as JPEG or PNG");

        Html = 422 "html";
        zh ("这是网页文件") ("请换成图片或视频");
        en ("the file is an HTML page") ("take a picture or a video");

        Xml = 422 "xml";
        zh ("这是 XML 文件") ("请换成图片或视频");
        en ("the file is an XML document") ("take a picture or a video");

        /// The field names the format, such as `pdf`, here and below.
        Document(format: &'static str) = 422 "document";
        zh ("这是文档（{format}）") ("请把页面导出为图片后上传");
        en ("the file is a document ({format})") ("export its pages as pictures");

        Executable(format: &'static str) = 422 "executable";
        zh ("这是可执行程序（{format}），不能上传") ("请换成图片或视频");
        en ("the file is a program ({format})") ("take a picture or a video");

        /// Never unpacked, so it does not matter how large it would become.
        Archive(format: &'static str) = 422 "archive";
        zh ("这是压缩包（{format}）") ("请解压后上传里面的文件");
        en ("the file is an archive ({format})") ("unpack it and take what is inside");

        Sound = 422 "sound";
        zh ("这是录音，只能发布图片和视频") ("请换成图片或视频");
        en ("the file is a sound recording; only pictures and videos can be published") ("take a picture or a video");

        PictureFormat(format: &'static str) = 422 "picture-format";
        zh ("不支持 {format} 格式的图片") ("请转换为 JPEG 或 PNG 后上传");
        en ("the file is a picture in the format {format}") ("convert it to JPEG or PNG");

        Animated(format: &'static str) = 422 "animated-picture";
        zh ("这是动态图片（{format}）") ("请转换为视频后上传");
        en ("the file is an animated picture ({format})") ("convert it to a video");

        Unknown = 422 "unknown";
        zh ("认不出这个文件") ("请换成手机拍的照片（JPEG、PNG、HEIC 等）或 MP4、MOV 视频");
        en ("the file is nothing that is known") ("take a picture of a phone (JPEG, PNG, HEIC) or an MP4 or MOV video");

        NotAPicture = 422 "not-a-picture";
        zh ("这是视频") ("请换成图片");
        en ("the file is a video") ("take a picture");

        NotAVideo = 422 "not-a-video";
        zh ("这是图片") ("请换成视频");
        en ("the file is a picture") ("take a video");

        /// Bytes of a picture's file.
        PictureFile { length: u64 } = 422 "picture-file-size";
        zh ("图片有 {} MB，最大可以传 100 MB", megabytes(*length)) ("请缩小后再传");
        en ("the picture has {} MB, at most 100 MB are accepted", megabytes(*length)) ("make it smaller");

        Side { width: u32, height: u32 } = 422 "picture-side";
        zh ("图片有 {width}×{height} 像素，每边要小于 30000 像素") ("请缩小后再传");
        en ("the picture has {width}×{height} pixels, each side must have less than 30000") ("make it smaller");

        Megapixels { width: u32, height: u32 } = 422 "picture-megapixels";
        zh ("图片有 {} 百万像素（{width}×{height}），最多 50 百万像素", megapixels(*width, *height)) ("请缩小后再传");
        en ("the picture has {} megapixels ({width}×{height}), at most 50 are accepted", megapixels(*width, *height))
           ("make it smaller");

        /// The field names the part that unpacks to far more than it may.
        Bomb(part: &'static str) = 422 "decompression-bomb";
        zh ("这个文件不正常：有一部分（{part}）解压后太大") ("请换一个文件");
        en ("the file is built to exhaust the server: its part {part} unpacks to far too much") ("take another one");

        PictureCutShort = 422 "picture-cut-short";
        zh ("图片不完整，后面缺了一部分") ("请重新上传");
        en ("the picture is cut short") ("upload it again");

        /// The decoder says why, in English.
        PictureBroken(detail: String) = 422 "picture-broken";
        zh ("图片已经损坏，打不开") ("请换一张");
        en ("the picture is broken: {detail}") ("take another one");

        /// The size of the upright picture that a crop does not lie in.
        Crop { width: u32, height: u32 } = 422 "picture-crop";
        zh ("图片为 {width}×{height} 像素，裁剪范围超出了图片") ("请改小裁剪的范围");
        en ("the picture has {width}×{height} pixels, the crop does not lie inside") ("make the crop smaller");

        NoVideo = 422 "no-video";
        zh ("这个文件里没有画面") ("请换成视频");
        en ("the file has no video stream") ("take a video");

        /// An MP4 file without its index (`moov`).
        NoIndex = 422 "video-without-index";
        zh ("视频没有录完或没有存全（缺少索引）") ("请重新导出后再传");
        en ("the video has no index (moov): the recording was not finished or the file is incomplete")
           ("export it again");

        VideoCutShort = 422 "video-cut-short";
        zh ("视频不完整，后面缺了一部分") ("请重新上传");
        en ("the video is cut short: parts that it announces are missing") ("upload it again");

        ExternalReference = 422 "external-reference";
        zh ("视频引用了其他文件") ("请上传完整的单个视频文件");
        en ("the video refers to other files") ("take one that is whole in itself");

        Encrypted = 422 "encrypted";
        zh ("视频加了密，放不出来") ("请换成没有加密的");
        en ("the video is encrypted") ("take one that is not");

        FrameSize { width: u32, height: u32 } = 422 "video-frame-size";
        zh ("视频画面有 {width}×{height} 像素，最多 16 百万像素") ("请缩小后再传");
        en ("the video has frames of {width}×{height} pixels, at most 16 megapixels are accepted") ("make it smaller");

        /// The container declares another size than the frames have.
        LyingSize { declared: (u32, u32), actual: (u32, u32) } = 422 "video-lying-size";
        zh ("视频说是 {}×{} 像素，实际画面是 {}×{}", declared.0, declared.1, actual.0, actual.1) ("请重新导出后再传");
        en ("the video declares {}×{} pixels, but its frames have {}×{}", declared.0, declared.1, actual.0, actual.1)
           ("export it again");

        TooLong = 422 "video-too-long";
        zh ("视频超过四小时") ("请剪短或分段后再传");
        en ("the video is longer than four hours") ("cut it, or divide it");

        /// Seconds. The container declares another duration than its index or its frames have.
        LyingDuration { declared: u64, actual: u64 } = 422 "video-lying-duration";
        zh ("视频说有 {declared} 秒，实际至少 {actual} 秒") ("请重新导出后再传");
        en ("the video declares a duration of {declared} seconds, but has {actual} or more") ("export it again");

        /// Seconds that can be decoded, of those declared.
        BreaksOff { after: u64, declared: u64 } = 422 "video-breaks-off";
        zh ("视频说有 {declared} 秒，只有前 {after} 秒能放") ("请重新导出后再传");
        en ("the video breaks off after {after} of {declared} seconds") ("export it again");

        NoFrame = 422 "video-without-frame";
        zh ("视频里没有放得出来的画面") ("请换一个");
        en ("the video has no frame that can be decoded") ("take another one");

        /// The decoder says why, in English.
        Undecodable(detail: String) = 422 "video-undecodable";
        zh ("视频放不出来") ("请重新导出后再传");
        en ("the video cannot be decoded: {detail}") ("export it again");

        Stalled = 422 "video-stalls";
        zh ("视频放不出来，处理到一半停住了") ("请重新导出后再传");
        en ("the video cannot be decoded: it stalls") ("export it again");

        /// Minutes after which it was given up.
        TooSlow { minutes: u64 } = 422 "video-too-slow";
        zh ("视频处理了 {minutes} 分钟还没有完") ("请剪短或缩小后再传");
        en ("the video was given up: it was not done after {minutes} minutes") ("cut it, or make it smaller");
    }
}

messages! {
    /// What goes wrong on a file's way.
    Upload {
        NobodyLoggedIn = 401 "upload";
        zh ("还没有登录") ("请登录以后接着传");
        en ("nobody is signed in") ("sign in and go on");

        Unknown = 404 "upload";
        zh ("没有这个上传任务") ("请重新上传这个文件");
        en ("there is no such upload") ("upload the file again");

        Expired = 410 "upload";
        zh ("上传中断太久，已被清理") ("请重新上传这个文件");
        en ("the upload was silent for too long and has been given up") ("upload the file again");

        /// Bytes.
        TooLarge { length: u64, most: u64 } = 413 "upload";
        zh ("文件有 {} MB，最大只能上传 {} MB", megabytes(*length), megabytes(*most)) ("请缩小后再传");
        en ("the file has {} MB, at most {} MB are accepted", megabytes(*length), megabytes(*most)) ("make it smaller");

        TooMuch { length: u64 } = 413 "upload";
        zh ("收到的数据超过了声明的 {length} 字节") ("请重新上传这个文件");
        en ("more came than the {length} bytes that were announced") ("upload the file again");

        TooMany { most: usize } = 429 "upload";
        zh ("您已有 {most} 个上传任务") ("请先使用或删除其中一个");
        en ("you have {most} uploads already") ("use or delete one first");

        NoSpace { length: u64 } = 507 "upload";
        zh ("服务器空间不足，放不下 {} MB", megabytes(*length)) ("请联系运维人员，腾出空间后再传");
        en ("the server has no room for {} MB more", megabytes(*length)) ("tell the operators, and go on when there is room");

        Offset { offset: u64, asked: u64 } = 409 "upload";
        zh ("已收到 {offset} 字节，不能从第 {asked} 字节续传") ("请从第 {offset} 字节续传");
        en ("the upload is at byte {offset}, not at byte {asked}") ("go on at byte {offset}");

        Locked = 423 "upload";
        zh ("另一个窗口正在上传这个文件") ("请关掉那一个，或等它传完");
        en ("another connection is sending to this upload") ("close that one, or wait for it");

        Unfinished { offset: u64, length: u64 } = 409 "upload";
        zh ("共 {length} 字节，只收到 {offset} 字节") ("请接着传完");
        en ("only {offset} of {length} bytes have come") ("send the rest");

        Checksum = 460 "upload";
        zh ("数据校验不一致") ("请重传这一段");
        en ("what came does not have the checksum that was announced") ("send that part again");

        Version = 412 "upload";
        zh ("上传协议的版本不对，本服务器只支持 tus 1.0.0") ("请换一个上传程序");
        en ("this server speaks version 1.0.0 of tus") ("use a program that speaks it");

        ContentType = 415 "upload";
        zh ("请求体的类型不对") ("请把类型写成 {}", OCTETS);
        en ("the body has another type") ("send it as {OCTETS}");

        Method(method: String) = 405 "upload";
        zh ("这个地址不支持 {method}") ("请看协议的说明");
        en ("this address does not take {method}") ("see the protocol");

        Header(name: &'static str) = 400 "upload";
        zh ("请求头 {name} 缺失或有误") ("请看协议的说明");
        en ("the header {name} is missing or wrong") ("see the protocol");

        DiskFull = 507 "upload";
        zh ("服务器空间不足") ("请联系运维人员，腾出空间后接着传");
        en ("the server has no room left") ("tell the operators, and go on when there is room");

        Failed = 500 "internal";
        zh ("云端出了点问题，文件没有收好") ("不是您的错，请过一会儿接着传；还不行就找运维");
        en ("the server failed; its log says why") ("go on later, or ask the operators");
    }
}

impl File {
    /// A name for programs, which does not change.
    pub fn name(&self) -> &'static str {
        self.message().code()
    }
}

/// What tus sends.
const OCTETS: &str = "application/offset+octet-stream";

messages! {
    /// Why a spreadsheet is not taken, and what is wrong with what was found in one.
    Sheet {
        Empty = 422 "sheet";
        zh ("这个文件里没有表格内容") ("请选另一个文件");
        en ("there is no table in this file") ("choose another one");

        TooLarge = 422 "sheet";
        zh ("文件太大，放不进电视上的表格") ("请只留要公开的部分");
        en ("the file is too large for a table on television") ("leave only what is published");

        /// A workbook of Excel before 2007 or WPS's own, or one with a password.
        Old = 422 "sheet";
        zh ("这是旧格式（.xls、.et）或加了密码的表格") ("请在 WPS 或 Excel 里另存为 .xlsx 再上传");
        en ("this is an old format (.xls, .et) or has a password") ("save it as .xlsx and upload that");

        NotATable = 422 "sheet";
        zh ("这不是表格文件") ("请上传 .xlsx 或 .csv");
        en ("this is no spreadsheet") ("upload an .xlsx or .csv file");

        Broken = 422 "sheet";
        zh ("文件已经损坏") ("请在 WPS 或 Excel 里另存一次再上传");
        en ("the file is broken") ("save it again and upload that");

        NoSheet = 422 "sheet";
        zh ("没有这个工作表") ("请从列表里选一个");
        en ("there is no such sheet") ("choose one of the list");

        DoesNotFit { rows: usize, columns: usize, most_rows: usize, most_columns: usize } = 422 "sheet";
        zh ("这张表有 {rows} 行 {columns} 列，放不下：最多 {most_rows} 行 {most_columns} 列（列名和最后的合计行另算）")
           ("什么也没有放进去，请在表格软件里只留要公开的部分");
        en ("this table has {rows} rows and {columns} columns and does not fit: at most {most_rows} rows and \
             {most_columns} columns besides the titles and a last row of totals")
           ("nothing was taken; leave only what is published");

        NoTitle = 422 "sheet";
        zh ("有的列没有列名") ("请放进来以后补上");
        en ("some columns have no title") ("add them after it was taken");

        LongCell { row: usize, column: String, most: usize } = 422 "sheet";
        zh ("第 {row} 行“{}”超过 {most} 个字", short(column)) ("请放进来以后缩短");
        en ("row {row}, “{}”: more than {most} characters", short(column)) ("shorten it after it was taken");

        Encoding = 422 "sheet";
        zh ("看不懂文件里的文字") ("请另存为 .xlsx 再上传");
        en ("the text in the file cannot be read") ("save it as .xlsx and upload that");
    }
}

fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

fn megapixels(width: u32, height: u32) -> u64 {
    (u64::from(width) * u64::from(height)).div_ceil(1_000_000)
}
