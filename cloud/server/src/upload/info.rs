//! What is known of an upload from its beginning. All of it was said by the client, so all of it is bounded here.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use super::UploadError;

/// Bytes of the header; a name in Chinese takes four for each character.
const LONGEST_METADATA: usize = 4_096;
/// Characters.
const LONGEST_NAME: usize = 80;
const LONGEST_TYPE: usize = 80;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    pub account: String,
    pub length: u64,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared: Option<String>,
}

/// What the header `Upload-Metadata` says of the name and the type.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    pub name: String,
    pub declared: Option<String>,
}

impl Metadata {
    /// Pairs of a key and a value in Base64, separated by commas. Keys are unique; unknown ones are of no interest.
    pub fn parse(header: &str) -> Result<Metadata, UploadError> {
        const WRONG: UploadError = UploadError::Header("Upload-Metadata");
        if header.len() > LONGEST_METADATA {
            return Err(WRONG);
        }
        let mut metadata = Metadata { name: display_name(""), declared: None };
        let mut keys = Vec::new();
        for pair in header.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            if keys.contains(&key) {
                return Err(WRONG);
            }
            keys.push(key);
            let value = STANDARD.decode(value.trim()).map_err(|_| WRONG)?;
            let value = String::from_utf8_lossy(&value);
            match key {
                "filename" | "name" => metadata.name = display_name(&value),
                "filetype" | "type" => metadata.declared = media_type(&value),
                _ => {}
            }
        }
        Ok(metadata)
    }

    /// The header for the client. The protocol wants it as it came; what was cleaned away stays away.
    pub fn header(name: &str, declared: Option<&str>) -> String {
        let mut header = format!("filename {}", STANDARD.encode(name));
        if let Some(declared) = declared {
            header += &format!(",filetype {}", STANDARD.encode(declared));
        }
        header
    }
}

/// A name to show: no path, no control characters, nothing that turns the direction of the text around it.
fn display_name(said: &str) -> String {
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|&character| is_visible(character)).take(LONGEST_NAME).collect();
    let name = name.trim().trim_start_matches('.').trim();
    if name.is_empty() { "未命名".to_owned() } else { name.to_owned() }
}

fn is_visible(character: char) -> bool {
    // Marks of direction, zero-width characters, separators of lines, and the byte-order mark.
    let hidden = matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{061C}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFD}');
    !character.is_control() && !hidden
}

fn media_type(said: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'+' | b'-');
    let valid = said.len() <= LONGEST_TYPE && said.bytes().all(plain) && said.split('/').count() == 2;
    valid.then(|| said.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bounded_name_without_a_path_is_left_of_what_a_client_calls_its_file() {
        let long = "长".repeat(300);
        let check = |said: &str, expected: &str| assert_eq!(display_name(said), expected, "{said:?}");
        check("村晚.mp4", "村晚.mp4");
        check("../../etc/passwd", "passwd");
        check("C:\\Users\\陈\\a.jpg", "a.jpg");
        check("a\u{202E}gpj.exe\0\n", "agpj.exe");
        check("..", "未命名");
        check(".htaccess", "htaccess");
        check(" \u{200B} ", "未命名");
        check("<script>alert(1)</script>", "script>");
        check(&long, &long[..LONGEST_NAME * '长'.len_utf8()]);
    }

    #[test]
    fn metadata_is_read_and_nonsense_in_it_is_refused() {
        let metadata =
            Metadata::parse("filename 5p2R5pmaLm1wNA==,filetype dmlkZW8vbXA0, is_confidential").expect("reads");
        assert_eq!(metadata, Metadata { name: "村晚.mp4".into(), declared: Some("video/mp4".into()) });
        assert_eq!(Metadata::header("村晚.mp4", Some("video/mp4")), "filename 5p2R5pmaLm1wNA==,filetype dmlkZW8vbXA0");
        for wrong in ["filename %%%", "filename YQ==,filename Yg==", &"a".repeat(5_000)] {
            assert!(Metadata::parse(wrong).is_err(), "{wrong}");
        }
        let strange = Metadata::parse("filetype dGV4dC9odG1sOyJ4").expect("reads");
        assert_eq!(strange.declared, None);
    }
}
