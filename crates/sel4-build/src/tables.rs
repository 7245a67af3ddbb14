// SPDX-License-Identifier: BSD-2-Clause
//! Rust source from what was read: the configuration's macros, system call numbers, labels.

use std::fmt::Write;

use crate::{Config, Invocation, Syscall, Value};

/// Source of the configuration: `consts` with every key, and the `sel4_cfg_*!` macros.
pub fn config_source(config: &Config) -> String {
    let mut consts = String::new();
    let (mut bools, mut strings, mut numbers, mut ifs) =
        (String::new(), String::new(), String::new(), String::new());
    for (key, value) in config.iter() {
        match value {
            Value::Bool(on) => {
                put(&mut consts, format_args!("    pub const {key}: bool = {on};"));
                put(&mut bools, format_args!("    ({key}) => {{ {on} }};"));
                put(
                    &mut ifs,
                    format_args!(
                        "    (if #[sel4_cfg({key})] {{ $($t:tt)* }} $(else {{ $($e:tt)* }})?) => {{ $crate::__sel4_cfg_pick!({on} {{ $($t)* }} {{ $($($e)*)? }}); }};\n\
                     \x20   (if #[sel4_cfg(not({key}))] {{ $($t:tt)* }} $(else {{ $($e:tt)* }})?) => {{ $crate::__sel4_cfg_pick!({on} {{ $($($e)*)? }} {{ $($t)* }}); }};",
                    ),
                );
            }
            Value::Text(text) => {
                put(&mut consts, format_args!("    pub const {key}: &str = {text:?};"));
                put(&mut strings, format_args!("    ({key}) => {{ {text:?} }};"));
                if let Some(number) = config.number(key) {
                    put(&mut numbers, format_args!("    ({key}) => {{ {number} }};"));
                }
            }
        }
    }
    let mut out = String::new();
    put(
        &mut out,
        format_args!("/// Every configuration key, under its own name.\npub mod consts {{\n{consts}}}\n"),
    );
    for (name, what, arms) in [
        ("sel4_cfg_bool", "A boolean option of the kernel's configuration.", &bools),
        ("sel4_cfg_str", "A text option of the kernel's configuration.", &strings),
        ("sel4_cfg_usize", "A numeric option of the kernel's configuration.", &numbers),
        (
            "sel4_cfg_if",
            "Items for one state of a boolean option: `if #[sel4_cfg(KEY)] { … } else { … }`.",
            &ifs,
        ),
    ] {
        put(&mut out, format_args!("/// {what}\n#[macro_export]\nmacro_rules! {name} {{\n{arms}}}\n"));
    }
    out
}

/// Source of the system call numbers, one constant each, named as the kernel names them.
pub fn syscall_source(calls: &[Syscall]) -> String {
    let mut out = String::new();
    for Syscall { name, number } in calls {
        put(&mut out, format_args!("pub const {name}: i64 = {number};"));
    }
    let list: String = calls.iter().map(|c| format!("(\"{}\", {}), ", c.name, c.number)).collect();
    put(&mut out, format_args!("pub const ALL: &[(&str, i64)] = &[{list}];"));
    out
}

/// Source of the invocation labels, one constant each, named as the kernel names them.
pub fn invocation_source(invocations: &[Invocation]) -> String {
    let mut out = String::new();
    for Invocation { id, label } in invocations {
        put(&mut out, format_args!("pub const {id}: u32 = {label};"));
    }
    put(&mut out, format_args!("pub const COUNT: usize = {};", invocations.len() + 1));
    let names: String = invocations.iter().map(|i| format!("\"{}\", ", i.id)).collect();
    put(&mut out, format_args!("pub const NAMES: [&str; COUNT] = [\"InvalidInvocation\", {names}];"));
    out
}

fn put(out: &mut String, line: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_its_form() {
        let mut config = Config::default();
        config.merge_json(r#"{"PRINTING": true, "WORD_SIZE": "64", "PLAT": "pc99"}"#).unwrap();
        let source = config_source(&config);
        assert!(source.contains("pub const PRINTING: bool = true;"));
        assert!(source.contains("(WORD_SIZE) => { 64 };"));
        assert!(source.contains("(PLAT) => { \"pc99\" };"));
        assert!(source.contains("#[sel4_cfg(not(PRINTING))]"));
    }

    #[test]
    fn labels_and_numbers_become_constants() {
        let label = Invocation { id: "CNodeMint".to_string(), label: 1 };
        let source = invocation_source(&[label]);
        assert!(source.contains("pub const CNodeMint: u32 = 1;"));
        assert!(source.contains("pub const COUNT: usize = 2;"));
        let call = Syscall { name: "Call".to_string(), number: -1 };
        assert!(syscall_source(&[call]).contains("pub const Call: i64 = -1;"));
    }
}
