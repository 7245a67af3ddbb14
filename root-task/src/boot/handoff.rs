// SPDX-License-Identifier: BSD-2-Clause
//! What the kernel handed over, and whether it can be true (SPEC B-1, B-2).

use core::ops::Range;

use partenza_plan::archive::{Archive, ArchiveError};
use partenza_plan::archived::{Kernel, Plan};
use partenza_plan::delivery::Store;
use partenza_plan::{FORMAT, InvalidPlan, ObjectSizes};
use partenza_protocol::Code;
use partenza_protocol::error::{BootError, PlanError};
use sel4::BootInfoPtr;

use crate::objects::error::ObjectError;
use crate::objects::mappings::ImageFrames;

/// Where `partenza pack` says that the archive is. The symbol is known to the tool by this name and layout.
#[repr(C)]
pub struct ArchiveLocation {
    magic: [u8; 8],
    address: u64,
    length: u64,
}

/// Patched in the image's data; read through a pointer that the compiler cannot see through.
#[unsafe(no_mangle)]
#[used]
static PARTENZA_ARCHIVE: ArchiveLocation = ArchiveLocation { magic: *b"PZIMAGE\0", address: 0, length: 0 };

/// An error before the event log exists: code, and a number that helps.
#[derive(Clone, Copy, Debug)]
pub struct Failure {
    pub code: Code,
    pub detail: u64,
    pub about: Option<About>,
}

/// The memory region that could not be made, and a service that maps it.
#[derive(Clone, Copy, Debug)]
pub struct About {
    pub region: &'static str,
    pub service: &'static str,
}

impl Failure {
    pub fn new(code: impl Into<Code>, detail: u64) -> Self {
        Self { code: code.into(), detail, about: None }
    }
}

impl From<ObjectError> for Failure {
    fn from(error: ObjectError) -> Self {
        Failure::new(error.code, u64::from(error.detail))
    }
}

/// Refuses memory that no machine can have.
///
/// # Errors
/// No RAM, or an impossible region.
pub fn check_memory(bootinfo: &BootInfoPtr) -> Result<u64, Failure> {
    let mut ram = 0u64;
    for (index, region) in bootinfo.untyped_list().iter().enumerate() {
        let (start, bits) = (region.paddr() as u64, region.size_bits() as u32);
        // seL4 5.0.0 aligns device memory above its window by virtual, not physical, address.
        let possible = (4..=47).contains(&bits)
            && (region.is_device() || start.is_multiple_of(1 << bits))
            && start.checked_add(1 << bits).is_some_and(|end| end <= 1 << 52);
        if !possible {
            return Err(Failure::new(BootError::ImpossibleRegion, index as u64));
        }
        if !region.is_device() {
            ram += 1 << bits;
        }
    }
    if ram == 0 { Err(Failure::new(BootError::NoMemory, 0)) } else { Ok(ram) }
}

/// Finds and checks the archive (SPEC B-2).
///
/// # Errors
/// There is none, or it is damaged.
pub fn find_archive(image: &ImageFrames) -> Result<(Archive<'static>, Range<usize>), Failure> {
    // SAFETY: a valid static; volatile, because the tool changes it after compilation.
    let location = unsafe { core::ptr::read_volatile(&raw const PARTENZA_ARCHIVE) };
    let (start, length) = (location.address as usize, location.length as usize);
    if start == 0 || length == 0 {
        return Err(Failure::new(BootError::NoArchive, 0));
    }
    let range = start..start.saturating_add(length);
    if !image.cover(&range) {
        return Err(Failure::new(BootError::ArchiveTruncated, length as u64));
    }
    // SAFETY: all of the range lies in frames that the kernel mapped for the image; nobody writes to them.
    let bytes = unsafe { core::slice::from_raw_parts(core::ptr::with_exposed_provenance(start), length) };
    let archive = Archive::open(bytes).map_err(|error| {
        let code = match error {
            ArchiveError::Missing => BootError::NoArchive,
            ArchiveError::Truncated => BootError::ArchiveTruncated,
            ArchiveError::Corrupt => BootError::ArchiveCorrupt,
            ArchiveError::Version => BootError::ArchiveVersion,
        };
        Failure::new(code, length as u64)
    })?;
    Ok((archive, range))
}

/// What the image has behind the archive: memory for programs that come later (SPEC D-6). To be called once.
#[must_use]
pub fn find_store(image: &ImageFrames, archive_end: usize) -> &'static mut [u8] {
    let start = core::ptr::with_exposed_provenance_mut(archive_end);
    // SAFETY: the kernel mapped all of the image, writable; the tool puts nothing else there, so nobody but the caller has
    // it. Services map its pages to read, once nothing writes to them any more.
    unsafe { core::slice::from_raw_parts_mut(start, image.end().saturating_sub(archive_end)) }
}

/// Reads the plan and refuses one that does not belong to this kernel or leads outside itself.
///
/// # Errors
/// See [`BootError`] and [`PlanError`].
pub fn read_plan(archive: &Archive<'static>, store: &Store<'_>) -> Result<&'static Plan, Failure> {
    let plan = Plan::access(archive.plan())
        .map_err(|_| Failure::new(BootError::PlanMalformed, u64::from(FORMAT)))?;
    if !is_this_kernel(&plan.kernel) {
        return Err(Failure::new(BootError::WrongKernel, 0));
    }
    plan.check(archive.len(), store.room()).map_err(|invalid| match invalid {
        InvalidPlan::TooManyServices => Failure::new(PlanError::TooManyServices, plan.services.len() as u64),
        InvalidPlan::OutOfRange(service) => {
            Failure::new(PlanError::OutOfRange, service.map_or(u64::MAX, |id| u64::from(id.0)))
        }
    })?;
    Ok(plan)
}

/// Whether this root task is built for a kernel with scheduling contexts.
const MCS: bool = sel4::sel4_cfg_bool!(KERNEL_MCS);

fn is_this_kernel(kernel: &Kernel) -> bool {
    use sel4::ObjectBlueprint as B;
    let bits = |blueprint: B| blueprint.physical_size_bits() as u8;
    let sizes = ObjectSizes {
        tcb: bits(B::Tcb),
        endpoint: bits(B::Endpoint),
        notification: bits(B::Notification),
        slot: bits(B::CNode { size_bits: 0 }),
        table: bits(B::VSPACE),
    };
    *kernel.version == *sel4::sel4_cfg_str!(VERSION)
        && *kernel.arch == *sel4::sel4_cfg_str!(SEL4_ARCH)
        && kernel.mcs == MCS
        && kernel.sizes == sizes
}
