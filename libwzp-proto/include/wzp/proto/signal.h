/* SPDX-License-Identifier: MIT */
/* Signal messages: JSON text ↔ one tagged union. 36 variants of spec/wire.md
 * 2.4, 8 of 2.5, 9 of design/secure-media.md 9.
 *
 * Decoding puts everything a message points to into an arena that the caller
 * resets per message: texts and lists in a decoded message are valid until
 * then. Encoding borrows. Framing (length prefix, one stream per message) is
 * the transport's.
 */
#ifndef WZP_PROTO_SIGNAL_H
#define WZP_PROTO_SIGNAL_H

#include <wzp/proto/arena.h>
#include <wzp/proto/media.h>
#include <wzp/proto/profile.h>

/* Longest JSON text taken from a peer once it has authenticated, and the
 * limit of the wire form (spec/wire.md 2.1). */
#define WZP_SIGNAL_MAX 1048576
/* Before authentication (spec/weaknesses-wire.md 47). */
#define WZP_SIGNAL_MAX_EARLY 65536

typedef enum wzp_signal_kind {
    /* spec/wire.md 2.4, in declaration order */
    WZP_SIG_CALL_OFFER,
    WZP_SIG_CALL_ANSWER,
    WZP_SIG_ICE_CANDIDATE,
    WZP_SIG_REKEY,
    WZP_SIG_QUALITY_UPDATE,
    WZP_SIG_LOSS_RECOVERY_UPDATE,
    WZP_SIG_PING,
    WZP_SIG_PONG,
    WZP_SIG_HANGUP,
    WZP_SIG_AUTH_TOKEN,
    WZP_SIG_HOLD,
    WZP_SIG_UNHOLD,
    WZP_SIG_MUTE,
    WZP_SIG_UNMUTE,
    WZP_SIG_TRANSFER,
    WZP_SIG_TRANSFER_ACK,
    WZP_SIG_PRESENCE_UPDATE,
    WZP_SIG_ROUTE_QUERY,
    WZP_SIG_ROUTE_RESPONSE,
    WZP_SIG_SESSION_FORWARD,
    WZP_SIG_SESSION_FORWARD_ACK,
    WZP_SIG_ROOM_UPDATE,
    WZP_SIG_FEDERATION_HELLO,
    WZP_SIG_GLOBAL_ROOM_ACTIVE,
    WZP_SIG_GLOBAL_ROOM_INACTIVE,
    WZP_SIG_REGISTER_PRESENCE,
    WZP_SIG_REGISTER_PRESENCE_ACK,
    WZP_SIG_DIRECT_CALL_OFFER,
    WZP_SIG_DIRECT_CALL_ANSWER,
    WZP_SIG_CALL_SETUP,
    WZP_SIG_CALL_RINGING,
    WZP_SIG_REFLECT,
    WZP_SIG_REFLECT_RESPONSE,
    WZP_SIG_MEDIA_PATH_REPORT,
    WZP_SIG_FEDERATED_SIGNAL_FORWARD,
    WZP_SIG_QUALITY_DIRECTIVE,
    /* spec/wire.md 2.5; only to peers with `sig1` */
    WZP_SIG_PRESENCE_LIST,
    WZP_SIG_UPGRADE_PROPOSAL,
    WZP_SIG_UPGRADE_RESPONSE,
    WZP_SIG_UPGRADE_CONFIRM,
    WZP_SIG_QUALITY_CAPABILITY,
    WZP_SIG_HARD_NAT_PROBE,
    WZP_SIG_HARD_NAT_BIRTHDAY_START,
    WZP_SIG_CANDIDATE_UPDATE,
    /* design/secure-media.md 9; only to peers with `sig1` */
    WZP_SIG_DIRECT_CALL_REVEAL,
    WZP_SIG_KEY_PACKAGE_REQUEST,
    WZP_SIG_KEY_PACKAGES,
    WZP_SIG_ROOM_DELTA,
    WZP_SIG_ROOM_SYNC,
    WZP_SIG_E2EE_PAIR,
    WZP_SIG_E2EE_KEYS,
    WZP_SIG_E2EE_KEY_REQUEST,
    WZP_SIG_FEDERATED_ROUTE,
} wzp_signal_kind;

#define WZP_SIGNAL_KINDS        53
#define WZP_SIGNAL_KINDS_LEGACY 36 /* the first ones need no `sig1` */

