// SPDX-License-Identifier: BSD-2-Clause
//! Numbers exactly as the Microkit reads them, and PCI addresses.
//!
//! There are two kinds. Most attributes take decimal or `0x` hexadecimal with `_` anywhere; the Microkit removes every
//! underscore first, and its library takes a `+`. A few ([`plain`]) take decimal only, where bad text ends the Microkit
//! with a panic; here it is refused with its place.

/// Decimal or hexadecimal.
#[must_use]
pub fn number(text: &str) -> Option<u64> {
    let clean: String = text.chars().filter(|c| *c != '_').collect();
    match clean.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => clean.parse().ok(),
    }
}

/// Decimal, with a sign: `id`, `pin`, `ioapic`, `vector`, `handle`, the size of I/O ports. A negative number is none.
#[must_use]
pub fn plain(text: &str) -> Option<u64> {
    text.parse::<i64>().ok().and_then(|n| u64::try_from(n).ok())
}

/// Decimal without `-`: `irq`, a vCPU's `id`.
#[must_use]
pub fn unsigned(text: &str) -> Option<u64> {
    text.parse().ok()
}

/// A PCI function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pci {
    pub bus: u8,
    pub device: u8,
    pub function: u8,
}

impl Pci {
    /// Hexadecimal `BUS:DEVICE.FUNCTION`, blanks around each allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Pci> {
        let (bus, rest) = text.split_once(':')?;
        let (device, function) = rest.split_once('.')?;
        let part = |text: &str, highest: i64| {
            let number = i64::from_str_radix(text.trim(), 16).ok()?;
            (0..=highest).contains(&number).then_some(number as u8)
        };
        Some(Pci { bus: part(bus, 255)?, device: part(device, 31)?, function: part(function, 7)? })
    }
}

impl std::fmt::Display for Pci {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02x}:{:02x}.{:x}", self.bus, self.device, self.function)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_numbers_have_underscores_hex_and_plus() {
        for (text, value) in [
            ("0x10_000", 0x10000),
            ("1_000", 1000),
            ("_0_x1_f", 0x1f),
            ("+7", 7),
            ("0x+7", 7),
            ("0xFF", 255),
            ("007", 7),
            ("18446744073709551615", u64::MAX),
        ] {
            assert_eq!(number(text), Some(value), "{text}");
        }
        for bad in ["", "_", "0x", "0X10", "-1", "+", "ten", "0x1g", " 1", "1 ", "18446744073709551616", "٣"]
        {
            assert_eq!(number(bad), None, "{bad}");
        }
    }

    #[test]
    fn plain_numbers_are_decimal() {
        for (text, value) in
            [("0", 0), ("+5", 5), ("-0", 0), ("061", 61), ("9223372036854775807", i64::MAX as u64)]
        {
            assert_eq!(plain(text), Some(value), "{text}");
        }
        for bad in ["", "-1", "0x5", "1_0", "9223372036854775808", " 5", "five"] {
            assert_eq!(plain(bad), None, "{bad}");
        }
        assert_eq!(unsigned("18446744073709551615"), Some(u64::MAX));
        assert_eq!((unsigned("-0"), unsigned("+1"), unsigned("0x1")), (None, Some(1), None));
    }

    #[test]
    fn pci_addresses_are_hexadecimal() {
        assert_eq!(Pci::parse("0:3.0"), Some(Pci { bus: 0, device: 3, function: 0 }));
        assert_eq!(Pci::parse(" ff : 1f . 7 "), Some(Pci { bus: 255, device: 31, function: 7 }));
        assert_eq!(Pci::parse("ff:1f.7").unwrap().to_string(), "ff:1f.7");
        for bad in ["100:0.0", "0:20.0", "0:0.8", "-1:0.0", "0:0:0", "0.0:0", "0:0", "", "x:0.0", "0:0.0.0"] {
            assert_eq!(Pci::parse(bad), None, "{bad}");
        }
    }
}
