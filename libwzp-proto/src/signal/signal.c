/* SPDX-License-Identifier: MIT */
/* Signal messages (signal.h): the one table of variants, and the outer form:
 * {"Name":{…}} for variants with fields, "Name" or {"Name":null} for the
 * others. What is inside is in the table of each message (field.h).
 *
 * serde also accepts a variant's fields as an array; nobody emits that, and it
 * is refused here.
 */
#include "signal/field.h"

#include <assert.h>
#include <string.h>

/* Messages within messages when writing. chosen: one is what the protocol
 * uses; reading is bounded by WZP__JSON_DEPTH. */
enum { WRITE_DEPTH = 16 };

/* Enums are read and written as unsigned. */
static_assert(sizeof(wzp_hangup_reason) == sizeof(unsigned), "enum size");
static_assert(sizeof(wzp_accept_mode) == sizeof(unsigned), "enum size");
static_assert(sizeof(wzp_codec_id) == sizeof(unsigned), "enum size");

typedef struct variant {
    const char *name;
    const wzp__shape *shape; /* NULL: no fields */
} variant;

/* clang-format off */
static const variant VARIANTS[WZP_SIGNAL_KINDS] = {
    [WZP_SIG_CALL_OFFER]               = {"CallOffer", &wzp__shape_call_offer},
    [WZP_SIG_CALL_ANSWER]              = {"CallAnswer", &wzp__shape_call_answer},
    [WZP_SIG_ICE_CANDIDATE]            = {"IceCandidate", &wzp__shape_ice_candidate},
    [WZP_SIG_REKEY]                    = {"Rekey", &wzp__shape_rekey},
    [WZP_SIG_QUALITY_UPDATE]           = {"QualityUpdate", &wzp__shape_quality_update},
    [WZP_SIG_LOSS_RECOVERY_UPDATE]     = {"LossRecoveryUpdate", &wzp__shape_loss_recovery_update},
    [WZP_SIG_PING]                     = {"Ping", &wzp__shape_ping},
    [WZP_SIG_PONG]                     = {"Pong", &wzp__shape_ping},
    [WZP_SIG_HANGUP]                   = {"Hangup", &wzp__shape_hangup},
    [WZP_SIG_AUTH_TOKEN]               = {"AuthToken", &wzp__shape_auth_token},
    [WZP_SIG_HOLD]                     = {"Hold", NULL},
    [WZP_SIG_UNHOLD]                   = {"Unhold", NULL},
    [WZP_SIG_MUTE]                     = {"Mute", NULL},
    [WZP_SIG_UNMUTE]                   = {"Unmute", NULL},
    [WZP_SIG_TRANSFER]                 = {"Transfer", &wzp__shape_transfer},
    [WZP_SIG_TRANSFER_ACK]             = {"TransferAck", NULL},
    [WZP_SIG_PRESENCE_UPDATE]          = {"PresenceUpdate", &wzp__shape_presence_update},
    [WZP_SIG_ROUTE_QUERY]              = {"RouteQuery", &wzp__shape_route_query},
    [WZP_SIG_ROUTE_RESPONSE]           = {"RouteResponse", &wzp__shape_route_response},
    [WZP_SIG_SESSION_FORWARD]          = {"SessionForward", &wzp__shape_session_forward},
    [WZP_SIG_SESSION_FORWARD_ACK]      = {"SessionForwardAck", &wzp__shape_session_forward_ack},
    [WZP_SIG_ROOM_UPDATE]              = {"RoomUpdate", &wzp__shape_room_update},
    [WZP_SIG_FEDERATION_HELLO]         = {"FederationHello", &wzp__shape_federation_hello},
    [WZP_SIG_GLOBAL_ROOM_ACTIVE]       = {"GlobalRoomActive", &wzp__shape_global_room_active},
    [WZP_SIG_GLOBAL_ROOM_INACTIVE]     = {"GlobalRoomInactive", &wzp__shape_global_room_inactive},
    [WZP_SIG_REGISTER_PRESENCE]        = {"RegisterPresence", &wzp__shape_register_presence},
    [WZP_SIG_REGISTER_PRESENCE_ACK]    = {"RegisterPresenceAck", &wzp__shape_register_presence_ack},
    [WZP_SIG_DIRECT_CALL_OFFER]        = {"DirectCallOffer", &wzp__shape_direct_call_offer},
    [WZP_SIG_DIRECT_CALL_ANSWER]       = {"DirectCallAnswer", &wzp__shape_direct_call_answer},
    [WZP_SIG_CALL_SETUP]               = {"CallSetup", &wzp__shape_call_setup},
    [WZP_SIG_CALL_RINGING]             = {"CallRinging", &wzp__shape_call_ringing},
    [WZP_SIG_REFLECT]                  = {"Reflect", NULL},
    [WZP_SIG_REFLECT_RESPONSE]         = {"ReflectResponse", &wzp__shape_reflect_response},
    [WZP_SIG_MEDIA_PATH_REPORT]        = {"MediaPathReport", &wzp__shape_media_path_report},
    [WZP_SIG_FEDERATED_SIGNAL_FORWARD] = {"FederatedSignalForward", &wzp__shape_federated_signal_forward},
    [WZP_SIG_QUALITY_DIRECTIVE]        = {"QualityDirective", &wzp__shape_quality_directive},
    [WZP_SIG_PRESENCE_LIST]            = {"PresenceList", &wzp__shape_presence_list},
    [WZP_SIG_UPGRADE_PROPOSAL]         = {"UpgradeProposal", &wzp__shape_upgrade_proposal},
    [WZP_SIG_UPGRADE_RESPONSE]         = {"UpgradeResponse", &wzp__shape_upgrade_response},
    [WZP_SIG_UPGRADE_CONFIRM]          = {"UpgradeConfirm", &wzp__shape_upgrade_confirm},
    [WZP_SIG_QUALITY_CAPABILITY]       = {"QualityCapability", &wzp__shape_quality_capability},
    [WZP_SIG_HARD_NAT_PROBE]           = {"HardNatProbe", &wzp__shape_hard_nat_probe},
    [WZP_SIG_HARD_NAT_BIRTHDAY_START]  = {"HardNatBirthdayStart", &wzp__shape_hard_nat_birthday_start},
    [WZP_SIG_CANDIDATE_UPDATE]         = {"CandidateUpdate", &wzp__shape_candidate_update},
    [WZP_SIG_DIRECT_CALL_REVEAL]       = {"DirectCallReveal", &wzp__shape_direct_call_reveal},
    [WZP_SIG_KEY_PACKAGE_REQUEST]      = {"KeyPackageRequest", &wzp__shape_key_package_request},
    [WZP_SIG_KEY_PACKAGES]             = {"KeyPackages", &wzp__shape_key_packages},
    [WZP_SIG_ROOM_DELTA]               = {"RoomDelta", &wzp__shape_room_delta},
    [WZP_SIG_ROOM_SYNC]                = {"RoomSync", &wzp__shape_room_sync},
    [WZP_SIG_E2EE_PAIR]                = {"E2eePair", &wzp__shape_e2ee_pair},
    [WZP_SIG_E2EE_KEYS]                = {"E2eeKeys", &wzp__shape_e2ee_keys},
    [WZP_SIG_E2EE_KEY_REQUEST]         = {"E2eeKeyRequest", &wzp__shape_e2ee_key_request},
    [WZP_SIG_FEDERATED_ROUTE]          = {"FederatedRoute", &wzp__shape_federated_route},
};
/* clang-format on */

