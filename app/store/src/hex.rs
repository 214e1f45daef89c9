//! Object names. `Display` of a hash goes through the formatter 32 times; a start looks at thousands of files.

use std::path::{Path, PathBuf};
use yuexiang_core::catalog::Sha256;

pub fn name(sha256: Sha256) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    sha256.0.iter().flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]).map(char::from).collect()
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
    }
}
