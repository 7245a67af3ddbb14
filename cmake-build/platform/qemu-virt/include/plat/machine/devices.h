/* SPDX-License-Identifier: GPL-2.0-only */
/* Physical addresses of QEMU's `virt` (hw/arm/virt.c: base_memmap) and where the kernel maps its own devices. */
#ifndef __PLAT_MACHINE_DEVICES_H
#define __PLAT_MACHINE_DEVICES_H

/* The kernel's. */
#define GIC_DISTRIBUTOR_PADDR   0x08000000
#define GIC_CONTROLLER0_PADDR   0x08010000

/* User level's, given out as untyped device memory. */
#define UART0_PADDR             0x09000000 /* PL011; a debug kernel prints on it, too */
#define RTC_PADDR               0x09010000 /* PL031 */
#define FW_CFG_PADDR            0x09020000
#define GPIO_PADDR              0x09030000 /* PL061 */
#define VIRTIO_MMIO_PADDR       0x0a000000 /* 32 transports of 512 bytes */
#define CONTROL_PADDR           0x0b000000 /* no device: the control page, see src/hardware.c */
#define PCI_MMIO_PADDR          0x10000000
#define PCI_PIO_PADDR           0x3eff0000
#define PCI_ECAM_PADDR          0x4010000000 /* with highmem=on, which is the default */

/* The kernel's device window is one page table, from 0xffffffffffe00000 up. */
#define UART_PPTR                   0xffffffffffff0000
#define GIC_PL390_DISTRIBUTOR_PPTR  0xffffffffffff3000
#define GIC_PL390_CONTROLLER_PPTR   0xffffffffffff4000
#endif
