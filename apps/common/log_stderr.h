/* SPDX-License-Identifier: MIT */
/* Log events as lines on stderr:
 *   2026-11-21T12:00:00.123Z info relay room.join conn=1 room=lobby
 */
#ifndef WZP_APPS_LOG_STDERR_H
#define WZP_APPS_LOG_STDERR_H

#include <wzp/proto/env.h>

wzp_log app_log_stderr(wzp_log_level level);

#endif
