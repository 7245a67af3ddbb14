/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Payloads of messages: one version byte, a value in postcard, zeros up to a whole message register (docs/protocol.md).
 *
 * Rules:
 * - No allocation, no C library, nothing of seL4: this file compiles anywhere.
 * - Every function is total. A writer that has no room and a reader that runs dry, or meets what cannot be, turn bad and
 *   stay so; whoever writes or reads a value asks once, at its end.
 * - What is read stays where it is: texts point into the message, and last as long as it does.
 */
#ifndef PARTENZA_WIRE_H
#define PARTENZA_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The byte that leads every payload. */
#define PZ_VERSION 1
/* Bytes of the longest message: 120 message registers. */
#define PZ_MESSAGE_BYTES 960

/* UTF-8 that somebody else holds; not ended by a zero. */
struct pz_text {
    const char *at;
    size_t length;
};

/* The text of a C string. */
static inline struct pz_text pz_text(const char *string)
{
    struct pz_text text = {string, 0};
    while (string[text.length]) {
        text.length++;
    }
    return text;
}

static inline bool pz_same(struct pz_text a, struct pz_text b)
{
    bool same = a.length == b.length;
    for (size_t i = 0; same && i < a.length; i++) {
        same = a.at[i] == b.at[i];
    }
    return same;
}

struct pz_writer {
    uint8_t *start, *at, *end;
    bool bad;
};

static inline void pz_put_byte(struct pz_writer *w, uint8_t byte)
{
    if (w->at == w->end) {
        w->bad = true;
    } else {
        *w->at++ = byte;
    }
}

/* Begins a payload in that memory. */
static inline struct pz_writer pz_write_to(void *memory, size_t size)
{
    uint8_t *start = memory;
    struct pz_writer w = {start, start, start + size, false};
    pz_put_byte(&w, PZ_VERSION);
    return w;
}

/* Pads with zeros to a whole message register and gives the bytes before them; 0 when the value did not fit. */
static inline size_t pz_finish(struct pz_writer *w)
{
    size_t used = (size_t)(w->at - w->start);
    while ((size_t)(w->at - w->start) % 8 && !w->bad) {
        pz_put_byte(w, 0);
    }
    return w->bad ? 0 : used;
}

static inline void pz_put_bytes(struct pz_writer *w, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;
    for (size_t i = 0; i < count; i++) {
        pz_put_byte(w, from[i]);
    }
}

static inline void pz_put_bool(struct pz_writer *w, bool value)
{
    pz_put_byte(w, value ? 1 : 0);
}

static inline void pz_put_varint(struct pz_writer *w, uint64_t value)
{
    while (value >= 0x80) {
        pz_put_byte(w, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    pz_put_byte(w, (uint8_t)value);
}

static inline void pz_put_zigzag(struct pz_writer *w, int64_t value)
{
    uint64_t twice = (uint64_t)value << 1;
    pz_put_varint(w, value < 0 ? ~twice : twice);
}

static inline void pz_put_text(struct pz_writer *w, struct pz_text text)
{
    pz_put_varint(w, text.length);
    pz_put_bytes(w, text.at, text.length);
}

struct pz_reader {
    const uint8_t *at, *end;
    bool bad;
};

static inline uint8_t pz_get_byte(struct pz_reader *r)
{
    if (r->at == r->end) {
        r->bad = true;
        return 0;
    }
    return *r->at++;
}

/* Begins to read a payload. */
static inline struct pz_reader pz_read_from(const void *bytes, size_t length)
{
    const uint8_t *start = bytes;
    struct pz_reader r = {start, start + length, false};
    if (pz_get_byte(&r) != PZ_VERSION) {
        r.bad = true;
    }
    return r;
}

/* Whether the value was whole and nothing but padding follows. */
static inline bool pz_done(struct pz_reader *r)
{
    size_t left = (size_t)(r->end - r->at);
    for (size_t i = 0; i < left; i++) {
        r->bad = r->bad || r->at[i] != 0;
    }
    return !r->bad && left < 8;
}

static inline void pz_get_bytes(struct pz_reader *r, void *bytes, size_t count)
{
    uint8_t *to = bytes;
    for (size_t i = 0; i < count; i++) {
        to[i] = pz_get_byte(r);
    }
}

/* 0 or 1: a truth value, or whether an option is there. */
static inline bool pz_get_bool(struct pz_reader *r)
{
    uint8_t byte = pz_get_byte(r);
    r->bad = r->bad || byte > 1;
    return byte == 1;
}

/* A number of at most that many bits. */
static inline uint64_t pz_get_varint(struct pz_reader *r, unsigned bits)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < bits && !r->bad; shift += 7) {
        uint8_t byte = pz_get_byte(r);
        if (bits - shift < 7 && byte >> (bits - shift)) {
            break;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return value;
        }
    }
    r->bad = true;
    return 0;
}

static inline struct pz_text pz_get_text(struct pz_reader *r)
{
    uint64_t length = pz_get_varint(r, 64);
    struct pz_text text = {(const char *)r->at, 0};
    if (length > (uint64_t)(r->end - r->at)) {
        r->bad = true;
    } else {
        text.length = (size_t)length;
        r->at += length;
    }
    return text;
}

/* A variant's number, below `count`. */
static inline uint32_t pz_get_enum(struct pz_reader *r, uint32_t count)
{
    uint32_t number = (uint32_t)pz_get_varint(r, 32);
    r->bad = r->bad || number >= count;
    return number;
}

/* How many items follow, at most `most`; 0 when there are more. */
static inline size_t pz_get_count(struct pz_reader *r, size_t most)
{
    uint64_t count = pz_get_varint(r, 64);
    if (count > most) {
        r->bad = true;
        return 0;
    }
    return (size_t)count;
}

#endif
