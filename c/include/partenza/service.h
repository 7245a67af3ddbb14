/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A service in C: what it says to its Supervisor, and the directives that it follows. For protection domains on
 * <microkit.h>; the messages themselves are in <partenza.h>.
 *
 *     void init(void)                       { if (pz_hello() || pz_ready()) microkit_internal_crash(1); }
 *     void notified(microkit_channel ch)    { if (ch == pz_supervisor()) pz_follow(NULL); }
 *
 * Functions give 0 or an error's number (enum pz_error). A call goes over the message registers, so a request is read
 * before anything is called and an answer is written after it.
 */
#ifndef PARTENZA_SERVICE_H
#define PARTENZA_SERVICE_H

#include <microkit.h>
#include <partenza.h>

/* A message out of the registers' reach. */
struct pz_message {
    /* Bytes, a whole number of words. */
    size_t length;
    uint64_t words[PZ_MESSAGE_BYTES / 8];
};

/* The channel whose peer is the Supervisor; PZ_NO_CHANNEL without one. */
static inline microkit_channel pz_supervisor(void)
{
    bool has_page = pz_is_startup(microkit_startup_page);
    return has_page ? ((const uint8_t *)microkit_startup_page)[PZ_STARTUP_SUPERVISOR_CHANNEL] : PZ_NO_CHANNEL;
}

/* Copies the message that was received or answered. */
static inline void pz_take(microkit_msginfo info, struct pz_message *message)
{
    size_t count = microkit_msginfo_get_count(info);
    message->length = 0;
    for (size_t i = 0; i < count && i < PZ_MESSAGE_BYTES / 8; i++) {
        message->words[i] = microkit_mr_get((seL4_Uint8)i);
        message->length = 8 * (i + 1);
    }
}

/* Puts the first `used` bytes of a message into the registers, to be called or answered with. */
static inline microkit_msginfo pz_give(seL4_Word label, const struct pz_message *message, size_t used)
{
    size_t count = (used + 7) / 8;
    for (size_t i = 0; i < count; i++) {
        microkit_mr_set((seL4_Uint8)i, message->words[i]);
    }
    return microkit_msginfo_new(label, (seL4_Uint16)count);
}

/* An answer that is an error, or 0 and nothing more. */
static inline microkit_msginfo pz_answer(uint16_t error)
{
    return microkit_msginfo_new(error, 0);
}

/* Calls with the first `used` bytes of a message; the answer takes its place. */
static inline uint16_t pz_call(microkit_channel channel, seL4_Word label, struct pz_message *message, size_t used)
{
    if (channel >= MICROKIT_MAX_CHANNELS || !(microkit_pps >> channel & 1)) {
        return PZ_ERROR_SERVICE_NO_SUCH_CHANNEL;
    }
    microkit_msginfo info = microkit_ppcall(channel, pz_give(label, message, used));
    pz_take(info, message);
    return (uint16_t)microkit_msginfo_get_label(info);
}

/* Asks the Supervisor; `used` is what a `pz_put_…` of <partenza/requests.h> gave for the message, 0 for no payload. */
static inline uint16_t pz_ask(enum pz_op op, struct pz_message *message, size_t used)
{
    return pz_call(pz_supervisor(), op, message, used);
}

/* The first call: shows the secret, and has the Supervisor show what only who wrote the startup page knows (SPEC S-1). */
static inline uint16_t pz_hello(void)
{
    if (!pz_is_startup(microkit_startup_page)) {
        return PZ_ERROR_SERVICE_NO_STARTUP_PAGE;
    }
    const uint8_t *page = microkit_startup_page;
    struct pz_hello hello = {.abi = PZ_ABI};
    for (size_t i = 0; i < PZ_SECRET_BYTES; i++) {
        hello.secret[i] = page[PZ_STARTUP_SECRET + i];
    }
    struct pz_message message;
    size_t used = pz_put_hello(message.words, sizeof message.words, &hello);
    uint16_t error = pz_ask(PZ_OP_HELLO, &message, used);
    struct pz_welcome welcome;
    if (error) {
        return error;
    }
    if (!pz_get_welcome(message.words, message.length, &welcome)) {
        return PZ_ERROR_SERVICE_WRONG_SUPERVISOR;
    }
    return pz_is_answered_by(page, &welcome) ? PZ_OK : PZ_ERROR_SERVICE_WRONG_SUPERVISOR;
}

