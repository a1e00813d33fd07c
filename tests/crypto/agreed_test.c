/* SPDX-License-Identifier: MIT
 *
 * The group of a direct call: what it takes from its key agreement, and what
 * everybody else gets.
 */
#include "agree.h"
#include "call_hub.h"
#include "group/state.h"

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

WZP_TEST(agreed_group_has_the_keys_the_room_and_the_suite_of_the_agreement)
{
    hub *h = hub_new(41);
    wzp__agreed a;
    wzp_call_keys keys;
    uint8_t room_id[WZP_HASH_LEN];
    agree(h);
    ASSERT_OK(wzp__agreed_get(agreed[CALLER], &a));
    keys = a.secret->keys;
    wzp_room_id(WZP_STR("call-" CALL), room_id);
    for (int i = 0; i < 2; i++) {
        const wzp_group_config cfg = group_config(h, i);
        const bool is_caller = i == CALLER;
        const wzp_group *g = h->peers[hub_add(h, &cfg)].g;
        const wzp__member *m = g->list[0];
        assert_memory_equal(g->secret->current.base,
                            is_caller ? keys.base_caller : keys.base_callee,
                            WZP_KEY_LEN);
        assert_memory_equal(m->keys->base,
                            is_caller ? keys.base_callee : keys.base_caller,
                            WZP_KEY_LEN);
        assert_memory_equal(m->tx.pk, is_caller ? keys.pair.i2r : keys.pair.r2i,
                            WZP_KEY_LEN);
        assert_memory_equal(m->rx.pk, is_caller ? keys.pair.r2i : keys.pair.i2r,
                            WZP_KEY_LEN);
        assert_memory_equal(g->room_id, room_id, WZP_HASH_LEN);
        assert_int_equal(hub_stats(h, i).suite, a.suite);
        const wzp_bytes kp = wzp_agree_package(agreed[i]);
        assert_memory_equal(wzp_group_package_view(g).ptr, kp.ptr, kp.len);
    }
    end(h);
}

