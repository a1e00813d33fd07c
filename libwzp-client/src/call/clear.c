/* SPDX-License-Identifier: MIT */
/* See clear.h. */
#include "call/clear.h"

void wzp__clear_begin(wzp__clear *c)
{
    *c = (wzp__clear){.is_allowed = c->is_allowed};
}

static wzp_clear_state decide(const wzp__clear *c, const wzp__clear_view *view,
                              wzp_err *why)
{
    *why = WZP_OK;
    if (!view->is_relay_legacy && view->n_legacy == 0) {
        return WZP_CLEAR_OFF;
    }
    if (!c->is_allowed) {
        *why = WZP_ERR_LEGACY;
        return WZP_CLEAR_REFUSED;
    }
    if (c->was_sealed || view->n_capable > 0 || view->has_seen) {
        *why = WZP_ERR_DOWNGRADE;
        return WZP_CLEAR_REFUSED;
    }
    return c->is_accepted ? WZP_CLEAR_ON : WZP_CLEAR_ASKED;
}

bool wzp__clear_review(wzp__clear *c, const wzp__clear_view *view)
{
    wzp_err why;
    wzp_clear_state state = decide(c, view, &why);
    bool is_news = state != c->state || why != c->why;
    c->state = state;
    c->why = why;
    c->has_seen = view->has_seen;
    c->n_capable = view->n_capable;
    c->n_legacy = view->n_legacy;
    return is_news;
}

wzp_err wzp__clear_accept(wzp__clear *c)
{
    if (!c->is_allowed) {
        return WZP_ERR_LEGACY;
    }
    if (c->was_sealed || c->has_seen ||
        (c->state == WZP_CLEAR_REFUSED && c->why == WZP_ERR_DOWNGRADE)) {
        return WZP_ERR_DOWNGRADE;
    }
    c->is_accepted = true;
    return WZP_OK;
}

const char *wzp_clear_sentence(wzp_clear_state state, wzp_err why)
{
    switch (state) {
    case WZP_CLEAR_OFF: return "no clear media";
    case WZP_CLEAR_ASKED:
        return "cannot encrypt: talking would be NOT ENCRYPTED, and waits for "
               "your acceptance";
    case WZP_CLEAR_ON:
        return "cannot encrypt: this talk is NOT ENCRYPTED, every relay on the "
               "way can listen";
    case WZP_CLEAR_REFUSED: break;
    }
    return why == WZP_ERR_DOWNGRADE
               ? "cannot encrypt, where encryption was possible before: "
                 "refused, nothing is sent in clear"
               : "cannot encrypt, and clear media is not allowed: nothing is "
                 "sent to it, nothing of it is played";
}
