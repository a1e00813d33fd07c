/* SPDX-License-Identifier: MIT
 *
 * Two groups of a direct call in the hub, from their key agreement on. Each
 * test program includes this once.
 */
#ifndef WZP_TEST_CRYPTO_CALL_HUB_H
#define WZP_TEST_CRYPTO_CALL_HUB_H

#include "hub.h"

#include <wzp/crypto/agree.h>

enum { CALLER, CALLEE };
#define CALL "0123456789abcdef0123456789abcdef"

static wzp_agree *agreed[2];
static wzp_seed_identity *seeds[2];

static wzp_agree_config agree_config(hub *h, int i)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    cfg.identity = wzp_seed_identity_table(seeds[i]);
    cfg.rng = h->cfg.rng;
    cfg.now_unix = HUB_NOW_UNIX;
    cfg.call_id = WZP_STR(CALL);
    return cfg;
}

static void agree(hub *h)
{
    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t seed[WZP_SEED_LEN] = {(uint8_t)(i + 1)}; /* the hub's */
        ASSERT_OK(wzp_seed_identity_new(&seeds[i], seed));
    }
    const wzp_agree_config caller = agree_config(h, CALLER);
    const wzp_agree_config callee = agree_config(h, CALLEE);
    uint8_t commit[WZP_HASH_LEN];
    uint8_t fp[WZP_FP_LEN];
    wzp_sig_direct_call_reveal reveal;
    ASSERT_OK(wzp_agree_new_caller(&agreed[CALLER], &caller));
    wzp_agree_commit(agreed[CALLER], commit);
    ASSERT_OK(wzp_agree_new_callee(&agreed[CALLEE], &callee, commit,
                                   caller.identity.public_key));
    wzp_identity_fingerprint(callee.identity.public_key, fp);
    ASSERT_OK(wzp_agree_answered(agreed[CALLER], HUB_NOW_UNIX,
                                 wzp_agree_package(agreed[CALLEE]), fp));
    ASSERT_OK(wzp_agree_reveal(agreed[CALLER], &reveal));
    ASSERT_OK(wzp_agree_revealed(agreed[CALLEE], HUB_NOW_UNIX, &reveal));
}

static wzp_group_config group_config(const hub *h, int i)
{
    wzp_group_config cfg = h->cfg;
    cfg.now = h->now;
    cfg.agreed = agreed[i];
    return cfg;
}

/* Two that agreed; nobody has joined the call's room. */
static hub *begin(void)
{
    hub *h = hub_new(41);
    agree(h);
    for (int i = 0; i < 2; i++) {
        const wzp_group_config cfg = group_config(h, i);
        assert_int_equal(hub_add(h, &cfg), i);
    }
    return h;
}

static void end(hub *h)
{
    hub_free(h);
    for (int i = 0; i < 2; i++) {
        wzp_agree_free(agreed[i]);
        wzp_seed_identity_free(seeds[i]);
    }
}

static hub *talking(void)
{
    hub *h = begin();
    for (int i = 0; i < 2; i++) {
        hub_change(h, i, true);
        h->peers[i].speaks = true;
    }
    hub_run(h, 1 * WZP_S);
    return h;
}

static void assert_both_heard(const hub *h)
{
    assert_true(hub_deaf(h, CALLER, CALLEE) < 100 * WZP_MS);
    assert_true(hub_deaf(h, CALLEE, CALLER) < 100 * WZP_MS);
}

/* The one with this mid, or the legacy one, is shown as refused. */
static void assert_refused(const hub *h, int at, const uint8_t *mid,
                           wzp_err why)
{
    wzp_member_info info;
    for (size_t i = 0; i < wzp_group_member_count(h->peers[at].g); i++) {
        ASSERT_OK(wzp_group_member_at(h->peers[at].g, i, &info));
        if (mid == NULL ? sodium_is_zero(info.mid, sizeof info.mid)
                        : memcmp(info.mid, mid, WZP_MID_LEN) == 0) {
            assert_int_equal(info.state, WZP_MEMBER_REFUSED);
            assert_int_equal(info.why, why);
            return;
        }
    }
    fail_msg("not shown");
}

/* Some tests need only a part of this file. */
__attribute__((constructor)) static void call_hub_use(void)
{
    (void)talking;
    (void)assert_refused;
    (void)assert_both_heard;
}

#endif
