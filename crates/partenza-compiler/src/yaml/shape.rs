// SPDX-License-Identifier: BSD-2-Clause
//! What a file may hold, as data: which fields there are, what each takes, what it means.
//!
//! One description serves three readers: [`check`](super::check) holds a file against it, [`crate::schema`] makes a JSON
//! Schema for editors of it, the field reference of the documentation is written from it. So none of the three knows a
//! field that another does not.

use crate::diagnostic::Code;

/// What a value may be.
#[derive(Clone, Debug)]
pub enum Shape {
    Text,
    /// A name: letters, digits and `_ - . /`.
    Name,
    Boolean,
    Number {
        low: u64,
        high: u64,
    },
    /// A layer that services can be in.
    Layer,
    /// A decimal number from 1 to 100 with at most two decimals.
    Factor,
    /// A duration above zero and at most an hour.
    Timeout,
    /// Any duration.
    Duration,
    Size,
    Version,
    /// A range of versions.
    Range,
    Word(Vec<&'static str>),
    /// An operation of the Supervisor.
    Operation,
    /// Letters of `r`, `w`, `x`.
    Rights,
    /// `FROM -> TO`
    Edge,
    /// The version of the specification that this release reads.
    Specification,
    /// A list; a single value counts as a list of one.
    List {
        of: Box<Shape>,
        most: usize,
    },
    Table(Table),
    /// A mapping with one key of these, which says what the other fields are.
    Tagged(Tagged),
    /// A mapping from names that the file chooses.
    Named {
        /// What the keys are, in words.
        key: &'static str,
        /// Numbers from here to 255, where the keys are numbers.
        number: Option<u8>,
        value: Box<Shape>,
    },
    /// One of these; which one is seen from the value's form.
    Either(Vec<Shape>),
}

/// A mapping with fixed fields.
#[derive(Clone, Debug)]
pub struct Table {
    pub fields: Vec<Field>,
    /// Code and noun of a key that is none of the fields.
    pub unknown: (Code, &'static str),
}

/// A mapping that is one of several tables, by the one key that only that table has.
#[derive(Clone, Debug)]
pub struct Tagged {
    /// What the keys are: `kind of capability`.
    pub noun: &'static str,
    pub code: Code,
    /// The tag, and its table, whose first field is the tag itself.
    pub tables: Vec<(&'static str, Table)>,
    /// Tags that are known, and refused.
    pub later: Vec<&'static str>,
}

/// Whether something follows from a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Now,
    /// It is read, checked and planned; the target does not use it yet, and the user is told.
    Later,
}

#[derive(Clone, Debug)]
pub struct Field {
    pub name: &'static str,
    pub shape: Shape,
    pub required: bool,
    /// What holds when it is not there, in words.
    pub default: &'static str,
    /// What it means.
    pub about: &'static str,
    pub effect: Effect,
}

/// An optional field; `default` says what holds without it.
#[must_use]
pub fn field(name: &'static str, shape: Shape, default: &'static str, about: &'static str) -> Field {
    Field { name, shape, required: false, default, about, effect: Effect::Now }
}

/// A field that must be there.
#[must_use]
pub fn required(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, shape, required: true, default: "", about, effect: Effect::Now }
}

/// A field that has no effect yet.
#[must_use]
pub fn later(name: &'static str, shape: Shape, default: &'static str, about: &'static str) -> Field {
    Field { effect: Effect::Later, ..field(name, shape, default, about) }
}

/// A mapping with these fields.
#[must_use]
pub fn table(fields: Vec<Field>) -> Table {
    Table { fields, unknown: (Code::UnknownField, "field") }
}

/// A list of any length.
#[must_use]
pub fn list(of: Shape) -> Shape {
    Shape::List { of: Box::new(of), most: usize::MAX }
}

/// The words of a table of words and values.
#[must_use]
pub fn words<T>(table: &[(&'static str, T)]) -> Shape {
    Shape::Word(table.iter().map(|(word, _)| *word).collect())
}

impl Table {
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &'static str> + Clone + '_ {
        self.fields.iter().map(|field| field.name)
    }
}

impl Shape {
    /// In words, for messages and the field reference.
    #[must_use]
    pub fn wanted(&self) -> String {
        match self {
            Shape::Text => "a text".into(),
            Shape::Name => "a name".into(),
            Shape::Boolean => "true or false".into(),
            Shape::Number { low, high: u64::MAX } => format!("a number from {low}"),
            Shape::Number { low, high } => format!("a number from {low} to {high}"),
            Shape::Layer => "a number from 2 to 255".into(),
            Shape::Factor => "a number from 1 to 100".into(),
            Shape::Timeout => "a duration above zero and at most an hour".into(),
            Shape::Duration => "a duration".into(),
            Shape::Size => "a size".into(),
            Shape::Version => "a version".into(),
            Shape::Range => "a range of versions".into(),
            Shape::Word(words) => words.join(", "),
            Shape::Operation => "an operation".into(),
            Shape::Rights => "letters of r, w, x".into(),
            Shape::Edge => "FROM->TO".into(),
            Shape::Specification => format!("\"{}\"", crate::SPECIFICATION),
            Shape::List { .. } => "a list".into(),
            Shape::Table(_) | Shape::Tagged(_) | Shape::Named { .. } => "a mapping".into(),
            Shape::Either(shapes) => {
                let all: Vec<String> = shapes.iter().map(Shape::wanted).collect();
                all.join(", or ")
            }
        }
    }
}
