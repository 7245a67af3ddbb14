/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A parent and its child that know nothing but <microkit.h>; which of them it is its name tells. The child faults in its
 * first life; its parent starts it again, which its data outlive, and it notifies. The parent stops it, and notifies channel
 * 2, which in the test is the Supervisor's and says ready.
 */
#include <microkit.h>

/* Both ends of the channel between them. */
#define KIN 1
#define READY 2
/* Where programs of this project's linker script begin. */
#define ENTRY 0x200000

/* The child's id, from system.xml. */
seL4_Word kin __attribute__((section(".data"))) = 99;

static unsigned lives;
static bool restarted;

static bool is_parent(void)
{
    return microkit_name[0] == 'p';
}

void init(void)
{
    lives++;
    if (is_parent()) {
        return;
    }
    if (lives == 1) {
        microkit_internal_crash(seL4_NoError);
    }
    microkit_notify(KIN);
}

void notified(microkit_channel ch)
{
    if (is_parent() && ch == KIN && restarted) {
        microkit_pd_stop((microkit_child)kin);
        microkit_notify(READY);
    }
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    if (child == kin && seL4_isVMFault_tag(msginfo) && microkit_mr_get(seL4_VMFault_Addr) == 0) {
        restarted = true;
        microkit_pd_restart(child, ENTRY);
    }
    return seL4_False;
}
