/* SPDX-License-Identifier: MIT
 *
 * Key schedule and sealed packets.
 */
#include "sframe_key.h"

#include "vec_impl.h"

static wzp_mem mem;

__attribute__((constructor)) static void begin(void)
{
    mem = wzp_mem_default();
}

/* --- key schedule --- */

static size_t schedule_rows(void)
{
    return vec_count(vec(SM, "sframe"));
}

static void schedule_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "sframe"), i);
    uint8_t base[WZP_KEY_LEN];
    uint8_t key[WZP_KEY_LEN];
    uint8_t salt[WZP__NONCE_LEN];
    uint8_t nonce[WZP__NONCE_LEN];
    uint8_t hdr[WZP_SFRAME_HDR_MAX];
    uint64_t ctr; /* from the header: a JSON number loses its low bits */
    uint64_t kid_read;
    size_t used;
    const size_t hdr_len = vec_hex(row, "header", hdr, sizeof hdr);
    ASSERT_OK(wzp_sframe_hdr_decode(hdr, hdr_len, &kid_read, &ctr, &used));
    const uint32_t kid = wzp_sframe_kid((uint16_t)vec_u64(row, "sid"),
                                        (uint32_t)vec_u64(row, "gen"),
                                        (uint8_t)vec_u64(row, "step"));
    assert_int_equal(kid, vec_u64(row, "kid"));
    vec_bytes(row, "base_key", base, sizeof base);
    wzp__sframe_schedule((uint16_t)vec_u64(row, "suite"), base, sizeof base,
                         kid, key, salt);
    ASSERT_BYTES(key, sizeof key, row, "key");
    ASSERT_BYTES(salt, sizeof salt, row, "salt");
    wzp__sframe_nonce(salt, ctr, nonce);
    ASSERT_BYTES(nonce, sizeof nonce, row, "nonce");
    ASSERT_BYTES(hdr, wzp_sframe_hdr_encode(kid, ctr, hdr), row, "header");
}
WZP_ROWS(sframe_key_schedule_follows_the_vector, schedule_rows, schedule_row);

static const cJSON *rfc(size_t row, size_t *n)
{
    static cJSON *tree;
    const cJSON *r;
    *n = 0;
    if (tree == NULL) {
        tree = wzp_test_read_external("sframe-vectors.json");
    }
    if (tree == NULL) {
        return NULL;
    }
    cJSON_ArrayForEach(r, wzp_test_item(tree, "sframe"))
    {
        if (vec_u64(r, "cipher_suite") == WZP_SUITE_AES && (*n)++ == row) {
            return r;
        }
    }
    return NULL;
}

static size_t rfc_rows(void)
{
    size_t n;
    rfc(SIZE_MAX, &n);
    return n;
}

static void rfc_row(size_t i)
{
    size_t n;
    const cJSON *row = rfc(i, &n);
    uint8_t base[64];
    uint8_t key[WZP_KEY_LEN];
    uint8_t salt[WZP__NONCE_LEN];
    uint8_t nonce[WZP__NONCE_LEN];
    uint8_t ad[128];
    uint8_t out[256];
    wzp__aead a;
    const uint64_t kid = vec_u64(row, "kid");
    const uint64_t ctr = vec_u64(row, "ctr");
    const size_t base_len = vec_hex(row, "base_key", base, sizeof base);
    wzp__sframe_schedule(WZP_SUITE_AES, base, base_len, kid, key, salt);
    ASSERT_BYTES(key, sizeof key, row, "sframe_key");
    ASSERT_BYTES(salt, sizeof salt, row, "sframe_salt");
    wzp__sframe_nonce(salt, ctr, nonce);
    ASSERT_BYTES(nonce, sizeof nonce, row, "nonce");
    if (!wzp__aead_has_aes()) {
        WZP_SKIP("this processor has no AES instructions");
    }
    ASSERT_OK(wzp__aead_init(&a, WZP_SUITE_AES, key));
    const size_t hdr_len = wzp_sframe_hdr_encode(kid, ctr, out);
    const size_t ad_len = vec_hex(row, "aad", ad, sizeof ad);
    const size_t len = vec_hex(row, "pt", out + hdr_len, 128);
    assert_memory_equal(ad, out, hdr_len);
    wzp__aead_seal(&a, nonce, (wzp_bytes){ad, ad_len}, out + hdr_len, len,
                   out + hdr_len);
    ASSERT_BYTES(out, hdr_len + len + 16, row, "ct");
}
WZP_ROWS(sframe_key_suite_5_rfc9605, rfc_rows, rfc_row);

