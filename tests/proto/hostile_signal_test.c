/* SPDX-License-Identifier: MIT */
/* Every field of every message, wronged: the values of all other types, numbers
 * out of range, bytes of wrong length, keys missing and given twice, text that
 * is not UTF-8, values too deep; and every message cut at every length. From
 * the tables of fields, so that a new field is tested by being in one.
 */
#include "round_trip.h"
#include "signal/field.h"

#include <stdio.h>
#include <stdlib.h>

/* clang-format off */
static const struct {
    const char *name;
    const wzp__shape *shape; /* NULL: no fields */
} KINDS[] = {
    {"CallOffer", &wzp__shape_call_offer},
    {"CallAnswer", &wzp__shape_call_answer},
    {"IceCandidate", &wzp__shape_ice_candidate},
    {"Rekey", &wzp__shape_rekey},
    {"QualityUpdate", &wzp__shape_quality_update},
    {"LossRecoveryUpdate", &wzp__shape_loss_recovery_update},
    {"Ping", &wzp__shape_ping},
    {"Pong", &wzp__shape_ping},
    {"Hangup", &wzp__shape_hangup},
    {"AuthToken", &wzp__shape_auth_token},
    {"Hold", NULL},
    {"Unhold", NULL},
    {"Mute", NULL},
    {"Unmute", NULL},
    {"Transfer", &wzp__shape_transfer},
    {"TransferAck", NULL},
    {"PresenceUpdate", &wzp__shape_presence_update},
    {"RouteQuery", &wzp__shape_route_query},
    {"RouteResponse", &wzp__shape_route_response},
    {"SessionForward", &wzp__shape_session_forward},
    {"SessionForwardAck", &wzp__shape_session_forward_ack},
    {"RoomUpdate", &wzp__shape_room_update},
    {"FederationHello", &wzp__shape_federation_hello},
    {"GlobalRoomActive", &wzp__shape_global_room_active},
    {"GlobalRoomInactive", &wzp__shape_global_room_inactive},
    {"RegisterPresence", &wzp__shape_register_presence},
    {"RegisterPresenceAck", &wzp__shape_register_presence_ack},
    {"DirectCallOffer", &wzp__shape_direct_call_offer},
    {"DirectCallAnswer", &wzp__shape_direct_call_answer},
    {"CallSetup", &wzp__shape_call_setup},
    {"CallRinging", &wzp__shape_call_ringing},
    {"Reflect", NULL},
    {"ReflectResponse", &wzp__shape_reflect_response},
    {"MediaPathReport", &wzp__shape_media_path_report},
    {"FederatedSignalForward", &wzp__shape_federated_signal_forward},
    {"QualityDirective", &wzp__shape_quality_directive},
    {"PresenceList", &wzp__shape_presence_list},
    {"UpgradeProposal", &wzp__shape_upgrade_proposal},
    {"UpgradeResponse", &wzp__shape_upgrade_response},
    {"UpgradeConfirm", &wzp__shape_upgrade_confirm},
    {"QualityCapability", &wzp__shape_quality_capability},
    {"HardNatProbe", &wzp__shape_hard_nat_probe},
    {"HardNatBirthdayStart", &wzp__shape_hard_nat_birthday_start},
    {"CandidateUpdate", &wzp__shape_candidate_update},
    {"DirectCallReveal", &wzp__shape_direct_call_reveal},
    {"KeyPackageRequest", &wzp__shape_key_package_request},
    {"KeyPackages", &wzp__shape_key_packages},
    {"RoomDelta", &wzp__shape_room_delta},
    {"RoomSync", &wzp__shape_room_sync},
    {"E2eePair", &wzp__shape_e2ee_pair},
    {"E2eeKeys", &wzp__shape_e2ee_keys},
    {"E2eeKeyRequest", &wzp__shape_e2ee_key_request},
    {"FederatedRoute", &wzp__shape_federated_route},
};
/* clang-format on */

static size_t count_kinds(void)
{
    return sizeof KINDS / sizeof KINDS[0];
}

/* --- writing messages from tables ----------------------------------------- */

typedef struct text {
    char buf[32768];
    size_t len;
} text;

static void put(text *t, const char *s)
{
    const size_t n = strlen(s);
    assert_true(t->len + n < sizeof t->buf);
    memcpy(t->buf + t->len, s, n + 1);
    t->len += n;
}

static void put_times(text *t, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        put(t, i == 0 ? s : ",");
        put(t, i == 0 ? "" : s);
    }
}

