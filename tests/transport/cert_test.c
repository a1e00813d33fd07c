/* SPDX-License-Identifier: MIT */
/* The certificate against the vectors of the reference, byte for byte. */
#include "quic/cert.h"

#include "support/harness.h"

#include <wzp/transport/global.h>

#include <string.h>

static const cJSON *vectors(void)
{
    static cJSON *tree;
    if (tree == NULL) {
        assert_int_equal(wzp_transport_global_init(), WZP_OK);
        tree = wzp_test_read_json("vectors.json");
    }
    return wzp_test_item(tree, "tls_cert");
}

static size_t rows(void)
{
    return (size_t)cJSON_GetArraySize(vectors());
}

/* The relay's seed gives the TLS key's by HKDF (spec/wire.md 3.7). */
static wzp__cert cert_of(const cJSON *row)
{
    uint8_t seed[32], key[32];
    size_t len = 0;
    wzp_test_hex_of(row, "seed", seed, sizeof seed, &len);
    assert_int_equal(wzp__cert_derive(seed, "wzp-tls-ed25519", key), WZP_OK);
    wzp__cert cert;
    assert_int_equal(wzp__cert_init(&cert, key), WZP_OK);
    return cert;
}

static void same_bytes(size_t row)
{
    const cJSON *v = cJSON_GetArrayItem(vectors(), (int)row);
    wzp__cert cert = cert_of(v);
    WZP_ASSERT_HEX(cert.der, cert.len, wzp_test_str(v, "der"));
    wzp__cert_deinit(&cert);
}

WZP_ROWS(cert_is_the_same_bytes_as_the_reference, rows, same_bytes);

static void same_fingerprint(size_t row)
{
    const cJSON *v = cJSON_GetArrayItem(vectors(), (int)row);
    wzp__cert cert = cert_of(v);
    WZP_ASSERT_HEX(cert.hash, sizeof cert.hash, wzp_test_str(v, "normalized"));
    wzp__cert_deinit(&cert);
}

WZP_ROWS(cert_has_the_fingerprint_of_the_reference, rows, same_fingerprint);

WZP_TEST(cert_serial_is_a_positive_integer_in_minimal_form)
{
    /* Among many keys some have a serial with leading zeros. */
    bool was_short = false;
    for (int i = 0; i < 5000 && !was_short; i++) {
        const uint8_t seed[32] = {(uint8_t)i, (uint8_t)(i >> 8)};
        wzp__cert cert;
        assert_int_equal(wzp__cert_init(&cert, seed), WZP_OK);
        const uint8_t *p = cert.der;
        assert_int_equal(p[0], 0x30);
        assert_int_equal(p[1], 0x82);
        const uint8_t *serial = p + 4 + 3 + 5; /* headers, version */
        assert_int_equal(serial[0], 0x02);
        assert_true(serial[1] <= 20 && serial[2] < 0x80);
        assert_true(serial[2] != 0 || serial[3] >= 0x80);
        was_short = was_short || serial[1] < 20;
        wzp__cert_deinit(&cert);
    }
    assert_true(was_short);
}

WZP_TEST(cert_key_is_wiped)
{
    const uint8_t seed[32] = {1};
    wzp__cert cert;
    assert_int_equal(wzp__cert_init(&cert, seed), WZP_OK);
    assert_true(cert.key_len > 32);
    wzp__cert_deinit(&cert);
    static const wzp__cert ZERO;
    assert_memory_equal(&cert, &ZERO, sizeof cert);
}
