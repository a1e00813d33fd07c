/* SPDX-License-Identifier: MIT */
/* Passphrases of the programs (apps/common), from files and at a terminal: a
 * child of the test sits at a pseudo terminal whose other end the test holds.
 */
#include "apps/common/passphrase.c"
#include "support/harness.h"

#include <wzp/crypto/identity.h>

#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

static const app_ask WORD = {"passphrase", "--passphrase-file", "word? "};

/* --- files ---------------------------------------------------------------- */

typedef struct given {
    const char *name, *text;
    size_t len;
    mode_t mode;
    const char *want; /* NULL: refused, */
    const char *why;  /* saying this */
} given;

#define TEXT(t) (t), sizeof(t) - 1

/* 15 bytes fit, see run_file. */
static const given FILES[] = {
    {"a line", TEXT("open sesame\n"), 0600, "open sesame", NULL},
    {"no line end", TEXT("open sesame"), 0600, "open sesame", NULL},
    {"a line end of DOS", TEXT("open sesame\r\n"), 0600, "open sesame", NULL},
    {"only the first line", TEXT("open\nsesame\n"), 0600, "open", NULL},
    {"spaces are part of it", TEXT(" open \n"), 0600, " open ", NULL},
    {"15 bytes", TEXT("123456789012345\n"), 0600, "123456789012345", NULL},
    {"16 bytes", TEXT("1234567890123456\n"), 0600, NULL, "too long"},
    {"16 bytes, the end", TEXT("1234567890123456"), 0600, NULL, "too long"},
    {"nothing", TEXT(""), 0600, NULL, "empty"},
    {"an empty line", TEXT("\nopen\n"), 0600, NULL, "empty"},
    {"an empty line of DOS", TEXT("\r\n"), 0600, NULL, "empty"},
    {"a NUL in it", TEXT("open\0sesame\n"), 0600, NULL, "NUL"},
    {"others may read it", TEXT("open\n"), 0644, "open", NULL},
};

static size_t count_files(void)
{
    return sizeof FILES / sizeof FILES[0];
}

/* What the call says on stderr. */
static size_t said(FILE *into, char *out, size_t cap)
{
    rewind(into);
    const size_t n = fread(out, 1, cap - 1, into);
    out[n] = '\0';
    return n;
}

static void run_file(size_t row)
{
    const given *g = &FILES[row];
    char path[] = "/tmp/wzp-passphrase-XXXXXX";
    char out[16], why[200] = "", heard[300];
    size_t len = 99;
    int fd = mkstemp(path);
    assert_int_equal(write(fd, g->text, g->len), g->len);
    assert_int_equal(fchmod(fd, g->mode), 0);
    close(fd);
    FILE *into = tmpfile();
    const int kept = dup(2);
    dup2(fileno(into), 2);
    const bool ok = app_passphrase_read(path, &WORD, out, sizeof out, &len, why,
                                        sizeof why);
    fflush(stderr);
    dup2(kept, 2);
    close(kept);
    unlink(path);
    print_message("%s: %s\n", g->name, why);
    assert_int_equal(ok, g->want != NULL);
    assert_int_equal(said(into, heard, sizeof heard) > 0, g->mode != 0600);
    fclose(into);
    if (ok) {
        assert_int_equal(len, strlen(g->want));
        assert_string_equal(out, g->want);
    } else {
        static const char none[sizeof out];
        assert_non_null(strstr(why, g->why));
        assert_int_equal(len, 0);
        assert_memory_equal(out, none, sizeof out);
    }
}

WZP_ROWS(the_first_line_of_a_file_is_the_passphrase, count_files, run_file);

WZP_TEST(a_passphrase_file_that_cannot_be_read_is_named)
{
    char out[16], why[200];
    size_t len;
    assert_false(app_passphrase_read("/proc/none", &WORD, out, sizeof out, &len,
                                     why, sizeof why));
    assert_non_null(strstr(why, "cannot read passphrase file /proc/none: "));
    assert_false(app_passphrase_read("/tmp", &WORD, out, sizeof out, &len, why,
                                     sizeof why));
    assert_non_null(strstr(why, "/tmp"));
}

