// SPDX-License-Identifier: BSD-2-Clause
//! `policy/decisions` 1.0.0: may the caller do this? What no rule allows is denied.
//!
//! A rule is `allow SUBJECT ACTION OBJECT`, `*` stands for anything. The subject is the caller's name as the
//! channel tells it, so nobody asks in another's name.

use serde::{Deserialize, Serialize};

/// Payload [`Question`], answer [`Verdict`]. Needs the right to read.
pub const DECIDE: u64 = crate::OWN;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question<'a> {
    pub action: &'a str,
    pub object: &'a str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// By that rule, counted from 0.
    Allowed {
        rule: u16,
    },
    Denied,
}

/// One line of the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule<'a> {
    subject: &'a str,
    action: &'a str,
    object: &'a str,
}

impl<'a> Rule<'a> {
    /// `None` for anything but `allow SUBJECT ACTION OBJECT`.
    #[must_use]
    pub fn parse(line: &'a str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        if words.next()? != "allow" {
            return None;
        }
        let rule = Self { subject: words.next()?, action: words.next()?, object: words.next()? };
        words.next().is_none().then_some(rule)
    }

    #[must_use]
    pub fn allows(&self, subject: &str, question: &Question<'_>) -> bool {
        [(self.subject, subject), (self.action, question.action), (self.object, question.object)]
            .iter()
            .all(|(rule, asked)| *rule == "*" || rule == asked)
    }
}

/// Decides by the first rule that allows it. A line that is no rule allows nothing.
pub fn decide<'a>(lines: impl Iterator<Item = &'a str>, subject: &str, question: &Question<'_>) -> Verdict {
    for (line, rule) in lines.zip(0..) {
        if Rule::parse(line).is_some_and(|parsed| parsed.allows(subject, question)) {
            return Verdict::Allowed { rule };
        }
    }
    Verdict::Denied
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: [&str; 4] =
        ["allow keys derive root", "permit all", "allow a b c d", "allow filesystem * volume"];

    fn ask(subject: &str, action: &str, object: &str) -> Verdict {
        decide(RULES.into_iter(), subject, &Question { action, object })
    }

    #[test]
    fn what_no_rule_allows_is_denied() {
        assert_eq!(ask("keys", "derive", "root"), Verdict::Allowed { rule: 0 });
        assert_eq!(ask("filesystem", "mount", "volume"), Verdict::Allowed { rule: 3 });
        assert_eq!(ask("filesystem", "mount", "root"), Verdict::Denied);
        assert_eq!(ask("identity", "derive", "root"), Verdict::Denied);
        assert_eq!(
            decide(core::iter::empty(), "keys", &Question { action: "a", object: "b" }),
            Verdict::Denied
        );
    }

    #[test]
    fn a_line_that_is_no_rule_allows_nothing() {
        assert_eq!(Rule::parse("permit all"), None);
        assert_eq!(Rule::parse("allow a b"), None);
        assert_eq!(ask("a", "b", "c"), Verdict::Denied);
        assert_eq!(ask("*", "*", "*"), Verdict::Denied);
    }
}
