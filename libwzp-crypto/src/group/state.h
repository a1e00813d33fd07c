/* SPDX-License-Identifier: MIT */
/* The group machine from inside: its structs, and what its files offer each
 * other. Each noun has a file:
 *
 *   table.c     members: numbers, buckets by stream id, listed and departed
 *   roster.c    what the relay says of who is there; packages
 *   pairing.c   E2eePair: both-sent rule, chains
 *   keys.c      keys of others: boxes, roll-back rule, ratchet, wiping
 *   schedule.c  the own key: who gets it, when it changes (timers)
 *   outbox.c    what is to be sent, made when it is polled
 *   packet.c    seal and open
 *   agreed.c    a call: a group that begins from a key agreement
 *   group.c     life, recv and expire, queries
 */
#ifndef WZP_CRYPTO_SRC_GROUP_STATE_H
#define WZP_CRYPTO_SRC_GROUP_STATE_H

#include "sframe_key.h"

#include <wzp/crypto/group.h>
#include <wzp/crypto/sender_key.h>

/* A new generation before the counter ends at 2^32; the rest is for the switch.
 */
#define WZP__COUNTER_REKEY ((UINT64_C(1) << 32) - 65536)

enum {
    WZP__BUCKETS = 256, /* by the low byte of the stream id */
    WZP__KEYS_MAX = 8,  /* keys held of one member; chosen: one per 300 ms */
    WZP__BATCH = 64,    /* boxes or mids in one message; chosen: ≈ 8 kB */
    WZP__FORGOTTEN_MAX = 16384, /* chosen: 256 KiB, a crowded day */
    WZP__CALL_MEMBERS = 8,      /* chosen: the peer, and strangers to be seen */
};

/* A key of somebody else. Newest first. */
typedef struct wzp__their_key {
    struct wzp__their_key *older;
    uint32_t generation;
    uint8_t step;
    uint16_t suite;
    uint8_t base[WZP_KEY_LEN];
    wzp_tstamp wipe_at; /* WZP_NEVER for the newest */
    wzp_sframe_key sframe;
} wzp__their_key;

/* Whose ciphertext made the pair. */
typedef enum wzp__pair_state {
    WZP__PAIR_NONE,
    WZP__PAIR_OWN,
    WZP__PAIR_PEER,
    WZP__PAIR_AGREED, /* a call's: no ciphertext of a room */
} wzp__pair_state;

/* Things to be polled for a member, a bit each. */
typedef enum wzp__todo {
    WZP__TODO_GONE,
    WZP__TODO_MEMBER,
    WZP__TODO_KEYS,    /* its packets can be opened now */
    WZP__TODO_PACKAGE, /* ask for its package */
    WZP__TODO_PAIR,    /* send own ct */
    WZP__TODO_BOX,     /* box the own key */
    WZP__TODO_ASK,     /* E2eeKeyRequest */
    WZP__TODOS,
} wzp__todo;

/* Key messages that came before the package. */
typedef struct wzp__early {
    bool has_pair; /* in ct and sig of the member */
    bool has_box;
    uint32_t generation;
    uint8_t step;
    uint16_t suite;
    uint32_t n;
    uint8_t box[WZP_KEY_BOX_LEN];
} wzp__early;

