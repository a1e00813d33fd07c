/* SPDX-License-Identifier: MIT */
/* Key agreement of a call: alice rings bob, and what passes is the fuzzer's.
 * The input is a list of steps: op u8, then a blob. It changes, repeats,
 * swaps and invents answers and reveals, has mallory sign some and lets alice
 * and bob sign bad ones. Nobody is ever done by anything but the other's
 * genuine message; two that are done with each other have the same code; what
 * was done stays so; every error is one that agree.h names.
 */
#include "fuzz.h"

#include <wzp/crypto/agree.h>
#include <wzp/crypto/room.h>

enum { STEPS_MAX = 24 };
#define NOW     UINT64_C(1800000000)
#define CALL_ID WZP_STR("0123456789abcdef0123456789abcdef")

enum { ALICE, BOB, MALLORY, PEOPLE };

typedef struct bench {
    wzp_seed_identity *seed[PEOPLE];
    wzp_identity id[PEOPLE];
    uint8_t fp[PEOPLE][WZP_FP_LEN];
    wzp_agree *alice;
    wzp_agree *bob;
    wzp_agree *phone; /* bob's other device */
    bool is_revealed;
    bool alice_is_done, bob_is_done;
    wzp_sig_direct_call_reveal reveal; /* alice's */
    wzp_unix_s now;
    uint64_t random;
} bench;

static void fill(void *user, uint8_t *out, size_t len)
{
    bench *b = user;
    for (size_t i = 0; i < len; i++) {
        b->random = b->random * 6364136223846793005u + 1442695040888963407u;
        out[i] = (uint8_t)(b->random >> 56);
    }
}

static wzp_agree_config config(bench *b, int who)
{
    wzp_agree_config cfg;
    wzp_agree_config_default(&cfg);
    cfg.rng = (wzp_rng){.fill = fill, .user = b};
    cfg.identity = b->id[who];
    cfg.now_unix = NOW;
    cfg.call_id = CALL_ID;
    return cfg;
}

static bool begin(bench *b)
{
    uint8_t commit[WZP_HASH_LEN];
    for (uint8_t i = 0; i < PEOPLE; i++) {
        const uint8_t seed[WZP_SEED_LEN] = {i};
        if (wzp_seed_identity_new(&b->seed[i], seed) != WZP_OK) {
            return false;
        }
        b->id[i] = wzp_seed_identity_table(b->seed[i]);
        wzp_identity_fingerprint(b->id[i].public_key, b->fp[i]);
    }
    const wzp_agree_config caller = config(b, ALICE);
    const wzp_agree_config callee = config(b, BOB);
    const uint8_t *rings = b->id[ALICE].public_key;
    if (wzp_agree_new_caller(&b->alice, &caller) != WZP_OK) {
        return false;
    }
    wzp_agree_commit(b->alice, commit);
    return wzp_agree_new_callee(&b->bob, &callee, commit, rings) == WZP_OK &&
           wzp_agree_new_callee(&b->phone, &callee, commit, rings) == WZP_OK;
}

static void end(bench *b)
{
    wzp_agree_free(b->alice);
    wzp_agree_free(b->bob);
    wzp_agree_free(b->phone);
    for (int i = 0; i < PEOPLE; i++) {
        wzp_seed_identity_free(b->seed[i]);
    }
}

