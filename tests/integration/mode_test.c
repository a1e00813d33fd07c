/* SPDX-License-Identifier: MIT */
/* Every way of sending, between two clients over a relay that loses packets:
 * what repeats, windows and parity packets are for arrives, and nothing that
 * was opened is refused.
 */
#include "support/harness.h"
#include "support/world/world.h"

#include <math.h>

enum { VOICE_LEN = 48000, SECONDS = 20 };

/* A second of syllables. */
static const int16_t *voice(void)
{
    static int16_t pcm[VOICE_LEN];
    for (size_t i = 0; i < VOICE_LEN; i++) {
        const double t = (double)i / 48000;
        const double loud = 4000 * (1 + sin(t * 2 * 3.14159 * 4));
        pcm[i] = (int16_t)(loud * sin(t * 2 * 3.14159 * 300) *
                           sin(t * 2 * 3.14159 * 37));
    }
    return pcm;
}

static const struct {
    wzp_media_mode mode;
    double loss;
    double real_min; /* share of frames played from real data */
    bool has_copies, has_parity;
} ROWS[] = {
    {{.codec = WZP_CODEC_OPUS_24K, .frame_ms = 20, .n_new = 1},
     0,
     1,
     false,
     false},
    /* the control of those with loss */
    {{.codec = WZP_CODEC_OPUS_24K, .frame_ms = 20, .n_new = 1},
     0.2,
     0,
     false,
     false},
    {{.codec = WZP_CODEC_OPUS_6K, .frame_ms = 60, .n_new = 3},
     0,
     1,
     false,
     false},
    {{.codec = WZP_CODEC_OPUS_6K, .frame_ms = 60, .n_new = 2, .n_old = 2},
     0.2,
     0.9,
     true,
     false},
    {{.codec = WZP_CODEC_CODEC2_1200,
      .frame_ms = 40,
      .n_new = 4,
      .window_q = 2,
      .window = 4},
     0.2,
     0.9,
     false,
     true},
    {{.codec = WZP_CODEC_OPUS_24K,
      .frame_ms = 20,
      .n_new = 1,
      .parity_k = 8,
      .parity_r = 6},
     0.2,
     0.95,
     false,
     true},
};

static size_t count_rows(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static wzp_node talker(wzp_world *w, const wzp_media_mode *mode)
{
    wzp_world_client_config cfg = {
        .identity = 1, .in = voice(), .in_len = VOICE_LEN, .has_engine = true};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.has_fixed_mode = true;
    cfg.engine.fixed_mode = *mode;
    return wzp_world_client(w, &cfg);
}

static void run_row(size_t row)
{
    const wzp_link_cfg near = {.delay_ns = 20 * WZP_MS};
    const wzp_link_cfg bad = {.delay_ns = 20 * WZP_MS, .loss = ROWS[row].loss};
    const wzp_world_client_config cfg = {.identity = 2};
    wzp_world *w = wzp_world_new(20 + row);
    const wzp_node relay = wzp_world_relay(w, 9, NULL);
    const wzp_node a = talker(w, &ROWS[row].mode);
    const wzp_node b = wzp_world_client(w, &cfg);
    wzp_world_link(w, a, &near, &near);
    wzp_world_link(w, b, &near, &near);
    wzp_world_join(w, a, "modes", relay);
    wzp_world_join(w, b, "modes", relay);
    assert_true(wzp_world_await_keyed(w, a, 1, 5 * WZP_S));
    assert_true(wzp_world_await_keyed(w, b, 1, 5 * WZP_S));
    wzp_world_link(w, b, &near, &bad);
    wzp_world_run(w, 5 * WZP_S); /* the buffer finds its delay */
    const wzp_client_stats before = wzp_world_stats(w, b);

    wzp_world_run(w, SECONDS * WZP_S);

    const wzp_client_stats s = wzp_world_stats(w, b);
    const double lost = (double)(s.packets_lost - before.packets_lost);
    const double real = (double)(s.frames_played - before.frames_played) +
                        (double)(s.rebuilt_copy - before.rebuilt_copy) +
                        (double)(s.rebuilt_parity - before.rebuilt_parity);
    assert_int_equal(s.media_malformed, 0);
    assert_true(real >= SECONDS * 1000.0 / ROWS[row].mode.frame_ms *
                            fmax(ROWS[row].real_min - 0.1, 0.7));
    if (ROWS[row].loss > 0 && ROWS[row].real_min == 0) {
        assert_true(lost / (real + lost) > 0.15);
    } else {
        assert_true(lost / (real + lost) <= 1 - ROWS[row].real_min);
    }
    assert_int_equal(s.rebuilt_copy > 0, ROWS[row].has_copies);
    assert_int_equal(s.rebuilt_parity > 0, ROWS[row].has_parity);
    wzp_world_free(w);
}
WZP_ROWS(each_way_of_sending_arrives, count_rows, run_row);
