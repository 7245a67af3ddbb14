/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Holds the header against docs/vectors.txt: what it writes are those bytes, what it reads of them are the values that it
 * knows by name, and it refuses the same bytes cut short, with something behind them, or of another version.
 *
 * usage: vectors FILE. A name that is in the file and not here, or here and not in the file, is a failure as well.
 */
#include <partenza.h>

#include <stdio.h>
#include <string.h>

static const uint8_t SECRET[PZ_SECRET_BYTES] = {0,    1,    2,    3,    4,    5,    6,    7,
                                                0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff};

static bool is(struct pz_text text, const char *expected) { return pz_same(text, pz_text(expected)); }

static bool at(struct pz_time time, uint64_t micros) { return time.known && time.micros == micros; }

/* What a service writes, and how many vectors that are. */
#define WRITERS 32
static size_t write(const char *name, void *to, size_t size)
{
    static const char digits[] = "0123456789012345678901234567890123456789012345678901234567890123456789"
                                 "0123456789012345678901234567890123456789012345678901234567890123456789"
                                 "01234567890123456789 and what is cut off";
    struct pz_hello hello = {.abi = PZ_ABI};
    memcpy(hello.secret, SECRET, sizeof SECRET);
    struct pz_ready ready = {pz_text("filesystem"), 3, pz_text("0.1.0"), 2,
                             {{pz_text("storage/files"), pz_text("1.0.0")},
                              {pz_text("storage/blocks"), pz_text("0.2.1-rc.1")}}};
    struct pz_ready silent = {pz_text("terminal"), PZ_NO_CHANNEL, pz_text("0.1.0"), 0, {{{0}, {0}}}};
    struct pz_health health = {300, false, 123456789012, pz_text("block 7: no answer"), 2,
                               {{pz_text("disk"), true, pz_text("")},
                                {pz_text("cache"), false, pz_text("overfull: 130 %")}}};
    struct pz_health plain = {.probe = UINT32_MAX, .healthy = true};
    struct pz_info info = {pz_text("witness"), pz_text("0.1.0"), 2, 128, pz_text("counts\ncalls")};
    struct pz_text files = pz_text("storage/files"), worker = pz_text("worker"), plugin = pz_text("plugin");
    struct pz_text arguments[] = {pz_text("--once"), pz_text("")};
    struct pz_release at_least = {1, 0, 300}, below = {2, 0, 0};
    if (!strcmp(name, "hello/other-abi")) {
        hello.abi = UINT16_MAX;
    }
    return !strcmp(name, "hello") || !strcmp(name, "hello/other-abi") ? pz_put_hello(to, size, &hello)
           : !strcmp(name, "ready")             ? pz_put_ready(to, size, &ready)
           : !strcmp(name, "ready/no-endpoint") ? pz_put_ready(to, size, &silent)
           : !strcmp(name, "health")            ? pz_put_health(to, size, &health)
           : !strcmp(name, "health/plain")      ? pz_put_health(to, size, &plain)
           : !strcmp(name, "stopped")           ? pz_put_stopped(to, size, 0)
           : !strcmp(name, "stopped/positive")  ? pz_put_stopped(to, size, 3)
           : !strcmp(name, "stopped/negative")  ? pz_put_stopped(to, size, -1)
           : !strcmp(name, "stopped/least")     ? pz_put_stopped(to, size, INT32_MIN)
           : !strcmp(name, "stopped/most")      ? pz_put_stopped(to, size, INT32_MAX)
           : !strcmp(name, "child-fault")  ? pz_put_child_fault(to, size, 61, 1)
           : !strcmp(name, "emit")         ? pz_put_emit(to, size, PZ_LEVEL_INFO, pz_text("größer als 128?"))
           : !strcmp(name, "emit/empty")   ? pz_put_emit(to, size, PZ_LEVEL_ERROR, pz_text(""))
           : !strcmp(name, "emit/longest") ? pz_put_emit(to, size, PZ_LEVEL_DEBUG, pz_text(digits))
           : !strcmp(name, "info")         ? pz_put_info(to, size, &info)
           : !strcmp(name, "page")         ? pz_put_page(to, size, 8)
           : !strcmp(name, "page/far")     ? pz_put_page(to, size, UINT16_MAX)
           : !strcmp(name, "target")       ? pz_put_target(to, size, pz_text("network"))
           : !strcmp(name, "log-from")     ? pz_put_log_from(to, size, 70000)
           : !strcmp(name, "grants-of")    ? pz_put_grants_of(to, size, pz_text("axiom"), 16)
           : !strcmp(name, "lookup")        ? pz_put_lookup(to, size, files, at_least, &below)
           : !strcmp(name, "lookup/open")   ? pz_put_lookup(to, size, files, at_least, NULL)
           : !strcmp(name, "subscribe")     ? pz_put_subscribe(to, size, true)
           : !strcmp(name, "subscribe/end") ? pz_put_subscribe(to, size, false)
           : !strcmp(name, "spawn")         ? pz_put_spawn(to, size, worker, arguments, 2)
           : !strcmp(name, "grant")         ? pz_put_grant(to, size, worker, files)
           : !strcmp(name, "revoke")        ? pz_put_revoke(to, size, &worker, files)
           : !strcmp(name, "revoke/all")    ? pz_put_revoke(to, size, NULL, files)
           : !strcmp(name, "deliver")       ? pz_put_deliver(to, size, plugin, 768, "\x7f" "ELF", 4, false)
           : !strcmp(name, "deliver/last")  ? pz_put_deliver(to, size, plugin, 20479, "", 1, true)
           : !strcmp(name, "switch")        ? pz_put_switch(to, size, files, pz_text("ramfs"))
                                           : 0;
}