typedef struct wzp__member {
    uint32_t number;
    size_t pos;                 /* in list */
    struct wzp__member *bucket; /* next one in the same bucket */
    uint32_t todo;              /* bits of wzp__todo */

    /* who */
    bool is_listed; /* by the relay */
    bool is_legacy;
    bool is_silent; /* missed three keep-alives: gone for keying */
    bool is_seen;   /* mark while a roster is read */
    wzp_member_state state;
    wzp_err why;
    uint8_t mid[WZP_MID_LEN];
    uint8_t kph[WZP_HASH_LEN];
    bool has_kph;
    uint8_t listed_fp[WZP_FP_LEN]; /* the relay's word */
    bool has_fp;
    uint8_t identity[WZP_KEY_LEN];
    char alias[WZP_ALIAS_MAX];
    uint16_t caps;
    uint8_t suites;
    unsigned tries; /* package requests */
    wzp_tstamp package_at;
    wzp_tstamp verified_at;
    wzp_tstamp left_at;

    /* pair */
    wzp__pair_state pair;
    bool is_confirmed; /* a box of theirs opened under this pair */
    uint8_t kem[WZP_KEM_PK_LEN];
    uint8_t ct[WZP_KEM_CT_LEN]; /* own, while it stands */
    uint8_t sig[WZP_SIG_LEN];
    uint8_t peer_ct_hash[WZP_HASH_LEN];
    wzp_key_chain tx;
    wzp_key_chain rx;
    wzp__early early;

    /* the own key at them */
    bool holds;                /* can follow it */
    bool is_waiting;           /* gets the next one */
    bool is_copy;              /* the box to be sent is a repeat */
    uint32_t boxed_generation; /* what was boxed last */
    uint8_t boxed_step;
    unsigned repeats; /* of it */
    unsigned copies;  /* boxes still to be repeated */
    wzp_tstamp copy_at;
    wzp_tstamp answered_at;
    bool was_answered;

    /* their keys */
    wzp__their_key *keys;
    size_t n_keys;
    bool has_high; /* the highest (generation, step) ever held */
    uint32_t high_generation;
    uint8_t high_step;
    bool is_speaker;
    wzp_tstamp ask_at;    /* earliest next request */
    wzp_tstamp heard_at;  /* last packet opened, or key installed */
    wzp_tstamp missed_at; /* when to ask for what packets miss */
    unsigned bad_tags;    /* in a row */
    unsigned bad_boxes;   /* in a row: of its key, not one opened */
    wzp_tstamp ratchet_since;
    unsigned ratchet_steps; /* tried in vain since then */
} wzp__member;

typedef struct wzp__own_key {
    uint32_t generation;
    uint8_t step;
    uint16_t suite;
    bool is_out; /* somebody was sent it, or can ratchet to it */
    wzp_tstamp made_at;
    uint8_t base[WZP_KEY_LEN];
    wzp_sframe_key sframe;
} wzp__own_key;

/* In guarded, locked memory. */
typedef struct wzp__group_secrets {
    wzp__own_key current;
    wzp__own_key next;
    wzp_kem_secret kem;
    uint8_t psk[WZP_KEY_LEN];
} wzp__group_secrets;

/* The message of the last poll. */
typedef struct wzp__outbox {
    wzp_signal signal;
    wzp_bytes mids[WZP__BATCH];
    wzp_e2ee_box boxes[WZP__BATCH];
    uint8_t sealed[WZP__BATCH][WZP_KEY_BOX_LEN];
    unsigned pairs_in_a_row;
    bool has_gone; /* told by the last poll, and may be looked at until now */
    uint32_t gone;
} wzp__outbox;

struct wzp_group {
    wzp_mem mem;
    wzp_rng rng;
    wzp_log log;
    wzp_identity identity;
    uint8_t room_id[WZP_HASH_LEN];
    uint8_t ctx[WZP_HASH_LEN];
    uint8_t package[WZP_KP_LEN];
    uint8_t kph[WZP_HASH_LEN];
    uint8_t mid[WZP_MID_LEN];
    uint16_t sid;
    uint8_t own_suites;
    bool has_psk;
    bool is_call;
    wzp_room_policy policy;
    uint8_t (*allowed)[WZP_FP_LEN];
    size_t n_allowed;
    wzp__group_secrets *secret;

    /* table */
    wzp__member **list;  /* listed ones first, then departed */
    wzp__member **slots; /* by number */
    size_t cap;          /* of both */
    size_t n_members;
    size_t n_listed;
    size_t n_capable; /* listed, not legacy */
    size_t max_members;
    uint32_t next_number;
    wzp__member *buckets[WZP__BUCKETS];
    uint8_t (*forgotten)[WZP_MID_LEN]; /* had keys, and had to make room */
    size_t n_forgotten, cap_forgotten;

