/* SPDX-License-Identifier: MIT */
/* See rooms.h. */
#include "rooms.h"

#include <stdio.h>

bool rooms_open(const char *path, const wzp_log *log, rooms_file *out,
                char *why, size_t why_len)
{
    bool is_exposed = false;
    *out = (rooms_file){0};
    if (path == NULL) {
        return true;
    }
    if (!rooms_file_load(out, path, &is_exposed, why, why_len)) {
        return false;
    }
    if (is_exposed) {
        WZP_LOG(log, WZP_LOG_WARN, "app", "rooms.exposed",
                "file=%s hint=\"chmod 600\"", path);
    }
    return true;
}

/* Empty is also what a file is for a moment while it is written: rooms with a
 * secret must not stand open for that. */
static bool open_again(const char *path, const wzp_log *log, rooms_file *out,
                       char *why, size_t why_len)
{
    if (!rooms_open(path, log, out, why, why_len)) {
        return false;
    }
    if (out->n == 0) {
        (void)snprintf(why, why_len,
                       "%s names no room; a relay without rules is started "
                       "without the file",
                       path);
    }
    return out->n > 0;
}

void rooms_reload(const char *path, const wzp_log *log, wzp_relay *relay)
{
    rooms_file rooms = {0};
    char why[1400] = "out of memory";
    if (path == NULL) {
        WZP_LOG(log, WZP_LOG_WARN, "app", "rooms.none",
                "hint=\"--rooms FILE is what SIGHUP reads again\"");
        return;
    }
    if (open_again(path, log, &rooms, why, sizeof why) &&
        wzp_relay_rules_set(relay, rooms.rules, rooms.n, why, sizeof why) ==
            WZP_OK) {
        WZP_LOG(log, WZP_LOG_INFO, "app", "rooms.loaded", "rules=%zu", rooms.n);
    } else {
        WZP_LOG(log, WZP_LOG_ERROR, "app", "rooms.kept", "reason=\"%s\"", why);
    }
    rooms_file_free(&rooms);
}