typedef enum wzp_hangup_reason {
    WZP_HANGUP_NORMAL,
    WZP_HANGUP_BUSY,
    WZP_HANGUP_DECLINED,
    WZP_HANGUP_TIMEOUT,
    WZP_HANGUP_ERROR,
} wzp_hangup_reason;

typedef enum wzp_accept_mode {
    WZP_ACCEPT_REJECT,
    WZP_ACCEPT_TRUSTED,
    WZP_ACCEPT_GENERIC,
} wzp_accept_mode;

/* Lists. `n` elements at `v`. */
typedef struct wzp_str_list {
    const wzp_str *v;
    size_t n;
} wzp_str_list;

typedef struct wzp_bytes_list {
    const wzp_bytes *v;
    size_t n;
} wzp_bytes_list;

typedef struct wzp_u16_list {
    const uint16_t *v;
    size_t n;
} wzp_u16_list;

typedef struct wzp_profile_list {
    const wzp_profile *v;
    size_t n;
} wzp_profile_list;

/* Capabilities, design/secure-media.md 2. Bits 0 … 5 are those of the key
 * package; the others exist on the hop only. */
#define WZP_CAP_BUNDLE1 (1u << 0)
#define WZP_CAP_PARITY1 (1u << 1)
#define WZP_CAP_DRED_10 (1u << 2)
#define WZP_CAP_DRED_12 (1u << 3)
#define WZP_CAP_FRAMES  (1u << 4)
#define WZP_CAP_BUNDLE2 (1u << 5)
#define WZP_CAP_E2E1    (1u << 16)
#define WZP_CAP_DGRAM1  (1u << 17)
#define WZP_CAP_SIG1    (1u << 18)
/* The key was present at all (even as an empty list). */
#define WZP_CAP_PRESENT (1u << 31)

/* Optional profile: present when has is true. */
typedef struct wzp_opt_profile {
    bool has;
    wzp_profile v;
} wzp_opt_profile;

typedef struct wzp_opt_f32 {
    bool has;
    float v;
} wzp_opt_f32;

typedef struct wzp_opt_u32 {
    bool has;
    uint32_t v;
} wzp_opt_u32;

typedef struct wzp_participant {
    wzp_str fingerprint; /* "" for anonymous */
    wzp_str alias;       /* absent = null */
    wzp_str relay_label; /* absent = null */
    /* extra keys between capable peers; absent for legacy ones */
    wzp_bytes mid; /* 16 bytes or absent */
    wzp_bytes kph; /* 32 bytes or absent */
    uint32_t caps; /* WZP_CAP_*, 0 when the key is absent */
} wzp_participant;

typedef struct wzp_participant_list {
    const wzp_participant *v;
    size_t n;
} wzp_participant_list;

typedef struct wzp_user {
    wzp_str fingerprint;
    wzp_str alias; /* absent = null */
} wzp_user;

typedef struct wzp_user_list {
    const wzp_user *v;
    size_t n;
} wzp_user_list;

/* Successor certificate, secure-media.md 3. */
typedef struct wzp_next_tls {
    bool has;
    uint8_t sha256[WZP_HASH_LEN];
    wzp_unix_s not_before;
    uint8_t sig[WZP_SIG_LEN];
} wzp_next_tls;

/* --- one struct per variant with fields --- */

typedef struct wzp_sig_call_offer {
    uint8_t identity_pub[WZP_KEY_LEN];
    uint8_t ephemeral_pub[WZP_KEY_LEN];
    wzp_bytes signature; /* JSON array of numbers, any length */
    wzp_profile_list supported_profiles;
    wzp_str alias; /* absent = null */
    /* extra keys */
    uint32_t caps;
    wzp_bytes binding;    /* 64 bytes or absent */
    wzp_bytes kp;         /* key package or absent */
    wzp_bytes room_proof; /* 32 bytes or absent */
} wzp_sig_call_offer;

typedef struct wzp_sig_call_answer {
    uint8_t identity_pub[WZP_KEY_LEN];
    uint8_t ephemeral_pub[WZP_KEY_LEN];
    wzp_bytes signature;
    wzp_profile chosen_profile;
    /* extra keys */
    uint32_t caps;
    wzp_bytes binding;
    wzp_next_tls next_tls;
} wzp_sig_call_answer;

typedef struct wzp_sig_ice_candidate {
    wzp_str candidate;
} wzp_sig_ice_candidate;

typedef struct wzp_sig_rekey {
    uint8_t new_ephemeral_pub[WZP_KEY_LEN];
    wzp_bytes signature;
} wzp_sig_rekey;

