/* SPDX-License-Identifier: MIT
 *
 * The group of a direct call, from its key agreement on.
 */
#include "agree.h"
#include "group/state.h"
#include "hub.h"

enum { CALLER, CALLEE };

static wzp_agree *agreed[2];
static wzp_seed_identity *seeds[2];

static wzp_agree_config agree_config(hub *h, int i)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    cfg.identity = wzp_seed_identity_table(seeds[i]);
    cfg.rng = h->cfg.rng;
    cfg.now_unix = HUB_NOW_UNIX;
    cfg.call_id = WZP_STR("0123456789abcdef0123456789abcdef");
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

WZP_TEST(agreed_group_opens_at_once_without_any_roster)
{
    hub *h = begin();
    for (int i = 0; i < 2; i++) {
        const wzp_media_hdr hdr = {.seq = 7};
        uint8_t packet[HUB_PACKET];
        uint8_t plain[HUB_PACKET];
        size_t len;
        wzp_opened o;
        ASSERT_OK(wzp_group_seal(h->peers[i].g, h->now, &hdr, WZP_FORM_FRAME,
                                 (const uint8_t *)"hello", 5, packet,
                                 sizeof packet, &len));
        ASSERT_OK(wzp_group_open(h->peers[1 - i].g, h->now, packet, len, plain,
                                 sizeof plain, &o));
        assert_memory_equal(plain, "hello", 5);
        assert_memory_equal(o.mid, h->peers[i].mid, WZP_MID_LEN);
    }
    end(h);
}

WZP_TEST(agreed_group_has_sound_within_a_round_trip_of_joining)
{
    hub *h = begin();
    hub_change(h, CALLER, true);
    h->peers[CALLER].speaks = true;
    hub_run(h, 3 * WZP_S);
    assert_true(h->peers[CALLER].sealed_at > 0);
    hub_change(h, CALLEE, true);
    h->peers[CALLEE].speaks = true;
    hub_run(h, 2 * h->delay + 20 * WZP_MS);
    assert_true(h->peers[CALLEE].frames[CALLER] > 0);
    assert_true(h->peers[CALLER].frames[CALLEE] > 0);
    end(h);
}

WZP_TEST(agreed_group_shows_its_peer_from_the_start)
{
    hub *h = begin();
    wzp_group_action a;
    for (int i = 0; i < 2; i++) {
        const wzp_member_info info = hub_info(h, i, 1 - i);
        assert_int_equal(info.state, WZP_MEMBER_KEYED);
        assert_memory_equal(info.identity,
                            wzp_seed_identity_table(seeds[1 - i]).public_key,
                            WZP_KEY_LEN);
        assert_true(wzp_group_poll(h->peers[i].g, h->now, &a));
        assert_int_equal(a.kind, WZP_GROUP_MEMBER);
        assert_true(wzp_group_poll(h->peers[i].g, h->now, &a));
        assert_int_equal(a.kind, WZP_GROUP_KEYS_CHANGED);
    }
    end(h);
}

WZP_TEST(agreed_group_runs_none_of_a_rooms_joining)
{
    static const wzp_signal_kind none[] = {WZP_SIG_KEY_PACKAGE_REQUEST,
                                           WZP_SIG_E2EE_PAIR, WZP_SIG_E2EE_KEYS,
                                           WZP_SIG_E2EE_KEY_REQUEST};
    hub *h = talking();
    hub_run(h, 60 * WZP_S);
    for (int i = 0; i < 2; i++) {
        for (size_t k = 0; k < sizeof none / sizeof none[0]; k++) {
            assert_int_equal(h->peers[i].sent[none[k]], 0);
        }
        assert_int_equal(hub_stats(h, i).generation, 0);
        assert_int_equal(hub_stats(h, i).unknown_key, 0);
    }
    assert_both_heard(h);
    end(h);
}

/* --- begun once --- */

WZP_TEST(agreed_keys_go_into_one_group_only)
{
    hub *h = hub_new(41);
    wzp__agreed a;
    wzp_group *g = NULL;
    agree(h);
    ASSERT_OK(wzp__agreed_get(agreed[CALLER], &a));
    const wzp_group_config cfg = group_config(h, CALLER);
    hub_add(h, &cfg);
    assert_true(sodium_is_zero((const uint8_t *)a.keys, sizeof *a.keys));
    wzp_group_config again = cfg;
    again.identity = wzp_seed_identity_table(seeds[CALLER]);
    ASSERT_ERR(wzp_group_new(&g, &again), WZP_ERR_STATE);
    assert_null(g);
    /* The words can still be shown. */
    wzp_call_code code;
    ASSERT_OK(wzp_agree_code(agreed[CALLER], &code));
    end(h);
}

WZP_TEST(agreed_group_needs_a_finished_agreement_and_its_identity)
{
    hub *h = hub_new(41);
    wzp_group *g = NULL;
    wzp_agree *half;
    agree(h);
    wzp_group_config cfg = group_config(h, CALLER);
    cfg.identity = wzp_seed_identity_table(seeds[CALLEE]);
    ASSERT_ERR(wzp_group_new(&g, &cfg), WZP_ERR_CONFIG);
    wzp_agree_config unfinished = agree_config(h, CALLER);
    ASSERT_OK(wzp_agree_new_caller(&half, &unfinished));
    cfg.identity = unfinished.identity;
    cfg.agreed = half;
    ASSERT_ERR(wzp_group_new(&g, &cfg), WZP_ERR_STATE);
    assert_null(g);
    wzp_agree_free(half);
    end(h);
}
