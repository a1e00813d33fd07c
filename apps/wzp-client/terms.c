/* SPDX-License-Identifier: MIT */
/* See terms.h. */
#include "terms.h"

#include "common/fingerprints.h"
#include "common/passphrase.h"

#include <wzp/crypto/guarded.h>

#include <stdlib.h>
#include <string.h>

static int fail(const char *why)
{
    fprintf(stderr, "wzp-client: %s\n", why);
    return 1;
}

char *terms_read_secret(const char *file, size_t *len)
{
    char why[512] = "out of memory";
    static const app_ask ask = {"room secret", "--room-secret-file",
                                "Secret of the room: "};
    const bool is_asked = strcmp(file, "-") == 0;
    char *secret = wzp_guarded_new(WZP_ROOM_SECRET_MAX);
    if (secret == NULL ||
        !app_passphrase_read(is_asked ? NULL : file, &ask, secret,
                             WZP_ROOM_SECRET_MAX, len, why, sizeof why)) {
        wzp_guarded_free(secret);
        (void)fail(why);
        return NULL;
    }
    return secret;
}

/* --- usage ---------------------------------------------------------------- */

static bool parse_policy(const char *text, wzp_room_policy *out)
{
    static const char *const names[] = {"open", "contacts", "list"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (wzp_room_policy)i;
            return true;
        }
    }
    return false;
}

static int check(const settings *s, wzp_room_policy *policy)
{
    const bool has_list = s->allow != NULL || s->allow_file != NULL;
    *policy = WZP_POLICY_OPEN;
    if (s->policy != NULL && !parse_policy(s->policy, policy)) {
        return settings_refuse("--policy takes open, contacts or list, not "
                               "'%s'",
                               s->policy);
    }
    if (has_list && *policy == WZP_POLICY_OPEN) {
        return settings_refuse("--allow and --allow-file need --policy list, "
                               "or contacts");
    }
    if (!has_list && *policy == WZP_POLICY_LIST) {
        return settings_refuse("--policy list needs --allow FP[,FP...] or "
                               "--allow-file FILE");
    }
    if (s->allow_legacy &&
        (*policy != WZP_POLICY_OPEN || s->room_secret != NULL)) {
        return settings_refuse("--allow-legacy needs an open room without a "
                               "secret: an old client cannot prove who it is");
    }
    return 0;
}

/* --- lists ---------------------------------------------------------------- */

static int add_words(const settings *s, terms *t)
{
    const size_t more = app_fingerprints_most(strlen(s->allow));
    void *grown = realloc(t->allowed, (t->n_allowed + more + 1) * WZP_FP_LEN);
    if (grown == NULL) {
        return fail("out of memory");
    }
    t->allowed = grown;
    if (!app_fingerprints_add(s->allow, strlen(s->allow), t->allowed,
                              t->n_allowed + more, &t->n_allowed)) {
        return settings_refuse("--allow takes fingerprints, divided by commas");
    }
    return 0;
}

static int read_list(const settings *s, terms *t)
{
    char why[512];
    if (s->allow_file != NULL &&
        !app_fingerprints_load(s->allow_file, &t->allowed, &t->n_allowed, why,
                               sizeof why)) {
        return fail(why);
    }
    return s->allow != NULL ? add_words(s, t) : 0;
}

int terms_open(const settings *s, terms *out)
{
    terms t = {.public_name = s->public_name};
    int status = check(s, &t.policy);
    if (status == 0) {
        status = read_list(s, &t);
    }
    if (status == 0 && s->room_secret != NULL) {
        t.secret = terms_read_secret(s->room_secret, &t.secret_len);
        status = t.secret != NULL ? 0 : 1;
    }
    if (status != 0) {
        terms_free(&t);
        return status;
    }
    *out = t;
    return 0;
}

void terms_forget(terms *t)
{
    wzp_guarded_free(t->secret);
    t->secret = NULL;
    t->secret_len = 0;
}

void terms_free(terms *t)
{
    terms_forget(t);
    free(t->allowed);
    *t = (terms){0};
}
