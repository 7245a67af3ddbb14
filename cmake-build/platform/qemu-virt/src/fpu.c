/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of the kernel's src/arch/arm/64/machine/fpu.c, which is left out of the build: fpsimd_HWCapTest there takes a
 * processor with half-precision arithmetic (ID_AA64PFR0_EL1.FP = 1: Armv8.2 and later, such as Cortex-A55, Cortex-A76
 * and QEMU's `max`) for one without floating point. The field is 0 with floating point, 1 with half precision too,
 * and 15 without; AdvSIMD likewise (Arm DDI 0487, ID_AA64PFR0_EL1). */
#include <mode/machine.h>
#include <arch/machine/fpu.h>
#include <mode/model/statedata.h>

#ifdef CONFIG_HAVE_FPU
BOOT_CODE bool_t fpsimd_init(void)
{
    disableFpu();
    return true;
}

BOOT_CODE bool_t fpsimd_HWCapTest(void)
{
    word_t pfr0;
    MRS("id_aa64pfr0_el1", pfr0);
    return ((pfr0 >> ID_AA64PFR0_EL1_FP) & MASK(4)) != MASK(4)
           && ((pfr0 >> ID_AA64PFR0_EL1_ASIMD) & MASK(4)) != MASK(4);
}
#endif
