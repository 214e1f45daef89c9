//! HEIC and AVIF, the pictures of phones, by libheif.
//!
//! It and the decoders behind it are C++ and have had their share of memory errors, so they never see a file in this
//! process: the program starts itself anew as a child that may take neither much memory nor much time, hands back pixels
//! and ends. Whatever happens to the child is the fault of the file.
//!
//! What the child writes, all numbers little-endian: width and height (4 bytes each); then, unless only the size was asked
//! for, the kind of colours (0 none given, 1 an ICC profile, 2 code points) and the length of what describes them (4 bytes
//! each), that, and the pixels, 4 bytes each.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use image::{DynamicImage, RgbaImage};
use libheif_rs::{ColorSpace, DecodingOptions, HeifContext, LibHeif, RgbChroma};

use super::MediaError;
use super::colour::Colours;
use crate::intake::{Refusal, still};

/// The hidden command of the program.
pub const COMMAND: &str = "decode-heif";
/// Bytes of memory that a child may take: 50 megapixels as they are coded, turned and handed over, and libraries.
const MEMORY: u64 = 3 << 30;
/// Seconds of a processor; a picture of 50 megapixels takes two or three.
const SECONDS: u64 = 60;
/// Bytes of a description of colours.
const MOST_COLOURS: u32 = 4 << 20;
/// Bytes of what a child says of its failure.
const MOST_WORDS: u64 = 4_096;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// Names the program that is started as the child: this one. Without it, as in tests of this library, files are decoded
/// in place.
pub fn decode_with(program: PathBuf) {
    // The first one stays: there is only one program.
    let _ = PROGRAM.set(program);
}

/// Width and height of the upright picture.
pub fn size(file: &Path) -> Result<(u32, u32), MediaError> {
    run(file, true, read_size)
}

/// The upright picture, and how its colours are meant.
pub fn decode(file: &Path) -> Result<(DynamicImage, Colours), MediaError> {
    run(file, false, |input| {
        let (width, height) = read_size(input)?;
        let kind = number(input)?;
        let length = number(input)?.min(MOST_COLOURS);
        let described = bytes(input, length as usize)?;
        let colours = match (kind, described.as_slice()) {
            (1, profile) => Colours::Profile(profile.to_vec()),
            (2, &[primaries, transfer]) => Colours::Points { primaries, transfer },
            _ => Colours::Usual,
        };
        let pixels = bytes(input, width as usize * height as usize * 4)?;
        let picture = RgbaImage::from_raw(width, height, pixels).ok_or(Refusal::PictureCutShort)?;
        Ok((DynamicImage::ImageRgba8(picture), colours))
    })
}

fn read_size(input: &mut dyn Read) -> Result<(u32, u32), Refusal> {
    let (width, height) = (number(input)?, number(input)?);
    still::check_size(width, height)?;
    if width == 0 || height == 0 { Err(Refusal::PictureCutShort) } else { Ok((width, height)) }
}

fn number(input: &mut dyn Read) -> Result<u32, Refusal> {
    let mut number = [0; 4];
    input.read_exact(&mut number).map_err(|_| Refusal::PictureCutShort)?;
    Ok(u32::from_le_bytes(number))
}

fn bytes(input: &mut dyn Read, length: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes).map_err(|_| Refusal::PictureCutShort)?;
    Ok(bytes)
}

