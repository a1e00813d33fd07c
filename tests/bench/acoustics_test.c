/* SPDX-License-Identifier: MIT */
/* Rooms, echo paths and babble against tests/vectors/acoustics.json. The speech
 * is not in the repository: without it (WZP_SPEECH_DIR) those rows are skipped.
 */
#include "bench/support/acoustics.h"

#include "support/harness.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double TOLERANCE_H = 1e-8;   /* as stated in the file */
static const double TOLERANCE_OUT = 1e-3; /* as well */

static const cJSON *list(const char *name)
{
    static cJSON *json;
    if (json == NULL) {
        json = wzp_test_read_json("acoustics.json");
    }
    return wzp_test_item(json, name);
}

static const cJSON *row_of(const char *name, size_t row)
{
    return cJSON_GetArrayItem(list(name), (int)row);
}

static const char *speech_dir(void)
{
    const char *dir = getenv("WZP_SPEECH_DIR");
    return dir != NULL && dir[0] != '\0' ? dir : ".deps/speech";
}

static wzp_recording load_or_skip(const char *name)
{
    wzp_recording r = wzp_acoustics_load(speech_dir(), name);
    if (r.v == NULL) {
        WZP_SKIP("no recorded speech: run `make deps`, or set WZP_SPEECH_DIR");
    }
    return r;
}

static void assert_hash(const int16_t *v, size_t n, const cJSON *row)
{
    char text[17];
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) {
        const uint16_t u = (uint16_t)v[i];
        h = (h ^ (u & 0xffu)) * 0x100000001b3u;
        h = (h ^ (uint64_t)(u >> 8)) * 0x100000001b3u;
    }
    snprintf(text, sizeof text, "%016" PRIx64, h);
    assert_string_equal(text, wzp_test_str(row, "fnv1a64"));
}

/* --- rooms --- */

static size_t room_count(void)
{
    return (size_t)cJSON_GetArraySize(list("rooms"));
}

static void assert_first(const double *h, const cJSON *values)
{
    for (int i = 0; i < cJSON_GetArraySize(values); i++) {
        const double expected = cJSON_GetArrayItem(values, i)->valuedouble;
        assert_true(fabs(h[i] - expected) < TOLERANCE_H);
    }
}

static void run_room(size_t row)
{
    const cJSON *v = row_of("rooms", row);
    const int rate = (int)wzp_test_num(v, "rate");
    const double rt60_s = wzp_test_num(v, "rt60_s");
    const uint32_t seed = (uint32_t)wzp_test_num(v, "seed");
    const size_t delay = (size_t)wzp_test_num(v, "echo_delay_samples");
    const cJSON *middle = wzp_test_item(v, "middle");

    wzp_response room = wzp_acoustics_room(rt60_s, rate, seed);
    wzp_response echo = wzp_acoustics_echo(rt60_s, rate, seed, delay);

    assert_int_equal(room.n, wzp_test_num(v, "length"));
    assert_first(room.h, wzp_test_item(v, "first_16"));
    const double mid = room.h[(size_t)wzp_test_num(middle, "n")];
    assert_true(fabs(mid - wzp_test_num(middle, "value")) < TOLERANCE_H);
    const double last = room.h[room.n - 1];
    assert_true(fabs(last - wzp_test_num(v, "last")) < TOLERANCE_H);
    assert_true(echo.h[delay - 1] == 0.0);
    assert_first(echo.h + delay, wzp_test_item(v, "echo_first_16_after_delay"));
    free(room.h);
    free(echo.h);
}

WZP_ROWS(acoustics_room_is_that_of_the_file, room_count, run_room);

/* --- speech in rooms --- */

static size_t check_count(void)
{
    return (size_t)cJSON_GetArraySize(list("checks"));
}

static void assert_samples(const wzp_response *r, const wzp_recording *speech,
                           const cJSON *check, const char *key)
{
    const cJSON *where = wzp_test_item(check, "at");
    const cJSON *values = wzp_test_item(check, key);
    double *out = malloc(speech->n * sizeof *out);
    assert_non_null(out);
    assert_true(wzp_acoustics_convolve(r, speech->v, speech->n, out));
    for (int i = 0; i < cJSON_GetArraySize(where); i++) {
        const size_t at = (size_t)cJSON_GetArrayItem(where, i)->valuedouble;
        const double expected = cJSON_GetArrayItem(values, i)->valuedouble;
        assert_true(fabs(out[at] - expected) < TOLERANCE_OUT);
    }
    free(out);
}

static uint32_t seed_of(int rate, double rt60_s)
{
    const cJSON *v;
    cJSON_ArrayForEach(v, list("rooms"))
    {
        if ((int)wzp_test_num(v, "rate") == rate &&
            wzp_test_num(v, "rt60_s") == rt60_s) {
            return (uint32_t)wzp_test_num(v, "seed");
        }
    }
    fail_msg("no such room");
    return 0;
}

static void run_check(size_t row)
{
    const cJSON *c = row_of("checks", row);
    const int rate = (int)wzp_test_num(c, "rate");
    const double rt60_s = wzp_test_num(c, "rt60_s");
    const uint32_t seed = seed_of(rate, rt60_s);
    wzp_recording speech = load_or_skip(wzp_test_str(c, "file"));
    wzp_response room = wzp_acoustics_room(rt60_s, rate, seed);
    wzp_response echo =
        wzp_acoustics_echo(rt60_s, rate, seed, (size_t)rate / 50);

    assert_samples(&room, &speech, c, "reverberant");
    assert_samples(&echo, &speech, c, "echo");
    free(room.h);
    free(echo.h);
    free(speech.v);
}

WZP_ROWS(acoustics_speech_sounds_as_in_the_file, check_count, run_check);

/* --- babble --- */

static size_t rate_count(void)
{
    return (size_t)cJSON_GetArraySize(list("rate_change_checks"));
}

static void run_rate(size_t row)
{
    const cJSON *c = row_of("rate_change_checks", row);
    wzp_recording r = load_or_skip(wzp_test_str(c, "file"));

    wzp_recording changed = (int)wzp_test_num(c, "to_rate") == 16000
                                ? wzp_acoustics_double(&r)
                                : wzp_acoustics_halve(&r);

    assert_int_equal(changed.n, wzp_test_num(c, "samples"));
    assert_hash(changed.v, changed.n, c);
    free(changed.v);
    free(r.v);
}

WZP_ROWS(acoustics_rate_changes_as_in_the_file, rate_count, run_rate);

static size_t babble_count(void)
{
    return (size_t)cJSON_GetArraySize(list("babble_checks"));
}

static void run_babble(size_t row)
{
    const cJSON *c = row_of("babble_checks", row);
    const size_t n = (size_t)wzp_test_num(c, "samples");
    int16_t *out = malloc(n * sizeof *out);
    assert_non_null(out);
    if (!wzp_acoustics_babble(speech_dir(), (int)wzp_test_num(c, "rate"), out,
                              n)) {
        free(out);
        WZP_SKIP("no recorded speech: run `make deps`, or set WZP_SPEECH_DIR");
    }

    assert_hash(out, n, c);
    free(out);
}

WZP_ROWS(acoustics_babble_is_that_of_the_file, babble_count, run_babble);

WZP_TEST(acoustics_babble_needs_its_recordings)
{
    int16_t out[10];

    assert_false(wzp_acoustics_babble("/nowhere", 8000, out, 10));
}
