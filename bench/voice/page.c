/* SPDX-License-Identifier: MIT */
/* See page.h. */
#include "bench/voice/page.h"

#include "bench/voice/chart.h"
#include "bench/voice/condition.h"
#include "bench/voice/html.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct page {
    FILE *out;
    const voice_run *runs;
    size_t n;
} page;

typedef double value_fn(const voice_run *run);

static double stoi_of(const voice_run *r)
{
    return r->score.stoi;
}
static double delay_of(const voice_run *r)
{
    return r->score.m2e_ms;
}
static double wire_of(const voice_run *r)
{
    return r->media_kbps;
}

static const char HEAD[] =
    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<title>WZP: the voice path</title><style>"
    "body{font:15px/1.45 system-ui,sans-serif;max-width:1180px;margin:2em "
    "auto;padding:0 1em;color:#222}"
    "table{border-collapse:collapse;font-size:13px}"
    "td,th{padding:2px 7px;border-bottom:1px solid #ddd;text-align:right}"
    "td:first-child,th:first-child,td.t,th.t{text-align:left}"
    ".ok{color:#0b6e4f}.missed{color:#c1121f;font-weight:bold}"
    "figure{display:inline-block;margin:8px}figcaption{font-size:12px;"
    "max-width:560px}svg text{font:11px system-ui,sans-serif;fill:#444}"
    ".y{text-anchor:end}.x{text-anchor:middle}svg .title{font-size:13px;"
    "font-weight:bold}.grid{stroke:#ddd}"
    "img{display:block;width:360px;height:128px;image-rendering:auto}"
    "audio{width:360px;height:32px}.clips td{text-align:left;vertical-align:"
    "top}</style></head><body>\n";

static const char INTRO[] =
    "<h1>Speech that survives</h1>\n"
    "<p>Real speech, a talker, a relay and a listener in the simulated world: "
    "QUIC, keys, codec and buffers as they are, on a virtual clock. What is "
    "wrong is wrong on the relay's way to the listener, from the first word "
    "on; 30 ms one way. Figures count from 8 s of speech on. STOI compares "
    "what was heard, laid back over the speaker's time sample by sample, with "
    "the same codec frames decoded without loss; it has no opinion on timbre. "
    "The controller is held at the tier Good, so that it does not spend more "
    "than the baselines. Baselines use the same libopus, decoder complexity "
    "(5: deep concealment), link, seed and bytes around a frame: Opus 24k / "
    "20 ms with a buffer of 60 ms, and Opus 24k / 20 ms with LBRR, told the "
    "true loss, behind speexdsp's jitter buffer. Wire rates include IPv4 and "
    "UDP.</p>\n";

/* --- figures --- */

static void write_figures(FILE *out, const wzp_result *rows, size_t n)
{
    static const char *const OK[] = {"", "missed", "ok"};
    fputs(
        "<h2>Figures</h2><table><tr><th>id<th class=\"t\">what<th>measured<th>"
        "at least, at most<th>&nbsp;</tr>\n",
        out);
    for (size_t i = 0; i < n; i++) {
        const wzp_result *r = &rows[i];
        const char *ok = OK[wzp_result_ok(r) + 1];
        fputs("<tr><td>", out);
        voice_html_text(out, r->id);
        fputs("<td class=\"t\">", out);
        voice_html_text(out, r->what);
        fprintf(out, "<td>%.3f ", r->value);
        voice_html_text(out, r->unit);
        fprintf(out, "<td>%s %g<td class=\"%s\">%s</tr>\n",
                r->goal_is == WZP_GOAL_AT_MOST ? "&le;" : "&ge;", r->goal, ok,
                ok);
    }
    fputs("</table>\n", out);
}

/* --- curves --- */

/* Over the seeds. */
static double mean(const page *p, const char *condition, unsigned who,
                   value_fn *fn)
{
    double sum = 0;
    size_t n = 0;
    for (size_t i = 0; i < p->n; i++) {
        const voice_run *r = &p->runs[i];
        if (r->is_done && r->who == who &&
            strcmp(voice_condition_at(r->condition)->name, condition) == 0) {
            sum += fn(r);
            n++;
        }
    }
    return n == 0 ? (double)NAN : sum / (double)n;
}

static bool has_any(const voice_chart_line *l, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isnan(l->y[i])) {
            return true;
        }
    }
    return false;
}

static void curve(const page *p, const char *const *conditions, voice_chart *c,
                  value_fn *fn)
{
    for (unsigned who = 0; who < VOICE_WHO_COUNT; who++) {
        if (who > VOICE_SPEEX && who < VOICE_TIER) {
            continue;
        }
        voice_chart_line *l = &c->lines[c->n_lines];
        l->name = voice_who_name(who);
        for (size_t i = 0; i < c->n; i++) {
            l->y[i] = mean(p, conditions[i], who, fn);
        }
        c->n_lines += has_any(l, c->n);
    }
    voice_chart_write(p->out, c);
}

