/* SPDX-License-Identifier: MIT */
/* A member of a room in the hands of the test, as a node of the world: a real
 * connection and real keys, and every message it sends or gets passes the
 * test's hands. Left alone it is an honest member whose speech is known text
 * instead of a codec's frames.
 */
#ifndef WZP_TEST_PUPPET_H
#define WZP_TEST_PUPPET_H

#include "support/world/world.h"

#include <wzp/crypto/group.h>
#include <wzp/transport/endpoint.h>

typedef struct wzp_puppet wzp_puppet;

typedef struct wzp_puppet_hooks {
    void *user;
    /* What it is about to send, CallOffer included; may be changed. False: not
     * sent. */
    bool (*out)(void *user, wzp_puppet *p, wzp_signal *sig);
    /* What came. False: its group does not hear of it. */
    bool (*in)(void *user, wzp_puppet *p, const wzp_signal *sig);
    bool (*dgram)(void *user, wzp_puppet *p, const uint8_t *data, size_t len);
    /* A datagram that its group did open. */
    void (*opened)(void *user, wzp_puppet *p, const uint8_t *data, size_t len);
} wzp_puppet_hooks;

typedef struct wzp_puppet_config {
    uint8_t identity; /* seed byte repeated 32 times, as in world.h */
    bool is_legacy;   /* offers no package; what it says is clear */
    bool speaks;      /* a frame every 20 ms, once in the room */
    wzp_room_policy policy;
    const uint8_t (*allowed)[WZP_FP_LEN]; /* copied */
    size_t n_allowed;
    const uint8_t *access, *psk; /* of the room's secret, borrowed; or NULL */
    wzp_puppet_hooks hooks;
} wzp_puppet_config;

/* In every frame of every puppet, followed by its identity byte and the
 * frame's number as text. */
#define WZP_PUPPET_MARK "what-a-puppet-says-"

/* Free it after the world. */
wzp_puppet *wzp_puppet_new(wzp_world *w, const wzp_puppet_config *cfg);
void wzp_puppet_free(wzp_puppet *p);
wzp_node wzp_puppet_node(const wzp_puppet *p);

/* Again and again: each time is a new connection and a fresh package. */
void wzp_puppet_join(wzp_puppet *p, const char *room, wzp_node relay);
/* With a good-bye. */
void wzp_puppet_leave(wzp_puppet *p);
void wzp_puppet_speak(wzp_puppet *p, bool speaks);
/* Packets from the network do not reach it any more: it acknowledges nothing,
 * while what it sends goes on. */
void wzp_puppet_deafen(wzp_puppet *p, bool is_deaf);

/* --- saying things, past the hooks --- */

void wzp_puppet_say(wzp_puppet *p, const wzp_signal *sig);
void wzp_puppet_say_text(wzp_puppet *p, const char *text, size_t len);
void wzp_puppet_throw(wzp_puppet *p, const uint8_t *data, size_t len);

/* --- looking --- */

wzp_group *wzp_puppet_group(wzp_puppet *p); /* NULL before the first join */
bool wzp_puppet_is_in(const wzp_puppet *p);
/* How its last connection ended: WZP_OK while none did. */
wzp_err wzp_puppet_closed(const wzp_puppet *p, uint64_t *code);
uint64_t wzp_puppet_sent(const wzp_puppet *p); /* media packets */
uint64_t
wzp_puppet_opened(const wzp_puppet *p); /* media packets, not control */
/* What its group refused first since this was asked last. */
wzp_err wzp_puppet_refused(wzp_puppet *p);
/* Of the last CallOffer, valid while connected. */
const uint8_t *wzp_puppet_exporter(const wzp_puppet *p);
/* The member of this identity as its group sees it; false: not listed. */
bool wzp_puppet_sees(const wzp_puppet *p, uint8_t identity,
                     wzp_member_info *out);
wzp_group_stats wzp_puppet_stats(const wzp_puppet *p);

/* Public key and fingerprint of the identity of this seed byte. */
void wzp_puppet_identity(uint8_t identity, uint8_t key[WZP_KEY_LEN],
                         uint8_t fp[WZP_FP_LEN]);

#endif