    /* own key */
    bool is_speaker;
    bool has_current;
    bool has_next;
    bool owes_rotation;      /* when somebody is there again */
    size_t n_holders;        /* members that count and can follow the key */
    size_t n_silent_holders; /* the last ones, gone silent: they could */
    wzp_tstamp join_at;
    wzp_tstamp rotate_at;
    wzp_tstamp switch_at;

    wzp_tstamp control_at;
    bool is_control_due;
    wzp_tstamp idle_at;
    wzp_tstamp members_at; /* no later than any member's timer */

    size_t todo_count[WZP__TODOS];
    size_t todo_from[WZP__TODOS]; /* where the next search begins */
    size_t pair_from;             /* the same for who has no pair yet */
    wzp__outbox out;
    wzp_group_stats stats;
};

/* --- table.c --- */

WZP_NODISCARD wzp_err wzp__table_init(wzp_group *g, size_t max_members);
void wzp__table_deinit(wzp_group *g);
wzp__member *wzp__member_find(const wzp_group *g,
                              const uint8_t mid[WZP_MID_LEN]);
/* Whose message this is, if it is for us and may be heard: WZP_ERR_PROTOCOL
 * for somebody else's, WZP_ERR_NOT_FOUND of nobody listed,
 * WZP_ERR_NOT_ALLOWED of a refused one. */
WZP_NODISCARD wzp_err wzp__member_speaks(const wzp_group *g,
                                         const uint8_t from[WZP_MID_LEN],
                                         const uint8_t to[WZP_MID_LEN],
                                         wzp__member **out);
/* New and listed. mid NULL: legacy. WZP_ERR_FULL, WZP_ERR_NOMEM,
 * WZP_ERR_KEY_REPLAYED for a package whose keys are forgotten. */
WZP_NODISCARD wzp_err wzp__member_insert(wzp_group *g, const uint8_t *mid,
                                         wzp__member **out);
/* Listed again, or departed; the keys and the pair of a departed one stay. */
void wzp__member_list(wzp_group *g, wzp__member *m, bool is_listed);
void wzp__member_remove(wzp_group *g, wzp__member *m);
void wzp__todo_set(wzp_group *g, wzp__member *m, wzp__todo what);
void wzp__todo_clear(wzp_group *g, wzp__member *m, wzp__todo what);
/* The next member with this to do, in turn, or NULL. */
wzp__member *wzp__todo_next(wzp_group *g, wzp__todo what);

static inline bool wzp__todo_has(const wzp__member *m, wzp__todo what)
{
    return (m->todo & (1u << what)) != 0;
}

/* Gets keys: listed, verified, allowed, not silent. */
static inline bool wzp__member_counts(const wzp__member *m)
{
    return m->is_listed && !m->is_silent &&
           (m->state == WZP_MEMBER_VERIFIED || m->state == WZP_MEMBER_KEYED);
}

static inline void wzp__earlier(wzp_tstamp *at, wzp_tstamp t)
{
    if (t < *at) {
        *at = t;
    }
}

/* --- roster.c --- */

WZP_NODISCARD wzp_err wzp__recv_packages(wzp_group *g, wzp_tstamp now,
                                         wzp_unix_s now_unix,
                                         const wzp_sig_key_packages *msg);
