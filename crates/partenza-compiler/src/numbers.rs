// SPDX-License-Identifier: BSD-2-Clause
//! Durations, sizes and numbers as text (SPEC N-4).

/// Microseconds of `500us`, `500ms`, `5s`, `2m`, `1h`.
#[must_use]
pub fn duration(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "us" => 1,
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Bytes of `4096`, `64KiB`, `2MiB`, `1GiB`.
#[must_use]
pub fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(factor)
}

fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some((text[..digits].parse().ok()?, text[digits..].trim_start()))
}

/// A number of YAML: decimal or `0x` hexadecimal, `_` anywhere.
#[must_use]
pub fn yaml(text: &str) -> Option<u64> {
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    match clean.strip_prefix("0x") {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u64::from_str_radix(hex, 16).ok(),
        Some(_) => None,
        None if clean.bytes().all(|b| b.is_ascii_digit()) => clean.parse().ok(),
        None => None,
    }
}

/// `64 KiB`, for people.
#[must_use]
pub fn show_size(bytes: u64) -> String {
    match bytes {
        b if b >= 1 << 30 && b.is_multiple_of(1 << 30) => format!("{} GiB", b >> 30),
        b if b >= 1 << 20 && b.is_multiple_of(1 << 20) => format!("{} MiB", b >> 20),
        b if b >= 1 << 10 => format!("{} KiB", b.div_ceil(1 << 10)),
        b => format!("{b} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_their_unit() {
        assert_eq!(duration("500ms"), Some(500_000));
        assert_eq!(duration("5s"), Some(5_000_000));
        assert_eq!(duration("2m"), Some(120_000_000));
        assert_eq!(duration("1h"), Some(3_600_000_000));
        for bad in ["5", "ms", "-5s", "5 days", "99999999999999999999s", "18446744073709551615h", ""] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn sizes_are_bytes_or_binary_units() {
        assert_eq!(size("4096"), Some(4096));
        assert_eq!(size("64KiB"), Some(65536));
        assert_eq!(size("2MiB"), Some(2 << 20));
        for bad in ["64KB", "KiB", "", "-1", "1.5MiB", "99999999999GiB"] {
            assert_eq!(size(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_of_yaml_have_underscores_and_hex() {
        assert_eq!(yaml("0x10_000"), Some(0x10000));
        assert_eq!(yaml("1_000"), Some(1000));
        for bad in ["", "0x", "0X10", "-1", "+1", "ten", "0x1g"] {
            assert_eq!(yaml(bad), None, "{bad}");
        }
    }
}
