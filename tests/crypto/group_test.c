/* SPDX-License-Identifier: MIT
 *
 * Whole rooms on virtual time: members that join, leave, speak and listen, with
 * key messages lost and late.
 */
#include "hub.h"

WZP_TEST(group_two_members_hear_each_other)
{
    hub *h = hub_new(1);
    const int a = hub_join(h);
    const int b = hub_join(h);
    h->peers[a].speaks = h->peers[b].speaks = true;
    hub_run(h, 1 * WZP_S);
    assert_true(h->peers[a].frames[b] > 30);
    assert_true(h->peers[b].frames[a] > 30);
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_KEYED);
    assert_int_equal(h->peers[a].changed, 1);
    assert_int_equal(hub_stats(h, a).bad_tag, 0);
    hub_free(h);
}

WZP_TEST(group_alone_seal_says_again)
{
    hub *h = hub_new(1);
    const int a = hub_join(h);
    ASSERT_ERR(hub_say(h, a, WZP_FORM_FRAME), WZP_ERR_AGAIN);
    hub_run(h, 1 * WZP_S);
    ASSERT_ERR(hub_say(h, a, WZP_FORM_FRAME), WZP_ERR_AGAIN);
    hub_free(h);
}

WZP_TEST(group_suite_is_aes_between_capable_processors)
{
    hub *h = hub_new(1);
    const int a = hub_join(h);
    hub_join(h);
    h->peers[a].speaks = true;
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, a).suite, crypto_aead_aes256gcm_is_available()
                                                ? WZP_SUITE_AES
                                                : WZP_SUITE_CHACHA);
    hub_free(h);
}

WZP_TEST(group_three_members_all_hear_all)
{
    hub *h = hub_new(2);
    for (int i = 0; i < 3; i++) {
        h->peers[hub_join(h)].speaks = true;
    }
    hub_run(h, 2 * WZP_S);
    for (int a = 0; a < 3; a++) {
        for (int b = 0; b < 3; b++) {
            assert_true(a == b || h->peers[a].frames[b] > 50);
        }
    }
    hub_free(h);
}

static uint8_t kept[400][HUB_PACKET];
static size_t kept_len[400];
static size_t n_kept;

static void keep(hub *h, int from, const uint8_t *data, size_t len)
{
    if (from == 0 && n_kept < 400) {
        memcpy(kept[n_kept], data, len);
        kept_len[n_kept++] = len;
    }
    (void)h;
}

static size_t count_opened(hub *h, int who)
{
    size_t n = 0;
    for (size_t i = 0; i < n_kept; i++) {
        uint8_t plain[HUB_PACKET];
        wzp_opened o;
        n += wzp_group_open(h->peers[who].g, h->now, kept[i], kept_len[i],
                            plain, sizeof plain, &o) == WZP_OK;
    }
    return n;
}

WZP_TEST(group_newcomer_opens_nothing_earlier_and_all_that_follows)
{
    hub *h = hub_new(3);
    n_kept = 0;
    h->on_datagram = keep;
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    hub_run(h, 2 * WZP_S);
    const size_t before = n_kept;
    h->on_datagram = NULL;
    const int c = hub_join(h);
    hub_run(h, 2 * WZP_S);
    assert_true(before > 50);
    assert_int_equal(count_opened(h, c), 0);
    assert_true(h->peers[c].frames[0] > 60);
    assert_true(h->peers[1].frames[0] > 170);
    const wzp_group_stats s = hub_stats(h, 0);
    assert_int_equal(s.generation, 0);
    assert_int_equal(s.step, 1);
    hub_free(h);
}

WZP_TEST(group_joins_within_200_ms_share_one_step)
{
    hub *h = hub_new(4);
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    hub_run(h, 1 * WZP_S);
    for (int i = 0; i < 3; i++) {
        hub_join(h);
        hub_run(h, 30 * WZP_MS);
    }
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, 0).step, 1);
    for (int i = 1; i < 5; i++) {
        assert_true(hub_deaf(h, 0, i) < 100 * WZP_MS);
    }
    hub_free(h);
}

