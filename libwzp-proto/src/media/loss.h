/* SPDX-License-Identifier: MIT */
/* What one listener loses of our stream, over the last seconds. Reports have
 * counts only; how much their counts differ tells chance from clusters.
 */
#ifndef WZP_PROTO_MEDIA_LOSS_H
#define WZP_PROTO_MEDIA_LOSS_H

#include <wzp/proto/control.h>

enum {
    WZP__LOSS_REPORTS = 10,
};

typedef struct wzp__loss {
    struct {
        wzp_tstamp at;
        uint32_t expected, lost;
        uint16_t after_permille;
    } of[WZP__LOSS_REPORTS]; /* ring */
    uint64_t count;
} wzp__loss;

void wzp__loss_note(wzp__loss *l, wzp_tstamp now,
                    const wzp_receiver_report *report);

typedef struct wzp__loss_view {
    uint16_t newest_permille; /* of the last report, if 2 or more are lost */
    uint16_t permille;        /* of 5 s */
    uint16_t after_permille;  /* not repaired, of 5 s */
    uint32_t cluster; /* packets lost in the worst report when that is no
                       * chance; 0: losses come one by one */
} wzp__loss_view;

/* Reports older than 10 s count no more. */
wzp__loss_view wzp__loss_get(const wzp__loss *l, wzp_tstamp now);

#endif
