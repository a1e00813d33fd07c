/* SPDX-License-Identifier: MIT */
/* See secrets.h. A secret is cut into needles of 8 bytes and more; a table
 * over their first 8 bytes, masked, says quickly that a place holds none.
 */
#include "support/secrets/secrets.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PIECE = 8,
    NEEDLE_MAX = 24,
    NEEDLES = 1 << 21,
    SLOTS = 1 << 23, /* of the table, a power of two */
    KINDS = 64,
};

#define MASK UINT64_C(0x9E6C63D0676A9A99)

typedef struct needle {
    uint8_t bytes[NEEDLE_MAX]; /* masked */
    uint8_t len, kind;
    bool is_public;
    uint16_t found_in; /* memory, this search */
    uint32_t secret;   /* number */
} needle;

static needle *needles;
static uint32_t *slots; /* index + 1; 0: free */
static size_t n_needles, n_secrets, n_published;
static const char *kinds[KINDS];
static size_t per_kind[KINDS];
static size_t n_kinds;

static void wipe(void *p, size_t len)
{
    explicit_bzero(p, len);
}

static uint8_t mask_at(size_t i)
{
    return (uint8_t)(MASK >> (i % 8 * 8));
}

/* The first eight bytes, masked. */
static uint64_t head_of(const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v ^ MASK;
}

static uint64_t kept_head(const needle *n)
{
    uint64_t v;
    memcpy(&v, n->bytes, sizeof v);
    return v;
}

static size_t slot_of(uint64_t head)
{
    return (size_t)(head * UINT64_C(0x9E3779B97F4A7C15) >> 41) & (SLOTS - 1);
}

static bool is_at(const needle *n, const uint8_t *p, size_t left)
{
    if (n->len > left) {
        return false;
    }
    for (size_t i = PIECE; i < n->len; i++) {
        if ((uint8_t)(p[i] ^ mask_at(i)) != n->bytes[i]) {
            return false;
        }
    }
    return true;
}

/* The needle that is at p, public or not, or NULL. */
static needle *known_at(const uint8_t *p, size_t left)
{
    const uint64_t head = head_of(p);
    for (size_t s = slot_of(head); slots[s] != 0; s = (s + 1) & (SLOTS - 1)) {
        needle *n = &needles[slots[s] - 1];
        if (kept_head(n) == head && is_at(n, p, left)) {
            return n;
        }
    }
    return NULL;
}

static needle *at(const uint8_t *p, size_t left)
{
    needle *n = known_at(p, left);
    return n != NULL && !n->is_public ? n : NULL;
}

/* A counter or a filled block is no needle: it would be found everywhere. */
static bool is_telling(const uint8_t *p)
{
    size_t changes = 0;
    for (size_t i = 1; i < PIECE; i++) {
        changes += p[i] != p[i - 1];
    }
    return changes >= 3;
}

static void add(const void *bytes, size_t len, size_t kind)
{
    const uint8_t *p = bytes;
    if (len < PIECE || len > NEEDLE_MAX || !is_telling(p)) {
        return;
    }
    if (n_needles == NEEDLES) {
        abort();
    }
    needle *n = &needles[n_needles++];
    *n = (needle){.len = (uint8_t)len,
                  .kind = (uint8_t)kind,
                  .secret = (uint32_t)n_secrets};
    for (size_t i = 0; i < len; i++) {
        n->bytes[i] = (uint8_t)(p[i] ^ mask_at(i));
    }
    size_t s = slot_of(kept_head(n));
    while (slots[s] != 0) {
        s = (s + 1) & (SLOTS - 1);
    }
    slots[s] = (uint32_t)n_needles;
}

/* --- forms ---------------------------------------------------------------- */

