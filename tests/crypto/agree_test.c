/* SPDX-License-Identifier: MIT
 *
 * Key agreement of a direct call: what comes when, and what is refused.
 */
#include "agree.h"

#include "call_pair.h"

#include <wzp/crypto/room.h>

#include <sodium.h>

static void assert_same_code(const wzp_agree *a, const wzp_agree *b, bool same)
{
    wzp_call_code x = {{0}, ""};
    wzp_call_code y = {{0}, ""};
    ASSERT_OK(wzp_agree_code(a, &x));
    ASSERT_OK(wzp_agree_code(b, &y));
    assert_int_equal(memcmp(x.words, y.words, sizeof x.words) == 0, same);
    assert_int_equal(strcmp(x.digits, y.digits) == 0, same);
}

static wzp__agreed agreed_of(const wzp_agree *a)
{
    wzp__agreed g;
    ASSERT_OK(wzp__agreed_get(a, &g));
    return g;
}

WZP_TEST(agree_gives_both_the_same_keys_and_code)
{
    call_pair p = call_until_done();
    const wzp__agreed a = agreed_of(p.alice);
    const wzp__agreed b = agreed_of(p.bob);
    assert_true(wzp_agree_is_done(p.alice) && wzp_agree_is_done(p.bob));
    assert_memory_equal(&a.secret->keys, &b.secret->keys,
                        sizeof b.secret->keys);
    assert_false(sodium_is_zero((const uint8_t *)&a.secret->keys,
                                sizeof a.secret->keys));
    assert_int_equal(a.suite, b.suite);
    assert_true(a.is_caller && !b.is_caller);
    assert_memory_equal(a.peer->kph, b.kph, WZP_HASH_LEN);
    assert_memory_equal(b.peer->kph, a.kph, WZP_HASH_LEN);
    assert_same_code(p.alice, p.bob, true);
    call_free(&p);
}

WZP_TEST(agree_of_two_calls_differs)
{
    call_pair p = call_until_done();
    call_pair q = call_until_done();
    assert_memory_not_equal(&agreed_of(p.alice).secret->keys,
                            &agreed_of(q.alice).secret->keys,
                            sizeof(wzp_call_keys));
    assert_same_code(p.alice, q.alice, false);
    call_free(&p);
    call_free(&q);
}

WZP_TEST(agree_names_the_peer_once_it_is_proven)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *bob = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    uint8_t id[WZP_KEY_LEN];
    ASSERT_ERR(wzp_agree_peer(alice, id), WZP_ERR_STATE);
    ASSERT_OK(call_answer(alice, bob, "bob"));
    ASSERT_OK(wzp_agree_peer(alice, id));
    assert_memory_equal(id, vec_identity("bob").public_key, WZP_KEY_LEN);
    ASSERT_ERR(wzp_agree_peer(bob, id), WZP_ERR_STATE);
    ASSERT_OK(wzp_agree_reveal(alice, &reveal));
    ASSERT_OK(wzp_agree_revealed(bob, CALL_NOW, &reveal));
    ASSERT_OK(wzp_agree_peer(bob, id));
    assert_memory_equal(id, vec_identity("alice").public_key, WZP_KEY_LEN);
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

WZP_TEST(agree_second_answer_is_refused_and_changes_nothing)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *phone = call_callee("bob", alice, "alice");
    wzp_agree *desk = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    ASSERT_OK(call_answer(alice, desk, "bob"));
    ASSERT_ERR(call_answer(alice, phone, "bob"), WZP_ERR_ANSWERED);
    ASSERT_ERR(call_answer(alice, desk, "bob"), WZP_ERR_ANSWERED);
    ASSERT_OK(wzp_agree_reveal(alice, &reveal));
    ASSERT_ERR(call_answer(alice, phone, "bob"), WZP_ERR_ANSWERED);
    /* The reveal is for the device that was taken, and opens nothing else. */
    ASSERT_OK(wzp_agree_revealed(desk, CALL_NOW, &reveal));
    ASSERT_ERR(wzp_agree_revealed(phone, CALL_NOW, &reveal), WZP_ERR_SIGNATURE);
    assert_same_code(alice, desk, true);
    wzp_agree_free(alice);
    wzp_agree_free(phone);
    wzp_agree_free(desk);
}

WZP_TEST(agree_reveals_once_and_not_before_the_answer)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *bob = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    ASSERT_ERR(wzp_agree_reveal(alice, &reveal), WZP_ERR_STATE);
    ASSERT_OK(call_answer(alice, bob, "bob"));
    ASSERT_OK(wzp_agree_reveal(alice, &reveal));
    wzp_sig_direct_call_reveal second;
    ASSERT_ERR(wzp_agree_reveal(alice, &second), WZP_ERR_STATE);
    ASSERT_OK(wzp_agree_revealed(bob, CALL_NOW, &reveal));
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

