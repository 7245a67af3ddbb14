// SPDX-License-Identifier: BSD-2-Clause
//! Kinds of kernel objects, and how large they are.

use crate::abi::{object_bits, object_type};
use crate::arch::object::{ObjectBlueprintArch, ObjectTypeArch};
use crate::{CapType, Word, cap_type};

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ObjectType {
    Untyped,
    Endpoint,
    Notification,
    CNode,
    Tcb,
    Arch(ObjectTypeArch),
}

impl ObjectType {
    /// The kernel's number.
    pub const fn into_word(self) -> Word {
        match self {
            Self::Untyped => object_type::UNTYPED,
            Self::Endpoint => object_type::ENDPOINT,
            Self::Notification => object_type::NOTIFICATION,
            Self::CNode => object_type::CNODE,
            Self::Tcb => object_type::TCB,
            Self::Arch(arch) => arch.into_word(),
        }
    }
}

/// What an object is to be: its kind, and its size where the kind has more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ObjectBlueprint {
    /// 2^`size_bits` bytes.
    Untyped {
        size_bits: usize,
    },
    Endpoint,
    Notification,
    /// 2^`size_bits` slots.
    CNode {
        size_bits: usize,
    },
    Tcb,
    Arch(ObjectBlueprintArch),
}

impl ObjectBlueprint {
    /// The kind.
    pub const fn ty(self) -> ObjectType {
        match self {
            Self::Untyped { .. } => ObjectType::Untyped,
            Self::Endpoint => ObjectType::Endpoint,
            Self::Notification => ObjectType::Notification,
            Self::CNode { .. } => ObjectType::CNode,
            Self::Tcb => ObjectType::Tcb,
            Self::Arch(arch) => ObjectType::Arch(arch.ty()),
        }
    }

    /// The size that a retype is told, if the kind has more than one.
    pub const fn api_size_bits(self) -> Option<usize> {
        match self {
            Self::Untyped { size_bits } | Self::CNode { size_bits } => Some(size_bits),
            _ => None,
        }
    }

    /// The object's size in memory, as a power of two, in bytes. Also its alignment.
    pub const fn physical_size_bits(self) -> usize {
        match self {
            Self::Untyped { size_bits } => size_bits,
            Self::Endpoint => object_bits::ENDPOINT,
            Self::Notification => object_bits::NOTIFICATION,
            Self::CNode { size_bits } => object_bits::SLOT + size_bits,
            Self::Tcb => object_bits::TCB,
            Self::Arch(arch) => arch.physical_size_bits(),
        }
    }

    /// The untyped that an ASID pool is made of.
    pub const fn asid_pool() -> Self {
        Self::Untyped { size_bits: object_bits::ASID_POOL }
    }
}

impl From<ObjectBlueprintArch> for ObjectBlueprint {
    fn from(blueprint: ObjectBlueprintArch) -> Self {
        Self::Arch(blueprint)
    }
}

/// The sizes of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FrameObjectType {
    Granule,
    LargePage,
}

impl FrameObjectType {
    /// The smallest page.
    pub const GRANULE: Self = Self::Granule;

    /// The page's blueprint.
    pub const fn blueprint(self) -> ObjectBlueprint {
        match self {
            Self::Granule => ObjectBlueprint::GRANULE,
            Self::LargePage => ObjectBlueprint::LARGE_PAGE,
        }
    }

    /// The page's size, as a power of two, in bytes.
    pub const fn bits(self) -> usize {
        self.blueprint().physical_size_bits()
    }

    /// The page's size in bytes.
    pub const fn bytes(self) -> usize {
        1 << self.bits()
    }
}

/// A capability type with objects of its own.
pub trait CapTypeForObject: CapType {
    /// The kind of those objects.
    fn object_type() -> ObjectType;
}

/// A capability type whose objects have one size.
pub trait CapTypeForObjectOfFixedSize: CapTypeForObject {
    /// The blueprint of those objects.
    fn object_blueprint() -> ObjectBlueprint;
}

/// A capability type whose objects have many sizes.
pub trait CapTypeForObjectOfVariableSize: CapTypeForObject {
    /// The blueprint of an object of one size.
    fn object_blueprint(size_bits: usize) -> ObjectBlueprint;
}

/// A capability type of pages.
pub trait CapTypeForFrameObject: CapType {}

impl CapTypeForFrameObject for cap_type::UnspecifiedPage {}

macro_rules! fixed_size {
    ($($name:ident: $blueprint:expr,)*) => {
        $(
            impl $crate::CapTypeForObject for cap_type::$name {
                fn object_type() -> $crate::ObjectType {
                    $blueprint.ty()
                }
            }

            impl $crate::CapTypeForObjectOfFixedSize for cap_type::$name {
                fn object_blueprint() -> ObjectBlueprint {
                    $blueprint
                }
            }
        )*
    };
}
pub(crate) use fixed_size;

fixed_size! {
    Endpoint: ObjectBlueprint::Endpoint,
    Notification: ObjectBlueprint::Notification,
    Tcb: ObjectBlueprint::Tcb,
}

macro_rules! variable_size {
    ($($name:ident,)*) => {
        $(
            impl $crate::CapTypeForObject for cap_type::$name {
                fn object_type() -> ObjectType {
                    ObjectType::$name
                }
            }

            impl CapTypeForObjectOfVariableSize for cap_type::$name {
                fn object_blueprint(size_bits: usize) -> ObjectBlueprint {
                    ObjectBlueprint::$name { size_bits }
                }
            }
        )*
    };
}

variable_size! {
    Untyped,
    CNode,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TranslationTableObjectType;

    #[test]
    fn a_cnode_is_told_slots_and_takes_bytes() {
        let cnode = ObjectBlueprint::CNode { size_bits: 9 };
        assert_eq!(cnode.api_size_bits(), Some(9));
        assert_eq!(cnode.physical_size_bits(), 9 + object_bits::SLOT);
        assert_eq!(ObjectBlueprint::Tcb.api_size_bits(), None);
    }

    #[test]
    fn every_kind_has_its_own_number() {
        let all = [
            ObjectBlueprint::Untyped { size_bits: 4 },
            ObjectBlueprint::Endpoint,
            ObjectBlueprint::Notification,
            ObjectBlueprint::CNode { size_bits: 4 },
            ObjectBlueprint::Tcb,
            ObjectBlueprint::GRANULE,
            ObjectBlueprint::LARGE_PAGE,
            ObjectBlueprint::VSPACE,
        ];
        let tables = TranslationTableObjectType::ALL.map(TranslationTableObjectType::blueprint);
        let all = all.iter().chain(&tables);
        let mut numbers: Vec<_> = all.map(|b| b.ty().into_word()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 11);
    }
}
