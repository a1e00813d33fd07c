/* SPDX-License-Identifier: MIT */
/* A UDP proxy with the faults of a bad network: clients send to it as if it
 * were the server, and every datagram takes the way through a wzp_link first.
 * Options and --help are in main.c, the faults in ../link.c.
 */
#ifndef WZP_NETSIM_H
#define WZP_NETSIM_H

#include "support/link.h"

#include <stdbool.h>

typedef struct wzp_netsim_cfg {
    const char *listen; /* HOST:PORT, [V6]:PORT; port 0: any free one */
    const char *to;     /* the server, likewise; names resolve */
    wzp_link_cfg link;  /* of each client and direction, seeds apart */
    bool is_verbose;    /* the statistics on stderr once a second */
} wzp_netsim_cfg;

/* Prints "ready HOST:PORT", serves until SIGTERM or SIGINT, prints one line of
 * statistics as JSON. Returns an exit status; errors are on stderr. */
int wzp_netsim_run(const wzp_netsim_cfg *cfg);

#endif
