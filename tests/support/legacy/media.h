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

/* CallOffer without `caps` and without any key package. Returns its length,
 * 0 when cap is too small. */
size_t wzp_legacy_offer(char *out, size_t cap, const uint8_t identity_pub[32],
                        const uint8_t ephemeral_pub[32],
                        const uint8_t signature[64], const char *alias);

/* The message is a variant of this name: {"Name":… or "Name". */
bool wzp_legacy_is(const char *json, size_t len, const char *name);

#endif
