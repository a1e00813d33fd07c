/* SPDX-License-Identifier: MIT */
/* Higher tiers in a direct call: the other side is asked before a studio tier
 * is sent (upgrade.h of libwzp-proto), over the line and for this call only. In
 * a room of more nobody is asked. What the relay makes up here raises or bars a
 * tier, which the listener's sealed reports judge as ever.
 */
#include "call/engine_parts.h"

#include <wzp/proto/hex.h>

#include <string.h>

#define ID_BYTES 8
/* Loss of the other side's voice below which it may send more, per mille. */
#define LOSS_MOST 10

static bool is_on(const wzp_engine *e)
{
    return wzp__session_is_call(e->session) &&
           wzp__session_state(e->session) == WZP_CLIENT_JOINED;
}

static wzp_str call_id(const wzp_engine *e)
{
    const char *id = wzp__calls_id(e->calls);
    return (wzp_str){id, strlen(id)};
}

static void send(wzp_engine *e, wzp_tstamp now, const wzp_signal *sig)
{
    wzp_ignore(wzp__line_send(e->line, now, sig),
               "no line: the tier stays as it is");
}

void wzp__engine_upgrade_tell(wzp_engine *e, wzp_tstamp now)
{
    const wzp_signal sig = {
        .kind = WZP_SIG_QUALITY_CAPABILITY,
        .u.quality_capability = {
            .call_id = call_id(e),
            .max_profile = wzp_tier_profile(e->cfg.quality.max_tier)}};
    send(e, now, &sig);
}

static void limit(wzp_engine *e, wzp_tstamp now)
{
    const wzp_tier agreed = e->upgrade.agreed;
    wzp_quality_peer_max(e->quality, now,
                         agreed < e->peer_takes ? agreed : e->peer_takes);
}

void wzp__engine_upgrade_begin(wzp_engine *e, wzp_tstamp now)
{
    if (!is_on(e)) {
        wzp_quality_peer_max(e->quality, now, WZP_TIER_STUDIO_64K);
        return;
    }
    const wzp_str id = call_id(e);
    if (strcmp(id.ptr, e->upgrade_call) != 0) { /* else: connected anew */
        memcpy(e->upgrade_call, id.ptr, id.len + 1);
        wzp_upgrade_init(&e->upgrade, WZP_TIER_GOOD,
                         wzp__calls_is_smaller(e->calls));
        e->peer_takes = WZP_TIER_STUDIO_64K;
    }
    limit(e, now);
}

/* --- out --- */

static void make_id(wzp_engine *e, char out[2 * ID_BYTES + 1])
{
    uint8_t bytes[ID_BYTES];
    wzp_rng_fill(&e->cfg.rng, bytes, sizeof bytes);
    wzp_hex_encode(bytes, sizeof bytes, out);
    out[2 * ID_BYTES] = '\0';
}

static void send_msg(wzp_engine *e, wzp_tstamp now, const wzp_upgrade_msg *m)
{
    const wzp_str id = {m->id, strlen(m->id)};
    wzp_signal sig;
    switch (m->kind) {
    case WZP_UPGRADE_PROPOSAL:
        sig = (wzp_signal){.kind = WZP_SIG_UPGRADE_PROPOSAL,
                           .u.upgrade_proposal = {
                               .call_id = call_id(e),
                               .proposal_id = id,
                               .proposed_profile = wzp_tier_profile(m->tier)}};
        break;
    case WZP_UPGRADE_RESPONSE:
        sig = (wzp_signal){.kind = WZP_SIG_UPGRADE_RESPONSE,
                           .u.upgrade_response = {.call_id = call_id(e),
                                                  .proposal_id = id,
                                                  .accepted = m->is_accepted}};
        break;
    case WZP_UPGRADE_CONFIRM:
        sig = (wzp_signal){.kind = WZP_SIG_UPGRADE_CONFIRM,
                           .u.upgrade_confirm = {
                               .call_id = call_id(e),
                               .proposal_id = id,
                               .confirmed_profile = wzp_tier_profile(m->tier)}};
        break;
    default: return;
    }
    send(e, now, &sig);
}

