/* SPDX-License-Identifier: MIT */
/* Higher tiers in direct calls: asked for, granted, refused, and what a relay
 * can do about it.
 */
#include "support/harness.h"
#include "support/liar/exchange.h"
#include "support/liar/puppet.h"

#include <string.h>

enum { ANNA = 1, BEN = 2, RELAY = 9 }; /* identity bytes */
enum { VOICE_LEN = 48000 };

typedef struct place {
    wzp_world *w;
    wzp_liar *liar;
    wzp_node relay, a, b;
    unsigned proposals, responses, confirms, capabilities;
    bool drops_responses;
} place;

static const int16_t *voice(void)
{
    static int16_t pcm[VOICE_LEN];
    for (size_t i = 0; i < VOICE_LEN; i++) {
        pcm[i] = (int16_t)((i * 37) % 211 * 60 - 6000);
    }
    return pcm;
}

static bool on_signal(void *user, wzp_liar *liar, int from, int to,
                      wzp_signal *sig)
{
    place *p = user;
    (void)liar;
    (void)from;
    (void)to;
    p->proposals += sig->kind == WZP_SIG_UPGRADE_PROPOSAL;
    p->responses += sig->kind == WZP_SIG_UPGRADE_RESPONSE;
    p->confirms += sig->kind == WZP_SIG_UPGRADE_CONFIRM;
    p->capabilities += sig->kind == WZP_SIG_QUALITY_CAPABILITY;
    return sig->kind != WZP_SIG_UPGRADE_RESPONSE || !p->drops_responses;
}

static wzp_node person(place *p, uint8_t identity, wzp_tier max)
{
    wzp_world_client_config cfg = {.identity = identity,
                                   .in = voice(),
                                   .in_len = VOICE_LEN,
                                   .has_engine = true};
    const wzp_link_cfg link = {.delay_ns = 20 * WZP_MS};
    wzp_engine_config_default(&cfg.engine);
    cfg.engine.quality.max_tier = max;
    const wzp_node n = wzp_world_client(p->w, &cfg);
    wzp_world_link(p->w, n, &link, &link);
    wzp_world_register(p->w, n, p->relay);
    assert_true(wzp_world_await_line(p->w, n, WZP_LINE_REGISTERED, 5 * WZP_S));
    return n;
}

static wzp_client_event last(const place *p, wzp_node n)
{
    wzp_client_event ev = {.kind = WZP_EVENT_STATS};
    assert_true(wzp_world_events(p->w, n, WZP_EVENT_CALL, &ev) > 0);
    return ev;
}

/* A call of Anna's to Ben; p is filled. */
static void call(place *p, wzp_tier max_of_ben)
{
    const wzp_liar_hooks hooks = {.signal = on_signal, .user = p};
    wzp_call_to to;
    uint8_t key[WZP_KEY_LEN];
    p->w = wzp_world_new(1);
    p->liar = wzp_liar_new(p->w, RELAY);
    p->relay = wzp_liar_node(p->liar);
    wzp_liar_hook(p->liar, &hooks);
    p->a = person(p, ANNA, WZP_TIER_STUDIO_64K);
    p->b = person(p, BEN, max_of_ben);
    wzp_puppet_identity(BEN, key, to.fingerprint);
    assert_int_equal(
        wzp_engine_call(wzp_world_engine(p->w, p->a), wzp_world_now(p->w), &to),
        WZP_OK);
    wzp_world_kick(p->w, p->a);
    wzp_world_run(p->w, WZP_S);
    const wzp_client_event ev = last(p, p->b);
    assert_int_equal(wzp_engine_answer(wzp_world_engine(p->w, p->b),
                                       wzp_world_now(p->w), ev.u.call.call_id,
                                       WZP_ACCEPT_GENERIC),
                     WZP_OK);
    wzp_world_kick(p->w, p->b);
    wzp_world_run(p->w, 3 * WZP_S);
    assert_int_equal(last(p, p->a).u.call.state, WZP_CALL_ACTIVE);
}

static void end(place *p)
{
    wzp_world_free(p->w);
    wzp_liar_free(p->liar);
}

static wzp_tier tier(const place *p, wzp_node n)
{
    return wzp_world_stats(p->w, n).tier;
}

WZP_TEST(two_in_a_clean_call_agree_on_a_studio_tier)
{
    place p = {0};
    call(&p, WZP_TIER_STUDIO_64K);
    wzp_world_run(p.w, 25 * WZP_S);
    assert_int_equal(tier(&p, p.a), WZP_TIER_GOOD);
    wzp_world_run(p.w, 20 * WZP_S);
    assert_true(p.proposals >= 1);
    assert_true(p.confirms >= 1);
    assert_int_equal(p.capabilities, 2);
    assert_true(tier(&p, p.a) > WZP_TIER_GOOD);
    assert_true(tier(&p, p.b) > WZP_TIER_GOOD);
    end(&p);
}

WZP_TEST(without_an_answer_a_call_stays_as_it_is)
{
    place p = {.drops_responses = true};
    call(&p, WZP_TIER_STUDIO_64K);
    wzp_world_run(p.w, 100 * WZP_S);
    assert_in_range(p.proposals, 1, 6); /* two sides, once a minute */
    assert_int_equal(p.confirms, 0);
    assert_int_equal(tier(&p, p.a), WZP_TIER_GOOD);
    assert_int_equal(tier(&p, p.b), WZP_TIER_GOOD);
    assert_int_equal(last(&p, p.a).u.call.state, WZP_CALL_ACTIVE);
    end(&p);
}

WZP_TEST(nobody_is_asked_for_more_than_it_said_it_takes)
{
    place p = {0};
    call(&p, WZP_TIER_GOOD);
    wzp_world_run(p.w, 60 * WZP_S);
    assert_int_equal(p.proposals, 0);
    assert_int_equal(tier(&p, p.a), WZP_TIER_GOOD);
    end(&p);
}

/* Upgrades that nobody asked for, of this call and of others. */
WZP_TEST(relay_cannot_make_up_an_upgrade)
{
    place p = {0};
    call(&p, WZP_TIER_STUDIO_64K);
    const wzp_client_event ev = last(&p, p.a);
    const wzp_str id = {ev.u.call.call_id, strlen(ev.u.call.call_id)};
    const wzp_signal confirm = {
        .kind = WZP_SIG_UPGRADE_CONFIRM,
        .u.upgrade_confirm = {.call_id = id,
                              .proposal_id = WZP_STR("x"),
                              .confirmed_profile =
                                  wzp_tier_profile(WZP_TIER_STUDIO_64K)}};
    const wzp_signal other = {
        .kind = WZP_SIG_QUALITY_CAPABILITY,
        .u.quality_capability = {.call_id = WZP_STR("another"),
                                 .max_profile =
                                     wzp_tier_profile(WZP_TIER_CATASTROPHIC)}};
    wzp_liar_say(p.liar, wzp_liar_line(p.liar, ANNA), &confirm);
    wzp_liar_say(p.liar, wzp_liar_line(p.liar, ANNA), &other);
    wzp_world_run(p.w, 10 * WZP_S);
    assert_int_equal(tier(&p, p.a), WZP_TIER_GOOD);
    end(&p);
}
