/* SPDX-License-Identifier: MIT */
/* Packets back into frames. A packer makes the packets, some are lost, come
 * late or in another order; every frame that comes out is compared with the one
 * that went in, its number and its time stamp too.
 */
#include "voice/depacket.h"

#include "client/fakes.h"
#include "client/packing.h"

#include <wzp/proto/bundle.h>

enum { FRAMES_MAX = 4096 };

typedef struct fixture {
    fake_mem m;
    wzp_mem mem;
    wzp__depacket *d;
    wzp__packer p; /* 85 KB */
    const voice *v;
    uint16_t seq0;
    uint32_t clock_ms;
    uint32_t times[FRAMES_MAX]; /* what the sender wrote */
    uint8_t came[FRAMES_MAX];   /* how often */
    unsigned n[3];              /* by wzp__frame_from */
    unsigned followers;
    char order[64]; /* N, C, P of what came since it was cleared */
    uint32_t random;
} fixture;

static fixture f;

static void setup(const voice *v, const wzp_media_mode *mode, uint16_t seq0)
{
    memset(&f, 0, sizeof f);
    f.mem = fake_mem_table(&f.m);
    f.v = v;
    f.seq0 = seq0;
    f.clock_ms = 100000;
    f.random = 7919;
    wzp__packer_init(&f.p, mode);
    f.p.seq = seq0;
    ASSERT_OK(wzp__depacket_new(&f.d, &f.mem));
}

static void teardown(void)
{
    wzp__depacket_free(f.d);
    assert_int_equal(f.m.held, 0);
}

static void on_frame(void *user, wzp_tstamp now, const wzp__frame_in *in)
{
    assert_ptr_equal(user, &f);
    assert_int_equal(now, WZP_S + f.clock_ms * WZP_MS);
    const uint16_t i = (uint16_t)(in->seq - f.seq0);
    uint8_t want[128];
    assert_true(i < FRAMES_MAX);
    assert_int_equal(in->len, frame_bytes(f.v, in->seq, want));
    assert_memory_equal(in->data, want, in->len);
    assert_int_equal(in->codec, f.v->codec);
    assert_int_equal(in->frame_ms, f.v->frame_ms);
    assert_int_equal(in->timestamp, f.times[i]);
    f.came[i]++;
    f.n[in->from]++;
    f.followers += in->is_follower;
    const size_t n = strlen(f.order);
    if (n + 1 < sizeof f.order) {
        f.order[n] = "NCP"[in->from];
    }
}

static wzp_err recv_packed(const wzp__packed *x)
{
    return wzp__depacket_recv(f.d, WZP_S + f.clock_ms * WZP_MS, &x->hdr,
                              x->form, x->plain, x->len, on_frame, &f);
}

static bool next(wzp__packed *out)
{
    wzp_tstamp at;
    if (!wzp__packer_at(&f.p, &at)) {
        return false;
    }
    ASSERT_OK(wzp__packer_get(&f.p, out));
    wzp__packer_sent(&f.p);
    return true;
}

static void speak_one(void)
{
    f.times[(uint16_t)(f.p.seq - f.seq0)] = f.clock_ms;
    put_frame(&f.p, WZP_S + f.clock_ms * WZP_MS, f.v, f.clock_ms);
    f.clock_ms += f.v->frame_ms;
}

/* Speak until a packet is complete. */
static void speak_packet(wzp__packed *out)
{
    while (!next(out)) {
        speak_one();
    }
}

static uint32_t draw(void)
{
    f.random ^= f.random << 13; /* xorshift32 */
    f.random ^= f.random >> 17;
    f.random ^= f.random << 5;
    return f.random;
}

static void send_packets(unsigned n, uint32_t lost_of_100)
{
    for (unsigned i = 0; i < n; i++) {
        wzp__packed x;
        speak_packet(&x);
        if (draw() % 100 >= lost_of_100) {
            ASSERT_OK(recv_packed(&x));
        }
    }
}

static unsigned missing(void)
{
    unsigned n = 0;
    const uint16_t all = (uint16_t)(f.p.seq - f.p.n_pending - f.seq0);
    for (unsigned i = 0; i < all; i++) {
        assert_true(f.came[i] <= 1);
        n += f.came[i] == 0;
    }
    return n;
}

/* --- every mode, there and back ------------------------------------------- */

