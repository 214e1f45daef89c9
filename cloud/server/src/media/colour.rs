//! Colours as they are meant to those of a television: sRGB.
//!
//! Phones take pictures in wider colours (Display P3), cameras in Adobe RGB; shown as they are, they look dull. What has no
//! description is sRGB already.

use image::{DynamicImage, Rgb, Rgba};
use moxcms::{
    CicpColorPrimaries, CicpProfile, ColorProfile, DataColorSpace, Layout, MatrixCoefficients, TransferCharacteristics,
    TransformOptions,
};

/// How the numbers of a picture are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Colours {
    Usual,
    /// An ICC profile.
    Profile(Vec<u8>),
    /// Code points of ITU-T H.273.
    Points {
        primaries: u8,
        transfer: u8,
    },
}

/// Perceptual quantization and hybrid log-gamma (ITU-R BT.2100).
const PQ: u8 = 16;
const HLG: u8 = 18;
/// Brightness of white paper, in cd/m² (ITU-R BT.2408): what is brighter is light.
const WHITE: f32 = 203.0;

/// A picture in the colours of a television. A description that cannot be read is passed over, as every viewer does.
pub fn to_srgb(picture: DynamicImage, colours: &Colours) -> DynamicImage {
    match colours {
        Colours::Usual => picture,
        Colours::Profile(profile) => match ColorProfile::new_from_slice(profile) {
            // Grey stays grey, and decoders have made RGB of the inks of a printer.
            Ok(profile) if profile.color_space == DataColorSpace::Rgb => transformed(picture, &profile),
            _ => picture,
        },
        Colours::Points { primaries, transfer } => {
            let picture = match *transfer {
                PQ => curved(picture, &curve(|signal| pq(signal) / WHITE)),
                // Paper is at three quarters of the signal.
                HLG => curved(picture, &curve(|signal| hlg(signal) / hlg(0.75))),
                _ => picture,
            };
            // The old ones of television differ from sRGB by less than anybody sees.
            let Ok(
                primaries @ (CicpColorPrimaries::Bt2020 | CicpColorPrimaries::Smpte431 | CicpColorPrimaries::Smpte432),
            ) = CicpColorPrimaries::try_from(*primaries)
            else {
                return picture;
            };
            let profile = ColorProfile::new_from_cicp(CicpProfile {
                color_primaries: primaries,
                transfer_characteristics: TransferCharacteristics::Srgb,
                matrix_coefficients: MatrixCoefficients::Identity,
                full_range: true,
            });
            transformed(picture, &profile)
        }
    }
}

fn transformed(picture: DynamicImage, profile: &ColorProfile) -> DynamicImage {
    let (alpha, layout) = match picture.color().has_alpha() {
        true => (true, Layout::Rgba),
        false => (false, Layout::Rgb),
    };
    let srgb = ColorProfile::new_srgb();
    let Ok(transform) = profile.create_transform_8bit(layout, &srgb, layout, TransformOptions::default()) else {
        return picture;
    };
    let (width, height) = (picture.width(), picture.height());
    let source = if alpha { picture.into_rgba8().into_raw() } else { picture.into_rgb8().into_raw() };
    let mut made = vec![0; source.len()];
    let done = transform.transform(&source, &mut made).is_ok();
    let pixels = if done { made } else { source };
    // As many bytes as there were before.
    let image = match alpha {
        true => image::RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8),
        false => image::RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
    };
    image.unwrap_or_default()
}

/// What becomes of each value, of light where 1 is white paper.
fn curve(light: impl Fn(f32) -> f32) -> [u8; 256] {
    std::array::from_fn(|value| (encoded(light(value as f32 / 255.0)) * 255.0).round().clamp(0.0, 255.0) as u8)
}

/// The same for the brightness of a video in perceptual quantization, in the limited range (ITU-R BT.709, 3.4).
pub fn video_curve() -> [u8; 256] {
    std::array::from_fn(|value| {
        let signal = ((value as f32 - 16.0) / 219.0).clamp(0.0, 1.0);
        (16.0 + 219.0 * encoded(pq(signal) / WHITE)).round().clamp(16.0, 235.0) as u8
    })
}

/// Light to the signal of sRGB.
fn encoded(light: f32) -> f32 {
    let light = rolled(light);
    if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 }
}

