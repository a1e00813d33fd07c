/* SPDX-License-Identifier: MIT */
/* THE call engine: one client as a machine. Join a room through a relay, seal
 * and send what the audio device gives, receive and mix what the others say.
 * No platform code, no socket, no clock; client.h hosts it on a thread, a
 * libuv loop or a descriptor, and the simulator drives it directly.
 */
#ifndef WZP_CLIENT_ENGINE_H
#define WZP_CLIENT_ENGINE_H

#include <wzp/client/audio.h>
#include <wzp/client/contacts.h>
#include <wzp/client/event.h>
#include <wzp/client/store.h>
#include <wzp/codec/capture.h>
#include <wzp/codec/codec.h>
#include <wzp/crypto/group.h>
#include <wzp/crypto/identity.h>
#include <wzp/proto/addr.h>

typedef struct wzp_engine wzp_engine;

typedef struct wzp_engine_config {
    size_t size;
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_identity identity;
    wzp_store store; /* pins, contacts; load NULL: nothing is kept */
    wzp_audio_io audio;
    /* Wall clock in seconds, for key packages and pins. */
    wzp_unix_s (*unix_now)(void *user);
    void *unix_now_user;
    const char *alias;                       /* NULL: from the public key */
    uint32_t playout_min_ms, playout_max_ms; /* default 0, 500 */
    size_t max_senders;                      /* decoders at once, default 8 */
    size_t max_events;                       /* default 256 */
    /* Clear media with legacy parties is possible after wzp_engine_accept_clear
     * (design/secure-media.md 1). Default false. */
    bool allow_legacy;
    wzp_quality_config quality; /* of sending; default: auto, from GOOD on */
    /* This mode and nothing else, as far as listeners can read it: for
     * measurements and fixed set-ups. Default false. */
    bool has_fixed_mode;
    wzp_media_mode fixed_mode;
    wzp_capture_parts capture;   /* at the start; default: nothing is on */
    wzp_audio_recorder recorder; /* begin NULL: nothing can be recorded */
} wzp_engine_config;

void wzp_engine_config_default_sized(wzp_engine_config *cfg, size_t size);
static inline void wzp_engine_config_default(wzp_engine_config *cfg)
{
    wzp_engine_config_default_sized(cfg, sizeof *cfg);
}
WZP_NODISCARD wzp_err wzp_engine_new(wzp_engine **out,
                                     const wzp_engine_config *cfg,
                                     wzp_tstamp now);
void wzp_engine_free(wzp_engine *e);

/* --- commands --- */

#define WZP_RELAY_ADDRS_MAX 8

typedef struct wzp_join {
    const char *room;  /* see proto/room_name.h */
    const char *relay; /* HOST:PORT as the user gave it: the pin's key */
    wzp_addr addrs[WZP_RELAY_ADDRS_MAX]; /* resolved, tried in order */
    size_t n_addrs;
    wzp_addr local; /* of the socket: wildcard and port are fine */
    bool has_pin;   /* this certificate and no other */
    uint8_t pin[WZP_HASH_LEN];
    /* Who may have our keys (design/secure-media.md 5); anybody else is shown
     * and counted, and neither hears us nor is heard. */
    wzp_room_policy policy;
    const uint8_t (*allowed)[WZP_FP_LEN]; /* LIST: these; CONTACTS: the
                                           * contacts, at any time, and these */
    size_t n_allowed;
    /* Both from wzp_room_secret_derive; the caller wipes its own copy. */
    bool has_secret;
    uint8_t access[WZP_KEY_LEN]; /* is proved to the relay */
    uint8_t psk[WZP_KEY_LEN];    /* goes into the keys, and to nobody */
    /* The room's name, not its hash, is the server name in the first packet,
     * for all on the path to read; a name that cannot be one is hashed. */
    bool public_name;
} wzp_join;

/* Copies what it needs; secrets are wiped when the room is left. Where not
 * everybody gets keys, or the room has a secret, media is never clear, whatever
 * allow_legacy says. WZP_ERR_STATE when already in a room
 * or in a call, WZP_ERR_NAME,
 * WZP_ERR_ARG, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_engine_join(wzp_engine *e, wzp_tstamp now,
                                      const wzp_join *join);
/* Says good-bye and comes to WZP_EVENT_ENDED; never fails. */
void wzp_engine_leave(wzp_engine *e, wzp_tstamp now);

/* To be reachable for direct calls, in a room or not. The first time it comes
 * about within 15 s or ends with an error; after that it comes back by itself,
 * until it is given up or refused. WZP_EVENT_LINE tells. */
typedef struct wzp_register {
    const char *relay; /* HOST:PORT as the user gave it: the pin's key */
    wzp_addr addrs[WZP_RELAY_ADDRS_MAX]; /* resolved, tried in order */
    size_t n_addrs;
    wzp_addr local; /* of the socket: wildcard and port are fine */
    bool has_pin;   /* this certificate and no other */
    uint8_t pin[WZP_HASH_LEN];
} wzp_register;