/* base64url of `len` zero bytes. */
static void put_b64(text *t, size_t len)
{
    put(t, "\"");
    for (size_t i = 0; i < len / 3 * 4 + (len % 3 * 8 + 5) / 6; i++) {
        put(t, "A");
    }
    put(t, "\"");
}

/* Where a value goes that is not the right one. */
typedef struct wrong {
    const wzp__field *field; /* NULL: nowhere */
    const char *value;       /* NULL: the field is left out */
    bool is_twice;           /* the right value, and again */
} wrong;

static void put_object(text *t, const wzp__shape *shape, const wrong *w);

static void put_value(text *t, const wzp__field *f, const wrong *w)
{
    switch (f->type) {
    case WZP__F_STR: put(t, "\"x\""); break;
    case WZP__F_BOOL: put(t, "true"); break;
    case WZP__F_U8:
    case WZP__F_U16:
    case WZP__F_U32:
    case WZP__F_U64:
    case WZP__F_F32:
    case WZP__F_OPT_U32:
    case WZP__F_OPT_F32: put(t, "1"); break;
    case WZP__F_ENUM:
        put(t, "\"");
        put(t, f->name_of(0));
        put(t, "\"");
        break;
    case WZP__F_KEY:
    case WZP__F_NUMBERS:
        put(t, "[");
        put_times(t, "255",
                  f->type == WZP__F_KEY ? WZP_KEY_LEN
                  : f->len != 0         ? f->len
                                        : 3);
        put(t, "]");
        break;
    case WZP__F_B64:
    case WZP__F_B64_ARRAY: put_b64(t, f->len != 0 ? f->len : 6); break;
    case WZP__F_STRUCT:
    case WZP__F_OPT_STRUCT: put_object(t, f->shape, w); break;
    case WZP__F_STR_LIST: put(t, "[\"x\",\"y\"]"); break;
    case WZP__F_U16_LIST: put(t, "[1,65535]"); break;
    case WZP__F_B64_LIST:
        put(t, "[");
        put_b64(t, f->len != 0 ? f->len : 6);
        put(t, "]");
        break;
    case WZP__F_STRUCT_LIST:
        put(t, "[");
        put_object(t, f->shape, w);
        put(t, "]");
        break;
    case WZP__F_CAPS: put(t, "[\"e2e1\"]"); break;
    case WZP__F_SIGNAL: put(t, "\"Hold\""); break;
    }
}

static void put_object(text *t, const wzp__shape *shape, const wrong *w)
{
    bool is_first = true;
    put(t, "{");
    for (size_t i = 0; i < shape->n; i++) {
        const wzp__field *f = &shape->fields[i];
        const bool is_wrong = f == w->field;
        if (is_wrong && !w->is_twice && w->value == NULL) {
            continue;
        }
        for (int k = 0; k < (is_wrong && w->is_twice ? 2 : 1); k++) {
            put(t, is_first ? "\"" : ",\"");
            is_first = false;
            put(t, f->name);
            put(t, "\":");
            if (is_wrong && !w->is_twice) {
                put(t, w->value);
            } else {
                put_value(t, f, w);
            }
        }
    }
    put(t, "}");
}

static text *message(size_t kind, const wrong *w)
{
    static text t;
    t.len = 0;
    put(&t, "{\"");
    put(&t, KINDS[kind].name);
    put(&t, "\":");
    put_object(&t, KINDS[kind].shape, w);
    put(&t, "}");
    return &t;
}

static wzp_err read_wronged(size_t kind, const wrong *w)
{
    wzp_signal sig;
    return decode(message(kind, w)->buf, &sig);
}

/* --- which values a field takes ------------------------------------------- */

typedef struct candidate {
    const char *json;
    char sort; /* n null, b bool, i integer, m negative, f fraction, l 2^64,
                * s text, a array, A array of arrays, o object, d too deep */
} candidate;

static const candidate VALUES[] = {
    {"null", 'n'},  {"false", 'b'},
    {"0", 'i'},     {"-1", 'm'},
    {"1.5", 'f'},   {"18446744073709551616", 'l'},
    {"\"?\"", 's'}, /* neither base64url nor a name */
    {"[]", 'a'},    {"[[]]", 'A'},
    {"{}", 'o'},    {"{\"a\":{\"a\":[[[[[[[[1]]]]]]]]}}", 'd'},
};