static void add_hex(const uint8_t *p, size_t kind)
{
    static const char *const digits[] = {"0123456789abcdef",
                                         "0123456789ABCDEF"};
    for (size_t f = 0; f < 2; f++) {
        char plain[2 * PIECE + 1], colons[3 * PIECE + 1], pairs[3 * PIECE];
        size_t by_two = 0;
        for (size_t i = 0; i < PIECE; i++) {
            char byte[2] = {digits[f][p[i] >> 4], digits[f][p[i] & 15]};
            memcpy(plain + 2 * i, byte, 2);
            memcpy(colons + 3 * i, byte, 2);
            colons[3 * i + 2] = ':';
            memcpy(pairs + by_two, byte, 2);
            by_two += 2;
            if (i % 2 == 1) {
                pairs[by_two++] = ':';
            }
            wipe(byte, sizeof byte);
        }
        add(plain, 2 * PIECE, kind);
        add(colons, 3 * PIECE - 1, kind);
        add(pairs, by_two - 1, kind);
        wipe(plain, sizeof plain);
        wipe(colons, sizeof colons);
        wipe(pairs, sizeof pairs);
    }
}

/* Nine bytes that begin a group of three. */
static void add_base64(const uint8_t *p, size_t kind)
{
    static const char *const tails[] = {"+/", "-_"};
    for (size_t f = 0; f < 2; f++) {
        char out[12];
        for (size_t i = 0; i < 12; i++) {
            const size_t bit = i * 6;
            const unsigned two =
                (unsigned)(p[bit / 8] << 8) |
                (bit / 8 + 1 < 9 ? (unsigned)p[bit / 8 + 1] : 0u);
            const unsigned v = two >> (10 - bit % 8) & 63;
            out[i] = (char)(v < 26   ? 'A' + v
                            : v < 52 ? 'a' + v - 26
                            : v < 62 ? '0' + v - 52
                                     : (unsigned)tails[f][v - 62]);
        }
        add(out, sizeof out, kind);
        wipe(out, sizeof out);
    }
}

/* --- noting --------------------------------------------------------------- */

static size_t kind_of(const char *what)
{
    for (size_t i = 0; i < n_kinds; i++) {
        if (strcmp(kinds[i], what) == 0) {
            return i;
        }
    }
    if (n_kinds == KINDS) {
        abort();
    }
    kinds[n_kinds] = what;
    return n_kinds++;
}

static void begin(void)
{
    if (needles == NULL) {
        needles = calloc(NEEDLES, sizeof *needles);
        slots = calloc(SLOTS, sizeof *slots);
    }
    if (needles == NULL || slots == NULL) {
        abort();
    }
}

void secrets_note(const char *what, const void *data, size_t len)
{
    const uint8_t *p = data;
    begin();
    if (len < 2 * PIECE || known_at(p, len) != NULL) {
        return;
    }
    const size_t kind = kind_of(what);
    n_secrets++;
    per_kind[kind]++;
    for (size_t i = 0; i + PIECE <= len; i += PIECE) {
        add(p + i, PIECE, kind);
        add_hex(p + i, kind);
    }
    for (size_t shift = 0; shift < 3; shift++) {
        for (size_t i = shift; i + 9 <= len; i += 12) {
            add_base64(p + i, kind);
        }
    }
}

void secrets_note_text(const char *what, const char *text)
{
    begin();
    const size_t len = strlen(text);
    const size_t kind = kind_of(what);
    n_secrets++;
    per_kind[kind]++;
    add(text, len < NEEDLE_MAX ? len : NEEDLE_MAX, kind);
}

void secrets_publish(const void *data, size_t len)
{
    begin();
    const needle *first = at(data, len);
    if (first == NULL) {
        return;
    }
    const uint32_t secret = first->secret;
    for (size_t i = 0; i < n_needles; i++) {
        needles[i].is_public |= needles[i].secret == secret;
    }
    n_published++;
}

size_t secrets_published(void)
{
    return n_published;
}

size_t secrets_count(const char *what)
{
    return what == NULL ? n_secrets : per_kind[kind_of(what)];
}

/* --- searching ------------------------------------------------------------ */

