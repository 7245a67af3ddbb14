/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiled, never run: the installed headers are complete, and the configuration in them is the kernel's. */
#include <autoconf.h>
#include <sel4/sel4.h>

#ifdef CONFIG_KERNEL_MCS
#error "seL4 5.0.0 has no MCS"
#endif
_Static_assert(CONFIG_WORD_SIZE == 64, "64 bits");
_Static_assert(CONFIG_ROOT_CNODE_SIZE_BITS >= 8, "the option of that name");
_Static_assert(seL4_SysCall == -1, "system calls are generated");

int use(seL4_CPtr endpoint, seL4_CPtr tcb)
{
    seL4_MessageInfo_t info = seL4_Call(endpoint, seL4_MessageInfo_new(64, 0, 0, 0));
    return seL4_TCB_Suspend(tcb) + (int) seL4_MessageInfo_get_length(info);
}
