/* SPDX-License-Identifier: MIT */
/* A legacy relay's list as the key group may see it. */
#include "call/legacy_roster.h"

#include "client/fakes.h"

#include <wzp/crypto/identity.h>
#include <wzp/proto/fingerprint.h>

static wzp_str text(const char *s)
{
    return (wzp_str){s, strlen(s)};
}

typedef struct fixture {
    wzp_arena *arena;
    uint8_t key[WZP_KEY_LEN];
    char own[WZP_FP_TEXT_LEN + 1];
} fixture;

static void setup(fixture *f)
{
    const wzp_mem mem = wzp_mem_default();
    uint8_t fp[WZP_FP_LEN];
    ASSERT_OK(wzp_arena_new(&f->arena, &mem, 65536));
    memset(f->key, 7, sizeof f->key);
    wzp_identity_fingerprint(f->key, fp);
    wzp_fingerprint_encode(fp, f->own);
}

WZP_TEST(legacy_roster_leaves_out_the_own_entry_once)
{
    fixture f;
    setup(&f);
    const wzp_participant in[] = {
        {.fingerprint = text(""), .alias = text("Web")},
        {.fingerprint = text(f.own), .alias = text("Me")},
        {.fingerprint = text(f.own), .alias = text("My phone")},
    };
    wzp_participant_list out;
    ASSERT_OK(wzp__legacy_roster(f.arena, f.key, (wzp_participant_list){in, 3},
                                 &out));
    assert_int_equal(out.n, 2);
    assert_memory_equal(out.v[0].alias.ptr, "Web", 3);
    assert_memory_equal(out.v[1].alias.ptr, "My phone", 8);
    wzp_arena_free(f.arena);
}

WZP_TEST(legacy_roster_knows_the_own_entry_in_upper_case)
{
    fixture f;
    setup(&f);
    for (char *c = f.own; *c != '\0'; c++) {
        *c = *c >= 'a' && *c <= 'f' ? (char)(*c - 'a' + 'A') : *c;
    }
    const wzp_participant in[] = {{.fingerprint = text(f.own)}};
    wzp_participant_list out;
    ASSERT_OK(wzp__legacy_roster(f.arena, f.key, (wzp_participant_list){in, 1},
                                 &out));
    assert_int_equal(out.n, 0);
    wzp_arena_free(f.arena);
}

WZP_TEST(legacy_roster_makes_nobody_capable)
{
    fixture f;
    setup(&f);
    static const uint8_t bytes[WZP_HASH_LEN];
    const wzp_participant in[] = {{.fingerprint = text("x"),
                                   .mid = {bytes, WZP_MID_LEN},
                                   .kph = {bytes, WZP_HASH_LEN},
                                   .caps = WZP_CAP_E2E1}};
    wzp_participant_list out;
    ASSERT_OK(wzp__legacy_roster(f.arena, f.key, (wzp_participant_list){in, 1},
                                 &out));
    assert_int_equal(out.n, 1);
    assert_int_equal(out.v[0].mid.len, 0);
    assert_int_equal(out.v[0].kph.len, 0);
    assert_int_equal(out.v[0].caps, 0);
    ASSERT_OK(wzp__legacy_roster(f.arena, f.key,
                                 (wzp_participant_list){NULL, 0}, &out));
    assert_int_equal(out.n, 0);
    wzp_arena_free(f.arena);
}
