/* SPDX-License-Identifier: MIT
 *
 * Every function of libwzp-crypto that asks for memory, and no memory at its
 * n-th request, for every n: WZP_ERR_NOMEM, nothing given out, nothing left
 * behind, and the next call works. All that it asks go through the linker's
 * --wrap (mk/tests.mk): wzp_mem, guarded pages, Argon2id.
 */
#include "group/state.h"
#include "hub.h"
#include "sealed_seed.h"

#include <wzp/crypto/agree.h>
#include <wzp/crypto/guarded.h>
#include <wzp/crypto/sframe.h>

/* The request that fails, counted down; 0: none. Blocks held. */
static size_t fails_at, held;

static bool fails(void)
{
    return fails_at > 0 && --fails_at == 0;
}

static void *keep(void *block)
{
    held += block != NULL;
    return block;
}

#define ASKS(name, params, args)                                               \
    void *__real_##name params;                                                \
    void *__wrap_##name params;                                                \
    void *__wrap_##name params                                                 \
    {                                                                          \
        return fails() ? NULL : keep(__real_##name args);                      \
    }

ASKS(wzp_mem_new, (const wzp_mem *mem, size_t size), (mem, size))
ASKS(wzp_mem_array, (const wzp_mem *mem, size_t n, size_t size), (mem, n, size))
ASKS(sodium_malloc, (size_t size), (size))

void *__real_wzp_mem_resize(const wzp_mem *mem, void *p, size_t was, size_t is);
void *__wrap_wzp_mem_resize(const wzp_mem *mem, void *p, size_t was, size_t is);
void *__wrap_wzp_mem_resize(const wzp_mem *mem, void *p, size_t was, size_t is)
{
    if (fails()) {
        return NULL;
    }
    void *grown = __real_wzp_mem_resize(mem, p, was, is);
    return p == NULL ? keep(grown) : grown;
}

void __real_wzp_mem_free(const wzp_mem *mem, void *p, size_t size);
void __wrap_wzp_mem_free(const wzp_mem *mem, void *p, size_t size);
void __wrap_wzp_mem_free(const wzp_mem *mem, void *p, size_t size)
{
    held -= p != NULL;
    __real_wzp_mem_free(mem, p, size);
}

void __real_sodium_free(void *p);
void __wrap_sodium_free(void *p);
void __wrap_sodium_free(void *p)
{
    held -= p != NULL;
    __real_sodium_free(p);
}

/* crypto_pwhash comes here as well. */
#define HASH_PARAMS                                                            \
    (unsigned char *out, unsigned long long len, const char *pass,             \
     unsigned long long pass_len, const unsigned char *salt,                   \
     unsigned long long ops, size_t memory, int alg)
int __real_crypto_pwhash_argon2id HASH_PARAMS;
int __wrap_crypto_pwhash_argon2id HASH_PARAMS;
int __wrap_crypto_pwhash_argon2id HASH_PARAMS
{
    return fails() ? -1
                   : __real_crypto_pwhash_argon2id(out, len, pass, pass_len,
                                                   salt, ops, memory, alg);
}

/* --- what is made and freed --- */

static wzp_err identity(void)
{
    const uint8_t seed[WZP_SEED_LEN] = {1};
    wzp_seed_identity *id = NULL;
    const wzp_err e = wzp_seed_identity_new(&id, seed);
    assert_int_equal(id == NULL, e != WZP_OK);
    wzp_seed_identity_free(id);
    return e;
}

static wzp_err guarded(void)
{
    void *p = wzp_guarded_new(32);
    const wzp_err e = p == NULL ? WZP_ERR_NOMEM : WZP_OK;
    wzp_guarded_free(p);
    return e;
}

static wzp_err sframe_key(void)
{
    const wzp_mem mem = wzp_mem_default();
    const uint8_t base[WZP_KEY_LEN] = {1};
    wzp_sframe_key *key = NULL;
    const wzp_err e = wzp_sframe_key_new(&key, &mem, WZP_SUITE_CHACHA, base, 1);
    assert_int_equal(key == NULL, e != WZP_OK);
    wzp_sframe_key_free(key, &mem);
    return e;
}

static wzp_agree_config agree_config(void)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    cfg.identity = vec_identity("alice");
    cfg.rng = wzp_rng_system();
    cfg.now_unix = HUB_NOW_UNIX;
    cfg.call_id = WZP_STR("call");
    return cfg;
}

