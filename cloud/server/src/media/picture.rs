//! Pictures: whatever phones and computers make to an upright JPEG in the colours of a television, and its thumbnail.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use yuexiang_wire::{Object, Picture};

use super::colour::{Colours, to_srgb};
use super::{MediaError, heif};
use crate::intake::{self, Found, Refusal};
use crate::objects::Objects;
use crate::pack::{Crop, PictureSource};

/// Bytes of a picture's file. It is held in memory while it is decoded.
const LONGEST_FILE: u64 = 100_000_000;
/// Bytes that decoding may take besides: 50 megapixels of four samples of 16 bits, and a little.
const MEMORY: u64 = 450 << 20;
/// The longer side, in pixels.
const LONGEST_SIDE: u32 = 1_920;
const THUMBNAIL_WIDTH: u32 = 480;
/// Tall pictures would have thumbnails as large as themselves.
const THUMBNAIL_HEIGHT: u32 = 960;
const QUALITY: u8 = 82;
const THUMBNAIL_QUALITY: u8 = 76;

pub fn recipe(crop: Option<Crop>) -> String {
    match crop {
        None => "picture-2".to_owned(),
        Some(Crop { x, y, width, height }) => format!("picture-2 crop={x},{y},{width},{height}"),
    }
}

/// Checks kind, size and crop without decoding.
pub fn probe(source: &PictureSource) -> Result<(), MediaError> {
    open(source).map(|_| ())
}

pub fn make(source: &PictureSource, objects: &Objects) -> Result<Picture, MediaError> {
    let (mut picture, colours) = match open(source)? {
        Opened::Heif => heif::decode(&source.file)?,
        Opened::Other(mut decoder) => {
            let orientation = orientation(&mut decoder);
            let profile = decoder.icc_profile().ok().flatten();
            let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
            picture.apply_orientation(orientation);
            (picture, profile.map_or(Colours::Usual, Colours::Profile))
        }
    };
    if let Some(crop @ Crop { x, y, width, height }) = source.crop {
        check_crop(crop, picture.dimensions())?;
        picture = picture.crop_imm(x, y, width, height);
    }
    store(&flatten(to_srgb(picture, &colours)), objects)
}

/// Stores a finished picture, reduced to what is shown, with its thumbnail.
pub fn store(picture: &RgbImage, objects: &Objects) -> Result<Picture, MediaError> {
    let full = reduced(picture, LONGEST_SIDE, LONGEST_SIDE);
    let thumbnail = reduced(&full, THUMBNAIL_WIDTH, THUMBNAIL_HEIGHT);
    let stored = objects.put(&jpeg(&full, QUALITY)?)?;
    let small = objects.put(&jpeg(&thumbnail, THUMBNAIL_QUALITY)?)?;
    Ok(Picture {
        sha256: stored.sha256,
        length: stored.length,
        width: full.width(),
        height: full.height(),
        caption: String::new(),
        thumbnail: Object { sha256: small.sha256, length: small.length },
    })
}

/// A picture of which no more than the header was read.
enum Opened {
    /// The child that decodes it reads the file itself.
    Heif,
    Other(Box<dyn ImageDecoder>),
}

fn open(source: &PictureSource) -> Result<Opened, MediaError> {
    let read = |error| MediaError::Read { path: source.file.clone(), source: error };
    // The content says what it is; the name may say anything.
    let found = intake::found(&source.file)?;
    let length = source.file.metadata().map_err(read)?.len();
    let format = match found {
        Found::Video(_) => return refuse(Refusal::NotAPicture),
        _ if length > LONGEST_FILE => return refuse(Refusal::PictureFile { length }),
        Found::Heif => {
            let size = heif::size(&source.file)?;
            source.crop.map_or(Ok(()), |crop| check_crop(crop, size))?;
            return Ok(Opened::Heif);
        }
        Found::Jpeg => ImageFormat::Jpeg,
        Found::Png => ImageFormat::Png,
        Found::WebP => ImageFormat::WebP,
        Found::Gif => ImageFormat::Gif,
        Found::Bmp => ImageFormat::Bmp,
        Found::Tiff => ImageFormat::Tiff,
    };
    let bytes = std::fs::read(&source.file).map_err(read)?;
    let walked = match format {
        ImageFormat::Jpeg => intake::still::jpeg(&bytes),
        ImageFormat::Png => intake::still::png(&bytes),
        ImageFormat::Tiff => intake::still::tiff(&bytes),
        // Their decoders say themselves what is missing, and are held to the limits below.
        _ => Ok(()),
    };
    walked.map_err(MediaError::Refused)?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    // The decoder may have found another header than the walk before it.
    intake::still::check_size(width, height).map_err(MediaError::Refused)?;
    if let Some(crop) = source.crop {
        use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
        let sideways = matches!(orientation(&mut decoder), Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH);
        check_crop(crop, if sideways { (height, width) } else { (width, height) })?;
    }
    Ok(Opened::Other(Box::new(decoder)))
}

/// Exif that cannot be read says nothing; the picture is whole without.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

/// The crop counts pixels of the upright picture.
fn check_crop(crop: Crop, (width, height): (u32, u32)) -> Result<(), MediaError> {
    let inside =
        |from: u32, length: u32, whole: u32| length > 0 && from.checked_add(length).is_some_and(|to| to <= whole);
    if inside(crop.x, crop.width, width) && inside(crop.y, crop.height, height) {
        return Ok(());
    }
    refuse(Refusal::Crop { width, height })
}

/// Television has no transparency: what shows through is white, as on the paper that most such pictures come from.
fn flatten(picture: DynamicImage) -> RgbImage {
    if !picture.color().has_alpha() {
        return picture.into_rgb8();
    }
    let (width, height) = picture.dimensions();
    let picture = picture.into_rgba8();
    RgbImage::from_fn(width, height, |x, y| {
        let [red, green, blue, alpha] = picture.get_pixel(x, y).0;
        let over =
            |colour: u8| ((u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255) as u8;
        image::Rgb([over(red), over(green), over(blue)])
    })
}

fn reduced(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let scale = (f64::from(width) / f64::from(picture.width())).min(f64::from(height) / f64::from(picture.height()));
    if scale >= 1.0 {
        return picture.clone();
    }
    let side = |length: u32| ((f64::from(length) * scale).round() as u32).max(1);
    image::imageops::resize(picture, side(picture.width()), side(picture.height()), FilterType::Lanczos3)
}

fn jpeg(picture: &RgbImage, quality: u8) -> Result<Vec<u8>, MediaError> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(picture).map_err(broken)?;
    Ok(bytes)
}

fn broken(error: ImageError) -> MediaError {
    MediaError::Refused(Refusal::PictureBroken(error.to_string()))
}

fn refuse<T>(refusal: Refusal) -> Result<T, MediaError> {
    Err(MediaError::Refused(refusal))
}