WZP_TEST(group_removed_member_opens_nothing_of_the_next_generation)
{
    hub *h = hub_new(5);
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    const int c = hub_join(h);
    hub_run(h, 2 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 0);
    hub_change(h, c, false);
    hub_run(h, 500 * WZP_MS);
    n_kept = 0;
    h->on_datagram = keep;
    hub_run(h, 1 * WZP_S);
    assert_int_equal(hub_stats(h, 0).generation, 1);
    assert_true(n_kept > 40);
    assert_int_equal(count_opened(h, c), 0);
    assert_true(hub_deaf(h, 0, 1) < 100 * WZP_MS);
    hub_free(h);
}

WZP_TEST(group_control_a_member_that_stays_does_open_them)
{
    hub *h = hub_new(5);
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    const int c = hub_join(h);
    hub_run(h, 2 * WZP_S);
    n_kept = 0;
    h->on_datagram = keep;
    h->peers[c].is_here = false; /* the datagrams pass by it, nothing more */
    hub_run(h, 1 * WZP_S);
    assert_true(count_opened(h, c) > 40);
    hub_free(h);
}

WZP_TEST(group_listener_gives_its_key_to_speakers_only)
{
    hub *h = hub_new(6);
    h->peers[hub_join(h)].speaks = true;
    const int b = hub_join(h);
    const int c = hub_join(h);
    hub_run(h, 12 * WZP_S);
    assert_int_equal(hub_info(h, 0, b).state, WZP_MEMBER_KEYED);
    assert_int_equal(hub_info(h, 0, c).state, WZP_MEMBER_KEYED);
    assert_int_equal(hub_info(h, b, c).state, WZP_MEMBER_VERIFIED);
    assert_int_equal(hub_info(h, c, b).state, WZP_MEMBER_VERIFIED);
    assert_int_equal(h->peers[b].sent[WZP_SIG_E2EE_KEY_REQUEST], 0);
    assert_true(h->peers[0].heard[b] > h->now - 6 * WZP_S);
    hub_free(h);
}

/* Two that talk and give keys to nobody but each other, and a third. */
static int with_a_ghost(hub *h)
{
    uint8_t allowed[2][WZP_FP_LEN];
    for (int i = 0; i < 2; i++) {
        vec_fingerprint(h->peers[hub_add(h, NULL)].fp, allowed[i]);
    }
    wzp_group_config cfg = h->cfg;
    cfg.policy = WZP_POLICY_LIST;
    cfg.allowed = (const uint8_t(*)[WZP_FP_LEN])allowed;
    cfg.n_allowed = 2;
    /* The same two identities again, now with a policy. */
    for (int i = 0; i < 2; i++) {
        wzp_group_free(h->peers[i].g);
        cfg.identity = wzp_seed_identity_table(h->peers[i].seed);
        ASSERT_OK(wzp_group_new(&h->peers[i].g, &cfg));
        wzp_group_own_mid(h->peers[i].g, h->peers[i].mid);
        wzp_group_own_kph(h->peers[i].g, h->peers[i].kph);
        hub_change(h, i, true);
        h->peers[i].speaks = true;
    }
    const int ghost = hub_join(h);
    h->peers[ghost].speaks = true;
    hub_run(h, 5 * WZP_S);
    return ghost;
}

WZP_TEST(group_ghost_outside_the_list_gets_nothing_and_is_seen)
{
    hub *h = hub_new(7);
    const int ghost = with_a_ghost(h);
    assert_true(h->peers[0].frames[1] > 100);
    assert_int_equal(h->peers[ghost].frames[0], 0);
    assert_int_equal(h->peers[ghost].changed, 0);
    assert_int_equal(h->peers[0].frames[ghost], 0);
    const wzp_member_info info = hub_info(h, 0, ghost);
    assert_int_equal(info.state, WZP_MEMBER_REFUSED);
    ASSERT_ERR(info.why, WZP_ERR_NOT_ALLOWED);
    hub_free(h);
}

