/* SPDX-License-Identifier: MIT */
/* Who is in a room: the full list, changes to it, and the question for the
 * full list. spec/wire.md 2.4; design/secure-media.md 5.
 */
#include "signal/field.h"

/* clang-format off */
static const wzp__field ROOM_UPDATE[] = {
    WZP__FIELD(wzp_sig_room_update, count, U32, REQUIRED),
    WZP__FIELD(wzp_sig_room_update, participants, STRUCT_LIST, REQUIRED, .shape = &wzp__shape_participant),
    WZP__FIELD(wzp_sig_room_update, rev, OPT_U32, OMIT),
};
const wzp__shape wzp__shape_room_update = WZP__SHAPE(wzp_sig_room_update, ROOM_UPDATE);

static const wzp__field ROOM_DELTA[] = {
    WZP__FIELD(wzp_sig_room_delta, rev, U32, REQUIRED),
    WZP__FIELD(wzp_sig_room_delta, joined, STRUCT_LIST, DEFAULT, .shape = &wzp__shape_participant),
    WZP__FIELD(wzp_sig_room_delta, left, B64_LIST, DEFAULT, .len = WZP_MID_LEN),
};
const wzp__shape wzp__shape_room_delta = WZP__SHAPE(wzp_sig_room_delta, ROOM_DELTA);

static const wzp__field ROOM_SYNC[] = {
    WZP__FIELD(wzp_sig_room_sync, rev, U32, REQUIRED),
};
const wzp__shape wzp__shape_room_sync = WZP__SHAPE(wzp_sig_room_sync, ROOM_SYNC);
/* clang-format on */
