/* SPDX-License-Identifier: MIT */
/* The report as JSON and as a table, see call.h. */
#include "call.h"

#include <cjson/cJSON.h>

#include <math.h>
#include <stdio.h>

/* To 1/steps; not a number becomes null. */
static void add(cJSON *o, const char *key, double value, double steps)
{
    if (isnan(value)) {
        cJSON_AddNullToObject(o, key);
    } else {
        cJSON_AddNumberToObject(o, key, round(value * steps) / steps);
    }
}

static void add_way(cJSON *all, const char *name, const wzp_report_way *w)
{
    cJSON *o = cJSON_AddObjectToObject(all, name);
    add(o, "sent", w->sent, 1);
    add(o, "received", w->received, 1);
    add(o, "lost", w->lost, 1);
    add(o, "rebuilt", w->rebuilt, 1);
    add(o, "concealed", w->concealed, 1);
    add(o, "stoi", w->stoi, 1e4);
    add(o, "delay_ms", w->delay_ms, 10);
    add(o, "delay_least_ms", w->delay_least_ms, 10);
    add(o, "delay_greatest_ms", w->delay_greatest_ms, 10);
    add(o, "wire_kbps", w->wire_kbps, 100);
    add(o, "sender_skipped_ms", w->skipped_ms, 1);
}

bool wzp_report_write(const char *folder, const wzp_report *r)
{
    char path[1024];
    cJSON *o = cJSON_CreateObject();
    add_way(o, "a_to_b", &r->a_to_b);
    add_way(o, "b_to_a", &r->b_to_a);
    cJSON_AddBoolToObject(o, "check_words_equal", r->words_equal);
    cJSON_AddStringToObject(o, "check_words", r->words_a);
    add(o, "clear_found", r->clear.found, 1);
    add(o, "clear_frames", r->clear.frames, 1);
    add(o, "sealed_found", r->sealed.found, 1);
    add(o, "sealed_frames", r->sealed.frames, 1);
    cJSON_AddBoolToObject(o, "ok", r->ok);
    cJSON_AddStringToObject(o, "why", r->why);
    char *text = cJSON_Print(o);
    (void)snprintf(path, sizeof path, "%s/report.json", folder);
    FILE *f = text != NULL ? fopen(path, "w") : NULL;
    bool ok = f != NULL && fprintf(f, "%s\n", text) > 0;
    ok = (f == NULL || fclose(f) == 0) && ok;
    cJSON_free(text);
    cJSON_Delete(o);
    return ok;
}

static void print_way(const char *name, const wzp_report_way *w)
{
    printf("  %-6s %8.0f %8.0f %6.0f %8.0f %10.0f %7.3f %9.0f %10.1f\n", name,
           w->sent, w->received, w->lost, w->rebuilt, w->concealed, w->stoi,
           w->delay_ms, w->wire_kbps);
}

void wzp_report_print(const wzp_report *r)
{
    printf("\n  %-6s %8s %8s %6s %8s %10s %7s %9s %10s\n", "way", "sent",
           "received", "lost", "rebuilt", "concealed", "STOI", "delay ms",
           "wire kb/s");
    print_way("A to B", &r->a_to_b);
    print_way("B to A", &r->b_to_a);
    printf("\n  check words A  %s\n", r->words_a);
    printf("  check words B  %s   (%s)\n", r->words_b,
           r->words_equal ? "equal" : "NOT EQUAL");
    printf("  what the relay could hear of old clients:  %.0f of %.0f frames\n",
           r->clear.found, r->clear.frames);
    printf("  what the relay could hear of this call:    %.0f of %.0f frames\n",
           r->sealed.found, r->sealed.frames);
    printf("\n  %s%s\n", r->ok ? "ok" : "NOT ok: ", r->why);
}
