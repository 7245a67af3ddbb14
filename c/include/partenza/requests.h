/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Requests to the Supervisor and their answers (SPEC I-4, I-5). Lists come in pages: ask from 0, go on with `next` while
 * `has_next`. Requests without a payload (`version`, `uptime`, `shutdown`, `reboot`) have nothing here to write.
 */
#ifndef PARTENZA_REQUESTS_H
#define PARTENZA_REQUESTS_H

#include <partenza/codes.h>
#include <partenza/wire.h>

/* Rows in one page of a list. */
#define PZ_PAGE 8

/* For `list` and `boot`: rows from that one on. */
static inline size_t pz_put_page(void *memory, size_t size, uint16_t from)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_varint(&w, from);
    return pz_finish(&w);
}

/* For `status`, `audit` and what changes a service. */
static inline size_t pz_put_target(void *memory, size_t size, struct pz_text name)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, name);
    return pz_finish(&w);
}

/* For `log`: records from that sequence number on. */
static inline size_t pz_put_log_from(void *memory, size_t size, uint64_t sequence)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_varint(&w, sequence);
    return pz_finish(&w);
}

/* For `grants`. */
static inline size_t pz_put_grants_of(void *memory, size_t size, struct pz_text name, uint16_t from)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, name);
    pz_put_varint(&w, from);
    return pz_finish(&w);
}

/* A release of an interface. */
struct pz_release {
    uint32_t major, minor, patch;
};

static inline void pz_put_release(struct pz_writer *w, struct pz_release release)
{
    pz_put_varint(w, release.major);
    pz_put_varint(w, release.minor);
    pz_put_varint(w, release.patch);
}

/* For `lookup`: who provides the interface in a release of this range? `below`, the first that is too new, may be NULL. */
static inline size_t pz_put_lookup(void *memory, size_t size, struct pz_text interface, struct pz_release at_least,
                                   const struct pz_release *below)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, interface);
    pz_put_release(&w, at_least);
    pz_put_bool(&w, below != NULL);
    if (below) {
        pz_put_release(&w, *below);
    }
    return pz_finish(&w);
}

/* For `subscribe`: signals for new events, or no more. */
static inline size_t pz_put_subscribe(void *memory, size_t size, bool on)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_bool(&w, on);
    return pz_finish(&w);
}

/* For `switch`: this provider serves the interface from now on. */
static inline size_t pz_put_switch(void *memory, size_t size, struct pz_text interface, struct pz_text provider)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, interface);
    pz_put_text(&w, provider);
    return pz_finish(&w);
}

/* Arguments that one spawned service can get. */
#define PZ_MAX_ARGUMENTS 8

/* For `spawn`: starts a service on demand with these arguments in place of its manifest's. */
static inline size_t pz_put_spawn(void *memory, size_t size, struct pz_text name, const struct pz_text *arguments,
                                  size_t count)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, name);
    pz_put_varint(&w, count);
    for (size_t i = 0; i < count; i++) {
        pz_put_text(&w, arguments[i]);
    }
    return pz_finish(&w);
}

/* For `grant`: the client gets its call to the interface, which the plan foresees. */
static inline size_t pz_put_grant(void *memory, size_t size, struct pz_text client, struct pz_text interface)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, client);
    pz_put_text(&w, interface);
    return pz_finish(&w);
}

/* For `revoke`: it is taken away from that client, or from everybody with NULL. */
static inline size_t pz_put_revoke(void *memory, size_t size, const struct pz_text *client, struct pz_text interface)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_bool(&w, client != NULL);
    if (client) {
        pz_put_text(&w, *client);
    }
    pz_put_text(&w, interface);
    return pz_finish(&w);
}

/* Bytes of a piece of a program that a message always has room for. */
#define PZ_MAX_DELIVERED 768

/* For `deliver`: a piece of the service's program, from that offset on; in order, the last one marked as such. */
static inline size_t pz_put_deliver(void *memory, size_t size, struct pz_text service, uint32_t offset,
                                    const void *bytes, size_t count, bool last)
{
    struct pz_writer w = pz_write_to(memory, size);
    pz_put_text(&w, service);
    pz_put_varint(&w, offset);
    pz_put_varint(&w, count);
    pz_put_bytes(&w, bytes, count);
    pz_put_bool(&w, last);
    return pz_finish(&w);
}

/* The answer to `lookup`. */
struct pz_found {
    /* The channel to call it on. */
    bool has_channel;
    uint8_t channel;
    struct pz_text provider, version;
};