const char *wzp_signal_name(wzp_signal_kind kind)
{
    const size_t i = (size_t)kind;
    return (i < WZP_SIGNAL_KINDS) ? VARIANTS[i].name : NULL;
}

bool wzp_signal_needs_sig1(wzp_signal_kind kind)
{
    return (size_t)kind >= WZP_SIGNAL_KINDS_LEGACY;
}

static size_t find_variant(wzp_str name)
{
    size_t i = 0;
    while (i < WZP_SIGNAL_KINDS &&
           (strlen(VARIANTS[i].name) != name.len ||
            memcmp(VARIANTS[i].name, name.ptr, name.len) != 0)) {
        i++;
    }
    return i;
}

/* --- reading --- */

/* The whole outer object was read: WZP_ERR_VARIANT only for what is JSON
 * otherwise, so that the caller can log and skip it. */
static void decode_content(wzp__json *j, size_t kind, wzp_signal *out)
{
    if (kind == WZP_SIGNAL_KINDS) {
        wzp__json_skip(j);
    } else if (VARIANTS[kind].shape != NULL) {
        wzp__fields_decode(j, VARIANTS[kind].shape, &out->u);
    } else if (!wzp__json_take_null(j)) {
        wzp__json_fail(j, WZP_ERR_FIELD);
    }
}

