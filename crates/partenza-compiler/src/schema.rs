// SPDX-License-Identifier: BSD-2-Clause
//! JSON Schemas of the three YAML files, for editors (SPEC N-5): made of the tables that the parser goes by.
//!
//! A schema knows less than the parser: what one field says of another, and limits of durations and sizes, are left to
//! `partenza check`. What the parser accepts it accepts.

use partenza_protocol::Op;
use serde_json::{Map, Value, json};

use crate::SPECIFICATION;
use crate::config::CONFIG;
use crate::extensions::EXTENSIONS;
use crate::manifest::{ALIASES, MANIFEST};
use crate::yaml::shape::{Effect, Field, Shape, Table};

/// A file that has a schema.
#[derive(Clone, Copy)]
pub struct File {
    /// `manifest`: the schema is `schemas/manifest.json`.
    pub name: &'static str,
    /// What it describes.
    pub title: &'static str,
    /// Its fields.
    pub table: fn() -> &'static Table,
}

pub const FILES: &[File] = &[
    File { name: "manifest", title: "Partenza manifest of a service", table: || &MANIFEST },
    File {
        name: "system",
        title: "partenza.yaml: the integrator's side of a Partenza system",
        table: || &CONFIG,
    },
    File {
        name: "extensions",
        title: "extensions.yaml: registry of a Partenza system's extensions",
        table: || &EXTENSIONS,
    },
];

/// The schema of a file.
#[must_use]
pub fn schema(file: &File) -> Value {
    let mut schema = object((file.table)());
    if file.name == "manifest" {
        aliases(&mut schema);
    }
    let mut out = Map::new();
    out.insert("$schema".into(), "http://json-schema.org/draft-07/schema#".into());
    out.insert("title".into(), file.title.into());
    if let Value::Object(fields) = schema {
        out.extend(fields);
    }
    Value::Object(out)
}

/// Fields by the names of Partenza's chapters: accepted, and marked.
fn aliases(schema: &mut Value) {
    for alias in ALIASES {
        let Some((last, path)) = alias.was.split_last() else { continue };
        let mut at = &mut *schema;
        for name in path {
            let there = &mut at["properties"][*name];
            if there.is_null() {
                *there = json!({"type": ["object", "null"], "properties": {}, "deprecated": true});
            }
            at = there;
        }
        let there = &mut at["properties"][*last];
        let write = format!("Write `{}`.", alias.write);
        *there = match there.take() {
            Value::Null => json!({"description": write, "deprecated": true}),
            known if known["deprecated"] == true => known,
            // The name is right, the form is another one.
            right => {
                json!({"description": right["description"], "anyOf": [right, {"type": ["string", "boolean"]}]})
            }
        };
    }
    // A field by its other name is not missing.
    if let Some(required) = schema["required"].as_array_mut() {
        required.retain(|name| !ALIASES.iter().any(|alias| alias.now == [name.as_str().unwrap_or("")]));
    }
}

fn object(table: &Table) -> Value {
    let properties: Map<String, Value> =
        table.fields.iter().map(|field| (field.name.to_owned(), property(field))).collect();
    let required: Vec<&str> = table.fields.iter().filter(|f| f.required).map(|f| f.name).collect();
    let mut out = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if required.is_empty() {
        out["type"] = json!(["object", "null"]);
    } else {
        out["required"] = json!(required);
    }
    out
}

fn property(field: &Field) -> Value {
    let mut text = sentence(field.about);
    if !field.required && field.default != "-" {
        text.push_str(&format!(" Default: {}.", field.default));
    }
    if field.effect == Effect::Later {
        text.push_str(" No effect in this release yet.");
    }
    let mut out = json!({"description": text});
    if let (Value::Object(out), Value::Object(shape)) = (&mut out, value(&field.shape)) {
        out.extend(shape);
    }
    out
}

