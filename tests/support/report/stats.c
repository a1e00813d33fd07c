/* SPDX-License-Identifier: MIT */
/* A client's statistics file, see call.h. */
#include "call.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATS_LINES    4096
#define STATS_LINE_LEN 8192
#define HEADERS        28.0 /* IPv4 and UDP, per packet */
#define TICK_NS        10e6

static double num(const cJSON *line, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(line, key);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* Joined, and somebody can hear it. */
static bool is_talking(const cJSON *line)
{
    const cJSON *state = cJSON_GetObjectItemCaseSensitive(line, "state");
    return cJSON_IsString(state) && strcmp(state->valuestring, "joined") == 0 &&
           num(line, "members_keyed") > 0 && num(line, "packets_sent") > 0;
}

typedef struct moment {
    double now, bytes, packets;
} moment;

static moment moment_of(const cJSON *line)
{
    return (moment){.now = num(line, "now"),
                    .bytes = num(line, "tx_bytes"),
                    .packets = num(line, "tx_packets")};
}

static void take(const cJSON *line, wzp_report_stats *out)
{
    out->capture_start = num(line, "capture_start");
    out->playout_start = num(line, "playout_start");
    out->sent = num(line, "packets_sent");
    out->received = num(line, "packets_received");
    out->lost = num(line, "packets_lost");
    out->rebuilt = num(line, "rebuilt_lbrr") + num(line, "rebuilt_dred");
    out->concealed = num(line, "concealed");
}

/* Audio time a client left out so far: its process got no processor for so long
 * that it had to skip. */
static double skipped(const cJSON *line)
{
    return TICK_NS * num(line, "ticks_skipped");
}

static int by_value(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static double median(double *v, size_t n)
{
    qsort(v, n, sizeof *v, by_value);
    return n == 0 ? 0 : v[n / 2];
}

static double rate_kbps(const moment *from, const moment *to)
{
    double bytes = to->bytes - from->bytes;
    double packets = to->packets - from->packets;
    double seconds = (to->now - from->now) / 1e9;
    return seconds > 0 ? (bytes + HEADERS * packets) * 8 / 1000 / seconds
                       : (double)NAN;
}

/* What is kept while the lines go by. */
typedef struct reading {
    moment first, last;
    double skips[STATS_LINES];
    size_t n; /* lines on which it talked */
} reading;

static void read_line(const char *text, reading *r, wzp_report_stats *out)
{
    cJSON *line = cJSON_Parse(text);
    if (line == NULL) {
        return; /* the last line of a client that was killed */
    }
    take(line, out);
    if (is_talking(line) && r->n < STATS_LINES) {
        r->last = moment_of(line);
        r->first = r->n == 0 ? r->last : r->first;
        r->skips[r->n++] = skipped(line);
    }
    cJSON_Delete(line);
}

bool wzp_report_stats_read(const char *path, wzp_report_stats *out)
{
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        return false;
    }
    char text[STATS_LINE_LEN];
    reading r = {.n = 0};
    *out = (wzp_report_stats){0};
    while (fgets(text, sizeof text, f) != NULL) {
        read_line(text, &r, out);
    }
    fclose(f);
    out->wire_kbps = rate_kbps(&r.first, &r.last);
    out->skipped_ms = median(r.skips, r.n) / 1e6;
    out->capture_start += out->skipped_ms * 1e6;
    out->playout_start += out->skipped_ms * 1e6;
    return r.n > 0;
}
