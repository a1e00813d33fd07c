/* SPDX-License-Identifier: MIT */
/* What a talker puts on the wire, packets with media in them told apart from
 * those without (acknowledgements, reports, keep-alives). By the linker's
 * --wrap, one talker at a time.
 */
#ifndef WZP_VOICE_WIRE_EAR_H
#define WZP_VOICE_WIRE_EAR_H

#include <wzp/client/engine.h>

typedef struct voice_wire {
    uint64_t media_packets, other_packets;
    uint64_t media_bytes, other_bytes; /* IPv4 and UDP included */
} voice_wire;

/* From now on this one; NULL: nobody. */
void voice_wire_begin(const wzp_engine *talker);
voice_wire voice_wire_get(void);

#endif
