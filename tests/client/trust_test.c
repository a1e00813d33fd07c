/* SPDX-License-Identifier: MIT */
/* What a certificate is to somebody who knows another one, or none. With whole
 * connections: session_test.c.
 */
#include "account/trust.h"

#include "client/fakes.h"

typedef struct fixture {
    wzp_pins *pins;
    wzp__trust trust;
    wzp_ep_action up;
    uint8_t pinned[WZP_HASH_LEN];
    wzp_seed_identity *relay; /* stands for its TLS key */
    wzp_next_tls next;
} fixture;

/* The bytes of secure-media.md 3, put together by hand. */
static void sign_next(fixture *f)
{
    uint8_t text[15 + WZP_HASH_LEN + 8] = "wzp-next-tls-v1";
    memcpy(text + 15, f->next.sha256, WZP_HASH_LEN);
    text[sizeof text - 2] = (uint8_t)(f->next.not_before >> 8);
    text[sizeof text - 1] = (uint8_t)f->next.not_before;
    const wzp_identity t = wzp_seed_identity_table(f->relay);
    ASSERT_OK(t.sign(t.user, text, sizeof text, f->next.sig));
    memcpy(f->up.u.up.peer_key, t.public_key, WZP_KEY_LEN);
}

static void setup(fixture *f)
{
    const uint8_t seed[WZP_SEED_LEN] = {7};
    const wzp_mem mem = wzp_mem_default();
    const wzp_store none = {0};
    memset(f, 0, sizeof *f);
    ASSERT_OK(wzp_crypto_global_init());
    ASSERT_OK(wzp_pins_new(&f->pins, &mem, &none));
    f->trust = (wzp__trust){.pins = f->pins, .relay = "r:1"};
    memset(f->up.u.up.cert_hash, 0xAB, WZP_HASH_LEN);
    ASSERT_OK(wzp_seed_identity_new(&f->relay, seed));
    f->up.u.up.has_peer_key = true;
    f->next.has = true;
    f->next.not_before = 5000;
    memset(f->next.sha256, 0xCD, WZP_HASH_LEN);
    sign_next(f);
}

static void teardown(fixture *f)
{
    wzp_pins_free(f->pins);
    wzp_seed_identity_free(f->relay);
    wzp_crypto_global_deinit();
}

static wzp__trust_answer check(fixture *f, wzp_unix_s now)
{
    return wzp__trust_check(&f->trust, &f->up, now, f->pinned);
}

WZP_TEST(trust_knows_a_relay_once_it_proved_itself)
{
    fixture f;
    setup(&f);
    assert_int_equal(check(&f, 100), WZP__TRUST_FIRST);
    assert_int_equal(check(&f, 100), WZP__TRUST_FIRST); /* not proved */

    ASSERT_OK(wzp__trust_proved(&f.trust, &f.next, 100));

    assert_int_equal(check(&f, 100), WZP__TRUST_KNOWN);
    memset(f.up.u.up.cert_hash, 0xCD, WZP_HASH_LEN);
    assert_int_equal(check(&f, 4999), WZP__TRUST_DIFFERS);
    assert_int_equal(f.pinned[0], 0xAB);
    assert_int_equal(check(&f, 5000), WZP__TRUST_KNOWN);
    teardown(&f);
}

WZP_TEST(trust_keeps_the_pin_but_no_announcement_with_a_wrong_signature)
{
    fixture f;
    setup(&f);
    (void)check(&f, 100);
    f.next.sig[9] ^= 1;

    assert_int_equal(wzp__trust_proved(&f.trust, &f.next, 100),
                     WZP_ERR_SIGNATURE);

    assert_int_equal(check(&f, 100), WZP__TRUST_KNOWN);
    memset(f.up.u.up.cert_hash, 0xCD, WZP_HASH_LEN);
    assert_int_equal(check(&f, 5000), WZP__TRUST_DIFFERS);
    teardown(&f);
}

WZP_TEST(trust_takes_no_announcement_under_a_key_it_cannot_see)
{
    fixture f;
    setup(&f);
    f.up.u.up.has_peer_key = false; /* an ECDSA certificate */
    (void)check(&f, 100);

    assert_int_equal(wzp__trust_proved(&f.trust, &f.next, 100),
                     WZP_ERR_SIGNATURE);

    memset(f.up.u.up.cert_hash, 0xCD, WZP_HASH_LEN);
    assert_int_equal(check(&f, 5000), WZP__TRUST_DIFFERS);
    teardown(&f);
}

WZP_TEST(trust_with_a_pin_of_the_host_remembers_nothing)
{
    fixture f;
    setup(&f);
    uint8_t fixed[WZP_HASH_LEN];
    memset(fixed, 0xAB, sizeof fixed);
    f.trust.fixed = fixed;
    assert_int_equal(check(&f, 100), WZP__TRUST_KNOWN);

    ASSERT_OK(wzp__trust_proved(&f.trust, &f.next, 100));

    fixed[0] = 1;
    assert_int_equal(check(&f, 5000), WZP__TRUST_DIFFERS);
    f.trust.fixed = NULL;
    assert_int_equal(check(&f, 5000), WZP__TRUST_FIRST);
    teardown(&f);
}

WZP_TEST(trust_text_has_both_fingerprints_and_what_to_do)
{
    fixture f;
    setup(&f);
    char text[WZP_ENDED_TEXT_MAX];
    (void)check(&f, 100);
    ASSERT_OK(wzp__trust_proved(&f.trust, &f.next, 100));
    memset(f.up.u.up.cert_hash, 0x12, WZP_HASH_LEN);
    assert_int_equal(check(&f, 100), WZP__TRUST_DIFFERS);

    wzp__trust_text(&f.trust, text);

    assert_non_null(strstr(text, "pinned ab:ab:ab"));
    assert_non_null(strstr(text, "seen 12:12:12"));
    assert_non_null(strstr(text, "ask whoever runs the relay"));
    assert_true(strlen(text) + 1 < sizeof text);
    teardown(&f);
}
