/* SPDX-License-Identifier: MIT */
/* Lines typed on stdin, without waiting for them. */
#ifndef WZP_APP_CLIENT_KEYBOARD_H
#define WZP_APP_CLIENT_KEYBOARD_H

#include <stdbool.h>
#include <stddef.h>

typedef struct keyboard {
    bool is_open, is_terminal;
    char line[64];
    size_t len;
} keyboard;

void keyboard_init(keyboard *k);

/* The first letter of a line that was finished since the last call, 0 for an
 * empty line, −1 when there is none. */
int keyboard_poll(keyboard *k);

#endif
