/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The startup page: what an incarnation finds in memory before its first instruction (docs/protocol.md has its bytes).
 * Every function is total: a damaged page gives empty texts and lists, never a fault.
 */
#ifndef PARTENZA_STARTUP_H
#define PARTENZA_STARTUP_H

#include <partenza/codes.h>
#include <partenza/control.h>
#include <partenza/wire.h>

/* Bytes of the page. */
#define PZ_STARTUP_BYTES 4096

/* Where things are. */
enum pz_startup_offset {
    PZ_STARTUP_MAGIC = 0,
    PZ_STARTUP_LAYOUT = 4,
    PZ_STARTUP_USED = 6,
    PZ_STARTUP_IPC_BUFFER = 8,
    PZ_STARTUP_SECRET = 16,
    PZ_STARTUP_INCARNATION = 32,
    PZ_STARTUP_OPTIONAL = 36,
    PZ_STARTUP_SERVICE = 40,
    PZ_STARTUP_SUPERVISOR_CHANNEL = 42,
    PZ_STARTUP_SERVES = 43,
    PZ_STARTUP_NAME = 44,
    PZ_STARTUP_VERSION = 48,
    PZ_STARTUP_ARGUMENTS = 52,
    PZ_STARTUP_ENVIRONMENT = 56,
    PZ_STARTUP_PROVIDES = 60,
    PZ_STARTUP_CHANNELS = 64,
    PZ_STARTUP_SUPERVISOR_SECRET = 68,
};

/* A little-endian number of that many bytes; 0 outside the page. */
static inline uint64_t pz_startup_number(const void *page, size_t at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = bytes; i > 0 && at + bytes <= PZ_STARTUP_BYTES; i--) {
        value = value << 8 | ((const uint8_t *)page)[at + i - 1];
    }
    return value;
}

/* Whether that is a startup page of this layout. */
static inline bool pz_is_startup(const void *page)
{
    return page && pz_startup_number(page, PZ_STARTUP_MAGIC, 4) == 0x55535a50 /* PZSU */
           && pz_startup_number(page, PZ_STARTUP_LAYOUT, 2) == PZ_STARTUP_LAYOUT_VERSION;
}

/* Whether that answer to hello comes from who wrote the page. */
static inline bool pz_is_answered_by(const void *page, const struct pz_welcome *welcome)
{
    uint8_t differs = 0;
    for (size_t i = 0; i < PZ_SECRET_BYTES; i++) {
        differs |= welcome->supervisor_secret[i] ^ ((const uint8_t *)page)[PZ_STARTUP_SUPERVISOR_SECRET + i];
    }
    return !differs && welcome->incarnation == pz_startup_number(page, PZ_STARTUP_INCARNATION, 4);
}

static inline struct pz_text pz_startup_bytes(const void *page, uint64_t at, uint64_t length)
{
    struct pz_text text = {(const char *)page, 0};
    if (at + length <= PZ_STARTUP_BYTES) {
        text.at += at;
        text.length = (size_t)length;
    }
    return text;
}

/* Name or version: PZ_STARTUP_NAME, PZ_STARTUP_VERSION. */
static inline struct pz_text pz_startup_text(const void *page, enum pz_startup_offset which)
{
    uint64_t at = pz_startup_number(page, which, 2), length = pz_startup_number(page, which + 2, 2);
    return pz_startup_bytes(page, at, length);
}

/* Walks a list: begin with `pz_startup_list`. */
struct pz_items {
    const void *page;
    uint64_t at, left;
};

/* PZ_STARTUP_ARGUMENTS, PZ_STARTUP_ENVIRONMENT, PZ_STARTUP_PROVIDES, PZ_STARTUP_CHANNELS. */
static inline struct pz_items pz_startup_list(const void *page, enum pz_startup_offset which)
{
    return (struct pz_items){page, pz_startup_number(page, which, 2), pz_startup_number(page, which + 2, 2)};
}

/* The next text of arguments, environment or provides; false at the end. */
static inline bool pz_next_item(struct pz_items *items, struct pz_text *text)
{
    if (!items->left) {
        return false;
    }
    uint64_t length = pz_startup_number(items->page, items->at, 2);
    *text = pz_startup_bytes(items->page, items->at + 2, length);
    items->at += 2 + length;
    items->left--;
    return true;
}

struct pz_channel {
    uint8_t id;
    /* Bit 0 write, bit 1 read: at the serving end, what the client was granted. */
    uint8_t rights;
    /* The interface; at the serving end, the client. */
    struct pz_text name;
};

/* The next channel; false at the end. */
static inline bool pz_next_channel(struct pz_items *items, struct pz_channel *channel)
{
    if (!items->left) {
        return false;
    }
    uint64_t length = pz_startup_number(items->page, items->at + 2, 2);
    channel->id = (uint8_t)pz_startup_number(items->page, items->at, 1);
    channel->rights = (uint8_t)pz_startup_number(items->page, items->at + 1, 1);
    channel->name = pz_startup_bytes(items->page, items->at + 4, length);
    items->at += 4 + length;
    items->left--;
    return true;
}

/* The channel of that name; false if there is none. */
static inline bool pz_find_channel(const void *page, struct pz_text name, struct pz_channel *channel)
{
    struct pz_items channels = pz_startup_list(page, PZ_STARTUP_CHANNELS);
    while (pz_next_channel(&channels, channel)) {
        if (pz_same(channel->name, name)) {
            return true;
        }
    }
    return false;
}

/* The channel with that id; false if there is none. */
static inline bool pz_find_channel_id(const void *page, uint8_t id, struct pz_channel *channel)
{
    struct pz_items channels = pz_startup_list(page, PZ_STARTUP_CHANNELS);
    while (pz_next_channel(&channels, channel)) {
        if (channel->id == id) {
            return true;
        }
    }
    return false;
}

#endif
