/* SPDX-License-Identifier: MIT */
/* The world: relays and clients as machines in one process, on a virtual
 * clock, over simulated links, all from one seed. The same seed gives the same
 * packets bit for bit; `trace` is a hash over them to prove it.
 *
 * Addresses: node n lives at 10.m.n/256.n%256, port 4433, where m counts its
 * moves; behind a translator it is seen as 192.m.n/256.n%256. A packet passes
 * the sender's up link, then the receiver's down link; relays have perfect
 * ones.
 *
 * The laws of laws.h are looked after all the time; a world in which one is
 * broken prints seed, time and node, and aborts. One world at a time.
 */
#ifndef WZP_TEST_WORLD_H
#define WZP_TEST_WORLD_H

#include "support/link.h"
#include "support/world/nat.h"

#include <wzp/client/engine.h>
#include <wzp/client/probe.h>
#include <wzp/relay/relay.h>
#include <wzp/transport/uv_udp.h> /* the machine table */

typedef struct wzp_world wzp_world;
typedef int wzp_node; /* index; −1: none */

/* Prints the seed (seen only when the test fails). Aborts out of memory, as
 * everything here does. */
wzp_world *wzp_world_new(uint64_t seed);
void wzp_world_free(wzp_world *w);

wzp_tstamp wzp_world_now(const wzp_world *w);
/* Hash over every packet delivered: time, ends, bytes. */
uint64_t wzp_world_trace(const wzp_world *w);
uint64_t wzp_world_packets(const wzp_world *w);

/* --- nodes --- */

/* identity: seed byte repeated 32 times. cfg may be NULL for defaults; mem,
 * rng, identity, unix_now are set by the world. */
wzp_node wzp_world_relay(wzp_world *w, uint8_t identity,
                         const wzp_relay_config *cfg);

/* A ticked device: `in` is looped (NULL: no microphone); what is heard is
 * kept. */
typedef struct wzp_world_client_config {
    uint8_t identity;
    const int16_t *in; /* 48 kHz mono, borrowed */
    size_t in_len;
    bool keep_heard; /* collect what is played */
    bool has_engine; /* `engine` below holds settings to start from */
    wzp_engine_config engine;
    uint32_t person; /* with `identity`, tells more than 256 apart */
    /* 50 packets a second whatever is lost, for tests that count packets:
     * quality control is off. */
    bool is_steady;
} wzp_world_client_config;

wzp_node wzp_world_client(wzp_world *w, const wzp_world_client_config *cfg);

/* A node played by the test: a hostile peer, a relay that lies. It is deaf and
 * silent until `act` gives it a machine, which stays the test's and must
 * outlive the world. */
wzp_node wzp_world_actor(wzp_world *w);
void wzp_world_act(wzp_world *w, wzp_node actor, const wzp_uv_machine *machine);
/* The actor asks this relay from now on. *out: freed by the test, once the
 * actor is dead. Errors of wzp_probe_new. */
wzp_err wzp_world_probe(wzp_world *w, wzp_node actor, wzp_node relay,
                        wzp_probe_kind kind, wzp_probe **out);
wzp_addr wzp_world_addr(const wzp_world *w, wzp_node node);
/* The node's own random source, part of the world's seed. */
wzp_rng wzp_world_rng(wzp_world *w, wzp_node node);

/* Conditions of a client's access link from now on. */
void wzp_world_link(wzp_world *w, wzp_node client, const wzp_link_cfg *up,
                    const wzp_link_cfg *down);

/* A translator before the client from now on; see nat.h. Before it joins. */
void wzp_world_nat(wzp_world *w, wzp_node client, const wzp_nat_cfg *cfg);
/* The translator forgets what it knew: the client's packets come from another
 * port from now on, and what is sent to the old one is lost. Nobody tells the
 * client. With readdress the outer address is another one too. */
void wzp_world_rebind(wzp_world *w, wzp_node client);
void wzp_world_readdress(wzp_world *w, wzp_node client);
/* The client's own address is another one; packets to the old one are lost.
 * Its machine is not told: that is the test's to do, then kick. */
void wzp_world_move(wzp_world *w, wzp_node client);
/* From now on the clock of this client runs so much too fast (or, below 0, too
 * slow), as the clock of a sound card does. Commands given to its machine
 * directly take wzp_world_now_at. */
void wzp_world_skew(wzp_world *w, wzp_node client, int32_t ppm);
wzp_tstamp wzp_world_now_at(const wzp_world *w, wzp_node node);
/* Packets lost, delayed and so on by the two links of a node so far; refused:
 * what its translator did not let in. Any may be NULL. */
void wzp_world_link_stats(const wzp_world *w, wzp_node node, wzp_link_stats *up,
                          wzp_link_stats *down, uint64_t *refused);

wzp_engine *wzp_world_engine(wzp_world *w, wzp_node client);
wzp_relay *wzp_world_relay_machine(wzp_world *w, wzp_node relay);
wzp_client_stats wzp_world_stats(wzp_world *w, wzp_node client);
/* What it keeps over restarts. */
wzp_store wzp_world_store(wzp_world *w, wzp_node client);