/* --- packets --- */

static wzp_plain_form form_of(const cJSON *row)
{
    static const char *const names[] = {"plain", "bundle", "parity", "control"};
    for (unsigned i = 0; i < 4; i++) {
        if (strcmp(names[i], wzp_test_str(row, "form")) == 0) {
            return (wzp_plain_form)i;
        }
    }
    fail_msg("unknown form");
    return WZP_FORM_FRAME;
}

static wzp_sframe_key *key_of(const cJSON *row, uint32_t kid)
{
    uint8_t base[WZP_KEY_LEN];
    wzp_sframe_key *key;
    if (vec_u64(row, "suite") == WZP_SUITE_AES && !wzp__aead_has_aes()) {
        WZP_SKIP("this processor has no AES instructions");
    }
    vec_bytes(row, "base_key", base, sizeof base);
    ASSERT_OK(wzp_sframe_key_new(&key, &mem, (uint16_t)vec_u64(row, "suite"),
                                 base, kid));
    return key;
}

static wzp_err open_once(wzp_sframe_key *key, const uint8_t *data, size_t len,
                         uint8_t *plain, size_t *plain_len,
                         wzp_plain_form *form)
{
    wzp_sealed_view view;
    WZP_TRY(wzp_sealed_view_decode(data, len, &view));
    *form = view.form;
    return wzp_sframe_open(key, &view, plain, WZP_MEDIA_MAX, plain_len);
}

static void assert_opens(const cJSON *row, const cJSON *at, uint32_t kid)
{
    wzp_sframe_key *key = key_of(row, kid);
    uint8_t data[WZP_MEDIA_MAX + 4];
    uint8_t plain[WZP_MEDIA_MAX];
    wzp_plain_form form;
    size_t n;
    const size_t len = vec_hex(at, "datagram", data, sizeof data);
    ASSERT_OK(open_once(key, data, len, plain, &n, &form));
    ASSERT_BYTES(plain, n, row, "opens_to");
    assert_int_equal(form, form_of(row));
    wzp_sframe_key_free(key, &mem);
}

static size_t packet_rows(void)
{
    return vec_count(vec(SM, "packets"));
}

static void packet_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "packets"), i);
    const cJSON *also = cJSON_GetObjectItemCaseSensitive(row, "also");
    const uint32_t kid = (uint32_t)vec_u64(row, "kid");
    wzp_sframe_key *key = key_of(row, kid);
    wzp_media_hdr hdr;
    uint8_t bytes[WZP_MEDIA_HDR_LEN];
    uint8_t plain[WZP_MEDIA_MAX];
    uint8_t out[WZP_MEDIA_MAX];
    size_t len;
    vec_bytes(row, "header", bytes, sizeof bytes);
    ASSERT_OK(wzp_media_hdr_decode(bytes, sizeof bytes, &hdr));
    const size_t n = vec_hex(row, "opens_to", plain, sizeof plain);
    const wzp_seal_input in = {
        .hdr = &hdr,
        .form = form_of(row),
        .plain = {plain, n},
        .pad_to = strlen(wzp_test_str(row, "padded")) / 2,
    };
    key->ctr = vec_u64(row, "ctr");
    ASSERT_OK(wzp_sframe_seal(key, &in, out, sizeof out, &len));
    ASSERT_BYTES(out, len, row, "datagram");
    assert_int_equal(len, vec_u64(row, "length"));
    wzp_sframe_key_free(key, &mem);
    assert_opens(row, row, kid);
    if (also != NULL) {
        assert_opens(row, also, kid);
    }
}
WZP_ROWS(sframe_key_packet_follows_the_vector, packet_rows, packet_row);

