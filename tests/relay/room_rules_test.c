/* SPDX-License-Identifier: MIT */
/* Rules by room: copied, found under both names, refused with the room's name
 * where they make no sense.
 */
#include "room_rules.h"

#include "support/harness.h"

#include <wzp/crypto/identity.h>

#include <string.h>

static const uint8_t LIST[2][WZP_FP_LEN] = {{1}, {2}};

static wzp_err make(wzp__room_rules *out, const wzp_mem *mem,
                    const wzp_room_rule *given, size_t n, char *why,
                    size_t why_len)
{
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    const wzp_err e = wzp__room_rules_make(out, mem, given, n, why, why_len);
    wzp_crypto_global_deinit();
    return e;
}

static wzp_room_rule rule(const char *name, uint8_t access, size_t n_allowed)
{
    wzp_room_rule r = {.name = name,
                       .has_access = access != 0,
                       .allowed = n_allowed > 0 ? LIST : NULL,
                       .n_allowed = n_allowed};
    memset(r.access, access, sizeof r.access);
    return r;
}

WZP_TEST(a_rule_is_found_by_name_and_by_hash_and_no_other_is)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_room_rule given[] = {rule("Lobby", 7, 0), rule("attic", 0, 2),
                                   rule("hall", 9, 1), rule("cellar", 0, 0)};
    char hash[WZP_ROOM_HEX_LEN + 1];
    wzp__room_rules t;
    assert_int_equal(make(&t, &mem, given, 4, NULL, 0), WZP_OK);
    wzp_room_hash(WZP_STR("lobby"), hash);

    const wzp__room_rule *lobby = wzp__room_rules_find(&t, "lobby");
    assert_non_null(lobby);
    assert_ptr_equal(wzp__room_rules_find(&t, hash), lobby);
    assert_memory_equal(lobby->access, given[0].access, WZP_KEY_LEN);
    assert_true(wzp__room_rule_restricts(lobby));
    assert_true(wzp__room_rule_allows(lobby, LIST[0]));
    const wzp__room_rule *hall = wzp__room_rules_find(&t, "hall");
    assert_int_equal(hall->access[31], 9);
    assert_true(wzp__room_rule_allows(hall, LIST[0]));
    assert_false(wzp__room_rule_allows(hall, LIST[1]));
    const wzp__room_rule *attic = wzp__room_rules_find(&t, "attic");
    assert_null(attic->access);
    assert_true(wzp__room_rule_allows(attic, LIST[1]));
    assert_false(wzp__room_rule_restricts(wzp__room_rules_find(&t, "cellar")));
    assert_null(wzp__room_rules_find(&t, "garden"));
    wzp__room_rules_deinit(&t, &mem);
    assert_null(wzp__room_rules_find(&t, "lobby"));
}

WZP_TEST(a_rule_given_as_a_hash_is_found_by_the_name)
{
    const wzp_mem mem = wzp_mem_default();
    char hash[WZP_ROOM_HEX_LEN + 1];
    wzp_room_hash(WZP_STR("lobby"), hash);
    for (size_t i = 0; i < WZP_ROOM_HEX_LEN; i++) { /* in any case */
        hash[i] = hash[i] >= 'a' ? (char)(hash[i] - 'a' + 'A') : hash[i];
    }
    const wzp_room_rule given = rule(hash, 1, 0);
    wzp__room_rules t;
    assert_int_equal(make(&t, &mem, &given, 1, NULL, 0), WZP_OK);
    assert_non_null(wzp__room_rules_find(&t, "lobby"));
    wzp__room_rules_deinit(&t, &mem);
}

static const struct {
    const char *one, *two;
    size_t n_allowed; /* of the second one, whose list is missing */
    const char *why;
} WRONGS[] = {
    {"lobby", "Lobby", 0, "room_rules: \"Lobby\" has two rules"},
    {"lobby", "its hash", 0, NULL},
    {"lobby", "", 0, "room_rules: \"\" cannot be the name of a room"},
    {"lobby", NULL, 0, "room_rules: \"\" cannot be the name of a room"},
    {"_probe", "x", 0, "room_rules: \"_probe\" cannot be the name of a room"},
    {"call-1", "x", 0, "room_rules: \"call-1\" cannot be the name of a room"},
    {"a", "x", 1, "room_rules: \"x\" has a list that is too long, or none"},
};

static size_t count_wrongs(void)
{
    return sizeof WRONGS / sizeof WRONGS[0];
}

static void run_wrong(size_t row)
{
    const wzp_mem mem = wzp_mem_default();
    char why[160] = "";
    char hash[WZP_ROOM_HEX_LEN + 1];
    wzp_room_rule given[] = {rule(WRONGS[row].one, 3, 1),
                             rule(WRONGS[row].two, 4, 0)};
    given[1].n_allowed = WRONGS[row].n_allowed;
    wzp_room_hash(WZP_STR("lobby"), hash);
    if (WRONGS[row].why == NULL) { /* the name and its hash */
        given[1].name = hash;
    }
    wzp__room_rules t;
    assert_int_equal(make(&t, &mem, given, 2, why, sizeof why), WZP_ERR_CONFIG);
    if (WRONGS[row].why != NULL) {
        assert_string_equal(why, WRONGS[row].why);
    } else {
        assert_non_null(strstr(why, "has two rules"));
    }
}

WZP_ROWS(wrong_rules_are_refused_with_the_room, count_wrongs, run_wrong);

typedef struct short_mem {
    wzp_mem real;
    int left;
    size_t held;
} short_mem;

static void *short_resize(void *user, void *ptr, size_t old, size_t size)
{
    short_mem *m = user;
    if (ptr == NULL && m->left-- <= 0) {
        return NULL;
    }
    m->held += size - old;
    return m->real.resize(m->real.user, ptr, old, size);
}

WZP_TEST(rules_without_memory_fail_cleanly_at_every_allocation)
{
    const wzp_room_rule given[] = {rule("a", 1, 2), rule("b", 2, 1)};
    wzp_err e = WZP_ERR_NOMEM;
    int n = 0;
    for (; e != WZP_OK; n++) {
        short_mem m = {.real = wzp_mem_default(), .left = n};
        const wzp_mem mem = {.resize = short_resize, .user = &m};
        wzp__room_rules t = {0};
        e = make(&t, &mem, given, 2, NULL, 0);
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp__room_rules_deinit(&t, &mem);
        assert_int_equal(m.held, 0);
    }
    assert_true(n >= 3);
}
