/* SPDX-License-Identifier: MIT
 *
 * What the relay says of who is there, and packages.
 */
#include "hub.h"

static wzp_err give(hub *h, int to, const uint8_t *kp, size_t len)
{
    const wzp_bytes one = {kp, len};
    const wzp_signal s = {.kind = WZP_SIG_KEY_PACKAGES,
                          .u.key_packages.kps = {&one, 1}};
    return wzp_group_recv(h->peers[to].g, h->now, HUB_NOW_UNIX, &s);
}

static wzp_err list(hub *h, int at, const wzp_participant *p, size_t n)
{
    return wzp_group_roster(h->peers[at].g, h->now,
                            (wzp_participant_list){p, n});
}

WZP_TEST(roster_package_is_asked_for_again_at_1_3_7_15_s)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    const wzp_participant p = hub_participant(h, b);
    static const unsigned at_s[] = {0, 1, 3, 7, 15, 23};
    unsigned n = 0;
    const wzp_tstamp from = h->now;
    ASSERT_OK(list(h, a, &p, 1));
    for (wzp_tstamp t = from; t < from + 25 * WZP_S; t += 100 * WZP_MS) {
        wzp_group_action act;
        wzp_group_expire(h->peers[a].g, t);
        while (wzp_group_poll(h->peers[a].g, t, &act)) {
            if (act.kind == WZP_GROUP_SEND) {
                assert_int_equal(act.u.signal->kind,
                                 WZP_SIG_KEY_PACKAGE_REQUEST);
                assert_int_equal((t - from) / WZP_S, at_s[n++]);
            }
        }
    }
    assert_int_equal(n, 6);
    hub_free(h);
}

/* A packet under the stream id of this member. */
static void send_some_packet(hub *h, int from, int to)
{
    static const uint8_t base[WZP_KEY_LEN] = {1};
    const wzp_mem mem = wzp_mem_default();
    const uint16_t sid = wzp_mid_sid(h->peers[from].mid);
    wzp_sframe_key *key;
    const wzp_media_hdr hdr = {.codec = WZP_CODEC_OPUS_24K};
    const wzp_seal_input in = {.hdr = &hdr, .plain = {base, 20}};
    uint8_t out[HUB_PACKET];
    uint8_t plain[HUB_PACKET];
    size_t len;
    wzp_opened o;
    ASSERT_OK(wzp_sframe_key_new(&key, &mem, WZP_SUITE_CHACHA, base,
                                 wzp_sframe_kid(sid, 0, 0)));
    ASSERT_OK(wzp_sframe_seal(key, &in, out, sizeof out, &len));
    wzp_sframe_key_free(key, &mem);
    ASSERT_ERR(wzp_group_open(h->peers[to].g, h->now, out, len, plain,
                              sizeof plain, &o),
               WZP_ERR_KEY_UNKNOWN);
}

WZP_TEST(roster_package_is_asked_for_every_second_while_its_packets_come)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    const wzp_participant p = hub_participant(h, b);
    const wzp_tstamp from = h->now;
    unsigned n = 0;
    ASSERT_OK(list(h, a, &p, 1));
    for (; h->now < from + 20 * WZP_S; h->now += 20 * WZP_MS) {
        wzp_group_action act;
        wzp_group_expire(h->peers[a].g, h->now);
        while (wzp_group_poll(h->peers[a].g, h->now, &act)) {
            n += act.kind == WZP_GROUP_SEND;
        }
        send_some_packet(h, b, a);
    }
    assert_in_range(n, 19, 21);
    hub_free(h);
}

WZP_TEST(roster_wrong_packages_are_refused_each_with_its_error)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    wzp_participant p = hub_participant(h, b);
    uint8_t kp[WZP_KP_LEN];
    memcpy(kp, wzp_group_package_view(h->peers[b].g).ptr, sizeof kp);
    ASSERT_OK(list(h, a, &p, 1));
    /* Changed: the hash is nobody's, and the signature is wrong. */
    kp[500] ^= 1;
    ASSERT_ERR(give(h, a, kp, sizeof kp), WZP_ERR_SIGNATURE);
    ASSERT_ERR(give(h, a, kp, 100), WZP_ERR_LENGTH);
    kp[500] ^= 1;
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_UNKNOWN);
    assert_int_equal(hub_stats(h, a).packages_refused, 2);
    ASSERT_OK(give(h, a, kp, sizeof kp));
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_VERIFIED);
    hub_free(h);
}

