/* SPDX-License-Identifier: MIT */
/* The handle an app holds. Commands may be called from any thread; events are
 * read from one bounded queue. Three ways to host, chosen once:
 *   wzp_client_run_thread   the library's own thread
 *   wzp_client_attach       the caller's uv_loop_t (caller's thread)
 *   wzp_client_fd           a descriptor to poll; wzp_client_process when ready
 */
#ifndef WZP_CLIENT_CLIENT_H
#define WZP_CLIENT_CLIENT_H

#include <wzp/client/engine.h>

typedef struct uv_loop_s uv_loop_t;
typedef struct wzp_client wzp_client;

typedef struct wzp_client_config {
    size_t size;
    wzp_engine_config engine; /* rng and unix_now default to the system's */
    const char *bind;         /* "ADDR:PORT", NULL: any */
} wzp_client_config;

/* Counted, thread-safe; the only place that touches what third parties keep
 * per process. Call init before anything else of this library. */
WZP_NODISCARD wzp_err wzp_global_init(void);
void wzp_global_deinit(void);

/* "0.1.0" */
const char *wzp_version(void);

typedef struct wzp_features_info {
    size_t size;
    bool aes; /* suite 0x0005 possible on this machine */
    bool rnnoise;
    unsigned dred_version; /* 0: none */
} wzp_features_info;
void wzp_features(wzp_features_info *out);

void wzp_client_config_default_sized(wzp_client_config *cfg, size_t size,
                                     size_t engine_size);
static inline void wzp_client_config_default(wzp_client_config *cfg)
{
    wzp_client_config_default_sized(cfg, sizeof *cfg, sizeof cfg->engine);
}
WZP_NODISCARD wzp_err wzp_client_new(wzp_client **out,
                                     const wzp_client_config *cfg);

WZP_NODISCARD wzp_err wzp_client_run_thread(wzp_client *c);
WZP_NODISCARD wzp_err wzp_client_attach(wzp_client *c, uv_loop_t *loop);
/* The descriptor is readable when there is work or an event;
 * *timeout_ms tells when to call wzp_client_process at the latest (−1: no
 * timer). Ask again after every process. */
WZP_NODISCARD wzp_err wzp_client_fd(wzp_client *c, int *fd, int *timeout_ms);
WZP_NODISCARD wzp_err wzp_client_process(wzp_client *c);

/* Stop and free from the thread that made it. With a thread: joins it. With
 * attach: `closed` is called on the loop when all handles are gone (may be
 * NULL), the client must not be used after this call. */
void wzp_client_free(wzp_client *c, void (*closed)(void *user), void *user);

/* --- commands: from any thread, done in order --- */

#define WZP_ROOM_SECRET_MAX 1024 /* bytes; chosen: any sentence */

typedef struct wzp_client_join_options {
    size_t size;
    const char *room;
    const char *relay; /* "HOST:PORT", "HOST" (port 4433), "[v6]:PORT" */
    const char *pin;   /* NULL, or 64 hex digits / colon form */
    /* Who may have our keys, as in wzp_join. */
    wzp_room_policy policy;               /* default open */
    const uint8_t (*allowed)[WZP_FP_LEN]; /* of the policies but open */
    size_t n_allowed;
    /* What the members of this room have agreed on, byte for byte; NULL: the
     * room has no secret. Joining takes a second and 256 MiB more with it. The
     * caller wipes its own copy. */
    const char *secret;
    size_t secret_len;
    bool public_name; /* as in wzp_join */
} wzp_client_join_options;

void wzp_client_join_options_default_sized(wzp_client_join_options *o,
                                           size_t size);
static inline void wzp_client_join_options_default(wzp_client_join_options *o)
{
    wzp_client_join_options_default_sized(o, sizeof *o);
}

/* Copies what it needs. Names are resolved, and the secret is worked on, off
 * the loop. Errors of the texts themselves come back here (WZP_ERR_NAME,
 * WZP_ERR_ADDRESS, those of the pin, WZP_ERR_PASSPHRASE: no secret, or too long
 * a one); everything later is an event. In a room or a call already:
 * WZP_EVENT_STATE with WZP_ERR_STATE, and what there is goes on. A secret that
 * is not the room's ends the join with WZP_ERR_AUTH where the relay asks for a
 * proof; where it does not, members stay WZP_MEMBER_VERIFIED, with `why`
 * WZP_ERR_TAG. */
WZP_NODISCARD wzp_err
wzp_client_join_with(wzp_client *c, const wzp_client_join_options *options);
/* The same for a room without secret, in which everybody gets keys. pin may be
 * NULL. */
WZP_NODISCARD wzp_err wzp_client_join(wzp_client *c, const char *room,
                                      const char *relay, const char *pin);
WZP_NODISCARD wzp_err wzp_client_leave(wzp_client *c);
WZP_NODISCARD wzp_err wzp_client_mute(wzp_client *c, bool muted);
WZP_NODISCARD wzp_err wzp_client_hold(wzp_client *c, bool held);
WZP_NODISCARD wzp_err wzp_client_push_to_talk(wzp_client *c, bool is_on,
                                              bool is_down);
