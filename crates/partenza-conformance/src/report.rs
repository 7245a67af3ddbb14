// SPDX-License-Identifier: BSD-2-Clause
//! What a run came to: for people, for programs (JSON), for what collects test results (JUnit).

use std::fmt::Write;

use serde_json::{Value, json};

use crate::rule::Rule;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Passed,
    Failed,
    /// The subject has nothing of the kind, or it cannot be seen from outside.
    NotApplicable,
    /// Another rule failed first.
    NotJudged,
}

impl Verdict {
    /// The word in JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::NotApplicable => "not-applicable",
            Verdict::NotJudged => "not-judged",
        }
    }

    const fn mark(self) -> &'static str {
        match self {
            Verdict::Passed => "ok",
            Verdict::Failed => "FAILED",
            Verdict::NotApplicable => "-",
            Verdict::NotJudged => "?",
        }
    }
}

/// A rule and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    pub rule: &'static Rule,
    pub verdict: Verdict,
    pub seen: String,
}

#[derive(Clone, Debug)]
pub struct Report {
    /// `module` or `orchestrator`.
    pub tool: &'static str,
    /// What was judged, in words.
    pub subject: String,
    pub kernel: String,
    pub rows: Vec<Row>,
}

impl Report {
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.rows.iter().filter(|row| row.verdict == verdict).count()
    }

    /// Whether nothing failed.
    #[must_use]
    pub fn conforms(&self) -> bool {
        self.count(Verdict::Failed) == 0
    }

    fn summary(&self) -> String {
        let mut parts = vec![format!("{} passed", self.count(Verdict::Passed))];
        for (verdict, words) in [
            (Verdict::Failed, "failed"),
            (Verdict::NotApplicable, "do not apply or cannot be seen"),
            (Verdict::NotJudged, "were not judged"),
        ] {
            let count = self.count(verdict);
            if count > 0 {
                parts.push(format!("{count} {words}"));
            }
        }
        parts.join(", ")
    }

    /// A line a rule; those that failed say what is demanded and how to mend it.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = format!("{}, {}\n\n", self.subject, self.kernel);
        let width = self.rows.iter().map(|row| row.rule.name.chars().count()).max().unwrap_or(0);
        for Row { rule, verdict, seen } in &self.rows {
            let mut lines = seen.lines();
            let _ = writeln!(
                out,
                "{:6} {:6} {:width$}  {}",
                rule.number,
                verdict.mark(),
                rule.name,
                lines.next().unwrap_or_default()
            );
            for line in lines {
                let _ = writeln!(out, "{:14} {:width$}  {line}", "", "");
            }
            if *verdict == Verdict::Failed {
                let _ = writeln!(out, "{:14} SPEC {}: {}", "", rule.spec, rule.demands);
                let _ = writeln!(out, "{:14} to mend it: {}", "", rule.hint);
            }
        }
        let _ = writeln!(out, "\n{}", self.summary());
        out
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "number": row.rule.number,
                "name": row.rule.name,
                "spec": row.rule.spec,
                "verdict": row.verdict.word(),
                "seen": row.seen,
                "demands": row.rule.demands,
                "hint": row.rule.hint,
            })
        };
        json!({
            "conformance": self.tool,
            "subject": self.subject,
            "kernel": self.kernel,
            "conforms": self.conforms(),
            "passed": self.count(Verdict::Passed),
            "failed": self.count(Verdict::Failed),
            "rules": self.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }

    /// One test suite, one test case a rule; what was not judged is skipped and says why.
    #[must_use]
    pub fn junit(&self) -> String {
        let skipped = self.count(Verdict::NotApplicable) + self.count(Verdict::NotJudged);
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"partenza conformance {}: {}\" \
             tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{skipped}\">\n",
            self.tool,
            escaped(&self.subject),
            self.rows.len(),
            self.count(Verdict::Failed),
        );
        for Row { rule, verdict, seen } in &self.rows {
            let (name, seen) = (escaped(&format!("{} {}", rule.number, rule.name)), escaped(seen));
            let _ = write!(out, "    <testcase classname=\"conformance.{}\" name=\"{name}\"", self.tool);
            let _ = match verdict {
                Verdict::Passed => {
                    writeln!(out, ">\n      <system-out>{seen}</system-out>\n    </testcase>")
                }
                Verdict::Failed => writeln!(
                    out,
                    ">\n      <failure message=\"{}\">{seen}\nSPEC {}: to mend it: {}</failure>\n    </testcase>",
                    escaped(rule.demands),
                    rule.spec,
                    escaped(rule.hint)
                ),
                Verdict::NotApplicable | Verdict::NotJudged => {
                    writeln!(out, ">\n      <skipped message=\"{seen}\"/>\n    </testcase>")
                }
            };
        }
        out.push_str("  </testsuite>\n</testsuites>\n");
        out
    }
}

/// Text inside XML; characters that XML cannot hold become question marks.
fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            c if c.is_control() => out.push('?'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule =
        Rule { number: "C-1", name: "one", spec: "A-1", demands: "a < b", hint: "make a \"less\"" };

    fn report() -> Report {
        let row = |verdict, seen: &str| Row { rule: &RULE, verdict, seen: seen.to_owned() };
        let rows = vec![
            row(Verdict::Passed, "fine"),
            row(Verdict::Failed, "a & b\x07"),
            row(Verdict::NotApplicable, "no a"),
            row(Verdict::NotJudged, "C-1 failed"),
        ];
        Report { tool: "module", subject: "m 1.0.0".to_owned(), kernel: "seL4".to_owned(), rows }
    }

    #[test]
    fn text_tells_how_to_mend_what_failed() {
        let text = report().text();
        assert!(text.contains("C-1    FAILED one  a & b"), "{text}");
        assert!(text.contains("SPEC A-1: a < b\n") && text.contains("to mend it: make a"), "{text}");
        assert!(text.ends_with("1 passed, 1 failed, 1 do not apply or cannot be seen, 1 were not judged\n"));
    }

    #[test]
    fn junit_counts_and_is_well_formed() {
        let xml = report().junit();
        assert!(xml.contains("tests=\"4\" failures=\"1\" errors=\"0\" skipped=\"2\""), "{xml}");
        assert!(xml.contains("message=\"a &lt; b\">a &amp; b?"), "{xml}");
        assert_eq!(xml.matches("<testcase").count(), xml.matches("</testcase>").count());
    }

    #[test]
    fn json_has_a_rule_a_row() {
        let json = report().json();
        assert_eq!((json["conforms"].clone(), json["failed"].clone()), (false.into(), 1.into()));
        assert_eq!(json["rules"][2]["verdict"], "not-applicable");
    }
}