/// With a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// A text that YAML may take for something else.
fn scalar(pattern: &str) -> Value {
    json!({"type": ["string", "number"], "pattern": pattern})
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Text => json!({"type": ["string", "number", "boolean"]}),
        Shape::Name => scalar("^[A-Za-z0-9_./-]+$"),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Number { low, high: u64::MAX } => json!({"type": "integer", "minimum": low}),
        Shape::Number { low, high } => json!({"type": "integer", "minimum": low, "maximum": high}),
        Shape::Layer => json!({"type": "integer", "minimum": 2, "maximum": 255}),
        Shape::Factor => json!({"type": ["number", "string"], "minimum": 1, "maximum": 100}),
        Shape::Timeout | Shape::Duration => json!({"type": "string", "pattern": "^[0-9]+ *(us|ms|s|m|h)$"}),
        Shape::Size => json!({"type": ["string", "integer"], "pattern": "^[0-9]+ *(KiB|MiB|GiB)?$"}),
        Shape::Version => scalar("^[0-9]+(\\.[0-9]+(\\.[0-9]+([-+].*)?)?)?$"),
        Shape::Range => json!({"type": ["string", "number"]}),
        Shape::Word(words) => {
            json!({"enum": words.iter().flat_map(|word| as_yaml(word)).collect::<Vec<_>>()})
        }
        Shape::Operation => json!({"enum": Op::ALL.iter().map(|op| op.name()).collect::<Vec<_>>()}),
        Shape::Rights => json!({"type": "string", "pattern": "^[rwx]{1,3}$"}),
        Shape::Edge => json!({"type": "string", "pattern": "^.+->.+$"}),
        Shape::Specification => {
            json!({"enum": [SPECIFICATION, SPECIFICATION.parse::<f64>().unwrap_or_default()]})
        }
        Shape::List { of, most } => {
            let mut list = json!({"type": ["array", "null"], "items": value(of)});
            if *most != usize::MAX {
                list["maxItems"] = json!(most);
            }
            match **of {
                Shape::Table(_) | Shape::Tagged(_) => list,
                _ => json!({"anyOf": [list, value(of)]}),
            }
        }
        Shape::Table(table) => object(table),
        Shape::Tagged(tagged) => {
            let one = |(_, table): &(_, Table)| object(table);
            json!({"type": "object", "anyOf": tagged.tables.iter().map(one).collect::<Vec<_>>()})
        }
        Shape::Named { number, value: of, .. } => {
            let mut map = json!({"type": ["object", "null"], "additionalProperties": value(of)});
            if number.is_some() {
                map["propertyNames"] = json!({"pattern": "^[0-9]+$"});
            }
            map
        }
        Shape::Either(shapes) => json!({"anyOf": shapes.iter().map(value).collect::<Vec<_>>()}),
    }
}

/// A word, and what YAML makes of it.
fn as_yaml(word: &str) -> Vec<Value> {
    let mut values = vec![json!(word)];
    values.extend(word.parse::<bool>().map(Value::from));
    values.extend(word.parse::<u64>().map(Value::from));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every description of a field, however deep.
    fn fields(table: &Table, out: &mut Vec<Field>) {
        for field in &table.fields {
            out.push(field.clone());
            shapes(&field.shape, out);
        }
    }

    fn shapes(shape: &Shape, out: &mut Vec<Field>) {
        match shape {
            Shape::Table(table) => fields(table, out),
            Shape::Tagged(tagged) => tagged.tables.iter().for_each(|(_, table)| fields(table, out)),
            Shape::List { of, .. } | Shape::Named { value: of, .. } => shapes(of, out),
            Shape::Either(all) => all.iter().for_each(|shape| shapes(shape, out)),
            _ => {}
        }
    }

    #[test]
    fn every_field_is_described_and_in_its_schema() {
        for file in FILES {
            let text = schema(file).to_string();
            let mut all = Vec::new();
            fields((file.table)(), &mut all);
            assert!(!all.is_empty());
            for field in all {
                assert!(!field.about.is_empty(), "{}", field.name);
                assert!(field.required || !field.default.is_empty(), "{} has no default", field.name);
                assert!(text.contains(&format!("\"{}\":", field.name)), "{}", field.name);
            }
        }
    }

    #[test]
    fn aliases_are_marked_and_fields_may_stand_under_them() {
        let manifest = schema(&FILES[0]);
        assert_eq!(manifest["properties"]["depends_on"]["deprecated"], true);
        assert_eq!(manifest["properties"]["permissions"]["properties"]["capabilities"]["deprecated"], true);
        assert_eq!(manifest["properties"]["health"]["properties"]["max_retries"]["deprecated"], true);
        assert!(manifest["properties"]["restart"]["anyOf"].is_array());
        let required = manifest["required"].as_array().unwrap();
        assert!(required.contains(&json!("version")) && !required.contains(&json!("id")));
    }
}
