// SPDX-License-Identifier: BSD-2-Clause
//! Boot parameters (SPEC B-4): their names and values, in `partenza.yaml` and on the command line.

use partenza_plan::AtEnd;
use partenza_protocol::control::Level;

use crate::diagnostic::{Code, Diagnostic, suggest};
use crate::source::Spanned;
use crate::yaml::{Node, Reader};

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
    pub effect: &'static str,
}

const SWITCH: Values = Values::Words(&["on", "off", "true", "false", "1", "0"]);

/// Every parameter; the root task knows the same.
pub const TABLE: &[Row] = &[
    Row {
        name: "log",
        values: Values::Words(&["error", "warn", "info", "debug"]),
        effect: "least important level on the console",
    },
    Row { name: "quiet", values: SWITCH, effect: "nothing on the console" },
    Row { name: "parallel", values: SWITCH, effect: "start independent services of a layer together" },
    Row { name: "timeouts", values: Values::Percent, effect: "scales every timeout and budget, in percent" },
    Row { name: "hold", values: Values::Service, effect: "that service is created, not started" },
    Row {
        name: "on-failure",
        values: Values::Words(&["halt", "reboot", "poweroff"]),
        effect: "what follows a failed boot",
    },
    Row {
        name: "after-boot",
        values: Values::Words(&["stay", "halt", "reboot", "poweroff"]),
        effect: "what follows BootComplete",
    },
    Row { name: "verify", values: SWITCH, effect: "prove after a failed start that everything came back" },
    Row { name: "bench", values: SWITCH, effect: "account instructions and system calls" },
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

/// Reads `boot.parameters`.
pub fn parse(read: &mut Reader<'_>, node: &Node) -> Parameters {
    let mut parameters = Parameters::default();
    for (name, node) in read.entries(node).unwrap_or_default() {
        let Some(value) = read.text(node) else { continue };
        if let Err(why) = check(&name.value, &value.value) {
            let known = TABLE.iter().any(|row| row.name == name.value);
            let (code, span) =
                if known { (Code::BadValue, value.span) } else { (Code::UnknownField, name.span) };
            read.out.push(Diagnostic::error(code, why).at(span, ""));
            continue;
        }
        set(&mut parameters, &name.value, value, read);
    }
    parameters
}

/// `value` has passed [`check`].
fn set(parameters: &mut Parameters, name: &str, value: Spanned<String>, read: &mut Reader<'_>) {
    let on = matches!(value.value.as_str(), "on" | "true" | "1");
    let at_end = match value.value.as_str() {
        "halt" => Some(AtEnd::Halt),
        "reboot" => Some(AtEnd::Reboot),
        "poweroff" => Some(AtEnd::PowerOff),
        _ => None,
    };
    match name {
        "log" => {
            parameters.log = match value.value.as_str() {
                "error" => Level::Error,
                "warn" => Level::Warn,
                "debug" => Level::Debug,
                _ => Level::Info,
            };
        }
        "quiet" => parameters.quiet = on,
        "parallel" => parameters.parallel = Some(on),
        "timeouts" => parameters.timeout_percent = percent(&value.value).unwrap_or(100),
        "hold" => parameters.hold = Some(value),
        "on-failure" => parameters.on_failure = at_end.unwrap_or(AtEnd::Halt),
        "after-boot" => parameters.after_boot = at_end,
        "verify" => parameters.verify_reclaim = on,
        _ => {
            let message = format!("`{name}` can only be given at boot");
            let help = "give it to `partenza run --param`";
            read.out.push(Diagnostic::warning(Code::NoEffect, message).at(value.span, "").help(help));
        }
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
