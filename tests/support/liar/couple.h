/* SPDX-License-Identifier: MIT */
/* The set of an attack on direct calls: Anna and Ben, with whole engines, and
 * between them the lying relay as their signal hub (exchange.h). Every signal
 * about calls that it passes is kept, so that it can be said again, and goes
 * through the test's hands.
 */
#ifndef WZP_TEST_COUPLE_H
#define WZP_TEST_COUPLE_H

#include "exchange.h"

#include <wzp/crypto/agree.h>

enum { WZP_ANNA = 1, WZP_BEN, WZP_CARL, WZP_EVE }; /* identity bytes */

#define WZP_COUPLE_KEPT 4096 /* signals; aborts beyond */

typedef struct wzp_couple wzp_couple;

typedef struct wzp_couple_kept {
    wzp_signal_kind kind;
    int to;
    char *text;
    size_t len;
} wzp_couple_kept;

struct wzp_couple {
    wzp_world *w;
    wzp_liar *liar;
    wzp_node relay, a, b;
    /* The test's: as wzp_liar_hooks, but of lines only. */
    void *user;
    bool (*signal)(void *user, wzp_couple *c, int from, int to,
                   wzp_signal *sig);
    /* Also the test's, of all. */
    bool (*dgram)(void *user, wzp_liar *liar, int from, int to, uint8_t *data,
                  size_t *len);
    /* What lines were told about calls, after the test's hook. */
    wzp_couple_kept kept[WZP_COUPLE_KEPT];
    size_t n_kept;
    wzp_arena *arena;
    wzp_seed_identity *seed[256]; /* by byte, of agreements */
};

/* Both are registered, and have a microphone that hums. */
wzp_couple *wzp_couple_new(uint64_t seed);
void wzp_couple_free(wzp_couple *c);
/* Another one, or another device of one. hums: has a microphone. */
wzp_node wzp_couple_person(wzp_couple *c, uint8_t identity, bool hums);
/* As wzp_couple_new, with two who are silent. */
wzp_couple *wzp_couple_silent(uint64_t seed);

/* --- what they do --- */

wzp_err wzp_couple_call(wzp_couple *c, wzp_node from, uint8_t identity);
/* What rings there. */
wzp_err wzp_couple_answer(wzp_couple *c, wzp_node n);
void wzp_couple_hang_up(wzp_couple *c, wzp_node n);
/* Anna calls Ben, who answers after a second; two more pass. */
void wzp_couple_talk(wzp_couple *c);

/* --- what they see --- */

/* The last WZP_EVENT_CALL; state WZP_CALL_ENDED and no call id: none yet. */
wzp_client_event wzp_couple_last(const wzp_couple *c, wzp_node n);
/* Packets that are opened in the next second; 50 while the other one hums. */
uint64_t wzp_couple_hears(wzp_couple *c, wzp_node n);
/* Nothing unsealed was sent or taken by either, ever. */
bool wzp_couple_is_sealed(const wzp_couple *c);

#define WZP_ASSERT_CALL(c, n, in)                                              \
    assert_string_equal(                                                       \
        wzp_call_state_name(wzp_couple_last((c), (n)).u.call.state),           \
        wzp_call_state_name(in))
#define WZP_ASSERT_ENDED(c, n, by)                                             \
    do {                                                                       \
        WZP_ASSERT_CALL((c), (n), WZP_CALL_ENDED);                             \
        assert_string_equal(                                                   \
            wzp_err_name(wzp_couple_last((c), (n)).u.call.why),                \
            wzp_err_name(by));                                                 \
        assert_int_equal(wzp_engine_state(wzp_world_engine((c)->w, (n))),      \
                         WZP_CLIENT_IDLE);                                     \
    } while (0)
/* The other side's words and digits. */
#define WZP_ASSERT_SAME_WORDS(c, n, m, same)                                   \
    assert_int_equal(strcmp(wzp_couple_last((c), (n)).u.call.digits,           \
                            wzp_couple_last((c), (m)).u.call.digits) == 0,     \
                     (same))

/* --- what was said --- */

size_t wzp_couple_count(const wzp_couple *c, wzp_signal_kind kind);
/* The i-th of a kind; NULL: not so many. Valid until the next call of this. */
const wzp_signal *wzp_couple_said(wzp_couple *c, wzp_signal_kind kind,
                                  size_t i);
const wzp_signal *wzp_couple_said_at(wzp_couple *c, size_t i); /* of all */
/* For a hook that delivers by itself: what it took away was said all the same.
 */
void wzp_couple_keep(wzp_couple *c, int to, const wzp_signal *sig);
/* A signal to this line, past all hooks; a moment passes. */
void wzp_couple_tell(wzp_couple *c, int line, const wzp_signal *sig);

/* --- the relay as somebody --- */

wzp_unix_s wzp_couple_unix(const wzp_couple *c);

/* An agreement as this identity, for a call of this id; commit NULL: as the
 * caller, else as the callee of caller_id. The test frees it before the
 * couple. */
wzp_agree *wzp_couple_agree(wzp_couple *c, uint8_t identity, wzp_str call_id,
                            const uint8_t *commit, const uint8_t *caller_id);

/* What `by` says to call `to`, with the commitment of this agreement, or with
 * some commitment. Valid until the next call of this; may be changed. */
wzp_signal wzp_couple_offer(wzp_couple *c, uint8_t by, uint8_t to,
                            wzp_str call_id, const wzp_agree *agree);
/* What answers with the package of this agreement. */
wzp_signal wzp_couple_accept(wzp_str call_id, const wzp_agree *agree);

#endif
