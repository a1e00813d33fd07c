/* SPDX-License-Identifier: MIT */
/* What wolfSSL keeps per process. Counted and thread-safe; the libraries
 * above call it from their own init, a program of this library alone calls it
 * first (without it, an archive link lacks the source of random bytes). The
 * hooks make runs repeatable in the simulator and are set by tests only.
 */
#ifndef WZP_TRANSPORT_GLOBAL_H
#define WZP_TRANSPORT_GLOBAL_H

#include <wzp/proto/env.h>

WZP_NODISCARD wzp_err wzp_transport_global_init(void);
void wzp_transport_global_deinit(void);

/* TLS randomness from `rng` instead of the system (NULL: system again).
 * Simulator only; not thread-safe. */
void wzp_transport_set_test_rng(const wzp_rng *rng);

#endif
