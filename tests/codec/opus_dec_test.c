/* SPDX-License-Identifier: MIT */
/* What a packet is seen to hold, and that asking leaves the holes alone. How
 * they are filled is in decoder_test.c and decoder_loss_test.c.
 */
#include "codec/opus_dec.h"

#include "codec/speech.h"

enum { DRED_VERSION = 10 };

typedef struct fixture {
    wzp__opus_dec o;
    void *space;
    sent *s;
} fixture;

static void set_up(fixture *f, wzp_redundancy redundancy)
{
    const wzp_encoder_config cfg = speech_config(redundancy);
    *f = (fixture){.space = malloc(wzp__opus_dec_size()),
                   .s = speech_send(speech_get(SPEECH_MADE), &cfg)};
    assert_non_null(f->space);
    assert_int_equal(wzp__opus_dec_init(&f->o, f->space, 5), WZP_OK);
}

static void tear_down(fixture *f)
{
    free(f->space);
    free(f->s);
}

static wzp__opus_view view(const fixture *f, size_t i)
{
    wzp__opus_view v;
    assert_true(wzp__opus_view_get(&v, f->s->data[i], f->s->len[i]));
    return v;
}

WZP_TEST(opus_dec_view_is_what_the_header_says)
{
    static const struct {
        uint8_t packet[4];
        size_t len;
        bool is_good;
        size_t samples, frame_samples;
        bool is_celt;
    } rows[] = {
        {{8 << 3}, 1, true, 480, 480, false},    /* SILK 10 ms, empty */
        {{11 << 3}, 1, true, 2880, 2880, false}, /* 60 ms */
        {{11 << 3 | 1}, 1, false, 0, 0, false},  /* two of them: 120 ms */
        {{31 << 3}, 1, true, 960, 960, true},
        {{31 << 3 | 1}, 1, true, 1920, 960, true},
        {{28 << 3}, 1, true, 120, 120, true}, /* 2.5 ms */
        {{31 << 3 | 3, 3}, 2, true, 2880, 960, true},
        {{31 << 3 | 3, 4}, 2, false, 0, 0, false},
        {{31 << 3 | 3, 0}, 2, false, 0, 0, false}, /* no frame */
        {{31 << 3 | 3}, 1, false, 0, 0, false},
        {{0}, 0, false, 0, 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wzp__opus_view v = {0};
        uint8_t *exact = malloc(rows[i].len + 1);
        assert_non_null(exact);
        memcpy(exact, rows[i].packet, rows[i].len);
        assert_int_equal(wzp__opus_view_get(&v, exact, rows[i].len),
                         rows[i].is_good);
        assert_int_equal(v.samples, rows[i].samples);
        assert_int_equal(v.frame_samples, rows[i].frame_samples);
        assert_int_equal(v.is_celt, rows[i].is_celt);
        assert_false(v.has_lbrr);
        free(exact);
    }
    const uint8_t long_one[WZP_FRAME_MAX + 1] = {31 << 3};
    wzp__opus_view v;
    assert_true(wzp__opus_view_get(&v, long_one, WZP_FRAME_MAX));
    assert_false(wzp__opus_view_get(&v, long_one, WZP_FRAME_MAX + 1));
}

WZP_TEST(opus_dec_covers_what_fill_then_rebuilds)
{
    for (int r = 0; r < 3; r++) {
        fixture f;
        set_up(&f, (wzp_redundancy)r);
        int16_t pcm[WZP_PCM_MAX];
        for (size_t i = 0; i < 300; i++) {
            const wzp__opus_view v = view(&f, i);
            assert_int_equal(wzp__opus_dec_decode(&f.o, &v, pcm), WZP_OK);
        }
        size_t covered = 0;
        size_t rebuilt = 0;
        for (size_t i = 301; i < 340; i += 2) {
            const wzp__opus_view v = view(&f, i);
            wzp_rebuilt how;
            covered += wzp__opus_dec_covers(&f.o, &v, FRAME, 0);
            assert_int_equal(wzp__opus_dec_fill(&f.o, &v, FRAME, 0, pcm, &how),
                             WZP_OK);
            rebuilt += how != WZP_REBUILT_CONCEALED;
            assert_int_equal(wzp__opus_dec_decode(&f.o, &v, pcm), WZP_OK);
            assert_false(wzp__opus_dec_covers(&f.o, &v, FRAME, SIZE_MAX));
            assert_false(wzp__opus_dec_covers(&f.o, &v, FRAME, 90000));
        }
        assert_int_equal(covered, rebuilt);
        assert_true(r == 0 ? covered == 0 : covered > 10);
        tear_down(&f);
    }
}

WZP_TEST(opus_dec_reach_decodes_nothing)
{
    fixture f;
    set_up(&f, WZP_REDUNDANCY_DRED);
    const wzp__opus_view v = view(&f, 500);
    const size_t reach = wzp__opus_dec_reach(&f.o, &v);
    assert_in_range(reach, 135 * 48, 500 * 48);
    assert_false(f.o.dred.is_processed);
    /* the next hole is read again, no farther than it needs */
    assert_true(wzp__opus_dec_covers(&f.o, &v, FRAME, 0));
    assert_true(f.o.dred.limit < reach);
    tear_down(&f);
}

/* A packet can say that its history ended 20 s ago; nobody shall wait for
 * that. */
WZP_TEST(opus_dec_reach_believes_no_more_than_a_packet_holds)
{
    fixture f;
    set_up(&f, WZP_REDUNDANCY_DRED);
    uint32_t seed = 4;
    size_t farther = 0;
    for (size_t i = 0; i < 4000; i++) {
        /* 20 ms of nothing, and padding that is DRED of this version (as in
         * dred.c), filled by chance */
        uint8_t packet[66] = {9 << 3 | 3, 0x41, 63,
                              126 << 1,   'D',  DRED_VERSION};
        for (size_t k = 6; k < sizeof packet; k++) {
            packet[k] = (uint8_t)(256 * (speech_noise(&seed) + 0.5));
        }
        wzp__opus_view v;
        assert_true(wzp__opus_view_get(&v, packet, sizeof packet));
        assert_true(wzp__opus_dec_reach(&f.o, &v) <= 1040 * 48);
        farther += f.o.dred.reach > 1040 * 48;
    }
    print_message("%zu packets said more\n", farther);
    assert_true(farther > 0);
    tear_down(&f);
}
