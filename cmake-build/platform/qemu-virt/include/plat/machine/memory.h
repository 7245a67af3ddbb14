/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the kernel is. Read by the compiler and by the linker script, so it holds macros only. */
#ifndef __PLAT_MACHINE_MEMORY_H
#define __PLAT_MACHINE_MEMORY_H

#define PHYS_BASE     0x40000000         /* the first byte of RAM */
#define KERNEL_BASE   0xffffff8000000000 /* the kernel's window: physical addresses from PHYS_BASE up */

/* What precedes the kernel in RAM: 2 MiB in which QEMU puts the device tree when it starts an ELF file, and 64 KiB
 * for the loader. The kernel gives all of it to user level as untyped memory. */
#define KERNEL_OFFSET_IN_RAM 0x210000
#endif
