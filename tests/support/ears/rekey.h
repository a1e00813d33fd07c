/* SPDX-License-Identifier: MIT */
/* A room in which one leaves: how long the others still use keys that it has,
 * and how long anybody is not heard meanwhile. In virtual time.
 */
#ifndef WZP_TEST_REKEY_H
#define WZP_TEST_REKEY_H

#include "support/world/world.h"

#define WZP_REKEY_MEMBERS_MAX 64

typedef struct wzp_rekey {
    int members;  /* 3 … WZP_REKEY_MEMBERS_MAX */
    int speakers; /* they speak all the time; the first one leaves */
    wzp_tstamp rtt;
    double loss;
} wzp_rekey;

typedef struct wzp_rekey_seen {
    wzp_tstamp old_until; /* from the leave to the last packet opened that was
                             sealed with a key of before */
    wzp_tstamp longest;   /* between two packets of one speaker opened by one
                             receiver, from 1 s before to 3 s after */
    uint64_t old, fresh;  /* packets opened after the leave, by key */
} wzp_rekey_seen;

wzp_rekey_seen wzp_rekey_measure(const wzp_rekey *cfg, uint64_t seed);

#endif