/* What it reads. Each is given whole payloads and damaged ones, and says of both whether they are well formed and right. */
static bool welcome(const void *bytes, size_t length)
{
    struct pz_welcome w;
    return pz_get_welcome(bytes, length, &w) && !memcmp(w.supervisor_secret, SECRET, sizeof SECRET)
           && w.incarnation == 7 && w.optional == 5;
}

static bool directive(const void *bytes, size_t length, enum pz_directive_kind kind, uint32_t number)
{
    struct pz_directive d;
    return pz_get_directive(bytes, length, &d) && d.kind == kind && d.number == number;
}

static bool nothing(const void *b, size_t n) { return directive(b, n, PZ_DIRECTIVE_NOTHING, 0); }
static bool probe(const void *b, size_t n) { return directive(b, n, PZ_DIRECTIVE_PROBE, 300); }
static bool prepare(const void *b, size_t n) { return directive(b, n, PZ_DIRECTIVE_PREPARE_STOP, 0); }
static bool stop(const void *b, size_t n) { return directive(b, n, PZ_DIRECTIVE_STOP, 0); }
static bool crash(const void *b, size_t n) { return directive(b, n, PZ_DIRECTIVE_CRASH, 0); }
static bool changed(const void *b, size_t n) { return directive(b, n, PZ_DIRECTIVE_CHANGED, 70000); }

static bool found(const void *bytes, size_t length)
{
    struct pz_found f;
    return pz_get_found(bytes, length, &f) && f.has_channel && f.channel == 3 && is(f.provider, "ramfs")
           && is(f.version, "1.0.300");
}

static bool found_for_the_host(const void *bytes, size_t length)
{
    struct pz_found f;
    return pz_get_found(bytes, length, &f) && !f.has_channel && is(f.provider, "ramfs") && is(f.version, "1.0.300");
}

static bool list(const void *bytes, size_t length)
{
    struct pz_list l;
    return pz_get_list(bytes, length, &l) && l.total == 300 && l.count == 2 && is(l.rows[0].name, "axiom")
           && l.rows[0].layer == 2 && l.rows[0].state == PZ_STATE_RUNNING && l.rows[0].incarnation == 1
           && is(l.rows[1].name, "network") && l.rows[1].layer == 5 && l.rows[1].state == PZ_STATE_DISABLED
           && l.rows[1].incarnation == 200 && l.has_next && l.next == 8;
}

static bool empty_list(const void *bytes, size_t length)
{
    struct pz_list l;
    return pz_get_list(bytes, length, &l) && l.total == 0 && l.count == 0 && !l.has_next;
}

static bool is_network(const struct pz_status *s)
{
    return s->id == 9 && is(s->name, "network") && is(s->version, "0.1.0") && s->layer == 5 && s->incarnation == 3
           && s->restarts == 2 && s->priority == 200 && s->memory == 1 << 20 && s->rejected == 0
           && s->messages == 4000000000;
}

static bool status(const void *bytes, size_t length)
{
    struct pz_status s;
    return pz_get_status(bytes, length, &s) && is_network(&s) && !s.critical && s.state == PZ_STATE_RUNNING
           && at(s.uptime, 5000000) && s.last_error == PZ_ERROR_SUPERVISOR_CRASHED
           && s.health == PZ_HEALTH_NOT_WELL && s.bad_reports == 300;
}

static bool well_status(const void *bytes, size_t length)
{
    struct pz_status s;
    return pz_get_status(bytes, length, &s) && is_network(&s) && s.health == PZ_HEALTH_WELL && s.bad_reports == 0;
}

