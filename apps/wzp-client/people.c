/* SPDX-License-Identifier: MIT */
/* See people.h. */
#include "people.h"

#include <stdio.h>

static size_t find(const people *p, uint32_t member)
{
    size_t i = 0;
    while (i < p->n && p->of[i].member != member) {
        i++;
    }
    return i;
}

void people_note(people *p, const wzp_client_event *ev, const char *name)
{
    const uint32_t member = ev->u.member.info.member;
    const size_t i = find(p, member);
    if (ev->u.member.is_gone) {
        if (i < p->n) {
            p->of[i] = p->of[--p->n];
        }
        return;
    }
    if (i == PEOPLE_MAX) {
        return;
    }
    p->n = i == p->n ? i + 1 : p->n;
    p->of[i].member = member;
    (void)snprintf(p->of[i].name, sizeof p->of[i].name, "%s", name);
}

const char *people_name(const people *p, uint32_t member)
{
    const size_t i = find(p, member);
    return i < p->n ? p->of[i].name : "somebody";
}
