// SPDX-License-Identifier: BSD-2-Clause
//! The kinds of capabilities that a manifest can ask for, and what a grant of each is made of (SPEC F-2).
//!
//! One table: a kind's word, the objects of system.xml that a grant names, whether the request carries rights. A new
//! kind is a new row.

/// A kind of capability, in the author's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Memory,
    Irq,
    IoPort,
    Call,
    Notify,
    Serial,
    BlockDevice,
    NetworkDevice,
    Framebuffer,
    Axiom,
    Supervisor,
    ChildControl,
    Scheduling,
    Smc,
    Spawn,
}

/// An object of system.xml that a grant names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Memory,
    Irq,
    IoPort,
    Channel,
    Child,
}

impl Part {
    pub const ALL: [Part; 5] = [Part::Memory, Part::Irq, Part::IoPort, Part::Channel, Part::Child];

    /// The field of a grant that names it.
    #[must_use]
    pub const fn field(self) -> &'static str {
        match self {
            Part::Memory => "memory",
            Part::Irq => "irq",
            Part::IoPort => "ioport",
            Part::Channel => "channel",
            Part::Child => "child",
        }
    }
}

/// How many objects of each part a grant names: `(least, most)`.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub memory: (usize, usize),
    pub irq: (usize, usize),
    pub ioport: (usize, usize),
    pub channel: (usize, usize),
    pub child: (usize, usize),
}

impl Shape {
    #[must_use]
    pub const fn bounds(&self, part: Part) -> (usize, usize) {
        match part {
            Part::Memory => self.memory,
            Part::Irq => self.irq,
            Part::IoPort => self.ioport,
            Part::Channel => self.channel,
            Part::Child => self.child,
        }
    }
}

/// A row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub kind: Kind,
    pub word: &'static str,
    /// `None`: no release supports it yet.
    pub shape: Option<Shape>,
    /// What a grant that is one plain value names.
    pub short: Option<Part>,
    /// Whether `rights` may be asked for.
    pub rights: bool,
    /// In words, for messages and the field reference.
    pub made_of: &'static str,
}

const NONE: Shape = Shape { memory: (0, 0), irq: (0, 0), ioport: (0, 0), channel: (0, 0), child: (0, 0) };
const DEVICE: Shape = Shape { memory: (0, 4), irq: (0, 4), ioport: (0, 4), ..NONE };

const fn row(
    kind: Kind,
    word: &'static str,
    shape: Shape,
    short: Option<Part>,
    made_of: &'static str,
) -> Row {
    Row { kind, word, shape: Some(shape), short, rights: false, made_of }
}

const fn later(kind: Kind, word: &'static str) -> Row {
    Row { kind, word, shape: None, short: None, rights: false, made_of: "nothing yet" }
}

pub const TABLE: &[Row] = &[
    Row {
        rights: true,
        ..row(
            Kind::Memory,
            "memory",
            Shape { memory: (1, 1), ..NONE },
            Some(Part::Memory),
            "one memory region",
        )
    },
    row(Kind::Irq, "irq", Shape { irq: (1, 1), ..NONE }, Some(Part::Irq), "one interrupt"),
    row(Kind::IoPort, "ioport", Shape { ioport: (1, 1), ..NONE }, Some(Part::IoPort), "one I/O port range"),
    Row {
        rights: true,
        ..row(
            Kind::Call,
            "call",
            Shape { channel: (1, 8), ..NONE },
            Some(Part::Channel),
            "one channel whose end here has pp=\"true\", or one to each of the interface's `providers`",
        )
    },
    row(
        Kind::Notify,
        "notify",
        Shape { channel: (1, 1), ..NONE },
        Some(Part::Channel),
        "one channel without calls whose end here may notify",
    ),
    row(
        Kind::Serial,
        "serial",
        Shape { ioport: (1, 1), irq: (1, 1), ..NONE },
        None,
        "one I/O port range and one interrupt",
    ),
    row(Kind::BlockDevice, "block-device", DEVICE, None, "I/O port ranges, memory regions and interrupts"),
    row(
        Kind::NetworkDevice,
        "network-device",
        DEVICE,
        None,
        "I/O port ranges, memory regions and interrupts",
    ),
    Row {
        rights: true,
        ..row(
            Kind::Framebuffer,
            "framebuffer",
            Shape { memory: (1, 1), ..NONE },
            Some(Part::Memory),
            "one memory region with a phys_addr",
        )
    },
    Row {
        rights: true,
        ..row(
            Kind::Axiom,
            "axiom",
            Shape { channel: (1, 1), ..NONE },
            Some(Part::Channel),
            "one channel whose end here has pp=\"true\"",
        )
    },
    row(Kind::Supervisor, "supervisor", NONE, None, "a list of operations"),
    row(
        Kind::ChildControl,
        "child-control",
        Shape { child: (1, 1), ..NONE },
        Some(Part::Child),
        "one protection domain inside this one",
    ),
    later(Kind::Scheduling, "scheduling"),
    later(Kind::Smc, "smc"),
    later(Kind::Spawn, "spawn"),
];

impl Kind {
    #[must_use]
    pub fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.kind == self).unwrap_or(&TABLE[0])
    }

    #[must_use]
    pub fn from_word(word: &str) -> Option<&'static Row> {
        TABLE.iter().find(|row| row.word == word)
    }
}

/// Rights that are asked for, or that a client of a service was granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    pub read: bool,
    pub write: bool,
    pub execute: bool,
}

impl Access {
    pub const READ_WRITE: Access = Access { read: true, write: true, execute: false };

    /// Letters of `r`, `w`, `x`, each at most once.
    #[must_use]
    pub fn parse(text: &str) -> Option<Access> {
        let distinct = text.char_indices().all(|(at, c)| "rwx".contains(c) && text.find(c) == Some(at));
        (distinct && !text.is_empty()).then(|| Access {
            read: text.contains('r'),
            write: text.contains('w'),
            execute: text.contains('x'),
        })
    }

    /// Whether everything here is also in `other`.
    #[must_use]
    pub const fn within(self, other: Access) -> bool {
        (!self.read || other.read) && (!self.write || other.write) && (!self.execute || other.execute)
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (has, letter) in [(self.read, "r"), (self.write, "w"), (self.execute, "x")] {
            if has {
                f.write_str(letter)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_one_row() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.kind.row().word, row.word);
            assert!(TABLE[..index].iter().all(|other| other.word != row.word && other.kind != row.kind));
        }
    }

    #[test]
    fn rights_are_letters() {
        assert_eq!(Access::parse("rw"), Some(Access::READ_WRITE));
        assert_eq!(Access::parse("w").map(|a| a.to_string()).as_deref(), Some("w"));
        for bad in ["", "rr", "rq", "read"] {
            assert_eq!(Access::parse(bad), None, "{bad}");
        }
        assert!(Access::parse("r").unwrap().within(Access::READ_WRITE));
        assert!(!Access::READ_WRITE.within(Access::parse("r").unwrap()));
    }
}
