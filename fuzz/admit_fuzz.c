/* SPDX-License-Identifier: MIT */
/* The door, both ways. A good CallOffer is changed as the input says, and a
 * good CallAnswer; neither is believed unless every signed byte is as it was.
 * In a room with a secret neither is an offer with another proof. A good
 * RegisterPresence is changed in the same way. The input itself, as JSON, is
 * offered too: nobody guesses a signature.
 *
 * Records: which field, where, by what it is changed; field 255 cuts.
 */
#include "libwzp-relay/src/admit.h"

#include "fuzz/fuzz.h"
#include "libwzp-client/src/path/handshake.h"

#include <wzp/crypto/legacy.h>
#include <wzp/crypto/room.h>
#include <wzp/proto/room_name.h>

#define NOW UINT64_C(1800000000)

/* All that is checked, as plain bytes, so that "unchanged" is a comparison. */
typedef struct letter {
    uint8_t identity[WZP_KEY_LEN];
    uint8_t ephemeral[WZP_KEY_LEN];
    uint8_t signature[WZP_SIG_LEN];
    uint8_t binding[WZP_SIG_LEN];
    uint8_t kp[WZP_KP_LEN]; /* of an offer */
    uint8_t exporter[WZP_EXPORTER_LEN];
    uint8_t cert[WZP_HASH_LEN];
    uint8_t room[8];
    uint8_t proof[WZP_HASH_LEN]; /* of the room's secret */
    uint32_t caps;
    size_t signature_len, binding_len, kp_len, proof_len;
} letter;

static letter good_offer;
static letter good_answer;
static letter good_registration;
static wzp__admit_rules rules;
static wzp__room_rules ruled; /* the room has a secret, and a list */
static wzp_seed_identity *client_id;
static wzp_seed_identity *relay_id;

static wzp_seed_identity *identity(uint8_t byte)
{
    uint8_t seed[WZP_SEED_LEN];
    wzp_seed_identity *id;
    memset(seed, byte, sizeof seed);
    require(wzp_seed_identity_new(&id, seed) == WZP_OK);
    return id;
}

static void zeros(void *user, uint8_t *out, size_t len)
{
    (void)user;
    memset(out, 7, len);
}

static void make_rule(const uint8_t kph[WZP_HASH_LEN])
{
    const wzp_mem mem = wzp_mem_default();
    uint8_t list[1][WZP_FP_LEN];
    wzp_room_rule rule = {.name = "room",
                          .has_access = true,
                          .access = {6},
                          .allowed = (const uint8_t(*)[WZP_FP_LEN])list,
                          .n_allowed = 1};
    wzp_identity_fingerprint(good_offer.identity, list[0]);
    wzp_room_proof(rule.access, good_offer.exporter, kph, good_offer.proof);
    good_offer.proof_len = WZP_HASH_LEN;
    require(wzp__room_rules_make(&ruled, &mem, &rule, 1, NULL, 0) == WZP_OK);
}

static void make_offer(void)
{
    letter *l = &good_offer;
    const wzp_identity id = wzp_seed_identity_table(client_id);
    wzp_kp kp = {.exp = NOW + 3600, .suites = 1};
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_OFFER,
                            .kp = {l->kp, sizeof l->kp}};
    uint8_t room_id[WZP_HASH_LEN];
    memcpy(l->room, "room", 5);
    memset(l->exporter, 3, sizeof l->exporter);
    memset(l->cert, 4, sizeof l->cert);
    memset(l->ephemeral, 9, sizeof l->ephemeral);
    memcpy(l->identity, id.public_key, sizeof l->identity);
    wzp_room_id(WZP_STR("room"), room_id);
    wzp_room_ctx(room_id, kp.ctx);
    memset(kp.kem, 5, sizeof kp.kem);
    require(wzp_kp_encode(&id, &kp, l->kp) == WZP_OK);
    require(wzp_legacy_sign(&id, true, l->ephemeral, l->signature) == WZP_OK);
    memcpy(in.exporter, l->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, l->cert, sizeof in.server_cert_hash);
    require(wzp_binding_sign(&id, &in, l->binding) == WZP_OK);
    l->caps = WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1;
    l->signature_len = l->binding_len = WZP_SIG_LEN;
    l->kp_len = sizeof l->kp;
    make_rule(kp.kph);
}

static void make_answer(void)
{
    letter *l = &good_answer;
    const wzp_rng rng = {zeros, NULL};
    wzp__answer made;
    *l = good_offer;
    require(wzp__admit_answer(&rules, &rng, l->exporter, true, &made) ==
            WZP_OK);
    const wzp_sig_call_answer *a = &made.sig.u.call_answer;
    memcpy(l->identity, a->identity_pub, sizeof l->identity);
    memcpy(l->ephemeral, a->ephemeral_pub, sizeof l->ephemeral);
    memcpy(l->signature, made.signature, sizeof l->signature);
    memcpy(l->binding, made.binding, sizeof l->binding);
    l->caps = a->caps;
}

