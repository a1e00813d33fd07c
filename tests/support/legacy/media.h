/* SPDX-License-Identifier: MIT */
/* What a legacy client puts on the wire, written down once more from the
 * specification so that it shares no encoding code with the libraries it is
 * used to test. Source: spec/wire.md 1.1, 2.4, 3.3.
 */
#ifndef WZP_TEST_LEGACY_MEDIA_H
#define WZP_TEST_LEGACY_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WZP_LEGACY_HEADER 12

/* The header of one Opus 24k packet: version 0, no repair, no report, ratio 0.
 */
void wzp_legacy_header(uint8_t out[WZP_LEGACY_HEADER], uint16_t seq,
                       uint32_t timestamp_ms);

/* One media datagram taken apart or to be made. */
typedef struct wzp_legacy_media {
    bool is_repair;
    uint8_t codec; /* 0 … 8 */
    bool has_report;
    uint8_t report[4];
    uint16_t seq;
    uint32_t timestamp_ms;
    uint8_t reserved; /* byte 10 */
    const uint8_t *payload;
    size_t len;
} wzp_legacy_media;

/* out: WZP_LEGACY_HEADER + len + 4 bytes. Returns the length. */
size_t wzp_legacy_write(const wzp_legacy_media *m, uint8_t *out);
/* False where the old parser refuses: short, codec 9 … 15, a report that is
 * not there. */
bool wzp_legacy_read(const uint8_t *data, size_t len, wzp_legacy_media *out);

/* CallOffer without `caps` and without any key package. Returns its length,
 * 0 when cap is too small. */
size_t wzp_legacy_offer(char *out, size_t cap, const uint8_t identity_pub[32],
                        const uint8_t ephemeral_pub[32],
                        const uint8_t signature[64], const char *alias);

/* CallAnswer of a relay: always the profile GOOD. Lengths as above. */
size_t wzp_legacy_answer(char *out, size_t cap, const uint8_t identity_pub[32],
                         const uint8_t ephemeral_pub[32],
                         const uint8_t signature[64]);

typedef struct wzp_legacy_name {
    char fingerprint[48]; /* "" when unknown */
    char alias[64];
} wzp_legacy_name;

size_t wzp_legacy_room_update(char *out, size_t cap, const wzp_legacy_name *who,
                              size_t n);

/* Of the n-th "key":"text" in the message; false when there is none. */
bool wzp_legacy_text(const char *json, size_t len, const char *key, size_t n,
                     char *out, size_t cap);
/* Of "key":[numbers]; exactly n of them. */
bool wzp_legacy_bytes(const char *json, size_t len, const char *key,
                      uint8_t *out, size_t n);

/* The message is a variant of this name: {"Name":… or "Name". */
bool wzp_legacy_is(const char *json, size_t len, const char *name);

#endif
