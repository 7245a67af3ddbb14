/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An attack in C: once it is ready it sends the Supervisor every label of the kernel's and of the protocol's, and one with
 * each bit of a label, with payloads of noise of every length. None of them is well formed: the first byte is never the
 * version, and there is always a payload. Then it says how many it sent, and how many were taken for good.
 */
#include <partenza/service.h>

#include "line.h"

/* Below this, labels mean something. */
#define LABELS 192
#define LABEL_BITS 20
/* Lengths for each label, in words: 1, 1 + STEP, … */
#define WORDS (PZ_MESSAGE_BYTES / 8)
#define STEP 7

static uint64_t state = 0x5eed;

/* xorshift64*: the same in every run. */
static uint64_t noise(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1d;
}

static uint32_t sent, taken;

static void send(seL4_Word label, size_t words)
{
    struct pz_message message;
    for (size_t i = 0; i < words; i++) {
        message.words[i] = noise();
    }
    if ((message.words[0] & 0xff) == PZ_VERSION) {
        message.words[0]++;
    }
    sent++;
    taken += pz_call(pz_supervisor(), label, &message, words * 8) == PZ_OK;
}

static void attack(void)
{
    for (size_t words = 1; words <= WORDS; words += STEP) {
        for (seL4_Word label = 0; label < LABELS; label++) {
            send(label, words);
        }
        for (unsigned bit = 0; bit < LABEL_BITS; bit++) {
            send((seL4_Word)1 << bit, words);
        }
    }
    send(((seL4_Word)1 << LABEL_BITS) - 1, WORDS);
}

void init(void)
{
    if (pz_hello() || pz_ready()) {
        microkit_internal_crash(seL4_InvalidArgument);
    }
    attack();
    struct line line = {0};
    put(&line, pz_text("sent "));
    put_number(&line, sent);
    put(&line, pz_text(", taken "));
    put_number(&line, taken);
    pz_emit(PZ_LEVEL_INFO, text_of(&line));
}

void notified(microkit_channel ch)
{
    if (ch == pz_supervisor()) {
        pz_follow(NULL);
    }
}
