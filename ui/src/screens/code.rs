//! QR codes: dark on white, every module the same whole number of pixels, with the quiet zone that readers need.

use qrcode::{EcLevel, QrCode};
use slint::{Image, Rgb8Pixel, SharedPixelBuffer};

/// Modules of light around the code (ISO/IEC 18004).
const QUIET: usize = 4;

pub(super) struct Code {
    pub image: Image,
    /// Pixels of the display.
    pub side: u32,
}

impl Code {
    pub fn nothing() -> Code {
        Code { image: Image::default(), side: 0 }
    }
}

/// The largest code for `text` that fits into `room` pixels; none when nothing fits or there is nothing to say.
pub(super) fn draw(text: &str, room: u32) -> Option<Code> {
    if text.is_empty() {
        return None;
    }
    let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
    let modules = code.width();
    let size = room as usize / (modules + 2 * QUIET);
    if size == 0 {
        tracing::warn!(modules, room, "an order code does not fit");
        return None;
    }
    let side = size * (modules + 2 * QUIET);
    let colours = code.to_colors();
    let mut buffer = SharedPixelBuffer::<Rgb8Pixel>::new(side as u32, side as u32);
    for (index, pixel) in buffer.make_mut_slice().iter_mut().enumerate() {
        let (column, line) = (index % side / size, index / side / size);
        let inside = (QUIET..QUIET + modules).contains(&column) && (QUIET..QUIET + modules).contains(&line);
        let dark = inside && colours[(line - QUIET) * modules + column - QUIET] == qrcode::Color::Dark;
        *pixel = if dark { Rgb8Pixel { r: 0x15, g: 0x11, b: 0x0E } } else { Rgb8Pixel { r: 255, g: 255, b: 255 } };
    }
    Some(Code { image: Image::from_rgb8(buffer), side: side as u32 })
}
