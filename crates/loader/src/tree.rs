// SPDX-License-Identifier: BSD-2-Clause
//! What the loader wants of the machine's device tree (Devicetree Specification 0.4).

use dtoolkit::fdt::Fdt;
use dtoolkit::standard::NodeStandard;
use dtoolkit::{Node, Property};

use crate::error::Error;

/// What a tree begins with.
const MAGIC: u32 = 0xd00d_feed;
/// Bytes of its header.
pub const HEADER: usize = 40;
/// No tree is larger: QEMU's is 1 MiB, and what precedes the loader is 2 MiB.
pub const LARGEST: usize = 0x20_0000;
/// Interrupt controllers that the kernel's driver is for.
const GIC_V2: [&str; 4] = ["arm,cortex-a15-gic", "arm,gic-400", "arm,cortex-a9-gic", "arm,cortex-a7-gic"];

/// Bytes that a tree says it has.
///
/// # Errors
/// [`Error::NoDeviceTree`]: the header is not a tree's. [`Error::BadDeviceTree`]: it says an impossible size.
pub fn total_size(header: &[u8; HEADER]) -> Result<usize, Error> {
    if word(header, 0) != MAGIC {
        return Err(Error::NoDeviceTree);
    }
    match word(header, 4) as usize {
        size @ HEADER..=LARGEST => Ok(size),
        _ => Err(Error::BadDeviceTree),
    }
}

/// Bytes of a tree that are in use, from its first: QEMU's are few of many. A multiple of 8.
#[must_use]
pub fn used_size(header: &[u8; HEADER]) -> usize {
    let ends =
        [(8, 36), (12, 32)].map(|(offset, size)| word(header, offset) as usize + word(header, size) as usize);
    ends[0].max(ends[1]).next_multiple_of(8)
}

/// Writes a size into a tree's header.
pub fn set_total_size(header: &mut [u8], size: usize) {
    header[4..8].copy_from_slice(&(size as u32).to_be_bytes());
}

fn word(header: &[u8; HEADER], at: usize) -> u32 {
    u32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// What the machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// The address after the RAM that begins at, or contains, the address asked for.
    pub ram_end: u64,
}

impl Machine {
    /// Reads a tree.
    ///
    /// # Errors
    /// [`Error::BadDeviceTree`]; [`Error::NoMemory`]: no memory at `ram`; [`Error::InterruptController`].
    pub fn read(tree: &[u8], ram: u64) -> Result<Self, Error> {
        let tree = Fdt::new(tree).map_err(|_| Error::BadDeviceTree)?;
        let ram_end = ram_end(tree, ram)?;
        let mut nodes = tree.root().children();
        if nodes.any(|node| GIC_V2.iter().any(|name| node.is_compatible(name))) {
            Ok(Self { ram_end })
        } else {
            Err(Error::InterruptController)
        }
    }
}

