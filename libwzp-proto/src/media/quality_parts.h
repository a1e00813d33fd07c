/* SPDX-License-Identifier: MIT */
/* What quality control is made of, for its two files: quality.c (what is known
 * becomes a mode) and quality_path.c (down when the path is full, up again).
 */
#ifndef WZP_PROTO_MEDIA_QUALITY_PARTS_H
#define WZP_PROTO_MEDIA_QUALITY_PARTS_H

#include "media/bandwidth.h"
#include "media/ladder.h"
#include "media/loss.h"
#include "media/probe.h"
#include "media/redundancy.h"
#include "media/sent.h"

#include <wzp/proto/quality.h>

#define WZP__QUALITY_LISTENERS 32 /* chosen: more say little that is new */

typedef struct wzp__listener {
    bool is_used;
    uint32_t id;
    wzp_tstamp heard_at;
    wzp__loss loss;
    wzp__bandwidth way;
    int16_t gradient_us_s; /* of the last report */
} wzp__listener;

/* The path was too full, and what was done is having its effect. */
typedef struct wzp__cut {
    bool is_on;
    wzp__listener *who; /* on whose way the queue is; NULL: on our hop */
    wzp_tstamp at;
    wzp_tstamp judge_at; /* should be gone by then */
    wzp_tstamp most;     /* longest since */
    unsigned from;       /* rung of before */
} wzp__cut;

struct wzp_quality {
    wzp_mem mem;
    wzp_quality_config cfg;
    wzp_network network;
    uint32_t caps;
    wzp_tier peer_max;
    wzp_tier directive;
    wzp_tstamp directive_until;
    wzp_tstamp boost_until; /* one step more of redundancy */
    bool is_forced, is_fixed;
    wzp_tier forced;
    wzp_media_mode fixed;

    wzp__sent sent;
    wzp__bandwidth hop;
    uint32_t hop_loss_permille;
    wzp__listener listener[WZP__QUALITY_LISTENERS];
    wzp__redundancy redundancy;
    wzp__probe probe;
    wzp__cut cut;
    unsigned rung;         /* chosen; what limits it comes after */
    unsigned worse;        /* reports in a row against a studio tier */
    uint32_t estimate_bps; /* 0: never too much so far */
    wzp_quality_state state;
};

/* --- quality.c --- */

/* Everything that limits is applied, and the state is made from it. */
void wzp__quality_decide(wzp_quality *q, wzp_tstamp now, wzp_quality_why why);
/* What is needed of a rung now. */
wzp__ladder_need wzp__quality_need(const wzp_quality *q, wzp_tstamp now);
/* The worst of the listeners; without reports, of our own hop. */
wzp__loss_view wzp__quality_loss(const wzp_quality *q, wzp_tstamp now);
/* The highest rung that is allowed. */
unsigned wzp__quality_most(const wzp_quality *q, wzp_tstamp now);

/* --- quality_path.c --- */

/* The way to this listener was measured anew; NULL: our own hop. */
void wzp__quality_watch(wzp_quality *q, wzp_tstamp now, wzp__listener *who);
/* A report of a listener came: is all well enough for more? */
void wzp__quality_climb(wzp_quality *q, wzp_tstamp now);

#endif