static wzp_err agree_of_caller(void)
{
    const wzp_agree_config cfg = agree_config();
    wzp_agree *a = NULL;
    const wzp_err e = wzp_agree_new_caller(&a, &cfg);
    assert_int_equal(a == NULL, e != WZP_OK);
    wzp_agree_free(a);
    return e;
}

static wzp_err agree_of_callee(void)
{
    const wzp_agree_config cfg = agree_config();
    const uint8_t commit[WZP_HASH_LEN] = {1}, id[WZP_KEY_LEN] = {2};
    wzp_agree *a = NULL;
    const wzp_err e = wzp_agree_new_callee(&a, &cfg, commit, id);
    assert_int_equal(a == NULL, e != WZP_OK);
    wzp_agree_free(a);
    return e;
}

static wzp_err group(void)
{
    static const uint8_t allowed[1][WZP_FP_LEN] = {{1}};
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    cfg.identity = vec_identity("alice");
    cfg.rng = wzp_rng_system();
    cfg.now_unix = HUB_NOW_UNIX;
    cfg.policy = WZP_POLICY_LIST;
    cfg.allowed = allowed;
    cfg.n_allowed = 1;
    wzp_group *g = NULL;
    const wzp_err e = wzp_group_new(&g, &cfg);
    assert_int_equal(g == NULL, e != WZP_OK);
    wzp_group_free(g);
    return e;
}

/* --- what is worked out --- */

static wzp_err room_words(void)
{
    const uint8_t room_id[WZP_HASH_LEN] = {1}, keys[2][WZP_KEY_LEN] = {{2}};
    uint16_t words[WZP_ROOM_WORDS];
    return wzp_room_words(room_id, keys, 2, words);
}

static wzp_err room_secret(void)
{
    const uint8_t room_id[WZP_HASH_LEN] = {1};
    uint8_t access[WZP_KEY_LEN] = {1}, psk[WZP_KEY_LEN] = {1};
    const wzp_err e = wzp_room_secret_derive("secret", 6, room_id, access, psk);
    assert_int_equal(sodium_is_zero(access, sizeof access), e != WZP_OK);
    assert_int_equal(sodium_is_zero(psk, sizeof psk), e != WZP_OK);
    return e;
}

static wzp_err sealed_seed(void)
{
    const wzp_rng rng = wzp_rng_system();
    const uint8_t seed[WZP_SEED_LEN] = {1};
    wzp__sealed_seed s = {.passes = 1, .memory_kib = 8192};
    return wzp__sealed_seed_fill(&s, seed, "pass", 4, &rng);
}

static const struct {
    const char *what;
    wzp_err (*once)(void);
    size_t requests;
} MADE[] = {
    {"identity", identity, 1},
    {"guarded memory", guarded, 1},
    {"sframe key", sframe_key, 1},
    {"agreement of a caller", agree_of_caller, 2},
    {"agreement of a callee", agree_of_callee, 2},
    {"group", group, 5},
    {"words of a room", room_words, 2},
    {"room secret", room_secret, 1},
    {"sealed seed", sealed_seed, 1},
};

static size_t made_rows(void)
{
    return sizeof MADE / sizeof MADE[0];
}

static void made_row(size_t row)
{
    print_message("%s\n", MADE[row].what);
    (void)vec_identity("alice"); /* which is kept */
    const size_t before = held;
    for (size_t n = 1; n <= MADE[row].requests; n++) {
        fails_at = n;
        ASSERT_ERR(MADE[row].once(), WZP_ERR_NOMEM);
        assert_int_equal(fails_at, 0);
        assert_int_equal(held, before);
    }
    fails_at = MADE[row].requests + 1; /* the control: it asks no more often */
    ASSERT_OK(MADE[row].once());
    assert_int_equal(fails_at, 1);
    assert_int_equal(held, before);
    fails_at = 0;
}
WZP_ROWS(no_memory_at_any_request_of, made_rows, made_row);