/// The end of the memory that contains `ram`.
fn ram_end(tree: Fdt<'_>, ram: u64) -> Result<u64, Error> {
    let root = tree.root();
    for node in root.children() {
        let is_memory = node.property("device_type").is_some_and(|kind| kind.value() == b"memory\0");
        if !is_memory {
            continue;
        }
        for region in node.reg().map_err(|_| Error::BadDeviceTree)?.into_iter().flatten() {
            let start = region.address::<u64>().map_err(|_| Error::BadDeviceTree)?;
            let size = region.size::<u64>().map_err(|_| Error::BadDeviceTree)?;
            let end = start.checked_add(size).ok_or(Error::BadDeviceTree)?;
            if (start..end).contains(&ram) {
                return Ok(end);
            }
        }
    }
    Err(Error::NoMemory)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use dtoolkit::model::{DeviceTree, DeviceTreeNode, DeviceTreeProperty};
    use std::vec::Vec;

    use super::*;

    const RAM: u64 = 0x4000_0000;

    fn cells(words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    fn node(name: &str, properties: &[(&str, Vec<u8>)]) -> DeviceTreeNode {
        let mut node = DeviceTreeNode::new(name).expect("a name");
        for (name, value) in properties {
            node.add_property(DeviceTreeProperty::new(*name, value.clone()).expect("a property"));
        }
        node
    }

    /// A tree of 2 cells for addresses and sizes, with memory and an interrupt controller.
    fn tree(memory: &[u32], controller: &str) -> Vec<u8> {
        let mut tree = DeviceTree::new();
        for name in ["#address-cells", "#size-cells"] {
            tree.root.add_property(DeviceTreeProperty::new(name, cells(&[2])).expect("a property"));
        }
        let mut compatible = controller.as_bytes().to_vec();
        compatible.push(0);
        if !memory.is_empty() {
            let kind = ("device_type", b"memory\0".to_vec());
            tree.root.add_child(node("memory@40000000", &[kind, ("reg", cells(memory))]));
        }
        tree.root.add_child(node("intc@8000000", &[("compatible", compatible)]));
        tree.to_dtb()
    }

    fn header(tree: &[u8]) -> &[u8; HEADER] {
        tree.first_chunk().expect("a header")
    }

    #[test]
    fn the_bank_that_has_the_kernel_in_it_counts() {
        let two = tree(&[8, 0, 0, 0x1000_0000, 0, 0x4000_0000, 0, 0x2000_0000], "arm,cortex-a15-gic");
        assert_eq!(Machine::read(&two, RAM), Ok(Machine { ram_end: 0x6000_0000 }));
        let large = tree(&[0, 0x4000_0000, 2, 0], "arm,gic-400");
        assert_eq!(Machine::read(&large, RAM), Ok(Machine { ram_end: 0x2_4000_0000 }));
    }

    #[test]
    fn memory_elsewhere_or_nowhere_is_named() {
        let elsewhere = tree(&[0, 0x8000_0000, 0, 0x2000_0000], "arm,cortex-a15-gic");
        assert_eq!(Machine::read(&elsewhere, RAM), Err(Error::NoMemory));
        assert_eq!(Machine::read(&tree(&[], "arm,cortex-a15-gic"), RAM), Err(Error::NoMemory));
        let endless = tree(&[0, 0x4000_0000, u32::MAX, u32::MAX], "arm,cortex-a15-gic");
        assert_eq!(Machine::read(&endless, RAM), Err(Error::BadDeviceTree));
    }

    #[test]
    fn another_interrupt_controller_is_named() {
        let v3 = tree(&[0, 0x4000_0000, 0, 0x2000_0000], "arm,gic-v3");
        assert_eq!(Machine::read(&v3, RAM), Err(Error::InterruptController));
    }

    /// Wherever a tree is cut, and whichever byte of it is another, it is read or refused.
    #[test]
    fn a_damaged_tree_is_refused_or_read_and_never_a_panic() {
        let whole = tree(&[0, 0x4000_0000, 0, 0x2000_0000], "arm,cortex-a15-gic");
        for end in 0..whole.len() {
            assert!(Machine::read(&whole[..end], RAM).is_err(), "cut at {end}");
        }
        for at in 0..whole.len() {
            for flip in [1, 0x80, 0xff] {
                let mut other = whole.clone();
                other[at] ^= flip;
                let _ = Machine::read(&other, RAM);
                let _ = total_size(header(&other));
            }
        }
    }

    #[test]
    fn a_tree_is_as_large_as_what_it_uses() {
        let mut padded = tree(&[0, 0x4000_0000, 0, 0x2000_0000], "arm,cortex-a15-gic");
        let len = padded.len();
        padded.resize(0x10_0000, 0);
        set_total_size(&mut padded, 0x10_0000);
        assert_eq!(total_size(header(&padded)), Ok(0x10_0000));
        let used = used_size(header(&padded));
        assert!(used <= len.next_multiple_of(8), "{used} of {len}");
        set_total_size(&mut padded, used);
        assert_eq!(Machine::read(&padded[..used], RAM), Ok(Machine { ram_end: 0x6000_0000 }));
    }

    #[test]
    fn what_is_no_tree_is_told_from_one_of_an_impossible_size() {
        assert_eq!(total_size(&[0; HEADER]), Err(Error::NoDeviceTree));
        for size in [0, HEADER - 1, LARGEST + 1] {
            let mut other = tree(&[0, 0x4000_0000, 0, 0x2000_0000], "arm,gic-400");
            set_total_size(&mut other, size);
            assert_eq!(total_size(header(&other)), Err(Error::BadDeviceTree), "{size}");
        }
    }
}
