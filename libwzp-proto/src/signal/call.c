/* SPDX-License-Identifier: MIT */
/* Messages of direct calls: offer, answer, reveal, set-up, ringing, hang-up and
 * transfer. spec/wire.md 2.4, 2.5; design/secure-media.md 4.
 */
#include "signal/field.h"

static const char *hangup_name(unsigned i)
{
    static const char *const names[] = {"Normal", "Busy", "Declined", "Timeout",
                                        "Error"};
    return (i < sizeof names / sizeof names[0]) ? names[i] : NULL;
}

static const char *accept_name(unsigned i)
{
    static const char *const names[] = {"Reject", "AcceptTrusted",
                                        "AcceptGeneric"};
    return (i < sizeof names / sizeof names[0]) ? names[i] : NULL;
}

/* clang-format off */
static const wzp__field HANGUP[] = {
    WZP__FIELD(wzp_sig_hangup, reason, ENUM, REQUIRED, .name_of = hangup_name),
    WZP__FIELD(wzp_sig_hangup, call_id, STR, OMIT),
};
const wzp__shape wzp__shape_hangup = WZP__SHAPE(wzp_sig_hangup, HANGUP);

static const wzp__field TRANSFER[] = {
    WZP__FIELD(wzp_sig_transfer, target_fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_sig_transfer, relay_addr, STR, NULLABLE),
};
const wzp__shape wzp__shape_transfer = WZP__SHAPE(wzp_sig_transfer, TRANSFER);

static const wzp__field DIRECT_CALL_OFFER[] = {
    WZP__FIELD(wzp_sig_direct_call_offer, caller_fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_offer, caller_alias, STR, NULLABLE),
    WZP__FIELD(wzp_sig_direct_call_offer, target_fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_offer, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_offer, identity_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_offer, ephemeral_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_offer, signature, NUMBERS, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_offer, supported_profiles, STRUCT_LIST, REQUIRED, .shape = &wzp__shape_profile),
    WZP__FIELD(wzp_sig_direct_call_offer, caller_reflexive_addr, STR, OMIT),
    WZP__FIELD(wzp_sig_direct_call_offer, caller_local_addrs, STR_LIST, OMIT),
    WZP__FIELD(wzp_sig_direct_call_offer, caller_build_version, STR, OMIT),
    WZP__FIELD(wzp_sig_direct_call_offer, caller_mapped_addr, STR, OMIT),
    WZP__FIELD(wzp_sig_direct_call_offer, caps, CAPS, OMIT),
    WZP__FIELD(wzp_sig_direct_call_offer, commit, B64, OMIT, .len = WZP_HASH_LEN),
};
const wzp__shape wzp__shape_direct_call_offer = WZP__SHAPE(wzp_sig_direct_call_offer, DIRECT_CALL_OFFER);

static const wzp__field DIRECT_CALL_ANSWER[] = {
    WZP__FIELD(wzp_sig_direct_call_answer, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_answer, accept_mode, ENUM, REQUIRED, .name_of = accept_name),
    WZP__FIELD(wzp_sig_direct_call_answer, identity_pub, NUMBERS, OMIT, .len = WZP_KEY_LEN),
    WZP__FIELD(wzp_sig_direct_call_answer, ephemeral_pub, NUMBERS, OMIT, .len = WZP_KEY_LEN),
    WZP__FIELD(wzp_sig_direct_call_answer, signature, NUMBERS, OMIT),
    WZP__FIELD_AS(wzp_sig_direct_call_answer, chosen_profile, chosen_profile.v, OPT_STRUCT, OMIT, .has = offsetof(wzp_sig_direct_call_answer, chosen_profile.has), .shape = &wzp__shape_profile),
    WZP__FIELD(wzp_sig_direct_call_answer, callee_reflexive_addr, STR, OMIT),
    WZP__FIELD(wzp_sig_direct_call_answer, callee_local_addrs, STR_LIST, OMIT),
    WZP__FIELD(wzp_sig_direct_call_answer, callee_build_version, STR, OMIT),
    WZP__FIELD(wzp_sig_direct_call_answer, callee_mapped_addr, STR, OMIT),
    WZP__FIELD(wzp_sig_direct_call_answer, caps, CAPS, OMIT),
    WZP__FIELD(wzp_sig_direct_call_answer, kp, B64, OMIT),
};
const wzp__shape wzp__shape_direct_call_answer = WZP__SHAPE(wzp_sig_direct_call_answer, DIRECT_CALL_ANSWER);

static const wzp__field CALL_SETUP[] = {
    WZP__FIELD(wzp_sig_call_setup, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_call_setup, room, STR, REQUIRED),
    WZP__FIELD(wzp_sig_call_setup, relay_addr, STR, REQUIRED),
    WZP__FIELD(wzp_sig_call_setup, peer_direct_addr, STR, OMIT),
    WZP__FIELD(wzp_sig_call_setup, peer_local_addrs, STR_LIST, OMIT),
    WZP__FIELD(wzp_sig_call_setup, peer_mapped_addr, STR, OMIT),
};
const wzp__shape wzp__shape_call_setup = WZP__SHAPE(wzp_sig_call_setup, CALL_SETUP);

static const wzp__field CALL_RINGING[] = {
    WZP__FIELD(wzp_sig_call_ringing, call_id, STR, REQUIRED),
};
const wzp__shape wzp__shape_call_ringing = WZP__SHAPE(wzp_sig_call_ringing, CALL_RINGING);

static const wzp__field DIRECT_CALL_REVEAL[] = {
    WZP__FIELD(wzp_sig_direct_call_reveal, call_id, STR, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_reveal, kp, B64, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_reveal, nonce, B64, REQUIRED, .len = WZP_HASH_LEN),
    WZP__FIELD(wzp_sig_direct_call_reveal, ct, B64, REQUIRED),
    WZP__FIELD(wzp_sig_direct_call_reveal, sig, B64, REQUIRED, .len = WZP_SIG_LEN),
};
const wzp__shape wzp__shape_direct_call_reveal = WZP__SHAPE(wzp_sig_direct_call_reveal, DIRECT_CALL_REVEAL);
/* clang-format on */
