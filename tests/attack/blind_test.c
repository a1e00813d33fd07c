/* SPDX-License-Identifier: MIT */
/* The attacker reads everything in the relay: what it receives, what it sends,
 * what lies in its memory. What the members say is known text, so that it would
 * be found (secure-media.md 10, 2). 10^5 sealed packets here; 10^6 in
 * `make soak`.
 */
#include "support/harness.h"
#include "support/liar/glass.h"
#include "support/liar/puppet.h"

#include <stdlib.h>
#include <string.h>

#define ROOM    "glasshouse"
#define TALKERS 4

typedef struct house {
    wzp_world *w;
    wzp_glass *glass;
    wzp_puppet *p[TALKERS];
    size_t found; /* marks in all of its memory */
} house;

static void begin(house *h, bool is_legacy)
{
    wzp_relay_config cfg;
    wzp_relay_config_default(&cfg);
    cfg.allow_legacy = true;
    cfg.packets = 128; /* enough that no other block is as large, glass.c */
    *h = (house){.w = wzp_world_new(1)};
    h->glass = wzp_glass_new(h->w, 9, &cfg);
    for (int i = 0; i < TALKERS; i++) {
        const wzp_puppet_config pc = {.identity = (uint8_t)(20 + i),
                                      .is_legacy = is_legacy,
                                      .speaks = true};
        h->p[i] = wzp_puppet_new(h->w, &pc);
        wzp_puppet_join(h->p[i], ROOM, wzp_glass_node(h->glass));
    }
    wzp_world_run(h->w, 2 * WZP_S);
}

static void end(house *h)
{
    wzp_world_free(h->w);
    for (int i = 0; i < TALKERS; i++) {
        wzp_puppet_free(h->p[i]);
    }
    wzp_glass_free(h->glass);
}

static void look(house *h)
{
    h->found +=
        wzp_glass_find(h->glass, WZP_PUPPET_MARK, strlen(WZP_PUPPET_MARK));
}

/* Until the relay received n packets more. Its packet buffers are looked into
 * after each of them, all of its memory every half second. */
static void listen(house *h, uint64_t n)
{
    const uint64_t until = wzp_glass_stats(h->glass).media_in + n;
    wzp_glass_watch(h->glass, WZP_PUPPET_MARK, strlen(WZP_PUPPET_MARK));
    while (wzp_glass_stats(h->glass).media_in < until) {
        wzp_world_run(h->w, WZP_S / 2);
        look(h);
    }
}

WZP_TEST(control_what_is_said_in_the_clear_is_found_in_the_relay)
{
    house h;
    uint64_t seen;
    begin(&h, true);
    listen(&h, 1000);
    assert_true(h.found > 0);
    assert_true(wzp_glass_watched(h.glass, &seen) >= seen * 9 / 10);
    assert_true(seen >= 1000);
    end(&h);
}

WZP_TEST(in_a_hundred_thousand_sealed_packets_the_relay_has_nothing_of_it)
{
    const char *soak = getenv("WZP_SOAK");
    const uint64_t n = soak == NULL ? 100000 : 1000000;
    house h;
    uint64_t seen;
    begin(&h, false);
    listen(&h, n);
    assert_int_equal(h.found, 0);
    assert_int_equal(wzp_glass_watched(h.glass, &seen), 0);
    assert_true(seen >= n);
    /* All was said, and heard by those it was said to. */
    const uint64_t sent = wzp_puppet_sent(h.p[1]) + wzp_puppet_sent(h.p[2]) +
                          wzp_puppet_sent(h.p[3]);
    assert_true(wzp_puppet_opened(h.p[0]) > sent - sent / 100);
    print_message("%llu packets, %llu said\n", (unsigned long long)seen,
                  (unsigned long long)sent);
    end(&h);
}