static bool down(const void *bytes, size_t length)
{
    struct pz_status s;
    return pz_get_status(bytes, length, &s) && is_network(&s) && s.critical && s.state == PZ_STATE_FAILED
           && !s.uptime.known && s.last_error == 0
           && s.health == PZ_HEALTH_UNKNOWN && s.bad_reports == 0;
}

static bool event_log(const void *bytes, size_t length)
{
    struct pz_log l;
    if (!pz_get_log(bytes, length, &l) || l.count != 1 || l.lost != 2 || l.next != 43) {
        return false;
    }
    uint64_t sequence = pz_get_varint(&l.records, 32), time = pz_get_varint(&l.records, 64);
    uint64_t event = pz_get_varint(&l.records, 32), service = pz_get_varint(&l.records, 16);
    return pz_done(&l.records) && sequence == 42 && time == 1000000 && event == 7 && service == 9;
}

static bool grants(const void *bytes, size_t length)
{
    struct pz_grants g;
    return pz_get_grants(bytes, length, &g) && g.total == 2 && g.count == 2 && g.rows[0].kind == PZ_CAP_ENDPOINT
           && g.rows[0].at == 77 && g.rows[0].rights == 5 && is(g.rows[0].object, "storage/files")
           && g.rows[1].kind == PZ_CAP_DEVICE && g.rows[1].at == 0x10000000 && g.rows[1].rights == 3
           && is(g.rows[1].object, "hpet") && !g.has_next;
}

static bool boot(const void *bytes, size_t length)
{
    struct pz_boot b;
    return pz_get_boot(bytes, length, &b) && b.state == PZ_BOOT_BOOTING_LAYER && b.layer == 7 && !b.complete.known
           && b.count == 2 && is(b.rows[0].name, "axiom") && b.rows[0].layer == 2 && at(b.rows[0].created, 100)
           && at(b.rows[0].started, 120) && at(b.rows[0].ready, 4000) && is(b.rows[1].name, "late")
           && b.rows[1].layer == 7 && at(b.rows[1].created, 200) && !b.rows[1].started.known
           && !b.rows[1].ready.known && !b.has_next;
}

static bool complete(const void *bytes, size_t length)
{
    struct pz_boot b;
    return pz_get_boot(bytes, length, &b) && b.state == PZ_BOOT_SUPERVISOR_MODE && at(b.complete, 95000)
           && b.count == 0 && b.has_next && b.next == 24;
}

static bool version(const void *bytes, size_t length)
{
    struct pz_version v;
    return pz_get_version(bytes, length, &v) && is(v.system, "reference") && is(v.partenza, "0.1.0")
           && is(v.kernel, "seL4 5.0.0 x86_64");
}

static bool uptime(const void *bytes, size_t length)
{
    uint64_t micros;
    return pz_get_uptime(bytes, length, &micros) && micros == UINT64_MAX;
}

static bool audit(const void *bytes, size_t length)
{
    struct pz_audit a;
    return pz_get_audit(bytes, length, &a) && a.slots == 512 && a.present == 9 && a.missing == 1 && a.wrong == 2
           && a.surplus == 3 && a.types && a.diverted == 4;
}

static const struct {
    const char *name;
    bool (*right)(const void *, size_t);
} READERS[] = {
    {"welcome", welcome},
    {"directive/nothing", nothing},
    {"directive/probe", probe},
    {"directive/prepare-stop", prepare},
    {"directive/stop", stop},
    {"directive/crash", crash},
    {"directive/changed", changed},
    {"found", found},
    {"found/host", found_for_the_host},
    {"list", list},
    {"list/empty", empty_list},
    {"status", status},
    {"status/well", well_status},
    {"status/down", down},
    {"log", event_log},
    {"grants", grants},
    {"boot", boot},
    {"boot/complete", complete},
    {"version", version},
    {"uptime", uptime},
    {"audit", audit},
};

