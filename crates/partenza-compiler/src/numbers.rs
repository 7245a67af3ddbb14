// SPDX-License-Identifier: BSD-2-Clause
//! Durations, sizes, versions and numbers as text (SPEC N-4).

use semver::Version;

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

/// Hundredths of a factor from 1 to 100 with at most two decimals: 150 of `1.5`.
#[must_use]
pub fn percent(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 2 {
        return None;
    }
    let hundredths: u32 = format!("{decimals:0<2}").parse().ok()?;
    let percent = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
    (100..=10_000).contains(&percent).then_some(percent)
}

/// A version. `1.0` counts as `1.0.0`: interfaces are written that way.
#[must_use]
pub fn version(text: &str) -> Option<Version> {
    Version::parse(text).ok().or_else(|| match text.bytes().filter(|b| *b == b'.').count() {
        0 => Version::parse(&format!("{text}.0.0")).ok(),
        1 => Version::parse(&format!("{text}.0")).ok(),
        _ => None,
    })
}

/// The two ends of `FROM -> TO`.
#[must_use]
pub fn edge(text: &str) -> Option<(&str, &str)> {
    let (from, to) = text.split_once("->")?;
    let (from, to) = (from.trim(), to.trim());
    (!from.is_empty() && !to.is_empty() && !to.contains("->")).then_some((from, to))
}

/// A number of YAML: decimal or `0x` hexadecimal.
#[must_use]
pub fn yaml(text: &str) -> Option<u64> {
    let digits = |text: &str, good: fn(&u8) -> bool| !text.is_empty() && text.bytes().all(|b| good(&b));
    match text.strip_prefix("0x") {
        Some(hex) if digits(hex, u8::is_ascii_hexdigit) => u64::from_str_radix(hex, 16).ok(),
        None if digits(text, u8::is_ascii_digit) => text.parse().ok(),
        _ => None,
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

/// `480ms`, for people: the largest unit that keeps the number whole.
#[must_use]
pub fn show_duration(micros: u64) -> String {
    let units = [(60_000_000, "m"), (1_000_000, "s"), (1_000, "ms")];
    let unit = units.iter().find(|(unit, _)| micros > 0 && micros.is_multiple_of(*unit));
    unit.map_or_else(|| format!("{micros}us"), |(unit, name)| format!("{}{name}", micros / unit))
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
    fn durations_are_shown_as_they_are_written() {
        for (micros, text) in
            [(480_000, "480ms"), (5_000_000, "5s"), (120_000_000, "2m"), (1500, "1500us"), (0, "0us")]
        {
            assert_eq!(show_duration(micros), text);
            assert_eq!(duration(text), Some(micros));
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
    fn factors_are_exact() {
        for (text, hundredths) in [("1", 100), ("1.5", 150), ("2.0", 200), ("1.25", 125), ("100", 10_000)] {
            assert_eq!(percent(text), Some(hundredths), "{text}");
        }
        for bad in ["", "0.5", "100.01", "1.234", "1.", ".5", "-1", "1e1", "99999999999"] {
            assert_eq!(percent(bad), None, "{bad}");
        }
    }

    #[test]
    fn short_versions_are_filled_up() {
        assert_eq!(version("1.2").map(|v| v.to_string()).as_deref(), Some("1.2.0"));
        assert_eq!(version("3").map(|v| v.to_string()).as_deref(), Some("3.0.0"));
        for bad in ["", "x", "1.2.3.4", "1.", "v1"] {
            assert_eq!(version(bad), None, "{bad}");
        }
        assert_eq!(edge("a->b"), Some(("a", "b")));
        assert_eq!(edge(" a -> b "), Some(("a", "b")));
        for bad in ["a", "a->", "->b", "a->b->c"] {
            assert_eq!(edge(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_of_yaml_may_be_hexadecimal() {
        assert_eq!(yaml("0x10000"), Some(0x10000));
        assert_eq!(yaml("1000"), Some(1000));
        for bad in ["", "0x", "0X10", "-1", "+1", "ten", "0x1g", "1_000"] {
            assert_eq!(yaml(bad), None, "{bad}");
        }
    }
}
