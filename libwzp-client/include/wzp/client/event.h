/* SPDX-License-Identifier: MIT */
/* What a client tells its host, and its statistics. A versioned tagged union:
 * `size` is set by the library; a host built against an older header reads
 * what it knows.
 */
#ifndef WZP_CLIENT_EVENT_H
#define WZP_CLIENT_EVENT_H

#include <wzp/crypto/group.h>
#include <wzp/proto/profile.h>

typedef enum wzp_client_state {
    WZP_CLIENT_IDLE,           /* in no room */
    WZP_CLIENT_CONNECTING,     /* resolving, QUIC handshake */
    WZP_CLIENT_JOINING,        /* CallOffer sent */
    WZP_CLIENT_JOINED,         /* in the room */
    WZP_CLIENT_RECONNECTING,   /* connection lost, waiting to try again */
    WZP_CLIENT_PIN_DECISION,   /* relay certificate changed: host must decide */
    WZP_CLIENT_CLEAR_DECISION, /* an old relay: host must accept clear media */
} wzp_client_state;

/* Clear media, design/secure-media.md 1. Anything but ON: nothing leaves
 * unsealed, and nothing unsealed is played. */
typedef enum wzp_clear_state {
    WZP_CLEAR_OFF,     /* no legacy party is here */
    WZP_CLEAR_REFUSED, /* one is, and gets nothing: see `why` */
    WZP_CLEAR_ASKED,   /* one is: wzp_engine_accept_clear would start it */
    WZP_CLEAR_ON,      /* NOT ENCRYPTED: every relay on the way can listen */
} wzp_clear_state;

/* Enough for a relay's name. */
#define WZP_CLEAR_WHO_MAX 272

/* A host that does not read loses the oldest of what matters least first and is
 * told how many (events_dropped). The kinds marked "kept" go only when the
 * queue holds nothing but them: states first, ENDED last. */
typedef enum wzp_client_event_kind {
    WZP_EVENT_STATE,       /* u.state; kept */
    WZP_EVENT_PIN,         /* u.pin; kept */
    WZP_EVENT_MEMBER,      /* u.member: appeared, keyed, refused, left */
    WZP_EVENT_INPUT_ENDED, /* the audio input came to its end */
    WZP_EVENT_WORDS,       /* u.words: room check words, as asked for */
    WZP_EVENT_STATS,       /* u.stats: once a second; coalesced */
    WZP_EVENT_ENDED,       /* u.ended: left for good; kept */
    WZP_EVENT_CLEAR,       /* u.clear: may, must not, does; kept */
    WZP_EVENT_CONTACT,     /* u.contact: not the key we know; kept */
} wzp_client_event_kind;

typedef struct wzp_client_stats {
    size_t size;
    wzp_client_state state;
    wzp_tstamp now;           /* monotonic, when this was taken */
    wzp_tstamp capture_start; /* first captured sample; 0 before */
    wzp_tstamp playout_start; /* first sample given to the device; 0 before */
    /* sending */
    uint64_t frames_captured;
    uint64_t frames_encoded;
    uint64_t packets_sent;
    uint64_t packets_unsent; /* no key in time, or queue refused */
    uint64_t control_sent;
    /* receiving, all senders together */
    uint64_t packets_received; /* opened media packets */
    uint64_t packets_lost;     /* sequence numbers that never came in time */
    uint64_t packets_late;
    uint64_t packets_dup;
    uint64_t frames_played; /* from real packets */
    uint64_t rebuilt_lbrr;
    uint64_t rebuilt_dred;
    uint64_t concealed;
    uint64_t underruns;
    uint64_t packets_no_room;  /* more senders at once than max_senders */
    uint32_t playout_delay_ms; /* largest of the current senders */
    uint64_t capture_overflow, playout_underflow; /* samples, rings */
    uint64_t ticks_skipped; /* of 10 ms: the process was not run in time */
    /* path */
    uint64_t rtt_us;
    uint32_t loss_permille;
    uint64_t tx_packets, tx_bytes; /* UDP payloads, all sessions */
    uint64_t rx_packets, rx_bytes;
    uint64_t tx_rate_bps, rx_rate_bps; /* last second, UDP payload */
    uint64_t dgram_dropped;
    /* security */
    wzp_group_stats group;
    uint32_t members; /* others in the room */
    uint32_t members_keyed;
    uint32_t members_legacy;
    uint64_t reconnects;
    uint64_t events_dropped;
    /* clear media */
    wzp_clear_state clear;
    uint64_t clear_sent;       /* packets, part of packets_sent */
    uint64_t clear_received;   /* packets taken for playing */
    uint64_t clear_repair;     /* T packets: ignored */
    uint64_t clear_unplayable; /* of codecs not built in: silence */
    uint64_t clear_malformed;
    uint64_t clear_no_stream; /* more talkers at once than are told apart */
    uint64_t signals_refused; /* from the relay: not readable, not expected, or
                                 refused by the group for what they say */
} wzp_client_stats;

#define WZP_ENDED_TEXT_MAX 400 /* two certificate hashes fit */

typedef struct wzp_client_event {
    size_t size;
    wzp_client_event_kind kind;
    wzp_tstamp at;
    union {
        struct {
            wzp_client_state state;
            wzp_err why;       /* RECONNECTING: what happened */
            uint32_t retry_ms; /* RECONNECTING: until the next try */
        } state;
        struct {
            char relay[272]; /* HOST:PORT as given */
            uint8_t pinned[WZP_HASH_LEN];
            uint8_t seen[WZP_HASH_LEN];
            bool is_first; /* no pin yet: `seen` was stored */
        } pin;
        struct {
            wzp_member_info info;
            bool is_gone;
            /* VERIFIED and KEYED only; before, it is the relay's word: */
            char contact[WZP_ALIAS_MAX]; /* the user's name for it; "": none */
            bool is_verified;            /* as wzp_contact */
        } member;
        struct {
            const char *word[8];
            wzp_err err;
        } words;
        wzp_client_stats stats;
        struct {
            wzp_clear_state state;
            wzp_err why;   /* REFUSED: WZP_ERR_LEGACY, WZP_ERR_DOWNGRADE */
            bool is_relay; /* `who` is the relay, else a member */
            char who[WZP_CLEAR_WHO_MAX]; /* its claimed name; may be "" */
        } clear;
        /* Somebody has the fingerprint of a contact and another key than the
         * one kept for it, or a command about a contact was done. */
        struct {
            wzp_err why; /* WZP_ERR_CONTACT; else what became of the command */
            char name[WZP_ALIAS_MAX]; /* the user's; "": no contact */
            uint8_t fingerprint[WZP_FP_LEN];
            uint8_t pinned[WZP_KEY_LEN]; /* zeros: none yet */
            uint8_t seen[WZP_KEY_LEN];   /* WZP_ERR_CONTACT only */
            bool is_verified;
        } contact;
        struct {
            wzp_err why;                   /* WZP_OK: we left */
            char text[WZP_ENDED_TEXT_MAX]; /* a sentence for people */
        } ended;
    } u;
} wzp_client_event;

/* One sentence for people about u.clear, without the name; static storage. */
const char *wzp_clear_sentence(wzp_clear_state state, wzp_err why);

/* "connecting", "joined", … */
const char *wzp_client_state_name(wzp_client_state state);

#endif