WZP_TEST(roster_package_for_another_room_refuses_the_member)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    wzp_group_config cfg = h->cfg;
    wzp_room_id(WZP_STR("elsewhere"), cfg.room_id);
    const int b = hub_add(h, &cfg);
    const wzp_participant p = hub_participant(h, b);
    const wzp_bytes kp = wzp_group_package_view(h->peers[b].g);
    ASSERT_OK(list(h, a, &p, 1));
    ASSERT_ERR(give(h, a, kp.ptr, kp.len), WZP_ERR_KP_CONTEXT);
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_REFUSED);
    ASSERT_ERR(hub_info(h, a, b).why, WZP_ERR_KP_CONTEXT);
    hub_free(h);
}

WZP_TEST(roster_package_under_another_fingerprint_refuses_the_member)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    wzp_participant p = hub_participant(h, b);
    const wzp_bytes kp = wzp_group_package_view(h->peers[b].g);
    p.fingerprint = (wzp_str){h->peers[a].fp, WZP_FP_TEXT_LEN};
    ASSERT_OK(list(h, a, &p, 1));
    ASSERT_ERR(give(h, a, kp.ptr, kp.len), WZP_ERR_FINGERPRINT);
    ASSERT_ERR(hub_info(h, a, b).why, WZP_ERR_FINGERPRINT);
    hub_free(h);
}

WZP_TEST(roster_member_refused_for_its_listed_name_is_asked_again_under_another)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    const wzp_participant right = hub_participant(h, b);
    const wzp_bytes kp = wzp_group_package_view(h->peers[b].g);
    wzp_participant wrong[2] = {right, right};
    wrong[0].fingerprint = (wzp_str){h->peers[a].fp, WZP_FP_TEXT_LEN};
    wrong[1].kph = (wzp_bytes){h->peers[a].kph, WZP_HASH_LEN};
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(list(h, a, &wrong[i], 1));
        wzp_ignore(give(h, a, kp.ptr, kp.len), "refused");
        assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_REFUSED);
        ASSERT_OK(list(h, a, &wrong[i], 1)); /* the same word: still so */
        assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_REFUSED);
    }
    ASSERT_OK(list(h, a, &right, 1));
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_UNKNOWN);
    ASSERT_OK(give(h, a, kp.ptr, kp.len));
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_VERIFIED);
    /* A proven one keeps its name, whatever the relay says. */
    ASSERT_OK(list(h, a, &wrong[0], 1));
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_VERIFIED);
    hub_free(h);
}

WZP_TEST(roster_package_nobody_asked_for_is_refused)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    const wzp_bytes kp = wzp_group_package_view(h->peers[b].g);
    ASSERT_ERR(give(h, a, kp.ptr, kp.len), WZP_ERR_NOT_FOUND);
    assert_int_equal(hub_stats(h, a).packages_refused, 1);
    hub_free(h);
}

WZP_TEST(roster_legacy_members_are_counted_and_never_keyed)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    wzp_participant p[2] = {
        {.fingerprint = WZP_STR(""), .alias = WZP_STR("old")},
        {.fingerprint = WZP_STR(""), .alias = WZP_STR("old")},
    };
    wzp_member_info info;
    ASSERT_OK(list(h, a, p, 2));
    assert_int_equal(wzp_group_member_count(h->peers[a].g), 2);
    ASSERT_OK(wzp_group_member_at(h->peers[a].g, 0, &info));
    assert_int_equal(info.state, WZP_MEMBER_LEGACY);
    assert_string_equal(info.alias, "old");
    ASSERT_ERR(hub_say(h, a, WZP_FORM_FRAME), WZP_ERR_AGAIN);
    ASSERT_OK(list(h, a, p, 1));
    assert_int_equal(wzp_group_member_count(h->peers[a].g), 1);
    ASSERT_OK(list(h, a, p, 1));
    assert_int_equal(wzp_group_member_count(h->peers[a].g), 1);
    ASSERT_ERR(wzp_group_member_at(h->peers[a].g, 1, &info), WZP_ERR_NOT_FOUND);
    hub_free(h);
}

WZP_TEST(roster_members_beyond_the_limit_are_ignored_and_counted)
{
    hub *h = hub_new(1);
    h->cfg.max_members = 2;
    const int a = hub_add(h, NULL);
    wzp_participant p[3];
    for (int i = 0; i < 3; i++) {
        p[i] = hub_participant(h, hub_add(h, NULL));
    }
    ASSERT_ERR(list(h, a, p, 3), WZP_ERR_FULL);
    assert_int_equal(wzp_group_member_count(h->peers[a].g), 2);
    assert_int_equal(hub_stats(h, a).members_ignored, 1);
    ASSERT_OK(list(h, a, p + 1, 2)); /* one left, so there is room */
    hub_free(h);
}