WZP_TEST(group_who_is_allowed_later_hears_and_is_heard_by_who_allowed_it)
{
    hub *h = hub_new(7);
    uint8_t fp[WZP_FP_LEN];
    const int late = with_a_ghost(h);
    const unsigned told = h->peers[0].members;
    vec_fingerprint(h->peers[late].fp, fp);

    ASSERT_OK(wzp_group_allow(h->peers[0].g, h->now, fp));
    hub_run(h, 2 * WZP_S);
    assert_true(h->peers[0].members > told);
    assert_int_equal(hub_info(h, 0, late).state, WZP_MEMBER_KEYED);
    assert_true(h->peers[late].frames[0] > 50);
    assert_true(h->peers[0].frames[late] > 50);
    assert_int_equal(h->peers[late].frames[1], 0); /* the other did not */
    assert_int_equal(h->peers[1].frames[late], 0);

    const uint64_t so_far = h->peers[late].frames[0];
    ASSERT_OK(wzp_group_allow(h->peers[0].g, h->now, fp)); /* again */
    hub_run(h, 12 * WZP_S); /* longer than a silent one would be kept */
    assert_true(h->peers[late].frames[0] > so_far + 500);
    hub_free(h);
}

WZP_TEST(group_who_is_not_allowed_any_more_hears_nothing_from_then_on)
{
    hub *h = hub_new(7);
    uint8_t fp[WZP_FP_LEN];
    const int ghost = with_a_ghost(h);
    vec_fingerprint(h->peers[1].fp, fp);
    wzp_group_disallow(h->peers[0].g, h->now, fp);
    wzp_group_disallow(h->peers[0].g, h->now, fp); /* again */
    hub_run(h, 1 * WZP_S);                         /* what it holds runs out */
    const uint64_t heard = h->peers[1].frames[0];
    const uint64_t said = h->peers[0].frames[1];
    hub_run(h, 3 * WZP_S);
    assert_int_equal(h->peers[1].frames[0], heard);
    assert_int_equal(h->peers[0].frames[1], said);
    assert_int_equal(hub_info(h, 0, 1).state, WZP_MEMBER_REFUSED);
    ASSERT_ERR(hub_info(h, 0, 1).why, WZP_ERR_NOT_ALLOWED);

    vec_fingerprint(h->peers[ghost].fp, fp); /* its place is free */
    ASSERT_OK(wzp_group_allow(h->peers[0].g, h->now, fp));
    hub_run(h, 2 * WZP_S);
    assert_int_equal(hub_info(h, 0, ghost).state, WZP_MEMBER_KEYED);
    hub_free(h);
}

WZP_TEST(group_tells_nothing_more_of_who_left_when_it_is_not_allowed_any_more)
{
    hub *h = hub_new(7);
    uint8_t fp[WZP_FP_LEN];
    (void)with_a_ghost(h);
    vec_fingerprint(h->peers[1].fp, fp);
    hub_change(h, 1, false);
    hub_run(h, WZP_S);
    const unsigned told = h->peers[0].members;
    wzp_group_disallow(h->peers[0].g, h->now, fp);
    hub_run(h, WZP_S);
    assert_int_equal(h->peers[0].members, told);
    hub_change(h, 1, true); /* and it is a stranger when it comes back */
    hub_run(h, WZP_S);
    assert_int_equal(hub_info(h, 0, 1).state, WZP_MEMBER_REFUSED);
    hub_free(h);
}

WZP_TEST(group_who_is_allowed_before_it_comes_is_no_stranger)
{
    hub *h = hub_new(7);
    uint8_t fp[WZP_FP_LEN];
    const int late = with_a_ghost(h);
    vec_fingerprint(h->peers[late].fp, fp);
    hub_change(h, late, false);
    hub_run(h, 1 * WZP_S);
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(wzp_group_allow(h->peers[i].g, h->now, fp));
    }
    hub_change(h, late, true);
    hub_run(h, 3 * WZP_S);
    assert_true(h->peers[late].frames[0] > 50);
    assert_true(h->peers[1].frames[late] > 50);
    hub_free(h);
}

WZP_TEST(group_ghost_in_an_open_room_is_visible)
{
    hub *h = hub_new(8);
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    const int ghost = hub_join(h);
    hub_run(h, 2 * WZP_S);
    assert_true(h->peers[ghost].frames[0] > 20);
    assert_int_equal(hub_info(h, 0, ghost).state, WZP_MEMBER_KEYED);
    assert_int_equal(wzp_group_member_count(h->peers[0].g), 2);
    hub_free(h);
}

