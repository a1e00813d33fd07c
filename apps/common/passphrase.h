/* SPDX-License-Identifier: MIT */
/* A passphrase: the first line of a file, or typed at the terminal without
 * echo. What it opens is the caller's matter.
 */
#ifndef WZP_APPS_PASSPHRASE_H
#define WZP_APPS_PASSPHRASE_H

#include <stdbool.h>
#include <stddef.h>

#define APP_PASSPHRASE_MAX 1024 /* bytes incl. NUL; chosen: any sentence */

/* What is asked for, in the words of prompt and errors. */
typedef struct app_ask {
    const char *name;   /* "passphrase" */
    const char *option; /* "--passphrase-file": gives it without a terminal */
    const char *prompt; /* "Passphrase: " */
} app_ask;

/* file    read this one's first line, without the line end. On stderr a
 *         warning where others than the owner may read it. NULL: ask at the
 *         process's own terminal (/dev/tty), wherever stdin and stderr go. Its
 *         echo comes back however this ends; a signal that arrives meanwhile
 *         is delivered after that
 * out     secret: in guarded memory (wzp/crypto/guarded.h), freed there by the
 *         caller. `*len` bytes and a NUL after them; cap counts the NUL
 *
 * False: empty, too long, with a NUL byte, not readable, no terminal; `why` is
 * one sentence without full stop, and out is wiped. */
bool app_passphrase_read(const char *file, const app_ask *ask, char *out,
                         size_t cap, size_t *len, char *why, size_t why_len);

/* The same for one that is new: what is typed is asked for twice, so that a
 * slip of the finger does not lock the file for ever. */
bool app_passphrase_choose(const char *file, const app_ask *ask, char *out,
                           size_t cap, size_t *len, char *why, size_t why_len);

#endif
