// SPDX-License-Identifier: BSD-2-Clause
//! Pages and translation tables of x86_64.

use super::cap_type;
use crate::abi::{object_bits, object_type};
use crate::object::fixed_size;
use crate::{CapTypeForFrameObject, ObjectBlueprint, Word};

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

impl ObjectTypeX86 {
    /// The kernel's number.
    pub(crate) const fn into_word(self) -> Word {
        match self {
            Self::_4k => object_type::PAGE,
            Self::LargePage => object_type::LARGE_PAGE,
            Self::PageTable => object_type::PAGE_TABLE,
            Self::PageDirectory => object_type::PAGE_DIRECTORY,
            Self::SeL4Arch(ObjectTypeX64::PDPT) => object_type::PDPT,
            Self::SeL4Arch(ObjectTypeX64::PML4) => object_type::PML4,
        }
    }
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

impl ObjectBlueprintX86 {
    /// The kind.
    pub(crate) const fn ty(self) -> ObjectTypeX86 {
        match self {
            Self::_4k => ObjectTypeX86::_4k,
            Self::LargePage => ObjectTypeX86::LargePage,
            Self::PageTable => ObjectTypeX86::PageTable,
            Self::PageDirectory => ObjectTypeX86::PageDirectory,
            Self::SeL4Arch(ObjectBlueprintX64::PDPT) => ObjectTypeX86::SeL4Arch(ObjectTypeX64::PDPT),
            Self::SeL4Arch(ObjectBlueprintX64::PML4) => ObjectTypeX86::SeL4Arch(ObjectTypeX64::PML4),
        }
    }

    /// The object's size in memory, as a power of two, in bytes.
    pub(crate) const fn physical_size_bits(self) -> usize {
        match self {
            Self::_4k => object_bits::PAGE,
            Self::LargePage => object_bits::LARGE_PAGE,
            Self::PageTable | Self::PageDirectory | Self::SeL4Arch(_) => object_bits::TABLE,
        }
    }
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
}

/// A level of translation tables below the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TranslationTableObjectType {
    PDPT,
    PageDirectory,
    PageTable,
}

impl TranslationTableObjectType {
    /// All levels below the root, from the top.
    pub const ALL: [Self; 3] = [Self::PDPT, Self::PageDirectory, Self::PageTable];

    /// The table's blueprint.
    pub const fn blueprint(self) -> ObjectBlueprint {
        match self {
            Self::PDPT => ObjectBlueprint::PDPT,
            Self::PageDirectory => ObjectBlueprint::PAGE_DIRECTORY,
            Self::PageTable => ObjectBlueprint::PAGE_TABLE,
        }
    }
}

impl From<ObjectBlueprintX64> for ObjectBlueprint {
    fn from(blueprint: ObjectBlueprintX64) -> Self {
        Self::Arch(ObjectBlueprintX86::SeL4Arch(blueprint))
    }
}

impl CapTypeForFrameObject for cap_type::_4k {}
impl CapTypeForFrameObject for cap_type::LargePage {}

fixed_size! {
    _4k: ObjectBlueprint::GRANULE,
    LargePage: ObjectBlueprint::LARGE_PAGE,
    PML4: ObjectBlueprint::VSPACE,
    PDPT: ObjectBlueprint::PDPT,
    PageDirectory: ObjectBlueprint::PAGE_DIRECTORY,
    PageTable: ObjectBlueprint::PAGE_TABLE,
}
