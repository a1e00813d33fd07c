/* SPDX-License-Identifier: MIT */
/* What most attack tests begin with: a world, a relay that lies or an honest
 * one, and puppets in its room.
 */
#ifndef WZP_TEST_STAGE_H
#define WZP_TEST_STAGE_H

#include "support/liar/liar.h"
#include "support/liar/puppet.h"

#define WZP_STAGE_MAX  16
#define WZP_STAGE_ROOM "stage"
#define WZP_STAGE_ID   20 /* identity byte of puppet 0, then upwards */

typedef struct wzp_stage {
    wzp_world *w;
    wzp_liar *liar; /* NULL: the relay is honest */
    wzp_node relay;
    wzp_puppet *p[WZP_STAGE_MAX];
    int n;
} wzp_stage;

void wzp_stage_open(wzp_stage *s, uint64_t seed, bool lies);
void wzp_stage_close(wzp_stage *s);

/* Two that talk, with keys for each other. */
void wzp_stage_pair(wzp_stage *s, uint64_t seed, bool lies);

/* cfg NULL: one that talks; its identity is set in any case. Not joined. */
wzp_puppet *wzp_stage_add(wzp_stage *s, const wzp_puppet_config *cfg);
/* The same, joined, with time to get keys. */
wzp_puppet *wzp_stage_enter(wzp_stage *s, const wzp_puppet_config *cfg);

/* Frames that p opens in the next second; 50 for each who talks. */
uint64_t wzp_stage_hears(wzp_stage *s, const wzp_puppet *p);
/* State of puppet `of` as `p` sees it; −1: not listed. */
int wzp_stage_state(const wzp_puppet *p, int of);

#endif
