// SPDX-License-Identifier: BSD-2-Clause
//! The plan where it lies in the archive: what the target works with. The names are those of the types that it was made
//! from; lists and texts are slices of the archive's bytes, and numbers are little endian.

pub use crate::image::{ArchivedImage, ArchivedSegment as Segment};
pub use crate::plan::{ArchivedIrq as Irq, ArchivedKernel, ArchivedPlan, ArchivedProviders, ArchivedRegion};
pub use crate::policy::{
    ArchivedHealth as Health, ArchivedOverload as Overload, ArchivedRecovery as Recovery,
    ArchivedRestart as Restart, ArchivedStorm as Storm,
};
pub use crate::service::{
    ArchivedDependency as Dependency, ArchivedGrant, ArchivedLateCall as LateCall, ArchivedMap as Map,
    ArchivedObject as Object, ArchivedPatch, ArchivedService,
};
pub use rkyv::option::ArchivedOption;

// What has text in it names where its text is.
pub type Plan = ArchivedPlan<'static>;
pub type Service = ArchivedService<'static>;
pub type Image = ArchivedImage<'static>;
pub type Grant = ArchivedGrant<'static>;
pub type Patch = ArchivedPatch<'static>;
pub type Kernel = ArchivedKernel<'static>;
pub type Providers = ArchivedProviders<'static>;
pub type Region = ArchivedRegion<'static>;
