/* SPDX-License-Identifier: MIT */
/* On which terms to join: what --policy, --allow, --allow-file,
 * --room-secret-file and --public-name say.
 */
#ifndef WZP_APP_CLIENT_TERMS_H
#define WZP_APP_CLIENT_TERMS_H

#include "settings.h"

#include <wzp/client/client.h>

typedef struct terms {
    wzp_room_policy policy;
    bool public_name;
    uint8_t (*allowed)[WZP_FP_LEN];
    size_t n_allowed;
    char *secret; /* in guarded memory; NULL: none */
    size_t secret_len;
} terms;

/* What a room's secret is read into, for terms_free or wzp_guarded_free; NULL
 * where it cannot be had, which was told on stderr. file "-": asked for at the
 * terminal. */
char *terms_read_secret(const char *file, size_t *len);

/* Returns the exit status: 0, 1 a file cannot be used, 2 wrong usage; told on
 * stderr, and *out needs no free then. */
int terms_open(const settings *s, terms *out);
/* The secret alone, once it is not needed any more. */
void terms_forget(terms *t);
/* Wipes. */
void terms_free(terms *t);

#endif