/* Copies what it needs. WZP_ERR_STATE when there is a registration already:
 * another relay needs wzp_engine_unregister, and its WZP_LINE_IDLE, before. */
WZP_NODISCARD wzp_err wzp_engine_register(wzp_engine *e, wzp_tstamp now,
                                          const wzp_register *reg);
/* Says good-bye and comes to WZP_LINE_IDLE; never fails. */
void wzp_engine_unregister(wzp_engine *e, wzp_tstamp now);

/* Answer to WZP_CLIENT_PIN_DECISION and WZP_LINE_PIN_DECISION. accept: the new
 * certificate replaces the pin, and what waited goes on. When both wait, each
 * gets its own answer, in the order of their WZP_EVENT_PIN. WZP_ERR_STATE when
 * none does. */
WZP_NODISCARD wzp_err wzp_engine_pin_decide(wzp_engine *e, wzp_tstamp now,
                                            bool accept);
/* From now until the room is left, media to legacy parties goes out NOT
 * ENCRYPTED where nothing can be sealed; through a legacy relay the room's name
 * goes out as well. Starts nothing where a capable member is or was.
 *
 * WZP_ERR_STATE when in no room, WZP_ERR_LEGACY without allow_legacy,
 * WZP_ERR_DOWNGRADE in a room that was sealed, or when a member has an identity
 * that could seal before. */
WZP_NODISCARD wzp_err wzp_engine_accept_clear(wzp_engine *e, wzp_tstamp now);
/* Nothing is sent while muted, in clear media silence. The members are told
 * (WZP_EVENT_PEER), those in clear are not. */
void wzp_engine_mute(wzp_engine *e, wzp_tstamp now, bool muted);
/* On hold nobody is heard either. The members are told; it ends with the room
 * at the latest. */
void wzp_engine_hold(wzp_engine *e, wzp_tstamp now, bool held);
/* While is_on, something is sent only while the key is down, and for 200 ms
 * after it: a last syllable outlives the finger. The members are not told. */
void wzp_engine_push_to_talk(wzp_engine *e, wzp_tstamp now, bool is_on,
                             bool is_down);

#define WZP_VOLUME_MAX 400 /* percent: +12 dB */

/* How loud this member is played, in percent; 100: as it comes. Until we
 * leave the room, also when it comes back or the members are numbered anew
 * (WZP_EVENT_STATE); a legacy member only until it leaves. WZP_ERR_ARG:
 * above WZP_VOLUME_MAX. WZP_ERR_NOT_FOUND. WZP_ERR_FULL: so many members are
 * not as they come already. */
WZP_NODISCARD wzp_err wzp_engine_volume(wzp_engine *e, wzp_tstamp now,
                                        uint32_t member, uint32_t gain_percent);

/* How we send. auto (default): by what listeners and the path say. force: this
 * tier whatever happens, until auto; redundancy goes on following the loss.
 * WZP_ERR_ARG: there is no such tier. WZP_EVENT_QUALITY tells what came of it.
 */
void wzp_engine_quality_auto(wzp_engine *e, wzp_tstamp now);
WZP_NODISCARD wzp_err wzp_engine_quality_force(wzp_engine *e, wzp_tstamp now,
                                               wzp_tier tier);
/* The machine is on a network of this kind now. */
void wzp_engine_quality_network(wzp_engine *e, wzp_tstamp now,
                                wzp_network kind);

/* Which parts of the capture chain are on, from now on. */
void wzp_engine_capture_set(wzp_engine *e, wzp_tstamp now,
                            const wzp_capture_parts *parts);
/* Record the own microphone as it is sent, silence while muted, through the
 * configuration's recorder; NULL ends it, and so does leaving.
 * WZP_EVENT_AUDIO tells of both. WZP_ERR_STATE: no audio runs, or no recorder;
 * errors of the recorder. */
WZP_NODISCARD wzp_err wzp_engine_record(wzp_engine *e, wzp_tstamp now,
                                        const char *path);
/* Called from the threads of a device that is not ticked when it took or gave
 * samples: whoever runs the engine then calls wzp_engine_expire, and less has
 * to be kept ready for the device. A device that runs is stopped for it and
 * started again; where it cannot be, WZP_EVENT_AUDIO tells. NULL: no more, and
 * no sound from now on. */
void wzp_engine_audio_wake(wzp_engine *e, wzp_tstamp now,
                           void (*wake)(void *user), void *user);

/* The contacts (contacts.h), with its errors. WZP_EVENT_CONTACT says what came
 * of it as well, and WZP_EVENT_MEMBER what a member of the room is to us now.
 * In a room with WZP_POLICY_CONTACTS whoever is added gets keys at once, and
 * whoever is forgotten gets no more; added once more it has to join again.
 * After WZP_ERR_NOMEM add again: WZP_ERR_EXISTS, and the contact is let in.
 *
 * A member with the fingerprint of a contact and another key than its own gets
 * no keys: WZP_EVENT_CONTACT tells both keys, with WZP_ERR_CONTACT. Where the
 * new one is right, forget the contact, add it again, and join again. */