WZP_TEST(roster_hash_that_is_not_the_mids_refuses_the_member)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    wzp_participant p = hub_participant(h, b);
    uint8_t kph[WZP_HASH_LEN] = {0};
    p.kph.ptr = kph;
    ASSERT_OK(list(h, a, &p, 1));
    ASSERT_ERR(hub_info(h, a, b).why, WZP_ERR_MALFORMED);
    hub_free(h);
}

WZP_TEST(roster_hash_that_is_not_the_packages_refuses_the_member)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    wzp_participant p = hub_participant(h, b);
    const wzp_bytes kp = wzp_group_package_view(h->peers[b].g);
    uint8_t kph[WZP_HASH_LEN];
    memcpy(kph, h->peers[b].kph, sizeof kph);
    kph[WZP_HASH_LEN - 1] ^= 1; /* its mid is right */
    p.kph.ptr = kph;
    ASSERT_OK(list(h, a, &p, 1));
    ASSERT_ERR(give(h, a, kp.ptr, kp.len), WZP_ERR_MALFORMED);
    assert_int_equal(hub_info(h, a, b).state, WZP_MEMBER_REFUSED);
    ASSERT_ERR(hub_info(h, a, b).why, WZP_ERR_MALFORMED);
    hub_free(h);
}

WZP_TEST(roster_alias_is_cut_at_a_whole_character)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const int b = hub_add(h, NULL);
    wzp_participant p = hub_participant(h, b);
    char alias[101];
    for (size_t i = 0; i < 100; i += 2) {
        memcpy(alias + i, "\xC3\xA9", 2);
    }
    p.alias = (wzp_str){alias, 100};
    ASSERT_OK(list(h, a, &p, 1));
    assert_int_equal(strlen(hub_info(h, a, b).alias), 62);
    p.alias = WZP_STR("new");
    ASSERT_OK(list(h, a, &p, 1));
    assert_string_equal(hub_info(h, a, b).alias, "new");
    hub_free(h);
}

WZP_TEST(roster_own_entry_is_ignored)
{
    hub *h = hub_new(1);
    const int a = hub_add(h, NULL);
    const wzp_participant p = hub_participant(h, a);
    ASSERT_OK(list(h, a, &p, 1));
    assert_int_equal(wzp_group_member_count(h->peers[a].g), 0);
    hub_free(h);
}

WZP_TEST(roster_member_listed_again_is_heard_again)
{
    hub *h = hub_new(1);
    const int a = hub_join(h);
    const int b = hub_join(h);
    h->peers[a].speaks = h->peers[b].speaks = true;
    hub_run(h, 1 * WZP_S);
    /* The relay loses sight of b for a moment, b knows nothing of it. */
    const wzp_bytes mid = {h->peers[b].mid, WZP_MID_LEN};
    const wzp_participant p = hub_participant(h, b);
    ASSERT_OK(wzp_group_delta(h->peers[a].g, h->now,
                              (wzp_participant_list){NULL, 0},
                              (wzp_bytes_list){&mid, 1}));
    hub_run(h, 5 * WZP_S);
    assert_int_equal(h->peers[a].gone, 1);
    assert_true(hub_deaf(h, b, a) > 2 * WZP_S);
    ASSERT_OK(wzp_group_delta(h->peers[a].g, h->now,
                              (wzp_participant_list){&p, 1},
                              (wzp_bytes_list){NULL, 0}));
    hub_run(h, 1 * WZP_S);
    assert_true(hub_deaf(h, a, b) < 100 * WZP_MS);
    assert_true(hub_deaf(h, b, a) < 100 * WZP_MS);
    hub_free(h);
}

/* --- the owner's no ------------------------------------------------------- */

enum { OWNER, FRIEND, OTHER };

/* The owner refuses OTHER as soon as it is told that it is somebody. */
static void refuse_other(hub *h, int at, uint32_t member)
{
    wzp_member_info info;
    ASSERT_OK(wzp_group_member_get(h->peers[at].g, member, &info));
    if (at == OWNER &&
        memcmp(info.mid, h->peers[OTHER].mid, WZP_MID_LEN) == 0 &&
        (info.state == WZP_MEMBER_VERIFIED || info.state == WZP_MEMBER_KEYED)) {
        ASSERT_OK(
            wzp_group_refuse(h->peers[at].g, h->now, member, WZP_ERR_CONTACT));
    }
}

static unsigned to_other; /* key messages of the owner */

