/* SPDX-License-Identifier: MIT */
/* What a client tells its host, and its statistics. A versioned tagged union:
 * `size` is set by the library; a host built against an older header reads
 * what it knows.
 */
#ifndef WZP_CLIENT_EVENT_H
#define WZP_CLIENT_EVENT_H

#include <wzp/client/audio.h>
#include <wzp/crypto/agree.h>
#include <wzp/crypto/group.h>
#include <wzp/proto/quality.h>

typedef enum wzp_client_state {
    WZP_CLIENT_IDLE,           /* in no room */
    WZP_CLIENT_CONNECTING,     /* resolving, QUIC handshake */
    WZP_CLIENT_JOINING,        /* CallOffer sent */
    WZP_CLIENT_JOINED,         /* in the room */
    WZP_CLIENT_RECONNECTING,   /* connection lost, waiting to try again */
    WZP_CLIENT_PIN_DECISION,   /* relay certificate changed: host must decide */
    WZP_CLIENT_CLEAR_DECISION, /* an old relay: host must accept clear media */
} wzp_client_state;

/* The registration at a signal relay, through which direct calls come and go.
 * It stands beside the membership in a room, and needs none. */
typedef enum wzp_line_state {
    WZP_LINE_IDLE,         /* not registered, and not about to be */
    WZP_LINE_CONNECTING,   /* QUIC handshake */
    WZP_LINE_REGISTERING,  /* RegisterPresence sent */
    WZP_LINE_REGISTERED,   /* can be called */
    WZP_LINE_RECONNECTING, /* connection lost, waiting to try again */
    WZP_LINE_PIN_DECISION, /* relay certificate changed: host must decide */
} wzp_line_state;

/* Clear media, design/secure-media.md 1. Anything but ON: nothing leaves
 * unsealed, and nothing unsealed is played. */
typedef enum wzp_clear_state {
    WZP_CLEAR_OFF,     /* no legacy party is here */
    WZP_CLEAR_REFUSED, /* one is, and gets nothing: see `why` */
    WZP_CLEAR_ASKED,   /* one is: wzp_engine_accept_clear would start it */
    WZP_CLEAR_ON,      /* NOT ENCRYPTED: every relay on the way can listen */
} wzp_clear_state;

/* A direct call, as the user sees it; at most one at a time. Where the way to
 * the relay is lost and found again while it lasts, WZP_EVENT_STATE tells, and
 * this stays. */
typedef enum wzp_call_state {
    WZP_CALL_RINGING_OUT, /* we call */
    WZP_CALL_RINGING_IN,  /* somebody calls: wzp_engine_answer, or _hangup */
    WZP_CALL_CONNECTING,  /* keys are agreed: check words are known */
    WZP_CALL_ACTIVE,      /* a sealed packet of the other side was opened */
    WZP_CALL_ENDED,       /* see `why` */
} wzp_call_state;

/* Who calls or is called, held against the contacts. */
typedef enum wzp_call_contact {
    WZP_CALL_STRANGER,    /* no contact */
    WZP_CALL_KEY_NEW,     /* a contact; its key was never seen, or they have
                             shown none in this call yet */
    WZP_CALL_KEY_SAME,    /* with the key that is pinned */
    WZP_CALL_KEY_CHANGED, /* another key is pinned: WZP_EVENT_CONTACT */
} wzp_call_contact;

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
    WZP_EVENT_LINE,        /* u.line: the registration; kept like states */
    WZP_EVENT_CALL,        /* u.call: a direct call; kept */
    WZP_EVENT_CONTACT,     /* u.contact: not the key we know; kept */
    WZP_EVENT_TALKERS,     /* u.talkers: who is heard now; coalesced */
    WZP_EVENT_PEER,        /* u.peer: muted itself, or holds */
    WZP_EVENT_QUALITY,     /* u.quality: what we send now; coalesced */
    WZP_EVENT_AUDIO,       /* u.audio: about the devices; kept */
} wzp_client_event_kind;

