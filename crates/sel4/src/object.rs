// SPDX-License-Identifier: BSD-2-Clause
//! Kinds of kernel objects, and how large they are.

use crate::abi::{object_bits, object_type};
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

/// A kind of object of x86.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ObjectTypeX86 {
    _4k,
    LargePage,
    PageTable,
    PageDirectory,
    SeL4Arch(ObjectTypeSeL4Arch),
}

/// A kind of object of x86_64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ObjectTypeX64 {
    PDPT,
    PML4,
}

/// The kinds of this architecture.
pub type ObjectTypeArch = ObjectTypeX86;
/// The kinds of this architecture's variant.
pub type ObjectTypeSeL4Arch = ObjectTypeX64;
/// The blueprints of this architecture.
pub type ObjectBlueprintArch = ObjectBlueprintX86;
/// The blueprints of this architecture's variant.
pub type ObjectBlueprintSeL4Arch = ObjectBlueprintX64;

impl ObjectType {
    /// The kernel's number.
    pub const fn into_word(self) -> Word {
        match self {
            Self::Untyped => object_type::UNTYPED,
            Self::Endpoint => object_type::ENDPOINT,
            Self::Notification => object_type::NOTIFICATION,
            Self::CNode => object_type::CNODE,
            Self::Tcb => object_type::TCB,
            Self::Arch(ObjectTypeX86::_4k) => object_type::PAGE,
            Self::Arch(ObjectTypeX86::LargePage) => object_type::LARGE_PAGE,
            Self::Arch(ObjectTypeX86::PageTable) => object_type::PAGE_TABLE,
            Self::Arch(ObjectTypeX86::PageDirectory) => object_type::PAGE_DIRECTORY,
            Self::Arch(ObjectTypeX86::SeL4Arch(ObjectTypeX64::PDPT)) => object_type::PDPT,
            Self::Arch(ObjectTypeX86::SeL4Arch(ObjectTypeX64::PML4)) => object_type::PML4,
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

/// A blueprint of x86.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ObjectBlueprintX86 {
    _4k,
    LargePage,
    PageTable,
    PageDirectory,
    SeL4Arch(ObjectBlueprintSeL4Arch),
}

/// A blueprint of x86_64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ObjectBlueprintX64 {
    PDPT,
    PML4,
}

impl ObjectBlueprint {
    /// A page of 4 KiB.
    pub const GRANULE: Self = Self::Arch(ObjectBlueprintX86::_4k);
    /// A page of 2 MiB.
    pub const LARGE_PAGE: Self = Self::Arch(ObjectBlueprintX86::LargePage);
    /// The root of an address space.
    pub const VSPACE: Self = Self::Arch(ObjectBlueprintX86::SeL4Arch(ObjectBlueprintX64::PML4));
    /// The second level of translation tables.
    pub const PDPT: Self = Self::Arch(ObjectBlueprintX86::SeL4Arch(ObjectBlueprintX64::PDPT));
    /// The third level of translation tables.
    pub const PAGE_DIRECTORY: Self = Self::Arch(ObjectBlueprintX86::PageDirectory);
    /// The last level of translation tables.
    pub const PAGE_TABLE: Self = Self::Arch(ObjectBlueprintX86::PageTable);

    /// The kind.
    pub const fn ty(self) -> ObjectType {
        match self {
            Self::Untyped { .. } => ObjectType::Untyped,
            Self::Endpoint => ObjectType::Endpoint,
            Self::Notification => ObjectType::Notification,
            Self::CNode { .. } => ObjectType::CNode,
            Self::Tcb => ObjectType::Tcb,
            Self::Arch(arch) => ObjectType::Arch(match arch {
                ObjectBlueprintX86::_4k => ObjectTypeX86::_4k,
                ObjectBlueprintX86::LargePage => ObjectTypeX86::LargePage,
                ObjectBlueprintX86::PageTable => ObjectTypeX86::PageTable,
                ObjectBlueprintX86::PageDirectory => ObjectTypeX86::PageDirectory,
                ObjectBlueprintX86::SeL4Arch(ObjectBlueprintX64::PDPT) => {
                    ObjectTypeX86::SeL4Arch(ObjectTypeX64::PDPT)
                }
                ObjectBlueprintX86::SeL4Arch(ObjectBlueprintX64::PML4) => {
                    ObjectTypeX86::SeL4Arch(ObjectTypeX64::PML4)
                }
            }),
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
            Self::Arch(arch) => match arch {
                ObjectBlueprintX86::_4k => object_bits::PAGE,
                ObjectBlueprintX86::LargePage => object_bits::LARGE_PAGE,
                ObjectBlueprintX86::PageTable => object_bits::PAGE_TABLE,
                ObjectBlueprintX86::PageDirectory => object_bits::PAGE_DIRECTORY,
                ObjectBlueprintX86::SeL4Arch(ObjectBlueprintX64::PDPT) => object_bits::PDPT,
                ObjectBlueprintX86::SeL4Arch(ObjectBlueprintX64::PML4) => object_bits::PML4,
            },
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

impl From<ObjectBlueprintSeL4Arch> for ObjectBlueprint {
    fn from(blueprint: ObjectBlueprintSeL4Arch) -> Self {
        Self::Arch(ObjectBlueprintX86::SeL4Arch(blueprint))
    }
}

/// The sizes of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum FrameObjectType {
    _4k,
    LargePage,
}

impl FrameObjectType {
    /// The smallest page.
    pub const GRANULE: Self = Self::_4k;

    /// The page's blueprint.
    pub const fn blueprint(self) -> ObjectBlueprint {
        match self {
            Self::_4k => ObjectBlueprint::GRANULE,
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

impl CapTypeForFrameObject for cap_type::_4k {}
impl CapTypeForFrameObject for cap_type::LargePage {}
impl CapTypeForFrameObject for cap_type::UnspecifiedPage {}

macro_rules! fixed_size {
    ($($name:ident: $blueprint:expr,)*) => {
        $(
            impl CapTypeForObject for cap_type::$name {
                fn object_type() -> ObjectType {
                    $blueprint.ty()
                }
            }

            impl CapTypeForObjectOfFixedSize for cap_type::$name {
                fn object_blueprint() -> ObjectBlueprint {
                    $blueprint
                }
            }
        )*
    };
}

fixed_size! {
    Endpoint: ObjectBlueprint::Endpoint,
    Notification: ObjectBlueprint::Notification,
    Tcb: ObjectBlueprint::Tcb,
    _4k: ObjectBlueprint::GRANULE,
    LargePage: ObjectBlueprint::LARGE_PAGE,
    PML4: ObjectBlueprint::VSPACE,
    PDPT: ObjectBlueprint::PDPT,
    PageDirectory: ObjectBlueprint::PAGE_DIRECTORY,
    PageTable: ObjectBlueprint::PAGE_TABLE,
}

macro_rules! variable_size {
    ($($name:ident,)*) => {
        $(
            impl CapTypeForObject for cap_type::$name {
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
            ObjectBlueprint::PDPT,
            ObjectBlueprint::PAGE_DIRECTORY,
            ObjectBlueprint::PAGE_TABLE,
        ];
        let mut numbers: Vec<_> = all.iter().map(|b| b.ty().into_word()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), all.len());
    }
}