WZP_TEST(agree_second_reveal_is_refused_and_changes_nothing)
{
    call_pair p = call_until_done();
    const wzp_call_keys before = agreed_of(p.bob).secret->keys;
    ASSERT_ERR(wzp_agree_revealed(p.bob, CALL_NOW, &p.reveal),
               WZP_ERR_PROTOCOL);
    assert_true(wzp_agree_is_done(p.bob));
    assert_memory_equal(&agreed_of(p.bob).secret->keys, &before, sizeof before);
    call_free(&p);
}

WZP_TEST(agree_takes_no_message_of_the_other_part)
{
    call_pair p = call_until_done();
    wzp_sig_direct_call_reveal out;
    ASSERT_ERR(call_answer(p.bob, p.alice, "alice"), WZP_ERR_PROTOCOL);
    ASSERT_ERR(wzp_agree_revealed(p.alice, CALL_NOW, &p.reveal),
               WZP_ERR_PROTOCOL);
    ASSERT_ERR(wzp_agree_reveal(p.bob, &out), WZP_ERR_STATE);
    call_free(&p);
}

/* --- the whole of it by the vector --- */

static wzp_agree_config vector_config(const char *who, const char *package,
                                      vec_rng *random)
{
    const cJSON *kp = wzp_test_item(vec(SM, "packages"), package);
    const char *id = wzp_test_str(vec(SM, "direct_call"), "call_id");
    wzp_agree_config cfg = call_config(who);
    cfg.rng = vec_rng_table(random);
    cfg.now_unix = vec_u64(kp, "exp") - 86400;
    cfg.caps = (uint16_t)vec_u64(kp, "caps");
    cfg.call_id = (wzp_str){id, strlen(id)};
    vec_bytes(kp, "tls", cfg.tls_hash, WZP_HASH_LEN);
    vec_bytes(kp, "xwing_seed", random->bytes, WZP_KEM_SEED_LEN);
    random->len = sizeof random->bytes;
    return cfg;
}

static void assert_vector_keys(const wzp_agree *a)
{
    const cJSON *v = vec(SM, "direct_call");
    const wzp__agreed g = agreed_of(a);
    wzp_call_code code;
    ASSERT_BYTES(g.secret->keys.base_caller, WZP_KEY_LEN, v, "base_key_caller");
    ASSERT_BYTES(g.secret->keys.base_callee, WZP_KEY_LEN, v, "base_key_callee");
    ASSERT_BYTES(g.secret->keys.pair.i2r, WZP_KEY_LEN, v, "pair_i2r");
    ASSERT_BYTES(g.secret->keys.pair.r2i, WZP_KEY_LEN, v, "pair_r2i");
    assert_int_equal(g.suite, vec_u64(v, "suite_generation_0"));
    ASSERT_OK(wzp_agree_code(a, &code));
    assert_string_equal(code.digits, wzp_test_str(v, "digits_text"));
    for (size_t w = 0; w < WZP_CALL_WORDS; w++) {
        assert_string_equal(wzp_word(code.words[w]),
                            vec_row(wzp_test_item(v, "words"), w)->valuestring);
    }
}

