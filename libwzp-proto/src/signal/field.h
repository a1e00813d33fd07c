/* SPDX-License-Identifier: MIT */
/* A message described once: a table of its fields, from which both reading and
 * writing follow. Each concern (room.c, call.c, …) has the tables of its
 * messages; field.c walks them; signal.c knows which variant has which table.
 *
 * What a table cannot say does not belong into a message of this protocol.
 */
#ifndef WZP_PROTO_SIGNAL_FIELD_H
#define WZP_PROTO_SIGNAL_FIELD_H

#include "base/json.h"

#include <wzp/proto/signal.h>

typedef enum wzp__field_type {
    WZP__F_STR,  /* wzp_str: string */
    WZP__F_BOOL, /* bool */
    WZP__F_U8,   /* uintN_t: integer */
    WZP__F_U16,
    WZP__F_U32,
    WZP__F_U64,
    WZP__F_F32,        /* float: number */
    WZP__F_OPT_U32,    /* wzp_opt_u32 */
    WZP__F_OPT_F32,    /* wzp_opt_f32 */
    WZP__F_ENUM,       /* an enum: one of the names */
    WZP__F_KEY,        /* uint8_t[32]: array of 32 numbers */
    WZP__F_NUMBERS,    /* wzp_bytes: array of numbers; len if not 0 */
    WZP__F_B64,        /* wzp_bytes: base64url; len if not 0 */
    WZP__F_B64_ARRAY,  /* uint8_t[len]: base64url */
    WZP__F_STRUCT,     /* the struct itself: object */
    WZP__F_OPT_STRUCT, /* the struct, and a bool at `has`: object */
    WZP__F_STR_LIST,   /* wzp_str_list and the other lists: array */
    WZP__F_U16_LIST,
    WZP__F_B64_LIST, /* len of each element if not 0 */
    WZP__F_STRUCT_LIST,
    WZP__F_CAPS,   /* uint32_t WZP_CAP_*: array of strings */
    WZP__F_SIGNAL, /* const wzp_signal *: a whole message */
} wzp__field_type;

/* What happens when there is no value (spec/wire.md 2.2).
 *             key missing    null     written when absent
 *   REQUIRED  error          error    as an empty value
 *   NULLABLE  absent         absent   null
 *   OMIT      absent         absent   key left out; lists: when empty, and
 *                                     null is an error
 *   DEFAULT   empty value    error    as an empty value */
typedef enum wzp__field_rule {
    WZP__REQUIRED,
    WZP__NULLABLE,
    WZP__OMIT,
    WZP__DEFAULT,
} wzp__field_rule;

typedef struct wzp__shape wzp__shape;

typedef struct wzp__field {
    const char *name;
    wzp__field_type type;
    wzp__field_rule rule;
    size_t at;  /* offset of the value */
    size_t has; /* OPT_STRUCT: offset of the bool */
    size_t len; /* B64, B64_ARRAY, B64_LIST, NUMBERS: bytes; 0 = any */
    const wzp__shape *shape;          /* STRUCT… */
    const char *(*name_of)(unsigned); /* ENUM: NULL beyond the last */
    bool is_profile_key; /* "profile", "target_profile" mean it too */
} wzp__field;

struct wzp__shape {
    size_t size; /* of the struct */
    const wzp__field *fields;
    size_t n; /* at most 32 */
};

/* A row: the struct it is in, the JSON key (with _AS, the member apart from
 * it), type and rule; then, as initialisers, what the type needs besides. */
#define WZP__FIELD_AS(owner, key, member, type_, ...)                          \
    {                                                                          \
        .name = #key, .at = offsetof(owner, member), .type = WZP__F_##type_,   \
        .rule = WZP__##__VA_ARGS__                                             \
    }
#define WZP__FIELD(owner, key, ...) WZP__FIELD_AS(owner, key, key, __VA_ARGS__)

