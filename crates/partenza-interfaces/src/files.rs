// SPDX-License-Identifier: BSD-2-Clause
//! `storage/files` 1.0.0: what the disk holds. Reading files is not in this release.

use serde::{Deserialize, Serialize};

/// No payload, answer [`Volume`]. Needs the right to read.
pub const VOLUME: u64 = crate::OWN;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Volume {
    /// There is no disk.
    NoDisk,
    /// Policy forbids mounting.
    Forbidden,
    /// There is a disk, and nothing on it that is known.
    Unformatted { blocks: u32 },
    /// There is a disk with a partition table.
    Partitioned { blocks: u32, partitions: u8 },
}

impl Volume {
    /// Reads the first block of a disk: a master boot record ends in 0x55 0xAA, and holds four entries of 16
    /// bytes from 446 on, of which byte 4 is the type, 0 for none.
    #[must_use]
    pub fn identify(blocks: u32, first: &[u8; crate::blocks::BLOCK]) -> Volume {
        if first[510..] != [0x55, 0xaa] {
            return Volume::Unformatted { blocks };
        }
        let used = first[446..510].chunks_exact(16).filter(|entry| entry[4] != 0).count();
        Volume::Partitioned { blocks, partitions: used as u8 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_table_is_recognised_by_its_signature() {
        let mut block = [0; 512];
        assert_eq!(Volume::identify(9, &block), Volume::Unformatted { blocks: 9 });
        block[510] = 0x55;
        block[511] = 0xaa;
        assert_eq!(Volume::identify(9, &block), Volume::Partitioned { blocks: 9, partitions: 0 });
        block[446 + 4] = 0x83;
        block[446 + 48 + 4] = 0x0b;
        assert_eq!(Volume::identify(9, &block), Volume::Partitioned { blocks: 9, partitions: 2 });
    }
}
