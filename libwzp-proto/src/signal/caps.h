/* SPDX-License-Identifier: MIT */
/* Capabilities on the wire: an array of strings, design/secure-media.md 2. */
#ifndef WZP_PROTO_SIGNAL_CAPS_H
#define WZP_PROTO_SIGNAL_CAPS_H

#include "base/json.h"

/* WZP_CAP_PRESENT and the bits known; unknown names are ignored. */
uint32_t wzp__caps_decode(wzp__json *j);

/* The names of all known bits, in the order of the table. */
void wzp__caps_encode(wzp__json_out *o, uint32_t caps);

#endif
