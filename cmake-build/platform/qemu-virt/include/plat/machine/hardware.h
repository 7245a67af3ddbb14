/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of QEMU's `virt`, as src/arch/arm/64/machine/hardware.c and src/arch/arm/kernel/boot.c ask for it. */
#ifndef __PLAT_MACHINE_HARDWARE_H
#define __PLAT_MACHINE_HARDWARE_H

#include <config.h>
#include <basic_types.h>
#include <arch/linker.h>
#include <plat/machine.h>
#include <plat/machine/devices.h>
#include <plat/machine/memory.h>

#define physBase            PHYS_BASE
#define kernelBase          KERNEL_BASE
#define USER_TOP            0x0000ffffffffffff

static const kernel_frame_t BOOT_RODATA kernel_devices[] = {
    { GIC_CONTROLLER0_PADDR, GIC_PL390_CONTROLLER_PPTR, true },
    { GIC_DISTRIBUTOR_PADDR, GIC_PL390_DISTRIBUTOR_PPTR, true },
#ifdef CONFIG_PRINTING
    { UART0_PADDR, UART_PPTR, true },
#endif
};

/* RAM: one region, whose end the loader writes before the kernel starts. It must not be static: clang folds a
 * constant that nobody writes, and the symbol that the loader looks for is gone. Defined in src/hardware.c. */
extern p_region_t avail_p_regs[1];

static const p_region_t BOOT_RODATA dev_p_regs[] = {
    { UART0_PADDR, UART0_PADDR + 0x1000 },
    { RTC_PADDR, RTC_PADDR + 0x1000 },
    { FW_CFG_PADDR, FW_CFG_PADDR + 0x1000 },
    { GPIO_PADDR, GPIO_PADDR + 0x1000 },
    { VIRTIO_MMIO_PADDR, VIRTIO_MMIO_PADDR + 0x4000 },
    { CONTROL_PADDR, CONTROL_PADDR + 0x1000 },
    { PCI_MMIO_PADDR, PCI_PIO_PADDR + 0x10000 },
    { PCI_ECAM_PADDR, PCI_ECAM_PADDR + 0x10000000 },
};

/* No interrupt is reserved by the platform. */
static inline void handleReservedIRQ(irq_t irq)
{
}
#endif
