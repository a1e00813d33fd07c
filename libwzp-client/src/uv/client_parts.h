/* SPDX-License-Identifier: MIT */
/* What a client is made of, for the files of its shell: client.c (life,
 * events), client_commands.c (what is asked of it), client_join.c and
 * client_line.c (names first), client_words.c (off the loop), client_calls.c
 * (direct calls). What crosses threads is under `lock`; everything else belongs
 * to the loop's thread.
 */
#ifndef WZP_CLIENT_UV_CLIENT_PARTS_H
#define WZP_CLIENT_UV_CLIENT_PARTS_H

#include "call/event_queue.h"
#include "path/relay_name.h"

#include <wzp/client/client.h>
#include <wzp/proto/room_name.h>
#include <wzp/transport/uv_udp.h>

#include <uv.h>

#define WZP__COMMANDS 64 /* waiting at once; then WZP_ERR_FULL */

typedef enum wzp__command_kind {
    WZP__CMD_JOIN,
    WZP__CMD_LEAVE,
    WZP__CMD_MUTE,
    WZP__CMD_HOLD,
    WZP__CMD_PUSH_TO_TALK,
    WZP__CMD_VOLUME,
    WZP__CMD_PIN_DECIDE,
    WZP__CMD_ACCEPT_CLEAR,
    WZP__CMD_WORDS,
    WZP__CMD_NETWORK,
    WZP__CMD_CONTACT_ADD,
    WZP__CMD_CONTACT_VERIFY,
    WZP__CMD_CONTACT_FORGET,
    WZP__CMD_CALL,
    WZP__CMD_ANSWER,
    WZP__CMD_HANGUP,
    WZP__CMD_CONTACT_DECIDE,
    WZP__CMD_REGISTER,
    WZP__CMD_UNREGISTER,
    WZP__CMD_QUALITY,
    WZP__CMD_NETWORK_KIND,
    WZP__CMD_CAPTURE,
    WZP__CMD_RECORD,
} wzp__command_kind;

/* On which terms to join: what the engine is told once the addresses are known.
 * In guarded memory; whoever has the command last frees it. */
typedef struct wzp__join_terms {
    wzp_room_policy policy;
    bool public_name;
    size_t secret_len; /* 0: the room has none, or it is derived already */
    char secret[WZP_ROOM_SECRET_MAX];
    bool has_keys; /* access and psk */
    uint8_t access[WZP_KEY_LEN];
    uint8_t psk[WZP_KEY_LEN];
    size_t n_allowed;
    uint8_t allowed[][WZP_FP_LEN];
} wzp__join_terms;

typedef struct wzp__command {
    wzp__command_kind kind;
    bool flag;
    bool is_down;    /* of WZP__CMD_PUSH_TO_TALK */
    uint32_t member; /* of WZP__CMD_VOLUME, and percent */
    uint32_t percent;
    bool has_pin;
    uint8_t pin[WZP_HASH_LEN];
    char room[WZP_ROOM_NAME_MAX + 1];
    wzp__relay_name relay;
    wzp__join_terms *terms; /* of WZP__CMD_JOIN */
    uint8_t fp[WZP_FP_LEN];
    char name[WZP_ALIAS_MAX];
    wzp_accept_mode mode;
    wzp_hangup_reason reason;
    char call_id[WZP_CALL_ID_MAX + 1];
    wzp_tier tier; /* flag: force it, else auto */
    wzp_network network;
    wzp_capture_parts parts;
    char path[WZP_RECORD_PATH_MAX]; /* flag: there is one */
} wzp__command;

typedef enum wzp__hosting {
    WZP__HOST_NONE,
    WZP__HOST_THREAD,
    WZP__HOST_LOOP,
    WZP__HOST_FD
} wzp__hosting;

struct wzp_client {
    wzp_mem mem;
    wzp_client_config cfg;
    char bind[64];
    wzp__hosting how;
    uv_loop_t own_loop;
    uv_loop_t *loop;
    uv_thread_t thread;
    uv_async_t wake;
    wzp_uv_udp *udp;
    wzp_engine *engine;
    bool is_resolving;      /* names and secrets: at most one join at a time */
    bool is_line_resolving; /* at most one registration, too */
    bool has_unregistered;  /* meanwhile: it is void */
    size_t jobs;            /* libuv requests under way */
    size_t open_handles;
    bool is_stopping;
    bool has_left;     /* while resolving: the join is void */
    bool has_accepted; /* while resolving: clear media, once that is over */
    void (*closed)(void *user);
    void *closed_user;

    uv_mutex_t lock;
    uv_cond_t arrived;
    bool stop_asked; /* under lock, as all below */
    wzp__command commands[WZP__COMMANDS];
    size_t cmd_head, cmd_count;
    wzp__event_queue events;
    wzp_client_stats snapshot;
};

/* To the host; copies ev. */
void wzp__client_publish(wzp_client *c, const wzp_client_event *ev);
void wzp__client_publish_ended(wzp_client *c, wzp_err why, const char *text);

/* Close the handles once stopping and no request (`jobs`) is under way. */
void wzp__client_maybe_close(wzp_client *c);

/* --- client_commands.c --- */

/* From any thread. WZP_ERR_STATE, WZP_ERR_FULL. */
WZP_NODISCARD wzp_err wzp__client_post(wzp_client *c, const wzp__command *cmd);

/* Those that wait, unless the client is stopping. */
void wzp__client_run_commands(wzp_client *c);
/* None of them will run: free what they hold. */
void wzp__client_drop_commands(wzp_client *c);

/* --- client_line.c --- */

/* Find the relay's addresses, then register. */
void wzp__client_register(wzp_client *c, const wzp__command *cmd);
void wzp__client_unregister(wzp_client *c);

/* --- client_join.c, client_words.c --- */

/* The command to join. Errors of wzp_client_join_with. */
WZP_NODISCARD wzp_err wzp__client_join_command(
    wzp__command *out, const wzp_client_join_options *options);
/* Derive the room's secret, find the relay's addresses, then join. Takes
 * cmd->terms. */
void wzp__client_begin_join(wzp_client *c, const wzp__command *cmd);

/* Compute the room check words on another thread; WZP_EVENT_WORDS follows. */
void wzp__client_work_words(wzp_client *c);

/* --- client_calls.c --- */

/* CALL, ANSWER, HANGUP, CONTACT_DECIDE. */
void wzp__client_do_call(wzp_client *c, const wzp__command *cmd);

#endif