static bool is_same(wzp_bytes a, wzp_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* `from` with the bytes of x laid over it. */
static wzp_bytes bent(wzp_bytes from, wzp_bytes x, uint8_t *room)
{
    memcpy(room, from.ptr, from.len);
    const size_t at = x.len > 1 ? (size_t)(x.ptr[0] << 8 | x.ptr[1]) : 0;
    for (size_t i = 2; i < x.len; i++) {
        room[(at + i - 2) % from.len] ^= x.ptr[i];
    }
    return (wzp_bytes){room, from.len};
}

/* The package of somebody with its signed fields changed, and signed anew. */
static wzp_bytes resigned(bench *b, int who, const wzp_agree *of, wzp_bytes x,
                          uint8_t room[WZP_KP_LEN])
{
    uint8_t bytes[WZP_KP_LEN];
    wzp_bytes kp = bent(wzp_agree_package(of), x, bytes);
    wzp_kp f = {.suites = bytes[1289]};
    memcpy(f.kem, kp.ptr + 33, sizeof f.kem);
    memcpy(f.ctx, kp.ptr + 1292, sizeof f.ctx);
    for (size_t i = 0; i < 8; i++) {
        f.exp = f.exp << 8 | bytes[1281 + i];
    }
    require(wzp_kp_encode(&b->id[who], &f, room) == WZP_OK);
    return (wzp_bytes){room, WZP_KP_LEN};
}

/* --- answers --- */

static void answer(bench *b, wzp_bytes kp, bool may_be_taken)
{
    uint8_t id[WZP_KEY_LEN];
    const bool was_open = wzp_agree_peer(b->alice, id) == WZP_ERR_STATE;
    const wzp_err e = wzp_agree_answered(b->alice, b->now, kp, b->fp[BOB]);
    REQUIRE_ONE_OF(e, WZP_ERR_ANSWERED, WZP_ERR_PROTOCOL, WZP_ERR_LENGTH,
                   WZP_ERR_KP_VERSION, WZP_ERR_SIGNATURE, WZP_ERR_KP_EXPIRED,
                   WZP_ERR_KP_TOO_FAR, WZP_ERR_KP_CONTEXT, WZP_ERR_FINGERPRINT,
                   WZP_ERR_KP_SUITE);
    require(e != WZP_OK || (was_open && may_be_taken));
    if (e == WZP_OK) {
        require(wzp_agree_peer(b->alice, id) == WZP_OK);
        require(memcmp(id, b->id[BOB].public_key, sizeof id) == 0);
    } else {
        require((wzp_agree_peer(b->alice, id) == WZP_ERR_STATE) == was_open);
    }
}

static void answer_bent(bench *b, const wzp_agree *of, wzp_bytes x)
{
    uint8_t room[WZP_KP_LEN];
    const wzp_bytes kp = bent(wzp_agree_package(of), x, room);
    answer(b, kp, is_same(kp, wzp_agree_package(of)));
}

static void answer_signed(bench *b, int by, wzp_bytes x)
{
    uint8_t room[WZP_KP_LEN];
    answer(b, resigned(b, by, b->bob, x, room), by == BOB);
}

/* --- reveals --- */

static void alice_reveals(bench *b)
{
    wzp_sig_direct_call_reveal r;
    const wzp_err e = wzp_agree_reveal(b->alice, &r);
    REQUIRE_ONE_OF(e, WZP_ERR_STATE, WZP_ERR_WEAK_KEY);
    require(e != WZP_OK || !b->is_revealed);
    if (e == WZP_OK) {
        b->is_revealed = true;
        b->reveal = r;
        require(wzp_agree_is_done(b->alice));
    }
}

static wzp_err reveal_to(wzp_agree *a, wzp_unix_s now,
                         const wzp_sig_direct_call_reveal *r)
{
    const bool was_done = wzp_agree_is_done(a);
    const wzp_err e = wzp_agree_revealed(a, now, r);
    REQUIRE_ONE_OF(e, WZP_ERR_PROTOCOL, WZP_ERR_LENGTH, WZP_ERR_COMMIT,
                   WZP_ERR_KP_VERSION, WZP_ERR_SIGNATURE, WZP_ERR_KP_EXPIRED,
                   WZP_ERR_KP_TOO_FAR, WZP_ERR_KP_CONTEXT, WZP_ERR_FINGERPRINT,
                   WZP_ERR_KP_SUITE, WZP_ERR_WEAK_KEY);
    require(wzp_agree_is_done(a) == (was_done || e == WZP_OK));
    require(e == WZP_OK || e == WZP_ERR_PROTOCOL || !was_done);
    /* One only, whatever became of it. */
    require(wzp_agree_revealed(a, now, r) == WZP_ERR_PROTOCOL);
    return e;
}

static void reveal(bench *b, const wzp_sig_direct_call_reveal *r)
{
    const bool is_genuine = b->is_revealed && is_same(r->kp, b->reveal.kp) &&
                            is_same(r->nonce, b->reveal.nonce) &&
                            is_same(r->ct, b->reveal.ct) &&
                            is_same(r->sig, b->reveal.sig);
    const wzp_err e = reveal_to(b->bob, b->now, r);
    require(e != WZP_OK || is_genuine);
}

static void reveal_bent(bench *b, uint8_t which, wzp_bytes x)
{
    uint8_t room[WZP_KP_LEN];
    if (!b->is_revealed) {
        return;
    }
    wzp_sig_direct_call_reveal r = b->reveal;
    wzp_bytes *field[] = {&r.kp, &r.nonce, &r.ct, &r.sig};
    wzp_bytes *at = field[which & 3];
    *at = bent(*at, x, room);
    reveal(b, &r);
}

static void reveal_invented(bench *b, wzp_bytes x)
{
    fuzz_in in = {x.ptr, x.len};
    wzp_sig_direct_call_reveal r = {.call_id = CALL_ID};
    r.kp = fuzz_blob(&in);
    r.nonce = fuzz_blob(&in);
    r.ct = fuzz_blob(&in);
    r.sig = fuzz_blob(&in);
    reveal(b, &r);
}

/* A caller who commits to what it later reveals, and signs it: alice with a
 * bad package, or mallory in her name. */
static void hostile_caller(bench *b, int by, wzp_bytes x)
{
    uint8_t kp[WZP_KP_LEN];
    uint8_t nonce[WZP_CALL_NONCE_LEN] = {1};
    uint8_t commit[WZP_HASH_LEN];
    uint8_t transcript[WZP_HASH_LEN];
    uint8_t ct[WZP_KEM_CT_LEN] = {0};
    uint8_t sig[WZP_SIG_LEN];
    wzp_agree *callee;
    const wzp_agree_config cfg = config(b, BOB);
    const wzp_bytes package = resigned(b, by, b->alice, x, kp);
    wzp_call_commit(kp, nonce, commit);
    if (wzp_agree_new_callee(&callee, &cfg, commit, b->id[ALICE].public_key) !=
        WZP_OK) {
        return;
    }
    wzp_call_facts facts = {
        .kp_caller = kp,
        .kp_callee = wzp_agree_package(callee).ptr,
        .ct = {ct, sizeof ct},
        .call_id = CALL_ID,
    };
    memcpy(facts.commit, commit, sizeof commit);
    memcpy(facts.nonce, nonce, sizeof nonce);
    memcpy(ct, x.ptr, x.len < sizeof ct ? x.len : sizeof ct);
    wzp_call_transcript(&facts, transcript);
    require(wzp_call_reveal_sign(&b->id[by], transcript, sig) == WZP_OK);
    const wzp_sig_direct_call_reveal r = {
        .call_id = CALL_ID,
        .kp = package,
        .nonce = {nonce, sizeof nonce},
        .ct = facts.ct,
        .sig = {sig, sizeof sig},
    };
    const wzp_err e = reveal_to(callee, b->now, &r);
    require(e != WZP_OK || by == ALICE);
    wzp_agree_free(callee);
}

/* --- all of it --- */

static void check(bench *b)
{
    wzp_call_code x;
    wzp_call_code y;
    require(wzp_agree_is_done(b->alice) || !b->alice_is_done);
    require(wzp_agree_is_done(b->bob) || !b->bob_is_done);
    b->alice_is_done = wzp_agree_is_done(b->alice);
    b->bob_is_done = wzp_agree_is_done(b->bob);
    require((wzp_agree_code(b->alice, &x) == WZP_OK) == b->alice_is_done);
    require((wzp_agree_code(b->bob, &y) == WZP_OK) == b->bob_is_done);
    if (b->bob_is_done) {
        require(b->alice_is_done);
        require(memcmp(x.words, y.words, sizeof x.words) == 0);
        require(strcmp(x.digits, y.digits) == 0);
    }
}

static void step(bench *b, uint8_t op, wzp_bytes x)
{
    switch (op & 15) {
    case 0: answer_bent(b, b->bob, x); break;
    case 1: answer_bent(b, b->phone, x); break;
    case 2: answer(b, x, false); break;
    case 3: answer_signed(b, MALLORY, x); break;
    case 4: answer_signed(b, BOB, x); break;
    case 5: alice_reveals(b); break;
    case 6: reveal_bent(b, op >> 4, x); break;
    case 7: reveal_invented(b, x); break;
    case 8: hostile_caller(b, MALLORY, x); break;
    case 9: hostile_caller(b, ALICE, x); break;
    case 10: b->now = NOW - 90000 + (uint64_t)x.len * 600; break;
    case 11: b->now = NOW; break;
    default: /* to the wrong side */
        require(wzp_agree_answered(b->bob, b->now, x, b->fp[ALICE]) ==
                WZP_ERR_PROTOCOL);
        require(wzp_agree_revealed(b->alice, b->now, &b->reveal) ==
                WZP_ERR_PROTOCOL);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    bench b = {.now = NOW};
    fuzz_in in = {data, size};
    if (wzp_crypto_global_init() != WZP_OK) {
        return 0;
    }
    if (begin(&b)) {
        for (int s = 0; s < STEPS_MAX && in.left > 0; s++) {
            const uint8_t op = fuzz_u8(&in);
            step(&b, op, fuzz_blob(&in));
            check(&b);
        }
    }
    end(&b);
    wzp_crypto_global_deinit();
    return 0;
}