static inline bool pz_get_found(const void *bytes, size_t length, struct pz_found *found)
{
    struct pz_reader r = pz_read_from(bytes, length);
    found->has_channel = pz_get_bool(&r);
    found->channel = found->has_channel ? pz_get_byte(&r) : 0;
    found->provider = pz_get_text(&r);
    found->version = pz_get_text(&r);
    return pz_done(&r);
}

/* Where the next page begins. */
static inline void pz_get_next(struct pz_reader *r, bool *has_next, uint16_t *next)
{
    *has_next = pz_get_bool(r);
    *next = *has_next ? (uint16_t)pz_get_varint(r, 16) : 0;
}

/* A time that may be missing. */
struct pz_time {
    bool known;
    uint64_t micros;
};

static inline struct pz_time pz_get_time(struct pz_reader *r)
{
    struct pz_time time = {pz_get_bool(r), 0};
    time.micros = time.known ? pz_get_varint(r, 64) : 0;
    return time;
}

struct pz_summary {
    struct pz_text name;
    uint8_t layer;
    enum pz_state state;
    uint32_t incarnation;
};

/* The answer to `list`. */
struct pz_list {
    uint16_t total;
    size_t count;
    struct pz_summary rows[PZ_PAGE];
    bool has_next;
    uint16_t next;
};

static inline bool pz_get_list(const void *bytes, size_t length, struct pz_list *list)
{
    struct pz_reader r = pz_read_from(bytes, length);
    list->total = (uint16_t)pz_get_varint(&r, 16);
    list->count = pz_get_count(&r, PZ_PAGE);
    for (size_t i = 0; i < list->count; i++) {
        struct pz_summary *row = &list->rows[i];
        row->name = pz_get_text(&r);
        row->layer = pz_get_byte(&r);
        row->state = (enum pz_state)pz_get_enum(&r, PZ_STATE_COUNT);
        row->incarnation = (uint32_t)pz_get_varint(&r, 32);
    }
    pz_get_next(&r, &list->has_next, &list->next);
    return pz_done(&r);
}

/* What a service reports of itself. */
enum pz_status_health {
    /* It is not up, is not asked, or has not answered yet. */
    PZ_HEALTH_UNKNOWN,
    PZ_HEALTH_WELL,
    /* It was not well, and has not been well for long enough since. */
    PZ_HEALTH_NOT_WELL,
    PZ_HEALTH_COUNT,
};

/* The answer to `status`. */
struct pz_status {
    uint16_t id;
    struct pz_text name;
    struct pz_text version;
    uint8_t layer;
    bool critical;
    enum pz_state state;
    uint32_t incarnation;
    uint32_t restarts;
    /* Since ready. */
    struct pz_time uptime;
    /* An error's number, 0 for none. */
    uint16_t last_error;
    uint8_t priority;
    /* Bytes that belong to the service alone. */
    uint64_t memory;
    /* Messages of it that were ignored, and all that it sent. */
    uint32_t rejected;
    uint32_t messages;
    enum pz_status_health health;
    /* Since the last good one; 0 where the service is well. */
    uint16_t bad_reports;
};

static inline bool pz_get_status(const void *bytes, size_t length, struct pz_status *status)
{
    struct pz_reader r = pz_read_from(bytes, length);
    status->id = (uint16_t)pz_get_varint(&r, 16);
    status->name = pz_get_text(&r);
    status->version = pz_get_text(&r);
    status->layer = pz_get_byte(&r);
    status->critical = pz_get_bool(&r);
    status->state = (enum pz_state)pz_get_enum(&r, PZ_STATE_COUNT);
    status->incarnation = (uint32_t)pz_get_varint(&r, 32);
    status->restarts = (uint32_t)pz_get_varint(&r, 32);
    status->uptime = pz_get_time(&r);
    status->last_error = pz_get_bool(&r) ? (uint16_t)pz_get_varint(&r, 16) : 0;
    status->priority = pz_get_byte(&r);
    status->memory = pz_get_varint(&r, 64);
    status->rejected = (uint32_t)pz_get_varint(&r, 32);
    status->messages = (uint32_t)pz_get_varint(&r, 32);
    status->health = (enum pz_status_health)pz_get_enum(&r, PZ_HEALTH_COUNT);
    status->bad_reports = status->health == PZ_HEALTH_NOT_WELL ? (uint16_t)pz_get_varint(&r, 16) : 0;
    return pz_done(&r);
}

/* The answer to `log`; `count` records follow, which `records` reads. */
struct pz_log {
    uint8_t count;
    /* Records between the one asked for and the oldest kept. */
    uint64_t lost;
    /* Ask from here. */
    uint64_t next;
    struct pz_reader records;
};