WZP_TEST(group_with_a_secret_an_outsider_gets_no_pair)
{
    hub *h = hub_new(9);
    h->cfg.has_psk = true;
    memset(h->cfg.psk, 7, WZP_KEY_LEN);
    h->peers[hub_join(h)].speaks = true;
    const int b = hub_join(h);
    memset(h->cfg.psk, 8, WZP_KEY_LEN);
    const int c = hub_join(h);
    hub_run(h, 3 * WZP_S);
    assert_true(h->peers[b].frames[0] > 100);
    assert_int_equal(h->peers[c].frames[0], 0);
    assert_true(hub_stats(h, c).keys_refused > 0);
    hub_run(h, 4 * WZP_S);
    const wzp_member_info info = hub_info(h, c, 0);
    assert_int_equal(info.state, WZP_MEMBER_VERIFIED);
    ASSERT_ERR(info.why, WZP_ERR_TAG); /* and it is told */
    ASSERT_ERR(hub_info(h, b, 0).why, WZP_OK);
    hub_free(h);
}

WZP_TEST(group_identities_are_own_and_verified_ones)
{
    hub *h = hub_new(10);
    uint8_t keys[4][WZP_KEY_LEN];
    hub_join(h);
    hub_join(h);
    hub_join(h);
    assert_int_equal(wzp_group_identities(h->peers[0].g, keys, 4), 1);
    hub_run(h, 1 * WZP_S);
    assert_int_equal(wzp_group_identities(h->peers[0].g, keys, 4), 3);
    assert_int_equal(wzp_group_identities(h->peers[0].g, keys, 2), 2);
    hub_free(h);
}

WZP_TEST(group_config_out_of_range_is_refused)
{
    hub *h = hub_new(1);
    wzp_group *g = NULL;
    wzp_group_config c = h->cfg;
    c.identity = vec_identity("alice");
    c.max_members = 1;
    ASSERT_ERR(wzp_group_new(&g, &c), WZP_ERR_CONFIG);
    c.max_members = 5000;
    ASSERT_ERR(wzp_group_new(&g, &c), WZP_ERR_CONFIG);
    c.max_members = 2;
    c.caps = 0x40;
    ASSERT_ERR(wzp_group_new(&g, &c), WZP_ERR_CONFIG);
    assert_null(g);
    wzp_group_free(NULL);
    hub_free(h);
}

typedef struct failing {
    wzp_mem real;
    int left;
    size_t held;
} failing;

static void *failing_resize(void *user, void *ptr, size_t old, size_t size)
{
    failing *f = user;
    if (ptr == NULL && f->left-- <= 0) {
        return NULL;
    }
    f->held += size - old;
    return f->real.resize(f->real.user, ptr, old, size);
}

WZP_TEST(group_new_fails_cleanly_at_every_allocation)
{
    hub *h = hub_new(1);
    int n = 0;
    for (;; n++) {
        failing f = {.real = wzp_mem_default(), .left = n};
        uint8_t allowed[1][WZP_FP_LEN] = {{0}};
        wzp_group_config c = h->cfg;
        wzp_group *g = NULL;
        c.mem = (wzp_mem){.resize = failing_resize, .user = &f};
        c.identity = vec_identity("alice");
        c.allowed = (const uint8_t(*)[WZP_FP_LEN])allowed;
        c.n_allowed = 1;
        const wzp_err e = wzp_group_new(&g, &c);
        wzp_group_free(g);
        assert_int_equal(f.held, 0);
        if (e == WZP_OK) {
            break;
        }
        ASSERT_ERR(e, WZP_ERR_NOMEM);
    }
    assert_true(n >= 4);
    hub_free(h);
}

WZP_TEST(group_that_has_no_memory_for_one_more_allows_nobody_more)
{
    hub *h = hub_new(1);
    failing f = {.real = wzp_mem_default(), .left = 1000};
    const uint8_t fp[WZP_FP_LEN] = {1};
    wzp_group_config c = h->cfg;
    wzp_group *g = NULL;
    c.mem = (wzp_mem){.resize = failing_resize, .user = &f};
    c.identity = vec_identity("alice");
    c.policy = WZP_POLICY_LIST;
    ASSERT_OK(wzp_group_new(&g, &c));
    f.left = 0;
    ASSERT_ERR(wzp_group_allow(g, h->now, fp), WZP_ERR_NOMEM);
    f.left = 1;
    ASSERT_OK(wzp_group_allow(g, h->now, fp));
    wzp_group_disallow(g, h->now, fp);
    ASSERT_OK(wzp_group_allow(g, h->now, fp)); /* its place is still there */
    wzp_group_free(g);
    assert_int_equal(f.held, 0);
    hub_free(h);
}