WZP_NODISCARD wzp_err wzp_engine_contact_add(wzp_engine *e, wzp_tstamp now,
                                             const uint8_t fp[WZP_FP_LEN],
                                             const char *name);
WZP_NODISCARD wzp_err wzp_engine_contact_verify(wzp_engine *e, wzp_tstamp now,
                                                const uint8_t fp[WZP_FP_LEN],
                                                bool is_verified);
WZP_NODISCARD wzp_err wzp_engine_contact_forget(wzp_engine *e, wzp_tstamp now,
                                                const uint8_t fp[WZP_FP_LEN]);

/* --- direct calls, one at a time; design/secure-media.md 4 ---
 *
 * They come and go through the relay that wzp_engine_register was given, and
 * WZP_EVENT_CALL tells of them. Media is sealed or there is no call:
 * allow_legacy does not count here. While the registration is being made anew a
 * call that rings waits for it until its timer, and one that stands goes on;
 * nothing is announced again. A call rings also while in a room; to answer it
 * the room has to be left first (WZP_EVENT_ENDED).
 *
 * A call that is agreed has a room of its own, of which WZP_EVENT_STATE,
 * WZP_EVENT_MEMBER and WZP_EVENT_ENDED tell as of any other. */

typedef struct wzp_call_to {
    uint8_t fingerprint[WZP_FP_LEN];
} wzp_call_to;

/* WZP_ERR_STATE: in a room, in a call, one rings, or not registered (one that
 * is being made anew counts). WZP_ERR_ARG: our own fingerprint. WZP_ERR_LEGACY:
 * through this relay no call can be sealed. WZP_ERR_NOMEM, errors of the
 * identity. */
WZP_NODISCARD wzp_err wzp_engine_call(wzp_engine *e, wzp_tstamp now,
                                      const wzp_call_to *to);
/* The call that rings. WZP_ACCEPT_GENERIC: by way of relays only, no address
 * of ours is told. WZP_ACCEPT_TRUSTED is the same until there are direct paths.
 * WZP_ERR_NOT_FOUND: this one does not ring (any more). WZP_ERR_STATE: in a
 * room (rejecting is possible). WZP_ERR_NOMEM, errors of the identity: it
 * still rings. */
WZP_NODISCARD wzp_err wzp_engine_answer(wzp_engine *e, wzp_tstamp now,
                                        const char *call_id,
                                        wzp_accept_mode mode);
/* Ends the call in whatever state; one that rings is rejected. Nothing happens
 * without one. wzp_engine_leave does the same in a call. */
void wzp_engine_hangup(wzp_engine *e, wzp_tstamp now, wzp_hangup_reason reason);
/* Answer to WZP_EVENT_CONTACT. accept: the key seen replaces the one pinned,
 * and the call goes on; else it ends with WZP_ERR_CONTACT. There are 10 s for
 * it in a call that we made (the other side waits no longer) and what is left
 * of the ringing in one that came. WZP_ERR_STATE: nothing to decide. */
WZP_NODISCARD wzp_err wzp_engine_contact_decide(wzp_engine *e, wzp_tstamp now,
                                                bool accept);

/* The socket has another address now (the machine changed networks): the call
 * goes on from there. A connection still being made is made again. */
void wzp_engine_moved(wzp_engine *e, wzp_tstamp now, const wzp_addr *local);

/* Input of the room check words: room id and the identity keys (own
 * included) at this moment; the caller computes wzp_room_words off the loop.
 * Returns the number of keys, 0 when not joined. */
size_t wzp_engine_words_input(const wzp_engine *e,
                              uint8_t room_id[WZP_HASH_LEN],
                              uint8_t (*keys)[WZP_KEY_LEN], size_t cap);

/* --- the machine's verbs --- */

void wzp_engine_recv(wzp_engine *e, wzp_tstamp now, const wzp_addr *local,
                     const wzp_addr *remote, const uint8_t *data, size_t len);
void wzp_engine_expire(wzp_engine *e, wzp_tstamp now);
wzp_tstamp wzp_engine_deadline(const wzp_engine *e);
/* Next packet to send; bytes valid until the next call. */
bool wzp_engine_poll_send(wzp_engine *e, wzp_tstamp now, wzp_addr *local,
                          wzp_addr *remote, const uint8_t **data, size_t *len);
/* Next event; false when there is none. */
bool wzp_engine_next_event_sized(wzp_engine *e, wzp_client_event *out,
                                 size_t size);
static inline bool wzp_engine_next_event(wzp_engine *e, wzp_client_event *out)
{
    return wzp_engine_next_event_sized(e, out, sizeof *out);
}

/* --- queries --- */

void wzp_engine_stats_get(const wzp_engine *e, wzp_client_stats *out);
wzp_client_state wzp_engine_state(const wzp_engine *e);
wzp_line_state wzp_engine_line_state(const wzp_engine *e);
/* To be looked at: wzp_contacts_find and the like. Valid as long as e. */
const wzp_contacts *wzp_engine_contacts_view(const wzp_engine *e);

#endif