static const struct {
    const voice *v;
    uint8_t n_new, n_old, q, window, k, r;
    uint32_t lost_of_100;
    unsigned missing_min, missing_max; /* permille */
} MODES[] = {
    {&OPUS_20, 1, 0, 0, 0, 0, 0, 0, 0, 0},
    {&OPUS_60, 3, 0, 0, 0, 0, 0, 0, 0, 0},
    {&OPUS_60, 2, 2, 0, 0, 0, 0, 0, 0, 0},
    {&CODEC2_1200, 4, 0, 3, 4, 0, 0, 0, 0, 0},
    {&OPUS_20, 1, 0, 0, 0, 10, 5, 0, 0, 0},
    {&OPUS_20, 3, 4, 0, 0, 10, 5, 0, 0, 0},
    /* nothing to rebuild from: as many are missing as were lost */
    {&OPUS_20, 1, 0, 0, 0, 0, 0, 30, 270, 330},
    /* one copy: lost² */
    {&OPUS_60, 2, 2, 0, 0, 0, 0, 30, 60, 120},
    {&OPUS_20, 1, 3, 0, 0, 0, 0, 30, 0, 30},
    {&CODEC2_1200, 4, 0, 3, 4, 0, 0, 30, 0, 12},
    {&CODEC2_1200, 4, 0, 3, 4, 0, 0, 50, 20, 75},
    /* 5 parity packets over 10 frames */
    {&OPUS_20, 1, 0, 0, 0, 10, 5, 20, 0, 40},
    {&OPUS_60, 1, 0, 0, 0, 8, 8, 30, 0, 40},
};

static size_t count_modes(void)
{
    return sizeof MODES / sizeof MODES[0];
}

static void run_mode(size_t row)
{
    wzp_media_mode mode =
        mode_of(MODES[row].v, MODES[row].n_new, MODES[row].n_old);
    mode.window_q = MODES[row].q;
    mode.window = MODES[row].window;
    mode.parity_k = MODES[row].k;
    mode.parity_r = MODES[row].r;
    for (unsigned wraps = 0; wraps < 2; wraps++) {
        setup(MODES[row].v, &mode, wraps ? 65000 : 0);
        const size_t calls = f.m.calls;

        send_packets(1000, MODES[row].lost_of_100);

        const unsigned all = (uint16_t)(f.p.seq - f.p.n_pending - f.seq0);
        assert_in_range(missing() * 1000 / all, MODES[row].missing_min,
                        MODES[row].missing_max);
        assert_int_equal(f.m.calls, calls); /* no memory per packet */
        teardown();
    }
}
WZP_ROWS(depacket_gives_back_what_the_packer_packed, count_modes, run_mode);

/* --- order within and between packets ------------------------------------- */

WZP_TEST(depacket_gives_new_frames_first_and_copies_only_where_they_are_news)
{
    const wzp_media_mode mode = mode_of(&OPUS_60, 2, 2);
    wzp__packed x[3];
    setup(&OPUS_60, &mode, 0);
    for (unsigned i = 0; i < 3; i++) {
        speak_packet(&x[i]);
    }

    ASSERT_OK(recv_packed(&x[0]));
    assert_string_equal(f.order, "NN");
    assert_int_equal(f.followers, 1);
    ASSERT_OK(recv_packed(&x[2])); /* the second is lost */
    assert_string_equal(f.order, "NNNNCC");
    ASSERT_OK(recv_packed(&x[1])); /* or late: nothing in it is news */

    assert_string_equal(f.order, "NNNNCC");
    assert_int_equal(missing(), 0);
    teardown();
}

/* The packets of one block, parity too: the pause sends what is open. */
static unsigned speak_block(wzp__packed *x, unsigned k)
{
    for (unsigned i = 0; i < k; i++) {
        speak_one();
    }
    wzp__packer_pause(&f.p, WZP_S + f.clock_ms * WZP_MS);
    unsigned n = 0;
    while (next(&x[n])) {
        n++;
    }
    return n;
}

WZP_TEST(depacket_rebuilds_when_the_last_piece_comes_whatever_it_is)
{
    wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    mode.parity_k = 4;
    mode.parity_r = 2;
    static wzp__packed x[8];
    for (unsigned late = 0; late < 6; late++) {
        setup(&OPUS_20, &mode, 65534);
        assert_int_equal(speak_block(x, 4), 6);
        const unsigned lost = (late + 1) % 4, too = (late + 2) % 4;
        for (unsigned i = 0; i < 6; i++) {
            if (i != late && i != lost && i != too) {
                ASSERT_OK(recv_packed(&x[i]));
            }
        }
        assert_true(missing() > 0); /* the control */
        ASSERT_OK(recv_packed(&x[late]));
        assert_int_equal(missing(), 0);
        assert_int_equal(f.n[WZP__FRAME_PARITY], 2);
        teardown();
    }
}

