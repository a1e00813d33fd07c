/* SPDX-License-Identifier: MIT */
/* The window's solver: streams of the vectors, then a sender of its own with
 * losses drawn by seed, where every frame that comes out is compared.
 */
#include "memory.h"
#include "support/harness.h"

#include <wzp/proto/bundle.h>
#include <wzp/proto/window.h>

#include <string.h>

static wzp_window *new_window(void)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_window *w;
    assert_int_equal(wzp_window_new(&w, &mem), WZP_OK);
    return w;
}

static void take_bundle(wzp_window *w, const uint8_t *data, size_t len,
                        uint16_t seq)
{
    wzp_bundle2 b;
    assert_int_equal(wzp_bundle2_decode(data, len, seq, &b), WZP_OK);
    for (unsigned i = 0; i < b.n_new; i++) {
        wzp_window_frame(w, (uint16_t)(seq + i),
                         b.frames + (size_t)i * b.frame_len, b.frame_len);
    }
    wzp_window_parity(w, &b);
}

static void take_plain(wzp_window *w, const uint8_t *data, size_t len,
                       uint16_t seq)
{
    wzp_bundle b;
    assert_int_equal(wzp_bundle_decode(data, len, seq, &b), WZP_OK);
    for (unsigned i = 0; i < b.n_new; i++) {
        wzp_window_frame(w, (uint16_t)(seq + i), b.frames[i].ptr,
                         b.frames[i].len);
    }
}

/* --- the vectors ---------------------------------------------------------- */

static const cJSON *streams(void)
{
    static cJSON *root;
    if (root == NULL) {
        root = wzp_test_read_json("bundle2.json");
    }
    return wzp_test_item(root, "streams");
}

static size_t count_streams(void)
{
    return (size_t)cJSON_GetArraySize(streams());
}

static void take_packet(wzp_window *w, const cJSON *packet)
{
    uint8_t data[512];
    size_t len;
    const uint16_t seq = (uint16_t)wzp_test_num(packet, "seq");
    if (cJSON_IsTrue(wzp_test_item(packet, "lost"))) {
        return;
    }
    wzp_test_hex_of(packet, "plaintext", data, sizeof data, &len);
    if (data[2] == WZP_BUNDLE2_FORM) {
        take_bundle(w, data, len, seq);
    } else {
        take_plain(w, data, len, seq);
    }
}

/* Each of `rebuilt` comes out once, and nothing else. */
static void run_stream(size_t row)
{
    const cJSON *v = cJSON_GetArrayItem(streams(), (int)row);
    const cJSON *rebuilt = wzp_test_item(v, "rebuilt");
    const int want = cJSON_GetArraySize(rebuilt);
    wzp_window *w = new_window();
    bool came[64] = {false};
    int n = 0;

    const cJSON *packet;
    cJSON_ArrayForEach(packet, wzp_test_item(v, "packets"))
    {
        take_packet(w, packet);
        uint16_t seq;
        wzp_bytes frame;
        while (wzp_window_next(w, &seq, &frame)) {
            int i = 0;
            while (i < want &&
                   cJSON_GetArrayItem(cJSON_GetArrayItem(rebuilt, i), 0)
                           ->valuedouble != seq) {
                i++;
            }
            assert_true(i < want && !came[i]);
            came[i] = true;
            n++;
            WZP_ASSERT_HEX(frame.ptr, frame.len,
                           cJSON_GetArrayItem(cJSON_GetArrayItem(rebuilt, i), 1)
                               ->valuestring);
        }
    }

    assert_int_equal(n, want);
    wzp_window_free(w);
}
WZP_ROWS(window_rebuilds_the_streams_of_the_vectors, count_streams, run_stream);

/* --- losses by seed ------------------------------------------------------- */

enum { LEN = 6, NEW = 4, FRAMES = 8000 };

typedef struct sim {
    wzp_window *w;
    uint32_t random;
    uint16_t seq0;
    uint8_t frame[FRAMES][LEN];
    bool is_here[FRAMES];
    unsigned lost, rebuilt;
    unsigned wait_ms[FRAMES]; /* of those rebuilt */
} sim;