const char *secrets_find(const void *data, size_t len)
{
    const uint8_t *p = data;
    begin();
    for (size_t i = 0; i + PIECE <= len; i++) {
        const needle *n = at(p + i, len - i);
        if (n != NULL) {
            return kinds[n->kind];
        }
    }
    return NULL;
}

static void search(const uint8_t *p, size_t len, uint16_t round)
{
    for (size_t i = 0; i + PIECE <= len; i++) {
        needle *n = at(p + i, len - i);
        if (n != NULL) {
            n->found_in = round;
        }
    }
}

static size_t found[KINDS];

static size_t tell_found(uint16_t round)
{
    size_t total = 0;
    uint32_t last = 0;
    memset(found, 0, sizeof found);
    for (size_t i = 0; i < n_needles; i++) {
        if (needles[i].found_in == round && needles[i].secret != last) {
            last = needles[i].secret;
            found[needles[i].kind]++;
            total++;
        }
    }
    for (size_t k = 0; k < n_kinds; k++) {
        if (found[k] > 0) {
            printf("in memory: %zu of %zu %s\n", found[k], per_kind[k],
                   kinds[k]);
        }
    }
    return total;
}

/* What the search had in hand is not to be found by the next one. */
static void scrub(void)
{
    uint8_t stack[8192];
    wipe(stack, sizeof stack);
}

size_t secrets_found(const char *what)
{
    return found[kind_of(what)];
}

size_t secrets_in_memory(void)
{
    static uint16_t round;
    char line[300];
    FILE *maps = fopen("/proc/self/maps", "r");
    round++;
    begin();
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        uintptr_t from, to;
        char mode[5];
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &from, &to, mode) ==
                3 &&
            mode[0] == 'r' && mode[1] == 'w' &&
            strstr(line, "[v") == NULL) { /* vvar */
            search((const uint8_t *)from, to - from, round);
        }
    }
    if (maps != NULL) {
        fclose(maps);
    }
    scrub();
    return tell_found(round);
}

/* --- sinks ---------------------------------------------------------------- */

static size_t emitted[SECRETS_SINKS], leaks[SECRETS_SINKS];
static uint8_t samples[SECRETS_SINKS][SECRETS_SAMPLE_LEN];
static bool has_sample[SECRETS_SINKS];

static void take_sample(secrets_sink sink, const uint8_t *p, size_t len)
{
    for (size_t i = 0; i + SECRETS_SAMPLE_LEN <= len && !has_sample[sink];
         i += PIECE) {
        if (is_telling(p + i) && is_telling(p + i + PIECE)) {
            memcpy(samples[sink], p + i, SECRETS_SAMPLE_LEN);
            has_sample[sink] = true;
        }
    }
}

bool secrets_sample(secrets_sink sink, unsigned char out[SECRETS_SAMPLE_LEN])
{
    memcpy(out, samples[sink], SECRETS_SAMPLE_LEN);
    return has_sample[sink];
}

const char *secrets_sink_name(secrets_sink sink)
{
    static const char *const names[] = {"log",    "event", "stats", "store",
                                        "signal", "dgram", "packet"};
    return names[sink];
}

void secrets_emit(secrets_sink sink, const void *data, size_t len)
{
    emitted[sink] += len;
    take_sample(sink, data, len);
    const char *what = secrets_find(data, len);
    if (what != NULL && leaks[sink]++ < 5) {
        printf("a %s shows in a %s of %zu bytes\n", what,
               secrets_sink_name(sink), len);
    }
}

size_t secrets_emitted(secrets_sink sink)
{
    return emitted[sink];
}

size_t secrets_leaks(secrets_sink sink)
{
    return leaks[sink];
}

/* -------------------------------------------------------------------------- */

void secrets_clear(void)
{
    free(needles);
    free(slots);
    needles = NULL;
    slots = NULL;
    n_needles = n_secrets = n_published = n_kinds = 0;
    memset(per_kind, 0, sizeof per_kind);
    memset(emitted, 0, sizeof emitted);
    memset(leaks, 0, sizeof leaks);
    memset(has_sample, 0, sizeof has_sample);
}
