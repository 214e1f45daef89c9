//! Photographs for the samples: those of the package lomiri-wallpapers where they are installed, painted ones elsewhere.

use image::RgbImage;
use std::path::{Path, PathBuf};
use yuexiang_core::catalog::Sha256;
use yuexiang_core::ports::ObjectPaths;
use yuexiang_core::view::PictureView;

pub const COUNT: u8 = 15;

pub struct Photos {
    files: Vec<PathBuf>,
}

impl Photos {
    /// Photographs that look the same on every machine.
    #[allow(dead_code, reason = "the gallery prefers real ones")]
    pub fn painted(folder: &Path) -> Result<Photos, Box<dyn std::error::Error>> {
        Photos { files: Vec::new() }.completed(folder)
    }

    /// `folder` takes what has to be painted.
    #[allow(dead_code, reason = "the tests do not depend on what is installed")]
    pub fn find(folder: &Path) -> Result<Photos, Box<dyn std::error::Error>> {
        let mut files: Vec<PathBuf> = std::fs::read_dir("/usr/share/backgrounds")
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "jpg"));
        files.sort();
        Photos { files }.completed(folder)
    }

    fn completed(mut self, folder: &Path) -> Result<Photos, Box<dyn std::error::Error>> {
        for number in self.files.len() as u8..COUNT {
            let path = folder.join(format!("photo-{number}.jpg"));
            painted(number, 480, 320).save(&path)?;
            self.files.push(path);
        }
        Ok(self)
    }

    #[allow(dead_code, reason = "the tests have a pattern of their own")]
    pub fn moving_picture(&self, width: u32, height: u32) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
        let picture = image::open(&self.files[11])?;
        Ok(picture.resize_to_fill(width, height, image::imageops::FilterType::Triangle).into_rgb8().into_raw())
    }
}

impl ObjectPaths for Photos {
    fn path(&self, sha256: Sha256) -> PathBuf {
        self.files.get(usize::from(sha256.0[0])).cloned().unwrap_or_else(|| PathBuf::from("/nonexistent"))
    }
}

/// The photograph of a number.
pub fn photo(number: u8, caption: &str) -> PictureView {
    PictureView { sha256: Some(Sha256([number; 32])), width: 1920, height: 1080, caption: caption.into() }
}

/// Hills under a sky, different for every number.
fn painted(number: u8, width: u32, height: u32) -> RgbImage {
    let hue = f32::from(number) * 0.7;
    RgbImage::from_fn(width, height, |x, y| {
        let (x, y) = (x as f32 / width as f32, y as f32 / height as f32);
        let hill = 0.55 + 0.12 * (x * 6.0 + hue).sin() + 0.05 * (x * 17.0 + hue * 2.0).sin();
        let sky = [150.0 + 60.0 * hue.sin(), 180.0 - 40.0 * y * 2.0, 200.0 + 40.0 * hue.cos()];
        let land = [90.0 + 60.0 * (hue * 1.3).sin(), 130.0 - 60.0 * (y - hill), 70.0];
        let colour: [f32; 3] = if y < hill { sky } else { land };
        image::Rgb(colour.map(|value| value.clamp(0.0, 255.0) as u8))
    })
}