static void make_registration(void)
{
    letter *l = &good_registration;
    const wzp_identity id = wzp_seed_identity_table(client_id);
    wzp_binding_input in = {.kind = WZP_BINDING_REGISTER};
    *l = good_offer;
    memcpy(in.exporter, l->exporter, sizeof in.exporter);
    memcpy(in.server_cert_hash, l->cert, sizeof in.server_cert_hash);
    require(wzp_register_sign(&id, l->signature) == WZP_OK);
    require(wzp_binding_sign(&id, &in, l->binding) == WZP_OK);
}

static void prepare(void)
{
    if (client_id != NULL) {
        return;
    }
    require(wzp_crypto_global_init() == WZP_OK);
    client_id = identity(1);
    relay_id = identity(2);
    make_offer();
    rules.identity = wzp_seed_identity_table(relay_id);
    memcpy(rules.cert_hash, good_offer.cert, sizeof rules.cert_hash);
    make_answer();
    make_registration();
}

static void change_byte(letter *l, uint8_t field, uint16_t at, uint8_t by)
{
    const struct {
        uint8_t *data;
        size_t len;
    } fields[] = {
        {l->identity, sizeof l->identity},
        {l->ephemeral, sizeof l->ephemeral},
        {l->signature, sizeof l->signature},
        {l->binding, sizeof l->binding},
        {l->kp, sizeof l->kp},
        {l->exporter, sizeof l->exporter},
        {l->cert, sizeof l->cert},
        {l->room, 4},
    };
    const size_t n = sizeof fields / sizeof *fields;
    if (field < n) {
        fields[field].data[at % fields[field].len] ^= by;
    } else if (field == n) {
        l->caps ^= UINT32_C(1) << (by & 31);
    } else if (field == n + 1) {
        l->proof[at % sizeof l->proof] ^= by;
    } else if (field == n + 2) {
        l->proof_len = at % (l->proof_len + 1);
    } else if (field == 255) {
        size_t *const lens[] = {&l->signature_len, &l->binding_len, &l->kp_len};
        size_t *len = lens[by % 3];
        *len = at % (*len + 1);
    }
}

static void check_offer(const letter *given, bool allows_legacy, bool is_ruled)
{
    letter lower = *given; /* as the door is told it */
    wzp_room_name_lower((const char *)given->room, 4, (char *)lower.room);
    const letter *l = &lower;
    const wzp__admit_client client = {
        .exporter = l->exporter, .room = (const char *)l->room, .now = NOW};
    wzp_sig_call_offer offer = {
        .signature = {l->signature, l->signature_len},
        .binding = {l->binding, l->binding_len},
        .kp = {l->kp, l->kp_len},
        .room_proof = {l->proof, l->proof_len},
        .caps = l->caps,
    };
    wzp__admit_rules own = rules;
    own.rooms = is_ruled ? ruled : own.rooms;
    wzp__verdict verdict;
    own.allow_legacy = allows_legacy;
    memcpy(own.cert_hash, l->cert, sizeof own.cert_hash);
    memcpy(offer.identity_pub, l->identity, sizeof l->identity);
    memcpy(offer.ephemeral_pub, l->ephemeral, sizeof l->ephemeral);
    wzp__admit_check(&own, &client, &offer, &verdict);
    letter same = *l;
    same.caps = good_offer.caps;
    if (!is_ruled) { /* nobody looks at it */
        memcpy(same.proof, good_offer.proof, sizeof same.proof);
        same.proof_len = good_offer.proof_len;
    }
    const bool is_whole = memcmp(&same, &good_offer, sizeof same) == 0;
    const bool is_capable = (l->caps & WZP_CAP_E2E1) != 0;
    require(verdict.reason != NULL && verdict.reason[0] != '\0');
    require((verdict.err == WZP_OK) || verdict.code != WZP_CLOSE_NORMAL);
    if (verdict.err == WZP_OK && is_capable) {
        require(is_whole && verdict.is_capable &&
                (l->caps & WZP_CAP_SIG1) != 0);
    } else if (verdict.err == WZP_OK) {
        require(allows_legacy && !verdict.is_capable);
        require(!is_ruled || memcmp(l->room, "room", 5) != 0);
        require(memcmp(l->identity, good_offer.identity, WZP_KEY_LEN) == 0 &&
                memcmp(l->ephemeral, good_offer.ephemeral, WZP_KEY_LEN) == 0);
    } else {
        REQUIRE_ONE_OF(verdict.err, WZP_ERR_SIGNATURE, WZP_ERR_WEAK_KEY,
                       WZP_ERR_LEGACY, WZP_ERR_PROTOCOL, WZP_ERR_BINDING,
                       WZP_ERR_LENGTH, WZP_ERR_KP_VERSION, WZP_ERR_KP_EXPIRED,
                       WZP_ERR_KP_TOO_FAR, WZP_ERR_KP_CONTEXT, WZP_ERR_KP_SUITE,
                       WZP_ERR_FINGERPRINT, WZP_ERR_ROOM_PROOF);
        require(verdict.err != WZP_ERR_ROOM_PROOF || is_ruled);
        require(!(is_whole && is_capable && (l->caps & WZP_CAP_SIG1) != 0));
    }
}

