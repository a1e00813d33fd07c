/* SPDX-License-Identifier: MIT */
/* wzp-netsim: a bad network between UDP clients and a server. This file is the
 * option table, from which parsing and --help both come; netsim.c does the
 * work.
 */
#include "support/proxy/netsim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct option_values {
    const char *listen, *to, *trace;
    double loss, burst, dup, delay, jitter, rate, queue, seed;
    double reorder, reorder_by, mtu, corrupt;
    bool keep_order, stats, help;
} option_values;

static option_values values = {.seed = 1};
static wzp_trace trace; /* of --trace */

/* One of text, number and flag is set. */
static const struct option {
    const char *name, *argument, *help;
    const char **text;
    double *number, most;
    bool *flag;
} OPTIONS[] = {
    /* clang-format off */
    {"--listen", "HOST:PORT", "where clients send to; port 0: any free one",
     .text = &values.listen},
    {"--to", "HOST:PORT", "the server", .text = &values.to},
    {"--loss", "PERCENT", "packets lost, each direction",
     .number = &values.loss, .most = 100},
    {"--burst", "MS", "losses come in holes of this length",
     .number = &values.burst, .most = 60000},
    {"--delay", "MS", "delay, each direction",
     .number = &values.delay, .most = 60000},
    {"--jitter", "MS", "delay varies evenly by so much either way",
     .number = &values.jitter, .most = 60000},
    {"--keep-order", NULL, "jitter does not reorder",
     .flag = &values.keep_order},
    {"--dup", "PERCENT", "packets that arrive twice",
     .number = &values.dup, .most = 100},
    {"--reorder", "PERCENT", "packets held back, so that others overtake",
     .number = &values.reorder, .most = 100},
    {"--reorder-by", "MS", "by so much; 0: 20",
     .number = &values.reorder_by, .most = 60000},
    {"--mtu", "BYTES", "larger packets are dropped; 0: none",
     .number = &values.mtu, .most = 65536},
    {"--corrupt", "PERCENT", "packets with one bit wrong",
     .number = &values.corrupt, .most = 100},
    {"--trace", "NAME", "delays and losses of tests/vectors/traces.json",
     .text = &values.trace},
    {"--rate", "KBPS", "bottleneck in kbit/s; 0: none",
     .number = &values.rate, .most = 1e7},
    {"--queue", "BYTES", "before the bottleneck; 0: 200 ms of it",
     .number = &values.queue, .most = WZP_LINK_QUEUE_MAX},
    {"--seed", "N", "of all chance (1)",
     .number = &values.seed, .most = 1e15},
    {"--stats", NULL, "also print the statistics every second, to stderr",
     .flag = &values.stats},
    {"--help", NULL, "this text", .flag = &values.help},
    /* clang-format on */
};

enum { N_OPTIONS = sizeof(OPTIONS) / sizeof(*OPTIONS) };

static void help_print(FILE *out)
{
    fputs("usage: wzp-netsim --listen HOST:PORT --to HOST:PORT [option...]\n"
          "Forwards UDP both ways with loss, delay and other faults. Every\n"
          "client and direction has a link of its own. Prints \"ready\n"
          "HOST:PORT\" when it listens and its statistics as a line of JSON\n"
          "on SIGTERM.\n\n",
          out);
    for (int i = 0; i < N_OPTIONS; i++) {
        const char *argument = OPTIONS[i].argument;
        fprintf(out, "  %-12s %-9s  %s\n", OPTIONS[i].name,
                argument != NULL ? argument : "", OPTIONS[i].help);
    }
}

static const struct option *option_find(const char *name)
{
    for (int i = 0; i < N_OPTIONS; i++) {
        if (strcmp(OPTIONS[i].name, name) == 0) {
            return &OPTIONS[i];
        }
    }
    return NULL;
}

static bool number_parse(const struct option *o, const char *text)
{
    char *end = NULL;
    *o->number = strtod(text, &end);
    return end != text && *end == '\0' && *o->number >= 0 &&
           *o->number <= o->most;
}

/* argv[*i] and, where it takes one, its argument. */
static bool option_parse(int argc, char **argv, int *i)
{
    const char *name = argv[*i];
    const struct option *o = option_find(name);
    if (o == NULL) {
        fprintf(stderr, "wzp-netsim: no option %s (see --help)\n", name);
        return false;
    }
    if (o->flag != NULL) {
        *o->flag = true;
        return true;
    }
    if (*i + 1 >= argc) {
        fprintf(stderr, "wzp-netsim: %s needs %s\n", name, o->argument);
        return false;
    }
    const char *argument = argv[++*i];
    if (o->text != NULL) {
        *o->text = argument;
        return true;
    }
    if (!number_parse(o, argument)) {
        fprintf(stderr, "wzp-netsim: %s %s: not a number from 0 to %.0f\n",
                name, argument, o->most);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!option_parse(argc, argv, &i)) {
            return 2;
        }
    }
    if (values.help) {
        help_print(stdout);
        return 0;
    }
    if (values.listen == NULL || values.to == NULL) {
        fputs("wzp-netsim: --listen and --to are needed (see --help)\n",
              stderr);
        return 2;
    }
    if (values.trace != NULL && !wzp_trace_make(values.trace, &trace)) {
        fprintf(stderr, "wzp-netsim: no trace %s\n", values.trace);
        return 2;
    }
    const wzp_netsim_cfg cfg = {
        .listen = values.listen,
        .to = values.to,
        .link = {.loss = values.loss / 100,
                 .burst_ms = values.burst,
                 .delay_ns = (uint64_t)(values.delay * 1e6),
                 .jitter_ns = (uint64_t)(values.jitter * 1e6),
                 .rate_bps = (uint64_t)(values.rate * 1000),
                 .queue_bytes = (size_t)values.queue,
                 .dup = values.dup / 100,
                 .keep_order = values.keep_order,
                 .reorder = values.reorder / 100,
                 .reorder_ns = (uint64_t)(values.reorder_by * 1e6),
                 .mtu = (size_t)values.mtu,
                 .corrupt = values.corrupt / 100,
                 .trace = values.trace != NULL ? &trace : NULL,
                 .seed = (uint64_t)values.seed},
        .is_verbose = values.stats,
    };
    return wzp_netsim_run(&cfg);
}
