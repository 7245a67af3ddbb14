// SPDX-License-Identifier: BSD-2-Clause
//! Text for people: columns that line up, colours only where they were asked for, times and sizes.

use std::fmt::Write;

/// Whether to colour. Colours never carry anything that the words do not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    Plain,
    Colour,
}

/// What a piece of text is, as far as its looks go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Normal,
    Strong,
    Faint,
    /// On the critical path, or a warning.
    Hot,
    Bad,
    Good,
}

impl Paint {
    /// `text` in the escape sequences of its tone.
    #[must_use]
    pub fn paint(self, tone: Tone, text: &str) -> String {
        let code = match (self, tone) {
            (Paint::Plain, _) | (_, Tone::Normal) => return text.to_owned(),
            (_, Tone::Strong) => "1",
            (_, Tone::Faint) => "2",
            (_, Tone::Hot) => "33",
            (_, Tone::Bad) => "31",
            (_, Tone::Good) => "32",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A cell of a [`Table`].
#[derive(Clone, Debug, Default)]
pub struct Cell {
    text: String,
    tone: Tone,
    right: bool,
}

impl Cell {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A number: aligned to the right.
    #[must_use]
    pub fn right(text: impl Into<String>) -> Self {
        Self { text: text.into(), right: true, ..Self::default() }
    }

    #[must_use]
    pub fn tone(mut self, tone: Tone) -> Self {
        self.tone = tone;
        self
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// Rows whose cells line up; two blanks between columns, none at a line's end.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: Vec<Row>,
    indent: usize,
}

#[derive(Clone, Debug)]
enum Row {
    Cells(Vec<Cell>),
    /// A line of its own, whose pieces do not line up with anything.
    Line(Vec<Cell>),
}

impl Table {
    #[must_use]
    pub fn indented(indent: usize) -> Self {
        Self { rows: Vec::new(), indent }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(Row::Cells(cells.into_iter().collect()));
    }

    /// A line across all columns.
    pub fn line(&mut self, pieces: impl IntoIterator<Item = Cell>) {
        self.rows.push(Row::Line(pieces.into_iter().collect()));
    }

    /// Column heads, each aligned as its column.
    pub fn head(&mut self, heads: &[&str], right: &[usize]) {
        let cells = heads.iter().enumerate().map(|(at, head)| {
            let cell = if right.contains(&at) { Cell::right(*head) } else { Cell::new(*head) };
            cell.tone(Tone::Faint)
        });
        self.row(cells.collect::<Vec<_>>());
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[must_use]
    pub fn show(&self, paint: Paint) -> String {
        let rows = || {
            self.rows.iter().filter_map(|row| if let Row::Cells(cells) = row { Some(cells) } else { None })
        };
        let columns = rows().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = rows().filter_map(|row| row.get(column));
            cells.map(|cell| cell.text.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut out = String::new();
        for row in &self.rows {
            let row = match row {
                Row::Cells(cells) => cells,
                Row::Line(pieces) => {
                    let texts: Vec<String> = pieces.iter().map(|p| paint.paint(p.tone, &p.text)).collect();
                    out.push_str(&" ".repeat(self.indent));
                    out.push_str(texts.join("  ").trim_end());
                    out.push('\n');
                    continue;
                }
            };
            let mut line = " ".repeat(self.indent);
            let mut pad = 0;
            for (column, cell) in row.iter().enumerate() {
                if column > 0 {
                    pad += 2;
                }
                let space = widths[column] - cell.text.chars().count();
                if cell.right {
                    pad += space;
                }
                if !cell.text.is_empty() {
                    line.push_str(&" ".repeat(pad));
                    line.push_str(&paint.paint(cell.tone, &cell.text));
                    pad = 0;
                }
                if !cell.right {
                    pad += space;
                }
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }
}

/// Microseconds as people say them: `120 ms`, `36.904 ms`, `2 s`.
#[must_use]
pub fn time(micros: u64) -> String {
    match micros {
        0 => "0 ms".to_owned(),
        us if us >= 1_000_000 && us.is_multiple_of(1_000_000) => format!("{} s", us / 1_000_000),
        us if us.is_multiple_of(1_000) => format!("{} ms", us / 1_000),
        us => format!("{}.{:03} ms", us / 1_000, us % 1_000),
    }
}

/// Microseconds as milliseconds with three digits: numbers that are compared line up.
#[must_use]
pub fn millis(micros: u64) -> String {
    format!("{}.{:03} ms", micros / 1_000, micros % 1_000)
}

/// Bytes as people say them: `112 KiB`, `1.5 MiB`. Parts of a KiB are shown, never rounded away.
#[must_use]
pub fn size(bytes: u64) -> String {
    let (unit, name) = match bytes {
        b if b >= 1 << 30 => (1u64 << 30, "GiB"),
        b if b >= 1 << 20 => (1 << 20, "MiB"),
        b if b >= 1 << 10 => (1 << 10, "KiB"),
        b => return format!("{b} B"),
    };
    let tenths = (bytes % unit * 10).div_ceil(unit);
    match tenths {
        0 => format!("{} {name}", bytes / unit),
        10 => format!("{} {name}", bytes / unit + 1),
        tenths => format!("{}.{tenths} {name}", bytes / unit),
    }
}

/// A change of a size: `+4 KiB`, `-1.5 MiB`, `0 B`.
#[must_use]
pub fn size_change(from: u64, to: u64) -> String {
    match to.cmp(&from) {
        std::cmp::Ordering::Less => format!("-{}", size(from - to)),
        std::cmp::Ordering::Equal => "0 B".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", size(to - from)),
    }
}

/// `a, b and 3 more`: a list that stays on a line.
#[must_use]
pub fn list(items: &[&str], most: usize) -> String {
    if items.len() <= most {
        return items.join(", ");
    }
    let mut out = items[..most].join(", ");
    let _ = write!(out, " and {} more", items.len() - most);
    out
}

/// `1 service`, `2 services`.
#[must_use]
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_without_blanks() {
        let mut table = Table::indented(2);
        table.head(&["name", "bytes", "note"], &[1]);
        table.row([Cell::new("a"), Cell::right("1000"), Cell::new("")]);
        table.row([Cell::new("longer"), Cell::right("1"), Cell::new("x")]);
        table.line([Cell::new("over all of them"), Cell::new("x")]);
        table.row([Cell::new("b"), Cell::right(""), Cell::new("y")]);
        assert_eq!(
            table.show(Paint::Plain),
            "  name    bytes  note\n  a        1000\n  longer      1  x\n  over all of them  x\n  b              y\n"
        );
    }

    #[test]
    fn colours_do_not_move_columns() {
        let mut table = Table::default();
        table.row([Cell::new("a").tone(Tone::Bad), Cell::new("b")]);
        assert_eq!(table.show(Paint::Colour), "\x1b[31ma\x1b[0m  b\n");
    }

    #[test]
    fn times_and_sizes_are_exact_enough() {
        assert_eq!([time(0), time(120_000), time(36_904)], ["0 ms", "120 ms", "36.904 ms"]);
        assert_eq!([time(2_000_000), time(1_500_000), time(7)], ["2 s", "1500 ms", "0.007 ms"]);
        assert_eq!([size(0), size(1023), size(4096)], ["0 B", "1023 B", "4 KiB"]);
        assert_eq!([size(4097), size(3 << 19), size((2 << 20) - 1)], ["4.1 KiB", "1.5 MiB", "2 MiB"]);
        assert_eq!(
            [size_change(8192, 4096), size_change(0, 10), size_change(1, 1)],
            ["-4 KiB", "+10 B", "0 B"]
        );
        assert_eq!(list(&["a", "b", "c"], 2), "a, b and 1 more");
    }
}