/* Ask again for packages that did not come. Returns the next time. */
wzp_tstamp wzp__package_expire(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* It was asked for just now. */
void wzp__package_asked(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* A packet of m came: without its package we are deaf to it. */
void wzp__package_wanted(wzp_group *g, wzp__member *m, wzp_tstamp now);

/* --- pairing.c --- */

WZP_NODISCARD wzp_err wzp__recv_pair(wzp_group *g, wzp_tstamp now,
                                     const wzp_sig_e2ee_pair *msg);
/* What pair and boxes are bound to; is_own: from us to m, else from m. */
wzp_pair_names wzp__pair_names(const wzp_group *g, const wzp__member *m,
                               bool is_own);
/* What came before the package. */
void wzp__pair_early(wzp_group *g, wzp_tstamp now, wzp__member *m);
/* Encapsulate to m; sending is TODO_PAIR. */
WZP_NODISCARD wzp_err wzp__pair_make(wzp_group *g, wzp__member *m);
/* The pair of a call. */
void wzp__pair_agreed(wzp__member *m, const wzp_pair_keys *keys,
                      bool is_caller);
/* One pair per 100 ms while nothing needs it yet. */
void wzp__pair_idle(wzp_group *g, wzp_tstamp now);

/* --- keys.c --- */

WZP_NODISCARD wzp_err wzp__recv_keys(wzp_group *g, wzp_tstamp now,
                                     const wzp_sig_e2ee_keys *msg);
WZP_NODISCARD wzp_err wzp__recv_key_request(
    wzp_group *g, wzp_tstamp now, const wzp_sig_e2ee_key_request *msg);
/* The key of m in generation 0 of a call. WZP_ERR_NOMEM, WZP_ERR_KP_SUITE. */
WZP_NODISCARD wzp_err wzp__keys_agreed(wzp_group *g, wzp_tstamp now,
                                       wzp__member *m, uint16_t suite,
                                       const uint8_t base[WZP_KEY_LEN]);
void wzp__keys_early(wzp_group *g, wzp_tstamp now, wzp__member *m);
/* A packet of m came that no key opens: ask, unless the key is on its way. */
void wzp__keys_missed(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* Ask m for its key, at most once a second. */
void wzp__keys_ask(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* Open under a step that m has ratcheted to. WZP_ERR_KEY_UNKNOWN: not so. */
WZP_NODISCARD wzp_err wzp__keys_ratchet(wzp_group *g, wzp__member *m,
                                        wzp_tstamp now,
                                        const wzp_sealed_view *view,
                                        uint8_t *plain, size_t cap,
                                        size_t *len);
/* Wipes what is due. Returns the next time. */
wzp_tstamp wzp__keys_expire(wzp_group *g, wzp__member *m, wzp_tstamp now);
void wzp__keys_drop(wzp_group *g, wzp__member *m);

/* --- schedule.c --- */

/* The own key in generation 0 of a call, which m holds. */
void wzp__own_agreed(wzp_group *g, wzp_tstamp now, wzp__member *m,
                     uint16_t suite, const uint8_t base[WZP_KEY_LEN]);
/* m needs the own key where the rules give it one: now, or with the next. */
void wzp__own_grant(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* Answer m, who asked: own ct again, the key under the next n. */
void wzp__own_answer(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* Box the own key for m anew: the pair is another. */
void wzp__own_renew(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* Boxes for m cannot be made. */
void wzp__own_forget(wzp_group *g, wzp__member *m);
/* m is not among those who get keys any more. */
void wzp__own_revoke(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* Become a speaker: everybody needs the key. */
void wzp__own_speak(wzp_group *g, wzp_tstamp now);
/* The key to box. NULL before there is one. */
wzp__own_key *wzp__own_newest(wzp_group *g);
/* Boxes for a batch went out. */
void wzp__own_sent(wzp_group *g, wzp_tstamp now);
void wzp__own_expire(wzp_group *g, wzp_tstamp now);
wzp_tstamp wzp__own_deadline(const wzp_group *g);
/* Repeats of boxes; silence. Return the next time. */
wzp_tstamp wzp__copy_expire(wzp_group *g, wzp__member *m, wzp_tstamp now);
wzp_tstamp wzp__silence_expire(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* A packet of m opened. */
void wzp__member_heard(wzp_group *g, wzp__member *m, wzp_tstamp now);
/* A member not heard for three of these is treated as gone; and how often own
 * control frames are sent. */
wzp_tstamp wzp__control_interval(const wzp_group *g);
wzp_tstamp wzp__control_every(const wzp_group *g);

/* --- agreed.c --- */

/* Everything that a group takes from its agreement, and the one member. */
WZP_NODISCARD wzp_err wzp__agreed_begin(wzp_group *g,
                                        const wzp_group_config *cfg);

/* --- outbox.c --- */

bool wzp__outbox_poll(wzp_group *g, wzp_tstamp now, wzp_group_action *out);

#endif