static uint32_t draw(sim *s)
{
    s->random ^= s->random << 13; /* xorshift32 */
    s->random ^= s->random >> 17;
    s->random ^= s->random << 5;
    return s->random;
}

static void sim_begin(sim *s, uint32_t seed, uint16_t seq0)
{
    memset(s, 0, sizeof *s);
    s->w = new_window();
    s->random = seed;
    s->seq0 = seq0;
    for (size_t i = 0; i < FRAMES; i++) {
        for (size_t k = 0; k < LEN; k++) {
            s->frame[i][k] = (uint8_t)draw(s);
        }
    }
}

static void sim_collect(sim *s, unsigned last)
{
    uint16_t seq;
    wzp_bytes frame;
    while (wzp_window_next(s->w, &seq, &frame)) {
        const unsigned back =
            (uint16_t)((uint16_t)(s->seq0 + last) - seq); /* from the newest */
        const unsigned i = last - back;
        assert_true(back < FRAMES && i < FRAMES);
        assert_false(s->is_here[i]);
        assert_memory_equal(frame.ptr, s->frame[i], LEN);
        s->is_here[i] = true;
        s->wait_ms[s->rebuilt++] = back / NEW * NEW * 40;
    }
}

/* A stream of 4 new frames a packet, p symbols over the 16 before. */
static void sim_run(sim *s, unsigned p, uint32_t lost_of_1000)
{
    uint8_t row = 0;
    for (unsigned i = NEW; i + NEW <= FRAMES; i += NEW) {
        const unsigned n_old = i < 16 ? i : 16;
        const uint8_t *frames[20];
        for (unsigned j = 0; j < n_old + NEW; j++) {
            frames[j] = s->frame[i - n_old + j];
        }
        const wzp_bundle2 b = {.seq = (uint16_t)(s->seq0 + i),
                               .n_old = (uint8_t)n_old,
                               .n_new = NEW,
                               .frame_len = LEN,
                               .row = row,
                               .n_parity = (uint8_t)(p < n_old ? p : n_old)};
        uint8_t data[256];
        size_t len;
        assert_int_equal(
            wzp_bundle2_encode(&b, frames, data, sizeof data, &len), WZP_OK);
        row = (uint8_t)((row + b.n_parity) % WZP_BUNDLE2_ROWS);
        if (draw(s) % 1000 < lost_of_1000) {
            s->lost += NEW;
            continue;
        }
        for (unsigned j = 0; j < NEW; j++) {
            s->is_here[i + j] = true;
        }
        take_bundle(s->w, data, len, b.seq);
        sim_collect(s, i + NEW - 1);
    }
}