static bool count_keys(hub *h, int from, int to, const wzp_signal *sig)
{
    (void)h;
    to_other +=
        from == OWNER && to == OTHER &&
        (sig->kind == WZP_SIG_E2EE_PAIR || sig->kind == WZP_SIG_E2EE_KEYS ||
         sig->kind == WZP_SIG_E2EE_KEY_REQUEST);
    return true;
}

static hub *three_speakers(uint64_t seed)
{
    hub *h = hub_new(seed);
    to_other = 0;
    h->on_signal = count_keys;
    for (int i = OWNER; i <= OTHER; i++) {
        h->peers[hub_join(h)].speaks = true;
    }
    return h;
}

WZP_TEST(roster_member_the_owner_refuses_when_told_of_it_has_got_nothing)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        hub *h = three_speakers(seed);
        h->on_member = refuse_other;
        h->jitter = seed % 2 * 50 * WZP_MS; /* its keys before its package */
        hub_run(h, 20 * WZP_S);

        assert_int_equal(to_other, 0);
        assert_int_equal(h->peers[OTHER].frames[OWNER], 0);
        assert_int_equal(h->peers[OWNER].frames[OTHER], 0);
        const wzp_member_info info = hub_info(h, OWNER, OTHER);
        assert_int_equal(info.state, WZP_MEMBER_REFUSED);
        ASSERT_ERR(info.why, WZP_ERR_CONTACT);
        assert_true(h->peers[FRIEND].frames[OWNER] > 500);
        assert_true(h->peers[OWNER].frames[FRIEND] > 500);
        hub_free(h);
    }
}

WZP_TEST(roster_control_a_member_that_is_not_refused_gets_keys)
{
    hub *h = three_speakers(1);
    hub_run(h, 5 * WZP_S);
    assert_true(to_other > 0);
    assert_true(h->peers[OTHER].frames[OWNER] > 100);
    assert_true(h->peers[OWNER].frames[OTHER] > 100);
    hub_free(h);
}

WZP_TEST(roster_member_refused_later_hears_and_is_heard_no_more)
{
    hub *h = three_speakers(2);
    hub_run(h, 3 * WZP_S);
    const uint32_t number = hub_info(h, OWNER, OTHER).member;
    ASSERT_OK(wzp_group_refuse(h->peers[OWNER].g, h->now, number,
                               WZP_ERR_NOT_ALLOWED));
    hub_run(h, 1 * WZP_S); /* the next generation is in use */
    const uint64_t to = h->peers[OTHER].frames[OWNER];
    const uint64_t from = h->peers[OWNER].frames[OTHER];
    const uint64_t friend_to = h->peers[FRIEND].frames[OWNER];
    assert_true(to > 0 && from > 0);

    hub_run(h, 20 * WZP_S);

    assert_int_equal(h->peers[OTHER].frames[OWNER], to);
    assert_int_equal(h->peers[OWNER].frames[OTHER], from);
    assert_true(h->peers[FRIEND].frames[OWNER] > friend_to + 500);
    assert_int_equal(hub_stats(h, OWNER).generation, 1);
    hub_free(h);
}

WZP_TEST(roster_member_refused_stays_so_when_it_is_listed_again)
{
    hub *h = three_speakers(3);
    h->on_member = refuse_other;
    hub_run(h, 1 * WZP_S);
    hub_change(h, OTHER, false);
    hub_run(h, 1 * WZP_S);
    hub_change(h, OTHER, true);
    hub_run(h, 5 * WZP_S);
    assert_int_equal(to_other, 0);
    assert_int_equal(h->peers[OTHER].frames[OWNER], 0);
    hub_free(h);
}

WZP_TEST(roster_refusing_nobody_is_not_found)
{
    hub *h = hub_new(1);
    const int a = hub_join(h);
    wzp_participant legacy = {.alias = WZP_STR("old")};
    wzp_group *g = h->peers[a].g;
    ASSERT_OK(list(h, a, &legacy, 1));
    wzp_member_info info;
    ASSERT_OK(wzp_group_member_at(g, 0, &info));
    ASSERT_ERR(wzp_group_refuse(g, h->now, info.member, WZP_ERR_NOT_ALLOWED),
               WZP_ERR_NOT_FOUND);
    ASSERT_ERR(wzp_group_refuse(g, h->now, 77, WZP_ERR_NOT_ALLOWED),
               WZP_ERR_NOT_FOUND);
    ASSERT_ERR(wzp_group_refuse(g, h->now, UINT32_MAX, WZP_ERR_NOT_ALLOWED),
               WZP_ERR_NOT_FOUND);
    hub_free(h);
}
