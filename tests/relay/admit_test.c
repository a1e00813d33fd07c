/* SPDX-License-Identifier: MIT */
/* The door: what makes an offer good, and every way in which it is not. */
#include "admit.h"

#include "rig.h"

typedef struct door {
    rig rig;
    rig_client client;
    wzp__admit_rules rules;
    wzp__admit_client at;
    uint8_t exporter[32];
    rig_offer offer;
    wzp__verdict verdict;
} door;

static void door_open(door *d)
{
    wzp_relay_config cfg = rig_config(&d->rig);
    rig_client_init(&d->rig, &d->client, 5);
    rig_package(&d->rig, &d->client, "lobby", RIG_UNIX + 3600);
    rig_exporter(1, d->exporter);
    d->rules = (wzp__admit_rules){.identity = cfg.identity};
    memset(d->rules.cert_hash, 0xCE, sizeof d->rules.cert_hash);
    d->at = (wzp__admit_client){
        .exporter = d->exporter, .room = "lobby", .now = RIG_UNIX};
    rig_make_offer(&d->client, 1, &d->offer);
}

static void door_ask(door *d)
{
    wzp__admit_check(&d->rules, &d->at, &d->offer.sig.u.call_offer,
                     &d->verdict);
}

static void door_close(door *d)
{
    rig_client_free(&d->client);
    wzp_seed_identity_free(d->rig.identity);
    wzp_crypto_global_deinit();
}

WZP_TEST(a_good_offer_is_admitted_as_capable)
{
    door d;
    door_open(&d);
    door_ask(&d);
    assert_int_equal(d.verdict.err, WZP_OK);
    assert_true(d.verdict.is_capable);
    assert_memory_equal(d.verdict.kp.kph, d.client.kph, WZP_HASH_LEN);
    door_close(&d);
}

/* --- each wrong thing has its own error and its close code ---------------- */

static void wrong_signature(door *d)
{
    d->offer.signature[3] ^= 1;
}
static void short_signature(door *d)
{
    d->offer.sig.u.call_offer.signature.len = 63;
}
static void no_signature(door *d)
{
    d->offer.sig.u.call_offer.signature = (wzp_bytes){NULL, 0};
}
static void other_identity(door *d)
{
    d->offer.sig.u.call_offer.identity_pub[0] ^= 1;
}
static void wrong_binding(door *d)
{
    d->offer.binding[0] ^= 1;
}
static void no_binding(door *d)
{
    d->offer.sig.u.call_offer.binding = (wzp_bytes){NULL, 0};
}
static void other_connection(door *d)
{
    rig_exporter(2, d->exporter);
}
static void other_relay(door *d)
{
    d->rules.cert_hash[0] ^= 1;
}
static void swapped_package(door *d)
{
    rig_package(&d->rig, &d->client, "lobby", RIG_UNIX + 7200);
    /* the signed offer still binds the first one */
}
static void no_package(door *d)
{
    d->offer.sig.u.call_offer.kp = (wzp_bytes){NULL, 0};
}
static void expired_package(door *d)
{
    rig_package(&d->rig, &d->client, "lobby", RIG_UNIX - 601);
    rig_make_offer(&d->client, 1, &d->offer);
}
static void far_package(door *d)
{
    rig_package(&d->rig, &d->client, "lobby", RIG_UNIX + 87001);
    rig_make_offer(&d->client, 1, &d->offer);
}
static void package_for_another_room(door *d)
{
    rig_package(&d->rig, &d->client, "kitchen", RIG_UNIX + 3600);
    rig_make_offer(&d->client, 1, &d->offer);
}
static void package_of_somebody_else(door *d)
{
    rig_client other;
    rig_client_init(&d->rig, &other, 6);
    rig_package(&d->rig, &other, "lobby", RIG_UNIX + 3600);
    memcpy(d->client.kp, other.kp, sizeof other.kp);
    rig_make_offer(&d->client, 1, &d->offer);
    rig_client_free(&other);
}
static void damaged_package(door *d)
{
    d->client.kp[100] ^= 1;
    rig_make_offer(&d->client, 1, &d->offer);
}
static void e2e1_without_sig1(door *d)
{
    d->offer.sig.u.call_offer.caps &= ~WZP_CAP_SIG1;
}
static void legacy(door *d)
{
    d->offer.sig.u.call_offer.caps = 0;
}