WZP_TEST(agreed_group_keeps_to_0xf001_where_the_peer_has_no_aes)
{
    hub *h = hub_new(41);
    agree(h);
    wzp_agree_config caller = agree_config(h, CALLER);
    const wzp_identity callee = wzp_seed_identity_table(seeds[CALLEE]);
    const wzp_bytes full = wzp_agree_package(agreed[CALLEE]);
    uint8_t package[WZP_KP_LEN];
    uint8_t fp[WZP_FP_LEN];
    wzp_kp kp;
    wzp_sig_direct_call_reveal reveal;
    ASSERT_OK(
        wzp_kp_decode(full.ptr, full.len, HUB_NOW_UNIX, NULL, NULL, 0, &kp));
    kp.suites = 1;
    ASSERT_OK(wzp_kp_encode(&callee, &kp, package));
    wzp_identity_fingerprint(callee.public_key, fp);
    wzp_agree_free(agreed[CALLER]);
    ASSERT_OK(wzp_agree_new_caller(&agreed[CALLER], &caller));
    ASSERT_OK(wzp_agree_answered(agreed[CALLER], HUB_NOW_UNIX,
                                 (wzp_bytes){package, sizeof package}, fp));
    ASSERT_OK(wzp_agree_reveal(agreed[CALLER], &reveal));
    const wzp_group_config cfg = group_config(h, CALLER);
    hub_add(h, &cfg);
    hub_change(h, CALLER, true);
    h->peers[CALLER].speaks = true;
    hub_run(h, 5 * WZP_S);
    assert_true(h->peers[CALLER].sealed_at > 0);
    assert_int_equal(hub_stats(h, CALLER).suite, WZP_SUITE_CHACHA);
    assert_int_equal(hub_stats(h, CALLER).generation, 0);
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
    assert_true(sodium_is_zero((const uint8_t *)a.secret, sizeof *a.secret));
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

static void *failing_resize(void *user, void *ptr, size_t old, size_t size)
{
    int *left = user;
    const wzp_mem real = wzp_mem_default();
    if (ptr == NULL && (*left)-- <= 0) {
        return NULL;
    }
    return real.resize(real.user, ptr, old, size);
}

WZP_TEST(agreed_group_fails_cleanly_at_every_allocation)
{
    hub *h = hub_new(41);
    wzp_err e = WZP_ERR_NOMEM;
    int n = 0;
    agree(h);
    for (; e != WZP_OK; n++) {
        int left = n;
        wzp_group *g = NULL;
        wzp_group_config cfg = group_config(h, CALLER);
        cfg.identity = wzp_seed_identity_table(seeds[CALLER]);
        cfg.mem = (wzp_mem){.resize = failing_resize, .user = &left};
        e = wzp_group_new(&g, &cfg);
        assert_true(e == WZP_OK || (e == WZP_ERR_NOMEM && g == NULL));
        wzp_group_free(g); /* a leak is the sanitizer's to find */
    }
    assert_true(n >= 5);
    end(h);
}

/* --- everybody else --- */

static unsigned to_others;

static bool count_to_others(hub *h, int from, int to, const wzp_signal *sig)
{
    (void)h, (void)sig;
    to_others += from < 2 && to >= 2;
    return true;
}

/* A ghost with a valid package for the same context, the same member, or a
 * room's: whatever it has, it is not the peer. Returns its number. */
static int add_ghost(hub *h, const uint8_t *ctx, const wzp_identity *id)
{
    const int i = hub_add(h, NULL);
    wzp_group *g = h->peers[i].g;
    wzp_kp kp;
    ASSERT_OK(wzp_kp_decode(g->package, WZP_KP_LEN, HUB_NOW_UNIX, NULL, NULL, 0,
                            &kp));
    memcpy(kp.ctx, ctx, WZP_HASH_LEN);
    g->identity = *id;
    memcpy(g->room_id, h->peers[0].g->room_id, WZP_HASH_LEN);
    memcpy(g->ctx, ctx, WZP_HASH_LEN);
    ASSERT_OK(wzp_kp_encode(id, &kp, g->package));
    memcpy(g->kph, kp.kph, WZP_HASH_LEN);
    memcpy(g->mid, kp.kph, WZP_MID_LEN);
    memcpy(h->peers[i].mid, g->mid, WZP_MID_LEN);
    memcpy(h->peers[i].kph, g->kph, WZP_HASH_LEN);
    memcpy(h->peers[i].fp, h->peers[CALLEE].fp, sizeof h->peers[i].fp);
    return i;
}

static void call_ctx(uint8_t ctx[WZP_HASH_LEN])
{
    wzp_kp kp;
    const wzp_bytes own = wzp_agree_package(agreed[CALLER]);
    ASSERT_OK(
        wzp_kp_decode(own.ptr, own.len, HUB_NOW_UNIX, NULL, NULL, 0, &kp));
    memcpy(ctx, kp.ctx, WZP_HASH_LEN);
}

WZP_TEST(agreed_group_gives_a_second_package_of_the_peer_nothing)
{
    hub *h = talking();
    uint8_t ctx[WZP_HASH_LEN];
    call_ctx(ctx);
    const wzp_identity callee = wzp_seed_identity_table(seeds[CALLEE]);
    const int ghost = add_ghost(h, ctx, &callee);
    to_others = 0;
    h->on_signal = count_to_others;
    hub_change(h, ghost, true);
    h->peers[ghost].speaks = true;
    hub_run(h, 30 * WZP_S);
    for (int i = 0; i < 2; i++) {
        assert_refused(h, i, h->peers[ghost].mid, WZP_ERR_NOT_ALLOWED);
        assert_int_equal(h->peers[i].frames[ghost], 0);
        assert_int_equal(h->peers[ghost].frames[i], 0);
        assert_int_equal(h->peers[i].sent[WZP_SIG_KEY_PACKAGE_REQUEST], 0);
    }
    assert_int_equal(to_others, 0);
    /* Its leaving changes no key: it had none. */
    hub_change(h, ghost, false);
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, CALLER).generation, 0);
    assert_both_heard(h);
    end(h);
}

WZP_TEST(agreed_control_in_a_room_the_same_ghost_gets_keys_and_hears)
{
    hub *h = hub_new(41);
    for (int i = 0; i < 3; i++) {
        hub_join(h);
    }
    to_others = 0;
    h->on_signal = count_to_others;
    h->peers[0].speaks = true;
    hub_run(h, 2 * WZP_S);
    assert_int_equal(hub_info(h, 0, 2).state, WZP_MEMBER_KEYED);
    assert_true(to_others > 0);
    assert_true(h->peers[2].frames[0] > 0);
    hub_free(h);
}

WZP_TEST(agreed_group_takes_no_message_of_a_stranger)
{
    hub *h = talking();
    const int ghost = hub_add(h, NULL);
    hub_change(h, ghost, true);
    hub_run(h, 100 * WZP_MS);
    uint8_t bytes[WZP_KEM_CT_LEN] = {1};
    wzp_e2ee_box box = {.box = {bytes, WZP_KEY_BOX_LEN}};
    wzp_signal s = {.kind = WZP_SIG_E2EE_PAIR};
    wzp_sig_e2ee_pair *pair = &s.u.e2ee_pair;
    wzp_group *g = h->peers[CALLER].g;
    memcpy(pair->from, h->peers[ghost].mid, WZP_MID_LEN);
    memcpy(pair->to, h->peers[CALLER].mid, WZP_MID_LEN);
    pair->ct = (wzp_bytes){bytes, WZP_KEM_CT_LEN};
    pair->sig = (wzp_bytes){bytes, WZP_SIG_LEN};
    ASSERT_ERR(wzp_group_recv(g, h->now, HUB_NOW_UNIX, &s),
               WZP_ERR_NOT_ALLOWED);
    s = (wzp_signal){.kind = WZP_SIG_E2EE_KEYS};
    memcpy(box.to, h->peers[CALLER].mid, WZP_MID_LEN);
    memcpy(s.u.e2ee_keys.from, h->peers[ghost].mid, WZP_MID_LEN);
    s.u.e2ee_keys.suite = WZP_SUITE_CHACHA;
    s.u.e2ee_keys.k = (wzp_e2ee_box_list){&box, 1};
    ASSERT_ERR(wzp_group_recv(g, h->now, HUB_NOW_UNIX, &s),
               WZP_ERR_NOT_ALLOWED);
    s = (wzp_signal){.kind = WZP_SIG_E2EE_KEY_REQUEST};
    memcpy(s.u.e2ee_key_request.from, h->peers[ghost].mid, WZP_MID_LEN);
    memcpy(s.u.e2ee_key_request.to, h->peers[CALLER].mid, WZP_MID_LEN);
    ASSERT_ERR(wzp_group_recv(g, h->now, HUB_NOW_UNIX, &s),
               WZP_ERR_NOT_ALLOWED);
    end(h);
}

