/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The four functions that a compiler may call although nobody wrote a call to them. Compiled without the knowledge that
 * a loop like these is one of them.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t count)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    while (count--) {
        *t++ = *f++;
    }
    return to;
}

void *memmove(void *to, const void *from, size_t count)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if ((uintptr_t)to <= (uintptr_t)from) {
        while (count--) {
            *t++ = *f++;
        }
    } else {
        while (count--) {
            t[count] = f[count];
        }
    }
    return to;
}

void *memset(void *to, int byte, size_t count)
{
    uint8_t *t = to;
    while (count--) {
        *t++ = (uint8_t)byte;
    }
    return to;
}

int memcmp(const void *left, const void *right, size_t count)
{
    const uint8_t *l = left, *r = right;
    for (; count; count--, l++, r++) {
        if (*l != *r) {
            return *l < *r ? -1 : 1;
        }
    }
    return 0;
}
