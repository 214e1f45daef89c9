//! Pictures: any JPEG or PNG to an upright JPEG that a television can show, and its thumbnail.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, GenericImageView, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits, RgbImage};
use yuexiang_wire::{Object, Picture};

use super::MediaError;
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
        None => "picture-1".to_owned(),
        Some(Crop { x, y, width, height }) => format!("picture-1 crop={x},{y},{width},{height}"),
    }
}

/// Checks kind, size and crop without decoding.
pub fn probe(source: &PictureSource) -> Result<(), MediaError> {
    decoder(source).map(|_| ())
}

pub fn make(source: &PictureSource, objects: &Objects) -> Result<Picture, MediaError> {
    let (mut decoder, crop) = decoder(source)?;
    let orientation = orientation(&mut decoder);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(orientation);
    if let Some(Crop { x, y, width, height }) = crop {
        picture = picture.crop_imm(x, y, width, height);
    }
    store(&flatten(picture), objects)
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

/// A decoder that has read no more than the header, and the crop if there is one.
fn decoder(source: &PictureSource) -> Result<(impl ImageDecoder, Option<Crop>), MediaError> {
    let read = |error| MediaError::Read { path: source.file.clone(), source: error };
    // The content says what it is; the name may say anything.
    let found = intake::found(&source.file)?;
    let length = source.file.metadata().map_err(read)?.len();
    let format = match found {
        Found::Video(_) => return refuse(Refusal::NotAPicture),
        _ if length > LONGEST_FILE => return refuse(Refusal::PictureFile { length }),
        Found::Jpeg => ImageFormat::Jpeg,
        Found::Png => ImageFormat::Png,
    };
    let bytes = std::fs::read(&source.file).map_err(read)?;
    let walked = if format == ImageFormat::Png { intake::still::png(&bytes) } else { intake::still::jpeg(&bytes) };
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
        let orientation = orientation(&mut decoder);
        check_crop(crop, orientation, (width, height))?;
    }
    Ok((decoder, source.crop))
}

/// Exif that cannot be read says nothing; the picture is whole without.
fn orientation(decoder: &mut impl ImageDecoder) -> Orientation {
    decoder.orientation().unwrap_or(Orientation::NoTransforms)
}

/// The crop counts pixels of the upright picture.
fn check_crop(crop: Crop, orientation: Orientation, (width, height): (u32, u32)) -> Result<(), MediaError> {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    let sideways = matches!(orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH);
    let (width, height) = if sideways { (height, width) } else { (width, height) };
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
