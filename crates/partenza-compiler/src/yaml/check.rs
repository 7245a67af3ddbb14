// SPDX-License-Identifier: BSD-2-Clause
//! Holds a tree against a [`Shape`] and reports everything that does not fit (SPEC N-3): unknown fields with what was
//! probably meant, missing ones, wrong types, bad units, bad versions, each with its place and the field's path.
//!
//! What passed here is read by [`View`](super::View), which reports nothing any more.

use semver::VersionReq;

use super::shape::{Effect, Shape, Table, Tagged};
use super::{Node, Value};
use crate::SPECIFICATION;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, nearest, suggest};
use crate::kinds::Access;
use crate::numbers;
use crate::source::{Span, Spanned};
use partenza_protocol::Op;

/// Longest timeout, in microseconds.
const HOUR: u64 = 3_600_000_000;

/// What is wrong with a scalar.
struct Problem {
    code: Code,
    message: String,
    label: String,
    help: Option<String>,
}

/// Reports everything in a file that is not as `table` says.
pub fn check(top: &Node, table: &Table, out: &mut Diagnostics) {
    match &top.value {
        Value::Map(entries) => fields(top.span, entries, table, "", out),
        Value::Null => fields(top.span, &[], table, "", out),
        _ => {
            let message = format!("expected a mapping, found {}", top.kind());
            out.push(Diagnostic::error(Code::WrongType, message).at(top.span, "expected a mapping"));
        }
    }
}

/// The same for one value; `path` names it in messages.
fn value(node: &Node, shape: &Shape, path: &str, out: &mut Diagnostics) {
    match (shape, &node.value) {
        (_, Value::Null) => null(node, shape, path, out),
        (Shape::Either(shapes), _) => either(node, shapes, shape, path, out),
        (Shape::Table(table), Value::Map(entries)) => fields(node.span, entries, table, path, out),
        (Shape::Tagged(tagged), Value::Map(entries)) => tags(node.span, entries, tagged, path, out),
        (Shape::Named { key, number, value: of }, Value::Map(entries)) => {
            for (name, node) in entries {
                if number.is_some_and(|low| !name.value.parse::<u8>().is_ok_and(|n| n >= low)) {
                    let message = format!("no {key} is called `{}`", name.value);
                    out.push(Diagnostic::error(Code::BadLayer, message).at(name.span, ""));
                }
                value(node, of, &join(path, &name.value), out);
            }
        }
        (Shape::List { of, most }, Value::List(items)) => {
            if items.len() > *most {
                let message = format!("`{path}` holds at most {most}");
                let label = format!("{} here", items.len());
                out.push(Diagnostic::error(Code::TooManyItems, message).at(node.span, label));
            }
            items.iter().for_each(|item| value(item, of, path, out));
        }
        (Shape::List { of, .. }, Value::Scalar { .. }) if single(of) => value(node, of, path, out),
        _ => {
            if let Some(problem) = problem(node, shape) {
                report(problem, node.span, path, out);
            }
        }
    }
}

/// Whether a list may be written as its one item.
fn single(of: &Shape) -> bool {
    !matches!(of, Shape::Table(_) | Shape::Tagged(_) | Shape::List { .. })
}

/// Nothing is an empty mapping or list; it is no value.
fn null(node: &Node, shape: &Shape, path: &str, out: &mut Diagnostics) {
    match shape {
        Shape::Table(table) => fields(node.span, &[], table, path, out),
        Shape::Named { .. } | Shape::List { .. } => {}
        Shape::Either(shapes) if shapes.iter().any(|s| matches!(s, Shape::Table(_) | Shape::List { .. })) => {
        }
        _ => report(wrong(node, shape), node.span, path, out),
    }
}

fn either(node: &Node, shapes: &[Shape], shape: &Shape, path: &str, out: &mut Diagnostics) {
    if let Some(fitting) = alternative(node, shapes) {
        value(node, fitting, path, out);
    } else if let [only] = &shapes.iter().filter(|s| matches!(s, Shape::Word(_))).collect::<Vec<_>>()[..]
        && let Some(problem) = problem(node, only)
        && matches!(node.value, Value::Scalar { .. })
    {
        report(Problem { label: format!("expected {}", shape.wanted()), ..problem }, node.span, path, out);
    } else {
        report(wrong(node, shape), node.span, path, out);
    }
}

/// The alternative that a value's form shows: its container, or the scalar that fits.
pub(super) fn alternative<'s>(node: &Node, shapes: &'s [Shape]) -> Option<&'s Shape> {
    shapes.iter().find(|shape| match (&node.value, shape) {
        (Value::Map(_), Shape::Table(_) | Shape::Tagged(_) | Shape::Named { .. }) => true,
        (Value::List(_), Shape::List { .. }) => true,
        (Value::Scalar { .. }, Shape::List { of, .. }) => single(of) && problem(node, of).is_none(),
        (Value::Scalar { .. }, Shape::Table(_) | Shape::Tagged(_) | Shape::Named { .. }) => false,
        (Value::Scalar { .. }, scalar) => problem(node, scalar).is_none(),
        _ => false,
    })
}

