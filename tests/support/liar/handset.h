/* SPDX-License-Identifier: MIT */
/* A client of the role `_signal` in the hands of the test, as a node of the
 * world: a real connection and a real identity, and nothing else: it says what
 * it is told to, keeps what it hears, and answers nothing by itself.
 */
#ifndef WZP_TEST_HANDSET_H
#define WZP_TEST_HANDSET_H

#include "support/world/world.h"

#include <wzp/crypto/binding.h>
#include <wzp/transport/endpoint.h>

typedef struct wzp_handset wzp_handset;

/* identity: seed byte repeated 32 times, as in world.h. Free it after the
 * world. */
wzp_handset *wzp_handset_new(wzp_world *w, uint8_t identity);
void wzp_handset_free(wzp_handset *h);
wzp_node wzp_handset_node(const wzp_handset *h);
const char *wzp_handset_fingerprint(const wzp_handset *h);

/* Connect, and no more. Again: another connection; the one before is forgotten
 * but not closed. */
void wzp_handset_dial(wzp_handset *h, wzp_node relay);
void wzp_handset_hang_up(wzp_handset *h);
/* What an honest one registers with, on the connection it has; points into the
 * handset, and may be changed before it is said. */
wzp_signal wzp_handset_presence(wzp_handset *h);
void wzp_handset_say(wzp_handset *h, const wzp_signal *sig);
/* All three, and time for it: true when it was let in. */
bool wzp_handset_register(wzp_handset *h, wzp_node relay);

/* Of the connection it has. */
wzp_identity wzp_handset_identity(const wzp_handset *h);
const uint8_t *wzp_handset_exporter(const wzp_handset *h);
const uint8_t *wzp_handset_relay_cert(const wzp_handset *h);
bool wzp_handset_is_connected(const wzp_handset *h);
/* Of the last one that ended. */
wzp_err wzp_handset_why(const wzp_handset *h, uint64_t *code);

/* --- what it heard --- */

size_t wzp_handset_count(const wzp_handset *h);
/* In order; valid until the next call of this. */
const wzp_signal *wzp_handset_heard(wzp_handset *h, size_t i);
/* The newest of a kind, and how many; NULL: none. */
const wzp_signal *wzp_handset_last(wzp_handset *h, wzp_signal_kind kind);
size_t wzp_handset_count_of(wzp_handset *h, wzp_signal_kind kind);
void wzp_handset_forget(wzp_handset *h);

#endif