WZP_TEST(agreed_group_takes_no_package_and_no_pair_even_of_its_peer)
{
    hub *h = talking();
    const wzp_bytes kp = wzp_agree_package(agreed[CALLEE]);
    const wzp_identity callee = wzp_seed_identity_table(seeds[CALLEE]);
    const wzp_group *from = h->peers[CALLEE].g;
    wzp_group *g = h->peers[CALLER].g;
    wzp_pair_keys keys;
    wzp_pair_names names;
    uint8_t ct[WZP_KEM_CT_LEN];
    uint8_t sig[WZP_SIG_LEN];
    wzp_kp caller;
    wzp_signal s = {.kind = WZP_SIG_KEY_PACKAGES,
                    .u.key_packages.kps = {&kp, 1}};
    ASSERT_ERR(wzp_group_recv(g, h->now, HUB_NOW_UNIX, &s), WZP_ERR_PROTOCOL);
    assert_int_equal(hub_stats(h, CALLER).packages_refused, 1);
    /* A genuine one, which a room would take. */
    ASSERT_OK(wzp_kp_decode(g->package, WZP_KP_LEN, HUB_NOW_UNIX, NULL, NULL, 0,
                            &caller));
    memcpy(names.room_id, g->room_id, WZP_HASH_LEN);
    memcpy(names.kph_from, from->kph, WZP_HASH_LEN);
    memcpy(names.kph_to, g->kph, WZP_HASH_LEN);
    ASSERT_OK(wzp_pair_seal(&callee, &h->cfg.rng, &names, caller.kem, NULL, ct,
                            sig, &keys));
    s = (wzp_signal){.kind = WZP_SIG_E2EE_PAIR};
    memcpy(s.u.e2ee_pair.from, from->mid, WZP_MID_LEN);
    memcpy(s.u.e2ee_pair.to, g->mid, WZP_MID_LEN);
    s.u.e2ee_pair.ct = (wzp_bytes){ct, sizeof ct};
    s.u.e2ee_pair.sig = (wzp_bytes){sig, sizeof sig};
    ASSERT_ERR(wzp_group_recv(g, h->now, HUB_NOW_UNIX, &s), WZP_ERR_PROTOCOL);
    assert_int_equal(hub_stats(h, CALLER).pairs_refused, 1);
    hub_run(h, 1 * WZP_S);
    assert_both_heard(h);
    end(h);
}

WZP_TEST(agreed_group_shows_legacy_members_and_a_few_strangers_as_refused)
{
    hub *h = begin();
    wzp_group *g = h->peers[CALLER].g;
    wzp_participant list[40];
    uint8_t mids[40][WZP_MID_LEN];
    for (size_t i = 0; i < 40; i++) {
        hub_fill(h, mids[i], WZP_MID_LEN);
        list[i] = hub_participant(h, CALLEE); /* in the name of the peer */
        list[i].mid = (wzp_bytes){mids[i], WZP_MID_LEN};
        list[i].kph = (wzp_bytes){NULL, 0};
    }
    list[0].mid = (wzp_bytes){NULL, 0};
    list[0].fingerprint = WZP_STR("");
    list[0].alias = WZP_STR("old");
    ASSERT_ERR(wzp_group_roster(g, h->now, (wzp_participant_list){list, 40}),
               WZP_ERR_FULL);
    assert_refused(h, CALLER, NULL, WZP_ERR_LEGACY);
    assert_refused(h, CALLER, mids[1], WZP_ERR_NOT_ALLOWED);
    assert_int_equal(wzp_group_member_count(g), WZP__CALL_MEMBERS);
    assert_int_equal(hub_info(h, CALLER, CALLEE).state, WZP_MEMBER_KEYED);
    /* Ghosts do not stretch the time after which the peer counts as gone. */
    assert_int_equal(wzp__control_interval(g), 5 * WZP_S);
    end(h);
}
