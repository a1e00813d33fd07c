/* SPDX-License-Identifier: MIT */
/* A packet passes, in this order: the queue before the bottleneck (dropped when
 * full), the bottleneck (one packet after another at rate_bps), chance (loss),
 * the wire (delay and jitter), and perhaps a copier. So lost packets have used
 * up the rate of the link, as those of a real one have.
 *
 * Every packet draws the same number of random values, whatever happens to it:
 * changing one impairment leaves the fate by the others as it was.
 */
#include "support/link.h"

#include <assert.h>
#include <math.h>

static const uint64_t NS_PER_S = 1000000000;
static const double NS_PER_MS = 1e6;
static const uint64_t QUEUE_DEFAULT_NS =
    200000000; /* chosen: a home router's */

/* splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
 * generators", 2014. */
static uint64_t draw(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Uniform in [0, 1). */
static double draw_share(uint64_t *state)
{
    return (double)(draw(state) >> 11) * 0x1p-53;
}

void wzp_link_init(wzp_link *link, const wzp_link_cfg *cfg)
{
    uint64_t seeds = cfg->seed;
    *link = (wzp_link){0};
    link->packet_rng = draw(&seeds);
    link->hole_rng = draw(&seeds);
    wzp_link_set(link, cfg);
}

void wzp_link_set(wzp_link *link, const wzp_link_cfg *cfg)
{
    assert(cfg->loss >= 0 && cfg->loss <= 1);
    assert(cfg->dup >= 0 && cfg->dup <= 1);
    assert(cfg->queue_bytes <= WZP_LINK_QUEUE_MAX);
    link->cfg = *cfg;
    link->hole_is_known = false;
}

/* The end of the hole before to the start of the next one: exponential, mean
 * burst * (1 - loss) / loss. */
static uint64_t draw_gap_ns(wzp_link *link)
{
    const wzp_link_cfg *c = &link->cfg;
    const double mean_ns = c->burst_ms * NS_PER_MS * (1 - c->loss) / c->loss;
    return (uint64_t)(-log(1 - draw_share(&link->hole_rng)) * mean_ns);
}

static bool is_in_hole(wzp_link *link, uint64_t now_ns)
{
    const uint64_t length_ns = (uint64_t)(link->cfg.burst_ms * NS_PER_MS);

    if (!link->hole_is_known) {
        link->hole_from_ns = now_ns + draw_gap_ns(link);
        link->hole_is_known = true;
    }
    while (now_ns >= link->hole_from_ns + length_ns) {
        link->hole_from_ns += length_ns + draw_gap_ns(link);
    }
    return now_ns >= link->hole_from_ns;
}

static bool is_lost(wzp_link *link, uint64_t now_ns, double chance)
{
    const wzp_link_cfg *c = &link->cfg;
    if (c->burst_ms > 0 && c->loss > 0 && c->loss < 1) {
        return is_in_hole(link, now_ns);
    }
    return chance < c->loss;
}

/* How long the bottleneck takes for so many bytes, rate_bps not 0. */
static uint64_t time_of(const wzp_link_cfg *c, size_t bytes)
{
    return NS_PER_S * 8 * bytes / c->rate_bps;
}

/* The queue, as the time it takes to drain. */
static uint64_t queue_ns(const wzp_link_cfg *c)
{
    if (c->queue_bytes != 0) {
        return time_of(c, c->queue_bytes);
    }
    const uint64_t least_ns = time_of(c, WZP_LINK_QUEUE_MIN);
    return least_ns > QUEUE_DEFAULT_NS ? least_ns : QUEUE_DEFAULT_NS;
}

/* When the last bit has left the bottleneck; false: the queue is full. */
static bool pass_bottleneck(wzp_link *link, uint64_t now_ns, size_t len,
                            uint64_t *out_ns)
{
    const wzp_link_cfg *c = &link->cfg;

    *out_ns = now_ns;
    if (c->rate_bps == 0) {
        return true;
    }
    if (link->busy_until_ns > now_ns) {
        *out_ns = link->busy_until_ns;
    }
    *out_ns += time_of(c, len);
    if (*out_ns - now_ns > queue_ns(c)) {
        return false;
    }
    link->busy_until_ns = *out_ns;
    return true;
}

/* chance 0 to 1 spans delay - jitter to delay + jitter. */
static uint64_t pass_wire(wzp_link *link, uint64_t out_ns, double chance)
{
    const wzp_link_cfg *c = &link->cfg;
    const double shift = (2 * chance - 1) * (double)c->jitter_ns;
    const double delay = fmax(0, (double)c->delay_ns + shift);
    uint64_t due_ns = out_ns + (uint64_t)delay;

    if (due_ns < link->last_due_ns) {
        if (c->keep_order) {
            due_ns = link->last_due_ns;
        } else {
            link->stats.reordered++;
        }
    } else {
        link->last_due_ns = due_ns;
    }
    return due_ns;
}

int wzp_link_send(wzp_link *link, uint64_t now_ns, size_t len,
                  uint64_t deliver_at[WZP_LINK_COPIES_MAX])
{
    wzp_link_stats *stats = &link->stats;
    const double loss_chance = draw_share(&link->packet_rng);
    const double delay_chance = draw_share(&link->packet_rng);
    const double dup_chance = draw_share(&link->packet_rng);
    const double dup_delay_chance = draw_share(&link->packet_rng);
    uint64_t out_ns = 0;

    stats->packets++;
    stats->bytes += len;
    if (!pass_bottleneck(link, now_ns, len, &out_ns)) {
        stats->overflowed++;
        return 0;
    }
    if (is_lost(link, now_ns, loss_chance)) {
        stats->lost++;
        return 0;
    }
    stats->delivered++;
    stats->delivered_bytes += len;
    deliver_at[0] = pass_wire(link, out_ns, delay_chance);
    if (dup_chance >= link->cfg.dup) {
        return 1;
    }
    stats->duplicated++;
    deliver_at[1] = pass_wire(link, out_ns, dup_delay_chance);
    return 2;
}