static bool takes_null(const wzp__field *f)
{
    const bool is_list =
        f->type == WZP__F_STR_LIST || f->type == WZP__F_U16_LIST ||
        f->type == WZP__F_B64_LIST || f->type == WZP__F_STRUCT_LIST ||
        f->type == WZP__F_CAPS;
    return f->rule == WZP__NULLABLE || (f->rule == WZP__OMIT && !is_list);
}

static bool needs_nothing(const wzp__shape *shape)
{
    for (size_t i = 0; i < shape->n; i++) {
        if (shape->fields[i].rule == WZP__REQUIRED) {
            return false;
        }
    }
    return true;
}

/* The sorts that are right for a field, null aside. */
static const char *right_sorts(const wzp__field *f)
{
    switch (f->type) {
    case WZP__F_STR: return "s";
    case WZP__F_BOOL: return "b";
    case WZP__F_U8:
    case WZP__F_U16:
    case WZP__F_U32:
    case WZP__F_U64:
    case WZP__F_OPT_U32: return "i";
    case WZP__F_F32:
    case WZP__F_OPT_F32: return "imfl";
    case WZP__F_NUMBERS: return f->len == 0 ? "a" : "";
    case WZP__F_STR_LIST:
    case WZP__F_U16_LIST:
    case WZP__F_B64_LIST:
    case WZP__F_STRUCT_LIST:
    case WZP__F_CAPS: return "a";
    case WZP__F_STRUCT:
    case WZP__F_OPT_STRUCT: return needs_nothing(f->shape) ? "od" : "";
    case WZP__F_ENUM:
    case WZP__F_KEY:
    case WZP__F_B64:
    case WZP__F_B64_ARRAY:
    case WZP__F_SIGNAL: return "";
    }
    return "";
}

static bool is_named(wzp_err e)
{
    return e == WZP_ERR_FIELD || e == WZP_ERR_B64 || e == WZP_ERR_VARIANT;
}

/* --- one field at a time -------------------------------------------------- */

typedef void check_fn(size_t kind, const wzp__field *f);

/* All fields of a shape, and of those within. */
static size_t for_each(size_t kind, const wzp__shape *shape, check_fn *check)
{
    size_t n = 0;
    for (size_t i = 0; shape != NULL && i < shape->n; i++) {
        const wzp__field *f = &shape->fields[i];
        check(kind, f);
        n += 1 + for_each(kind, f->shape, check);
    }
    return n;
}

static void expect(size_t kind, const wrong *w, bool is_right)
{
    const wzp_err e = read_wronged(kind, w);
    if ((e == WZP_OK) != is_right || (e != WZP_OK && !is_named(e))) {
        fail_msg("%s.%s = %s: %s", KINDS[kind].name, w->field->name,
                 w->value == NULL ? "(none)" : w->value, wzp_err_name(e));
    }
}

static void check_types(size_t kind, const wzp__field *f)
{
    for (size_t i = 0; i < sizeof VALUES / sizeof VALUES[0]; i++) {
        const wrong w = {.field = f, .value = VALUES[i].json};
        const char sort = VALUES[i].sort;
        expect(kind, &w,
               sort == 'n' ? takes_null(f)
                           : strchr(right_sorts(f), sort) != NULL);
    }
}

static void check_absence(size_t kind, const wzp__field *f)
{
    const wrong w = {.field = f, .value = NULL};
    expect(kind, &w, f->rule != WZP__REQUIRED);
}

static void check_twice(size_t kind, const wzp__field *f)
{
    const wrong w = {.field = f, .is_twice = true};
    assert_int_equal(read_wronged(kind, &w), WZP_ERR_JSON);
}

static void check_range(size_t kind, const wzp__field *f)
{
    static const struct {
        wzp__field_type type;
        const char *most, *more;
    } ROWS[] = {
        {WZP__F_U8, "255", "256"},
        {WZP__F_U16, "65535", "65536"},
        {WZP__F_U32, "4294967295", "4294967296"},
        {WZP__F_OPT_U32, "4294967295", "4294967296"},
        {WZP__F_U64, "18446744073709551615", "18446744073709551616"},
        {WZP__F_F32, "3e38", "1e39"},
        {WZP__F_OPT_F32, "-3e38", "-1e39"},
        {WZP__F_U16_LIST, "[65535]", "[65536]"},
    };
    for (size_t i = 0; i < sizeof ROWS / sizeof ROWS[0]; i++) {
        if (f->type == ROWS[i].type) {
            expect(kind, &(wrong){.field = f, .value = ROWS[i].most}, true);
            expect(kind, &(wrong){.field = f, .value = ROWS[i].more}, false);
        }
    }
}