/* --- the terminal --------------------------------------------------------- */

typedef struct seat {
    int terminal; /* the test's end */
    int other;    /* held, so that what the child wrote last can be read: a
                     terminal whose other end nobody has open forgets it */
    int report;   /* what the child has to say */
    pid_t child;
    char screen[2000];
    size_t seen;
} seat;

/* In the child: sits down at the terminal and asks. */
static void sit(const char *name, int report, bool twice)
{
    char out[APP_PASSPHRASE_MAX], why[200] = "";
    char line[APP_PASSPHRASE_MAX + 300];
    size_t len = 0;
    wzp_ignore(wzp_crypto_global_init(), "shows in what follows");
    setsid();
    const int fd = open(name, O_RDWR);
    ioctl(fd, TIOCSCTTY, 0);
    const bool ok = twice ? app_passphrase_choose(NULL, &WORD, out, sizeof out,
                                                  &len, why, sizeof why)
                          : app_passphrase_read(NULL, &WORD, out, sizeof out,
                                                &len, why, sizeof why);
    const int n = snprintf(line, sizeof line, "%s|%s", ok ? out : "", why);
    _exit(write(report, line, (size_t)n) == n ? 0 : 9);
}

static seat seat_open(bool twice)
{
    seat s = {.terminal = posix_openpt(O_RDWR | O_NOCTTY)};
    int ends[2];
    assert_int_equal(grantpt(s.terminal), 0);
    assert_int_equal(unlockpt(s.terminal), 0);
    assert_int_equal(pipe(ends), 0);
    const char *name = ptsname(s.terminal);
    s.other = open(name, O_RDWR | O_NOCTTY);
    assert_true(s.other >= 0);
    s.child = fork();
    if (s.child == 0) {
        sit(name, ends[1], twice);
    }
    close(ends[1]);
    s.report = ends[0];
    return s;
}

/* Until there is something to read; the child may be gone, and what it wrote
 * last still on its way. */
static void wait_for_output(const seat *s)
{
    struct pollfd p = {.fd = s->terminal, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 60000), 1);
}

/* Until the screen shows `text`, in what was not looked at before. */
static void expect(seat *s, const char *text)
{
    char *at;
    while ((at = strstr(s->screen + s->seen, text)) == NULL) {
        wait_for_output(s);
        const size_t len = strlen(s->screen);
        const ssize_t n =
            read(s->terminal, s->screen + len, sizeof s->screen - 1 - len);
        assert_true(n > 0);
        s->screen[len + (size_t)n] = '\0';
    }
    s->seen = (size_t)(at - s->screen) + strlen(text);
}

static void type(const seat *s, const char *text)
{
    assert_int_equal(write(s->terminal, text, strlen(text)), strlen(text));
}

static bool has_echo(const seat *s)
{
    struct termios t;
    assert_int_equal(tcgetattr(s->terminal, &t), 0);
    return (t.c_lflag & ECHO) != 0;
}

/* The child's end; out: "passphrase|why". Returns its wait status. */
static int seat_close(seat *s, char *out, size_t cap)
{
    int status = 0;
    const ssize_t n = read(s->report, out, cap - 1);
    out[n > 0 ? n : 0] = '\0';
    assert_int_equal(waitpid(s->child, &status, 0), s->child);
    close(s->report);
    close(s->other);
    close(s->terminal);
    return status;
}

WZP_TEST(what_is_typed_is_not_shown_and_the_echo_comes_back)
{
    char got[400];
    seat s = seat_open(false);
    expect(&s, WORD.prompt);
    assert_false(has_echo(&s));
    type(&s, "open sesame\n");
    expect(&s, "\n");
    assert_int_equal(seat_close(&s, got, sizeof got), 0);
    assert_string_equal(got, "open sesame|");
    assert_null(strstr(s.screen, "sesame"));
}

