/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A protection domain that knows nothing but <microkit.h>. On channel 0 it is called with two words and answers with their
 * sum and difference. Channel 1, where there is one, it calls so and notifies in `init`; notified back, it notifies channel
 * 2, which in the test is the Supervisor's and says ready.
 */
#include <microkit.h>

#define SERVED 0
#define CALLED 1
#define READY 2
#define ADD 7

void init(void)
{
    if (!(microkit_pps >> CALLED & 1)) {
        return;
    }
    microkit_mr_set(0, 300);
    microkit_mr_set(1, 42);
    microkit_msginfo answer = microkit_ppcall(CALLED, microkit_msginfo_new(ADD, 2));
    if (microkit_msginfo_get_label(answer) == ADD && microkit_msginfo_get_count(answer) == 2
        && microkit_mr_get(0) == 342 && microkit_mr_get(1) == 258) {
        microkit_notify(CALLED);
    }
}

void notified(microkit_channel ch)
{
    microkit_dbg_puts(microkit_name);
    microkit_dbg_puts(" is notified on channel ");
    microkit_dbg_put32(ch);
    microkit_dbg_puts("\n");
    /* The answer to a signal is a signal. */
    if (ch == SERVED) {
        microkit_deferred_notify(SERVED);
    }
    if (ch == CALLED) {
        microkit_notify(READY);
    }
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo request)
{
    seL4_Word left = microkit_mr_get(0), right = microkit_mr_get(1);
    seL4_Bool right_form = microkit_msginfo_get_label(request) == ADD && microkit_msginfo_get_count(request) == 2;
    if (ch != SERVED || !right_form) {
        return microkit_msginfo_new(0, 0);
    }
    microkit_mr_set(0, left + right);
    microkit_mr_set(1, left - right);
    return microkit_msginfo_new(ADD, 2);
}
