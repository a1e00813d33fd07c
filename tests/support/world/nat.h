/* SPDX-License-Identifier: MIT */
/* A network address translator as a table: which outer port a packet leaves
 * by, and whether one that comes back is let in. Source of the kinds: RFC 4787.
 */
#ifndef WZP_TEST_NAT_H
#define WZP_TEST_NAT_H

#include <wzp/proto/addr.h>

#include <stdbool.h>
#include <stdint.h>

typedef enum wzp_nat_kind {
    WZP_NAT_NONE,       /* no translator */
    WZP_NAT_OPEN,       /* one port for all peers, anybody may answer */
    WZP_NAT_BY_ADDRESS, /* one port for all peers, they alone may answer */
    WZP_NAT_SYMMETRIC,  /* a port for each peer, which alone may answer */
} wzp_nat_kind;

typedef struct wzp_nat_cfg {
    wzp_nat_kind kind;
    uint64_t idle_ns; /* a mapping not sent on for so long is gone; 0: never */
} wzp_nat_cfg;

enum { WZP_NAT_MAPPINGS = 16 };

typedef struct wzp_nat {
    wzp_nat_cfg cfg;
    wzp_addr outer; /* address of the translator; port of the next mapping */
    struct {
        bool is_live;
        wzp_addr remote;
        uint16_t port;
        uint64_t used_at;
    } map[WZP_NAT_MAPPINGS];
    uint64_t refused; /* packets from outside that no mapping lets in */
} wzp_nat;

void wzp_nat_init(wzp_nat *nat, const wzp_nat_cfg *cfg, const wzp_addr *outer);
/* A packet to `remote` leaves: where it seems to come from. */
wzp_addr wzp_nat_out(wzp_nat *nat, uint64_t now, const wzp_addr *remote);
/* A packet from `remote` to `to` arrives outside: true if it is let in. */
bool wzp_nat_in(wzp_nat *nat, uint64_t now, const wzp_addr *remote,
                const wzp_addr *to);
/* All mappings are forgotten; the next ones have other ports. */
void wzp_nat_forget(wzp_nat *nat);

#endif
