/* SPDX-License-Identifier: MIT */
/* Ten networks that change under a call, and what quality control makes of
 * each on the model of path_model.h.
 */
#ifndef WZP_TEST_PATH_SCRIPT_H
#define WZP_TEST_PATH_SCRIPT_H

#include "support/path_model.h"

typedef struct wzp_path_figures {
    unsigned changes;     /* of the tier, after settling */
    double changes_10s;   /* the same, in each 10 s */
    double down_s;        /* from when the path became less until what is sent
                           * fits it; −1: it never became less */
    double up_s;          /* from when it became more until the tier of before
                           * is back; −1: it never did */
    double queue_5s_ms;   /* longest queue 5 … 10 s after it became less */
    double silence_s;     /* longest time without a packet heard */
    wzp_tier least, last; /* after settling; at the end */
} wzp_path_figures;

size_t wzp_path_script_count(void);
const char *wzp_path_script_name(size_t i);
wzp_path_figures wzp_path_script_run(size_t i, uint64_t seed);

#endif
