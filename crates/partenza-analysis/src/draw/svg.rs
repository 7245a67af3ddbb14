// SPDX-License-Identifier: BSD-2-Clause
//! SVG as text: elements by class, two palettes, and how wide a text is at most.
//!
//! Rules:
//! * A picture carries its own background and switches palette with the viewer's colour scheme; viewers that do not know
//!   colour schemes show the light one.
//! * No script, no outside font, no link: it can be put into any document.
//! * Text is measured for the widest of the fonts that may show it, so that it stays inside what was drawn for it.

use std::fmt::Write;

/// Class, property, light, dark.
const COLOURS: &[(&str, &str, &str, &str)] = &[
    (".bg", "fill", "#ffffff", "#11151c"),
    (".band", "fill", "#f3f5f9", "#191f29"),
    (".band2", "fill", "#e9edf4", "#1f2733"),
    (".box", "fill", "#ffffff", "#242d3b"),
    (".box", "stroke", "#94a0b4", "#55627a"),
    (".pill", "fill", "#e3f6f8", "#10343a"),
    (".pill", "stroke", "#0b7285", "#3bc9db"),
    (".t", "fill", "#1b2230", "#e8ecf4"),
    (".m", "fill", "#566175", "#a3afc2"),
    (".bad-t", "fill", "#c02020", "#ff8f8f"),
    (".hot-t", "fill", "#b35900", "#ffb057"),
    (".grid", "stroke", "#d7dde7", "#313b4b"),
    (".axis", "stroke", "#94a0b4", "#55627a"),
    (".need", "stroke", "#5d687b", "#9aa6ba"),
    (".need-a", "fill", "#5d687b", "#9aa6ba"),
    (".implied", "stroke", "#bcc5d3", "#4b576b"),
    (".implied-a", "fill", "#bcc5d3", "#4b576b"),
    (".hot", "stroke", "#e07b10", "#ffa94d"),
    (".hot-a", "fill", "#e07b10", "#ffa94d"),
    (".call", "stroke", "#1971c2", "#4dabf7"),
    (".call-a", "fill", "#1971c2", "#4dabf7"),
    (".signal", "stroke", "#9c36b5", "#da77f2"),
    (".signal-a", "fill", "#9c36b5", "#da77f2"),
    (".memory", "stroke", "#0b7285", "#3bc9db"),
    (".memory-a", "fill", "#0b7285", "#3bc9db"),
    (".critical", "fill", "#3b5bdb", "#7d97ff"),
    (".make", "fill", "#a5b4d4", "#4f6187"),
    (".start", "fill", "#3f6fb5", "#6ea0e8"),
    (".start-hot", "fill", "#e07b10", "#ffa94d"),
    (".make-hot", "fill", "#f3c48f", "#8a5f2c"),
    (".runs", "fill", "#cfe8d5", "#234432"),
    (".fail", "fill", "#d63b3b", "#ff6b6b"),
    (".budget", "stroke", "#c02020", "#ff8f8f"),
];

const FONTS: &str = "text{font-family:system-ui,\"Segoe UI\",Roboto,\"Helvetica Neue\",Arial,\"DejaVu Sans\",sans-serif;\
                     font-size:11px}.n{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",\
                     monospace;font-size:13px;font-weight:600}.h{font-size:18px;font-weight:600}.b{font-weight:600}\
                     .w{fill:none;stroke-width:1.5;stroke-linecap:round}.dash{stroke-dasharray:6 4}\
                     .dot{stroke-dasharray:1.5 4}.thick{stroke-width:2.2}";

/// Height of the two text sizes, in pixels.
pub const NAME: f64 = 13.0;
pub const SMALL: f64 = 11.0;

/// A picture under construction.
pub struct Svg {
    body: String,
}

/// Which end of a text is at its x.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub fn new() -> Self {
        Self { body: String::new() }
    }

    pub fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), radius: f64) {
        let (x, y, width, height) = (number(x), number(y), number(width.max(0.0)), number(height));
        let round = if radius > 0.0 { format!(" rx=\"{}\"", number(radius)) } else { String::new() };
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"{round}/>"
        );
    }

    pub fn text(&mut self, class: &str, (x, y): (f64, f64), anchor: Anchor, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let _ = writeln!(
            self.body,
            "<text class=\"{class}\" x=\"{}\" y=\"{}\"{anchor}>{}</text>",
            number(x),
            number(y),
            escape(text)
        );
    }

    pub fn path(&mut self, class: &str, data: &str) {
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{data}\"/>");
    }

    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.path(
            &format!("w {class}"),
            &format!("M{} {}L{} {}", number(from.0), number(from.1), number(to.0), number(to.1)),
        );
    }

    /// A group that tells its title when pointed at.
    pub fn titled(&mut self, title: &str) {
        let _ = writeln!(self.body, "<g><title>{}</title>", escape(title));
    }

    pub fn end(&mut self) {
        self.body.push_str("</g>\n");
    }

    /// A triangle whose tip is at `tip`, pointing along the vertical: `down` or up.
    pub fn arrow(&mut self, class: &str, tip: (f64, f64), down: bool) {
        let back = if down { tip.1 - ARROW } else { tip.1 + ARROW };
        let half = ARROW * 0.55;
        let data = format!(
            "M{} {}L{} {}L{} {}Z",
            number(tip.0),
            number(tip.1),
            number(tip.0 - half),
            number(back),
            number(tip.0 + half),
            number(back)
        );
        self.path(class, &data);
    }

    /// The whole picture.
    pub fn finish(self, width: f64, height: f64, title: &str) -> String {
        let (width, height) = (number(width.ceil()), number(height.ceil()));
        let mut light = String::new();
        let mut dark = String::new();
        for (class, property, day, night) in COLOURS {
            let _ = write!(light, "{class}{{{property}:{day}}}");
            let _ = write!(dark, "{class}{{{property}:{night}}}");
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\">\n<title>{}</title>\n<style>{FONTS}{light}\
             @media (prefers-color-scheme:dark){{{dark}}}</style>\n\
             <rect class=\"bg\" width=\"{width}\" height=\"{height}\"/>\n{}</svg>\n",
            escape(title),
            self.body
        )
    }
}

/// Length of an arrow's head.
pub const ARROW: f64 = 7.0;

/// A number with at most one digit after the point: stable, and nobody sees more.
pub fn number(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    let (sign, tenths) = (if tenths < 0 { "-" } else { "" }, tenths.unsigned_abs());
    match tenths % 10 {
        0 => format!("{sign}{}", tenths / 10),
        rest => format!("{sign}{}.{rest}", tenths / 10),
    }
}

/// Width of a monospaced name.
pub fn name_width(text: &str) -> f64 {
    text.chars().count() as f64 * NAME * 0.61
}

/// Width of a small text, at most.
pub fn width(text: &str) -> f64 {
    let em = |c: char| match c {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' => 0.36,
        'f' | 't' | 'r' | '(' | ')' | '-' | '/' => 0.46,
        'm' | 'w' | 'M' | 'W' => 0.98,
        'A'..='Z' => 0.76,
        _ => 0.64,
    };
    text.chars().map(em).sum::<f64>() * SMALL
}

/// Text as XML, without characters that XML cannot hold.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_stable() {
        assert_eq!([number(1.0), number(-0.04), number(2.26), number(-2.26)], ["1", "0", "2.3", "-2.3"]);
    }

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escape("</text><script>&\"\n"), "&lt;/text&gt;&lt;script&gt;&amp;&quot;\u{fffd}");
    }
}
