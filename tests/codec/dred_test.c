/* SPDX-License-Identifier: MIT */
/* Finding holes in one packet's history: what is covered, and that the packet
 * is read once for a gap.
 */
#include "codec/dred.h"

#include "codec/align.h"
#include "codec/speech.h"

typedef struct fixture {
    wzp__dred dred;
    void *space;
    sent *with;
    sent *without;
} fixture;

static fixture set_up(void)
{
    const int16_t *pcm = speech_get(SPEECH_MADE);
    wzp_encoder_config dred = speech_config(WZP_REDUNDANCY_DRED);
    wzp_encoder_config none = speech_config(WZP_REDUNDANCY_NONE);
    fixture f = {
        .space = malloc(wzp__dred_size()),
        .with = speech_send(pcm, &dred),
        .without = speech_send(pcm, &none),
    };
    assert_non_null(f.space);
    wzp__dred_init(&f.dred, f.space);
    return f;
}

static void tear_down(fixture *f)
{
    free(f->space);
    free(f->with);
    free(f->without);
}

WZP_TEST(dred_version_is_that_of_libopus_1_5)
{
    assert_int_equal(wzp_dred_version(), 10);
}

WZP_TEST(dred_covers_what_the_packet_reaches)
{
    fixture f = set_up();
    const uint8_t *p = f.with->data[500];
    const size_t len = f.with->len[500];

    assert_int_equal(wzp__dred_find(&f.dred, p, len, 8 * FRAME, FRAME),
                     WZP__DRED_WHOLE);
    const size_t reach = f.dred.reach;
    assert_in_range(reach, 135 * 48, 500 * 48);
    assert_int_equal(wzp__dred_find(&f.dred, p, len, reach, FRAME),
                     WZP__DRED_WHOLE);
    assert_int_equal(wzp__dred_find(&f.dred, p, len, reach + 120, FRAME),
                     WZP__DRED_PART);
    assert_int_equal(wzp__dred_find(&f.dred, p, len, reach + FRAME, FRAME),
                     WZP__DRED_NOTHING);
    assert_int_equal(wzp__dred_find(&f.dred, p, len, FRAME, FRAME),
                     WZP__DRED_WHOLE);
    assert_int_equal(wzp__dred_find(&f.dred, p, len, SIZE_MAX, FRAME),
                     WZP__DRED_NOTHING);
    tear_down(&f);
}

WZP_TEST(dred_packet_is_read_once_for_a_gap)
{
    fixture f = set_up();
    const uint8_t *p = f.with->data[500];
    const size_t len = f.with->len[500];

    /* when: a gap of six is filled, oldest first */
    assert_int_equal(wzp__dred_find(&f.dred, p, len, 6 * FRAME, FRAME),
                     WZP__DRED_WHOLE);
    const size_t limit = f.dred.limit;
    f.dred.reach = 6 * FRAME; /* a mark that reading again would wipe */
    for (size_t back = 5; back > 0; back--) {
        /* from another address: the bytes count */
        uint8_t copy[WZP_FRAME_MAX];
        memcpy(copy, p, len);
        assert_int_equal(
            wzp__dred_find(&f.dred, copy, len, back * FRAME, FRAME),
            WZP__DRED_WHOLE);
    }

    /* then */
    assert_int_equal(f.dred.limit, limit);
    assert_int_equal(f.dred.reach, 6 * FRAME);

    /* and: another packet is read */
    assert_int_equal(wzp__dred_find(&f.dred, f.with->data[501],
                                    f.with->len[501], FRAME, FRAME),
                     WZP__DRED_WHOLE);
    assert_int_not_equal(f.dred.limit, limit);
    tear_down(&f);
}

WZP_TEST(dred_features_are_decoded_only_for_a_hole_they_cover)
{
    fixture f = set_up();
    assert_int_equal(wzp__dred_find(&f.dred, f.with->data[500],
                                    f.with->len[500], 40 * FRAME, FRAME),
                     WZP__DRED_NOTHING);
    assert_false(f.dred.is_processed);
    assert_int_equal(wzp__dred_find(&f.dred, f.with->data[500],
                                    f.with->len[500], 2 * FRAME, FRAME),
                     WZP__DRED_WHOLE);
    assert_true(f.dred.is_processed);
    tear_down(&f);
}

WZP_TEST(dred_finds_nothing_where_nothing_is)
{
    fixture f = set_up();
    const uint8_t *p = f.without->data[500];
    assert_int_equal(
        wzp__dred_find(&f.dred, p, f.without->len[500], FRAME, FRAME),
        WZP__DRED_NOTHING);
    assert_int_equal(wzp__dred_find(&f.dred, p, 0, FRAME, FRAME),
                     WZP__DRED_NOTHING);
    tear_down(&f);
}

WZP_TEST(dred_truncated_at_every_length_is_harmless)
{
    fixture f = set_up();
    const size_t len = f.with->len[500];
    for (size_t n = 0; n <= len; n++) {
        uint8_t *exact = malloc(n + 1);
        assert_non_null(exact);
        memcpy(exact, f.with->data[500], n);
        (void)wzp__dred_find(&f.dred, exact, n, 3 * FRAME, FRAME);
        free(exact);
    }
    tear_down(&f);
}