fn run<T>(
    file: &Path,
    size_only: bool,
    read: impl FnOnce(&mut dyn Read) -> Result<T, Refusal>,
) -> Result<T, MediaError> {
    let Some(program) = PROGRAM.get() else {
        let mut out = Vec::new();
        let written = write(file, size_only, &mut out);
        return match (read(&mut out.as_slice()), written) {
            (Ok(found), Ok(())) => Ok(found),
            (Err(Refusal::PictureCutShort), Err(error)) | (Ok(_), Err(error)) => Err(broken(&error)),
            (Err(refusal), _) => Err(MediaError::Refused(refusal)),
        };
    };
    let failed = |source| MediaError::Read { path: program.clone(), source };
    let mut command = Command::new(program);
    command.arg(COMMAND).args(size_only.then_some("--size")).arg("--").arg(file);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Child(command.spawn().map_err(failed)?);
    let (Some(mut output), Some(words)) = (child.0.stdout.take(), child.0.stderr.take()) else {
        return Err(failed(io::Error::other("the child has no output")));
    };
    let found = match read(&mut output) {
        // Too large: nobody waits for the rest.
        Err(refusal) if refusal != Refusal::PictureCutShort => return Err(MediaError::Refused(refusal)),
        found => found,
    };
    let mut said = String::new();
    let _ = words.take(MOST_WORDS).read_to_string(&mut said);
    let status = child.0.wait().map_err(failed)?;
    match found {
        Ok(found) if status.success() => Ok(found),
        _ => Err(broken(&reason(&said, status))),
    }
}

/// What a child said last, or how it ended.
fn reason(said: &str, status: ExitStatus) -> String {
    match said.lines().rfind(|line| !line.trim().is_empty()) {
        Some(line) if status.code().is_some() => line.trim_start_matches("yuexiang-cloud: ").to_owned(),
        _ => "its decoder gave up".to_owned(),
    }
}

fn broken(reason: &str) -> MediaError {
    MediaError::Refused(Refusal::PictureBroken(reason.to_owned()))
}

/// Ends with its owner, whatever it does.
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        // Already gone after it was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The child's work.
pub fn child(file: &Path, size_only: bool) -> Result<(), String> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    for (resource, most) in [(Resource::As, MEMORY), (Resource::Cpu, SECONDS), (Resource::Core, 0)] {
        let limit = Rlimit { current: Some(most), maximum: Some(most) };
        setrlimit(resource, limit).map_err(|error| format!("limiting what it may take: {error}"))?;
    }
    write(file, size_only, &mut io::BufWriter::new(io::stdout().lock()))
}

fn write(file: &Path, size_only: bool, out: &mut dyn Write) -> Result<(), String> {
    let words = |error: libheif_rs::HeifError| error.message.clone();
    let put = |error: io::Error| format!("handing the picture over: {error}");
    let name = file.to_str().ok_or("its name is not UTF-8")?;
    let library = LibHeif::new_checked().map_err(words)?;
    let context = HeifContext::read_from_file(name).map_err(words)?;
    let handle = context.primary_image_handle().map_err(words)?;
    let (width, height) = (handle.width(), handle.height());
    for side in [width, height] {
        out.write_all(&side.to_le_bytes()).map_err(put)?;
    }
    out.flush().map_err(put)?;
    if size_only || still::check_size(width, height).is_err() {
        return Ok(());
    }
    let (kind, described) = colours(&handle);
    let mut options = DecodingOptions::new().ok_or("there is no memory")?;
    options.set_convert_hdr_to_8bit(true);
    let picture = library.decode(&handle, ColorSpace::Rgb(RgbChroma::Rgba), Some(options)).map_err(words)?;
    let planes = picture.planes();
    let plane = planes.interleaved.ok_or("it has no pixels")?;
    if (plane.width, plane.height) != (width, height) {
        return Err("its size is another than it says".to_owned());
    }
    for number in [kind, described.len() as u32] {
        out.write_all(&number.to_le_bytes()).map_err(put)?;
    }
    out.write_all(&described).map_err(put)?;
    for line in plane.data.chunks(plane.stride).take(height as usize) {
        out.write_all(line.get(..width as usize * 4).ok_or("a line is too short")?).map_err(put)?;
    }
    out.flush().map_err(put)
}

fn colours(handle: &libheif_rs::ImageHandle) -> (u32, Vec<u8>) {
    let profile = handle.color_profile_raw().filter(|profile| profile.data.len() <= MOST_COLOURS as usize);
    if let Some(profile) = profile {
        return (1, profile.data);
    }
    let points = handle.color_profile_nclx().map(|points| {
        // The numbers of ITU-T H.273, which libheif's are.
        vec![points.color_primaries() as u8, points.transfer_characteristics() as u8]
    });
    points.map_or((0, Vec::new()), |points| (2, points))
}
