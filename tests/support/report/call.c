/* SPDX-License-Identifier: MIT */
/* See call.h. Listening is bench/support: STOI after alignment against what
 * was really sent, and the delay between the first sample spoken and the
 * first sample played, on the clock both processes share.
 */
#include "call.h"

#include "bench/support/align.h"
#include "speech.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE            48000
#define DELAY_SEARCH_MS 1500 /* chosen: nobody would call that a call */
#define SEGMENT_MS                                                             \
    1000 /* chosen: the delay of a call moves at its beginning                 \
          */
#define SPREAD_MS 250

static const char *in(const char *folder, const char *who, const char *before,
                      const char *after, char path[1024])
{
    (void)snprintf(path, 1024, "%s/%s%s%s", folder, before, who, after);
    return path;
}

/* --- listening --- */

/* Samples from the time rec[0] was heard to the time ref[0] was said. */
static ptrdiff_t head_start(const wzp_report_stats *from,
                            const wzp_report_stats *to)
{
    return (ptrdiff_t)((from->capture_start - to->playout_start) * RATE / 1e9);
}

static void measure(const wzp_align_in *ref, const wzp_report_stats *from,
                    const wzp_report_stats *to, wzp_report_way *way)
{
    wzp_align a;
    way->stoi = way->delay_ms = (double)NAN;
    if (!wzp_align_track(ref, SEGMENT_MS, SPREAD_MS, &a)) {
        return;
    }
    way->stoi = wzp_align_stoi(ref, &a);
    way->delay_ms = wzp_align_delay_ms(
        &a, RATE, (int64_t)from->capture_start, (int64_t)to->playout_start,
        &way->delay_least_ms, &way->delay_greatest_ms);
    wzp_align_deinit(&a);
}

static void listen_to(const wzp_speech *said, const wzp_speech *heard,
                      const wzp_report_stats *from, const wzp_report_stats *to,
                      wzp_report_way *way)
{
    ptrdiff_t least = head_start(from, to);
    ptrdiff_t need = (ptrdiff_t)heard->n - least;
    if (need <= 0 || need > (ptrdiff_t)RATE * 3600) {
        way->stoi = way->delay_ms = (double)NAN;
        return;
    }
    int16_t *ref = calloc((size_t)need, sizeof *ref);
    if (ref == NULL) {
        abort();
    }
    wzp_align_unroll(said->pcm, said->n, ref, (size_t)need);
    const wzp_align_in align = {
        .ref = ref,
        .n_ref = (size_t)need,
        .rec = heard->pcm,
        .n_rec = heard->n,
        .rate = RATE,
        .min_delay = least,
        .max_delay = least + (ptrdiff_t)RATE * DELAY_SEARCH_MS / 1000,
    };
    measure(&align, from, to, way);
    free(ref);
}

static bool make_way(const char *folder, const char *from, const char *to,
                     wzp_report *r, wzp_report_way *way)
{
    char path[1024];
    wzp_report_stats sent;
    wzp_report_stats got;
    wzp_speech said = {0};
    wzp_speech heard = {0};
    if (!wzp_report_stats_read(in(folder, from, "", ".jsonl", path), &sent) ||
        !wzp_report_stats_read(in(folder, to, "", ".jsonl", path), &got) ||
        !wzp_speech_load(in(folder, from, "speech-", ".wav", path), &said) ||
        !wzp_speech_load(in(folder, to, "heard-by-", ".wav", path), &heard)) {
        wzp_report_complain(r, "nothing to measure in %s", path);
        wzp_speech_free(&said);
        return false;
    }
    *way = (wzp_report_way){.sent = sent.sent,
                            .wire_kbps = sent.wire_kbps,
                            .skipped_ms = sent.skipped_ms,
                            .received = got.received,
                            .lost = got.lost,
                            .rebuilt = got.rebuilt,
                            .concealed = got.concealed};
    listen_to(&said, &heard, &sent, &got, way);
    wzp_speech_free(&said);
    wzp_speech_free(&heard);
    return true;
}

/* --- the other files --- */

static bool read_text(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        return false;
    }
    size_t n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    out[strcspn(out, "\r\n")] = '\0';
    fclose(f);
    return true;
}

static double member(const cJSON *tree, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(tree, key);
    return cJSON_IsNumber(item) ? item->valuedouble : (double)NAN;
}

static bool read_search(const char *folder, const char *name, wzp_report *r,
                        wzp_report_search *out)
{
    char path[1024];
    char text[1024];
    cJSON *tree = NULL;
    if (read_text(in(folder, name, "", ".json", path), text, sizeof text)) {
        tree = cJSON_Parse(text);
    }
    *out = (wzp_report_search){.frames = member(tree, "frames"),
                               .found = member(tree, "found"),
                               .items = member(tree, "items")};
    cJSON_Delete(tree);
    if (isnan(out->frames) || isnan(out->found)) {
        wzp_report_complain(r, "%s has no result of the tap", path);
        return false;
    }
    return true;
}

static void read_words(const char *folder, wzp_report *r)
{
    char path[1024];
    read_text(in(folder, "a", "", ".words", path), r->words_a,
              sizeof r->words_a);
    read_text(in(folder, "b", "", ".words", path), r->words_b,
              sizeof r->words_b);
    r->words_equal =
        r->words_a[0] != '\0' && strcmp(r->words_a, r->words_b) == 0;
}

/* --- all of it --- */

bool wzp_report_make(const char *folder, wzp_report *out)
{
    *out = (wzp_report){0};
    bool all = make_way(folder, "a", "b", out, &out->a_to_b);
    all = make_way(folder, "b", "a", out, &out->b_to_a) && all;
    all = read_search(folder, "clear", out, &out->clear) && all;
    all = read_search(folder, "sealed", out, &out->sealed) && all;
    read_words(folder, out);
    if (all) {
        wzp_report_judge(out);
    }
    return all;
}