fn fields(span: Span, entries: &[(Spanned<String>, Node)], table: &Table, path: &str, out: &mut Diagnostics) {
    let mut meant = Vec::new();
    for (key, node) in entries {
        let path = join(path, &key.value);
        let Some(field) = table.field(&key.value) else {
            meant.extend(unknown(key, &path, table, out));
            continue;
        };
        if !matches!(node.value, Value::Null) || field.required {
            value(node, &field.shape, &path, out);
        }
        if field.effect == Effect::Later && !matches!(node.value, Value::Null) {
            out.push(Diagnostic::info(Code::NoEffect, path).at(key.span, ""));
        }
    }
    // A field that was misspelt is not missing too.
    for field in table.fields.iter().filter(|field| field.required && !meant.contains(&field.name)) {
        if !entries.iter().any(|(key, _)| key.value == field.name) {
            let message = format!("`{}` is missing", join(path, field.name));
            let label = format!("add `{}`", field.name);
            out.push(Diagnostic::error(Code::MissingField, message).at(span, label));
        }
    }
}

/// Reports a field that does not exist; gives the one that was probably meant.
fn unknown(key: &Spanned<String>, path: &str, table: &Table, out: &mut Diagnostics) -> Option<&'static str> {
    let (code, noun) = table.unknown;
    let meant = nearest(&key.value, table.names());
    let help = match meant {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("known here: {}", table.names().collect::<Vec<_>>().join(", ")),
    };
    let message = format!("unknown {noun} `{path}`");
    out.push(Diagnostic::error(code, message).at(key.span, format!("no such {noun}")).help(help));
    meant
}

fn tags(span: Span, entries: &[(Spanned<String>, Node)], tagged: &Tagged, path: &str, out: &mut Diagnostics) {
    if let Some(table) = tagged.table(entries) {
        fields(span, entries, table, path, out);
        return;
    }
    let known = || tagged.tables.iter().map(|(tag, _)| *tag);
    let other = |word: &str| tagged.tables.iter().any(|(_, t)| t.fields[1..].iter().any(|f| f.name == word));
    let Some((word, _)) = entries.iter().find(|(key, _)| !other(&key.value)) else {
        let message = format!("`{path}`: no {}", tagged.noun);
        let label = format!("expected one of {}", known().collect::<Vec<_>>().join(", "));
        out.push(Diagnostic::error(Code::MissingField, message).at(span, label));
        return;
    };
    if tagged.later.contains(&word.value.as_str()) {
        let message = format!("`{}` is not supported yet", word.value);
        out.push(Diagnostic::error(tagged.code, message).at(word.span, ""));
        return;
    }
    let help = suggest(&word.value, known())
        .unwrap_or_else(|| format!("there are {}", known().collect::<Vec<_>>().join(", ")));
    let message = format!("no {} is called `{}`", tagged.noun, word.value);
    out.push(Diagnostic::error(tagged.code, message).at(word.span, "").help(help));
}