/* The service works, as its startup page says (SPEC G-1). */
static inline uint16_t pz_ready(void)
{
    const uint8_t *page = microkit_startup_page;
    struct pz_ready ready = {.name = pz_startup_text(page, PZ_STARTUP_NAME),
                             .endpoint = page[PZ_STARTUP_SERVES],
                             .version = pz_startup_text(page, PZ_STARTUP_VERSION)};
    struct pz_items items = pz_startup_list(page, PZ_STARTUP_PROVIDES);
    struct pz_text item;
    while (ready.provides_count < PZ_MAX_PROVIDES && pz_next_item(&items, &item)) {
        struct pz_provided *provided = &ready.provides[ready.provides_count++];
        size_t at = item.length;
        while (at > 0 && item.at[at - 1] != '@') {
            at--;
        }
        provided->interface = (struct pz_text){item.at, at ? at - 1 : item.length};
        provided->version = (struct pz_text){item.at + at, at ? item.length - at : 0};
    }
    struct pz_message message;
    return pz_ask(PZ_OP_READY, &message, pz_put_ready(message.words, sizeof message.words, &ready));
}

/* A line for the event log, cut to PZ_MAX_TEXT bytes. */
static inline uint16_t pz_emit(enum pz_level level, struct pz_text text)
{
    struct pz_message message;
    return pz_ask(PZ_OP_EMIT, &message, pz_put_emit(message.words, sizeof message.words, level, text));
}

/*
 * In `fault`, which then answers seL4_False: leaves the fault to the Supervisor, who handles it as that of any service
 * (SPEC J-3). `msginfo` is what `fault` got, with its words still in the registers.
 */
static inline uint16_t pz_pass_on(microkit_child child, microkit_msginfo msginfo)
{
    /* Only a breakpoint is over when the processor tells of it. */
    bool breakpoint = seL4_isUserException_tag(msginfo) && microkit_mr_get(seL4_UserException_Number) == 3;
    struct pz_message message;
    size_t used = pz_put_child_fault(message.words, sizeof message.words, (uint8_t)child, breakpoint);
    return pz_ask(PZ_OP_CHILD_FAULT, &message, used);
}

/* What the Supervisor wants. */
static inline uint16_t pz_next(struct pz_directive *directive)
{
    struct pz_message message;
    uint16_t error = pz_ask(PZ_OP_NEXT, &message, 0);
    if (!error && !pz_get_directive(message.words, message.length, directive)) {
        error = PZ_ERROR_SERVICE_MALFORMED;
    }
    return error;
}

/* The answer to a probe. */
static inline uint16_t pz_health(const struct pz_health *health)
{
    struct pz_message message;
    size_t used = pz_put_health(message.words, sizeof message.words, health);
    return used ? pz_ask(PZ_OP_HEALTH, &message, used) : PZ_ERROR_SERVICE_FULL;
}

/* The answer to PrepareStop. */
static inline uint16_t pz_ready_to_stop(void)
{
    struct pz_message message;
    return pz_ask(PZ_OP_READY_TO_STOP, &message, 0);
}

/* The answer to Stop, or the end by the service's own will. Returns only if it is refused. */
static inline uint16_t pz_stopped(int32_t code)
{
    struct pz_message message;
    return pz_ask(PZ_OP_STOPPED, &message, pz_put_stopped(message.words, sizeof message.words, code));
}

/* Start, stop, restart, enable, disable, crash of a service: where partenza.yaml grants it. */
static inline uint16_t pz_change(enum pz_op op, struct pz_text name)
{
    struct pz_message message;
    return pz_ask(op, &message, pz_put_target(message.words, sizeof message.words, name));
}

/* How a service follows directives; what is NULL is done as if there was nothing to do. */
struct pz_service {
    /* Fills in all but the probe's number. */
    void (*health)(struct pz_health *health);
    /* Puts everything in order: it will be stopped (SPEC M-1). */
    void (*prepare_stop)(void);
    /* The last moment; 0 when all went well. */
    int32_t (*stop)(void);
    /* There are events up to this sequence number, which a subscriber reads with `log`. */
    void (*changed)(uint32_t sequence);
};

/* When the Supervisor has signalled: asks what it wants, and does it, until it wants nothing more. */
static inline void pz_follow(const struct pz_service *service)
{
    struct pz_directive directive;
    while (pz_next(&directive) == PZ_OK && directive.kind != PZ_DIRECTIVE_NOTHING) {
        struct pz_health health = {.healthy = true};
        switch (directive.kind) {
        case PZ_DIRECTIVE_PROBE:
            if (service && service->health) {
                service->health(&health);
            }
            health.probe = directive.number;
            pz_health(&health);
            break;
        case PZ_DIRECTIVE_PREPARE_STOP:
            if (service && service->prepare_stop) {
                service->prepare_stop();
            }
            pz_ready_to_stop();
            break;
        case PZ_DIRECTIVE_STOP:
            pz_stopped(service && service->stop ? service->stop() : 0);
            break;
        case PZ_DIRECTIVE_CHANGED:
            if (service && service->changed) {
                service->changed(directive.number);
            }
            break;
        case PZ_DIRECTIVE_CRASH:
            microkit_internal_crash(seL4_NoError);
        case PZ_DIRECTIVE_NOTHING:
            break;
        }
    }
}

#endif
