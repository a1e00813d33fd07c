/* SPDX-License-Identifier: MIT */
/* One speaker under quality control, a relay, one listener, as arithmetic on
 * two links: packets of the mode in force go up and down, acknowledgements and
 * reports come back. No codec, no seals, no sockets: hours in a second. What it
 * leaves out is in the world simulator's tests.
 */
#ifndef WZP_TEST_PATH_MODEL_H
#define WZP_TEST_PATH_MODEL_H

#include "support/link.h"

#include <wzp/proto/quality.h>

enum {
    WZP_PATH_MODEL_FLYING = 4096,
};

typedef struct wzp_path_model_packet {
    bool is_used, is_acked;
    uint64_t sent_at;
    uint64_t acked_at; /* or noticed as lost */
    uint64_t heard_at; /* UINT64_MAX: lost */
    uint64_t rtt;      /* 0: lost on the first hop */
    uint16_t seq;
    uint8_t frames;
    uint32_t bytes; /* UDP payload */
} wzp_path_model_packet;

typedef struct wzp_path_model {
    wzp_quality *q;
    uint64_t now, begin;
    wzp_link up, down; /* the speaker's, the listener's */
    uint64_t back_ns;  /* one way back, each hop */
    uint64_t rng;
    uint64_t send_at, path_at, report_at, down_at;
    uint16_t seq;
    wzp_path_model_packet of[WZP_PATH_MODEL_FLYING]; /* ring */
    uint64_t head, tail;                             /* numbers of packets */
    uint64_t sent_bytes, flying_bytes;               /* on the wire */
    uint64_t newest_rtt;
    /* at the listener, since its last report */
    uint16_t highest;
    bool has_highest;
    uint32_t got;
    bool was_lost;
    uint64_t first_took, first_at, last_took, last_at; /* of packets heard */
    bool has_report;
    uint64_t report_back;
    wzp_receiver_report report;
    /* figures */
    uint64_t queue_ns; /* of packets heard now: above the path's own delay */
    uint64_t heard;
    uint64_t heard_last, silence_most; /* ns without a packet */
} wzp_path_model;

/* Perfect links. cfg NULL: default. Aborts out of memory. */
void wzp_path_model_init(wzp_path_model *m, const wzp_quality_config *cfg,
                         uint32_t caps, uint64_t seed);
void wzp_path_model_deinit(wzp_path_model *m);
/* Conditions from now on. */
void wzp_path_model_up(wzp_path_model *m, const wzp_link_cfg *cfg);
void wzp_path_model_down(wzp_path_model *m, const wzp_link_cfg *cfg);
void wzp_path_model_run(wzp_path_model *m, uint64_t ns);
wzp_quality_state wzp_path_model_state(const wzp_path_model *m);

#endif
