/* SPDX-License-Identifier: MIT */
/* Keys between members of a room: packages on request, pair keys, sender keys.
 * design/secure-media.md 5, 9.
 */
#include "signal/field.h"

/* clang-format off */
static const wzp__field BOX[] = {
    WZP__FIELD(wzp_e2ee_box, to, B64_ARRAY, REQUIRED, .len = WZP_MID_LEN),
    WZP__FIELD(wzp_e2ee_box, n, U32, REQUIRED),
    WZP__FIELD(wzp_e2ee_box, box, B64, REQUIRED),
};
static const wzp__shape BOX_SHAPE = WZP__SHAPE(wzp_e2ee_box, BOX);
/* clang-format on */

/* clang-format off */
static const wzp__field KEY_PACKAGE_REQUEST[] = {
    WZP__FIELD(wzp_sig_key_package_request, mids, B64_LIST, REQUIRED, .len = WZP_MID_LEN),
};
const wzp__shape wzp__shape_key_package_request = WZP__SHAPE(wzp_sig_key_package_request, KEY_PACKAGE_REQUEST);

static const wzp__field KEY_PACKAGES[] = {
    WZP__FIELD(wzp_sig_key_packages, kps, B64_LIST, REQUIRED),
};
const wzp__shape wzp__shape_key_packages = WZP__SHAPE(wzp_sig_key_packages, KEY_PACKAGES);

static const wzp__field E2EE_PAIR[] = {
    WZP__FIELD(wzp_sig_e2ee_pair, from, B64_ARRAY, REQUIRED, .len = WZP_MID_LEN),
    WZP__FIELD(wzp_sig_e2ee_pair, to, B64_ARRAY, REQUIRED, .len = WZP_MID_LEN),
    WZP__FIELD(wzp_sig_e2ee_pair, ct, B64, REQUIRED),
    WZP__FIELD(wzp_sig_e2ee_pair, sig, B64, REQUIRED, .len = WZP_SIG_LEN),
};
const wzp__shape wzp__shape_e2ee_pair = WZP__SHAPE(wzp_sig_e2ee_pair, E2EE_PAIR);

static const wzp__field E2EE_KEYS[] = {
    WZP__FIELD(wzp_sig_e2ee_keys, from, B64_ARRAY, REQUIRED, .len = WZP_MID_LEN),
    WZP__FIELD(wzp_sig_e2ee_keys, gen, U32, REQUIRED),
    WZP__FIELD(wzp_sig_e2ee_keys, step, U8, REQUIRED),
    WZP__FIELD(wzp_sig_e2ee_keys, suite, U16, REQUIRED),
    WZP__FIELD(wzp_sig_e2ee_keys, k, STRUCT_LIST, REQUIRED, .shape = &BOX_SHAPE),
};
const wzp__shape wzp__shape_e2ee_keys = WZP__SHAPE(wzp_sig_e2ee_keys, E2EE_KEYS);

static const wzp__field E2EE_KEY_REQUEST[] = {
    WZP__FIELD(wzp_sig_e2ee_key_request, from, B64_ARRAY, REQUIRED, .len = WZP_MID_LEN),
    WZP__FIELD(wzp_sig_e2ee_key_request, to, B64_ARRAY, REQUIRED, .len = WZP_MID_LEN),
};
const wzp__shape wzp__shape_e2ee_key_request = WZP__SHAPE(wzp_sig_e2ee_key_request, E2EE_KEY_REQUEST);
/* clang-format on */