/* --- what a group takes in --- */

WZP_TEST(no_memory_for_a_member_leaves_it_out_until_it_is_listed_again)
{
    hub *h = hub_new(61);
    const int a = hub_add(h, NULL), b = hub_add(h, NULL);
    const wzp_participant one = hub_participant(h, b);
    wzp_group *g = h->peers[a].g;
    fails_at = 1;
    ASSERT_ERR(wzp_group_roster(g, h->now, (wzp_participant_list){&one, 1}),
               WZP_ERR_NOMEM);
    assert_int_equal(g->n_members, 0);
    ASSERT_OK(wzp_group_roster(g, h->now, (wzp_participant_list){&one, 1}));
    assert_int_equal(g->n_members, 1);
    hub_free(h);
}

static void introduce(hub *h, int to, int who)
{
    const wzp_participant one = hub_participant(h, who);
    wzp_bytes kp = wzp_group_package_view(h->peers[who].g);
    const wzp_signal s = {.kind = WZP_SIG_KEY_PACKAGES,
                          .u.key_packages.kps = {&kp, 1}};
    ASSERT_OK(wzp_group_roster(h->peers[to].g, h->now,
                               (wzp_participant_list){&one, 1}));
    ASSERT_OK(wzp_group_recv(h->peers[to].g, h->now, HUB_NOW_UNIX, &s));
}

WZP_TEST(no_memory_for_a_key_leaves_the_chain_so_that_its_box_opens_later)
{
    hub *h = hub_new(62);
    const int a = hub_add(h, NULL), b = hub_add(h, NULL);
    wzp_group *to = h->peers[b].g;
    wzp_group_action act;
    bool has_key = false;
    introduce(h, a, b);
    introduce(h, b, a);
    ASSERT_ERR(hub_say(h, a, WZP_FORM_FRAME), WZP_ERR_AGAIN);
    while (!has_key && wzp_group_poll(h->peers[a].g, h->now, &act)) {
        if (act.kind != WZP_GROUP_SEND) {
            continue;
        }
        const wzp_signal *s = act.u.signal;
        has_key = s->kind == WZP_SIG_E2EE_KEYS;
        if (has_key) {
            const size_t before = held;
            fails_at = 1;
            ASSERT_ERR(wzp_group_recv(to, h->now, HUB_NOW_UNIX, s),
                       WZP_ERR_NOMEM);
            assert_int_equal(held, before);
        }
        const bool is_for_it = has_key || s->kind == WZP_SIG_E2EE_PAIR;
        if (is_for_it) {
            ASSERT_OK(wzp_group_recv(to, h->now, HUB_NOW_UNIX, s));
        }
    }
    assert_true(has_key);
    assert_int_equal(hub_info(h, b, a).state, WZP_MEMBER_KEYED);
    hub_free(h);
}

/* Its id could not be kept, so it stays: else it could come back with its keys
 * forgotten. */
WZP_TEST(no_memory_to_remember_a_departed_member_makes_no_room_for_another)
{
    static wzp_group g;
    memset(&g, 0, sizeof g);
    g.mem = wzp_mem_default();
    ASSERT_OK(wzp__table_init(&g, 1));
    for (uint8_t i = 0; i < 2; i++) {
        const uint8_t mid[WZP_MID_LEN] = {i};
        wzp__member *m;
        ASSERT_OK(wzp__member_insert(&g, mid, &m));
        m->pair = WZP__PAIR_PEER;
        wzp__member_list(&g, m, false);
    }
    const uint8_t mid[WZP_MID_LEN] = {2};
    wzp__member *m = NULL;
    fails_at = 1;
    ASSERT_ERR(wzp__member_insert(&g, mid, &m), WZP_ERR_NOMEM);
    assert_null(m);
    assert_int_equal(g.n_members, 2);
    assert_int_equal(g.n_forgotten, 0);
    ASSERT_OK(wzp__member_insert(&g, mid, &m));
    assert_int_equal(g.n_forgotten, 1);
    wzp__table_deinit(&g);
}
