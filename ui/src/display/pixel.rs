//! The pixels of a frame in memory.

use slint::platform::software_renderer::{PremultipliedRgbaColor, TargetPixel};

/// A surface of this colour is a hole in which the display's plane for video is seen. Only whole surfaces are: pictures
/// and text are blended and never become one. `Theme.hole` is the same.
const HOLE: (u8, u8, u8) = (1, 0, 2);

/// Red, green, blue, alpha; premultiplied.
#[derive(Clone, Copy, Default, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Pixel([u8; 4]);

impl TargetPixel for Pixel {
    fn blend(&mut self, color: PremultipliedRgbaColor) {
        let [red, green, blue, alpha] = self.0;
        let mut blended = PremultipliedRgbaColor { red, green, blue, alpha };
        blended.blend(color);
        self.0 = [blended.red, blended.green, blended.blue, blended.alpha];
    }

    fn from_rgb(red: u8, green: u8, blue: u8) -> Pixel {
        if (red, green, blue) == HOLE { Pixel([0; 4]) } else { Pixel([red, green, blue, 255]) }
    }

    fn background() -> Pixel {
        Pixel([0; 4])
    }
}
