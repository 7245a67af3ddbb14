// SPDX-License-Identifier: BSD-2-Clause
//! The kernel's configuration: `gen_config.json`, keys without `CONFIG_`.
//!
//! Two files make one configuration (`kernel/` and `sel4/`); a key that both name must have the
//! same value in both, or the prefix is a mixture of two kernels and is refused.

use std::collections::BTreeMap;

use tinyjson::JsonValue;

/// A configuration value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// An option that is on or off.
    Bool(bool),
    /// A number or a name, as the kernel's own generator writes it.
    Text(String),
}

/// A kernel's configuration.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    values: BTreeMap<String, Value>,
}

impl Config {
    /// Adds the keys of one `gen_config.json`.
    ///
    /// # Errors
    /// A sentence about what is wrong: not JSON, not an object of plain values, or a key with
    /// another value than an earlier file gave it.
    pub fn merge_json(&mut self, text: &str) -> Result<(), String> {
        let json: JsonValue = text.parse().map_err(|e| format!("not JSON: {e}"))?;
        let object: &std::collections::HashMap<String, JsonValue> = json.get().ok_or("not a JSON object")?;
        for (key, value) in object {
            let value = match value {
                JsonValue::Boolean(on) => Value::Bool(*on),
                JsonValue::String(text) => Value::Text(text.clone()),
                JsonValue::Number(number) => Value::Text(number.to_string()),
                _ => return Err(format!("the value of {key} is neither boolean, text nor number")),
            };
            if let Some(earlier) = self.values.get(key)
                && *earlier != value
            {
                return Err(format!("{key} has another value than in kernel/gen_config.json"));
            }
            self.values.insert(key.clone(), value);
        }
        Ok(())
    }

    /// All keys with their values, in the order of the keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.values.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether an option is on. A key that the kernel does not know is off, as in its C headers.
    pub fn is_on(&self, key: &str) -> bool {
        match self.values.get(key) {
            Some(Value::Bool(on)) => *on,
            Some(Value::Text(_)) => true,
            None => false,
        }
    }

    /// The text of a key that has one.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The number of a key that has one (decimal, or hexadecimal with `0x`).
    pub fn number(&self, key: &str) -> Option<u64> {
        let text = self.text(key)?;
        match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        }
    }

    /// The name of the ABI module for this kernel, or why there is none.
    ///
    /// # Errors
    /// The kernel's version, architecture and scheduling, and what would have to be added.
    pub fn abi(&self) -> Result<&'static str, String> {
        let version = self.text("VERSION").unwrap_or("(no VERSION in gen_config.json)");
        let arch = self.text("SEL4_ARCH").unwrap_or("(no SEL4_ARCH in gen_config.json)");
        let mcs = self.is_on("KERNEL_MCS");
        let major = version.split('.').next().unwrap_or(version);
        match (major, arch, mcs) {
            ("5", "x86_64", false) => Ok("v5_x86_64"),
            ("5", "aarch64", false) => Ok("v5_aarch64"),
            _ => Err(format!(
                "seL4 {version} for {arch} ({}) has no ABI module in crates/sel4/src/abi; \
                 supported: 5.x without MCS for x86_64 and aarch64 (crates/sel4/README.md says how to add one)",
                if mcs { "MCS" } else { "not MCS" },
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_make_one_configuration() {
        let mut config = Config::default();
        config.merge_json(r#"{"PRINTING": true, "WORD_SIZE": "64"}"#).unwrap();
        config.merge_json(r#"{"WORD_SIZE": "64", "NUM": 3, "MCS": false}"#).unwrap();
        assert!(config.is_on("PRINTING"));
        assert!(!config.is_on("MCS"));
        assert!(!config.is_on("NEVER_HEARD_OF"));
        assert_eq!(config.number("WORD_SIZE"), Some(64));
        assert_eq!(config.number("NUM"), Some(3));
    }

    #[test]
    fn a_mixture_of_two_kernels_is_refused() {
        let mut config = Config::default();
        config.merge_json(r#"{"PRINTING": true}"#).unwrap();
        assert!(config.merge_json(r#"{"PRINTING": false}"#).unwrap_err().contains("PRINTING"));
        assert!(config.merge_json("[]").is_err());
        assert!(config.merge_json("{").is_err());
        assert!(config.merge_json(r#"{"A": [1]}"#).is_err());
    }

    #[test]
    fn an_unsupported_kernel_is_named() {
        let mut config = Config::default();
        config.merge_json(r#"{"VERSION": "16.0.0", "SEL4_ARCH": "aarch64", "KERNEL_MCS": true}"#).unwrap();
        let why = config.abi().unwrap_err();
        assert!(why.contains("16.0.0") && why.contains("aarch64") && why.contains("MCS"));
    }
}