WZP_TEST(depacket_tells_the_time_of_a_block_of_which_nothing_came)
{
    wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    mode.parity_k = 3;
    mode.parity_r = 3;
    static wzp__packed x[8];
    setup(&OPUS_20, &mode, 65534);
    assert_int_equal(speak_block(x, 3), 6);
    for (unsigned i = 3; i < 6; i++) {
        ASSERT_OK(recv_packed(&x[i]));
    }
    assert_string_equal(f.order, "PPP");
    assert_int_equal(missing(), 0);
    teardown();
}

/* --- pauses --------------------------------------------------------------- */

WZP_TEST(depacket_keeps_the_times_of_frames_around_a_pause)
{
    wzp_media_mode mode = mode_of(&CODEC2_1200, 4, 0);
    mode.window_q = 3;
    mode.window = 4;
    setup(&CODEC2_1200, &mode, 0);
    for (unsigned spurt = 0; spurt < 10; spurt++) {
        for (unsigned i = 0; i < 8; i++) {
            wzp__packed x;
            speak_packet(&x);
            if (i != spurt % 5 && i != spurt % 5 + 1) {
                ASSERT_OK(recv_packed(&x));
            }
        }
        wzp__packer_pause(&f.p, WZP_S + f.clock_ms * WZP_MS);
        f.clock_ms += 700;
    }
    assert_int_equal(missing(), 0);
    assert_int_equal(f.n[WZP__FRAME_PARITY], 10 * 8);
    teardown();
}

/* --- restarts ------------------------------------------------------------- */

WZP_TEST(depacket_finds_a_sender_that_counts_from_the_beginning)
{
    const wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    setup(&OPUS_20, &mode, 0);
    send_packets(100, 0);
    assert_int_equal(f.n[WZP__FRAME_NEW], 100);

    memset(f.came, 0, sizeof f.came);
    wzp__packer_init(&f.p, &mode); /* seq 0 again */
    send_packets(20, 0);

    assert_int_equal(f.n[WZP__FRAME_NEW], 116);
    assert_int_equal(missing(), 4);
    teardown();
}

WZP_TEST(depacket_follows_a_jump_of_the_numbers)
{
    const wzp_media_mode mode = mode_of(&OPUS_20, 1, 2);
    setup(&OPUS_20, &mode, 0);
    send_packets(10, 0);

    f.p.seq = 3000;
    f.p.n_run = 0;
    send_packets(10, 0);

    assert_int_equal(f.n[WZP__FRAME_NEW], 20);
    assert_int_equal(f.n[WZP__FRAME_COPY], 0);
    teardown();
}

/* --- reach ---------------------------------------------------------------- */

static const struct {
    const voice *v;
    uint8_t n_new, n_old, q, window, k, r;
    uint32_t reach_ms;
} REACHES[] = {
    {&OPUS_20, 1, 0, 0, 0, 0, 0, 0},
    {&OPUS_60, 2, 2, 0, 0, 0, 0, 120},
    {&OPUS_20, 1, 3, 0, 0, 0, 0, 60},
    {&CODEC2_1200, 4, 0, 3, 4, 0, 0, 960},
    {&CODEC2_1200, 4, 0, 2, 4, 0, 0, 640},
    {&CODEC2_1200, 4, 0, 0, 4, 0, 0, 0},
    {&OPUS_20, 1, 0, 0, 0, 10, 2, 240},
};

static size_t count_reaches(void)
{
    return sizeof REACHES / sizeof REACHES[0];
}

static void run_reach(size_t row)
{
    wzp_media_mode mode =
        mode_of(REACHES[row].v, REACHES[row].n_new, REACHES[row].n_old);
    mode.window_q = REACHES[row].q;
    mode.window = REACHES[row].window;
    mode.parity_k = REACHES[row].k;
    mode.parity_r = REACHES[row].r;
    setup(REACHES[row].v, &mode, 0);
    assert_int_equal(wzp__depacket_reach_ms(f.d), 0);

    send_packets(50, 0);
    assert_int_equal(wzp__depacket_reach_ms(f.d), REACHES[row].reach_ms);

    /* Two seconds of packets without any: it is forgotten. */
    mode = mode_of(REACHES[row].v, 1, 0);
    wzp__packer_set_mode(&f.p, WZP_S + f.clock_ms * WZP_MS, &mode);
    const uint32_t end = f.clock_ms + 2200;
    while (f.clock_ms < end) {
        send_packets(1, 0);
    }
    assert_int_equal(wzp__depacket_reach_ms(f.d), 0);
    teardown();
}
WZP_ROWS(depacket_says_how_far_back_packets_of_late_reach, count_reaches,
         run_reach);

