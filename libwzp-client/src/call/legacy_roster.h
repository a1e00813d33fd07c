/* SPDX-License-Identifier: MIT */
/* A legacy relay's RoomUpdate as a roster for the key group: nobody in it can
 * be sealed for, and the own entry is among them. Source:
 * spec/wire.md 2.3, 2.4.
 */
#ifndef WZP_CLIENT_LEGACY_ROSTER_H
#define WZP_CLIENT_LEGACY_ROSTER_H

#include <wzp/proto/arena.h>
#include <wzp/proto/signal.h>

/* All but the first entry that has the own fingerprint (another one is another
 * device), without the keys between capable peers: such a relay carries no key
 * messages, so none may be asked for. *out lives in the arena and borrows the
 * texts. WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp__legacy_roster(wzp_arena *arena,
                                         const uint8_t own_key[WZP_KEY_LEN],
                                         wzp_participant_list list,
                                         wzp_participant_list *out);

#endif
