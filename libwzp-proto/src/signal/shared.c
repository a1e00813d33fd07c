/* SPDX-License-Identifier: MIT */
/* Objects that several messages contain: quality profile, participant,
 * successor certificate. spec/wire.md 2.3, design/secure-media.md 3, 5.
 */
#include "signal/field.h"

static const char *codec_name(unsigned i)
{
    const wzp_codec_info *info = wzp_codec_info_get(i);
    return (info != NULL) ? info->name : NULL;
}

/* clang-format off */
static const wzp__field PROFILE[] = {
    WZP__FIELD(wzp_profile, codec, ENUM, REQUIRED, .name_of = codec_name),
    WZP__FIELD(wzp_profile, fec_ratio, F32, REQUIRED),
    WZP__FIELD_AS(wzp_profile, frame_duration_ms, frame_ms, U8, REQUIRED),
    WZP__FIELD(wzp_profile, frames_per_block, U8, REQUIRED),
};
const wzp__shape wzp__shape_profile = WZP__SHAPE(wzp_profile, PROFILE);

static const wzp__field PARTICIPANT[] = {
    WZP__FIELD(wzp_participant, fingerprint, STR, REQUIRED),
    WZP__FIELD(wzp_participant, alias, STR, NULLABLE),
    WZP__FIELD(wzp_participant, relay_label, STR, NULLABLE),
    WZP__FIELD(wzp_participant, mid, B64, OMIT, .len = WZP_MID_LEN),
    WZP__FIELD(wzp_participant, kph, B64, OMIT, .len = WZP_HASH_LEN),
    WZP__FIELD(wzp_participant, caps, CAPS, OMIT),
};
const wzp__shape wzp__shape_participant = WZP__SHAPE(wzp_participant, PARTICIPANT);

static const wzp__field NEXT_TLS[] = {
    WZP__FIELD(wzp_next_tls, sha256, B64_ARRAY, REQUIRED, .len = WZP_HASH_LEN),
    WZP__FIELD(wzp_next_tls, not_before, U64, REQUIRED),
    WZP__FIELD(wzp_next_tls, sig, B64_ARRAY, REQUIRED, .len = WZP_SIG_LEN),
};
const wzp__shape wzp__shape_next_tls = WZP__SHAPE(wzp_next_tls, NEXT_TLS);
/* clang-format on */