/* As wzp_engine_volume; of its errors only WZP_ERR_ARG comes back. */
WZP_NODISCARD wzp_err wzp_client_volume(wzp_client *c, uint32_t member,
                                        uint32_t gain_percent);
/* As wzp_engine_quality_…; WZP_ERR_ARG: there is no such tier. */
WZP_NODISCARD wzp_err wzp_client_quality_auto(wzp_client *c);
WZP_NODISCARD wzp_err wzp_client_quality_force(wzp_client *c, wzp_tier tier);
WZP_NODISCARD wzp_err wzp_client_quality_network(wzp_client *c,
                                                 wzp_network kind);
/* See wzp_engine_capture_set. */
WZP_NODISCARD wzp_err wzp_client_capture_set(wzp_client *c,
                                             const wzp_capture_parts *parts);
#define WZP_RECORD_PATH_MAX 1024 /* bytes, with its end */
/* See wzp_engine_record; WZP_AUDIO_RECORDED with an error says that it could
 * not begin. WZP_ERR_NAME: the path is too long. */
WZP_NODISCARD wzp_err wzp_client_record(wzp_client *c, const char *path);
WZP_NODISCARD wzp_err wzp_client_pin_decide(wzp_client *c, bool accept);
/* Be reachable for direct calls at this relay, see wzp_engine_register; texts
 * and errors as for wzp_client_join. WZP_EVENT_LINE tells what comes of it;
 * one with WZP_ERR_STATE while there is a registration already. */
WZP_NODISCARD wzp_err wzp_client_register(wzp_client *c, const char *relay,
                                          const char *pin);
WZP_NODISCARD wzp_err wzp_client_unregister(wzp_client *c);
/* See wzp_engine_accept_clear; counts from wzp_client_join on.
 * WZP_EVENT_CLEAR tells what came of it. Nothing
 * happens where it is refused: the event with WZP_CLEAR_REFUSED said why. */
WZP_NODISCARD wzp_err wzp_client_accept_clear(wzp_client *c);
/* The machine is on another network now, or may be: the call goes on over a new
 * socket (a fixed port of `bind` is given up). Worth calling whenever the
 * system tells of a change; where nothing changed it costs one round trip of
 * checking. Without it the client notices by itself only when the system
 * refuses to send for a second. No socket to be had: the old one stays, and
 * is tried again while nothing can be sent. */
WZP_NODISCARD wzp_err wzp_client_network_changed(wzp_client *c);
/* As wzp_engine_contact_…; WZP_EVENT_CONTACT follows. What there is to know of
 * members is in WZP_EVENT_MEMBER. WZP_ERR_NAME: longer than any name. */
WZP_NODISCARD wzp_err wzp_client_contact_add(wzp_client *c,
                                             const uint8_t fp[WZP_FP_LEN],
                                             const char *name);
WZP_NODISCARD wzp_err wzp_client_contact_verify(wzp_client *c,
                                                const uint8_t fp[WZP_FP_LEN],
                                                bool is_verified);
WZP_NODISCARD wzp_err wzp_client_contact_forget(wzp_client *c,
                                                const uint8_t fp[WZP_FP_LEN]);
/* Direct calls, through the relay that wzp_client_register was given: see
 * wzp_engine_call and what follows there. WZP_EVENT_CALL tells what came of it:
 * a call that could not begin is ENDED, without an id; one that could not be
 * answered is still RINGING_IN; both with the error of the engine's function in
 * `why`. wzp_client_leave hangs up as well.
 * WZP_ERR_ARG: a call id that is longer than any. */
WZP_NODISCARD wzp_err wzp_client_call(wzp_client *c,
                                      const uint8_t fp[WZP_FP_LEN]);
WZP_NODISCARD wzp_err wzp_client_answer(wzp_client *c, const char *call_id,
                                        wzp_accept_mode mode);
WZP_NODISCARD wzp_err wzp_client_hangup(wzp_client *c,
                                        wzp_hangup_reason reason);
WZP_NODISCARD wzp_err wzp_client_contact_decide(wzp_client *c, bool accept);
/* WZP_EVENT_WORDS follows; computed on another thread. */
WZP_NODISCARD wzp_err wzp_client_words(wzp_client *c);

/* --- events and statistics: from any thread --- */

/* Next event; false when there is none. Contents are copied. */
bool wzp_client_next_event_sized(wzp_client *c, wzp_client_event *out,
                                 size_t size);
static inline bool wzp_client_next_event(wzp_client *c, wzp_client_event *out)
{
    return wzp_client_next_event_sized(c, out, sizeof *out);
}
/* Block until there is an event or timeout_ms is over, at once for 0 and less
 * (own-thread hosting only). WZP_ERR_TIMEOUT. */
WZP_NODISCARD wzp_err wzp_client_wait_event_sized(wzp_client *c, int timeout_ms,
                                                  wzp_client_event *out,
                                                  size_t size);
WZP_NODISCARD static inline wzp_err
wzp_client_wait_event(wzp_client *c, int timeout_ms, wzp_client_event *out)
{
    return wzp_client_wait_event_sized(c, timeout_ms, out, sizeof *out);
}
/* The last snapshot (at most 100 ms old). */
void wzp_client_stats_get(wzp_client *c, wzp_client_stats *out);

#endif
