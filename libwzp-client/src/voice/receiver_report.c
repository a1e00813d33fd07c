/* SPDX-License-Identifier: MIT */
/* What a receiver counts, and what it tells the sender, see receiver.h. */
#include "voice/receiver_parts.h"

/* A jump as far as this is another stream. chosen: a minute of 20 ms frames. */
#define FAR 3000

#define SAMPLES_TO_MS(n) ((n) / SAMPLES_PER_MS)

/* --- numbers --- */

void wzp__tally_add(wzp__tally *t, uint16_t seq)
{
    const int64_t at =
        t->has_first ? wzp_seq_extend(t->highest, seq) : (int64_t)seq;
    const int64_t jump = at - t->highest;
    if (!t->has_first || jump > FAR || jump < -FAR) {
        t->has_first = true;
        t->first = t->highest = at;
        t->window = 1;
        t->expected++;
        t->came++;
        return;
    }
    if (jump > 0) {
        t->highest = at;
        t->window = jump < 64 ? t->window << jump | 1 : 1;
        t->expected += (uint64_t)jump;
        t->came++;
        return;
    }
    if (jump <= -64) {
        return; /* nobody knows any more whether it came before */
    }
    if (at < t->first) { /* it was not the first that came first */
        t->expected += (uint64_t)(t->first - at);
        t->first = at;
    }
    const uint64_t bit = UINT64_C(1) << -jump;
    t->came += (t->window & bit) == 0;
    t->window |= bit;
}

bool wzp__tally_is_in_line(const wzp__tally *t, uint16_t seq)
{
    return !t->has_first || wzp_seq_extend(t->highest, seq) <= t->highest + 1;
}

/* --- report --- */

static uint16_t u16(uint64_t x)
{
    return (uint16_t)(x < UINT16_MAX ? x : UINT16_MAX);
}

static uint16_t permille(uint64_t part, uint64_t of)
{
    return of == 0 ? 0 : u16(part * 1000 / of);
}

/* What rose since; 0 where it fell: a packet that was given for lost came
 * after all. */
static uint64_t rise(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

static wzp__reported look(const wzp__receiver *r, wzp_tstamp now,
                          const wzp_jitter_stats *j)
{
    const wzp__receiver_stats *s = &r->stats;
    return (wzp__reported){
        .at = now,
        .expected = r->tally.expected,
        .came = r->tally.came,
        .late = j->late,
        .bytes = r->bytes,
        .passed = j->played + j->lost + j->dropped,
        .unrepaired =
            j->lost - s->rebuilt_lbrr - s->rebuilt_dred + s->undecodable,
    };
}

static uint16_t rate_kbps(uint64_t bytes, wzp_tstamp time)
{
    return time < WZP_MS ? 0 : u16(bytes * 8 / (time / WZP_MS));
}

static int16_t gradient(int32_t us_s)
{
    return (int16_t)(us_s > INT16_MAX   ? INT16_MAX
                     : us_s < INT16_MIN ? INT16_MIN
                                        : us_s);
}

void wzp__receiver_report(wzp__receiver *r, wzp_tstamp now,
                          wzp_receiver_report *out)
{
    wzp_jitter_stats j = {.size = sizeof j};
    wzp_jitter_stats_get(r->jitter, &j);
    const wzp__reported was = r->reported;
    const wzp__reported is = look(r, now, &j);
    const uint64_t expected = is.expected - was.expected;
    *out = (wzp_receiver_report){
        .highest_seq = (uint16_t)(uint64_t)r->tally.highest,
        .expected = (uint32_t)expected,
        .lost = u16(rise(is.expected - is.came, was.expected - was.came)),
        .late = u16(is.late - was.late),
        .jitter_ms = u16(j.jitter_ms),
        .playout_delay_ms = u16(j.delay_ms),
        .rate_kbps = rate_kbps(is.bytes - was.bytes, now - was.at),
        .gradient_us_s = gradient(j.gradient_us_s),
        .loss_after_permille = permille(rise(is.unrepaired, was.unrepaired),
                                        is.passed - was.passed),
    };
    r->reported = is;
}

/* --- statistics --- */

void wzp__receiver_stats_get(const wzp__receiver *r, wzp__receiver_stats *out)
{
    wzp_jitter_stats j = {.size = sizeof j};
    wzp_jitter_stats_get(r->jitter, &j);
    *out = r->stats;
    out->packets_lost = j.lost;
    out->packets_late = j.late;
    out->packets_dup += j.dup;
    out->concealed = j.lost - out->rebuilt_lbrr - out->rebuilt_dred;
    out->dropped = j.dropped;
    out->underruns = j.underruns;
    out->bridged_ms = SAMPLES_TO_MS(r->bridged);
    out->comfort_ms = SAMPLES_TO_MS(r->comfort);
    out->longer_ms = SAMPLES_TO_MS(r->longer);
    out->shorter_ms = SAMPLES_TO_MS(r->shorter);
    out->playout_delay_ms = j.target_ms;
    out->playout_wait_ms = j.wait_ms;
    out->jitter_ms = j.jitter_ms;
}

static void keep_larger(uint32_t *into, uint32_t from)
{
    *into = from > *into ? from : *into;
}

void wzp__receiver_stats_add(wzp__receiver_stats *into,
                             const wzp__receiver_stats *from)
{
    into->packets_received += from->packets_received;
    into->packets_lost += from->packets_lost;
    into->packets_late += from->packets_late;
    into->packets_dup += from->packets_dup;
    into->malformed += from->malformed;
    into->frames_played += from->frames_played;
    into->rebuilt_copy += from->rebuilt_copy;
    into->rebuilt_parity += from->rebuilt_parity;
    into->rebuilt_lbrr += from->rebuilt_lbrr;
    into->rebuilt_dred += from->rebuilt_dred;
    into->concealed += from->concealed;

    into->undecodable += from->undecodable;
    into->dropped += from->dropped;
    into->underruns += from->underruns;
    into->bridged_ms += from->bridged_ms;
    into->comfort_ms += from->comfort_ms;
    into->longer_ms += from->longer_ms;
    into->shorter_ms += from->shorter_ms;
    keep_larger(&into->playout_delay_ms, from->playout_delay_ms);
    keep_larger(&into->playout_wait_ms, from->playout_wait_ms);
    keep_larger(&into->jitter_ms, from->jitter_ms);
}