static size_t same_sid_rows(void)
{
    return vec_count(vec(SM, "same_sid.members"));
}

/* The key of each member opens its own packet and no other. */
static void same_sid_row(size_t i)
{
    const cJSON *v = vec(SM, "same_sid");
    const cJSON *list = vec(SM, "same_sid.members");
    const cJSON *row = vec_row(list, i);
    uint8_t data[256];
    uint8_t plain[WZP_MEDIA_MAX];
    uint8_t base[WZP_KEY_LEN];
    size_t n;
    wzp_plain_form form;
    const size_t len = vec_hex(row, "datagram", data, sizeof data);
    for (size_t m = 0; m < vec_count(list); m++) {
        wzp_sframe_key *key;
        vec_bytes(vec_row(list, m), "base_key", base, sizeof base);
        ASSERT_OK(wzp_sframe_key_new(&key, &mem, (uint16_t)vec_u64(v, "suite"),
                                     base, (uint32_t)vec_u64(v, "kid")));
        const wzp_err e = open_once(key, data, len, plain, &n, &form);
        ASSERT_ERR(e, m == i ? WZP_OK : WZP_ERR_TAG);
        if (m == i) {
            ASSERT_BYTES(plain, n, row, "opens_to");
        }
        wzp_sframe_key_free(key, &mem);
    }
}
WZP_ROWS(sframe_key_same_sid_is_told_apart, same_sid_rows, same_sid_row);

static size_t open_fail_rows(void)
{
    return vec_fail_count("open_packet");
}

static void open_fail_row(size_t i)
{
    const cJSON *row = vec_fail_row("open_packet", i);
    wzp_sframe_key *key = key_of(row, (uint32_t)vec_u64(row, "kid"));
    uint8_t data[2048];
    uint8_t plain[WZP_MEDIA_MAX];
    size_t n;
    wzp_plain_form form;
    const size_t len = vec_hex(row, "datagram", data, sizeof data);
    vec_assert_error(row, open_once(key, data, len, plain, &n, &form));
    wzp_sframe_key_free(key, &mem);
}
WZP_ROWS(sframe_key_open_must_fail, open_fail_rows, open_fail_row);

static size_t twice_rows(void)
{
    return vec_fail_count("open_packet_twice");
}

static void twice_row(size_t i)
{
    const cJSON *row = vec_fail_row("open_packet_twice", i);
    wzp_sframe_key *key = key_of(row, (uint32_t)vec_u64(row, "kid"));
    uint8_t data[2048];
    uint8_t plain[WZP_MEDIA_MAX];
    size_t n;
    wzp_plain_form form;
    const size_t len = vec_hex(row, "datagram", data, sizeof data);
    ASSERT_OK(open_once(key, data, len, plain, &n, &form));
    vec_assert_error(row, open_once(key, data, len, plain, &n, &form));
    wzp_sframe_key_free(key, &mem);
}
WZP_ROWS(sframe_key_open_twice_must_fail, twice_rows, twice_row);

static size_t seal_fail_rows(void)
{
    return vec_fail_count("seal");
}

static void seal_fail_row(size_t i)
{
    const cJSON *row = vec_fail_row("seal", i);
    wzp_sframe_key *key =
        key_of(row, wzp_sframe_kid((uint16_t)vec_u64(row, "sid"),
                                   (uint32_t)vec_u64(row, "gen"),
                                   (uint8_t)vec_u64(row, "step")));
    const wzp_media_hdr hdr = {.seq = 0, .timestamp = 4};
    uint8_t plain[2048];
    uint8_t out[4096];
    size_t len;
    const size_t n = vec_hex(row, "plain", plain, sizeof plain);
    const wzp_seal_input in = {.hdr = &hdr, .plain = {plain, n}};
    key->ctr = vec_u64(row, "ctr");
    vec_assert_error(row, wzp_sframe_seal(key, &in, out, sizeof out, &len));
    assert_int_equal(key->ctr, vec_u64(row, "ctr"));
    wzp_sframe_key_free(key, &mem);
}
WZP_ROWS(sframe_key_seal_must_fail, seal_fail_rows, seal_fail_row);

