// SPDX-License-Identifier: BSD-2-Clause
//! Markdown that every page has.

/// The head of a page.
pub fn head(title: &str, source: &str) -> String {
    format!(
        "<!-- SPDX-License-Identifier: BSD-2-Clause -->\n<!-- Written by `partenza docs` from {source}: change it there. -->\n# {title}\n\n"
    )
}

/// A link's target, as GitHub makes it of a heading.
pub fn anchor(heading: &str) -> String {
    let letter = |c: char| c.is_ascii_alphanumeric() || "-_ ".contains(c);
    heading.to_lowercase().chars().filter(|c| letter(*c)).collect::<String>().replace(' ', "-")
}

/// Text in a cell of a table.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