/* One byte less and one more than a value of fixed length has. */
static void check_length(size_t kind, const wzp__field *f)
{
    if (f->len == 0 || (f->type != WZP__F_B64 && f->type != WZP__F_B64_ARRAY)) {
        return;
    }
    for (size_t len = f->len - 1; len <= f->len + 1; len += 2) {
        static text t;
        t.len = 0;
        put_b64(&t, len);
        expect(kind, &(wrong){.field = f, .value = t.buf}, false);
    }
}

static void check_utf8(size_t kind, const wzp__field *f)
{
    static const char *const BAD[] = {"\"\xff\"", "\"\xc0\xaf\"",
                                      "\"\xed\xa0\x80\"", "\"\xe2\x82\"",
                                      "\"\xf4\x90\x80\x80\""};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        const wrong w = {.field = f, .value = BAD[i]};
        const wzp_err e = read_wronged(kind, &w);
        assert_true(e == WZP_ERR_UTF8 || e == WZP_ERR_FIELD);
        assert_true(f->type != WZP__F_STR || e == WZP_ERR_UTF8);
    }
}

/* Open brackets without end where a value should be. */
static void check_depth(size_t kind, const wzp__field *f)
{
    static char deep[2001];
    memset(deep, '[', 1000);
    memset(deep + 1000, ']', 1000);
    const wrong w = {.field = f, .value = deep};
    const wzp_err e = read_wronged(kind, &w);
    assert_true(e == WZP_ERR_JSON || e == WZP_ERR_FIELD);
}

static void run_kind(size_t kind)
{
    static check_fn *const CHECKS[] = {check_types, check_absence, check_twice,
                                       check_range, check_length,  check_utf8,
                                       check_depth};
    const wzp__shape *shape = KINDS[kind].shape;
    if (shape == NULL) {
        return;
    }
    assert_int_equal(read_wronged(kind, &(wrong){.field = NULL}), WZP_OK);
    for (size_t i = 0; i < sizeof CHECKS / sizeof CHECKS[0]; i++) {
        assert_true(for_each(kind, shape, CHECKS[i]) >= shape->n);
    }
}
WZP_ROWS(signal_with_one_field_wronged_is_refused_by_name, count_kinds,
         run_kind);

static void run_cut(size_t kind)
{
    if (KINDS[kind].shape == NULL) {
        return;
    }
    const text *t = message(kind, &(wrong){.field = NULL});
    wzp_signal sig;
    for (size_t len = 0; len < t->len; len++) {
        char *exact = malloc(len + (len == 0)); /* reading past it is seen */
        assert_non_null(exact);
        memcpy(exact, t->buf, len);
        assert_int_equal(
            wzp_signal_decode(arena(), exact, len, WZP_SIGNAL_MAX, &sig),
            WZP_ERR_JSON);
        free(exact);
    }
}
WZP_ROWS(signal_with_all_its_fields_cut_at_any_length_is_not_json, count_kinds,
         run_cut);

WZP_TEST(signal_kinds_are_all_in_the_table_of_this_test)
{
    assert_int_equal(count_kinds(), WZP_SIGNAL_KINDS);
    for (size_t i = 0; i < count_kinds(); i++) {
        assert_string_equal(KINDS[i].name, wzp_signal_name((wzp_signal_kind)i));
        wzp_signal sig;
        char unit[64];
        (void)snprintf(unit, sizeof unit, "\"%s\"", KINDS[i].name);
        assert_int_equal(decode(unit, &sig),
                         KINDS[i].shape == NULL ? WZP_OK : WZP_ERR_FIELD);
    }
}

WZP_TEST(signal_above_its_limit_by_one_or_by_much_is_refused)
{
    const size_t max = WZP_SIGNAL_MAX;
    char *big = malloc(2 * max);
    wzp_signal sig;
    assert_non_null(big);
    memset(big, ' ', 2 * max);
    memcpy(big, "\"Hold\"", 6);
    assert_int_equal(wzp_signal_decode(arena(), big, max, max, &sig), WZP_OK);
    assert_int_equal(wzp_signal_decode(arena(), big, max + 1, max, &sig),
                     WZP_ERR_OVERSIZE);
    assert_int_equal(wzp_signal_decode(arena(), big, 2 * max, max, &sig),
                     WZP_ERR_OVERSIZE);
    free(big);
}