/* --- limits --- */

WZP_TEST(sframe_key_bad_tag_does_not_move_the_window)
{
    const uint8_t base[WZP_KEY_LEN] = {1};
    const wzp_media_hdr hdr = {.seq = 1};
    const wzp_seal_input in = {.hdr = &hdr};
    wzp_sframe_key *tx;
    wzp_sframe_key *rx;
    uint8_t good[64];
    uint8_t bad[64];
    uint8_t plain[64];
    size_t len;
    size_t n;
    wzp_plain_form form;
    ASSERT_OK(wzp_sframe_key_new(&tx, &mem, WZP_SUITE_CHACHA, base, 1 << 24));
    ASSERT_OK(wzp_sframe_key_new(&rx, &mem, WZP_SUITE_CHACHA, base, 1 << 24));
    ASSERT_OK(wzp_sframe_seal(tx, &in, good, sizeof good, &len));
    memcpy(bad, good, len);
    bad[len - 1] ^= 1;
    ASSERT_ERR(open_once(rx, bad, len, plain, &n, &form), WZP_ERR_TAG);
    assert_false(rx->replay.is_started);
    ASSERT_OK(open_once(rx, good, len, plain, &n, &form));
    assert_int_equal(n, 0);
    wzp_sframe_key_free(tx, &mem);
    wzp_sframe_key_free(rx, &mem);
}

WZP_TEST(sframe_key_counter_ends_at_2_to_the_32)
{
    const uint8_t base[WZP_KEY_LEN] = {1};
    const wzp_media_hdr hdr = {.seq = 1};
    const wzp_seal_input in = {.hdr = &hdr};
    wzp_sframe_key *key;
    uint8_t out[64];
    size_t len;
    ASSERT_OK(wzp_sframe_key_new(&key, &mem, WZP_SUITE_CHACHA, base, 9));
    key->ctr = UINT32_MAX;
    ASSERT_OK(wzp_sframe_seal(key, &in, out, sizeof out, &len));
    ASSERT_ERR(wzp_sframe_seal(key, &in, out, sizeof out, &len),
               WZP_ERR_COUNTER);
    wzp_sframe_key_free(key, &mem);
}

WZP_TEST(sframe_key_small_output_buffer_is_refused_and_uses_no_counter)
{
    const uint8_t base[WZP_KEY_LEN] = {1};
    const wzp_media_hdr hdr = {.seq = 1};
    const wzp_seal_input in = {.hdr = &hdr};
    wzp_sframe_key *key;
    uint8_t out[64];
    size_t len;
    ASSERT_OK(wzp_sframe_key_new(&key, &mem, WZP_SUITE_CHACHA, base, 9));
    ASSERT_ERR(wzp_sframe_seal(key, &in, out, 30, &len), WZP_ERR_SPACE);
    assert_int_equal(wzp_sframe_key_count(key), 0);
    wzp_sframe_key_free(key, &mem);
}

WZP_TEST(sframe_key_every_cut_of_a_packet_is_refused)
{
    const cJSON *row = vec_row(vec(SM, "packets"), 0);
    wzp_sframe_key *key = key_of(row, (uint32_t)vec_u64(row, "kid"));
    uint8_t data[WZP_MEDIA_MAX];
    uint8_t plain[WZP_MEDIA_MAX];
    size_t n;
    wzp_plain_form form;
    const size_t len = vec_hex(row, "datagram", data, sizeof data);
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_not_equal(open_once(key, data, cut, plain, &n, &form),
                             WZP_OK);
    }
    ASSERT_OK(open_once(key, data, len, plain, &n, &form));
    wzp_sframe_key_free(key, &mem);
}

/* Two ends of one key, and a packet from one to the other. */
typedef struct ends {
    wzp_sframe_key *tx, *rx;
    uint8_t packet[64], plain[64];
    size_t len;
} ends;

