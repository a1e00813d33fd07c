/* SPDX-License-Identifier: MIT */
/* The old relay (relay.h) on a real socket, for tests of programs. */
#ifndef WZP_TEST_LEGACY_SERVE_H
#define WZP_TEST_LEGACY_SERVE_H

/* Prints "ready ADDR:PORT", serves until SIGTERM, prints a line of JSON: joins,
 * signals_after, media, not_plain, last_sni. Returns an exit status. */
int wzp_legacy_serve(const char *addr);

#endif
