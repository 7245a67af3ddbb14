// SPDX-License-Identifier: BSD-2-Clause
//! How values look on the screen.

use core::fmt::{self, Display, Formatter, Write};

use partenza_interfaces::error;
use partenza_protocol::Code;

/// A span of microseconds, in the unit that suits it: `870 us`, `1.234 ms`, `5.006 s`, `2 h 03 min 04 s`.
pub struct Micros(pub u64);

impl Display for Micros {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let us = self.0;
        match us {
            0..1_000 => write!(f, "{us} us"),
            1_000..1_000_000 => write!(f, "{}.{:03} ms", us / 1_000, us % 1_000),
            1_000_000..60_000_000 => write!(f, "{}.{:03} s", us / 1_000_000, us / 1_000 % 1_000),
            _ => {
                let s = us / 1_000_000;
                if s >= 3_600 {
                    write!(f, "{} h ", s / 3_600)?;
                }
                write!(f, "{:02} min {:02} s", s / 60 % 60, s % 60)
            }
        }
    }
}

/// Milliseconds with three decimals for a table's column, `-` for a time that never came.
pub struct Millis(pub Option<u64>);

impl Display for Millis {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(us) = self.0 else { return f.pad("-") };
        let mut text = heapless::String::<24>::new();
        write!(text, "{}.{:03}", us / 1_000, us % 1_000)?;
        f.pad(&text)
    }
}

/// Bytes in the largest unit that divides them.
pub struct Bytes(pub u64);

impl Display for Bytes {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            n if n >= 1 << 20 && n % (1 << 20) == 0 => write!(f, "{} MiB", n >> 20),
            n if n >= 1 << 10 && n % (1 << 10) == 0 => write!(f, "{} KiB", n >> 10),
            n => write!(f, "{n} bytes"),
        }
    }
}

/// Text from a service: line breaks stay, other control characters are shown, not sent.
pub struct Foreign<'a>(pub &'a str);

impl Display for Foreign<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| {
            f.write_char(if c.is_control() && c != '\n' { char::REPLACEMENT_CHARACTER } else { c })
        })
    }
}

/// What a code means.
#[must_use]
pub fn text(code: Code) -> &'static str {
    error::words(code).map_or("(not a code that this shell knows)", |(text, _)| text)
}

/// An error as code, text and hint.
pub fn trouble(out: &mut dyn Write, code: Code) -> fmt::Result {
    match error::words(code) {
        Some((text, hint)) => write!(out, "{code} {text}\n  hint: {hint}\n"),
        None => writeln!(out, "{code} is no code that this shell knows"),
    }
}

/// An error whose text says more than its code's; with another hint than that, where one is given.
pub fn refusal(out: &mut dyn Write, code: Code, text: &dyn Display, hint: Option<&str>) -> fmt::Result {
    let hint = hint.or(error::words(code).map(|(_, hint)| hint));
    writeln!(out, "{code} {text}")?;
    hint.map_or(Ok(()), |hint| writeln!(out, "  hint: {hint}"))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::string::{String, ToString};

    #[test]
    fn spans_are_shown_in_the_unit_that_suits_them() {
        let shown = [7, 1_234, 5_006_999, 61_000_000, 7_384_000_000].map(|us| Micros(us).to_string());
        assert_eq!(shown, ["7 us", "1.234 ms", "5.006 s", "01 min 01 s", "2 h 03 min 04 s"]);
        assert_eq!(std::format!("{:>8}|{:>8}", Millis(Some(1_050)), Millis(None)), "   1.050|       -");
        assert_eq!([1_000, 4_096, 3 << 20].map(|n| Bytes(n).to_string()), ["1000 bytes", "4 KiB", "3 MiB"]);
    }

    #[test]
    fn a_service_cannot_steer_the_terminal() {
        assert_eq!(Foreign("a\x1b[2Jb\nc").to_string(), "a\u{fffd}[2Jb\nc");
    }

    #[test]
    fn errors_of_the_supervisor_and_of_services_have_text_and_hint() {
        let mut out = String::new();
        trouble(&mut out, Code(404)).unwrap();
        trouble(&mut out, Code(705)).unwrap();
        trouble(&mut out, Code(9999)).unwrap();
        assert!(out.starts_with("PZ-E0404 no service of that name\n  hint: `services`"), "{out}");
        assert!(out.contains("PZ-E0705 there is no device"), "{out}");
        assert!(out.ends_with("PZ-E9999 is no code that this shell knows\n"), "{out}");
    }
}
