/* SPDX-License-Identifier: MIT */
/* The variants as a whole: every vector, the outer form, limits. The fields of
 * each message are tested beside its file (call_test.c, room_test.c, …).
 */
#include "memory.h"
#include "round_trip.h"

#include <stdio.h>
#include <stdlib.h>

static const cJSON *vectors(const char *name)
{
    static cJSON *root;
    if (root == NULL) {
        root = wzp_test_read_json("vectors.json");
    }
    return wzp_test_item(root, name);
}

static size_t count_of(const char *name)
{
    return (size_t)cJSON_GetArraySize(vectors(name));
}

static const cJSON *row_of(const char *name, size_t row)
{
    return cJSON_GetArrayItem(vectors(name), (int)row);
}

/* --- vectors --- */

static size_t count_signals(void)
{
    return count_of("signals");
}

static void run_signal(size_t row)
{
    const cJSON *v = row_of("signals", row);
    const char *json = wzp_test_str(v, "json");
    round_trip(json);
    uint8_t framed[4096];
    size_t len;
    wzp_test_hex_of(v, "framed", framed, sizeof framed, &len);
    assert_int_equal(len, strlen(json) + 4);
    assert_memory_equal(framed + 4, json, len - 4);
}
WZP_ROWS(signal_of_the_vectors_reads_and_writes_the_same_text, count_signals,
         run_signal);

static size_t count_proposed(void)
{
    return count_of("signals_proposed");
}

static void run_proposed(size_t row)
{
    const wzp_signal sig =
        round_trip(row_of("signals_proposed", row)->valuestring);
    assert_true(wzp_signal_needs_sig1(sig.kind));
}
WZP_ROWS(proposed_signal_reads_and_writes_the_same_text, count_proposed,
         run_proposed);

static size_t count_must_parse(void)
{
    return count_of("signals_must_parse");
}

static void run_must_parse(size_t row)
{
    wzp_signal sig;
    assert_int_equal(
        decode(row_of("signals_must_parse", row)->valuestring, &sig), WZP_OK);
}
WZP_ROWS(signal_that_must_parse_parses, count_must_parse, run_must_parse);

static size_t count_must_fail(void)
{
    return count_of("signals_must_fail");
}

static void run_must_fail(size_t row)
{
    wzp_signal sig;
    assert_int_not_equal(
        decode(row_of("signals_must_fail", row)->valuestring, &sig), WZP_OK);
}
WZP_ROWS(signal_that_must_fail_fails, count_must_fail, run_must_fail);

WZP_TEST(signal_longer_than_its_limit_is_refused)
{
    uint8_t prefix[4];
    size_t len;
    wzp_test_hex_of(vectors("signal_frame_reject"), "length_prefix_hex", prefix,
                    sizeof prefix, &len);
    const size_t too_long = (size_t)prefix[0] << 24 | (size_t)prefix[1] << 16 |
                            (size_t)prefix[2] << 8 | prefix[3];
    char *text = malloc(too_long);
    memset(text, ' ', too_long);
    memcpy(text, "\"Hold\"", 6);
    wzp_signal sig;
    assert_int_equal(
        wzp_signal_decode(arena(), text, too_long, WZP_SIGNAL_MAX, &sig),
        WZP_ERR_OVERSIZE);
    assert_int_equal(
        wzp_signal_decode(arena(), text, too_long - 1, WZP_SIGNAL_MAX, &sig),
        WZP_OK);
    assert_int_equal(wzp_signal_decode(arena(), text, WZP_SIGNAL_MAX_EARLY + 1,
                                       WZP_SIGNAL_MAX_EARLY, &sig),
                     WZP_ERR_OVERSIZE);
    free(text);
}

