/* SPDX-License-Identifier: MIT */
/* How fast the world runs: a two-party call of 30 virtual seconds at 10 % loss,
 * virtual time per CPU time; with the real codec, and with a stand-in that
 * costs nothing (linked with --wrap on the four codec calls), so that the
 * difference is the codec and the rest is ours and QUIC's.
 */
#include "bench/support/results.h"
#include "support/codec_wrap.h"
#include "support/stand_in.h"
#include "support/world/world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define RUNS      5
#define VIRTUAL_S 30
#define VOICE_LEN 48000

static bool stand_in;

wzp_err __wrap_wzp_encoder_encode(wzp_encoder *enc, const int16_t *pcm,
                                  size_t samples, uint8_t *out, size_t cap,
                                  size_t *out_len)
{
    if (!stand_in) {
        return __real_wzp_encoder_encode(enc, pcm, samples, out, cap, out_len);
    }
    *out_len = wzp_stand_in_frame(wzp_encoder_codec(enc), samples, out);
    return WZP_OK;
}

wzp_err __wrap_wzp_decoder_decode(wzp_decoder *dec, wzp_codec_id codec,
                                  const uint8_t *frame, size_t len,
                                  int16_t *pcm, size_t cap, size_t *samples)
{
    if (!stand_in) {
        return __real_wzp_decoder_decode(dec, codec, frame, len, pcm, cap,
                                         samples);
    }
    uint8_t ms;
    WZP_TRY(wzp_codec_frame_ms(codec, frame, len, &ms));
    *samples = (size_t)ms * 48;
    memset(pcm, 0, *samples * sizeof *pcm);
    return WZP_OK;
}

wzp_err __wrap_wzp_decoder_fill(wzp_decoder *dec, size_t samples,
                                wzp_codec_id next_codec, const uint8_t *next,
                                size_t next_len, size_t ahead, int16_t *pcm,
                                wzp_rebuilt *how)
{
    if (!stand_in) {
        return __real_wzp_decoder_fill(dec, samples, next_codec, next, next_len,
                                       ahead, pcm, how);
    }
    *how = WZP_REBUILT_CONCEALED;
    memset(pcm, 0, samples * sizeof *pcm);
    return WZP_OK;
}

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static wzp_node talker(wzp_world *w, uint8_t identity)
{
    static int16_t pcm[VOICE_LEN];
    for (size_t i = 0; i < VOICE_LEN; i++) {
        pcm[i] = (int16_t)(i % 337 * 40 - 6700);
    }
    wzp_world_client_config cfg = {
        .identity = identity, .in = pcm, .in_len = VOICE_LEN};
    return wzp_world_client(w, &cfg);
}

/* Virtual seconds per CPU second of one call; 0 when nothing was heard. */
static double call_speed(uint64_t seed)
{
    wzp_world *w = wzp_world_new(seed);
    wzp_node relay = wzp_world_relay(w, 9, NULL);
    wzp_node a = talker(w, 1);
    wzp_node b = talker(w, 2);
    wzp_link_cfg link = {
        .loss = 0.1, .delay_ns = 40 * WZP_MS, .jitter_ns = 20 * WZP_MS};
    wzp_world_link(w, b, &link, &link);
    wzp_world_join(w, a, "speed", relay);
    wzp_world_join(w, b, "speed", relay);
    wzp_world_run(w, 3 * WZP_S);
    double before = cpu_s();
    wzp_world_run(w, VIRTUAL_S * WZP_S);
    double used = cpu_s() - before;
    bool heard = wzp_world_stats(w, b).packets_received > 25 * VIRTUAL_S &&
                 wzp_world_stats(w, a).packets_received > 25 * VIRTUAL_S;
    wzp_world_free(w);
    return heard ? VIRTUAL_S / used : 0;
}

static wzp_result measure(const char *what, bool with_stand_in)
{
    double v[RUNS];
    stand_in = with_stand_in;
    for (size_t i = 0; i < RUNS; i++) {
        v[i] = call_speed(100 + i);
    }
    wzp_runs r = wzp_runs_of(v, RUNS);
    return (wzp_result){.id = "speed",
                        .what = what,
                        .value = r.median,
                        .unit = "x real time",
                        .baseline = NAN,
                        .runs = RUNS,
                        .spread = r.spread,
                        .conditions = "30 virtual s, two clients and a relay, "
                                      "10 % loss, per CPU second"};
}

int main(void)
{
    char error[WZP_RESULTS_ERROR_LEN];
    const wzp_result rows[] = {
        measure("two-party call, real codec and QUIC", false),
        measure("two-party call, stand-in codec, real QUIC", true),
    };
    for (size_t i = 0; i < 2; i++) {
        printf("%s: %.1f %s\n", rows[i].what, rows[i].value, rows[i].unit);
    }
    if (!wzp_results_put("build/bench/results.json", rows, 2, error)) {
        fprintf(stderr, "speed: %s\n", error);
        return 1;
    }
    return 0;
}
