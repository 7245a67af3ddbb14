/* SPDX-License-Identifier: GPL-2.0-only */
/* Timer, firmware calls and cache hooks of QEMU's `virt`. */
#include <config.h>
#include <types.h>
#include <arch/machine.h>
#include <mode/machine.h>
#include <mode/machine/registerset.h>
#include <model/statedata.h>
#include <arch/linker.h>
#include <plat/machine/hardware.h>

/* What the loader writes, by symbol, before the kernel starts: the end of RAM, and how firmware is called. */
p_region_t VISIBLE BOOT_DATA avail_p_regs[1] = { { .start = PHYS_BASE, .end = PHYS_BASE + 0x8000000 } };
enum psci_conduit { PSCI_NONE, PSCI_HVC, PSCI_SMC };
word_t VISIBLE SECTION(".data") psci_conduit = PSCI_NONE;

/* The kernel's tick: the virtual timer. Its rate is read from the machine, not configured. */
static word_t timer_reload;

void resetTimer(void)
{
    MSR("cntv_tval_el0", timer_reload);
    MSR("cntv_ctl_el0", BIT(0));
}

BOOT_CODE void initTimer(void)
{
    word_t hz;
    MRS("cntfrq_el0", hz);
    timer_reload = hz / 1000 * CONFIG_TIMER_TICK_MS;
    MSR("cntp_ctl_el0", 0);
    resetTimer();
}

/* Calls firmware (Arm DEN0022, PSCI); PSCI_NOT_SUPPORTED where there is none to call. */
#define PSCI_VERSION        0x84000000
#define PSCI_SYSTEM_OFF     0x84000008
#define PSCI_SYSTEM_RESET   0x84000009
#define PSCI_NOT_SUPPORTED  (-1ul)

static word_t psci(word_t function)
{
    register word_t x0 asm("x0") = function;
    register word_t x1 asm("x1") = 0;
    register word_t x2 asm("x2") = 0;
    register word_t x3 asm("x3") = 0;
    switch (psci_conduit) {
    case PSCI_HVC:
        asm volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) :: "x4", "x5", "x6", "x7", "x8", "x9",
                     "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
        return x0;
    case PSCI_SMC:
        asm volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) :: "x4", "x5", "x6", "x7", "x8", "x9",
                     "x10", "x11", "x12", "x13", "x14", "x15", "x16", "x17", "memory");
        return x0;
    default:
        return PSCI_NOT_SUPPORTED;
    }
}

/* The control page.
 *
 * What only the kernel can do for user level on this machine, as operations of one capability: a frame of the page
 * at CONTROL_PADDR, where no device is. ARMPageCleanInvalidate_Data on a range of that frame ends in
 * plat_cleanInvalidateL2Range, a hook that every platform of this kernel has, with the range's physical address. The
 * cache line in which the range begins is the operation; message registers 2 and 3 are its arguments, and message
 * register 2 its result. Nobody else comes here with that address: frames of the page are the only way to name it. */
enum control_operation {
    CONTROL_POWER_OFF = 0,      /* does not return where firmware can do it */
    CONTROL_RESET = 1,          /* does not return where firmware can do it */
    CONTROL_ARM_TIMER = 2,      /* INTERRUPT_PHYSICAL_TIMER when CNTPCT reaches the first argument */
    CONTROL_DISARM_TIMER = 3,
    CONTROL_PSCI_VERSION = 4,   /* major << 16 | minor, or PSCI_NOT_SUPPORTED */
    CONTROL_TRIGGER_MODE = 5,   /* of the SPI that is the first argument; second: 0 level, 1 edge */
};
#define CONTROL_INVALID (-1ul)

static word_t set_trigger_mode(word_t irq, word_t edge)
{
    word_t shift = (irq % 16) * 2;
    if (irq < 32 || irq > maxIRQ || edge > 1) {
        return CONTROL_INVALID;
    }
    /* GICD_ICFGR: two bits for each interrupt, the upper one tells edge from level. */
    gic_dist->config[irq / 16] = (gic_dist->config[irq / 16] & ~(3u << shift)) | (edge << (shift + 1));
    return 0;
}

static word_t control(word_t operation, word_t first, word_t second)
{
    switch (operation) {
    case CONTROL_POWER_OFF:
        return psci(PSCI_SYSTEM_OFF);
    case CONTROL_RESET:
        return psci(PSCI_SYSTEM_RESET);
    case CONTROL_ARM_TIMER:
        MSR("cntp_cval_el0", first);
        MSR("cntp_ctl_el0", 1);
        isb();
        return 0;
    case CONTROL_DISARM_TIMER:
        MSR("cntp_ctl_el0", 0);
        isb();
        return 0;
    case CONTROL_PSCI_VERSION:
        return psci(PSCI_VERSION);
    case CONTROL_TRIGGER_MODE:
        return set_trigger_mode(first, second);
    default:
        return CONTROL_INVALID;
    }
}

void plat_cleanInvalidateL2Range(paddr_t start, paddr_t end)
{
    if ((start & ~(paddr_t)MASK(seL4_PageBits)) == CONTROL_PADDR) {
        word_t operation = (start & MASK(seL4_PageBits)) >> L1_CACHE_LINE_SIZE_BITS;
        setRegister(ksCurThread, X4, control(operation, getRegister(ksCurThread, X4), getRegister(ksCurThread, X5)));
    }
}

/* The outer cache is none of the kernel's business here: it is coherent or not there. */
void initL2Cache(void) {}
void plat_cleanL2Range(paddr_t start, paddr_t end) {}
void plat_invalidateL2Range(paddr_t start, paddr_t end) {}
void plat_cleanInvalidateCache(void) {}
