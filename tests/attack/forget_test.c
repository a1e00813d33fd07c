/* SPDX-License-Identifier: MIT */
/* The attacker is the relay's operator, and wants a member forgotten: were its
 * keys and its replay windows gone, its old key messages would be taken again,
 * and what it said before could be played once more. So the relay takes it off
 * the roster, lists crowds until the table is full of others, lists it again,
 * and plays all it kept.
 */
#include "support/harness.h"
#include "support/liar/stage.h"

#include <wzp/crypto/package.h>
#include <wzp/crypto/room.h>
#include <wzp/crypto/sframe.h>

#include <stdlib.h>
#include <string.h>

#define CROWD   1024 /* as many as a group takes */
#define KEPT    40
#define SKIPPED 20 /* the first packets may have come before the key */

typedef struct kept {
    int from, to; /* the first that sent a pair, and who got it */
    bool has_pair, has_keys, is_stopped;
    wzp_signal pair, keys;
    uint8_t ct[WZP_KEM_CT_LEN], sig[WZP_SIG_LEN], box[48];
    wzp_e2ee_box one;
    size_t passed, n, len[KEPT];
    uint8_t data[KEPT][256];
} kept;

static bool keep_signal(void *user, wzp_liar *liar, int from, int to,
                        wzp_signal *sig)
{
    kept *k = user;
    (void)liar;
    if (sig->kind == WZP_SIG_E2EE_PAIR && !k->has_pair) {
        k->has_pair = true;
        k->from = from;
        k->to = to;
        k->pair = *sig;
        memcpy(k->ct, sig->u.e2ee_pair.ct.ptr, sizeof k->ct);
        memcpy(k->sig, sig->u.e2ee_pair.sig.ptr, sizeof k->sig);
        k->pair.u.e2ee_pair.ct.ptr = k->ct;
        k->pair.u.e2ee_pair.sig.ptr = k->sig;
    }
    const bool is_ours = k->has_pair && from == k->from && to == k->to;
    if (sig->kind == WZP_SIG_E2EE_KEYS && is_ours && !k->has_keys) {
        k->has_keys = true;
        k->keys = *sig;
        k->one = sig->u.e2ee_keys.k.v[0];
        memcpy(k->box, k->one.box.ptr, sizeof k->box);
        k->one.box.ptr = k->box;
        k->keys.u.e2ee_keys.k.v = &k->one;
    }
    return !(k->is_stopped && is_ours);
}

static bool keep_dgram(void *user, wzp_liar *liar, int from, int to,
                       uint8_t *data, size_t *len)
{
    kept *k = user;
    (void)liar;
    if (!k->has_keys || from != k->from || to != k->to || *len > 256) {
        return true;
    }
    if (k->passed++ >= SKIPPED && k->n < KEPT) {
        memcpy(k->data[k->n], data, *len);
        k->len[k->n++] = *len;
    }
    return !k->is_stopped;
}

static void tell(wzp_stage *s, int to, const wzp_participant *list, size_t n)
{
    const wzp_signal sig = {.kind = WZP_SIG_ROOM_UPDATE,
                            .u.room_update = {.count = (uint32_t)n,
                                              .participants = {list, n},
                                              .rev = {true, 1}}};
    wzp_liar_say(s->liar, to, &sig);
    wzp_world_run(s->w, 200 * WZP_MS);
}

static void tell_crowd(wzp_stage *s, int to, uint8_t tag)
{
    static wzp_participant list[CROWD];
    static uint8_t mids[CROWD][WZP_MID_LEN];
    for (uint16_t i = 0; i < CROWD; i++) {
        memset(mids[i], tag, WZP_MID_LEN);
        memcpy(mids[i], &i, sizeof i);
        list[i] = (wzp_participant){.fingerprint = WZP_STR(""),
                                    .alias = WZP_STR_NONE,
                                    .relay_label = WZP_STR_NONE,
                                    .mid = {mids[i], WZP_MID_LEN}};
    }
    tell(s, to, list, CROWD);
}

static void play_kept(wzp_stage *s, kept *k)
{
    wzp_liar_say(s->liar, k->to, &k->pair);
    wzp_liar_say(s->liar, k->to, &k->keys);
    wzp_world_run(s->w, 100 * WZP_MS);
    for (size_t i = 0; i < k->n; i++) {
        wzp_liar_throw(s->liar, k->to, k->data[i], k->len[i]);
    }
    wzp_world_run(s->w, 200 * WZP_MS);
}

static void forget_test(unsigned crowds)
{
    wzp_stage s;
    kept k = {.n = 0};
    const wzp_liar_hooks hooks = {
        .user = &k, .signal = keep_signal, .dgram = keep_dgram};
    wzp_stage_open(&s, 1, true);
    wzp_liar_hook(s.liar, &hooks);
    wzp_stage_enter(&s, NULL);
    wzp_stage_enter(&s, NULL);
    assert_true(k.has_keys && k.n == KEPT);
    wzp_puppet *victim = s.p[k.to];
    assert_in_range(wzp_stage_hears(&s, victim), 48, 52);
    k.is_stopped = true;
    tell(&s, k.to, NULL, 0);
    for (unsigned i = 0; i < crowds; i++) {
        tell_crowd(&s, k.to, (uint8_t)(0x40 + i));
    }
    const uint64_t opened = wzp_puppet_stats(victim).opened;
    wzp_liar_roster(s.liar);
    play_kept(&s, &k); /* before the member's own can come */
    assert_int_equal(wzp_puppet_stats(victim).opened, opened);
    /* Control: what it says now does open, where nothing is held back. */
    k.is_stopped = false;
    wzp_world_run(s.w, 2 * WZP_S);
    assert_in_range(wzp_stage_hears(&s, victim), 48, 52);
    wzp_stage_close(&s);
}

WZP_TEST(who_was_off_the_roster_is_not_heard_twice)
{
    forget_test(0);
}

WZP_TEST(who_was_off_the_roster_while_crowds_came_is_not_heard_twice)
{
    forget_test(3);
}