/* The screen would show it: a terminal that nobody silenced does. */
WZP_TEST(control_a_terminal_with_echo_shows_what_is_typed)
{
    const int mine = posix_openpt(O_RDWR | O_NOCTTY);
    char shown[64] = "";
    assert_int_equal(grantpt(mine), 0);
    assert_int_equal(unlockpt(mine), 0);
    const int other = open(ptsname(mine), O_RDWR | O_NOCTTY);
    assert_int_equal(write(mine, "open sesame\n", 12), 12);
    assert_true(read(mine, shown, sizeof shown - 1) > 0);
    assert_non_null(strstr(shown, "sesame"));
    close(other);
    close(mine);
}

WZP_TEST(a_new_passphrase_is_typed_twice)
{
    char got[400];
    seat s = seat_open(true);
    expect(&s, WORD.prompt);
    type(&s, "open sesame\n");
    expect(&s, "again: ");
    type(&s, "open sesame\n");
    assert_int_equal(seat_close(&s, got, sizeof got), 0);
    assert_string_equal(got, "open sesame|");

    s = seat_open(true);
    expect(&s, WORD.prompt);
    type(&s, "open sesame\n");
    expect(&s, "again: ");
    type(&s, "open sesane\n");
    assert_int_equal(seat_close(&s, got, sizeof got), 0);
    assert_string_equal(got, "|the passphrase was not the same twice");
}

static const int ENDING[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static size_t count_ending(void)
{
    return sizeof ENDING / sizeof ENDING[0];
}

static void run_ending(size_t row)
{
    char got[400];
    seat s = seat_open(false);
    expect(&s, WORD.prompt);
    assert_false(has_echo(&s));
    type(&s, "open ses");
    assert_int_equal(kill(s.child, ENDING[row]), 0);
    siginfo_t end;
    assert_int_equal(waitid(P_PID, (id_t)s.child, &end, WEXITED | WNOWAIT), 0);
    assert_true(has_echo(&s));
    const int status = seat_close(&s, got, sizeof got);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), ENDING[row]);
}

WZP_ROWS(a_signal_ends_the_program_with_the_echo_restored, count_ending,
         run_ending);

/* Ctrl-C is such a signal; the terminal makes it. */
WZP_TEST(ctrl_c_ends_the_program)
{
    char got[400];
    seat s = seat_open(false);
    expect(&s, WORD.prompt);
    type(&s, "open\003");
    const int status = seat_close(&s, got, sizeof got);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGINT);
}

WZP_TEST(who_was_stopped_is_asked_again_from_the_beginning)
{
    char got[400];
    int status = 0;
    seat s = seat_open(false);
    expect(&s, WORD.prompt);
    type(&s, "lost");
    /* Its group has no parent in this session: only SIGSTOP stops such ones,
     * so SIGTSTP is over at once and the question comes again. */
    assert_int_equal(kill(s.child, SIGTSTP), 0);
    expect(&s, WORD.prompt);
    assert_int_equal(kill(s.child, SIGSTOP), 0);
    assert_int_equal(waitpid(s.child, &status, WUNTRACED), s.child);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(kill(s.child, SIGCONT), 0);
    expect(&s, WORD.prompt);
    assert_false(has_echo(&s));
    type(&s, "open sesame\n");
    assert_int_equal(seat_close(&s, got, sizeof got), 0);
    assert_string_equal(got, "open sesame|");
}

WZP_TEST(without_a_terminal_and_without_a_file_the_way_out_is_named)
{
    char got[400] = "";
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    const pid_t child = fork();
    if (child == 0) {
        char out[16], why[200];
        size_t len;
        setsid(); /* no terminal */
        const bool ok = app_passphrase_read(NULL, &WORD, out, sizeof out, &len,
                                            why, sizeof why);
        _exit(!ok && write(ends[1], why, strlen(why)) > 0 ? 0 : 9);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_true(read(ends[0], got, sizeof got - 1) > 0);
    assert_non_null(strstr(got, "--passphrase-file FILE"));
    close(ends[0]);
    close(ends[1]);
}