/* Every text that is cut somewhere is an error and nothing worse. */
static void run_truncated(size_t row)
{
    const char *json = wzp_test_str(row_of("signals", row), "json");
    for (size_t len = 0; len < strlen(json); len++) {
        char *cut = malloc(len + 1); /* exact, for the address sanitizer */
        memcpy(cut, json, len);
        wzp_signal sig;
        assert_int_equal(
            wzp_signal_decode(arena(), cut, len, WZP_SIGNAL_MAX, &sig),
            WZP_ERR_JSON);
        free(cut);
    }
}
WZP_ROWS(signal_cut_at_any_length_is_not_json, count_signals, run_truncated);

/* --- the outer form --- */

static const struct {
    const char *json;
    wzp_err e;
} OUTER[] = {
    {"\"Reflect\"", WZP_OK},
    {"{\"Reflect\":null}", WZP_OK},
    {"{\"Reflect\":{}}", WZP_ERR_FIELD},
    {"{\"Reflect\":[]}", WZP_ERR_FIELD},
    {"\"Ping\"", WZP_ERR_FIELD},
    {"{\"Ping\":null}", WZP_ERR_FIELD},
    {"{\"Ping\":[1]}", WZP_ERR_FIELD},
    {"{\"P\\u0069ng\":{\"timest\\u0061mp_ms\":1}}", WZP_OK},
    {"{}", WZP_ERR_FIELD},
    {"[]", WZP_ERR_FIELD},
    {"null", WZP_ERR_FIELD},
    {"1", WZP_ERR_FIELD},
    {"", WZP_ERR_JSON},
    {"{\"Ping\":{\"timestamp_ms\":1}", WZP_ERR_JSON},
    {"{\"Ping\":{\"timestamp_ms\":1},}", WZP_ERR_JSON},
    {"{\"Ping\":{\"timestamp_ms\":1,}}", WZP_ERR_JSON},
    {"{\"Ping\":{,\"timestamp_ms\":1}}", WZP_ERR_JSON},
    {"{\"Ping\":{\"timestamp_ms\":1}} \"Hold\"", WZP_ERR_JSON},
    {"\xEF\xBB\xBF\"Hold\"", WZP_ERR_JSON},
    {"\"NoSuch\"", WZP_ERR_VARIANT},
    {"{\"NoSuch\":{\"a\":[1,{\"b\":null}]}}", WZP_ERR_VARIANT},
    {"{\"NoSuch\":{\"a\":[1,}}", WZP_ERR_JSON},
    {"{\"NoSuch\":1,\"Hold\":null}", WZP_ERR_JSON},
    {"{\"FederatedSignalForward\":{\"inner\":\"NoSuch\","
     "\"origin_relay_fp\":\"a\"}}",
     WZP_ERR_VARIANT},
};

static size_t count_outer(void)
{
    return sizeof OUTER / sizeof OUTER[0];
}

static void run_outer(size_t row)
{
    wzp_signal sig;
    assert_int_equal(decode(OUTER[row].json, &sig), OUTER[row].e);
}
WZP_ROWS(signal_outer_form, count_outer, run_outer);

WZP_TEST(signal_names_are_all_there_and_differ)
{
    for (int i = 0; i < WZP_SIGNAL_KINDS; i++) {
        const char *name = wzp_signal_name((wzp_signal_kind)i);
        assert_non_null(name);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(name, wzp_signal_name((wzp_signal_kind)k));
        }
    }
    assert_null(wzp_signal_name((wzp_signal_kind)WZP_SIGNAL_KINDS));
}

WZP_TEST(signal_needs_sig1_from_the_37th_on)
{
    assert_int_equal(WZP_SIG_QUALITY_DIRECTIVE, WZP_SIGNAL_KINDS_LEGACY - 1);
    assert_false(wzp_signal_needs_sig1(WZP_SIG_QUALITY_DIRECTIVE));
    assert_true(wzp_signal_needs_sig1(WZP_SIG_PRESENCE_LIST));
    assert_int_equal(WZP_SIG_FEDERATED_ROUTE, WZP_SIGNAL_KINDS - 1);
}

/* --- nesting --- */

