/* SPDX-License-Identifier: MIT */
/* See keyboard.h. */
#include "keyboard.h"

#include <poll.h>
#include <unistd.h>

void keyboard_init(keyboard *k)
{
    *k = (keyboard){.is_open = true, .is_terminal = isatty(STDIN_FILENO) == 1};
}

/* One byte, if there is one now. */
static bool next_byte(keyboard *k, char *c)
{
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    if (!k->is_open || poll(&fd, 1, 0) <= 0) {
        return false;
    }
    if (k->is_terminal && tcgetpgrp(STDIN_FILENO) != getpgrp()) {
        return false; /* in the background: what is typed is for others */
    }
    if (read(STDIN_FILENO, c, 1) != 1) {
        k->is_open = false; /* the end, or closed from the start */
        return false;
    }
    return true;
}

int keyboard_poll(keyboard *k)
{
    char c;
    while (next_byte(k, &c)) {
        if (c == '\n') {
            int first = k->len > 0 ? (unsigned char)k->line[0] : 0;
            k->len = 0;
            return first;
        }
        if (k->len < sizeof k->line) {
            k->line[k->len++] = c;
        }
    }
    return -1;
}