static const struct {
    const char *what;
    void (*spoil)(door *d);
    wzp_err err;
    uint64_t code;
} WRONGS[] = {
    {"signature", wrong_signature, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {"signature 63", short_signature, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {"no signature", no_signature, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {"identity", other_identity, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {"binding", wrong_binding, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {"no binding", no_binding, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {"replayed", other_connection, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {"other relay", other_relay, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {"swapped kp", swapped_package, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {"no kp", no_package, WZP_ERR_BINDING, WZP_CLOSE_AUTH},
    {"expired", expired_package, WZP_ERR_KP_EXPIRED, WZP_CLOSE_AUTH},
    {"too far", far_package, WZP_ERR_KP_TOO_FAR, WZP_CLOSE_AUTH},
    {"other room", package_for_another_room, WZP_ERR_KP_CONTEXT,
     WZP_CLOSE_AUTH},
    {"stolen kp", package_of_somebody_else, WZP_ERR_FINGERPRINT,
     WZP_CLOSE_AUTH},
    {"damaged kp", damaged_package, WZP_ERR_SIGNATURE, WZP_CLOSE_AUTH},
    {"no sig1", e2e1_without_sig1, WZP_ERR_PROTOCOL, WZP_CLOSE_PROTOCOL},
    {"legacy", legacy, WZP_ERR_LEGACY, WZP_CLOSE_LEGACY},
};

static size_t count_wrongs(void)
{
    return sizeof WRONGS / sizeof WRONGS[0];
}

static void run_wrong(size_t row)
{
    door d;
    door_open(&d);
    WRONGS[row].spoil(&d);
    door_ask(&d);
    assert_string_equal(wzp_err_name(d.verdict.err),
                        wzp_err_name(WRONGS[row].err));
    assert_int_equal(d.verdict.code, WRONGS[row].code);
    assert_true(strlen(d.verdict.reason) > 0);
    assert_true(strlen(d.verdict.reason) < WZP_REASON_MAX);
    assert_false(d.verdict.is_capable);
    door_close(&d);
}

WZP_ROWS(a_wrong_offer_is_refused_by_name, count_wrongs, run_wrong);

WZP_TEST(a_legacy_offer_is_admitted_as_legacy_where_allowed)
{
    door d;
    door_open(&d);
    legacy(&d);
    d.rules.allow_legacy = true;
    door_ask(&d);
    assert_int_equal(d.verdict.err, WZP_OK);
    assert_false(d.verdict.is_capable);
    door_close(&d);
}

WZP_TEST(allowing_legacy_does_not_spare_a_capable_client_its_checks)
{
    door d;
    door_open(&d);
    wrong_binding(&d);
    d.rules.allow_legacy = true;
    door_ask(&d);
    assert_int_equal(d.verdict.err, WZP_ERR_BINDING);
    door_close(&d);
}

WZP_TEST(a_package_for_the_hashed_name_is_good_for_the_raw_one)
{
    door d;
    char hash[WZP_ROOM_HEX_LEN + 1];
    door_open(&d);
    wzp_room_hash(WZP_STR("lobby"), hash);
    rig_package(&d.rig, &d.client, hash, RIG_UNIX + 3600);
    rig_make_offer(&d.client, 1, &d.offer);
    door_ask(&d);
    assert_int_equal(d.verdict.err, WZP_OK);
    door_close(&d);
}

/* --- the answer ----------------------------------------------------------- */

/* --- rules of rooms ------------------------------------------------------- */

static const uint8_t ACCESS[WZP_KEY_LEN] = {0xAC, 0xCE, 0x55};

/* lobby has a secret and a list with this client on it. */
static void door_with_a_rule(door *d)
{
    uint8_t allowed[2][WZP_FP_LEN] = {{9}};
    const wzp_mem mem = wzp_mem_default();
    door_open(d);
    wzp_identity_fingerprint(d->client.identity.public_key, allowed[1]);
    wzp_room_rule rule = {.name = "lobby",
                          .has_access = true,
                          .allowed = (const uint8_t(*)[WZP_FP_LEN])allowed,
                          .n_allowed = 2};
    memcpy(rule.access, ACCESS, sizeof rule.access);
    assert_int_equal(
        wzp__room_rules_make(&d->rules.rooms, &mem, &rule, 1, NULL, 0), WZP_OK);
}

static void door_prove(door *d)
{
    static uint8_t proof[WZP_HASH_LEN];
    wzp_room_proof(ACCESS, d->exporter, d->client.kph, proof);
    d->offer.sig.u.call_offer.room_proof = (wzp_bytes){proof, sizeof proof};
}

static void ruled_door_close(door *d)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__room_rules_deinit(&d->rules.rooms, &mem);
    door_close(d);
}

WZP_TEST(who_proves_the_secret_and_is_on_the_list_is_admitted)
{
    door d;
    door_with_a_rule(&d);
    door_prove(&d);
    door_ask(&d);
    assert_int_equal(d.verdict.err, WZP_OK);
    assert_true(d.verdict.is_capable);
    assert_false(d.verdict.is_by_rule);
    ruled_door_close(&d);
}

static void no_proof(door *d)
{
    d->offer.sig.u.call_offer.room_proof = (wzp_bytes){NULL, 0};
}
static void short_proof(door *d)
{
    d->offer.sig.u.call_offer.room_proof.len--;
}
static void proof_of_another_secret(door *d)
{
    static uint8_t proof[WZP_HASH_LEN];
    const uint8_t other[WZP_KEY_LEN] = {1};
    wzp_room_proof(other, d->exporter, d->client.kph, proof);
    d->offer.sig.u.call_offer.room_proof.ptr = proof;
}
/* Taken from one connection to the next, by the same client. */
static void proof_of_another_connection(door *d)
{
    rig_exporter(2, d->exporter);
    rig_make_offer(&d->client, 2, &d->offer);
    const uint8_t *other = d->exporter;
    static uint8_t proof[WZP_HASH_LEN];
    uint8_t first[32];
    rig_exporter(1, first);
    wzp_room_proof(ACCESS, first, d->client.kph, proof);
    d->offer.sig.u.call_offer.room_proof = (wzp_bytes){proof, sizeof proof};
    d->at.exporter = other;
}
/* Its own earlier package, or somebody else's. */
static void proof_for_another_package(door *d)
{
    door_prove(d);
    const wzp_bytes proof = d->offer.sig.u.call_offer.room_proof;
    rig_package(&d->rig, &d->client, "lobby", RIG_UNIX + 1800);
    rig_make_offer(&d->client, 1, &d->offer);
    d->offer.sig.u.call_offer.room_proof = proof;
}
/* Knows the secret, and is somebody else. */
static void not_on_the_list(door *d)
{
    rig_client_free(&d->client);
    rig_client_init(&d->rig, &d->client, 6);
    rig_package(&d->rig, &d->client, "lobby", RIG_UNIX + 3600);
    rig_make_offer(&d->client, 1, &d->offer);
    door_prove(d);
}
/* Says the key of one on the list, and cannot sign with it. */
static void claims_to_be_on_the_list(door *d)
{
    uint8_t key[WZP_KEY_LEN];
    memcpy(key, d->client.identity.public_key, sizeof key);
    not_on_the_list(d);
    memcpy(d->offer.sig.u.call_offer.identity_pub, key, sizeof key);
}
static void legacy_where_allowed(door *d)
{
    d->rules.allow_legacy = true;
    legacy(d);
}
static void another_room_of_a_closed_relay(door *d)
{
    d->rules.is_closed = true;
    d->at.room = "kitchen";
}

static const struct {
    const char *what;
    void (*spoil)(door *d);
    wzp_err err;
    uint64_t code;
    bool is_by_rule;
} KEPT_OUT[] = {
    {"no proof", no_proof, WZP_ERR_ROOM_PROOF, WZP_CLOSE_AUTH, true},
    {"31 bytes", short_proof, WZP_ERR_ROOM_PROOF, WZP_CLOSE_AUTH, true},
    {"other secret", proof_of_another_secret, WZP_ERR_ROOM_PROOF,
     WZP_CLOSE_AUTH, true},
    {"other connection", proof_of_another_connection, WZP_ERR_ROOM_PROOF,
     WZP_CLOSE_AUTH, true},
    {"other package", proof_for_another_package, WZP_ERR_ROOM_PROOF,
     WZP_CLOSE_AUTH, true},
    {"not on the list", not_on_the_list, WZP_ERR_NOT_ALLOWED,
     WZP_CLOSE_NOT_ALLOWED, true},
    {"claimed identity", claims_to_be_on_the_list, WZP_ERR_SIGNATURE,
     WZP_CLOSE_AUTH, false},
    {"legacy", legacy_where_allowed, WZP_ERR_LEGACY, WZP_CLOSE_LEGACY, true},
    {"no such room", another_room_of_a_closed_relay, WZP_ERR_NOT_ALLOWED,
     WZP_CLOSE_NOT_ALLOWED, true},
};

static size_t count_kept_out(void)
{
    return sizeof KEPT_OUT / sizeof KEPT_OUT[0];
}

static void run_kept_out(size_t row)
{
    door d;
    door_with_a_rule(&d);
    door_prove(&d);
    KEPT_OUT[row].spoil(&d);
    door_ask(&d);
    assert_string_equal(wzp_err_name(d.verdict.err),
                        wzp_err_name(KEPT_OUT[row].err));
    assert_int_equal(d.verdict.code, KEPT_OUT[row].code);
    assert_int_equal(d.verdict.is_by_rule, KEPT_OUT[row].is_by_rule);
    assert_true(strlen(d.verdict.reason) > 10);
    assert_true(strlen(d.verdict.reason) < WZP_REASON_MAX);
    assert_false(d.verdict.is_capable);
    ruled_door_close(&d);
}

WZP_ROWS(a_rule_keeps_out_by_name, count_kept_out, run_kept_out);

/* The control of the rows: in a room without a rule the same offers are good,
 * but for the one that lies. */
static void run_no_rule(size_t row)
{
    const wzp_mem mem = wzp_mem_default();
    door d;
    door_with_a_rule(&d);
    door_prove(&d);
    wzp__room_rules_deinit(&d.rules.rooms, &mem);
    KEPT_OUT[row].spoil(&d);
    d.rules.is_closed = false;
    d.at.room = "lobby";
    door_ask(&d);
    assert_int_equal(d.verdict.err,
                     KEPT_OUT[row].is_by_rule ? WZP_OK : KEPT_OUT[row].err);
    ruled_door_close(&d);
}

WZP_ROWS(control_without_the_rule_they_come_in, count_kept_out, run_no_rule);

WZP_TEST(a_legacy_client_may_enter_a_room_whose_rule_restricts_nothing)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_room_rule rule = {.name = "lobby"};
    door d;
    door_open(&d);
    assert_int_equal(
        wzp__room_rules_make(&d.rules.rooms, &mem, &rule, 1, NULL, 0), WZP_OK);
    d.rules.is_closed = true;
    legacy_where_allowed(&d);
    door_ask(&d);
    assert_int_equal(d.verdict.err, WZP_OK);
    ruled_door_close(&d);
}

WZP_TEST(the_answer_is_signed_and_bound_to_the_connection)
{
    door d;
    wzp__answer a;
    door_open(&d);
    assert_int_equal(
        wzp__admit_answer(&d.rules, &d.rig.rng, d.exporter, true, &a), WZP_OK);
    const wzp_sig_call_answer *c = &a.sig.u.call_answer;
    assert_int_equal(wzp_legacy_verify(c->identity_pub, false, c->ephemeral_pub,
                                       c->signature.ptr, c->signature.len),
                     WZP_OK);
    wzp_binding_input in = {.kind = WZP_BINDING_CALL_ANSWER};
    memcpy(in.exporter, d.exporter, sizeof in.exporter);
    memset(in.server_cert_hash, 0xCE, sizeof in.server_cert_hash);
    assert_int_equal(wzp_binding_verify(c->identity_pub, &in, c->binding.ptr,
                                        c->binding.len),
                     WZP_OK);
    assert_int_equal(c->caps & (WZP_CAP_E2E1 | WZP_CAP_SIG1),
                     WZP_CAP_E2E1 | WZP_CAP_SIG1);
    assert_int_equal(c->chosen_profile.codec, WZP_CODEC_OPUS_24K);
    door_close(&d);
}

WZP_TEST(the_answer_announces_the_next_key_if_there_is_one)
{
    door d;
    wzp__answer a;
    door_open(&d);
    assert_int_equal(
        wzp__admit_answer(&d.rules, &d.rig.rng, d.exporter, true, &a), WZP_OK);
    assert_false(a.sig.u.call_answer.next_tls.has);
    d.rules.next_tls = (wzp_next_tls){.has = true, .not_before = 77};
    assert_int_equal(
        wzp__admit_answer(&d.rules, &d.rig.rng, d.exporter, true, &a), WZP_OK);
    assert_true(a.sig.u.call_answer.next_tls.has);
    assert_int_equal(a.sig.u.call_answer.next_tls.not_before, 77);
    door_close(&d);
}

WZP_TEST(the_answer_to_a_legacy_client_has_only_what_it_knows)
{
    door d;
    wzp__answer a;
    door_open(&d);
    d.rules.next_tls = (wzp_next_tls){.has = true, .not_before = 77};
    assert_int_equal(
        wzp__admit_answer(&d.rules, &d.rig.rng, d.exporter, false, &a), WZP_OK);
    assert_int_equal(a.sig.u.call_answer.caps, 0);
    assert_null(a.sig.u.call_answer.binding.ptr);
    assert_false(a.sig.u.call_answer.next_tls.has);
    assert_int_equal(a.sig.u.call_answer.signature.len, WZP_SIG_LEN);
    door_close(&d);
}

WZP_TEST(the_ephemeral_key_of_an_answer_is_used_once)
{
    door d;
    wzp__answer a, b;
    door_open(&d);
    assert_int_equal(
        wzp__admit_answer(&d.rules, &d.rig.rng, d.exporter, false, &a), WZP_OK);
    assert_int_equal(
        wzp__admit_answer(&d.rules, &d.rig.rng, d.exporter, false, &b), WZP_OK);
    assert_memory_not_equal(a.sig.u.call_answer.ephemeral_pub,
                            b.sig.u.call_answer.ephemeral_pub, WZP_KEY_LEN);
    door_close(&d);
}
