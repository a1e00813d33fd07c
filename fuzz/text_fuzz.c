/* SPDX-License-Identifier: MIT */
/* What people type and files hold: addresses, room and relay names,
 * hexadecimal digits, fingerprints, seeds in words. Each parser takes the whole
 * input; what it accepts has one text, which it accepts as the same.
 */
#include "fuzz/fuzz.h"
#include "libwzp-client/src/path/relay_name.h"

#include <wzp/crypto/identity.h>
#include <wzp/proto/addr.h>
#include <wzp/proto/fingerprint.h>
#include <wzp/proto/hex.h>
#include <wzp/proto/room_name.h>

#include <stdio.h>

static void address(const char *text, size_t len)
{
    wzp_addr a;
    wzp_addr b;
    char out[WZP_ADDR_TEXT_MAX];
    if (wzp_addr_decode(text, len, &a) == WZP_OK) {
        const size_t n = wzp_addr_encode(&a, out);
        require(n < sizeof out && out[n] == '\0');
        require(wzp_addr_decode(out, n, &b) == WZP_OK &&
                wzp_addr_equal(&a, &b));
        require(memcmp(&a, &b, sizeof a) == 0);
    }
    if (wzp_addr_decode_ip(text, len, 7, &a) == WZP_OK) {
        const size_t n = wzp_addr_encode_ip(&a, out);
        require(n < sizeof out && out[n] == '\0' && a.port == 7);
        require(wzp_addr_decode_ip(out, n, 7, &b) == WZP_OK);
        require(memcmp(&a, &b, sizeof a) == 0);
    }
}

static void room(const char *text, size_t len)
{
    char name[WZP_ROOM_NAME_MAX + 1];
    char again[WZP_ROOM_NAME_MAX + 1];
    wzp_room_kind kind;
    wzp_room_kind kind_again;
    const wzp_str id = wzp_room_name_call_id(text, len);
    require(id.len <= len);
    require((id.ptr == NULL) ==
            (wzp_room_name_kind(text, len) != WZP_ROOM_CALL));
    const wzp_err e = wzp_room_name_decode(text, len, name, &kind);
    require((e == WZP_OK) == wzp_room_name_is_sni(text, len));
    if (e != WZP_OK) {
        require(e == WZP_ERR_NAME);
        return;
    }
    require(strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == NULL);
    require(strlen(name) == len && kind == wzp_room_name_kind(text, len));
    require(wzp_room_name_decode(name, len, again, &kind_again) == WZP_OK);
    require(strcmp(name, again) == 0 && kind == kind_again);
}

static void relay(const char *text, size_t len)
{
    wzp__relay_name name;
    wzp__relay_name again;
    char *copy = malloc(len + 1);
    require(copy != NULL);
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (wzp__relay_name_decode(copy, &name) == WZP_OK) {
        char whole[sizeof name.host + sizeof name.port + 3];
        const bool is_v6 = strchr(name.host, ':') != NULL;
        require(name.host[0] != '\0' && name.port[0] != '\0');
        (void)snprintf(whole, sizeof whole, is_v6 ? "[%s]:%s" : "%s:%s",
                       name.host, name.port);
        require(wzp__relay_name_decode(whole, &again) == WZP_OK);
        require(strcmp(name.host, again.host) == 0);
        require(strcmp(name.port, again.port) == 0);
    }
    free(copy);
}

static void hex(const char *text, size_t len)
{
    uint8_t bytes[64];
    char out[128];
    char lower[128];
    const size_t n = len / 2 < sizeof bytes ? len / 2 : sizeof bytes;
    const wzp_err e = wzp_hex_decode(text, len, bytes, n);
    require((e == WZP_ERR_LENGTH) == (len != 2 * n));
    if (e == WZP_OK) {
        wzp_hex_encode(bytes, n, out);
        wzp_room_name_lower(text, len, lower);
        require(memcmp(out, lower, len) == 0);
    }
}

static void fingerprints(const char *text, size_t len)
{
    uint8_t fp[WZP_FP_LEN];
    uint8_t fp_again[WZP_FP_LEN];
    uint8_t hash[WZP_HASH_LEN];
    uint8_t hash_again[WZP_HASH_LEN];
    char out[WZP_TLS_FP_TEXT_LEN + 1];
    if (wzp_fingerprint_decode(text, len, fp) == WZP_OK) {
        wzp_fingerprint_encode(fp, out);
        require(strlen(out) == WZP_FP_TEXT_LEN);
        require(wzp_fingerprint_decode(out, WZP_FP_TEXT_LEN, fp_again) ==
                WZP_OK);
        require(memcmp(fp, fp_again, sizeof fp) == 0);
    }
    if (wzp_tls_fingerprint_decode(text, len, hash) == WZP_OK) {
        wzp_tls_fingerprint_encode(hash, out);
        require(wzp_tls_fingerprint_decode(out, strlen(out), hash_again) ==
                WZP_OK);
        require(memcmp(hash, hash_again, sizeof hash) == 0);
        wzp_tls_fingerprint_encode_plain(hash, out);
        require(strlen(out) == WZP_TLS_FP_PLAIN_LEN);
    }
}

static void seed(const char *text, size_t len)
{
    uint8_t bytes[WZP_SEED_LEN];
    uint8_t again[WZP_SEED_LEN];
    char words[WZP_MNEMONIC_MAX];
    const wzp_err e = wzp_mnemonic_decode(text, len, bytes);
    require(e == WZP_OK || e == WZP_ERR_MNEMONIC);
    if (e == WZP_OK) {
        wzp_mnemonic_encode(bytes, words);
        require(wzp_mnemonic_decode(words, strlen(words), again) == WZP_OK);
        require(memcmp(bytes, again, sizeof bytes) == 0);
    }
    if (wzp_hex_decode(text, len, again, sizeof again) == WZP_OK) {
        require(wzp_seed_from_hex(text, len, bytes) == WZP_OK);
        require(memcmp(bytes, again, sizeof bytes) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    address(text, size);
    room(text, size);
    relay(text, size);
    hex(text, size);
    fingerprints(text, size);
    seed(text, size);
    return 0;
}
