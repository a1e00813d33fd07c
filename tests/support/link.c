/* SPDX-License-Identifier: MIT */
/* A packet passes, in this order: the largest size, the queue before the
 * bottleneck (dropped when full), the bottleneck (one packet after another at
 * rate_bps), chance (loss), the wire (delay and jitter, or a trace), and
 * perhaps a copier. So lost packets have used
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
    link->fault_rng = draw(&seeds);
    wzp_link_set(link, cfg);
}

void wzp_link_set(wzp_link *link, const wzp_link_cfg *cfg)
{
    assert(cfg->loss >= 0 && cfg->loss <= 1);
    assert(cfg->dup >= 0 && cfg->dup <= 1);
    assert(cfg->reorder >= 0 && cfg->reorder <= 1);
    assert(cfg->corrupt >= 0 && cfg->corrupt <= 1);
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

static int32_t traced(const wzp_link *link, uint64_t now_ns)
{
    return wzp_trace_at(link->cfg.trace, now_ns - link->begin_ns);
}

static bool is_lost(wzp_link *link, uint64_t now_ns, double chance)
{
    const wzp_link_cfg *c = &link->cfg;
    if (c->trace != NULL) {
        return traced(link, now_ns) == WZP_TRACE_LOST;
    }
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
static uint64_t wire_ns(const wzp_link *link, uint64_t now_ns, double chance)
{
    const wzp_link_cfg *c = &link->cfg;
    if (c->trace != NULL) {
        return (uint64_t)traced(link, now_ns) * WZP_TRACE_UNIT_NS;
    }
    const double shift = (2 * chance - 1) * (double)c->jitter_ns;
    return (uint64_t)fmax(0, (double)c->delay_ns + shift);
}

/* held_ns: what reordering adds. */
static uint64_t pass_wire(wzp_link *link, uint64_t out_ns, uint64_t wire,
                          uint64_t held_ns)
{
    const wzp_link_cfg *c = &link->cfg;
    const bool keeps = c->trace != NULL ? c->trace->is_fifo : c->keep_order;
    uint64_t due_ns = out_ns + wire;

    if (due_ns < link->last_due_ns) {
        if (keeps) {
            due_ns = link->last_due_ns;
        } else {
            link->stats.reordered++;
        }
    } else if (held_ns == 0) { /* who is held back is to be overtaken */
        link->last_due_ns = due_ns;
    }
    return due_ns + held_ns;
}

/* The faults of a packet, drawn before it is known whether it arrives. */
static uint64_t draw_faults(wzp_link *link, size_t len)
{
    const wzp_link_cfg *c = &link->cfg;
    const double reorder_chance = draw_share(&link->fault_rng);
    const double corrupt_chance = draw_share(&link->fault_rng);
    const uint64_t bit = draw(&link->fault_rng);

    link->is_corrupt = len > 0 && corrupt_chance < c->corrupt;
    link->flip_bit = len > 0 ? (size_t)(bit % (8 * len)) : 0;
    if (reorder_chance >= c->reorder) {
        return 0;
    }
    return c->reorder_ns != 0 ? c->reorder_ns : WZP_LINK_REORDER_NS;
}

static bool is_dropped(wzp_link *link, uint64_t now_ns, size_t len,
                       double chance, uint64_t *out_ns)
{
    wzp_link_stats *stats = &link->stats;
    if (link->cfg.mtu != 0 && len > link->cfg.mtu) {
        stats->too_big++;
        return true;
    }
    if (!pass_bottleneck(link, now_ns, len, out_ns)) {
        stats->overflowed++;
        return true;
    }
    if (is_lost(link, now_ns, chance)) {
        stats->lost++;
        return true;
    }
    return false;
}

void wzp_link_spoil(const wzp_link *link, uint8_t *data)
{
    if (link->is_corrupt) {
        data[link->flip_bit / 8] ^= (uint8_t)(1u << link->flip_bit % 8);
    }
}

int wzp_link_send(wzp_link *link, uint64_t now_ns, size_t len,
                  uint64_t deliver_at[WZP_LINK_COPIES_MAX])
{
    wzp_link_stats *stats = &link->stats;
    const double loss_chance = draw_share(&link->packet_rng);
    const double delay_chance = draw_share(&link->packet_rng);
    const double dup_chance = draw_share(&link->packet_rng);
    const double dup_delay_chance = draw_share(&link->packet_rng);
    const uint64_t held_ns = draw_faults(link, len);
    uint64_t out_ns = 0;

    if (!link->has_begun) {
        link->has_begun = true;
        link->begin_ns = now_ns;
    }
    stats->packets++;
    stats->bytes += len;
    if (is_dropped(link, now_ns, len, loss_chance, &out_ns)) {
        return 0;
    }
    stats->delivered++;
    stats->delivered_bytes += len;
    stats->corrupted += link->is_corrupt;
    stats->held_back += held_ns != 0;
    deliver_at[0] =
        pass_wire(link, out_ns, wire_ns(link, now_ns, delay_chance), held_ns);
    if (dup_chance >= link->cfg.dup) {
        return 1;
    }
    stats->duplicated++;
    deliver_at[1] =
        pass_wire(link, out_ns, wire_ns(link, now_ns, dup_delay_chance), 0);
    return 2;
}
