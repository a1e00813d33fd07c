/* SPDX-License-Identifier: MIT */
/* The end-to-end keys of one room session or call, seen by one member:
 * packages, pairs, sender keys, ratchet, generations, sealing and opening. A
 * machine: no I/O, no clock. Source: design/secure-media.md 4–6.
 *
 * The owner feeds it the roster and the key messages the relay delivers, sends
 * what it asks to be sent, and seals and opens media with it. The relay's word
 * decides only whom it talks to; keys go to whom `policy` allows.
 *
 * A direct call is a group of two that begins from a finished key agreement.
 * It can seal and open at once. Its one peer is listed from the beginning to
 * the end, whatever the relay's rosters say; everybody else in them is REFUSED
 * (WZP_ERR_NOT_ALLOWED, WZP_ERR_LEGACY), at most 7 of them are shown, and
 * packages and pairs are not taken. It lives as long as the call, over
 * reconnections of the hop: keys and counters go on.
 */
#ifndef WZP_CRYPTO_GROUP_H
#define WZP_CRYPTO_GROUP_H

#include <wzp/crypto/agree.h>
#include <wzp/crypto/sframe.h>

typedef struct wzp_group wzp_group;

typedef enum wzp_room_policy {
    WZP_POLICY_OPEN,     /* everybody in the room gets keys */
    WZP_POLICY_CONTACTS, /* only fingerprints on `allowed` (the contacts) */
    WZP_POLICY_LIST,     /* only fingerprints on `allowed` (a given list) */
} wzp_room_policy;

typedef struct wzp_group_config {
    size_t size;
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_identity identity;
    uint8_t room_id[WZP_HASH_LEN];
    uint8_t tls_hash[WZP_HASH_LEN]; /* of the endpoint's own certificate */
    uint16_t caps;                  /* WZP_CAP_*, bits 0 … 5 */
    wzp_unix_s now_unix;            /* package expires 24 h after */
    bool has_psk;
    uint8_t psk[WZP_KEY_LEN];
    wzp_room_policy policy;
    const uint8_t (*allowed)[WZP_FP_LEN]; /* copied */
    size_t n_allowed;
    size_t max_members; /* 2 … 4096, default 1024 */
    wzp_tstamp now;     /* with `agreed`: when; its keys' 60 minutes and the
                           peer's silence count from here */
    /* NULL, or a call: done, and its keys move from it into the group, so that
     * no second group can begin from it. room_id, tls_hash, caps, now_unix,
     * psk, policy, allowed and max_members are not used then. Not kept. */
    wzp_agree *agreed;
} wzp_group_config;

void wzp_group_config_default_sized(wzp_group_config *cfg, size_t size);
static inline void wzp_group_config_default(wzp_group_config *cfg)
{
    wzp_group_config_default_sized(cfg, sizeof *cfg);
}

/* Makes a fresh package; in a call it has the agreement's. WZP_ERR_NOMEM,
 * WZP_ERR_CONFIG (`identity` is not that of the agreement, too), errors of the
 * identity. WZP_ERR_STATE: the agreement is not done, or its keys were taken
 * before. The agreement is unchanged by an error. */
WZP_NODISCARD wzp_err wzp_group_new(wzp_group **out,
                                    const wzp_group_config *cfg);
/* Wipes everything. NULL is fine. */
void wzp_group_free(wzp_group *g);

/* Own package, 1388 bytes, for CallOffer; valid as long as the group. */
wzp_bytes wzp_group_package_view(const wzp_group *g);
void wzp_group_own_mid(const wzp_group *g, uint8_t mid[WZP_MID_LEN]);
void wzp_group_own_kph(const wzp_group *g, uint8_t kph[WZP_HASH_LEN]);

/* --- what the relay says --- */

/* The whole roster (RoomUpdate). Members not in it are treated as gone.
 * Participants without mid are legacy: counted, never keyed. The own entry is
 * ignored. WZP_ERR_FULL beyond max_members: the rest is ignored and counted. */
WZP_NODISCARD wzp_err wzp_group_roster(wzp_group *g, wzp_tstamp now,
                                       wzp_participant_list list);
/* RoomDelta: who came, who left (mids). */
WZP_NODISCARD wzp_err wzp_group_delta(wzp_group *g, wzp_tstamp now,
                                      wzp_participant_list joined,
                                      wzp_bytes_list left);

/* The owner's no to one member, which is WZP_MEMBER_REFUSED for `why` from now
 * on: it gets no key and is not heard; keys of it that are here are wiped, and
 * one of ours that it has is replaced. WZP_GROUP_MEMBER comes before anything
 * else about a member, and before anything is sent to it: who says no there has
 * given nothing. WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_group_refuse(wzp_group *g, wzp_tstamp now,
                                       uint32_t member, wzp_err why);

/* KeyPackages, E2eePair, E2eeKeys, E2eeKeyRequest. Errors name what was wrong
 * with the message; state is unchanged then. WZP_ERR_PROTOCOL for other
 * kinds. now_unix checks package expiry. */
WZP_NODISCARD wzp_err wzp_group_recv(wzp_group *g, wzp_tstamp now,
                                     wzp_unix_s now_unix,
                                     const wzp_signal *sig);

/* From now on this fingerprint may have keys too; under WZP_POLICY_OPEN
 * everybody may, and nothing changes. Who was refused for not being allowed,
 * and is still there, gets them now. WZP_ERR_NOMEM: nothing changed. */
WZP_NODISCARD wzp_err wzp_group_allow(wzp_group *g, wzp_tstamp now,
                                      const uint8_t fingerprint[WZP_FP_LEN]);
