/* SPDX-License-Identifier: MIT */
/* QUIC packets that need no secret, and so can be made by anybody who sends to
 * an address or guesses connection ids: Initials (their keys follow from the
 * client's first connection id), version negotiation, Retry. RFC 9000, 9001.
 */
#ifndef WZP_TEST_FORGE_H
#define WZP_TEST_FORGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_FORGE_MAX 1500

typedef struct wzp_forge_id {
    uint8_t len, data[20];
} wzp_forge_id;

typedef struct wzp_forge_initial {
    wzp_forge_id dcid, scid;
    wzp_forge_id keys; /* the client's first destination id */
    bool from_server;
    uint32_t number;
    const uint8_t *token;
    size_t token_len;
    const uint8_t *frames; /* padded up to `len` */
    size_t n_frames;
} wzp_forge_initial;

/* A UDP payload of so many bytes; what does not fit aborts. */
void wzp_forge_initial_write(const wzp_forge_initial *in, size_t len,
                             uint8_t out[WZP_FORGE_MAX]);
/* "I speak version 0x0a1a2a3a only." Its length. */
size_t wzp_forge_version(const wzp_forge_id *dcid, const wzp_forge_id *scid,
                         uint8_t out[WZP_FORGE_MAX]);
/* odcid: of the Initial it pretends to answer. */
size_t wzp_forge_retry(const wzp_forge_id *dcid, const wzp_forge_id *scid,
                       const wzp_forge_id *odcid, uint8_t out[WZP_FORGE_MAX]);

/* Ids of a packet with a long header; false if it has none. */
bool wzp_forge_ids_of(const uint8_t *data, size_t len, wzp_forge_id *dcid,
                      wzp_forge_id *scid);

#endif