WZP_TEST(agree_follows_the_vector_from_the_offer_to_the_words)
{
    const cJSON *v = vec(SM, "direct_call");
    vec_rng of_alice = {.len = 0};
    vec_rng of_bob = {.len = 0};
    wzp_agree *alice;
    wzp_agree *bob;
    uint8_t commit[WZP_HASH_LEN];
    uint8_t package[WZP_KP_LEN];
    uint8_t fp[WZP_FP_LEN];
    wzp_sig_direct_call_reveal r;
    if (!wzp_suite_is_available(WZP_SUITE_AES)) {
        WZP_SKIP("the packages of the vector list AES; this machine has none");
    }
    wzp_agree_config cfg = vector_config("alice", "alice_call", &of_alice);
    vec_bytes(v, "nonce", of_alice.bytes + WZP_KEM_SEED_LEN,
              WZP_CALL_NONCE_LEN);
    ASSERT_OK(wzp_agree_new_caller(&alice, &cfg));
    wzp_agree_commit(alice, commit);
    ASSERT_BYTES(commit, sizeof commit, v, "commit");
    cfg = vector_config("bob", "bob_call", &of_bob);
    ASSERT_OK(wzp_agree_new_callee(&bob, &cfg, commit,
                                   vec_identity("alice").public_key));
    vec_package("bob_call", package);
    assert_memory_equal(wzp_agree_package(bob).ptr, package, sizeof package);
    call_fingerprint("bob", fp);
    ASSERT_OK(wzp_agree_answered(alice, CALL_NOW, wzp_agree_package(bob), fp));
    of_alice.at = 0;
    vec_bytes(v, "enc_seed", of_alice.bytes, 64);
    ASSERT_OK(wzp_agree_reveal(alice, &r));
    vec_package("alice_call", package);
    assert_memory_equal(r.kp.ptr, package, sizeof package);
    ASSERT_BYTES(r.nonce.ptr, r.nonce.len, v, "nonce");
    ASSERT_BYTES(r.ct.ptr, r.ct.len, v, "ct");
    ASSERT_BYTES(r.sig.ptr, r.sig.len, v, "reveal_sig");
    ASSERT_OK(wzp_agree_revealed(bob, CALL_NOW, &r));
    assert_vector_keys(alice);
    assert_vector_keys(bob);
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

/* --- somebody between them --- */

/* Mallory takes bob's place towards alice and alice's towards bob. Neither
 * knows the other's key yet, so that it is only her fingerprint that rings. */
WZP_TEST(agree_words_differ_with_somebody_in_the_middle)
{
    wzp_agree *alice = call_caller("alice");
    wzp_agree *as_bob = call_callee("carol", alice, "alice");
    wzp_agree *as_alice = call_caller("carol");
    wzp_agree *bob = call_callee("bob", as_alice, "carol");
    wzp_sig_direct_call_reveal reveal;
    /* With bob's fingerprint known, it ends here. */
    ASSERT_ERR(call_answer(alice, as_bob, "bob"), WZP_ERR_FINGERPRINT);
    ASSERT_OK(call_answer(alice, as_bob, "carol"));
    ASSERT_OK(wzp_agree_reveal(alice, &reveal));
    ASSERT_OK(wzp_agree_revealed(as_bob, CALL_NOW, &reveal));
    ASSERT_OK(call_answer(as_alice, bob, "bob"));
    ASSERT_OK(wzp_agree_reveal(as_alice, &reveal));
    ASSERT_OK(wzp_agree_revealed(bob, CALL_NOW, &reveal));
    /* She shares the words with each of them, but they do not. */
    assert_same_code(alice, as_bob, true);
    assert_same_code(as_alice, bob, true);
    assert_same_code(alice, bob, false);
    wzp_agree_free(alice);
    wzp_agree_free(as_bob);
    wzp_agree_free(as_alice);
    wzp_agree_free(bob);
}

/* --- secrets, memory, configuration --- */

/* Remembers the one block of an agreement, and how many allocations work. */
typedef struct watch {
    int left;
    const uint8_t *block;
    size_t len;
    bool was_wiped;
} watch;

static void *watch_resize(void *user, void *ptr, size_t old, size_t size)
{
    watch *w = user;
    const wzp_mem real = wzp_mem_default();
    if (ptr == NULL && w->left-- <= 0) {
        return NULL;
    }
    w->was_wiped = size == 0 && sodium_is_zero(ptr, old);
    void *block = real.resize(real.user, ptr, old, size);
    w->block = block;
    w->len = size;
    return block;
}

static bool is_in(const watch *w, const uint8_t what[WZP_KEY_LEN])
{
    for (size_t i = 0; i + WZP_KEY_LEN <= w->len; i++) {
        if (memcmp(w->block + i, what, WZP_KEY_LEN) == 0) {
            return true;
        }
    }
    return false;
}

WZP_TEST(agree_secrets_are_apart_and_wiped_when_used)
{
    vec_rng random = {.len = 64};
    const uint8_t *nonce = random.bytes + WZP_KEM_SEED_LEN;
    watch w = {.left = 1};
    uint8_t kem_public[WZP_KEM_PK_LEN];
    wzp_kem_secret kem;
    wzp_agree *alice;
    wzp_agree_config cfg = call_config("alice");
    memset(random.bytes, 0xA5, WZP_KEM_SEED_LEN);
    memset(random.bytes + WZP_KEM_SEED_LEN, 0x5A, WZP_CALL_NONCE_LEN);
    cfg.rng = vec_rng_table(&random);
    cfg.mem = (wzp_mem){.resize = watch_resize, .user = &w};
    ASSERT_OK(wzp_agree_new_caller(&alice, &cfg));
    random.at = 0;
    wzp_kem_keypair(&cfg.rng, kem_public, &kem);
    assert_false(is_in(&w, random.bytes)); /* the key that nobody needs */
    assert_false(is_in(&w, kem.mlkem));
    assert_false(is_in(&w, kem.x25519));
    assert_false(is_in(&w, nonce));
    call_pair p = {.alice = alice, .bob = call_callee("bob", alice, "alice")};
    ASSERT_OK(call_answer(p.alice, p.bob, "bob"));
    ASSERT_OK(wzp_agree_reveal(p.alice, &p.reveal));
    ASSERT_OK(wzp_agree_revealed(p.bob, CALL_NOW, &p.reveal));
    assert_true(is_in(&w, nonce)); /* public now: the look finds things */
    const wzp__agreed of[] = {agreed_of(p.alice), agreed_of(p.bob)};
    for (size_t i = 0; i < 2; i++) {
        const wzp__agree_secrets *s = of[i].secret;
        assert_true(sodium_is_zero((const uint8_t *)&s->kem, sizeof s->kem));
        assert_true(sodium_is_zero(s->nonce, sizeof s->nonce));
        assert_true(sodium_is_zero(s->shared, sizeof s->shared));
        assert_false(is_in(&w, s->keys.base_caller));
        assert_false(is_in(&w, s->keys.pair.i2r));
    }
    wzp_agree_free(p.alice);
    assert_true(w.was_wiped);
    wzp_agree_free(p.bob);
}

WZP_TEST(agree_fails_cleanly_at_every_allocation)
{
    const uint8_t commit[WZP_HASH_LEN] = {1};
    const uint8_t id[WZP_KEY_LEN] = {2};
    for (int n = 0; n < 2; n++) {
        watch w[2] = {{.left = n}, {.left = n}};
        wzp_agree *a[2] = {NULL, NULL};
        wzp_agree_config cfg = call_config("alice");
        const wzp_err expected = n == 0 ? WZP_ERR_NOMEM : WZP_OK;
        cfg.mem = (wzp_mem){.resize = watch_resize, .user = &w[0]};
        ASSERT_ERR(wzp_agree_new_caller(&a[0], &cfg), expected);
        cfg.mem.user = &w[1];
        ASSERT_ERR(wzp_agree_new_callee(&a[1], &cfg, commit, id), expected);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(a[i] == NULL, n == 0);
            wzp_agree_free(a[i]);
            assert_null(w[i].block);
        }
    }
}

