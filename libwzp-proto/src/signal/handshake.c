/* SPDX-License-Identifier: MIT */
/* Messages at the start of a media connection and to keep it: CallOffer,
 * CallAnswer, AuthToken, Rekey, Ping and Pong. spec/wire.md 2.4; extra keys:
 * design/secure-media.md 2, 3, 5.
 */
#include "signal/field.h"

/* clang-format off */
static const wzp__field CALL_OFFER[] = {
    WZP__FIELD(wzp_sig_call_offer, identity_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_call_offer, ephemeral_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_call_offer, signature, NUMBERS, REQUIRED),
    WZP__FIELD(wzp_sig_call_offer, supported_profiles, STRUCT_LIST, REQUIRED, .shape = &wzp__shape_profile),
    WZP__FIELD(wzp_sig_call_offer, alias, STR, NULLABLE),
    WZP__FIELD(wzp_sig_call_offer, caps, CAPS, OMIT),
    WZP__FIELD(wzp_sig_call_offer, binding, B64, OMIT, .len = WZP_SIG_LEN),
    WZP__FIELD(wzp_sig_call_offer, kp, B64, OMIT),
    WZP__FIELD(wzp_sig_call_offer, room_proof, B64, OMIT, .len = WZP_HASH_LEN),
};
const wzp__shape wzp__shape_call_offer = WZP__SHAPE(wzp_sig_call_offer, CALL_OFFER);

static const wzp__field CALL_ANSWER[] = {
    WZP__FIELD(wzp_sig_call_answer, identity_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_call_answer, ephemeral_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_call_answer, signature, NUMBERS, REQUIRED),
    WZP__FIELD(wzp_sig_call_answer, chosen_profile, STRUCT, REQUIRED, .shape = &wzp__shape_profile),
    WZP__FIELD(wzp_sig_call_answer, caps, CAPS, OMIT),
    WZP__FIELD(wzp_sig_call_answer, binding, B64, OMIT, .len = WZP_SIG_LEN),
    WZP__FIELD(wzp_sig_call_answer, next_tls, OPT_STRUCT, OMIT, .has = offsetof(wzp_sig_call_answer, next_tls.has), .shape = &wzp__shape_next_tls),
};
const wzp__shape wzp__shape_call_answer = WZP__SHAPE(wzp_sig_call_answer, CALL_ANSWER);

static const wzp__field REKEY[] = {
    WZP__FIELD(wzp_sig_rekey, new_ephemeral_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_rekey, signature, NUMBERS, REQUIRED),
};
const wzp__shape wzp__shape_rekey = WZP__SHAPE(wzp_sig_rekey, REKEY);

static const wzp__field AUTH_TOKEN[] = {
    WZP__FIELD(wzp_sig_auth_token, token, STR, REQUIRED),
};
const wzp__shape wzp__shape_auth_token = WZP__SHAPE(wzp_sig_auth_token, AUTH_TOKEN);

/* Ping and Pong */
static const wzp__field PING[] = {
    WZP__FIELD(wzp_sig_ping, timestamp_ms, U64, REQUIRED),
};
const wzp__shape wzp__shape_ping = WZP__SHAPE(wzp_sig_ping, PING);
/* clang-format on */