typedef struct wzp_sig_quality_update {
    wzp_quality_report report;
    wzp_profile recommended_profile;
} wzp_sig_quality_update;

typedef struct wzp_sig_loss_recovery_update {
    uint64_t dred_reconstructions;
    uint64_t classical_plc_invocations;
    uint64_t frames_decoded;
} wzp_sig_loss_recovery_update;

typedef struct wzp_sig_ping { /* also Pong */
    uint64_t timestamp_ms;
} wzp_sig_ping;

typedef struct wzp_sig_hangup {
    wzp_hangup_reason reason;
    wzp_str call_id; /* absent = key omitted */
} wzp_sig_hangup;

typedef struct wzp_sig_auth_token {
    wzp_str token;
} wzp_sig_auth_token;

typedef struct wzp_sig_transfer {
    wzp_str target_fingerprint;
    wzp_str relay_addr; /* absent = null */
} wzp_sig_transfer;

typedef struct wzp_sig_presence_update {
    wzp_str_list fingerprints;
    wzp_str relay_addr;
} wzp_sig_presence_update;

typedef struct wzp_sig_route_query {
    wzp_str fingerprint;
    uint8_t ttl;
} wzp_sig_route_query;

typedef struct wzp_sig_route_response {
    wzp_str fingerprint;
    bool found;
    wzp_str_list relay_chain;
} wzp_sig_route_response;

typedef struct wzp_sig_session_forward {
    wzp_str session_id;
    wzp_str target_fingerprint;
    wzp_str source_relay;
} wzp_sig_session_forward;

typedef struct wzp_sig_session_forward_ack {
    wzp_str session_id;
    wzp_str room_name;
} wzp_sig_session_forward_ack;

typedef struct wzp_sig_room_update {
    uint32_t count;
    wzp_participant_list participants;
    wzp_opt_u32 rev; /* extra key between capable peers */
} wzp_sig_room_update;

typedef struct wzp_sig_federation_hello {
    wzp_str tls_fingerprint;
    uint32_t caps; /* extra key */
} wzp_sig_federation_hello;

typedef struct wzp_sig_global_room {
    wzp_str room;
    wzp_participant_list participants; /* GlobalRoomActive only */
} wzp_sig_global_room;

typedef struct wzp_sig_register_presence {
    uint8_t identity_pub[WZP_KEY_LEN];
    wzp_bytes signature;
    wzp_str alias; /* absent = null */
    uint32_t caps;
    wzp_bytes binding;
} wzp_sig_register_presence;

typedef struct wzp_sig_register_presence_ack {
    bool success;
    wzp_str error;       /* absent = omitted */
    wzp_str relay_build; /* absent = omitted */
    wzp_str relay_region;
    wzp_str_list available_relays; /* empty = omitted */
    uint32_t caps;
    wzp_next_tls next_tls;
} wzp_sig_register_presence_ack;

typedef struct wzp_sig_direct_call_offer {
    wzp_str caller_fingerprint;
    wzp_str caller_alias; /* absent = null */
    wzp_str target_fingerprint;
    wzp_str call_id;
    uint8_t identity_pub[WZP_KEY_LEN];
    uint8_t ephemeral_pub[WZP_KEY_LEN];
    wzp_bytes signature;
    wzp_profile_list supported_profiles;
    wzp_str caller_reflexive_addr;   /* absent = omitted */
    wzp_str_list caller_local_addrs; /* empty = omitted */
    wzp_str caller_build_version;    /* absent = omitted */
    wzp_str caller_mapped_addr;      /* absent = omitted */
    uint32_t caps;
    wzp_bytes commit; /* 32 bytes or absent */
} wzp_sig_direct_call_offer;

typedef struct wzp_sig_direct_call_answer {
    wzp_str call_id;
    wzp_accept_mode accept_mode;
    wzp_bytes identity_pub;  /* 32 bytes or absent (omitted) */
    wzp_bytes ephemeral_pub; /* 32 bytes or absent (omitted) */
    wzp_bytes signature;     /* absent = omitted */
    wzp_opt_profile chosen_profile;
    wzp_str callee_reflexive_addr;
    wzp_str_list callee_local_addrs;
    wzp_str callee_build_version;
    wzp_str callee_mapped_addr;
    uint32_t caps;
    wzp_bytes kp;
} wzp_sig_direct_call_answer;