/* `n` levels of FederatedSignalForward around Hold. */
static char *nested(size_t n)
{
    static const char open[] = "{\"FederatedSignalForward\":{\"inner\":";
    static const char close[] = ",\"origin_relay_fp\":\"a\"}}";
    char *text = malloc(n * (sizeof open + sizeof close) + 16);
    size_t len = 0;
    for (size_t i = 0; i < n; i++) {
        memcpy(text + len, open, sizeof open - 1);
        len += sizeof open - 1;
    }
    memcpy(text + len, "\"Hold\"", 6);
    len += 6;
    for (size_t i = 0; i < n; i++) {
        memcpy(text + len, close, sizeof close - 1);
        len += sizeof close - 1;
    }
    text[len] = '\0';
    return text;
}

WZP_TEST(signal_within_signals_is_bounded)
{
    wzp_signal sig;
    char *text = nested(63);
    assert_int_equal(decode(text, &sig), WZP_OK);
    free(text);
    text = nested(64);
    assert_int_equal(decode(text, &sig), WZP_ERR_JSON);
    free(text);
    text = nested(15000);
    assert_int_equal(decode(text, &sig), WZP_ERR_JSON);
    free(text);
}

WZP_TEST(signal_that_contains_itself_is_not_written_for_ever)
{
    wzp_signal sig = {.kind = WZP_SIG_FEDERATED_SIGNAL_FORWARD};
    sig.u.federated_signal_forward.inner = &sig;
    wzp_str text;
    assert_int_equal(wzp_signal_encode(arena(), &sig, &text), WZP_ERR_ARG);
    sig.u.federated_signal_forward.inner = NULL;
    assert_int_equal(wzp_signal_encode(arena(), &sig, &text), WZP_ERR_ARG);
}

/* --- memory --- */

static wzp_err decode_and_encode_with(const wzp_mem *mem)
{
    wzp_arena *a;
    WZP_TRY(wzp_arena_new(&a, mem, 8u * WZP_SIGNAL_MAX));
    const char *json = wzp_test_str(row_of("signals", 0), "json");
    wzp_signal sig;
    wzp_err e = wzp_signal_decode(a, json, strlen(json), WZP_SIGNAL_MAX, &sig);
    wzp_str text;
    if (e == WZP_OK) {
        e = wzp_signal_encode(a, &sig, &text);
    }
    wzp_arena_free(a);
    return e;
}

WZP_TEST(signal_survives_every_failed_allocation)
{
    TEST_EVERY_ALLOCATION(decode_and_encode_with);
}

/* The smallest elements there are, as many as fit: the arena's limit of eight
 * times the text holds them. */
WZP_TEST(signal_of_the_longest_lists_fits_the_arena)
{
    static const char *const repeated[][3] = {
        {"{\"KeyPackages\":{\"kps\":[", "\"\"", "]}}"},
        {"{\"PresenceUpdate\":{\"relay_addr\":\"\",\"fingerprints\":[", "\"\"",
         "]}}"},
        {"{\"RoomUpdate\":{\"count\":1,\"participants\":[",
         "{\"fingerprint\":\"\"}", "]}}"},
        {"{\"PresenceList\":{\"users\":[", "{\"fingerprint\":\"\"}", "]}}"},
    };
    char *text = malloc(WZP_SIGNAL_MAX);
    for (size_t i = 0; i < sizeof repeated / sizeof repeated[0]; i++) {
        size_t len = (size_t)snprintf(text, WZP_SIGNAL_MAX, "%s%s",
                                      repeated[i][0], repeated[i][1]);
        const size_t one = strlen(repeated[i][1]);
        while (len + one + 1 + strlen(repeated[i][2]) <= WZP_SIGNAL_MAX) {
            text[len++] = ',';
            memcpy(text + len, repeated[i][1], one);
            len += one;
        }
        memcpy(text + len, repeated[i][2], strlen(repeated[i][2]));
        len += strlen(repeated[i][2]);
        wzp_signal sig;
        assert_int_equal(
            wzp_signal_decode(arena(), text, len, WZP_SIGNAL_MAX, &sig),
            WZP_OK);
    }
    free(text);
}