/* --- what is refused ------------------------------------------------------ */

static wzp_err recv_hex(wzp_codec_id codec, wzp_plain_form form,
                        const char *hex)
{
    uint8_t data[256];
    size_t len;
    const wzp_media_hdr hdr = {.codec = (uint8_t)codec};
    wzp_test_hex(hex, data, sizeof data, &len);
    return wzp__depacket_recv(f.d, WZP_S + f.clock_ms * WZP_MS, &hdr, form,
                              data, len, on_frame, &f);
}

WZP_TEST(depacket_refuses_bad_packets_as_a_whole)
{
    const wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    setup(&OPUS_20, &mode, 0);
    static const struct {
        wzp_codec_id codec;
        wzp_plain_form form;
        const char *hex;
        wzp_err want;
    } rows[] = {
        {WZP_CODEC_OPUS_24K, WZP_FORM_FRAME, "", WZP_ERR_CODEC_DATA},
        {WZP_CODEC_OPUS_24K, WZP_FORM_FRAME, "ff00", WZP_ERR_CODEC_DATA},
        /* one good frame, one that is no Opus */
        {WZP_CODEC_OPUS_24K, WZP_FORM_BUNDLE, "000200024807ff00",
         WZP_ERR_CODEC_DATA},
        {WZP_CODEC_OPUS_24K, WZP_FORM_BUNDLE, "00020002480748", WZP_ERR_BUNDLE},
        /* form 2 of a codec without a fixed size */
        {WZP_CODEC_OPUS_24K, WZP_FORM_BUNDLE, "0101020200480748074807",
         WZP_ERR_BUNDLE},
        {WZP_CODEC_CODEC2_1200, WZP_FORM_BUNDLE, "0101030600", WZP_ERR_BUNDLE},
        {WZP_CODEC_OPUS_24K, WZP_FORM_PARITY, "0000000000", WZP_ERR_PARITY},
        {WZP_CODEC_OPUS_24K, WZP_FORM_CONTROL, "0100", WZP_ERR_ARG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(recv_hex(rows[i].codec, rows[i].form, rows[i].hex),
                         rows[i].want);
    }
    assert_string_equal(f.order, "");
    teardown();
}

typedef struct times {
    uint32_t at[4]; /* by seq − 8 */
    uint8_t ms[4];
} times;

static void note_time(void *user, wzp_tstamp now, const wzp__frame_in *in)
{
    (void)now;
    times *t = user;
    assert_in_range(in->seq, 8, 11);
    t->at[in->seq - 8] = in->timestamp;
    t->ms[in->seq - 8] = in->frame_ms;
}

/* As no packer of ours makes them. */
WZP_TEST(depacket_adds_up_frames_of_several_lengths_in_one_bundle)
{
    static const uint8_t plain[] = {2,       2, 0,      2, /* 2 old, 2 new */
                                    11 << 3, 1, 9 << 3, 2, /* 60, 20 ms */
                                    11 << 3, 3, 9 << 3, 4};
    const wzp_media_mode mode = mode_of(&OPUS_20, 1, 0);
    const wzp_media_hdr hdr = {.seq = 10, .timestamp = 1000};
    times t = {{0}, {0}};
    setup(&OPUS_20, &mode, 0);

    ASSERT_OK(wzp__depacket_recv(f.d, WZP_S, &hdr, WZP_FORM_BUNDLE, plain,
                                 sizeof plain, note_time, &t));

    static const uint32_t at[] = {920, 980, 1000, 1060};
    static const uint8_t ms[] = {60, 20, 60, 20};
    assert_memory_equal(t.at, at, sizeof at);
    assert_memory_equal(t.ms, ms, sizeof ms);
    teardown();
}

WZP_TEST(depacket_new_leaves_nothing_behind_at_the_nth_allocation)
{
    fake_mem m = {0};
    const wzp_mem mem = fake_mem_table(&m);
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp__depacket *d = NULL;
        m.fail_at = m.calls + n;
        e = wzp__depacket_new(&d, &mem);
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        if (e == WZP_OK) {
            wzp__depacket_free(d);
        }
        assert_int_equal(m.held, 0);
        assert_true(n < 5);
    }
}
