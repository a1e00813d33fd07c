/* SPDX-License-Identifier: MIT */
/* See stats_file.h. The table below is the only list of the fields. */
#include "stats_file.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

typedef struct field {
    const char *name;
    size_t at, size; /* an unsigned integer of 1, 2, 4 or 8 bytes */
} field;

#define FIELD(name)                                                            \
    {                                                                          \
#        name, offsetof(wzp_client_stats, name),                               \
            sizeof(((wzp_client_stats *)0)->name)                              \
    }
#define GROUP_FIELD(name)                                                      \
    {                                                                          \
#        name, offsetof(wzp_client_stats, group.name),                         \
            sizeof(((wzp_client_stats *)0)->group.name)                        \
    }

/* clang-format off */
static const field FIELDS[] = {
    FIELD(now), FIELD(capture_start), FIELD(playout_start),
    FIELD(frames_captured), FIELD(frames_encoded),
    FIELD(packets_sent), FIELD(packets_unsent), FIELD(control_sent),
    FIELD(packets_received), FIELD(packets_lost), FIELD(packets_late),
    FIELD(packets_dup), FIELD(frames_played),
    FIELD(rebuilt_lbrr), FIELD(rebuilt_dred),
    FIELD(concealed), FIELD(underruns), FIELD(packets_no_room),
    FIELD(playout_delay_ms), FIELD(capture_overflow), FIELD(playout_underflow),
    FIELD(ticks_skipped),
    FIELD(rtt_us), FIELD(loss_permille),
    FIELD(tx_packets), FIELD(tx_bytes), FIELD(rx_packets), FIELD(rx_bytes),
    FIELD(tx_rate_bps), FIELD(rx_rate_bps), FIELD(dgram_dropped),
    FIELD(members), FIELD(members_keyed), FIELD(members_legacy),
    FIELD(reconnects), FIELD(events_dropped), FIELD(signals_refused),
    FIELD(clear_sent), FIELD(clear_received), FIELD(clear_repair),
    FIELD(clear_malformed), FIELD(clear_no_stream),
    FIELD(rebuilt_copy), FIELD(rebuilt_parity), FIELD(comfort_ms),
    FIELD(longer_ms), FIELD(shorter_ms), FIELD(playout_wait_ms),
    FIELD(jitter_ms), FIELD(media_malformed),
    FIELD(reports_sent), FIELD(reports_received),
    FIELD(tier), FIELD(is_forced), FIELD(estimate_bps), FIELD(queue_ms),
    FIELD(peer_loss_permille), FIELD(mode_changes), FIELD(packets_parity),
    FIELD(silence_ms),
    FIELD(capture_level_db), FIELD(is_voice), FIELD(has_echo),
    FIELD(has_denoise), FIELD(has_gain), FIELD(has_vad), FIELD(echo_delay_ms),
    FIELD(erle_db), FIELD(device_restarts), FIELD(recorded_ms),
    FIELD(frames_undecodable), FIELD(frames_dropped), FIELD(bridged_ms),
    FIELD(voices), FIELD(control_malformed),
    FIELD(is_muted), FIELD(is_held), FIELD(is_open),
};

static const field GROUP_FIELDS[] = {
    GROUP_FIELD(sealed), GROUP_FIELD(opened), GROUP_FIELD(not_sealed),
    GROUP_FIELD(unknown_key), GROUP_FIELD(bad_tag), GROUP_FIELD(replayed),
    GROUP_FIELD(malformed), GROUP_FIELD(packages_refused),
    GROUP_FIELD(pairs_refused), GROUP_FIELD(keys_refused),
    GROUP_FIELD(members_ignored), GROUP_FIELD(generation), GROUP_FIELD(step),
    GROUP_FIELD(suite),
};
/* clang-format on */

static uint64_t value_of(const wzp_client_stats *s, const field *f)
{
    const uint8_t *at = (const uint8_t *)s + f->at;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    switch (f->size) {
    case sizeof u16: memcpy(&u16, at, sizeof u16); return u16;
    case sizeof u32: memcpy(&u32, at, sizeof u32); return u32;
    case sizeof u64: memcpy(&u64, at, sizeof u64); return u64;
    default: return *at;
    }
}

static void put(FILE *f, const wzp_client_stats *s, const field *fields,
                size_t n)
{
    for (size_t i = 0; i < n; i++) {
        fprintf(f, "%s\"%s\":%" PRIu64, i == 0 ? "" : ",", fields[i].name,
                value_of(s, &fields[i]));
    }
}

bool stats_file_write(FILE *f, const wzp_client_stats *s)
{
    fprintf(f, "{\"state\":\"%s\",\"not_encrypted\":%s,",
            wzp_client_state_name(s->state),
            s->clear == WZP_CLEAR_ON ? "true" : "false");
    put(f, s, FIELDS, sizeof FIELDS / sizeof *FIELDS);
    fputs(",\"group\":{", f);
    put(f, s, GROUP_FIELDS, sizeof GROUP_FIELDS / sizeof *GROUP_FIELDS);
    fputs("}}\n", f);
    return fflush(f) == 0 && !ferror(f);
}