typedef struct wzp_sig_call_setup {
    wzp_str call_id;
    wzp_str room;
    wzp_str relay_addr;
    wzp_str peer_direct_addr;      /* absent = omitted */
    wzp_str_list peer_local_addrs; /* empty = omitted */
    wzp_str peer_mapped_addr;      /* absent = omitted */
} wzp_sig_call_setup;

typedef struct wzp_sig_call_ringing {
    wzp_str call_id;
} wzp_sig_call_ringing;

typedef struct wzp_sig_reflect_response {
    wzp_str observed_addr;
} wzp_sig_reflect_response;

typedef struct wzp_sig_media_path_report {
    wzp_str call_id;
    bool direct_ok;
    wzp_str race_winner; /* default "" */
} wzp_sig_media_path_report;

struct wzp_signal;

typedef struct wzp_sig_federated_signal_forward {
    const struct wzp_signal *inner;
    wzp_str origin_relay_fp;
} wzp_sig_federated_signal_forward;

typedef struct wzp_sig_quality_directive {
    wzp_profile recommended_profile;
    wzp_str reason; /* absent = omitted */
} wzp_sig_quality_directive;

typedef struct wzp_sig_presence_list {
    wzp_user_list users;
} wzp_sig_presence_list;

typedef struct wzp_sig_upgrade_proposal {
    wzp_str call_id;
    wzp_str proposal_id; /* missing on input reads as "" */
    wzp_profile proposed_profile;
    wzp_opt_f32 local_loss_pct;
    wzp_opt_u32 local_rtt_ms;
} wzp_sig_upgrade_proposal;

typedef struct wzp_sig_upgrade_response {
    wzp_str call_id;
    wzp_str proposal_id;
    bool accepted;
    wzp_str reason; /* absent = omitted */
} wzp_sig_upgrade_response;

typedef struct wzp_sig_upgrade_confirm {
    wzp_str call_id;
    wzp_str proposal_id;
    wzp_profile confirmed_profile;
} wzp_sig_upgrade_confirm;

typedef struct wzp_sig_quality_capability {
    wzp_str call_id;
    wzp_profile max_profile;
    wzp_opt_f32 loss_pct;
    wzp_opt_u32 rtt_ms;
} wzp_sig_quality_capability;

typedef struct wzp_sig_hard_nat_probe {
    wzp_str call_id;
    wzp_u16_list port_sequence; /* most recent first */
    wzp_str allocation;
    uint64_t probe_time_ms;
    wzp_str external_ip;
} wzp_sig_hard_nat_probe;

typedef struct wzp_sig_hard_nat_birthday_start {
    wzp_str call_id;
    uint16_t acceptor_port_count;
    wzp_u16_list acceptor_ports;
    wzp_str external_ip;
} wzp_sig_hard_nat_birthday_start;

typedef struct wzp_sig_candidate_update {
    wzp_str call_id;
    wzp_str reflexive_addr; /* absent = omitted */
    wzp_str_list local_addrs;
    wzp_str mapped_addr; /* absent = omitted */
    uint32_t generation;
} wzp_sig_candidate_update;

typedef struct wzp_sig_direct_call_reveal {
    wzp_str call_id;
    wzp_bytes kp;
    wzp_bytes nonce;
    wzp_bytes ct;
    wzp_bytes sig;
} wzp_sig_direct_call_reveal;

typedef struct wzp_sig_key_package_request {
    wzp_bytes_list mids;
} wzp_sig_key_package_request;

typedef struct wzp_sig_key_packages {
    wzp_bytes_list kps;
} wzp_sig_key_packages;

typedef struct wzp_sig_room_delta {
    uint32_t rev;
    wzp_participant_list joined;
    wzp_bytes_list left; /* mids */
} wzp_sig_room_delta;

typedef struct wzp_sig_room_sync {
    uint32_t rev;
} wzp_sig_room_sync;

typedef struct wzp_sig_e2ee_pair {
    uint8_t from[WZP_MID_LEN];
    uint8_t to[WZP_MID_LEN];
    wzp_bytes ct;
    wzp_bytes sig;
} wzp_sig_e2ee_pair;

typedef struct wzp_e2ee_box {
    uint8_t to[WZP_MID_LEN];
    uint32_t n;
    wzp_bytes box;
} wzp_e2ee_box;

typedef struct wzp_e2ee_box_list {
    const wzp_e2ee_box *v;
    size_t n;
} wzp_e2ee_box_list;

