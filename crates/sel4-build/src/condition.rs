// SPDX-License-Identifier: BSD-2-Clause
//! The conditions under which an item of the kernel's XML exists.
//!
//! Up to seL4 10 they are preprocessor expressions in an attribute (`defined(CONFIG_VTX)`,
//! `CONFIG_MAX_NUM_NODES > 1`); later kernels nest `<config var="…"/>`, `<not>`, `<and>`, `<or>` in
//! a `<condition>`. Both become one [`Condition`], evaluated against the configuration.

use std::fmt;

use roxmltree::Node;

use crate::Config;

/// A condition over configuration keys (without `CONFIG_`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// No condition.
    Always,
    /// The option is on (`defined(CONFIG_X)`).
    On(String),
    /// The option's number is greater than the constant.
    Greater(String, u64),
    /// Negation.
    Not(Box<Condition>),
    /// All of them.
    All(Vec<Condition>),
    /// Any of them.
    Any(Vec<Condition>),
}

/// A condition that is not understood. Guessing would shift every label after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError(pub String);

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "condition not understood: {}", self.0)
    }
}

impl Condition {
    /// Reads the condition of an XML element: its `condition` attribute or `<condition>` child.
    ///
    /// # Errors
    /// When the condition has a form that this module does not know.
    pub fn of(node: Node<'_, '_>) -> Result<Condition, ConditionError> {
        if let Some(text) = node.attribute("condition").filter(|text| !text.trim().is_empty()) {
            return Condition::parse(text);
        }
        match node.children().find(|child| child.has_tag_name("condition")) {
            Some(condition) => Ok(Condition::All(elements(condition)?)),
            None => Ok(Condition::Always),
        }
    }

    /// Reads a preprocessor expression.
    ///
    /// # Errors
    /// When it uses anything but `defined`, `!`, `&&`, `||`, `>` and parentheses.
    pub fn parse(text: &str) -> Result<Condition, ConditionError> {
        let tokens = tokenize(text);
        let mut parser = Parser { tokens: &tokens, at: 0 };
        match parser.any() {
            Some(condition) if parser.at == tokens.len() => Ok(condition),
            _ => Err(ConditionError(text.to_string())),
        }
    }

    /// Whether the condition holds.
    pub fn holds(&self, config: &Config) -> bool {
        match self {
            Condition::Always => true,
            Condition::On(key) => config.is_on(key),
            Condition::Greater(key, than) => config.number(key).is_some_and(|n| n > *than),
            Condition::Not(inner) => !inner.holds(config),
            Condition::All(all) => all.iter().all(|c| c.holds(config)),
            Condition::Any(any) => any.iter().any(|c| c.holds(config)),
        }
    }
}

fn elements(parent: Node<'_, '_>) -> Result<Vec<Condition>, ConditionError> {
    parent.children().filter(Node::is_element).map(element).collect()
}

fn element(node: Node<'_, '_>) -> Result<Condition, ConditionError> {
    match node.tag_name().name() {
        "config" => match node.attribute("var") {
            Some(name) => Ok(Condition::On(key(name).to_string())),
            None => Err(ConditionError("<config> without var".to_string())),
        },
        "not" => Ok(Condition::Not(Box::new(Condition::All(elements(node)?)))),
        "and" => Ok(Condition::All(elements(node)?)),
        "or" => Ok(Condition::Any(elements(node)?)),
        other => Err(ConditionError(format!("<{other}>"))),
    }
}

fn key(name: &str) -> &str {
    name.strip_prefix("CONFIG_").unwrap_or(name)
}

fn tokenize(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let len = if word(first) {
            rest.find(|c| !word(c)).unwrap_or(rest.len())
        } else if rest.starts_with("&&") || rest.starts_with("||") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    tokens
}

/// Recursive descent; `None` means "not of this language".
struct Parser<'a> {
    tokens: &'a [&'a str],
    at: usize,
}

impl<'a> Parser<'a> {
    fn next(&mut self) -> Option<&'a str> {
        let token = self.tokens.get(self.at).copied();
        self.at += 1;
        token
    }

    fn eat(&mut self, token: &str) -> bool {
        let found = self.tokens.get(self.at) == Some(&token);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Option<Condition> {
        let mut parts = vec![self.all()?];
        while self.eat("||") {
            parts.push(self.all()?);
        }
        Some(single_or(parts, Condition::Any))
    }

    fn all(&mut self) -> Option<Condition> {
        let mut parts = vec![self.term()?];
        while self.eat("&&") {
            parts.push(self.term()?);
        }
        Some(single_or(parts, Condition::All))
    }

    fn term(&mut self) -> Option<Condition> {
        if self.eat("!") {
            return Some(Condition::Not(Box::new(self.term()?)));
        }
        if self.eat("(") {
            let inner = self.any()?;
            return self.eat(")").then_some(inner);
        }
        if self.eat("defined") {
            let parenthesis = self.eat("(");
            let name = self.next()?;
            if parenthesis && !self.eat(")") {
                return None;
            }
            return Some(Condition::On(key(name).to_string()));
        }
        let name = self.next()?;
        if !self.eat(">") {
            return None;
        }
        let than = self.next()?.parse().ok()?;
        Some(Condition::Greater(key(name).to_string(), than))
    }
}

fn single_or(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { many(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let mut config = Config::default();
        config.merge_json(r#"{"PRINTING": true, "VTX": false, "MAX_NUM_NODES": "4"}"#).unwrap();
        config
    }

    fn holds(text: &str) -> bool {
        Condition::parse(text).unwrap().holds(&config())
    }

    #[test]
    fn preprocessor_expressions_are_evaluated() {
        assert!(holds("defined CONFIG_PRINTING"));
        assert!(holds("defined(CONFIG_PRINTING) && !defined(CONFIG_VTX)"));
        assert!(holds("CONFIG_MAX_NUM_NODES > 1"));
        assert!(!holds("CONFIG_MAX_NUM_NODES > 4"));
        assert!(!holds("defined(CONFIG_VTX) && (defined(CONFIG_PRINTING) || defined CONFIG_X)"));
        assert!(holds("defined(CONFIG_VTX) || defined(CONFIG_PRINTING)"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in ["CONFIG_A == 1", "defined(", "CONFIG_A", "defined(CONFIG_A) defined(CONFIG_B)"] {
            assert!(Condition::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nested_elements_are_evaluated() {
        let read = |xml: &str| {
            let document = roxmltree::Document::parse(xml).unwrap();
            Condition::of(document.root_element()).unwrap().holds(&config())
        };
        assert!(read("<method/>"));
        assert!(read(
            r#"<m><condition><and><config var="CONFIG_PRINTING"/><not><config var="CONFIG_VTX"/></not></and></condition></m>"#
        ));
        assert!(!read(
            r#"<m><condition><or><config var="CONFIG_VTX"/><config var="CONFIG_X"/></or></condition></m>"#
        ));
    }
}
