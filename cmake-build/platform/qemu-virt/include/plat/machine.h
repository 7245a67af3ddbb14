/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupts of QEMU's `virt` with gic-version=2, as INTID: a PPI's number + 16, an SPI's number + 32. */
#ifndef __PLAT_MACHINE_H
#define __PLAT_MACHINE_H

/* irq_handler_cap has 8 bits for the interrupt (structures_64.bf), so 255 is the highest that a user can have. */
#define N_INTERRUPTS 256
enum IRQConstants {
    INTERRUPT_VIRTUAL_TIMER = 27,  /* CNTV: the kernel's tick */
    INTERRUPT_PHYSICAL_TIMER = 30, /* CNTP: armed through the control page (src/hardware.c), left to user level */
    INTERRUPT_UART0 = 33,
    INTERRUPT_RTC = 34,
    maxIRQ = 255
} platform_interrupt_t;

/* A CNode of 2^(13 - seL4_SlotBits) = 256 slots, one for each interrupt. */
#define IRQ_CNODE_BITS 13
#define KERNEL_TIMER_IRQ INTERRUPT_VIRTUAL_TIMER

/* The kernel's driver of GICv1 and GICv2. */
#include <arch/machine/gic_pl390.h>
#endif
