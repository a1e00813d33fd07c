/* SPDX-License-Identifier: MIT */
/* The one forwarding path: a datagram of one member to the others. Copies no
 * byte and allocates nothing. Source: spec/relay.md 3.4; design/
 * secure-media.md 1, 6.
 *
 *   from      packet                      to capable   to legacy
 *   capable   sealed, sid is the sender's yes          no
 *   capable   sealed, another sid         no           no
 *   capable   clear, the only capable one –            yes
 *   capable   clear, one of several       no           no
 *   legacy    clear                       the only one yes
 *   legacy    sealed                      no           no
 */
#ifndef WZP_RELAY_FORWARD_H
#define WZP_RELAY_FORWARD_H

#include "egress.h"
#include "room/room.h"

/* from  the member it came from
 * pkt   borrowed; receivers' queues take references
 *
 * What is wrong with a packet is counted and the packet dropped. */
void wzp__forward(const wzp__room *room, const wzp__member *from,
                  wzp__egress *eg, wzp_tstamp now, wzp_pkt *pkt);

#endif