/// Up to three quarters of paper as it is; what is brighter comes ever closer to white, so that clouds keep their shape.
fn rolled(light: f32) -> f32 {
    const KNEE: f32 = 0.75;
    if light <= KNEE { light } else { 1.0 - (1.0 - KNEE) * (-(light - KNEE) / (1.0 - KNEE)).exp() }
}

/// Signal to cd/m² (ITU-R BT.2100, table 4).
fn pq(signal: f32) -> f32 {
    const M1: f32 = 2_610.0 / 16_384.0;
    const M2: f32 = 2_523.0 / 32.0;
    const C1: f32 = 3_424.0 / 4_096.0;
    const C2: f32 = 2_413.0 / 128.0;
    const C3: f32 = 2_392.0 / 128.0;
    let power = signal.powf(1.0 / M2);
    10_000.0 * ((power - C1).max(0.0) / (C2 - C3 * power)).powf(1.0 / M1)
}

/// Signal to light of the scene (ITU-R BT.2100, table 5).
fn hlg(signal: f32) -> f32 {
    const A: f32 = 0.178_832_77;
    const B: f32 = 0.284_668_92;
    const C: f32 = 0.559_910_7;
    if signal <= 0.5 { signal * signal / 3.0 } else { (((signal - C) / A).exp() + B) / 12.0 }
}

fn curved(picture: DynamicImage, curve: &[u8; 256]) -> DynamicImage {
    let through = |value: u8| curve[usize::from(value)];
    if picture.color().has_alpha() {
        let mut picture = picture.into_rgba8();
        for Rgba([red, green, blue, _]) in picture.pixels_mut() {
            (*red, *green, *blue) = (through(*red), through(*green), through(*blue));
        }
        return picture.into();
    }
    let mut picture = picture.into_rgb8();
    for Rgb([red, green, blue]) in picture.pixels_mut() {
        (*red, *green, *blue) = (through(*red), through(*green), through(*blue));
    }
    picture.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(pixel: [u8; 3], colours: &Colours) -> [u8; 3] {
        let picture = image::RgbImage::from_pixel(2, 2, Rgb(pixel));
        to_srgb(picture.into(), colours).into_rgb8().get_pixel(1, 1).0
    }

    #[track_caller]
    fn check_near(made: [u8; 3], expected: [u8; 3]) {
        let near = made.iter().zip(expected).all(|(made, expected)| made.abs_diff(expected) <= 3);
        assert!(near, "{made:?} is not {expected:?}");
    }

    /// A red of sRGB is a paler number in Display P3.
    const P3_RED: [u8; 3] = [234, 51, 35];

    #[test]
    fn wide_colours_become_those_of_a_television() {
        let points = Colours::Points { primaries: 12, transfer: 13 };
        check_near(one(P3_RED, &points), [255, 0, 0]);
        let profile = ColorProfile::new_display_p3().encode().expect("a profile");
        check_near(one(P3_RED, &Colours::Profile(profile)), [255, 0, 0]);
        check_near(one([128, 128, 128], &points), [128, 128, 128]);
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        for colours in [
            Colours::Usual,
            Colours::Profile(b"nonsense".to_vec()),
            Colours::Points { primaries: 1, transfer: 1 },
            Colours::Points { primaries: 200, transfer: 200 },
        ] {
            assert_eq!(one(P3_RED, &colours), P3_RED, "{colours:?}");
        }
    }

    #[test]
    fn white_paper_in_high_dynamic_range_is_nearly_white_and_light_is_brighter() {
        // 203 cd/m² is 58 % of the signal of PQ, and 75 % of that of HLG.
        for (transfer, paper) in [(PQ, 148), (HLG, 191)] {
            let colours = Colours::Points { primaries: 1, transfer };
            let [white, ..] = one([paper; 3], &colours);
            let [light, ..] = one([255; 3], &colours);
            assert!((235..250).contains(&white) && light > white, "{white} {light}");
            assert_eq!(one([0; 3], &colours), [0; 3]);
        }
        let curve = video_curve();
        // Black, the signal of paper, and the brightest.
        assert_eq!((curve[16], curve[0]), (16, 16));
        assert!((215..=230).contains(&curve[16 + 127]) && curve[235] > curve[16 + 127], "{curve:?}");
    }
}
