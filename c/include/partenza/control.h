/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a service says to its Supervisor and hears from it: hello, ready, directives, health (SPEC G, K, M, S-1).
 *
 * `pz_put_…` writes what a service says and gives the payload's bytes, 0 when it does not fit; `pz_get_…` reads what it is
 * answered and gives whether that was well formed.
 */
#ifndef PARTENZA_CONTROL_H
#define PARTENZA_CONTROL_H

#include <partenza/codes.h>
#include <partenza/wire.h>

#define PZ_SECRET_BYTES 16
/* What one report can name. */
#define PZ_MAX_PROVIDES 8
#define PZ_MAX_COMPONENTS 8
/* Longest line for the event log, in bytes. */
#define PZ_MAX_TEXT 160
/* No channel. */
#define PZ_NO_CHANNEL 255

struct pz_hello {
    /* Of the startup page. */
    uint8_t secret[PZ_SECRET_BYTES];
    /* PZ_ABI. */
    uint16_t abi;
};

static inline size_t pz_put_hello(void *memory, size_t size, const struct pz_hello *hello)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_bytes(&w, hello->secret, PZ_SECRET_BYTES);
    pz_put_varint(&w, hello->abi);
    return pz_finish(&w);
}

/* The answer to hello. See pz_is_answered_by. */
struct pz_welcome {
    uint8_t supervisor_secret[PZ_SECRET_BYTES];
    uint32_t incarnation;
    /* Bit n: the n-th optional capability of the manifest was granted. */
    uint32_t optional;
};

static inline bool pz_get_welcome(const void *bytes, size_t length, struct pz_welcome *welcome)
{
    struct pz_reader r = pz_read_from(bytes, length);
    pz_get_bytes(&r, welcome->supervisor_secret, PZ_SECRET_BYTES);
    welcome->incarnation = (uint32_t)pz_get_varint(&r, 32);
    welcome->optional = (uint32_t)pz_get_varint(&r, 32);
    return pz_done(&r);
}

struct pz_provided {
    struct pz_text interface;
    struct pz_text version;
};

/* The service works, as its manifest says. */
struct pz_ready {
    struct pz_text name;
    /* The channel that it serves on, or PZ_NO_CHANNEL. */
    uint8_t endpoint;
    struct pz_text version;
    size_t provides_count;
    struct pz_provided provides[PZ_MAX_PROVIDES];
};

static inline size_t pz_put_ready(void *memory, size_t size, const struct pz_ready *ready)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, ready->name);
    pz_put_bool(&w, ready->endpoint != PZ_NO_CHANNEL);
    if (ready->endpoint != PZ_NO_CHANNEL) {
        pz_put_byte(&w, ready->endpoint);
    }
    pz_put_text(&w, ready->version);
    pz_put_varint(&w, ready->provides_count);
    for (size_t i = 0; i < ready->provides_count && i < PZ_MAX_PROVIDES; i++) {
        pz_put_text(&w, ready->provides[i].interface);
        pz_put_text(&w, ready->provides[i].version);
    }
    return pz_finish(&w);
}

/* What the Supervisor wants: the answer to next. */
struct pz_directive {
    enum pz_directive_kind kind;
    /* Of PZ_DIRECTIVE_PROBE: which the report repeats. Of PZ_DIRECTIVE_CHANGED: there are events up to this one. */
    uint64_t number;
};

static inline bool pz_get_directive(const void *bytes, size_t length, struct pz_directive *directive)
{
    struct pz_reader r = pz_read_from(bytes, length);
    directive->kind = (enum pz_directive_kind)pz_get_enum(&r, PZ_DIRECTIVE_COUNT);
    bool numbered = directive->kind == PZ_DIRECTIVE_PROBE || directive->kind == PZ_DIRECTIVE_CHANGED;
    unsigned bits = directive->kind == PZ_DIRECTIVE_PROBE ? 32 : 64;
    directive->number = numbered ? pz_get_varint(&r, bits) : 0;
    return pz_done(&r);
}

struct pz_component {
    struct pz_text name;
    bool healthy;
    struct pz_text message;
};

struct pz_health {
    uint32_t probe;
    bool healthy;
    /* Microseconds since ready by the service's own reckoning; 0 where it has no clock. */
    uint64_t uptime;
    /* What went wrong last; empty where nothing did. */
    struct pz_text last_error;
    size_t components_count;
    struct pz_component components[PZ_MAX_COMPONENTS];
};

static inline size_t pz_put_health(void *memory, size_t size, const struct pz_health *health)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_varint(&w, health->probe);
    pz_put_bool(&w, health->healthy);
    pz_put_varint(&w, health->uptime);
    pz_put_text(&w, health->last_error);
    pz_put_varint(&w, health->components_count);
    for (size_t i = 0; i < health->components_count && i < PZ_MAX_COMPONENTS; i++) {
        const struct pz_component *component = &health->components[i];
        pz_put_text(&w, component->name);
        pz_put_bool(&w, component->healthy);
        pz_put_text(&w, component->message);
    }
    return pz_finish(&w);
}

/* The last word; 0: as told. */
static inline size_t pz_put_stopped(void *memory, size_t size, int32_t code)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_zigzag(&w, code);
    return pz_finish(&w);
}

/* A fault of a child that is left to the Supervisor, and by how many bytes the child stands behind the instruction. */
static inline size_t pz_put_child_fault(void *memory, size_t size, uint8_t child, uint8_t behind)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_byte(&w, child);
    pz_put_byte(&w, behind);
    return pz_finish(&w);
}

/* A line for the event log, cut to what an event holds. */
static inline size_t pz_put_emit(void *memory, size_t size, enum pz_level level, struct pz_text text)
{
    struct pz_writer w = pz_write_to(memory, size);
    if (text.length > PZ_MAX_TEXT) {
        text.length = PZ_MAX_TEXT;
        /* Not within a character. */
        while (text.length && ((uint8_t)text.at[text.length] & 0xc0) == 0x80) {
            text.length--;
        }
    }
    pz_put_varint(&w, (uint64_t)level);
    pz_put_text(&w, text);
    return pz_finish(&w);
}

/* `partenza/info`, which every service answers on every channel that it serves. */
struct pz_info {
    struct pz_text name;
    struct pz_text version;
    uint32_t incarnation;
    /* Calls answered, this one not counted. */
    uint32_t calls;
    /* Lines parted by `\n`, at most 480 bytes. */
    struct pz_text text;
};

static inline size_t pz_put_info(void *memory, size_t size, const struct pz_info *info)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, info->name);
    pz_put_text(&w, info->version);
    pz_put_varint(&w, info->incarnation);
    pz_put_varint(&w, info->calls);
    pz_put_text(&w, info->text);
    return pz_finish(&w);
}

#endif
