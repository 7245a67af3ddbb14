/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A parent in C that leaves every fault of its children to the Supervisor, and says of which child: `child 1 faulted`.
 */
#include <partenza/service.h>

#include "line.h"

void init(void)
{
    if (pz_hello() || pz_ready()) {
        microkit_internal_crash(1);
    }
}

void notified(microkit_channel ch)
{
    if (ch == pz_supervisor()) {
        pz_follow(NULL);
    }
}

seL4_Bool fault(microkit_child child, microkit_msginfo msginfo, microkit_msginfo *reply_msginfo)
{
    if (!pz_pass_on(child, msginfo)) {
        struct line line = {0};
        put(&line, pz_text("child "));
        put_number(&line, child);
        put(&line, pz_text(" faulted"));
        pz_emit(PZ_LEVEL_INFO, text_of(&line));
    }
    return seL4_False;
}
