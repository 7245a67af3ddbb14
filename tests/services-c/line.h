/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines for the event log, put together from texts and numbers. They have to fit PZ_MAX_TEXT bytes.
 */
#ifndef LINE_H
#define LINE_H

#include <partenza.h>

struct line {
    size_t length;
    char bytes[PZ_MAX_TEXT];
};

static inline void put(struct line *line, struct pz_text text)
{
    for (size_t i = 0; i < text.length && line->length < sizeof line->bytes; i++) {
        line->bytes[line->length++] = text.at[i];
    }
}

static inline void put_number(struct line *line, uint32_t number)
{
    if (number >= 10) {
        put_number(line, number / 10);
    }
    char digit = (char)('0' + number % 10);
    put(line, (struct pz_text){&digit, 1});
}

static inline struct pz_text text_of(const struct line *line)
{
    return (struct pz_text){line->bytes, line->length};
}

#endif
