//! Which devices a key map is for.

use crate::device::Identity;

/// Every list that is not empty must have an entry that fits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) names: Vec<Pattern>,
    pub(crate) ids: Vec<UsbId>,
    pub(crate) phys: Vec<Pattern>,
}

impl Match {
    pub(crate) fn fits(&self, device: &Identity) -> bool {
        let any = |patterns: &[Pattern], text: &str| patterns.is_empty() || patterns.iter().any(|one| one.fits(text));
        any(&self.names, &device.name)
            && any(&self.phys, &device.phys)
            && (self.ids.is_empty() || self.ids.iter().any(|id| id.fits(device)))
    }

    /// How many things it asks for: the more, the better it knows the device.
    pub(crate) fn precision(&self) -> usize {
        [!self.names.is_empty(), !self.ids.is_empty(), !self.phys.is_empty()].into_iter().filter(|given| *given).count()
    }
}

/// Text in which `*` stands for any characters and `?` for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern(pub(crate) String);

impl Pattern {
    pub(crate) fn fits(&self, text: &str) -> bool {
        let (pattern, text): (Vec<char>, Vec<char>) = (self.0.chars().collect(), text.chars().collect());
        let (mut at, mut in_text) = (0, 0);
        // Where the last `*` stands, and how much of the text it has taken.
        let mut star: Option<(usize, usize)> = None;
        while in_text < text.len() {
            match pattern.get(at) {
                Some('*') => {
                    star = Some((at, in_text));
                    at += 1;
                }
                Some(wanted) if *wanted == '?' || *wanted == text[in_text] => {
                    at += 1;
                    in_text += 1;
                }
                _ => {
                    let Some((star_at, taken)) = star else { return false };
                    star = Some((star_at, taken + 1));
                    (at, in_text) = (star_at + 1, taken + 1);
                }
            }
        }
        pattern[at..].iter().all(|rest| *rest == '*')
    }
}

/// Vendor and product, as `lsusb` shows them; `1d57:*` is any product of a vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsbId {
    pub(crate) vendor: u16,
    pub(crate) product: Option<u16>,
}

impl UsbId {
    pub(crate) fn from_text(text: &str) -> Option<UsbId> {
        let (vendor, product) = text.split_once(':')?;
        let product = if product == "*" { None } else { Some(hex(product)?) };
        Some(UsbId { vendor: hex(vendor)?, product })
    }

    fn fits(self, device: &Identity) -> bool {
        self.vendor == device.vendor && self.product.is_none_or(|product| product == device.product)
    }
}

fn hex(digits: &str) -> Option<u16> {
    let plain = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| u16::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, text: &str, fits: bool) {
        assert_eq!(Pattern(pattern.to_owned()).fits(text), fits, "{pattern} on {text}");
    }

    #[test]
    fn patterns_fit_whole_names() {
        check("gpio_ir_recv", "gpio_ir_recv", true);
        check("gpio_ir", "gpio_ir_recv", false);
        check("*ir*", "gpio_ir_recv", true);
        check("*/input?", "usb-0000:00:14.0-2/input0", true);
        check("*/input?", "usb-0000:00:14.0-2/input10", false);
        check("a*b*c", "a1b2b3c", true);
        check("a*b*c", "a1b2b3", false);
        check("", "", true);
        check("*", "", true);
        check("?", "", false);
        check("粤*", "粤乡遥控器", true);
    }

    #[test]
    fn identifiers_are_four_hexadecimal_digits() {
        let id = UsbId { vendor: 0x1d57, product: Some(0xad02) };
        assert_eq!(UsbId::from_text("1d57:AD02"), Some(id));
        assert_eq!(UsbId::from_text("1d57:*"), Some(UsbId { product: None, ..id }));
        for wrong in ["1d57", "1d57:", "+d57:ad02", "01d57:ad02", "*:ad02", "1d57:ad0g"] {
            assert_eq!(UsbId::from_text(wrong), None, "{wrong}");
        }
    }
}
