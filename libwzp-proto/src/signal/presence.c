/* SPDX-License-Identifier: MIT */
/* Being reachable: registration with a signal relay, lists of who is.
 * spec/wire.md 2.4, 2.5; design/secure-media.md 3.
 */
#include "signal/field.h"

/* clang-format off */
static const wzp__field USER[] = {
    WZP__FIELD(wzp_user, fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_user, alias, STR, NULLABLE),
};
static const wzp__shape USER_SHAPE = WZP__SHAPE(wzp_user, USER);
/* clang-format on */

/* clang-format off */
static const wzp__field REGISTER_PRESENCE[] = {
    WZP__FIELD(wzp_sig_register_presence, identity_pub, KEY, REQUIRED),
    WZP__FIELD(wzp_sig_register_presence, signature, NUMBERS, REQUIRED),
    WZP__FIELD(wzp_sig_register_presence, alias, STR, NULLABLE),
    WZP__FIELD(wzp_sig_register_presence, caps, CAPS, OMIT),
    WZP__FIELD(wzp_sig_register_presence, binding, B64, OMIT, .len = WZP_SIG_LEN),
};
const wzp__shape wzp__shape_register_presence = WZP__SHAPE(wzp_sig_register_presence, REGISTER_PRESENCE);

static const wzp__field REGISTER_PRESENCE_ACK[] = {
    WZP__FIELD(wzp_sig_register_presence_ack, success, BOOL, REQUIRED),
    WZP__FIELD(wzp_sig_register_presence_ack, error, STR, OMIT),
    WZP__FIELD(wzp_sig_register_presence_ack, relay_build, STR, OMIT),
    WZP__FIELD(wzp_sig_register_presence_ack, relay_region, STR, OMIT),
    WZP__FIELD(wzp_sig_register_presence_ack, available_relays, STR_LIST, OMIT),
    WZP__FIELD(wzp_sig_register_presence_ack, caps, CAPS, OMIT),
    WZP__FIELD(wzp_sig_register_presence_ack, next_tls, OPT_STRUCT, OMIT, .has = offsetof(wzp_sig_register_presence_ack, next_tls.has), .shape = &wzp__shape_next_tls),
};
const wzp__shape wzp__shape_register_presence_ack = WZP__SHAPE(wzp_sig_register_presence_ack, REGISTER_PRESENCE_ACK);

static const wzp__field PRESENCE_UPDATE[] = {
    WZP__FIELD(wzp_sig_presence_update, fingerprints, STR_LIST, REQUIRED),
    WZP__FIELD(wzp_sig_presence_update, relay_addr, STR, REQUIRED),
};
const wzp__shape wzp__shape_presence_update = WZP__SHAPE(wzp_sig_presence_update, PRESENCE_UPDATE);

static const wzp__field PRESENCE_LIST[] = {
    WZP__FIELD(wzp_sig_presence_list, users, STRUCT_LIST, DEFAULT, .shape = &USER_SHAPE),
};
const wzp__shape wzp__shape_presence_list = WZP__SHAPE(wzp_sig_presence_list, PRESENCE_LIST);
/* clang-format on */
