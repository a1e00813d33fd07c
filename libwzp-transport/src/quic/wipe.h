/* SPDX-License-Identifier: MIT */
/* Clearing secrets in a way the compiler may not leave out. */
#ifndef WZP_TRANSPORT_QUIC_WIPE_H
#define WZP_TRANSPORT_QUIC_WIPE_H

#include <stddef.h>
#include <string.h>

static inline void wzp__wipe(void *data, size_t len)
{
    memset(data, 0, len);
    __asm__ __volatile__("" : : "r"(data) : "memory"); /* it may be read */
}

#endif
