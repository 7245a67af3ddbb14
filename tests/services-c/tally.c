/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The witness in C: serves `test/count`, answers each call with how many it has answered, and says so in an event. It
 * says how it is when it is asked, and before it stops how many calls there were.
 */
#include <partenza/service.h>

#include "line.h"

/* `test/count`: no payload; the answer is the number as a varint. */
#define COUNT 80

static uint32_t answered;

static void tell(const char *before, uint32_t number, const char *behind, struct pz_text last)
{
    struct line line = {0};
    put(&line, pz_text(before));
    put_number(&line, number);
    put(&line, pz_text(behind));
    put(&line, last);
    pz_emit(PZ_LEVEL_INFO, text_of(&line));
}

static void health(struct pz_health *health)
{
    health->components_count = 1;
    health->components[0] = (struct pz_component){pz_text("counter"), true, pz_text("")};
}

static void prepare_stop(void)
{
    tell("answered ", answered, " in all", pz_text(""));
}

static const struct pz_service service = {.health = health, .prepare_stop = prepare_stop};

void init(void)
{
    uint16_t error = pz_hello();
    if (!error) {
        error = pz_ready();
    }
    if (error) {
        tell("gives up: ", error, "", pz_text(""));
        pz_stopped(error);
        microkit_internal_crash(error);
    }
}

void notified(microkit_channel ch)
{
    if (ch == pz_supervisor()) {
        pz_follow(&service);
    }
}

static microkit_msginfo info(void)
{
    const void *page = microkit_startup_page;
    struct pz_info info = {pz_startup_text(page, PZ_STARTUP_NAME), pz_startup_text(page, PZ_STARTUP_VERSION),
                           (uint32_t)pz_startup_number(page, PZ_STARTUP_INCARNATION, 4), answered,
                           pz_text("counts calls, in C")};
    struct pz_message message;
    return pz_give(PZ_OK, &message, pz_put_info(message.words, sizeof message.words, &info));
}

microkit_msginfo protected(microkit_channel ch, microkit_msginfo request)
{
    size_t count = microkit_msginfo_get_count(request);
    switch (microkit_msginfo_get_label(request)) {
    case PZ_LABEL_INFO:
        return count ? pz_answer(PZ_ERROR_SERVICE_MALFORMED) : info();
    case COUNT: {
        struct pz_channel client = {0};
        pz_find_channel_id(microkit_startup_page, (uint8_t)ch, &client);
        tell("answered ", ++answered, " for ", client.name);
        struct pz_message message;
        struct pz_writer w = pz_write_to(message.words, sizeof message.words);
        pz_put_varint(&w, answered);
        return pz_give(PZ_OK, &message, pz_finish(&w));
    }
    default:
        return pz_answer(PZ_ERROR_SERVICE_UNKNOWN_OPERATION);
    }
}
