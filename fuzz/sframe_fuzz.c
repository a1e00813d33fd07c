/* SPDX-License-Identifier: MIT */
/* Sealed packets: any bytes as a datagram, as an SFrame header (which must come
 * out the same again: one form per number), and as padded plaintext.
 */
#include <wzp/crypto/sframe.h>

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void header(const uint8_t *data, size_t size)
{
    uint8_t again[WZP_SFRAME_HDR_MAX];
    uint64_t kid;
    uint64_t ctr;
    size_t used;
    if (wzp_sframe_hdr_decode(data, size, &kid, &ctr, &used) == WZP_OK) {
        assert(used <= size);
        assert(wzp_sframe_hdr_encode(kid, ctr, again) == used);
        assert(memcmp(again, data, used) == 0);
    }
}

static void datagram(const uint8_t *data, size_t size)
{
    static const uint8_t base[WZP_KEY_LEN] = {1};
    const wzp_mem mem = wzp_mem_default();
    wzp_sealed_view view;
    wzp_sframe_key *key = NULL;
    uint8_t plain[WZP_MEDIA_MAX];
    size_t len;
    if (wzp_sealed_view_decode(data, size, &view) != WZP_OK) {
        return;
    }
    assert(view.sealed.ptr + view.sealed.len <= data + size);
    if (wzp_sframe_key_new(&key, &mem, WZP_SUITE_CHACHA, base, view.kid) ==
        WZP_OK) {
        wzp_ignore(wzp_sframe_open(key, &view, plain, sizeof plain, &len),
                   "a tag is not guessed");
    }
    wzp_sframe_key_free(key, &mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t len = size;
    if (wzp_crypto_global_init() != WZP_OK) {
        return 0;
    }
    header(data, size);
    datagram(data, size);
    if (wzp_sframe_unpad(data, &len) == WZP_OK) {
        assert(len < size);
    }
    wzp_crypto_global_deinit();
    return 0;
}