impl Tagged {
    /// The table that a mapping's keys choose.
    #[must_use]
    pub fn table(&self, entries: &[(Spanned<String>, Node)]) -> Option<&Table> {
        let chosen = |tag: &str| entries.iter().any(|(key, _)| key.value == tag);
        self.tables.iter().find(|(tag, _)| chosen(tag)).map(|(_, table)| table)
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn report(problem: Problem, span: Span, path: &str, out: &mut Diagnostics) {
    let message = format!("`{path}`: {}", problem.message);
    out.push(Diagnostic::error(problem.code, message).at(span, problem.label).maybe_help(problem.help));
}

fn wrong(node: &Node, shape: &Shape) -> Problem {
    let wanted = shape.wanted();
    Problem {
        code: Code::WrongType,
        message: format!("expected {wanted}, found {}", node.kind()),
        label: format!("expected {wanted}"),
        help: match (shape, &node.value) {
            (Shape::Table(table), Value::Scalar { .. }) => Some(by_fields(table)),
            _ => None,
        },
    }
}

/// How a mapping is written, for who wrote a plain value.
fn by_fields(table: &Table) -> String {
    let names: Vec<&str> = table.fields.iter().map(|field| field.name).collect();
    let first = names.first().copied().unwrap_or_default();
    format!("write fields, as in `{first}: …`; there are {}", names.join(", "))
}

/// Whether a value is right as far as its own form goes: a scalar wholly, a container without what is in it.
pub(super) fn fits(node: &Node, shape: &Shape) -> bool {
    match (shape, &node.value) {
        (Shape::Table(_) | Shape::Named { .. } | Shape::List { .. }, Value::Null) => true,
        (_, Value::Null) => false,
        (Shape::Either(shapes), _) => alternative(node, shapes).is_some(),
        (Shape::Table(_) | Shape::Tagged(_) | Shape::Named { .. }, value) => matches!(value, Value::Map(_)),
        (Shape::List { .. }, Value::List(_)) => true,
        (Shape::List { of, .. }, Value::Scalar { .. }) => single(of),
        _ => problem(node, shape).is_none(),
    }
}

/// What is wrong with a value that must be a scalar; `None` if it is right.
fn problem(node: &Node, shape: &Shape) -> Option<Problem> {
    let Value::Scalar { text, plain } = &node.value else { return Some(wrong(node, shape)) };
    let text = text.trim();
    let not = |code, what: &str| {
        let message = format!("`{text}` is not {what}");
        Some(Problem { code, message, label: String::new(), help: None })
    };
    let must = |good: bool, code, what| if good { None } else { not(code, what) };
    match shape {
        Shape::Text => None,
        Shape::Name => {
            let good = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
            let help = "names are letters, digits and _ - . /".to_owned();
            must(!text.is_empty() && text.chars().all(good), Code::BadValue, "a name")
                .map(|problem| Problem { help: Some(help), ..problem })
        }
        Shape::Boolean if *plain && matches!(text, "true" | "false") => None,
        Shape::Boolean => Some(wrong(node, shape)),
        Shape::Number { low, high } => match numbers::yaml(text).filter(|_| *plain) {
            None => Some(wrong(node, shape)),
            Some(n) if n < *low || n > *high => {
                // In the notation of the file.
                let show = |n: &u64| if text.starts_with("0x") { format!("{n:#x}") } else { n.to_string() };
                let range = format!("{} to {}", show(low), show(high));
                Some(Problem {
                    code: Code::BadNumber,
                    message: format!("{text} is not from {range}"),
                    label: format!("expected {range}"),
                    help: None,
                })
            }
            Some(_) => None,
        },
        Shape::Layer => match numbers::yaml(text).filter(|_| *plain) {
            None => Some(wrong(node, shape)),
            Some(2..=255) => None,
            Some(_) => Some(Problem {
                code: Code::BadLayer,
                message: format!("no service can be in layer {text}"),
                label: format!("expected {}", shape.wanted()),
                help: None,
            }),
        },
        Shape::Factor => must(numbers::percent(text).is_some(), Code::BadNumber, "a factor").map(|problem| {
            let label = "expected a number from 1 to 100 with at most two decimals".to_owned();
            Problem { label, ..problem }
        }),
        Shape::Duration => must(numbers::duration(text).is_some(), Code::BadDuration, "a duration"),
        Shape::Timeout => match numbers::duration(text) {
            None => not(Code::BadDuration, "a duration"),
            Some(micros) => {
                must(micros > 0 && micros <= HOUR, Code::BadDuration, "above zero and at most an hour")
            }
        },
        Shape::Size => must(numbers::size(text).is_some(), Code::BadSize, "a size"),
        Shape::Version => must(numbers::version(text).is_some(), Code::BadVersion, "a version"),
        Shape::Range => must(VersionReq::parse(text).is_ok(), Code::BadRequirement, "a range of versions"),
        Shape::Word(words) => word(text, words, Code::BadValue, "unknown value"),
        Shape::Operation => {
            let names: Vec<&str> = Op::ALL.iter().map(|op| op.name()).collect();
            word(text, &names, Code::UnknownOperation, "the supervisor has no operation")
        }
        Shape::Rights => must(Access::parse(text).is_some(), Code::BadValue, "rights")
            .map(|problem| Problem { label: "expected letters of r, w, x".to_owned(), ..problem }),
        Shape::Edge => must(numbers::edge(text).is_some(), Code::BadValue, "an edge")
            .map(|problem| Problem { label: "expected FROM->TO".to_owned(), ..problem }),
        Shape::Specification if text == SPECIFICATION => None,
        Shape::Specification => Some(Problem {
            code: Code::UnknownSpec,
            message: format!("specification `{text}` is not known"),
            label: format!("this release reads \"{SPECIFICATION}\""),
            help: None,
        }),
        Shape::List { .. } | Shape::Table(_) | Shape::Tagged(_) | Shape::Named { .. } | Shape::Either(_) => {
            Some(wrong(node, shape))
        }
    }
}

fn word(text: &str, words: &[&str], code: Code, what: &str) -> Option<Problem> {
    /// More are too many for the end of a line.
    const SHOWN: usize = 8;
    let all = format!("expected {}", words.join(", "));
    let help = suggest(text, words.iter().copied());
    (!words.contains(&text)).then(|| {
        let (label, help) =
            if words.len() <= SHOWN { (all, help) } else { (String::new(), help.or(Some(all))) };
        Problem { code, message: format!("{what} `{text}`"), label, help }
    })
}