/* Declare the shape of struct `type` from the array `table`. */
#define WZP__SHAPE(type, table)                                                \
    {                                                                          \
        .size = sizeof(type), .fields = (table),                               \
        .n = sizeof(table) / sizeof((table)[0])                                \
    }

/* Read the object that comes next into `out`, which is zeroed. Errors are in
 * j->err: also WZP_ERR_JSON for a key given twice. */
void wzp__fields_decode(wzp__json *j, const wzp__shape *shape, void *out);

/* Write an object. */
void wzp__fields_encode(wzp__json_out *o, const wzp__shape *shape,
                        const void *in, unsigned depth);

/* One message within another (signal.c). `depth` counts messages within
 * messages. */
void wzp__signal_decode_value(wzp__json *j, wzp_signal *out);
void wzp__signal_encode_value(wzp__json_out *o, const wzp_signal *sig,
                              unsigned depth);

/* Shapes used by several concerns (shared.c). */
extern const wzp__shape wzp__shape_profile;
extern const wzp__shape wzp__shape_participant;
extern const wzp__shape wzp__shape_next_tls;

/* Shapes of the variants, by file. */
extern const wzp__shape wzp__shape_call_offer; /* handshake.c */
extern const wzp__shape wzp__shape_call_answer;
extern const wzp__shape wzp__shape_rekey;
extern const wzp__shape wzp__shape_auth_token;
extern const wzp__shape wzp__shape_ping;
extern const wzp__shape wzp__shape_hangup; /* call.c */
extern const wzp__shape wzp__shape_transfer;
extern const wzp__shape wzp__shape_direct_call_offer;
extern const wzp__shape wzp__shape_direct_call_answer;
extern const wzp__shape wzp__shape_call_setup;
extern const wzp__shape wzp__shape_call_ringing;
extern const wzp__shape wzp__shape_direct_call_reveal;
extern const wzp__shape wzp__shape_room_update; /* room.c */
extern const wzp__shape wzp__shape_room_delta;
extern const wzp__shape wzp__shape_room_sync;
extern const wzp__shape wzp__shape_register_presence; /* presence.c */
extern const wzp__shape wzp__shape_register_presence_ack;
extern const wzp__shape wzp__shape_presence_update;
extern const wzp__shape wzp__shape_presence_list;
extern const wzp__shape wzp__shape_route_query; /* federation.c */
extern const wzp__shape wzp__shape_route_response;
extern const wzp__shape wzp__shape_session_forward;
extern const wzp__shape wzp__shape_session_forward_ack;
extern const wzp__shape wzp__shape_federation_hello;
extern const wzp__shape wzp__shape_global_room_active;
extern const wzp__shape wzp__shape_global_room_inactive;
extern const wzp__shape wzp__shape_federated_signal_forward;
extern const wzp__shape wzp__shape_federated_route;
extern const wzp__shape wzp__shape_quality_update; /* quality.c */
extern const wzp__shape wzp__shape_loss_recovery_update;
extern const wzp__shape wzp__shape_quality_directive;
extern const wzp__shape wzp__shape_upgrade_proposal;
extern const wzp__shape wzp__shape_upgrade_response;
extern const wzp__shape wzp__shape_upgrade_confirm;
extern const wzp__shape wzp__shape_quality_capability;
extern const wzp__shape wzp__shape_ice_candidate; /* nat.c */
extern const wzp__shape wzp__shape_reflect_response;
extern const wzp__shape wzp__shape_media_path_report;
extern const wzp__shape wzp__shape_hard_nat_probe;
extern const wzp__shape wzp__shape_hard_nat_birthday_start;
extern const wzp__shape wzp__shape_candidate_update;
extern const wzp__shape wzp__shape_key_package_request; /* e2ee.c */
extern const wzp__shape wzp__shape_key_packages;
extern const wzp__shape wzp__shape_e2ee_pair;
extern const wzp__shape wzp__shape_e2ee_keys;
extern const wzp__shape wzp__shape_e2ee_key_request;

#endif
