/* SPDX-License-Identifier: MIT */
/* What a program that will hold secrets asks of the system before it does: no
 * core dumps, no debugger of the same user, memory that can be locked.
 */
#ifndef WZP_APPS_HARDEN_H
#define WZP_APPS_HARDEN_H

/* The first thing in main. What the system refuses is a warning on stderr,
 * with the name of the program; nothing depends on it. */
void app_harden(const char *program);

#endif
