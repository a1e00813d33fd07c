/* SPDX-License-Identifier: MIT */
/* Clearing secrets in a way the compiler may not leave out. */
#ifndef WZP_TRANSPORT_QUIC_WIPE_H
#define WZP_TRANSPORT_QUIC_WIPE_H

#include <stddef.h>
#include <stdint.h>

static inline void wzp__wipe(void *data, size_t len)
{
    volatile uint8_t *p = data;
    while (len-- > 0) {
        *p++ = 0;
    }
}

#endif
