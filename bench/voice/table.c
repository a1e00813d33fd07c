/* SPDX-License-Identifier: MIT */
/* See table.h. */
#include "bench/voice/table.h"

#include "bench/voice/condition.h"

static double share(size_t part, size_t whole)
{
    return whole == 0 ? 0 : 100.0 * (double)part / (double)whole;
}

static void write_row(FILE *out, const voice_run *r)
{
    const voice_fates *f = &r->fates;
    fprintf(
        out,
        "%-22s %-27s %4u %6.4f %6.4f %6.4f %6.4f %5.0f %5.0f %5.1f %5.1f %5.0f "
        "%5zu %5.1f %5zu %5zu %5zu %5zu %5zu %5zu %5.0f %6.0f %4.0f %s%s%s\n",
        voice_condition_at(r->condition)->name, voice_who_name(r->who),
        (unsigned)r->seed, r->score.stoi, r->score.stoi_all, r->score.stoi_said,
        r->score.stoi_ideal, r->score.m2e_ms, r->score.m2e_p95_ms, r->wire_kbps,
        r->media_kbps, r->wait_ms, f->frames, share(f->lost, f->frames),
        f->of_lost[VOICE_LBRR], f->of_lost[VOICE_DRED], f->of_lost[VOICE_COPY],
        f->of_lost[VOICE_CONCEALED],
        f->of_lost[VOICE_SKIPPED] + f->of_lost[VOICE_DIRECT], (size_t)r->late,
        r->score.put_in_ms, r->score.left_out_ms, r->mode_changes, r->mode,
        r->broken[0] == '\0' ? "" : "  BROKEN: ", r->broken);
}

void voice_table_write(FILE *out, const voice_run *runs, size_t n)
{
    fprintf(
        out,
        "%-22s %-27s %4s %6s %6s %6s %6s %5s %5s %5s %5s %5s %5s %5s %5s %5s "
        "%5s %5s %5s %5s %5s %6s %4s %s\n",
        "condition", "who", "seed", "stoi", "all", "said", "ideal", "m2e",
        "p95", "wire", "media", "wait", "frames", "lost%", "lbrr", "dred",
        "copy", "conc", "skip", "late", "in ms", "out ms", "chg",
        "mode at last");
    for (size_t i = 0; i < n; i++) {
        if (runs[i].is_done) {
            write_row(out, &runs[i]);
        }
    }
}