static void check_answer(const letter *l)
{
    wzp__handshake h = {.identity = wzp_seed_identity_table(client_id)};
    wzp_sig_call_answer answer = {
        .signature = {l->signature, l->signature_len},
        .binding = {l->binding, l->binding_len},
        .caps = l->caps,
    };
    memcpy(h.exporter, l->exporter, sizeof h.exporter);
    memcpy(h.server_cert, l->cert, sizeof h.server_cert);
    memcpy(answer.identity_pub, l->identity, sizeof l->identity);
    memcpy(answer.ephemeral_pub, l->ephemeral, sizeof l->ephemeral);
    const wzp_err e = wzp__handshake_check(&h, &answer);
    letter same = *l; /* what an answer has not */
    memcpy(same.kp, good_answer.kp, sizeof same.kp);
    memcpy(same.room, good_answer.room, sizeof same.room);
    memcpy(same.proof, good_answer.proof, sizeof same.proof);
    same.kp_len = good_answer.kp_len;
    same.proof_len = good_answer.proof_len;
    same.caps = good_answer.caps;
    if (e == WZP_OK) {
        require(memcmp(&same, &good_answer, sizeof same) == 0);
        require((l->caps & WZP_CAP_E2E1) != 0);
    } else {
        REQUIRE_ONE_OF(e, WZP_ERR_SIGNATURE, WZP_ERR_WEAK_KEY, WZP_ERR_LEGACY,
                       WZP_ERR_BINDING);
    }
}

static void check_registration(const letter *l, bool allows_legacy)
{
    const letter *good = &good_registration;
    const wzp_sig_register_presence none = {.caps = l->caps};
    wzp_sig_register_presence reg = none;
    wzp__admit_rules own = rules;
    wzp__admit_sort sort;
    own.allow_legacy = allows_legacy;
    memcpy(own.cert_hash, l->cert, sizeof own.cert_hash);
    memcpy(reg.identity_pub, l->identity, sizeof l->identity);
    reg.signature = (wzp_bytes){l->signature, l->signature_len};
    reg.binding = (wzp_bytes){l->binding, l->binding_len};
    const wzp_err e = wzp__admit_registration(&own, l->exporter, &reg, &sort);
    const bool is_own = memcmp(l->identity, good->identity, WZP_KEY_LEN) == 0;
    const bool is_signed =
        is_own && l->signature_len == WZP_SIG_LEN &&
        memcmp(l->signature, good->signature, WZP_SIG_LEN) == 0;
    const bool is_bound =
        is_own && l->binding_len == WZP_SIG_LEN &&
        memcmp(l->binding, good->binding, WZP_SIG_LEN) == 0 &&
        memcmp(l->exporter, good->exporter, sizeof l->exporter) == 0 &&
        memcmp(l->cert, good->cert, sizeof l->cert) == 0;
    const bool is_lie = l->signature_len > 0 && !is_signed;
    if (e == WZP_OK && sort == WZP__ADMIT_VERIFIED) {
        require(is_bound && !is_lie);
    } else if (e == WZP_OK) {
        require(allows_legacy && !is_lie && l->binding_len == 0 &&
                (l->caps & WZP_CAP_E2E1) == 0);
        require((memcmp(l->identity, none.identity_pub, WZP_KEY_LEN) == 0) ==
                (sort == WZP__ADMIT_PROBE));
    } else {
        REQUIRE_ONE_OF(e, WZP_ERR_SIGNATURE, WZP_ERR_BINDING, WZP_ERR_LEGACY);
        require(is_lie || !is_bound);
    }
}

static void check_text(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp__admit_client client = {
        .exporter = good_offer.exporter, .room = "room", .now = NOW};
    wzp__verdict verdict;
    wzp_arena *arena;
    wzp_signal sig;
    require(wzp_arena_new(&arena, &mem, 1 << 20) == WZP_OK);
    if (wzp_signal_decode(arena, (const char *)data, size, WZP_SIGNAL_MAX_EARLY,
                          &sig) == WZP_OK &&
        sig.kind == WZP_SIG_CALL_OFFER) {
        wzp__admit_check(&rules, &client, &sig.u.call_offer, &verdict);
        require(verdict.err != WZP_OK);
    }
    wzp_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_in in = {data, size};
    prepare();
    check_text(data, size);
    letter offer = good_offer;
    letter answer = good_answer;
    letter registration = good_registration;
    const uint8_t flags = fuzz_u8(&in);
    for (int i = 0; i < 8 && in.left > 0; i++) {
        const uint8_t field = fuzz_u8(&in);
        const uint16_t at = fuzz_u16(&in);
        const uint8_t by = fuzz_u8(&in);
        change_byte(&offer, field, at, by);
        change_byte(&answer, field, at, by);
        change_byte(&registration, field, at, by);
    }
    check_offer(&offer, (flags & 1) != 0, (flags & 2) != 0);
    check_answer(&answer);
    check_registration(&registration, (flags & 1) != 0);
    return 0;
}