/* Of its identity: what others call. */
void wzp_world_fingerprint(const wzp_world *w, wzp_node client,
                           uint8_t fingerprint[WZP_FP_LEN]);

/* Samples heard so far (keep_heard). */
const int16_t *wzp_world_heard(const wzp_world *w, wzp_node client,
                               size_t *len);

/* Power off: no good-bye, packets to it are lost. And on again, with the same
 * identity and an empty memory. */
void wzp_world_kill(wzp_world *w, wzp_node node);
void wzp_world_restart_relay(wzp_world *w, wzp_node relay);
/* A client that was killed, or was not: same identity, same store. */
void wzp_world_restart_client(wzp_world *w, wzp_node client);
bool wzp_world_is_alive(const wzp_world *w, wzp_node node);
/* A relay with another identity, hence another certificate, takes its place. */
void wzp_world_swap_identity(wzp_world *w, wzp_node relay, uint8_t identity);

/* --- doing --- */

void wzp_world_join(wzp_world *w, wzp_node client, const char *room,
                    wzp_node relay);
/* With the policy, list, secret and name of these terms; the rest of it is set
 * here. */
void wzp_world_join_with(wzp_world *w, wzp_node client, const char *room,
                         wzp_node relay, const wzp_join *terms);
/* Where it may fail; the others abort. */
WZP_NODISCARD wzp_err wzp_world_try_join(wzp_world *w, wzp_node client,
                                         const char *room, wzp_node relay,
                                         const wzp_join *terms);
void wzp_world_leave(wzp_world *w, wzp_node client);
void wzp_world_register(wzp_world *w, wzp_node client, wzp_node relay);
void wzp_world_unregister(wzp_world *w, wzp_node client);

/* After a command given to a machine directly. */
void wzp_world_kick(wzp_world *w, wzp_node node);

/* Let time pass. */
void wzp_world_run(wzp_world *w, wzp_tstamp duration);
/* Until `done` is true; false when `limit` passed first. */
bool wzp_world_run_until(wzp_world *w, wzp_tstamp limit,
                         bool (*done)(wzp_world *w, void *user), void *user);
/* Until this client is in this state. */
bool wzp_world_await(wzp_world *w, wzp_node client, wzp_client_state state,
                     wzp_tstamp limit);
bool wzp_world_await_line(wzp_world *w, wzp_node client, wzp_line_state state,
                          wzp_tstamp limit);
/* Until this client holds the keys of n others. */
bool wzp_world_await_keyed(wzp_world *w, wzp_node client, uint32_t n,
                           wzp_tstamp limit);

/* --- laws --- */

typedef struct wzp_world_broken {
    const char *what; /* NULL: nothing yet */
    wzp_tstamp at;
    wzp_node node;
} wzp_world_broken;

/* For tests of the laws: the first broken one is noted instead of aborting.
 * *out must outlive the world. */
void wzp_world_catch(wzp_world *w, wzp_world_broken *out);

/* Nothing has changed for a while: relays list exactly those who are in, and
 * clients list each other. Not for worlds with actors. */
void wzp_world_check_settled(wzp_world *w);
/* Everybody has left, and closed connections are forgotten (10 s will do):
 * nothing is left in any machine that is alive. */
void wzp_world_check_empty(wzp_world *w);

/* A packet that a client opened. */
typedef struct wzp_world_opened {
    wzp_node by, from; /* from: who sealed it, −1: nobody of this world */
    bool is_media;
    uint8_t generation; /* low byte */
} wzp_world_opened;

/* Called for every packet that a client opens. Only in programs that link the
 * ears (tests/support/ears), as those of tests/integration do. */
typedef void wzp_world_opened_fn(void *user, wzp_tstamp now,
                                 const wzp_world_opened *opened);
void wzp_world_on_opened(wzp_world *w, wzp_world_opened_fn *fn, void *user);

/* From now on so many of the E2eePair, E2eeKeys and E2eeKeyRequest that
 * arrive are lost, or taken twice, beyond what the links do; and none of them
 * reaches this client before `until`. In programs with ears only. */
void wzp_world_key_loss(wzp_world *w, double loss, double dup);
void wzp_world_no_keys(wzp_world *w, wzp_node client, wzp_tstamp until);

/* From now on nobody decodes, or all do again: clients play silence. For large
 * rooms; in programs with ears only. */
void wzp_world_silence(wzp_world *w, bool is_silent);
/* And nobody encodes: every frame is the same one. For hours of talk. */
void wzp_world_no_codec(wzp_world *w);

/* For the ears. acting: whose machine runs; −1: nobody's. */
wzp_node wzp_world_acting(void);
bool wzp_world_is_silent(void);
bool wzp_world_has_encoder(void);
/* How often this message is to be taken: 0, 1 or 2 times. */
int wzp_world_key_copies(const wzp_signal *sig);
void wzp_world_hear_seal(const wzp_group *g, const uint8_t *packet, size_t len);
void wzp_world_hear_open(const wzp_opened *opened, const uint8_t *packet,
                         size_t len);

/* Events of a client are kept and counted; the last of a kind. */
uint64_t wzp_world_events(const wzp_world *w, wzp_node client,
                          wzp_client_event_kind kind, wzp_client_event *last);

#endif