static int by_size(const void *a, const void *b)
{
    const unsigned *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static unsigned wait_p95(sim *s)
{
    qsort(s->wait_ms, s->rebuilt, sizeof s->wait_ms[0], by_size);
    return s->rebuilt == 0 ? 0 : s->wait_ms[s->rebuilt * 95 / 100];
}

static double delivered(const sim *s)
{
    unsigned n = 0;
    for (unsigned i = NEW; i < FRAMES; i++) {
        n += s->is_here[i];
    }
    return (double)n / (FRAMES - NEW);
}

/* voice-facts.md 2, "Coded instead of repeated", window of 4 packets. */
static const struct {
    unsigned symbols;
    uint32_t lost_of_1000;
    double delivered_min, delivered_max;
    unsigned wait_p95_max;
} TABLE[] = {
    {4, 100, 0.998, 1.0, 640},   {4, 300, 0.955, 0.98, 1400},
    {4, 500, 0.73, 0.80, 1600},  {8, 300, 0.985, 1.0, 960},
    {8, 500, 0.895, 0.93, 1120}, {12, 100, 1.0, 1.0, 480},
    {12, 300, 0.994, 1.0, 640},  {12, 500, 0.935, 0.965, 960},
    {0, 500, 0.47, 0.53, 0}, /* the control: nothing is rebuilt of nothing */
};

static size_t count_table(void)
{
    return sizeof TABLE / sizeof TABLE[0];
}

static void run_table(size_t row)
{
    static sim s;
    double sum = 0;
    for (uint32_t seed = 1; seed <= 3; seed++) {
        sim_begin(&s, seed, (uint16_t)(seed * 30000));
        if (TABLE[row].symbols > 0) {
            sim_run(&s, TABLE[row].symbols, TABLE[row].lost_of_1000);
        } else {
            for (unsigned i = NEW; i < FRAMES; i++) {
                s.is_here[i] = draw(&s) % 2 == 0;
            }
        }
        sum += delivered(&s) / 3;
        assert_true(wait_p95(&s) <= TABLE[row].wait_p95_max);
        wzp_window_free(s.w);
    }
    if (sum < TABLE[row].delivered_min || sum > TABLE[row].delivered_max) {
        fail_msg("%u symbols, %u of 1000 lost: %.4f delivered",
                 TABLE[row].symbols, TABLE[row].lost_of_1000, sum);
    }
}
WZP_ROWS(window_delivers_what_the_measured_table_says, count_table, run_table);

/* As many symbols as frames were lost, all over the same frames: these rebuild
 * them always, whatever the rows. */
WZP_TEST(window_rebuilds_any_k_lost_from_any_k_symbols)
{
    static sim s;
    sim_begin(&s, 5, 0);
    const uint8_t *frames[16];
    for (unsigned j = 0; j < 16; j++) {
        frames[j] = s.frame[j];
    }
    for (unsigned round = 0; round < 2000; round++) {
        wzp_window_reset(s.w);
        memset(s.is_here, 0, sizeof s.is_here);
        unsigned lost = 0;
        for (unsigned i = 0; i < 16; i++) {
            if (draw(&s) % 2 == 0 && lost < 12) {
                lost++;
            } else {
                wzp_window_frame(s.w, (uint16_t)i, s.frame[i], LEN);
                s.is_here[i] = true;
            }
        }
        uint8_t data[256];
        size_t len;
        const wzp_bundle2 b = {.seq = 16,
                               .n_old = 16,
                               .frame_len = LEN,
                               .row = (uint8_t)(draw(&s) % 128),
                               .n_parity = (uint8_t)(lost == 0 ? 1 : lost)};
        assert_int_equal(
            wzp_bundle2_encode(&b, frames, data, sizeof data, &len), WZP_OK);
        take_bundle(s.w, data, len, 16);
        s.rebuilt = 0;
        sim_collect(&s, 15);
        assert_int_equal(s.rebuilt, lost);
    }
    wzp_window_free(s.w);
}

/* --- order, repeats, beginnings ------------------------------------------- */

/* 16 frames, 4 of them lost, and two bundles after them. */
typedef struct short_stream {
    uint8_t frame[24][LEN];
    uint8_t data[2][128];
    size_t len[2];
} short_stream;

static void make_short(short_stream *s)
{
    const uint8_t *frames[24];
    for (unsigned i = 0; i < 24; i++) {
        memset(s->frame[i], (int)(i * 7 + 1), LEN);
        frames[i] = s->frame[i];
    }
    for (unsigned i = 0; i < 2; i++) {
        const wzp_bundle2 b = {.seq = (uint16_t)(16 + i * 4),
                               .n_old = 16,
                               .n_new = 4,
                               .frame_len = LEN,
                               .row = (uint8_t)(i * 2),
                               .n_parity = 2};
        assert_int_equal(
            wzp_bundle2_encode(&b, frames + i * 4, s->data[i], 128, &s->len[i]),
            WZP_OK);
    }
}

/* One that has the stream's first n frames. */
static wzp_window *window_after(short_stream *s, unsigned n)
{
    make_short(s);
    wzp_window *w = new_window();
    for (unsigned i = 0; i < n; i++) {
        wzp_window_frame(w, (uint16_t)i, s->frame[i], LEN);
    }
    return w;
}

static unsigned drain(wzp_window *w, const short_stream *s)
{
    uint16_t seq;
    wzp_bytes frame;
    unsigned n = 0;
    while (wzp_window_next(w, &seq, &frame)) {
        assert_memory_equal(frame.ptr, s->frame[seq], LEN);
        n++;
    }
    return n;
}

WZP_TEST(window_waits_until_there_are_as_many_symbols_as_lost_frames)
{
    short_stream s;
    wzp_window *w = window_after(&s, 12);

    take_bundle(w, s.data[0], s.len[0], 16);
    assert_int_equal(drain(w, &s), 0);
    take_bundle(w, s.data[1], s.len[1], 20);

    assert_int_equal(drain(w, &s), 4);
    wzp_window_free(w);
}

WZP_TEST(window_uses_a_frame_that_comes_after_the_symbols)
{
    short_stream s;
    wzp_window *w = window_after(&s, 13);
    take_bundle(w, s.data[0], s.len[0], 16);
    assert_int_equal(drain(w, &s), 0); /* 3 lost, 2 symbols */

    wzp_window_frame(w, 14, s.frame[14], LEN);

    assert_int_equal(drain(w, &s), 2);
    wzp_window_free(w);
}

WZP_TEST(window_takes_bundles_in_any_order_and_twice)
{
    short_stream s;
    wzp_window *w = window_after(&s, 12);

    take_bundle(w, s.data[1], s.len[1], 20);
    take_bundle(w, s.data[1], s.len[1], 20);
    assert_int_equal(drain(w, &s), 0);
    take_bundle(w, s.data[0], s.len[0], 16);

    assert_int_equal(drain(w, &s), 4);
    take_bundle(w, s.data[0], s.len[0], 16);
    assert_int_equal(drain(w, &s), 0);
    wzp_window_free(w);
}

WZP_TEST(window_gives_out_no_frame_that_came_after_all)
{
    short_stream s;
    wzp_window *w = window_after(&s, 14);
    take_bundle(w, s.data[0], s.len[0], 16); /* 14 and 15 follow */

    wzp_window_frame(w, 15, s.frame[15], LEN);

    uint16_t seq;
    wzp_bytes frame;
    assert_true(wzp_window_next(w, &seq, &frame));
    assert_int_equal(seq, 14);
    assert_false(wzp_window_next(w, &seq, &frame));
    wzp_window_free(w);
}

WZP_TEST(window_begins_anew_with_frames_of_another_length_or_far_ahead)
{
    short_stream s;
    make_short(&s);
    for (unsigned i = 0; i < 2; i++) {
        wzp_window *w = new_window();
        for (unsigned f = 0; f < 12; f++) {
            wzp_window_frame(w, (uint16_t)f, s.frame[f], LEN);
        }
        take_bundle(w, s.data[0], s.len[0], 16);
        const uint8_t other[8] = {1};

        wzp_window_frame(w, i == 0 ? 20 : 5000, other, i == 0 ? 8 : LEN);
        take_bundle(w, s.data[1], s.len[1], 20);

        assert_int_equal(drain(w, &s), 0);
        wzp_window_free(w);
    }
}

WZP_TEST(window_ignores_frames_of_impossible_length)
{
    static const uint8_t big[WZP_BUNDLE2_LEN_MAX + 1];
    short_stream s;
    wzp_window *w = window_after(&s, 14);
    wzp_window_frame(w, 14, big, sizeof big);
    wzp_window_frame(w, 15, big, 0);

    take_bundle(w, s.data[0], s.len[0], 16);

    assert_int_equal(drain(w, &s), 2);
    wzp_window_free(w);
}

WZP_TEST(window_takes_all_its_memory_when_it_is_made)
{
    test_memory m = {0};
    const wzp_mem mem = test_memory_mem(&m);
    wzp_window *w = NULL;
    m.fail_from = 1;
    assert_int_equal(wzp_window_new(&w, &mem), WZP_ERR_NOMEM);
    assert_int_equal(m.held, 0);
    m.fail_from = 0;
    assert_int_equal(wzp_window_new(&w, &mem), WZP_OK);
    const size_t calls = m.calls;
    short_stream s;
    make_short(&s);

    take_bundle(w, s.data[0], s.len[0], 16);
    take_bundle(w, s.data[1], s.len[1], 20);

    assert_int_equal(m.calls, calls);
    wzp_window_free(w);
    assert_int_equal(m.held, 0);
}