static wzp_err no_sign(void *user, const uint8_t *msg, size_t len,
                       uint8_t sig[WZP_SIG_LEN])
{
    int *left = user;
    (void)msg, (void)len;
    memset(sig, 0, WZP_SIG_LEN);
    return (*left)-- > 0 ? WZP_OK : WZP_ERR_IO;
}

WZP_TEST(agree_key_store_that_refuses_is_passed_on_and_ends_it)
{
    int left = 0;
    wzp_agree *alice = NULL;
    wzp_agree_config cfg = call_config("alice");
    cfg.identity.sign = no_sign;
    cfg.identity.user = &left;
    ASSERT_ERR(wzp_agree_new_caller(&alice, &cfg), WZP_ERR_IO);
    assert_null(alice);
    left = 1; /* the package, not the reveal */
    ASSERT_OK(wzp_agree_new_caller(&alice, &cfg));
    wzp_agree *bob = call_callee("bob", alice, "alice");
    wzp_sig_direct_call_reveal reveal;
    ASSERT_OK(call_answer(alice, bob, "bob"));
    ASSERT_ERR(wzp_agree_reveal(alice, &reveal), WZP_ERR_IO);
    ASSERT_ERR(wzp_agree_reveal(alice, &reveal), WZP_ERR_STATE);
    ASSERT_ERR(call_answer(alice, bob, "bob"), WZP_ERR_PROTOCOL);
    assert_false(wzp_agree_is_done(alice));
    wzp_agree_free(alice);
    wzp_agree_free(bob);
}

WZP_TEST(agree_config_out_of_range_is_refused)
{
    char id[WZP_CALL_ID_MAX + 1] = {0};
    const struct {
        size_t len;
        wzp_err e;
    } rows[] = {{0, WZP_ERR_CONFIG},
                {1, WZP_OK},
                {WZP_CALL_ID_MAX, WZP_OK},
                {WZP_CALL_ID_MAX + 1, WZP_ERR_CONFIG}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        wzp_agree *a = NULL;
        wzp_agree_config cfg = call_config("alice");
        cfg.call_id = (wzp_str){id, rows[i].len};
        ASSERT_ERR(wzp_agree_new_caller(&a, &cfg), rows[i].e);
        wzp_agree_free(a);
    }
    wzp_agree *a = NULL;
    wzp_agree_config cfg = call_config("alice");
    cfg.caps = 0x40;
    ASSERT_ERR(wzp_agree_new_caller(&a, &cfg), WZP_ERR_CONFIG);
    cfg = call_config("alice");
    cfg.call_id = WZP_STR_NONE;
    ASSERT_ERR(wzp_agree_new_caller(&a, &cfg), WZP_ERR_CONFIG);
    cfg = call_config("alice");
    cfg.identity.sign = NULL;
    ASSERT_ERR(wzp_agree_new_caller(&a, &cfg), WZP_ERR_CONFIG);
    assert_null(a);
    wzp_agree_free(NULL);
}