#define WZP_TALKERS_MAX 8

/* Somebody who is heard. */
typedef struct wzp_talker {
    uint32_t member;  /* as in WZP_EVENT_MEMBER; in clear: of no member */
    uint8_t level_db; /* below full scale: 0 loud … 127 silent */
} wzp_talker;

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
    uint64_t packets_lost;     /* frames that came in no form, see below */
    uint64_t packets_late;     /* frames: after their moment */
    uint64_t packets_dup;
    uint64_t frames_played; /* from real packets */
    uint64_t rebuilt_lbrr;
    uint64_t rebuilt_dred;
    uint64_t concealed; /* lost, and nothing brought them back */
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
    uint64_t clear_sent;     /* packets, part of packets_sent */
    uint64_t clear_received; /* packets taken for playing */
    uint64_t clear_repair;   /* T packets: ignored */
    uint64_t clear_malformed;
    uint64_t clear_no_stream; /* more talkers at once than are told apart */
    uint64_t signals_refused; /* from a relay: not readable, not expected, or
                                 refused by the group for what they say */
    /* direct calls */
    uint64_t calls_made;
    uint64_t calls_rung;           /* incoming ones the host was told of */
    uint64_t calls_agreed;         /* of both kinds */
    uint64_t call_offers_refused;  /* malformed, not for us, wrong identity */
    uint64_t call_offers_known;    /* the call id rang or was answered before */
    uint64_t call_offers_legacy;   /* without keys */
    uint64_t call_offers_busy;     /* in a call; or too many in a short time */
    uint64_t call_answers_refused; /* keys that are not those of whom we call */
    uint64_t call_answers_late;    /* another device's, or a repeat */
    uint64_t call_hangups_ignored; /* of no call that stands */
    uint64_t call_signals_refused; /* about calls: the rest that was wrong */
    uint64_t call_signals_unsent;  /* the registration was gone for too long */
    /* voice: receiving, all senders together */
    uint64_t rebuilt_copy;          /* frames from repeats in bundles */
    uint64_t rebuilt_parity;        /* from parity packets or windows */
    uint64_t comfort_ms;            /* noise in place of silence */
    uint64_t longer_ms, shorter_ms; /* put in, taken out by time-stretch */
    uint32_t playout_wait_ms;       /* part of playout_delay_ms that waits for
                                       redundancy; largest of the senders */
    uint32_t jitter_ms;             /* RFC 3550, largest of the senders */
    uint64_t media_malformed;       /* opened, but no bundle, parity or frame */
    uint64_t reports_sent, reports_received;
    /* voice: sending */
    wzp_tier tier;
    wzp_media_mode mode; /* in force */
    bool is_forced;
    uint32_t estimate_bps;       /* of the path; 0: not known */
    uint32_t queue_ms;           /* of our own making on the path, now */
    uint16_t peer_loss_permille; /* worst listener, last seconds */
    uint64_t mode_changes;
    uint64_t packets_parity; /* sent, T = 1 */
    uint64_t silence_ms;     /* not sent, as nobody spoke */
    /* capture */
    uint8_t capture_level_db; /* after the chain; 0 loud … 127 silent */
    bool is_voice;            /* now */
    bool has_echo, has_denoise, has_gain, has_vad; /* switched on */
    uint32_t echo_delay_ms;                        /* estimated */
    uint32_t erle_db;         /* echo taken away, while far speech is there */
    uint64_t device_restarts; /* after a device was lost */
    uint64_t recorded_ms;     /* in the recording of now, or the last one */
    /* voice: what became of the sender's numbers that playing has passed, all
     * senders together: packets_lost = rebuilt_lbrr + rebuilt_dred +
     * concealed; the others are in frames_played (came in packets of their
     * own), rebuilt_copy, rebuilt_parity, frames_undecodable or
     * frames_dropped. */
    uint64_t frames_undecodable; /* came, but the codec refused them */
    uint64_t frames_dropped;     /* came, thrown away to catch up */
    uint64_t bridged_ms;         /* concealed while waiting for what is next */
    uint32_t voices;             /* receivers, hence decoders, now */
    uint64_t control_malformed;  /* opened control frames */
    /* our own states */
    bool is_muted, is_held; /* as commanded */
    bool is_open;           /* what the microphone takes goes out */
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
            /* Of the call that waits for wzp_engine_contact_decide; "": none
             * does. */
            char call_id[WZP_CALL_ID_MAX + 1];
        } contact;
        struct {
            size_t n;
            wzp_talker of[WZP_TALKERS_MAX]; /* loudest first */
        } talkers;
        struct {
            uint32_t member;
            bool is_muted; /* by itself */
            bool is_held;  /* it put us on hold */
        } peer;
        struct {
            wzp_tier tier;
            wzp_media_mode mode;
            wzp_quality_why why;
            bool is_forced;
            uint32_t wire_bps; /* that this mode needs */
        } quality;
        wzp_audio_note audio;
        struct {
            wzp_err why;                   /* WZP_OK: we left */
            char text[WZP_ENDED_TEXT_MAX]; /* a sentence for people */
        } ended;
        struct {
            wzp_line_state state;
            /* IDLE: why it ended, WZP_OK: on our word. RECONNECTING: what
             * happened. REGISTERED: WZP_ERR_LEGACY at a relay that cannot carry
             * what direct calls need: it stands, but they fail. */
            wzp_err why;
            uint32_t retry_ms; /* RECONNECTING: until the next try */
            char text[WZP_ENDED_TEXT_MAX]; /* a sentence where there is a why;
                                              else "" */
        } line;
        struct {
            wzp_call_state state;
            bool is_incoming; /* they asked for it; also when both did and
                                 theirs stands: false, we asked as well */
            bool is_ringing;  /* RINGING_OUT: the relay says that it rings */
            /* Changes once when both call each other at the same time. */
            char call_id[WZP_CALL_ID_MAX + 1];
            uint8_t fingerprint[WZP_FP_LEN];
            /* From CONNECTING on proven; RINGING_IN: what the caller claims,
             * and nothing proves yet. */
            bool has_key;
            uint8_t key[WZP_KEY_LEN];
            char alias[WZP_ALIAS_MAX]; /* of an incoming call, the other side's
                                          claim; one line of UTF-8; or "" */
            wzp_call_contact contact;
            char name[WZP_ALIAS_MAX]; /* of the contact, else "" */
            bool is_verified;         /* KEY_SAME, and the user compared it */
            /* From CONNECTING on: both sides see the same, or somebody is
             * between them. NULL and "" before. */
            const char *word[WZP_CALL_WORDS];
            char digits[WZP_CALL_DIGITS + 1];
            /* RINGING_IN: why it could not be answered, through client.h.
             * ENDED. WZP_OK: it stood, and one of the two hung up, or we gave
             * it up before it did. WZP_ERR_BUSY, _DECLINED, _NO_ANSWER (also an
             * incoming call that was missed), _OFFLINE, _ANSWERED (on another
             * device), _LEGACY, _CONTACT, _TIMEOUT, _PEER_CLOSED; what was
             * wrong with the other side's keys; why the room was left. */
            wzp_err why;
            bool is_by_peer;      /* the other side, or the relay, ended it */
            bool is_relay_legacy; /* WZP_ERR_LEGACY: the relay cannot carry
                                     keys; else the other side has none */
        } call;
    } u;
} wzp_client_event;

/* One sentence for people about u.clear, without the name; static storage. */
const char *wzp_clear_sentence(wzp_clear_state state, wzp_err why);

/* "ringing", "connecting", … */
const char *wzp_call_state_name(wzp_call_state state);

/* "connecting", "joined", … */
const char *wzp_client_state_name(wzp_client_state state);
/* "idle", "registered", … */
const char *wzp_line_state_name(wzp_line_state state);

#endif
