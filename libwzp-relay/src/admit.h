/* SPDX-License-Identifier: MIT */
/* May this client join or register, and what is it told: CallOffer and
 * RegisterPresence are checked, CallAnswer is made. Pure functions; the waiting
 * is in peer.h, what follows in join.c and signal/register.c.
 * Source: spec/wire.md 3.3; design/secure-media.md 2–4, 9.
 *
 *   room known, where the relay is closed
 *   signature ─ e2e1? ─ yes ─ sig1 ─ binding ─ key package ─ rule ──► admitted
 *                     └ no ── allow_legacy, no rule ──► admitted, legacy
 *
 * A rule is the room's secret, then its list, asked of the identity that the
 * binding has proved.
 */
#ifndef WZP_RELAY_ADMIT_H
#define WZP_RELAY_ADMIT_H

#include "room_rules.h"

#include <wzp/crypto/binding.h>
#include <wzp/crypto/package.h>
#include <wzp/proto/signal.h>
#include <wzp/transport/endpoint.h>

/* What the relay announces on every hop. */
#define WZP__RELAY_CAPS                                                        \
    (WZP_CAP_PRESENT | WZP_CAP_E2E1 | WZP_CAP_SIG1 | WZP_CAP_DGRAM1)

typedef struct wzp__admit_rules {
    wzp_identity identity;
    uint8_t cert_hash[WZP_HASH_LEN];
    bool allow_legacy;
    bool is_closed;
    wzp__room_rules rooms;
    wzp_next_tls next_tls; /* of the successor to our TLS key, if any */
} wzp__admit_rules;

/* One client at the door. */
typedef struct wzp__admit_client {
    const uint8_t *exporter; /* WZP_EXPORTER_LEN bytes, borrowed */
    const char *room;        /* lower case */
    wzp_unix_s now;
} wzp__admit_client;

typedef struct wzp__verdict {
    wzp_err err;        /* WZP_OK: come in */
    uint64_t code;      /* wzp_close_code otherwise */
    const char *reason; /* static text */
    bool is_by_rule;    /* a rule refused, nothing is wrong with the offer */
    bool is_capable;
    wzp_kp kp; /* when is_capable */
} wzp__verdict;

void wzp__admit_check(const wzp__admit_rules *rules,
                      const wzp__admit_client *client,
                      const wzp_sig_call_offer *offer, wzp__verdict *out);

typedef enum wzp__admit_sort {
    WZP__ADMIT_VERIFIED,   /* has the identity's key, here and now */
    WZP__ADMIT_UNVERIFIED, /* only names an identity */
    WZP__ADMIT_PROBE,      /* names none: all zero */
} wzp__admit_sort;

/* May this client register, and as what? exporter has WZP_EXPORTER_LEN bytes.
 *
 *   signature ─ binding? ─ yes ─ binding holds ─────────────► verified
 *                        └ no ── allow_legacy ─ of somebody ► not verified
 *                                             └ of nobody ──► address probe
 *
 * WZP_ERR_SIGNATURE, WZP_ERR_BINDING (wrong, or e2e1 announced without one),
 * WZP_ERR_LEGACY (proves nothing, where that is not enough). */
WZP_NODISCARD wzp_err wzp__admit_registration(
    const wzp__admit_rules *rules, const uint8_t *exporter,
    const wzp_sig_register_presence *reg, wzp__admit_sort *out);

/* Close code and sentence for an error while joining or registering. */
void wzp__admit_refusal(wzp_err e, wzp__verdict *out);

/* A CallAnswer and what it points to. */
typedef struct wzp__answer {
    wzp_signal sig;
    uint8_t signature[WZP_SIG_LEN];
    uint8_t binding[WZP_SIG_LEN];
} wzp__answer;

/* with_extras  the client announced `caps`. Errors of the identity. */
WZP_NODISCARD wzp_err wzp__admit_answer(const wzp__admit_rules *rules,
                                        const wzp_rng *rng,
                                        const uint8_t *exporter,
                                        bool with_extras, wzp__answer *out);

#endif