/* And no longer, unless everybody may: as wzp_group_refuse. Allowed once more
 * it may stay deaf to us, and we to it, until it joins again. */
void wzp_group_disallow(wzp_group *g, wzp_tstamp now,
                        const uint8_t fingerprint[WZP_FP_LEN]);

/* --- media --- */

/* Seal one packet.
 *
 * hdr   codec, seq, timestamp are used; the rest is set here
 * out   the whole bare datagram; cap ≥ WZP_MEDIA_MAX
 *
 * WZP_ERR_AGAIN     keys are not with anybody yet (nobody else capable in the
 *                   room, or the first box is not out); the owner may retry
 *                   for 300 ms, then drops
 * WZP_ERR_OVERSIZE  result would exceed WZP_MEDIA_MAX
 * Sealing anything but CONTROL makes this member a speaker. */
WZP_NODISCARD wzp_err wzp_group_seal(wzp_group *g, wzp_tstamp now,
                                     const wzp_media_hdr *hdr,
                                     wzp_plain_form form, const uint8_t *plain,
                                     size_t len, uint8_t *out, size_t cap,
                                     size_t *out_len);

typedef struct wzp_opened {
    uint8_t mid[WZP_MID_LEN]; /* who sealed it */
    uint32_t member;          /* stable small number of that member here */
    wzp_media_hdr hdr;
    wzp_plain_form form;
    size_t len; /* bytes written to plain */
} wzp_opened;

/* Open one bare datagram (a QualityReport trailer is cut off first).
 *
 * plain  cap ≥ WZP_MEDIA_MAX
 *
 * WZP_ERR_NOT_SEALED, _FORM, _HEADER, _LENGTH, _OVERSIZE, _KEY_UNKNOWN (the
 * group asks for the key by itself; the owner may keep the packet and retry
 * when WZP_GROUP_KEYS_CHANGED comes), _TAG, _REPLAY, _PADDING. All counted. */
WZP_NODISCARD wzp_err wzp_group_open(wzp_group *g, wzp_tstamp now,
                                     const uint8_t *data, size_t len,
                                     uint8_t *plain, size_t cap,
                                     wzp_opened *out);

/* --- the machine's other verbs --- */

typedef enum wzp_group_action_kind {
    WZP_GROUP_SEND,         /* u.signal: send to the relay, reliably */
    WZP_GROUP_KEYS_CHANGED, /* u.member: its packets can be opened now */
    WZP_GROUP_MEMBER, /* u.member changed state: see wzp_group_member_get */
    WZP_GROUP_MEMBER_GONE, /* u.member will not be used again soon; member_get
                              knows it until the next poll */
    WZP_GROUP_CONTROL_DUE, /* seal a control frame (keep-alive) now */
} wzp_group_action_kind;

typedef struct wzp_group_action {
    wzp_group_action_kind kind;
    union {
        const wzp_signal *signal; /* valid until the next call */
        uint32_t member;
    } u;
} wzp_group_action;

void wzp_group_expire(wzp_group *g, wzp_tstamp now);
bool wzp_group_poll(wzp_group *g, wzp_tstamp now, wzp_group_action *out);
wzp_tstamp wzp_group_deadline(const wzp_group *g);

/* --- queries --- */

typedef enum wzp_member_state {
    WZP_MEMBER_LEGACY,   /* cannot seal */
    WZP_MEMBER_UNKNOWN,  /* listed, package not here yet */
    WZP_MEMBER_REFUSED,  /* policy, or a bad package: see `why` */
    WZP_MEMBER_VERIFIED, /* package checked */
    WZP_MEMBER_KEYED,    /* and its sender key is here */
} wzp_member_state;

typedef struct wzp_member_info {
    uint32_t member;
    wzp_member_state state;
    wzp_err why; /* for REFUSED; for VERIFIED WZP_ERR_TAG once several of its
                  * keys did not open: another room secret, as a rule */
    uint8_t mid[WZP_MID_LEN];
    uint8_t identity[WZP_KEY_LEN]; /* from VERIFIED on */
    uint8_t fingerprint[WZP_FP_LEN];
    char alias[WZP_ALIAS_MAX]; /* the relay's word, cut, valid UTF-8 */
    uint16_t caps;             /* from the signed package */
} wzp_member_info;

/* Number of members listed, without the own. */
size_t wzp_group_member_count(const wzp_group *g);

/* i = 0 … count − 1, in no particular order. WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_group_member_at(const wzp_group *g, size_t i,
                                          wzp_member_info *out);
/* By the number in actions and wzp_opened. WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_group_member_get(const wzp_group *g, uint32_t member,
                                           wzp_member_info *out);

/* Identity keys of the verified members and the own one, for wzp_room_words.
 * Returns the number written, at most cap. */
size_t wzp_group_identities(const wzp_group *g, uint8_t (*out)[WZP_KEY_LEN],
                            size_t cap);

typedef struct wzp_group_stats {
    size_t size;
    uint64_t sealed;
    uint64_t opened;
    uint64_t not_sealed;
    uint64_t unknown_key; /* tries: whoever waits for a key tries again */
    uint64_t bad_tag;
    uint64_t replayed;
    uint64_t malformed;
    uint64_t packages_refused;
    uint64_t pairs_refused;
    uint64_t keys_refused;
    uint64_t members_ignored; /* beyond max_members, or back after the
                                 group had to forget their keys */
    uint32_t generation;
    uint8_t step;
    uint16_t suite;
    uint64_t keys_repeated;    /* boxes of a key already held: not refusals */
    uint64_t requests_ignored; /* E2eeKeyRequest of one member, too soon after
                                  the one before */
} wzp_group_stats;

void wzp_group_stats_get(const wzp_group *g, wzp_group_stats *out);

#endif
