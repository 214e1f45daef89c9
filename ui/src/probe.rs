//! Whether text can be seen on this machine, for who sets it up.

use crate::display::Looper;
use crate::generated::TextProbe;
use crate::ui::{Display, UiError};
use slint::ComponentHandle;

/// Different characters, all of them full-width.
const SENTENCE: &str = "粤乡电视春播夏长秋收冬藏";
/// Type size, which is the width of a full-width character.
const CELL: usize = 64;
/// A character covers this many pixels at least.
const INK: usize = 60;

/// Draws a Chinese sentence as the screens do and looks at the pixels. Returns the number of different characters seen;
/// the outer error says why nothing could be drawn, the inner one what is wrong with the picture. Uses up this thread's
/// only user interface.
pub fn draw_text() -> Result<Result<usize, String>, UiError> {
    let columns = SENTENCE.chars().count();
    let size = ((columns * CELL) as u32, (CELL * 2) as u32);
    let looper = Looper::open(Display::Headless, size)?;
    crate::fonts::register();
    let probe = TextProbe::new().map_err(UiError::OpenDisplay)?;
    probe.window().dispatch_event(slint::platform::WindowEvent::ScaleFactorChanged { scale_factor: 1.0 });
    probe.window().set_size(slint::PhysicalSize::new(size.0, size.1));
    probe.set_text(SENTENCE.into());
    probe.show().map_err(UiError::OpenDisplay)?;
    let Some(frame) = looper.draw() else { return Ok(Err("nothing was drawn".into())) };
    let cell = |column: usize| -> Vec<bool> {
        let rows = frame.rgba.chunks_exact(frame.width as usize * 4);
        rows.flat_map(|row| row[column * CELL * 4..][..CELL * 4].chunks_exact(4).map(|pixel| pixel[0] > 128)).collect()
    };
    let cells: Vec<Vec<bool>> = (0..columns).map(cell).collect();
    for (at, (character, drawn)) in SENTENCE.chars().zip(&cells).enumerate() {
        if drawn.iter().filter(|ink| **ink).count() < INK {
            return Ok(Err(format!("`{character}` is drawn blank")));
        }
        // What a font lacks is drawn as the same box each time.
        if cells[..at].contains(drawn) {
            return Ok(Err(format!("`{character}` is drawn like another character")));
        }
    }
    Ok(Ok(columns))
}
