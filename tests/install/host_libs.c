/* SPDX-License-Identifier: MIT */
/* A host that uses its own libsodium and Opus, older than ours, beside
 * libwzp-client: both versions are at work in one process. The prefixed names
 * are no interface; this test alone calls them, to ask for versions.
 */
#include <wzp/client/client.h>
#include <wzp/codec/codec.h>
#include <wzp/crypto/group.h>

#include <opus.h>
#include <sodium.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *wzptp_sodium_version_string(void);
const char *wzptp_opus_get_version_string(void);

static void require(bool holds, const char *what)
{
    if (!holds) {
        printf("does not hold: %s\n", what);
        exit(1);
    }
}

/* A sealed box and a frame of speech from the host's own libraries. */
static void use_own_libraries(void)
{
    uint8_t key[crypto_secretbox_KEYBYTES] = {1};
    uint8_t nonce[crypto_secretbox_NONCEBYTES] = {2};
    uint8_t text[5] = "hello", box[sizeof text + crypto_secretbox_MACBYTES];
    require(sodium_init() >= 0, "the host's libsodium starts");
    require(crypto_secretbox_easy(box, text, sizeof text, nonce, key) == 0 &&
                crypto_secretbox_open_easy(text, box, sizeof box, nonce, key) ==
                    0,
            "the host's libsodium opens what it sealed");
    int err;
    const int16_t pcm[960] = {0};
    OpusEncoder *enc =
        opus_encoder_create(48000, 1, OPUS_APPLICATION_VOIP, &err);
    require(enc != NULL && opus_encode(enc, pcm, 960, box, sizeof box) > 0,
            "the host's Opus encodes");
    opus_encoder_destroy(enc);
}

/* A key package needs X-Wing, recovery DRED: neither is in the host's. */
static void use_wzp(void)
{
    const uint8_t seed[WZP_SEED_LEN] = {3};
    wzp_seed_identity *id;
    wzp_group *group;
    wzp_group_config cfg;
    wzp_group_config_default(&cfg);
    require(wzp_seed_identity_new(&id, seed) == WZP_OK, "an identity");
    cfg.identity = wzp_seed_identity_table(id);
    require(wzp_group_new(&group, &cfg) == WZP_OK &&
                wzp_group_package_view(group).len == 1388,
            "our libsodium makes an X-Wing key package");
    wzp_group_free(group);
    wzp_seed_identity_free(id);
    wzp_features_info can = {.size = sizeof can};
    wzp_features(&can);
    require(can.dred_version > 0, "our Opus has DRED");
}

int main(void)
{
    const char *const sodium[] = {sodium_version_string(),
                                  wzptp_sodium_version_string()};
    const char *const opus[] = {opus_get_version_string(),
                                wzptp_opus_get_version_string()};
    printf("libsodium %s beside %s, %s beside %s\n", sodium[0], sodium[1],
           opus[0], opus[1]);
    require(strcmp(sodium[0], sodium[1]) != 0, "two versions of libsodium");
    require(strcmp(opus[0], opus[1]) != 0, "two versions of Opus");
    require(wzp_global_init() == WZP_OK, "the libraries start");
    use_own_libraries();
    use_wzp();
    use_own_libraries();
    wzp_global_deinit();
    return 0;
}