/* kind WZP_SIGNAL_KINDS in the result: unknown. */
static size_t decode_outer(wzp__json *j, wzp_signal *out)
{
    wzp_str name = WZP_STR_NONE;
    if (wzp__json_peek(j) != WZP__JSON_OBJECT) {
        name = wzp__json_text(j);
        const size_t kind =
            (j->err == WZP_OK) ? find_variant(name) : WZP_SIGNAL_KINDS;
        if (kind < WZP_SIGNAL_KINDS && VARIANTS[kind].shape != NULL) {
            wzp__json_fail(j, WZP_ERR_FIELD);
        }
        return kind;
    }
    wzp__json_open(j, WZP__JSON_OBJECT);
    if (!wzp__json_next_key(j, &name)) {
        wzp__json_fail(j, WZP_ERR_FIELD);
        return WZP_SIGNAL_KINDS;
    }
    const size_t kind = find_variant(name);
    decode_content(j, kind, out);
    if (wzp__json_next_key(j, &name)) { /* one variant, no more */
        wzp__json_fail(j, WZP_ERR_JSON);
    }
    return kind;
}

void wzp__signal_decode_value(wzp__json *j, wzp_signal *out)
{
    const size_t kind = decode_outer(j, out);
    if (kind == WZP_SIGNAL_KINDS) {
        wzp__json_fail(j, WZP_ERR_VARIANT);
    }
    out->kind = (wzp_signal_kind)kind;
}

wzp_err wzp_signal_decode(wzp_arena *arena, const char *json, size_t len,
                          size_t limit, wzp_signal *out)
{
    if (len > limit) {
        return WZP_ERR_OVERSIZE;
    }
    wzp__json j = wzp__json_init(json, len, arena);
    wzp_signal sig = {.kind = WZP_SIG_CALL_OFFER};
    memset(&sig, 0, sizeof sig);
    const size_t kind = decode_outer(&j, &sig);
    WZP_TRY(wzp__json_end(&j));
    if (kind == WZP_SIGNAL_KINDS) {
        return WZP_ERR_VARIANT;
    }
    sig.kind = (wzp_signal_kind)kind;
    *out = sig;
    return WZP_OK;
}

/* --- writing --- */

static void put_name(wzp__json_out *o, const char *name)
{
    wzp__json_put_string(o, (wzp_str){name, strlen(name)});
}

void wzp__signal_encode_value(wzp__json_out *o, const wzp_signal *sig,
                              unsigned depth)
{
    if (sig == NULL || (size_t)sig->kind >= WZP_SIGNAL_KINDS ||
        depth > WRITE_DEPTH) {
        o->err = WZP_ERR_ARG;
        return;
    }
    const variant *v = &VARIANTS[sig->kind];
    if (v->shape == NULL) {
        put_name(o, v->name);
        return;
    }
    wzp__json_put_char(o, '{');
    put_name(o, v->name);
    wzp__json_put_char(o, ':');
    wzp__fields_encode(o, v->shape, &sig->u, depth);
    wzp__json_put_char(o, '}');
}

wzp_err wzp_signal_encode(wzp_arena *arena, const wzp_signal *sig, wzp_str *out)
{
    wzp__json_out count = {.buf = NULL};
    wzp__signal_encode_value(&count, sig, 0);
    WZP_TRY(count.err);
    char *buf = wzp_arena_alloc(arena, count.len);
    if (buf == NULL) {
        return WZP_ERR_NOMEM;
    }
    wzp__json_out o = {.buf = buf, .cap = count.len};
    wzp__signal_encode_value(&o, sig, 0);
    WZP_TRY(o.err);
    *out = (wzp_str){buf, o.len};
    return WZP_OK;
}
