/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator, or a member with its help, and has kept
 * what passed. He sends a member a hundred packets for each that is due:
 * forged, repeated, shuffled, of keys that are over; a million in `make soak`.
 * He wants one of them played, the replay window or the jitter buffer moved so
 * that true ones are late, or the member kept so busy that it loses some.
 *
 * What stops him: nothing but a packet that opens moves anything; those that do
 * not are counted by their reason (libwzp-crypto/src/sframe_key.c,
 * group/packet.c); those for keys not yet known wait in a small queue only.
 */
#include "support/harness.h"
#include "support/liar/stage.h"
#include "support/world/rng.h"

#include <wzp/crypto/sframe.h>

#include <stdlib.h>
#include <string.h>

enum {
    KEPT = 200,
    EACH = 20000,       /* packets of a row */
    EACH_SOAK = 130000, /* a million in all rows */
    RAMP = 2000,        /* before them, until QUIC sends that fast */
    AT_ONCE = 5,        /* a millisecond */
};

typedef struct kept {
    size_t n, len[KEPT];
    uint8_t data[KEPT][256];
} kept;

typedef struct scene {
    wzp_stage s;
    wzp_node a, b; /* a talks; b, member 1 of the relay, is flooded */
    kept old, now;
    kept *keeps;
    unsigned drops; /* one of so many of a's packets; 0: none */
    unsigned passed;
    wzp_sealed_view last; /* of a's newest packet; `sealed` is not valid */
    wzp_test_rng rng;
} scene;

static bool look(void *user, wzp_liar *liar, int from, int to, uint8_t *data,
                 size_t *len)
{
    scene *sc = user;
    wzp_sealed_view v;
    (void)liar;
    if (from != 0 || to != 1 || *len > 256 ||
        wzp_sealed_view_decode(data, *len, &v) != WZP_OK ||
        v.form == WZP_FORM_CONTROL) {
        return true;
    }
    sc->last = v;
    if (sc->keeps != NULL && sc->keeps->n < KEPT) {
        memcpy(sc->keeps->data[sc->keeps->n], data, *len);
        sc->keeps->len[sc->keeps->n++] = *len;
    }
    return sc->drops == 0 || ++sc->passed % sc->drops != 0;
}

static wzp_node client(scene *sc, uint8_t identity)
{
    static int16_t hum[4800];
    for (size_t i = 0; i < 4800; i++) {
        hum[i] = (int16_t)((i * 7919 % 160) * 100 - 8000);
    }
    const wzp_world_client_config cfg = {
        .identity = identity, .in = hum, .in_len = 4800};
    const wzp_node n = wzp_world_client(sc->s.w, &cfg);
    wzp_world_join(sc->s.w, n, WZP_STAGE_ROOM, sc->s.relay);
    wzp_world_run(sc->s.w, 2 * WZP_S);
    return n;
}

/* Two that talk; packets of a generation that is over are kept. */
static scene *begin(void)
{
    scene *sc = calloc(1, sizeof *sc);
    const wzp_liar_hooks hooks = {.user = sc, .dgram = look};
    assert_non_null(sc);
    wzp_stage_open(&sc->s, 1, true);
    wzp_liar_hook(sc->s.liar, &hooks);
    sc->a = client(sc, 60);
    sc->b = client(sc, 61);
    const wzp_link_cfg link = {.delay_ns = 10 * WZP_MS};
    wzp_world_link(sc->s.w, sc->b, &link, &link);
    sc->keeps = &sc->old;
    wzp_puppet *guest = wzp_stage_enter(&sc->s, NULL);
    wzp_world_run(sc->s.w, 2 * WZP_S);
    assert_int_equal(sc->old.n, KEPT);
    wzp_puppet_leave(guest);
    wzp_world_run(sc->s.w, 5 * WZP_S); /* a new one, the old one is wiped */
    sc->keeps = &sc->now;
    wzp_world_run(sc->s.w, 5 * WZP_S);
    assert_int_equal(sc->now.n, KEPT);
    sc->keeps = NULL;
    return sc;
}

static void end(scene *sc)
{
    wzp_stage_close(&sc->s);
    free(sc);
}

/* --- packets --- */

static uint64_t any(scene *sc, uint64_t below)
{
    return wzp_test_rng_next(&sc->rng) % below;
}

static size_t repeated(scene *sc, uint8_t *out)
{
    const size_t i = any(sc, KEPT);
    memcpy(out, sc->now.data[i], sc->now.len[i]);
    return sc->now.len[i];
}

static size_t over(scene *sc, uint8_t *out)
{
    const size_t i = any(sc, KEPT);
    memcpy(out, sc->old.data[i], sc->old.len[i]);
    return sc->old.len[i];
}

/* As a would say it, now or far ahead; only the key is missing. */
static size_t forged_as(scene *sc, uint32_t kid, uint8_t *out)
{
    const wzp_rng rng = wzp_test_rng_table(&sc->rng);
    const uint64_t ahead = 1000 + any(sc, UINT64_C(1) << any(sc, 40));
    wzp_media_hdr hdr = sc->last.hdr;
    hdr.flags = WZP_MEDIA_SEALED;
    hdr.source_hint = (uint8_t)(kid >> 16);
    hdr.seq = (uint16_t)(hdr.seq + 1 + any(sc, 3));
    wzp_media_hdr_encode(&hdr, out);
    size_t n = WZP_MEDIA_HDR_LEN;
    n += wzp_sframe_hdr_encode(kid, sc->last.ctr + ahead, out + n);
    wzp_rng_fill(&rng, out + n, 80);
    return n + 80;
}

static size_t forged(scene *sc, uint8_t *out)
{
    return forged_as(sc, sc->last.kid, out);
}

