/* SPDX-License-Identifier: MIT */
/* A list in order of time, see later.h. */
#include "later.h"

#include <stdlib.h>
#include <string.h>

void wzp_later_add(wzp_later *q, wzp_tstamp at, const wzp_later_what *what)
{
    wzp_later_item *item = malloc(sizeof *item + what->len);
    if (item == NULL) {
        abort();
    }
    *item = (wzp_later_item){
        .at = at, .to = what->to, .is_dgram = what->is_dgram, .len = what->len};
    memcpy(item->data, what->data, what->len);
    wzp_later_item **place = &q->first;
    while (*place != NULL && (*place)->at <= at) {
        place = &(*place)->next;
    }
    item->next = *place;
    *place = item;
}

wzp_tstamp wzp_later_next(const wzp_later *q)
{
    return q->first == NULL ? WZP_NEVER : q->first->at;
}

wzp_later_item *wzp_later_take(wzp_later *q, wzp_tstamp now)
{
    wzp_later_item *item = q->first;
    if (item == NULL || item->at > now) {
        return NULL;
    }
    q->first = item->next;
    return item;
}

void wzp_later_free(wzp_later *q)
{
    wzp_later_item *item;
    while ((item = wzp_later_take(q, WZP_NEVER)) != NULL) {
        free(item);
    }
}
