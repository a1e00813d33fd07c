/* SPDX-License-Identifier: MIT */
/* See passphrase.h. At the terminal, signals are held back and let in only
 * while waiting for a key: so none comes between a look and the wait, and the
 * terminal is as before when a signal stops or ends the program.
 */
#include "passphrase.h"

#include <wzp/crypto/guarded.h>
#include <wzp/crypto/wipe.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

typedef struct reader {
    const app_ask *ask;
    char *out;
    size_t cap, len;
    bool is_too_long;
    char *why;
    size_t why_len;
} reader;

static bool fail(reader *r, const char *what, const char *name)
{
    (void)snprintf(r->why, r->why_len, "%s %s: %s", what, name,
                   strerror(errno));
    return false;
}

static bool refuse(reader *r, const char *why)
{
    (void)snprintf(r->why, r->why_len, "%s", why);
    return false;
}

static bool wrong(reader *r, const char *what)
{
    (void)snprintf(r->why, r->why_len, "the %s %s", r->ask->name, what);
    return false;
}

static bool cannot_read(reader *r, const char *file)
{
    (void)snprintf(r->why, r->why_len, "cannot read %s file %s: %s",
                   r->ask->name, file, strerror(errno));
    return false;
}

/* One byte; what does not fit is noted, not kept. */
static void take(reader *r, char c)
{
    if (r->len + 1 < r->cap) {
        r->out[r->len++] = c;
    } else {
        r->is_too_long = true;
    }
}

static void forget(reader *r)
{
    wzp_wipe(r->out, r->cap);
    r->len = 0;
    r->is_too_long = false;
}

/* The whole line is there. */
static bool check(reader *r)
{
    r->out[r->len] = '\0';
    if (r->is_too_long) {
        return wrong(r, "is too long");
    }
    if (r->len == 0) {
        return wrong(r, "is empty");
    }
    if (memchr(r->out, '\0', r->len) != NULL) {
        return wrong(r, "has a NUL byte in it");
    }
    return true;
}

/* --- from a file ---------------------------------------------------------- */

static void warn_exposed(int fd, const char *file)
{
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0) {
        fprintf(stderr, "warning: others can read %s; chmod 600 it\n", file);
    }
}

/* Byte by byte: nothing of what comes after the line is read. */
static bool read_line(reader *r, int fd, const char *file)
{
    char c = 0;
    ssize_t n;
    while ((n = read(fd, &c, 1)) != 0 && !(n == 1 && c == '\n')) {
        if (n == 1) {
            take(r, c);
        } else if (errno != EINTR) {
            return cannot_read(r, file);
        }
    }
    if (r->len > 0 && r->out[r->len - 1] == '\r' && !r->is_too_long) {
        r->len--;
    }
    return check(r);
}

static bool from_file(reader *r, const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0) {
        return cannot_read(r, file);
    }
    warn_exposed(fd, file);
    bool ok = read_line(r, fd, file);
    (void)close(fd);
    return ok;
}

/* --- from the terminal ---------------------------------------------------- */

static const int SIGNALS[] = {SIGINT,  SIGTERM, SIGHUP,
                              SIGQUIT, SIGTSTP, SIGCONT};
enum { N_SIGNALS = sizeof SIGNALS / sizeof SIGNALS[0] };

static volatile sig_atomic_t caught; /* the number of one, 0: none */

static void on_signal(int number)
{
    caught = number;
}

typedef struct terminal {
    int fd;
    struct termios before;
    struct sigaction actions[N_SIGNALS];
    sigset_t mask;
} terminal;

static void hold_signals(terminal *t)
{
    struct sigaction act = {.sa_handler = on_signal};
    sigset_t held;
    sigemptyset(&act.sa_mask);
    sigemptyset(&held);
    for (size_t i = 0; i < N_SIGNALS; i++) {
        sigaddset(&held, SIGNALS[i]);
    }
    sigprocmask(SIG_BLOCK, &held, &t->mask);
    caught = 0;
    for (size_t i = 0; i < N_SIGNALS; i++) {
        sigaction(SIGNALS[i], NULL, &t->actions[i]);
        if (t->actions[i].sa_handler != SIG_IGN) { /* nohup stays nohup */
            sigaction(SIGNALS[i], &act, NULL);
        }
    }
}

static void release_signals(const terminal *t)
{
    for (size_t i = 0; i < N_SIGNALS; i++) {
        sigaction(SIGNALS[i], &t->actions[i], NULL);
    }
    sigprocmask(SIG_SETMASK, &t->mask, NULL);
}

