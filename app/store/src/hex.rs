//! Object names. `Display` of a hash goes through the formatter 32 times; a start looks at thousands of files.

use std::ffi::CStr;
use std::path::{Path, PathBuf};
use yuexiang_core::catalog::Sha256;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

fn digits(sha256: Sha256) -> [u8; 64] {
    let mut digits = [0; 64];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(sha256.0) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    digits
}

pub fn name(sha256: Sha256) -> String {
    digits(sha256).map(char::from).iter().collect()
}

/// `ab/abcd…` as the kernel takes it.
pub struct Relative([u8; 68]);

impl Relative {
    pub fn new(sha256: Sha256) -> Relative {
        let digits = digits(sha256);
        let mut path = [0; 68];
        path[..2].copy_from_slice(&digits[..2]);
        path[2] = b'/';
        path[3..67].copy_from_slice(&digits);
        Relative(path)
    }

    pub fn as_c_str(&self) -> &CStr {
        // The only zero is the last byte.
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

/// `ab/abcd…` below `objects`.
pub fn path(objects: &Path, sha256: Sha256) -> PathBuf {
    let name = name(sha256);
    let mut path = PathBuf::with_capacity(objects.as_os_str().len() + 70);
    path.push(objects);
    path.push(&name[..2]);
    path.push(name);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_what_the_hash_displays() {
        let sha256 = Sha256(std::array::from_fn(|index| index as u8 * 7));
        assert_eq!(name(sha256), sha256.to_string());
        let relative = Relative::new(sha256);
        assert_eq!(relative.as_c_str().to_str(), Ok(&*format!("00/{sha256}")));
    }
}