typedef struct wzp_sig_e2ee_keys {
    uint8_t from[WZP_MID_LEN];
    uint32_t gen;
    uint8_t step;
    uint16_t suite;
    wzp_e2ee_box_list k;
} wzp_sig_e2ee_keys;

typedef struct wzp_sig_e2ee_key_request {
    uint8_t from[WZP_MID_LEN];
    uint8_t to[WZP_MID_LEN];
} wzp_sig_e2ee_key_request;

typedef struct wzp_sig_federated_route {
    wzp_str to; /* mid in base64url for secure-media.md 5, else call_id */
    uint8_t ttl;
    wzp_str_list path;
    const struct wzp_signal *inner;
} wzp_sig_federated_route;

typedef struct wzp_signal {
    wzp_signal_kind kind;
    union {
        wzp_sig_call_offer call_offer;
        wzp_sig_call_answer call_answer;
        wzp_sig_ice_candidate ice_candidate;
        wzp_sig_rekey rekey;
        wzp_sig_quality_update quality_update;
        wzp_sig_loss_recovery_update loss_recovery_update;
        wzp_sig_ping ping; /* Ping and Pong */
        wzp_sig_hangup hangup;
        wzp_sig_auth_token auth_token;
        wzp_sig_transfer transfer;
        wzp_sig_presence_update presence_update;
        wzp_sig_route_query route_query;
        wzp_sig_route_response route_response;
        wzp_sig_session_forward session_forward;
        wzp_sig_session_forward_ack session_forward_ack;
        wzp_sig_room_update room_update;
        wzp_sig_federation_hello federation_hello;
        wzp_sig_global_room global_room; /* Active and Inactive */
        wzp_sig_register_presence register_presence;
        wzp_sig_register_presence_ack register_presence_ack;
        wzp_sig_direct_call_offer direct_call_offer;
        wzp_sig_direct_call_answer direct_call_answer;
        wzp_sig_call_setup call_setup;
        wzp_sig_call_ringing call_ringing;
        wzp_sig_reflect_response reflect_response;
        wzp_sig_media_path_report media_path_report;
        wzp_sig_federated_signal_forward federated_signal_forward;
        wzp_sig_quality_directive quality_directive;
        wzp_sig_presence_list presence_list;
        wzp_sig_upgrade_proposal upgrade_proposal;
        wzp_sig_upgrade_response upgrade_response;
        wzp_sig_upgrade_confirm upgrade_confirm;
        wzp_sig_quality_capability quality_capability;
        wzp_sig_hard_nat_probe hard_nat_probe;
        wzp_sig_hard_nat_birthday_start hard_nat_birthday_start;
        wzp_sig_candidate_update candidate_update;
        wzp_sig_direct_call_reveal direct_call_reveal;
        wzp_sig_key_package_request key_package_request;
        wzp_sig_key_packages key_packages;
        wzp_sig_room_delta room_delta;
        wzp_sig_room_sync room_sync;
        wzp_sig_e2ee_pair e2ee_pair;
        wzp_sig_e2ee_keys e2ee_keys;
        wzp_sig_e2ee_key_request e2ee_key_request;
        wzp_sig_federated_route federated_route;
    } u;
} wzp_signal;

/* Parse one JSON text.
 *
 * arena  in-out; everything *out points to lives there
 * limit  longest text taken: WZP_SIGNAL_MAX or WZP_SIGNAL_MAX_EARLY
 *
 * WZP_ERR_OVERSIZE, WZP_ERR_JSON (syntax, duplicate keys, depth, lone
 * surrogates), WZP_ERR_UTF8, WZP_ERR_VARIANT (log and skip), WZP_ERR_FIELD,
 * WZP_ERR_B64, WZP_ERR_NOMEM (also: arena limit reached).
 */
WZP_NODISCARD wzp_err wzp_signal_decode(wzp_arena *arena, const char *json,
                                        size_t len, size_t limit,
                                        wzp_signal *out);

/* Write compact JSON, keys in the order of spec/wire.md, extra keys last.
 * *out is in the arena, not terminated by NUL. WZP_ERR_NOMEM, WZP_ERR_ARG for
 * a text that is not UTF-8. */
WZP_NODISCARD wzp_err wzp_signal_encode(wzp_arena *arena, const wzp_signal *sig,
                                        wzp_str *out);

/* "CallOffer"; NULL when out of range. */
const char *wzp_signal_name(wzp_signal_kind kind);

/* True for the variants that only a peer with `sig1` understands. */
bool wzp_signal_needs_sig1(wzp_signal_kind kind);

#endif
