/* SPDX-License-Identifier: MIT */
/* Replay window as a ring of bits: see replay.h. Moving ahead clears the bits
 * of the counters in between, which the ring used for older ones.
 */
#include <wzp/crypto/replay.h>

#include <string.h>

static uint64_t bit(uint64_t ctr)
{
    return UINT64_C(1) << (ctr % 64);
}

static size_t word(uint64_t ctr)
{
    return (size_t)(ctr % WZP_REPLAY_WINDOW / 64);
}

wzp_err wzp_replay_check(const wzp_replay *r, uint64_t ctr)
{
    if (!r->is_started || ctr > r->highest) {
        return WZP_OK;
    }
    if (r->highest - ctr >= WZP_REPLAY_WINDOW ||
        (r->seen[word(ctr)] & bit(ctr)) != 0) {
        return WZP_ERR_REPLAY;
    }
    return WZP_OK;
}

static void move_to(wzp_replay *r, uint64_t ctr)
{
    if (!r->is_started || ctr - r->highest >= WZP_REPLAY_WINDOW) {
        memset(r->seen, 0, sizeof r->seen);
    } else {
        for (uint64_t c = r->highest + 1; c != ctr; c++) {
            r->seen[word(c)] &= ~bit(c);
        }
    }
    r->is_started = true;
    r->highest = ctr;
}

void wzp_replay_mark(wzp_replay *r, uint64_t ctr)
{
    if (!r->is_started || ctr > r->highest) {
        move_to(r, ctr);
    }
    r->seen[word(ctr)] |= bit(ctr);
}