static void say(const terminal *t, const char *text)
{
    ssize_t n = write(t->fd, text, strlen(text));
    (void)n; /* a prompt that cannot be shown does not stop who types blind */
}

/* Started in the background, the process stops here until it is in front. */
static bool silence(terminal *t)
{
    if (tcgetattr(t->fd, &t->before) != 0) {
        return false;
    }
    struct termios quiet = t->before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    quiet.c_lflag |= ICANON | ISIG;
    return tcsetattr(t->fd, TCSAFLUSH, &quiet) == 0;
}

/* 1: a byte, 0: the end, -1: a signal or a failure. */
static int next_byte(const terminal *t, char *c)
{
    struct pollfd fd = {.fd = t->fd, .events = POLLIN};
    while (caught == 0) {
        if (ppoll(&fd, 1, NULL, &t->mask) > 0) {
            return (int)read(t->fd, c, 1);
        }
        if (errno != EINTR) {
            return -1;
        }
    }
    return -1;
}

static bool type_line(reader *r, const terminal *t)
{
    char c = 0;
    int n;
    while ((n = next_byte(t, &c)) == 1 && c != '\n') {
        take(r, c);
    }
    if (caught != 0) {
        return false;
    }
    return n >= 0 ? check(r) : fail(r, "cannot read", "the terminal");
}

/* `number`: the signal that came in between, 0 for none. */
static bool ask_once(reader *r, terminal *t, int *number)
{
    bool ok = false;
    hold_signals(t);
    if (!silence(t)) {
        (void)fail(r, "cannot silence", "the terminal");
    } else {
        say(t, r->ask->prompt);
        ok = type_line(r, t);
        (void)tcsetattr(t->fd, TCSAFLUSH, &t->before);
        say(t, "\n");
    }
    *number = caught;
    release_signals(t);
    return ok;
}

/* Who was stopped is asked again from the beginning. */
static bool from_terminal(reader *r)
{
    terminal t = {.fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)};
    if (t.fd < 0) {
        (void)snprintf(r->why, r->why_len,
                       "there is no terminal to ask for the %s: %s FILE gives "
                       "it",
                       r->ask->name, r->ask->option);
        return false;
    }
    int number;
    bool ok;
    do {
        forget(r);
        ok = ask_once(r, &t, &number);
        if (number != 0 && number != SIGCONT) {
            (void)raise(number);
        }
    } while (number == SIGTSTP || number == SIGCONT);
    (void)close(t.fd);
    return number == 0 ? ok : refuse(r, "interrupted");
}

/* -------------------------------------------------------------------------- */

bool app_passphrase_read(const char *file, const app_ask *ask, char *out,
                         size_t cap, size_t *len, char *why, size_t why_len)
{
    reader r = {
        .ask = ask, .out = out, .cap = cap, .why = why, .why_len = why_len};
    bool ok = file != NULL ? from_file(&r, file) : from_terminal(&r);
    *len = ok ? r.len : 0;
    if (!ok) {
        forget(&r);
    }
    return ok;
}

static bool repeats(const app_ask *ask, const char *out, size_t len, char *why,
                    size_t why_len)
{
    size_t n = 0;
    const app_ask twice = {ask->name, ask->option, "The same again: "};
    char *again = wzp_guarded_new(APP_PASSPHRASE_MAX);
    if (again == NULL) {
        (void)snprintf(why, why_len, "no memory for the %s", ask->name);
        return false;
    }
    bool ok = app_passphrase_read(NULL, &twice, again, APP_PASSPHRASE_MAX, &n,
                                  why, why_len);
    /* Both are of the person who waits for the answer: nobody to time it. */
    if (ok && (n != len || memcmp(again, out, len) != 0)) {
        (void)snprintf(why, why_len, "the %s was not the same twice",
                       ask->name);
        ok = false;
    }
    wzp_guarded_free(again);
    return ok;
}

bool app_passphrase_choose(const char *file, const app_ask *ask, char *out,
                           size_t cap, size_t *len, char *why, size_t why_len)
{
    if (!app_passphrase_read(file, ask, out, cap, len, why, why_len)) {
        return false;
    }
    if (file == NULL && !repeats(ask, out, *len, why, why_len)) {
        wzp_wipe(out, cap);
        *len = 0;
        return false;
    }
    return true;
}
