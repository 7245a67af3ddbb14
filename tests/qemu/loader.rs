// SPDX-License-Identifier: BSD-2-Clause
//! What the loader for AArch64 says of a machine or an image that it cannot hand over to the kernel.

use std::fs;

use partenza_image::{Image, PackError};
use partenza_tests::aarch64;
use partenza_tests::tools::{Arch, Kernel, loader};

/// The loader names `code` on the console, and the kernel never starts.
fn refused(case: &str, bytes: &[u8], machine: &[&str], code: &str) {
    let file = aarch64::write(case, "image", bytes);
    let file = file.to_str().expect("a path in UTF-8");
    let common = ["-cpu", "cortex-a53"];
    let outcome = aarch64::run(&[machine, &common, &["-kernel", file]].concat(), Some("\n  "));
    let expected = format!("loader: {code}: ");
    assert!(outcome.console.starts_with(&expected), "expected {code}: {outcome:?}");
}

const VIRT: [&str; 4] = ["-machine", "virt,gic-version=2", "-m", "512"];

#[test]
fn a_machine_with_another_interrupt_controller_is_named_before_the_kernel_dies_on_it() {
    let image = aarch64::smoke_image(Kernel::Debug).elf();
    refused("loader_gic", &image, &["-machine", "virt,gic-version=3", "-m", "512"], "PZ-E0155");
}

/// The image has a hole of 32 MiB in the root task, so that it fits the file but not the machine.
#[test]
fn memory_that_ends_inside_the_image_is_named() {
    let image = aarch64::smoke_image(Kernel::Debug).flat();
    let mut large = image.clone();
    // The end of the root task, which the device tree goes behind (parameters.rs).
    let at = 64 + 6 * 8;
    let end = u64::from_le_bytes(large[at..at + 8].try_into().expect("8 bytes"));
    large[at..at + 8].copy_from_slice(&(end + (32 << 20)).to_le_bytes());
    refused("loader_memory", &large, &["-machine", "virt,gic-version=2", "-m", "32"], "PZ-E0154");
}

#[test]
fn the_bare_loader_says_that_it_carries_nothing() {
    let bytes = fs::read(loader()).expect("the loader");
    refused("loader_bare", &bytes, &VIRT, "PZ-E0150");
}

/// QEMU gives no tree to an ELF file that lies where it would put it, so this one has a segment there.
#[test]
fn a_machine_without_a_device_tree_is_named() {
    let mut image = aarch64::smoke_image(Kernel::Debug).elf();
    // The first segment is the loader; the last one's place does not matter, because the loader does not come so far.
    let count = usize::from(u16::from_le_bytes([image[56], image[57]]));
    let last = 64 + 56 * (count - 1);
    for at in [last + 16, last + 24] {
        image[at..at + 8].copy_from_slice(&0x4000_0000u64.to_le_bytes());
    }
    refused("loader_tree", &image, &VIRT, "PZ-E0151");
}

/// A boot loader that ignores the header's offset.
#[test]
fn a_flat_image_at_a_wrong_address_says_so() {
    let mut image = aarch64::smoke_image(Kernel::Debug).flat();
    image[8..16].copy_from_slice(&0x28_0000u64.to_le_bytes());
    refused("loader_address", &image, &VIRT, "PZ-E0156");
}

#[test]
fn parts_for_another_machine_are_refused_by_the_packer() {
    let read = |path| fs::read(path).expect("a file");
    let parts = |arch: Arch| [read(arch.kernel(Kernel::Debug)), read(arch.smoke(Kernel::Debug))];
    let ([kernel, root_task], [pc_kernel, pc_root_task]) = (parts(Arch::Aarch64), parts(Arch::X86_64));
    let loader = read(loader());
    let why = |kernel: &[u8], root_task: &[u8], loader: &[u8]| Image::pack(kernel, root_task, loader).err();
    assert_eq!(why(&pc_kernel, &root_task, &loader), Some(PackError::Machine("kernel", 62)));
    assert_eq!(why(&kernel, &pc_root_task, &loader), Some(PackError::Machine("root task", 62)));
    assert_eq!(why(&kernel, &root_task, &root_task), Some(PackError::NotLoader));
    assert_eq!(why(&root_task, &root_task, &loader), Some(PackError::KernelPlace(0x20_0000)));
    // Cut anywhere, a file is refused or packed, and never a panic.
    for cut in (0..root_task.len()).step_by(97) {
        let _ = Image::pack(&kernel, &root_task[..cut], &loader);
        let _ = Image::pack(&kernel[..cut], &root_task, &loader);
    }
}