static void write_curves(const page *p)
{
    static const char *const RANDOM[] = {"clean",       "random 5 %",
                                         "random 10 %", "random 20 %",
                                         "random 30 %", "random 50 %"};
    static const char *const BURSTS[] = {"bursts 100 ms", "bursts 200 ms",
                                         "bursts 500 ms"};
    static const struct {
        const char *title, *y_name;
        value_fn *fn;
        double least, most;
    } KIND[] = {
        {"Intelligibility", "STOI to the codec without loss", stoi_of, 0.5, 1},
        {"Mouth to ear", "ms, network of 30 ms included", delay_of, 0, 0},
        {"Rate on the wire", "kbit/s, IPv4 and UDP included", wire_of, 0, 0},
    };
    fputs("<h2>Curves</h2>\n", p->out);
    for (size_t k = 0; k < 3; k++) {
        voice_chart random = {.title = KIND[k].title,
                              .x_name = "random loss, %",
                              .y_name = KIND[k].y_name,
                              .x = {0, 5, 10, 20, 30, 50},
                              .n = 6,
                              .y_least = KIND[k].least,
                              .y_most = KIND[k].most};
        voice_chart bursts = {.title = KIND[k].title,
                              .x_name = "bursts, ms; 10 % of the time",
                              .y_name = KIND[k].y_name,
                              .x = {100, 200, 500},
                              .n = 3,
                              .y_least = KIND[k].least == 0 ? 0 : 0.8,
                              .y_most = KIND[k].most};
        curve(p, RANDOM, &random, KIND[k].fn);
        curve(p, BURSTS, &bursts, KIND[k].fn);
    }
}

/* --- all runs --- */

static void write_run(FILE *out, const voice_run *r)
{
    const voice_fates *f = &r->fates;
    fputs("<tr><td>", out);
    voice_html_text(out, voice_condition_at(r->condition)->name);
    fputs("<td class=\"t\">", out);
    voice_html_text(out, voice_who_name(r->who));
    fprintf(
        out,
        "<td>%u<td>%.3f<td>%.3f<td>%.3f<td>%.0f<td>%.0f<td>%.1f<td>%.1f"
        "<td>%zu<td>%zu<td>%zu<td>%zu<td>%zu<td>%.0f<td class=\"t\">",
        (unsigned)r->seed, r->score.stoi, r->score.stoi_all, r->score.stoi_said,
        r->score.m2e_ms, r->score.m2e_p95_ms, r->media_kbps,
        f->frames == 0 ? 0 : 100.0 * (double)f->lost / (double)f->frames,
        f->of_lost[VOICE_LBRR], f->of_lost[VOICE_DRED], f->of_lost[VOICE_COPY],
        f->of_lost[VOICE_CONCEALED],
        f->of_lost[VOICE_SKIPPED] + f->of_lost[VOICE_DIRECT], r->mode_changes);
    voice_html_text(out, r->mode);
    fputs(" ", out);
    voice_html_text(out, r->broken);
    fputs("</tr>\n", out);
}

static void write_runs(const page *p)
{
    fputs("<h2>All runs</h2><p>STOI: once settled; from the first word on; "
          "once settled, to what was said. Lost frames by what was played for "
          "them.</p><table><tr><th>condition<th class=\"t\">who<th>seed<th>STOI"
          "<th>all<th>said<th>m2e ms<th>p95<th>kbit/s<th>lost %<th>LBRR<th>DRED"
          "<th>copy, parity<th>concealed<th>skipped<th>changes<th class=\"t\">"
          "mode at the end</tr>\n",
          p->out);
    for (size_t i = 0; i < p->n; i++) {
        if (p->runs[i].is_done) {
            write_run(p->out, &p->runs[i]);
        }
    }
    fputs("</table>\n", p->out);
}

/* --- pictures and sound --- */

static void write_clip(const page *p, const char *name, double stoi,
                       const int16_t *clip)
{
    char label[96];
    (void)snprintf(label, sizeof label, isnan(stoi) ? "%s" : "%s, STOI %.3f",
                   name, stoi);
    fputs("<td>", p->out);
    voice_html_text(p->out, label);
    fputs("<br>", p->out);
    voice_html_spectrogram(p->out, clip, VOICE_CLIP_LEN, label);
    voice_html_sound(p->out, clip, VOICE_CLIP_LEN, VOICE_CLIP_RATE);
}

static void write_clips(const page *p, const voice_material *m)
{
    static voice_run said; /* for its room */
    size_t last = SIZE_MAX;
    voice_run_clip(&said, m->pcm + VOICE_CLIP_AT);
    fputs("<h2>Pictures and sound</h2><p>Six seconds of it, restored to the "
          "speaker's time; 0 to 8 kHz.</p><table class=\"clips\"><tr>",
          p->out);
    write_clip(p, "what was said", (double)NAN, said.clip);
    for (size_t i = 0; i < p->n; i++) {
        const voice_run *r = &p->runs[i];
        if (!r->wants_clip || !r->is_done) {
            continue;
        }
        if (r->condition != last) {
            fputs("</tr><tr><th colspan=\"3\">", p->out);
            voice_html_text(p->out, voice_condition_at(r->condition)->name);
            fputs("</tr><tr>", p->out);
            last = r->condition;
        }
        write_clip(p, voice_who_name(r->who), r->score.stoi, r->clip);
    }
    fputs("</tr></table>\n", p->out);
}

bool voice_page_write(const char *path, const voice_run *runs, size_t n,
                      const wzp_result *rows, size_t n_rows,
                      const voice_material *m)
{
    const page p = {.out = fopen(path, "w"), .runs = runs, .n = n};
    if (p.out == NULL) {
        perror(path);
        return false;
    }
    fputs(HEAD, p.out);
    fputs(INTRO, p.out);
    write_figures(p.out, rows, n_rows);
    write_curves(&p);
    write_clips(&p, m);
    write_runs(&p);
    fputs("</body></html>\n", p.out);
    const bool ok = ferror(p.out) == 0;
    return fclose(p.out) == 0 && ok;
}
