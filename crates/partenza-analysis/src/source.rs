// SPDX-License-Identifier: BSD-2-Clause
//! A plan from bytes: an archive, or an image that holds one. The plan is checked before anybody uses it.

use partenza_plan::archive::{Archive, ArchiveError, MAGIC};
use partenza_plan::{InvalidPlan, Plan};

/// Why there is no plan in these bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPlan {
    /// Neither an archive nor an image with one.
    NoArchive,
    Damaged(ArchiveError),
    /// The archive is whole, the plan in it cannot be read.
    Unreadable,
    Invalid(InvalidPlan),
}

impl std::fmt::Display for NoPlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NoPlan::NoArchive | NoPlan::Damaged(ArchiveError::Missing) => {
                "it is neither an archive nor an image with one"
            }
            NoPlan::Damaged(ArchiveError::Truncated) => "its archive is cut short",
            NoPlan::Damaged(ArchiveError::Corrupt) => "its archive is damaged: a checksum does not match",
            NoPlan::Damaged(ArchiveError::Version) => {
                "its archive was made by another version of partenza: build it again"
            }
            NoPlan::Unreadable => "the plan in its archive cannot be read",
            NoPlan::Invalid(_) => "the plan in its archive has numbers that lead nowhere",
        })
    }
}

/// An archive that was checked whole, with a plan that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    archive: Archive<'a>,
}

impl<'a> Source<'a> {
    /// Opens an archive or an image. An image is not parsed: its archive is the one place where the magic is followed
    /// by a header whose checksum matches.
    ///
    /// # Errors
    /// See [`NoPlan`].
    pub fn open(bytes: &'a [u8]) -> Result<Self, NoPlan> {
        let mut problem = NoPlan::NoArchive;
        for at in places(bytes) {
            match Archive::open(&bytes[at..]) {
                Ok(archive) => {
                    let source = Self { archive };
                    let plan = Plan::decode(archive.plan()).map_err(|_| NoPlan::Unreadable)?;
                    // The memory behind the archive is the running image's.
                    plan.check(archive.len(), usize::MAX).map_err(NoPlan::Invalid)?;
                    return Ok(source);
                }
                // A header that is one, of an archive that is not good.
                Err(error) if header(&bytes[at..]) => problem = NoPlan::Damaged(error),
                Err(_) => {}
            }
        }
        Err(problem)
    }

    /// # Panics
    /// Never: [`Source::open`] decoded it.
    #[must_use]
    pub fn plan(&self) -> Plan<'a> {
        Plan::decode(self.archive.plan()).expect("a plan that was decoded decodes")
    }

    /// A checksum of what each image holds, in the plan's order: whether a program changed.
    #[must_use]
    pub fn programs(&self) -> Vec<u64> {
        let sum = |image: &partenza_plan::Image<'_>| {
            // What comes after the boot is not here, and known by its hash.
            if let Some(hash) = image.delivered {
                return partenza_plan::archive::checksum(hash);
            }
            image.segments.iter().fold(0u64, |sum, segment| {
                let start = segment.archive.saturating_add(segment.data_offset.into());
                let bytes = self.archive.range(start, segment.data_bytes).unwrap_or(&[]);
                sum.rotate_left(7) ^ segment.address ^ partenza_plan::archive::checksum(bytes)
            })
        };
        self.plan().images.iter().map(sum).collect()
    }
}

fn places(bytes: &[u8]) -> impl Iterator<Item = usize> + '_ {
    bytes.windows(MAGIC.len()).enumerate().filter(|(_, window)| *window == MAGIC).map(|(at, _)| at)
}

fn header(bytes: &[u8]) -> bool {
    partenza_plan::archive::is_header(bytes)
}