static void drain(wzp_engine *e, wzp_tstamp now)
{
    wzp_upgrade_msg m;
    while (wzp_upgrade_poll(&e->upgrade, &m)) {
        send_msg(e, now, &m);
    }
}

void wzp__engine_upgrade_want(wzp_engine *e, wzp_tstamp now, wzp_tier wanted)
{
    char id[2 * ID_BYTES + 1];
    if (!is_on(e) || wanted > e->peer_takes ||
        wanted > e->cfg.quality.max_tier) {
        return;
    }
    make_id(e, id);
    if (wzp_upgrade_propose(&e->upgrade, now, wanted, id)) {
        drain(e, now);
    }
}

/* --- in --- */

static bool is_ours(const wzp_engine *e, wzp_str id)
{
    const wzp_str own = call_id(e);
    return own.len > 0 && id.ptr != NULL && id.len == own.len &&
           memcmp(id.ptr, own.ptr, own.len) == 0;
}

/* Those of other versions may have no id: "". */
static bool take_id(wzp_upgrade_msg *m, wzp_str id)
{
    if (id.len > WZP_UPGRADE_ID_MAX) {
        return false;
    }
    if (id.len > 0) {
        memcpy(m->id, id.ptr, id.len);
    }
    return true;
}

static bool read_msg(const wzp_engine *e, const wzp_signal *sig,
                     wzp_upgrade_msg *m)
{
    *m = (wzp_upgrade_msg){0};
    if (sig->kind == WZP_SIG_UPGRADE_PROPOSAL) {
        const wzp_sig_upgrade_proposal *p = &sig->u.upgrade_proposal;
        m->kind = WZP_UPGRADE_PROPOSAL;
        return is_ours(e, p->call_id) && take_id(m, p->proposal_id) &&
               wzp_codec_tier(p->proposed_profile.codec, &m->tier) == WZP_OK;
    }
    if (sig->kind == WZP_SIG_UPGRADE_RESPONSE) {
        const wzp_sig_upgrade_response *r = &sig->u.upgrade_response;
        m->kind = WZP_UPGRADE_RESPONSE;
        m->is_accepted = r->accepted;
        return is_ours(e, r->call_id) && take_id(m, r->proposal_id);
    }
    const wzp_sig_upgrade_confirm *c = &sig->u.upgrade_confirm;
    m->kind = WZP_UPGRADE_CONFIRM;
    return sig->kind == WZP_SIG_UPGRADE_CONFIRM && is_ours(e, c->call_id) &&
           take_id(m, c->proposal_id) &&
           wzp_codec_tier(c->confirmed_profile.codec, &m->tier) == WZP_OK;
}

/* We can take it, and our own path is not in trouble. */
static bool may(const wzp_engine *e, wzp_tier tier)
{
    wzp_quality_state s = {.size = sizeof s};
    wzp_quality_state_get(e->quality, &s);
    return tier <= e->cfg.quality.max_tier && s.loss_permille < LOSS_MOST &&
           s.tier >= WZP_TIER_GOOD;
}

bool wzp__engine_upgrade_recv(wzp_engine *e, wzp_tstamp now,
                              const wzp_signal *sig)
{
    wzp_upgrade_msg m;
    switch (sig->kind) {
    case WZP_SIG_QUALITY_CAPABILITY:
        if (is_on(e) && is_ours(e, sig->u.quality_capability.call_id) &&
            wzp_codec_tier(sig->u.quality_capability.max_profile.codec,
                           &e->peer_takes) == WZP_OK) {
            limit(e, now);
        }
        return true;
    case WZP_SIG_UPGRADE_PROPOSAL:
    case WZP_SIG_UPGRADE_RESPONSE:
    case WZP_SIG_UPGRADE_CONFIRM:
        if (is_on(e) && read_msg(e, sig, &m)) {
            if (wzp_upgrade_recv(&e->upgrade, now, &m, may(e, m.tier))) {
                limit(e, now);
            }
            drain(e, now);
        }
        return true;
    default: return false;
    }
}