static size_t unheard_of(scene *sc, uint8_t *out)
{
    return forged_as(sc, (uint32_t)any(sc, UINT32_MAX), out);
}

/* All behind the MediaHeader. */
static size_t shuffled(scene *sc, uint8_t *out)
{
    const size_t len = repeated(sc, out);
    for (size_t i = len - 1; i > WZP_MEDIA_HDR_LEN; i--) {
        const size_t k = WZP_MEDIA_HDR_LEN + any(sc, i + 1 - WZP_MEDIA_HDR_LEN);
        const uint8_t t = out[i];
        out[i] = out[k];
        out[k] = t;
    }
    return len;
}

static size_t cut(scene *sc, uint8_t *out)
{
    return any(sc, repeated(sc, out)) + 1;
}

static size_t changed(scene *sc, uint8_t *out)
{
    const size_t len = repeated(sc, out);
    out[any(sc, len)] ^= (uint8_t)(1u << any(sc, 8));
    return len;
}

static size_t of_all_kinds(scene *sc, uint8_t *out);

/* --- rows --- */

static unsigned each(void)
{
    return getenv("WZP_SOAK") == NULL ? EACH : EACH_SOAK;
}

#define COUNTS(field) offsetof(wzp_group_stats, field)
#define ANY_REASON    SIZE_MAX

static const struct {
    const char *name;
    size_t (*make)(scene *sc, uint8_t *out);
    size_t counter; /* where they go */
    unsigned least; /* % of them; the others are no datagrams of media */
} ROWS[] = {
    {"control: nothing", NULL, ANY_REASON, 0},
    {"forged", forged, COUNTS(bad_tag), 100},
    {"repeated", repeated, COUNTS(replayed), 100},
    {"of a generation that is over", over, COUNTS(unknown_key), 100},
    {"of keys nobody has", unheard_of, COUNTS(unknown_key), 100},
    {"shuffled", shuffled, ANY_REASON, 100},
    {"cut", cut, ANY_REASON, 100},
    {"changed", changed, ANY_REASON, 97},
    {"all of it", of_all_kinds, ANY_REASON, 97},
};

enum { N_ROWS = sizeof ROWS / sizeof ROWS[0] };

static size_t of_all_kinds(scene *sc, uint8_t *out)
{
    return ROWS[1 + any(sc, N_ROWS - 2)].make(sc, out);
}

static size_t n_rows(void)
{
    return N_ROWS;
}

static uint64_t counter_of(const wzp_client_stats *st, size_t at)
{
    const wzp_group_stats *g = &st->group;
    if (at == ANY_REASON) {
        return g->not_sealed + g->unknown_key + g->bad_tag + g->replayed +
               g->malformed;
    }
    uint64_t v;
    memcpy(&v, (const uint8_t *)g + at, sizeof v);
    return v;
}

static void flood(scene *sc, size_t row, unsigned n)
{
    uint8_t data[WZP_PKT_CAP];
    for (unsigned i = 0; i < n; i++) {
        if (ROWS[row].make != NULL) {
            const size_t len = ROWS[row].make(sc, data);
            wzp_liar_throw(sc->s.liar, 1, data, len);
        }
        if (i % AT_ONCE == AT_ONCE - 1) {
            wzp_world_run(sc->s.w, WZP_MS);
        }
    }
    wzp_world_run(sc->s.w, 100 * WZP_MS);
}

/* What b made of it. */
typedef struct outcome {
    uint64_t counted, said, heard, played, lost, late;
} outcome;

static outcome play(scene *sc, size_t row)
{
    flood(sc, row, RAMP);
    const wzp_client_stats a0 = wzp_world_stats(sc->s.w, sc->a);
    const wzp_client_stats b0 = wzp_world_stats(sc->s.w, sc->b);
    flood(sc, row, each());
    const wzp_client_stats a1 = wzp_world_stats(sc->s.w, sc->a);
    const wzp_client_stats b1 = wzp_world_stats(sc->s.w, sc->b);
    const outcome o = {
        .counted = counter_of(&b1, ROWS[row].counter) -
                   counter_of(&b0, ROWS[row].counter),
        .said = a1.packets_sent - a0.packets_sent,
        .heard = b1.packets_received - b0.packets_received,
        .played = b1.frames_played - b0.frames_played,
        .lost = b1.packets_lost - b0.packets_lost,
        .late =
            b1.packets_late - b0.packets_late + b1.packets_dup - b0.packets_dup,
    };
    print_message("%s: %d counted, %d said, %d heard, %d played, %d lost\n",
                  ROWS[row].name, (int)o.counted, (int)o.said, (int)o.heard,
                  (int)o.played, (int)o.lost);
    return o;
}

static void run_row(size_t row)
{
    scene *sc = begin();
    const outcome o = play(sc, row);
    assert_true(o.said >= 50 * (each() / AT_ONCE / 1000));
    assert_in_range(o.heard, o.said - 2, o.said + 2);
    assert_in_range(o.played, o.said - 2, o.said + 2);
    assert_int_equal(o.lost, 0);
    assert_int_equal(o.late, 0);
    if (ROWS[row].make == NULL) {
        assert_int_equal(o.counted, 0);
    } else {
        assert_true(o.counted >= each() / 100 * ROWS[row].least);
    }
    end(sc);
}

WZP_ROWS(of_a_flood_beside_the_true_packets_none_is_played, n_rows, run_row);

WZP_TEST(control_a_true_packet_that_is_missing_is_noticed)
{
    scene *sc = begin();
    sc->drops = 20;
    const outcome o = play(sc, 0);
    assert_true(o.heard + 5 < o.said);
    assert_true(o.lost > 5);
    end(sc);
}
