// SPDX-License-Identifier: BSD-2-Clause
//! Boot parameters (SPEC B-4): their names and values, in `partenza.yaml` and on the command line.

use partenza_plan::AtEnd;
use partenza_protocol::control::Level;

use crate::diagnostic::{Code, Diagnostic, Diagnostics, suggest};
use crate::source::Spanned;
use crate::yaml::View;
use crate::yaml::shape::{Shape, Table, field};

/// What `boot.parameters` of partenza.yaml sets.
#[derive(Clone, Debug)]
pub struct Parameters {
    pub log: Level,
    pub quiet: bool,
    pub timeout_percent: u32,
    /// A PD's name.
    pub hold: Option<Spanned<String>>,
    pub on_failure: AtEnd,
    pub after_boot: Option<AtEnd>,
    pub verify_reclaim: bool,
    /// SPEC C-5; `boot.parallel` comes first.
    pub parallel: Option<bool>,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            log: Level::Info,
            quiet: false,
            timeout_percent: 100,
            hold: None,
            on_failure: AtEnd::Halt,
            after_boot: None,
            verify_reclaim: false,
            parallel: None,
        }
    }
}

/// What a parameter's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    Words(&'static [&'static str]),
    /// 1 to 100000.
    Percent,
    Service,
}

/// A row of the table.
pub struct Row {
    pub name: &'static str,
    pub values: Values,
    /// What holds without it.
    pub default: &'static str,
    pub effect: &'static str,
}

const SWITCH: Values = Values::Words(&["on", "off", "true", "false", "1", "0"]);

/// Every parameter; the root task knows the same.
pub const TABLE: &[Row] = &[
    Row {
        name: "log",
        values: Values::Words(&["error", "warn", "info", "debug"]),
        default: "info",
        effect: "least important level on the console",
    },
    Row { name: "quiet", values: SWITCH, default: "off", effect: "nothing on the console" },
    Row {
        name: "parallel",
        values: SWITCH,
        default: "`boot.parallel`",
        effect: "start independent services of a layer together",
    },
    Row {
        name: "timeouts",
        values: Values::Percent,
        default: "100",
        effect: "scales every timeout and budget, in percent",
    },
    Row {
        name: "hold",
        values: Values::Service,
        default: "none",
        effect: "that service is created, not started",
    },
    Row {
        name: "on-failure",
        values: Values::Words(&["halt", "reboot", "poweroff"]),
        default: "halt",
        effect: "what follows a failed boot",
    },
    Row {
        name: "after-boot",
        values: Values::Words(&["stay", "halt", "reboot", "poweroff"]),
        default: "stay",
        effect: "what follows BootComplete",
    },
    Row {
        name: "verify",
        values: SWITCH,
        default: "off",
        effect: "prove after an incarnation, a failed start and at the end of the system that everything came back",
    },
    Row { name: "bench", values: SWITCH, default: "off", effect: "account instructions and system calls" },
    Row {
        name: "recovery",
        values: SWITCH,
        default: "what the attempt counter says",
        effect: "a recovery boot, or none; only in systems with `boot.max_attempts`",
    },
    Row {
        name: "last-gasp",
        values: Values::Words(&["panic", "fault", "exception", "archive", "twice"]),
        default: "nothing",
        effect: "Init ends that way after BootComplete, to try what follows",
    },
];

/// Parameters of the table that partenza.yaml may not set, and what to do instead.
const AT_BOOT_ONLY: &[(&str, &str)] = &[
    ("bench", "give it to `partenza run --param bench=on`"),
    ("recovery", "give it to `partenza run --param recovery=on`"),
    ("last-gasp", "give it to `partenza run --param last-gasp=panic`"),
];

/// Checks one parameter as given on the command line.
///
/// # Errors
/// What is wrong, and what would be right.
pub fn check(name: &str, value: &str) -> Result<(), String> {
    let Some(row) = TABLE.iter().find(|row| row.name == name) else {
        let names: Vec<&str> = TABLE.iter().map(|row| row.name).collect();
        let help = suggest(name, names.iter().copied())
            .unwrap_or_else(|| format!("parameters are {}", names.join(", ")));
        return Err(format!("no boot parameter is called `{name}`: {help}"));
    };
    let right = match row.values {
        Values::Words(words) if words.contains(&value) => return Ok(()),
        Values::Words(words) => words.join(", "),
        Values::Percent if percent(value).is_some() => return Ok(()),
        Values::Percent => "a percentage from 1 to 100000".to_owned(),
        Values::Service => return Ok(()),
    };
    Err(format!("{name}={value}: expected {right}"))
}

fn percent(value: &str) -> Option<u32> {
    value.parse().ok().filter(|percent| (1..=100_000).contains(percent))
}

/// The fields of `boot.parameters`.
#[must_use]
pub fn table() -> Table {
    let fields = TABLE.iter().map(|row| {
        let shape = match row.values {
            Values::Words(words) => Shape::Word(words.to_vec()),
            Values::Percent => Shape::Number { low: 1, high: 100_000 },
            Values::Service => Shape::Text,
        };
        field(row.name, shape, row.default, row.effect)
    });
    Table { fields: fields.collect(), unknown: (Code::UnknownField, "boot parameter") }
}

/// Reads `boot.parameters`.
pub fn parse(f: &View<'_>, out: &mut Diagnostics) -> Parameters {
    let defaults = Parameters::default();
    let word = |name| f.text(name).map(|text| text.value);
    let switch = |name| word(name).map(|word| matches!(word.as_str(), "on" | "true" | "1"));
    let at_end = |name| match word(name).as_deref() {
        Some("halt") => Some(AtEnd::Halt),
        Some("reboot") => Some(AtEnd::Reboot),
        Some("poweroff") => Some(AtEnd::PowerOff),
        _ => None,
    };
    for (name, help) in AT_BOOT_ONLY {
        if let Some(key) = f.key(name) {
            let message = format!("`{name}` can only be given at boot");
            out.push(Diagnostic::warning(Code::NoEffect, message).at(key, "no effect here").help(*help));
        }
    }
    Parameters {
        log: match word("log").as_deref() {
            Some("error") => Level::Error,
            Some("warn") => Level::Warn,
            Some("debug") => Level::Debug,
            _ => defaults.log,
        },
        quiet: switch("quiet").unwrap_or(defaults.quiet),
        timeout_percent: f.number("timeouts").map_or(defaults.timeout_percent, |n| n.value as u32),
        hold: f.text("hold"),
        on_failure: at_end("on-failure").unwrap_or(defaults.on_failure),
        after_boot: at_end("after-boot"),
        verify_reclaim: switch("verify").unwrap_or(defaults.verify_reclaim),
        parallel: switch("parallel"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_checked_by_name_and_value() {
        for (name, value) in [("log", "debug"), ("timeouts", "250"), ("hold", "x"), ("after-boot", "stay")] {
            assert_eq!(check(name, value), Ok(()), "{name}");
        }
        assert!(check("after-bot", "stay").unwrap_err().contains("did you mean `after-boot`?"));
        assert!(check("timeouts", "0").is_err());
        assert!(check("quiet", "perhaps").is_err());
    }
}
