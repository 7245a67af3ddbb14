// SPDX-License-Identifier: BSD-2-Clause
//! Pages and translation tables of AArch64.

use super::cap_type;
use crate::abi::{object_bits, object_type};
use crate::object::fixed_size;
use crate::{CapTypeForFrameObject, ObjectBlueprint, Word};

/// A kind of object of Arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ObjectTypeArm {
    SmallPage,
    LargePage,
    PT,
    PD,
    SeL4Arch(ObjectTypeSeL4Arch),
}

/// A kind of object of AArch64.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum ObjectTypeAArch64 {
    HugePage,
    PUD,
    PGD,
}

/// The kinds of this architecture.
pub type ObjectTypeArch = ObjectTypeArm;
/// The kinds of this architecture's variant.
pub type ObjectTypeSeL4Arch = ObjectTypeAArch64;
/// The blueprints of this architecture.
pub type ObjectBlueprintArch = ObjectBlueprintArm;
/// The blueprints of this architecture's variant.
pub type ObjectBlueprintSeL4Arch = ObjectBlueprintAArch64;

impl ObjectTypeArm {
    /// The kernel's number.
    pub(crate) const fn into_word(self) -> Word {
        match self {
            Self::SmallPage => object_type::SMALL_PAGE,
            Self::LargePage => object_type::LARGE_PAGE,
            Self::PT => object_type::PT,
            Self::PD => object_type::PD,
            Self::SeL4Arch(ObjectTypeAArch64::HugePage) => object_type::HUGE_PAGE,
            Self::SeL4Arch(ObjectTypeAArch64::PUD) => object_type::PUD,
            Self::SeL4Arch(ObjectTypeAArch64::PGD) => object_type::PGD,
        }
    }
}

/// A blueprint of Arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ObjectBlueprintArm {
    SmallPage,
    LargePage,
    PT,
    PD,
    SeL4Arch(ObjectBlueprintSeL4Arch),
}

/// A blueprint of AArch64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum ObjectBlueprintAArch64 {
    HugePage,
    PUD,
    PGD,
}

impl ObjectBlueprintArm {
    /// The kind.
    pub(crate) const fn ty(self) -> ObjectTypeArm {
        match self {
            Self::SmallPage => ObjectTypeArm::SmallPage,
            Self::LargePage => ObjectTypeArm::LargePage,
            Self::PT => ObjectTypeArm::PT,
            Self::PD => ObjectTypeArm::PD,
            Self::SeL4Arch(arch) => ObjectTypeArm::SeL4Arch(match arch {
                ObjectBlueprintAArch64::HugePage => ObjectTypeAArch64::HugePage,
                ObjectBlueprintAArch64::PUD => ObjectTypeAArch64::PUD,
                ObjectBlueprintAArch64::PGD => ObjectTypeAArch64::PGD,
            }),
        }
    }

    /// The object's size in memory, as a power of two, in bytes.
    pub(crate) const fn physical_size_bits(self) -> usize {
        match self {
            Self::SmallPage => object_bits::PAGE,
            Self::LargePage => object_bits::LARGE_PAGE,
            Self::SeL4Arch(ObjectBlueprintAArch64::HugePage) => object_bits::HUGE_PAGE,
            Self::PT
            | Self::PD
            | Self::SeL4Arch(ObjectBlueprintAArch64::PUD | ObjectBlueprintAArch64::PGD) => object_bits::TABLE,
        }
    }
}

impl ObjectBlueprint {
    /// A page of 4 KiB.
    pub const GRANULE: Self = Self::Arch(ObjectBlueprintArm::SmallPage);
    /// A page of 2 MiB.
    pub const LARGE_PAGE: Self = Self::Arch(ObjectBlueprintArm::LargePage);
    /// The root of an address space.
    pub const VSPACE: Self = Self::Arch(ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::PGD));
}

/// A level of translation tables below the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum TranslationTableObjectType {
    PUD,
    PD,
    PT,
}

impl TranslationTableObjectType {
    /// All levels below the root, from the top.
    pub const ALL: [Self; 3] = [Self::PUD, Self::PD, Self::PT];

    /// The table's blueprint.
    pub const fn blueprint(self) -> ObjectBlueprint {
        ObjectBlueprint::Arch(match self {
            Self::PUD => ObjectBlueprintArm::SeL4Arch(ObjectBlueprintAArch64::PUD),
            Self::PD => ObjectBlueprintArm::PD,
            Self::PT => ObjectBlueprintArm::PT,
        })
    }
}

impl From<ObjectBlueprintAArch64> for ObjectBlueprint {
    fn from(blueprint: ObjectBlueprintAArch64) -> Self {
        Self::Arch(ObjectBlueprintArm::SeL4Arch(blueprint))
    }
}

impl CapTypeForFrameObject for cap_type::SmallPage {}
impl CapTypeForFrameObject for cap_type::LargePage {}
impl CapTypeForFrameObject for cap_type::HugePage {}

fixed_size! {
    SmallPage: ObjectBlueprint::GRANULE,
    LargePage: ObjectBlueprint::LARGE_PAGE,
    HugePage: ObjectBlueprint::from(ObjectBlueprintAArch64::HugePage),
    PGD: ObjectBlueprint::VSPACE,
    PUD: TranslationTableObjectType::PUD.blueprint(),
    PD: TranslationTableObjectType::PD.blueprint(),
    PT: TranslationTableObjectType::PT.blueprint(),
}
