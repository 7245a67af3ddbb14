// SPDX-License-Identifier: BSD-2-Clause
//! System calls and invocations, read from the kernel's XML in the order that numbers them.
//!
//! Numbering (seL4 `tools/syscall_header_gen.py`, `invocation_header_gen.py`): system calls count
//! down from -1 through `<api*>` and then `<debug>`, whether their condition holds or not.
//! Invocation labels count up from 1 through the three interface files, and a method whose
//! condition does not hold takes no number.

use std::fmt;

use roxmltree::{Document, Node};

use crate::{Condition, ConditionError, Config};

/// A system call of this kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syscall {
    /// The kernel's name (`DebugPutChar`).
    pub name: String,
    /// The number in the system call register.
    pub number: i64,
}

/// An invocation of this kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The kernel's label name (`CNodeMint`).
    pub id: String,
    /// The label in the message info.
    pub label: u32,
}

/// Why an interface file could not be used.
#[derive(Debug)]
pub enum InterfaceError {
    /// Not well-formed XML.
    Xml(roxmltree::Error),
    /// A condition of an unknown form.
    Condition(ConditionError),
    /// An element lacks an attribute, or the file lacks an element.
    Missing(&'static str),
}

impl fmt::Display for InterfaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InterfaceError::Xml(error) => write!(f, "{error}"),
            InterfaceError::Condition(error) => write!(f, "{error}"),
            InterfaceError::Missing(what) => write!(f, "{what} is missing"),
        }
    }
}

impl From<roxmltree::Error> for InterfaceError {
    fn from(error: roxmltree::Error) -> Self {
        InterfaceError::Xml(error)
    }
}

impl From<ConditionError> for InterfaceError {
    fn from(error: ConditionError) -> Self {
        InterfaceError::Condition(error)
    }
}

/// Reads `syscall.xml`: those system calls that this configuration has.
///
/// # Errors
/// When the file is not of the known form.
pub fn read_syscalls(xml: &str, config: &Config) -> Result<Vec<Syscall>, InterfaceError> {
    let document = parse(xml)?;
    let root = document.root_element();
    // Kernels with both schedulers list the API twice; older ones have one `<api>`.
    let api = if config.is_on("KERNEL_MCS") { "api-mcs" } else { "api-master" };
    let api = child(root, api).or_else(|| child(root, "api"));
    let groups = [api.ok_or(InterfaceError::Missing("<api>"))?].into_iter().chain(child(root, "debug"));
    let mut calls = Vec::new();
    let mut number = 0;
    for config_element in groups.flat_map(|group| group.children().filter(Node::is_element)) {
        let condition = Condition::of(config_element)?;
        for call in config_element.children().filter(|n| n.has_tag_name("syscall")) {
            number -= 1;
            if condition.holds(config) {
                calls.push(Syscall { name: attribute(call, "name")?, number });
            }
        }
    }
    Ok(calls)
}

/// Reads the interface files (`object-api`, `-sel4-arch`, `-arch`, in this order).
///
/// # Errors
/// When a file is not of the known form.
pub fn read_invocations(files: &[&str], config: &Config) -> Result<Vec<Invocation>, InterfaceError> {
    let mut invocations = Vec::new();
    for xml in files {
        let document = parse(xml)?;
        for method in document.descendants().filter(|n| n.has_tag_name("method")) {
            if Condition::of(method)?.holds(config) {
                let label = u32::try_from(invocations.len() + 1)
                    .map_err(|_| InterfaceError::Missing("end of the file"))?;
                invocations.push(Invocation { id: attribute(method, "id")?, label });
            }
        }
    }
    Ok(invocations)
}

/// The kernel's files may name a DTD, which nothing here needs.
fn parse(xml: &str) -> Result<Document<'_>, roxmltree::Error> {
    let options = roxmltree::ParsingOptions { allow_dtd: true, ..Default::default() };
    Document::parse_with_options(xml, options)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.has_tag_name(name))
}

fn attribute(node: Node<'_, '_>, name: &'static str) -> Result<String, InterfaceError> {
    node.attribute(name).map(str::to_string).ok_or(InterfaceError::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_without_its_condition_still_takes_a_number() {
        let xml = r#"<?xml version="1.0"?><syscalls>
            <api><config><syscall name="Call"/><syscall name="Recv"/></config></api>
            <debug>
              <config condition="defined CONFIG_OFF"><syscall name="Off"/></config>
              <config condition="defined CONFIG_ON"><syscall name="On"/></config>
            </debug></syscalls>"#;
        let mut config = Config::default();
        config.merge_json(r#"{"ON": true}"#).unwrap();
        let calls = read_syscalls(xml, &config).unwrap();
        let calls: Vec<_> = calls.iter().map(|c| (c.name.as_str(), c.number)).collect();
        assert_eq!(calls, [("Call", -1), ("Recv", -2), ("On", -4)]);
    }

    #[test]
    fn a_method_without_its_condition_takes_no_label() {
        let object = r#"<api><interface name="i"><method id="A"/>
            <method id="B" condition="CONFIG_NODES > 1"/><method id="C"/></interface></api>"#;
        let arch = r#"<api><interface name="j"><method id="D"/></interface></api>"#;
        let mut config = Config::default();
        config.merge_json(r#"{"NODES": "1"}"#).unwrap();
        let labels = read_invocations(&[object, arch], &config).unwrap();
        let labels: Vec<_> = labels.iter().map(|i| (i.id.as_str(), i.label)).collect();
        assert_eq!(labels, [("A", 1), ("C", 2), ("D", 3)]);
    }

    #[test]
    fn a_file_of_another_form_is_refused() {
        let config = Config::default();
        assert!(read_syscalls("<x/>", &config).is_err());
        assert!(read_syscalls("<x", &config).is_err());
        assert!(read_invocations(&["<a><method/></a>"], &config).is_err());
    }
}