static ends ends_new(void)
{
    const uint8_t base[WZP_KEY_LEN] = {1};
    const wzp_media_hdr hdr = {.seq = 1};
    const wzp_seal_input in = {.hdr = &hdr};
    ends e = {.tx = NULL};
    ASSERT_OK(wzp_sframe_key_new(&e.tx, &mem, WZP_SUITE_CHACHA, base, 9));
    ASSERT_OK(wzp_sframe_key_new(&e.rx, &mem, WZP_SUITE_CHACHA, base, 9));
    ASSERT_OK(wzp_sframe_seal(e.tx, &in, e.packet, sizeof e.packet, &e.len));
    return e;
}

static void ends_free(ends *e)
{
    wzp_sframe_key_free(e->tx, &mem);
    wzp_sframe_key_free(e->rx, &mem);
}

WZP_TEST(
    sframe_key_small_buffer_for_the_plaintext_leaves_the_packet_to_be_opened)
{
    ends e = ends_new();
    wzp_sealed_view view;
    size_t n;
    ASSERT_OK(wzp_sealed_view_decode(e.packet, e.len, &view));
    const size_t padded = view.sealed.len - WZP__TAG_LEN;
    ASSERT_ERR(wzp_sframe_open(e.rx, &view, e.plain, padded - 1, &n),
               WZP_ERR_SPACE);
    ASSERT_OK(wzp_sframe_open(e.rx, &view, e.plain, padded, &n));
    ends_free(&e);
}

/* By somebody who has the key: the counter is spent. */
WZP_TEST(sframe_key_reserved_bit_is_refused_though_it_is_authentic)
{
    ends e = ends_new();
    uint8_t nonce[WZP__NONCE_LEN];
    wzp_sealed_view view;
    wzp_plain_form form;
    size_t n;
    ASSERT_OK(wzp_sealed_view_decode(e.packet, e.len, &view));
    const size_t padded = view.sealed.len - WZP__TAG_LEN;
    const size_t at = (size_t)(view.sealed.ptr - e.packet);
    wzp__sframe_nonce(e.tx->salt, view.ctr, nonce);
    for (uint8_t bit = 0; bit < 5; bit++) {
        uint8_t bad[64];
        ends to = ends_new();
        memcpy(bad, e.packet, e.len);
        bad[10] |= (uint8_t)(1u << bit);
        ASSERT_OK(wzp_sealed_view_decode(bad, e.len, &view));
        ASSERT_ERR(open_once(to.rx, bad, e.len, e.plain, &n, &form),
                   WZP_ERR_TAG); /* nobody on the way can set it */
        memset(e.plain, 0, sizeof e.plain);
        wzp_sframe_pad(e.plain, 0, padded);
        wzp__aead_seal(&e.tx->aead, nonce, (wzp_bytes){view.ad, view.ad_len},
                       e.plain, padded, bad + at);
        ASSERT_ERR(open_once(to.rx, bad, e.len, e.plain, &n, &form),
                   WZP_ERR_FORM);
        ASSERT_ERR(open_once(to.rx, e.packet, e.len, e.plain, &n, &form),
                   WZP_ERR_REPLAY);
        ends_free(&to);
    }
    ends_free(&e);
}

WZP_TEST(sframe_key_trailer_that_is_not_whole_is_refused)
{
    ends e = ends_new();
    wzp_sealed_view view;
    e.packet[0] |= 2; /* Q */
    for (size_t len = WZP_MEDIA_HDR_LEN; len < WZP_MEDIA_HDR_LEN + 4; len++) {
        ASSERT_ERR(wzp_sealed_view_decode(e.packet, len, &view),
                   WZP_ERR_LENGTH);
    }
    ends_free(&e);
}

WZP_TEST(sframe_key_plaintext_above_a_packet_is_refused_and_uses_no_counter)
{
    static const uint8_t large[WZP_MEDIA_MAX + 1];
    ends e = ends_new();
    const wzp_media_hdr hdr = {.seq = 1};
    const wzp_seal_input in = {.hdr = &hdr, .plain = {large, sizeof large}};
    ASSERT_ERR(wzp_sframe_seal(e.tx, &in, e.packet, sizeof e.packet, &e.len),
               WZP_ERR_OVERSIZE);
    assert_int_equal(wzp_sframe_key_count(e.tx), 1);
    ends_free(&e);
}
