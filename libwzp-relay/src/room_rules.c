/* SPDX-License-Identifier: MIT */
/* The table of rules, see room_rules.h. */
#include "room_rules.h"

#include "room/room.h"

#include <wzp/crypto/guarded.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct making {
    const wzp_room_rule *given;
    size_t n;
    size_t n_access, n_allowed;
    char *why;
    size_t why_len;
} making;

static wzp_err wrong(const making *m, const char *room, const char *what)
{
    if (m->why != NULL && m->why_len > 0) {
        (void)snprintf(m->why, m->why_len, "room_rules: \"%.80s\" %s", room,
                       what);
    }
    return WZP_ERR_CONFIG;
}

static bool is_room(const char *name)
{
    const size_t len = name == NULL ? 0 : strlen(name);
    if (len == 0 || len > WZP_ROOM_NAME_MAX) {
        return false;
    }
    const wzp_room_kind kind = wzp_room_name_kind(name, len);
    return kind == WZP_ROOM_NAMED || kind == WZP_ROOM_HASHED;
}

/* Sums come out of it. */
static wzp_err check(making *m)
{
    if (m->n > WZP__ROOM_RULES_MAX || (m->n > 0 && m->given == NULL)) {
        return wrong(m, "", "too many rules, or none given");
    }
    for (size_t i = 0; i < m->n; i++) {
        const wzp_room_rule *r = &m->given[i];
        if (!is_room(r->name)) {
            return wrong(m, r->name == NULL ? "" : r->name,
                         "cannot be the name of a room");
        }
        if (r->n_allowed > WZP__ROOM_ALLOWED_MAX - m->n_allowed ||
            (r->n_allowed > 0 && r->allowed == NULL)) {
            return wrong(m, r->name, "has a list that is too long, or none");
        }
        m->n_access += r->has_access;
        m->n_allowed += r->n_allowed;
    }
    return WZP_OK;
}

static wzp_err reserve(wzp__room_rules *t, const wzp_mem *mem, const making *m)
{
    t->rules = wzp_mem_array(mem, m->n, sizeof *t->rules);
    t->n = m->n;
    if (t->rules == NULL) {
        return WZP_ERR_NOMEM;
    }
    if (m->n_access > 0) {
        t->access = wzp_guarded_new(m->n_access * WZP_KEY_LEN);
        if (t->access == NULL) {
            return WZP_ERR_NOMEM;
        }
    }
    if (m->n_allowed > 0) {
        t->allowed = wzp_mem_array(mem, m->n_allowed, WZP_FP_LEN);
        t->n_allowed = m->n_allowed;
        if (t->allowed == NULL) {
            return WZP_ERR_NOMEM;
        }
    }
    return WZP_OK;
}

static void key_of(const wzp_room_rule *rule, char key[WZP_ROOM_HEX_LEN + 1])
{
    char name[WZP_ROOM_NAME_MAX + 1] = "";
    wzp_room_name_lower(rule->name, strlen(rule->name), name);
    wzp__room_key(name, key);
}

static void copy(wzp__room_rules *t, const making *m)
{
    size_t access = 0, allowed = 0;
    for (size_t i = 0; i < m->n; i++) {
        const wzp_room_rule *from = &m->given[i];
        wzp__room_rule *to = &t->rules[i];
        key_of(from, to->hash);
        if (from->has_access) {
            memcpy(t->access[access], from->access, WZP_KEY_LEN);
            to->access = t->access[access++];
        }
        if (from->n_allowed > 0) {
            memcpy(t->allowed[allowed], from->allowed,
                   from->n_allowed * WZP_FP_LEN);
            to->allowed = (const uint8_t(*)[WZP_FP_LEN]) & t->allowed[allowed];
            to->n_allowed = from->n_allowed;
            allowed += from->n_allowed;
        }
    }
}

static int by_hash(const void *a, const void *b)
{
    return memcmp(((const wzp__room_rule *)a)->hash,
                  ((const wzp__room_rule *)b)->hash, WZP_ROOM_HEX_LEN);
}

static wzp_err twice(const making *m, const char *hash)
{
    char key[WZP_ROOM_HEX_LEN + 1];
    size_t last = m->n - 1;
    for (key_of(&m->given[last], key); strcmp(key, hash) != 0;
         key_of(&m->given[last], key)) {
        last--;
    }
    return wrong(m, m->given[last].name, "has two rules");
}

static wzp_err fill(wzp__room_rules *t, const wzp_mem *mem, const making *m)
{
    WZP_TRY(reserve(t, mem, m));
    copy(t, m);
    qsort(t->rules, t->n, sizeof *t->rules, by_hash);
    for (size_t i = 1; i < t->n; i++) {
        if (by_hash(&t->rules[i - 1], &t->rules[i]) == 0) {
            return twice(m, t->rules[i].hash);
        }
    }
    return WZP_OK;
}

wzp_err wzp__room_rules_make(wzp__room_rules *out, const wzp_mem *mem,
                             const wzp_room_rule *given, size_t n, char *why,
                             size_t why_len)
{
    making m = {.given = given, .n = n, .why = why, .why_len = why_len};
    wzp__room_rules t = {0};
    WZP_TRY(check(&m));
    if (n > 0) {
        const wzp_err e = fill(&t, mem, &m);
        if (e != WZP_OK) {
            wzp__room_rules_deinit(&t, mem);
            return e;
        }
    }
    *out = t;
    return WZP_OK;
}

void wzp__room_rules_deinit(wzp__room_rules *t, const wzp_mem *mem)
{
    wzp_guarded_free(t->access);
    wzp_mem_free(mem, t->allowed, t->n_allowed * WZP_FP_LEN);
    wzp_mem_free(mem, t->rules, t->n * sizeof *t->rules);
    *t = (wzp__room_rules){0};
}

const wzp__room_rule *wzp__room_rules_find(const wzp__room_rules *t,
                                           const char *name)
{
    wzp__room_rule wanted;
    if (t->n == 0) {
        return NULL;
    }
    wzp__room_key(name, wanted.hash);
    return bsearch(&wanted, t->rules, t->n, sizeof *t->rules, by_hash);
}

bool wzp__room_rule_allows(const wzp__room_rule *rule,
                           const uint8_t fingerprint[WZP_FP_LEN])
{
    for (size_t i = 0; i < rule->n_allowed; i++) {
        if (memcmp(rule->allowed[i], fingerprint, WZP_FP_LEN) == 0) {
            return true;
        }
    }
    return rule->n_allowed == 0;
}
