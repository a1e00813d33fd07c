/* SPDX-License-Identifier: MIT */
/* What to call the members of a room in few letters: for events that tell only
 * a member's number.
 */
#ifndef WZP_APP_CLIENT_PEOPLE_H
#define WZP_APP_CLIENT_PEOPLE_H

#include <wzp/client/event.h>

#define PEOPLE_MAX 64 /* chosen: who comes later has no name here */

typedef struct people {
    size_t n;
    struct {
        uint32_t member;
        char name[WZP_ALIAS_MAX + 2]; /* fit to print; quotes for claims */
    } of[PEOPLE_MAX];
} people;

/* Somebody came, is known better now, or left; `name` as for people. */
void people_note(people *p, const wzp_client_event *ev, const char *name);
/* "somebody" where the number is nobody's. */
const char *people_name(const people *p, uint32_t member);

#endif