/* The startup page is no payload: it has no version byte, and is always whole. */
static bool startup(const uint8_t *bytes, size_t length)
{
    uint8_t page[PZ_STARTUP_BYTES] = {0};
    memcpy(page, bytes, length);
    struct pz_items arguments = pz_startup_list(page, PZ_STARTUP_ARGUMENTS);
    struct pz_items environment = pz_startup_list(page, PZ_STARTUP_ENVIRONMENT);
    struct pz_items provides = pz_startup_list(page, PZ_STARTUP_PROVIDES);
    struct pz_text text[4];
    struct pz_channel files, client, supervisor;
    struct pz_welcome genuine = {.incarnation = 300}, guessed = {.incarnation = 300};
    memcpy(guessed.supervisor_secret, SECRET, sizeof SECRET);
    for (size_t i = 0; i < PZ_SECRET_BYTES; i++) {
        genuine.supervisor_secret[i] = (uint8_t)~SECRET[i];
    }
    struct pz_welcome former = genuine;
    former.incarnation--;
    return pz_is_startup(page) && pz_startup_number(page, PZ_STARTUP_USED, 2) == length
           && pz_is_answered_by(page, &genuine) && !pz_is_answered_by(page, &guessed)
           && !pz_is_answered_by(page, &former)
           && pz_startup_number(page, PZ_STARTUP_IPC_BUFFER, 8) == 0x3ff000
           && !memcmp(page + PZ_STARTUP_SECRET, SECRET, sizeof SECRET)
           && pz_startup_number(page, PZ_STARTUP_INCARNATION, 4) == 300
           && pz_startup_number(page, PZ_STARTUP_OPTIONAL, 4) == 5
           && pz_startup_number(page, PZ_STARTUP_SERVICE, 2) == 10 && page[PZ_STARTUP_SUPERVISOR_CHANNEL] == 25
           && page[PZ_STARTUP_SERVES] == 1 && is(pz_startup_text(page, PZ_STARTUP_NAME), "terminal")
           && is(pz_startup_text(page, PZ_STARTUP_VERSION), "0.1.0") && pz_next_item(&arguments, &text[0])
           && is(text[0], "--echo") && pz_next_item(&arguments, &text[1]) && is(text[1], "")
           && !pz_next_item(&arguments, &text[1]) && pz_next_item(&environment, &text[2])
           && is(text[2], "TERM=dumb") && !pz_next_item(&environment, &text[2]) && pz_next_item(&provides, &text[3])
           && is(text[3], "shell/line@1.0.0") && pz_find_channel(page, pz_text("storage/files"), &files)
           && files.id == 3 && files.rights == 2 && pz_find_channel_id(page, 1, &client) && client.rights == 1
           && is(client.name, "identity") && pz_find_channel(page, pz_text("supervisor/control"), &supervisor)
           && supervisor.id == 25 && !pz_find_channel(page, pz_text("storage"), &files);
}

/* Damaged in every way, it is refused; room of every smaller size is too little. */
static bool checks(const char *name, uint8_t *bytes, size_t length)
{
    if (!strcmp(name, "startup-page")) {
        return startup(bytes, length);
    }
    size_t padded = (length + 7) / 8 * 8;
    for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++) {
        bool (*right)(const void *, size_t) = READERS[i].right;
        if (strcmp(name, READERS[i].name)) {
            continue;
        }
        bool good = right(bytes, length) && right(bytes, padded) && !right(bytes, padded + 8);
        for (size_t less = 0; less < length; less++) {
            good = good && !right(bytes, less);
        }
        bytes[length] = 1;
        good = good && !right(bytes, length + 1);
        bytes[0]++;
        return good && !right(bytes, length);
    }
    uint8_t written[PZ_MESSAGE_BYTES];
    memset(written, 0xff, sizeof written);
    bool good = write(name, written, sizeof written) == length && !memcmp(written, bytes, padded)
                && written[padded] == 0xff;
    for (size_t room = 0; room < padded; room++) {
        good = good && write(name, written, room) == 0;
    }
    return good;
}

int main(int count, char **arguments)
{
    FILE *file = count == 2 ? fopen(arguments[1], "r") : NULL;
    if (!file) {
        fprintf(stderr, "usage: vectors FILE\n");
        return 2;
    }
    static char line[4 * PZ_MESSAGE_BYTES], name[64], hex[3 * PZ_MESSAGE_BYTES];
    size_t seen = 0, readers = 0;
    const size_t expected = sizeof READERS / sizeof *READERS;
    bool good = true;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#' || sscanf(line, "%63s %2879s", name, hex) != 2) {
            continue;
        }
        uint8_t bytes[PZ_MESSAGE_BYTES + 16] = {0};
        size_t length = 0;
        unsigned byte;
        while (sscanf(hex + 2 * length, "%2x", &byte) == 1) {
            bytes[length++] = (uint8_t)byte;
        }
        seen++;
        for (size_t i = 0; i < sizeof READERS / sizeof *READERS; i++) {
            readers += !strcmp(name, READERS[i].name);
        }
        if (!checks(name, bytes, length)) {
            printf("%s: the header makes something else of it\n", name);
            good = false;
        }
    }
    fclose(file);
    if (readers != expected || seen != expected + WRITERS + 1) {
        printf("%zu of %zu readers were tried, with %zu vectors\n", readers, expected, seen);
        good = false;
    }
    return good ? 0 : 1;
}