WZP_TEST(group_unexpected_signal_is_refused)
{
    hub *h = hub_new(1);
    const int a = hub_join(h);
    const wzp_signal s = {.kind = WZP_SIG_PING};
    ASSERT_ERR(wzp_group_recv(h->peers[a].g, h->now, HUB_NOW_UNIX, &s),
               WZP_ERR_PROTOCOL);
    hub_free(h);
}

/* Two runs from one seed are the same, bit for bit. */
static uint64_t digest_run(uint64_t seed)
{
    hub *h = hub_new(seed);
    n_kept = 0;
    h->on_datagram = keep;
    h->loss_permille = 100;
    h->peers[hub_join(h)].speaks = true;
    hub_join(h);
    hub_run(h, 1 * WZP_S);
    uint64_t d = n_kept;
    for (size_t i = 0; i < n_kept; i++) {
        for (size_t b = 0; b < kept_len[i]; b++) {
            d = d * 31 + kept[i][b];
        }
    }
    hub_free(h);
    return d;
}

WZP_TEST(group_run_repeats_bit_for_bit_from_its_seed)
{
    const uint64_t once = digest_run(77);
    assert_true(once == digest_run(77));
    assert_true(once != digest_run(78));
}

/* --- storm --- */

typedef struct storm {
    int peers;
    int speakers;
    unsigned changes;
    wzp_tstamp worst;
    wzp_tstamp longest_run;
} storm;

static void storm_change(hub *h, storm *s)
{
    int here[HUB_PEERS];
    int n = 0;
    for (int i = s->speakers; i < h->n; i++) {
        if (h->peers[i].is_here) {
            here[n++] = i;
        }
    }
    if (n > s->peers / 2 && (h->n >= HUB_PEERS || hub_random(h, 2) == 0)) {
        hub_change(h, here[hub_random(h, (uint32_t)n)], false);
    } else if (h->n < HUB_PEERS) {
        hub_join(h);
    }
    s->changes++;
}

static void storm_check(hub *h, storm *s)
{
    for (int a = 0; a < s->speakers; a++) {
        for (int b = 0; b < h->n; b++) {
            const wzp_tstamp d = hub_deaf(h, a, b);
            if (d > s->worst) {
                s->worst = d;
            }
        }
    }
}

static storm storm_run(uint64_t seed, int peers, wzp_tstamp time)
{
    storm s = {.peers = peers, .speakers = 4};
    hub *h = hub_new(seed);
    h->loss_permille = 100;
    h->jitter = 60 * WZP_MS;
    for (int i = 0; i < peers; i++) {
        hub_join(h);
        h->peers[i].speaks = i < s.speakers;
    }
    const wzp_tstamp end = h->now + time;
    wzp_tstamp next = h->now + 1 * WZP_S;
    while (h->now < end) {
        hub_tick(h);
        if (h->now >= next) {
            storm_change(h, &s);
            next = h->now + hub_random(h, 500) * WZP_MS;
        }
        storm_check(h, &s);
    }
    hub_free(h);
    return s;
}

WZP_TEST(group_of_50_with_joins_leaves_and_lost_keys_nobody_is_deaf_2_s)
{
    const char *more = getenv("WZP_STORM_SEEDS"); /* for a longer look */
    const uint64_t seeds = more != NULL ? strtoull(more, NULL, 10) : 1;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        const storm s = storm_run(seed, 50, 15 * WZP_S);
        print_message("seed %llu: %u changes, longest deafness %llu ms\n",
                      (unsigned long long)seed, s.changes,
                      (unsigned long long)(s.worst / WZP_MS));
        assert_true(s.changes > 30);
        assert_true(s.worst <= 2 * WZP_S);
    }
}