static inline bool pz_get_log(const void *bytes, size_t length, struct pz_log *log)
{
    struct pz_reader r = pz_read_from(bytes, length);
    log->count = pz_get_byte(&r);
    log->lost = pz_get_varint(&r, 64);
    log->next = pz_get_varint(&r, 64);
    log->records = r;
    return !r.bad;
}

struct pz_grant {
    enum pz_cap_kind kind;
    /* CPtr, or address of a mapping. */
    uint64_t at;
    /* Bit 0 write, bit 1 read, bit 2 may be answered. */
    uint8_t rights;
    struct pz_text object;
};

/* The answer to `grants`. */
struct pz_grants {
    uint16_t total;
    size_t count;
    struct pz_grant rows[PZ_PAGE];
    bool has_next;
    uint16_t next;
};

static inline bool pz_get_grants(const void *bytes, size_t length, struct pz_grants *grants)
{
    struct pz_reader r = pz_read_from(bytes, length);
    grants->total = (uint16_t)pz_get_varint(&r, 16);
    grants->count = pz_get_count(&r, PZ_PAGE);
    for (size_t i = 0; i < grants->count; i++) {
        struct pz_grant *row = &grants->rows[i];
        row->kind = (enum pz_cap_kind)pz_get_enum(&r, PZ_CAP_COUNT);
        row->at = pz_get_varint(&r, 64);
        row->rights = pz_get_byte(&r);
        row->object = pz_get_text(&r);
    }
    pz_get_next(&r, &grants->has_next, &grants->next);
    return pz_done(&r);
}

/* Times since the kernel handed over. */
struct pz_boot_row {
    struct pz_text name;
    uint8_t layer;
    struct pz_time created, started, ready;
};

/* The answer to `boot`. */
struct pz_boot {
    enum pz_boot_state state;
    /* Of PZ_BOOT_BOOTING_LAYER: which. */
    uint8_t layer;
    struct pz_time complete;
    size_t count;
    struct pz_boot_row rows[PZ_PAGE];
    bool has_next;
    uint16_t next;
};

static inline bool pz_get_boot(const void *bytes, size_t length, struct pz_boot *boot)
{
    struct pz_reader r = pz_read_from(bytes, length);
    boot->state = (enum pz_boot_state)pz_get_enum(&r, PZ_BOOT_COUNT);
    boot->layer = boot->state == PZ_BOOT_BOOTING_LAYER ? pz_get_byte(&r) : 0;
    boot->complete = pz_get_time(&r);
    boot->count = pz_get_count(&r, PZ_PAGE);
    for (size_t i = 0; i < boot->count; i++) {
        struct pz_boot_row *row = &boot->rows[i];
        row->name = pz_get_text(&r);
        row->layer = pz_get_byte(&r);
        row->created = pz_get_time(&r);
        row->started = pz_get_time(&r);
        row->ready = pz_get_time(&r);
    }
    pz_get_next(&r, &boot->has_next, &boot->next);
    return pz_done(&r);
}

/* The answer to `version`. */
struct pz_version {
    struct pz_text system, partenza, kernel;
};

static inline bool pz_get_version(const void *bytes, size_t length, struct pz_version *version)
{
    struct pz_reader r = pz_read_from(bytes, length);
    version->system = pz_get_text(&r);
    version->partenza = pz_get_text(&r);
    version->kernel = pz_get_text(&r);
    return pz_done(&r);
}

/* The answer to `uptime`: microseconds since the kernel handed over. */
static inline bool pz_get_uptime(const void *bytes, size_t length, uint64_t *micros)
{
    struct pz_reader r = pz_read_from(bytes, length);
    *micros = pz_get_varint(&r, 64);
    return pz_done(&r);
}

/* The answer to `audit`: what a CSpace holds, compared with the plan. */
struct pz_audit {
    uint16_t slots, present, missing, wrong, surplus;
    /* The kernel told types, not only presence. */
    bool types;
    uint16_t diverted;
};

static inline bool pz_get_audit(const void *bytes, size_t length, struct pz_audit *audit)
{
    struct pz_reader r = pz_read_from(bytes, length);
    uint16_t *numbers[] = {&audit->slots, &audit->present, &audit->missing, &audit->wrong, &audit->surplus};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        *numbers[i] = (uint16_t)pz_get_varint(&r, 16);
    }
    audit->types = pz_get_bool(&r);
    audit->diverted = (uint16_t)pz_get_varint(&r, 16);
    return pz_done(&r);
}

#endif
