/* SPDX-License-Identifier: MIT */
/* The time of day as wolfSSL knows it when it makes and checks tickets: the
 * machine's time, told before each call, of this thread.
 */
#ifndef WZP_TRANSPORT_QUIC_CLOCK_H
#define WZP_TRANSPORT_QUIC_CLOCK_H

#include <wzp/proto/base.h>

void wzp__clock_at(wzp_tstamp now);

#endif
