/* SPDX-License-Identifier: MIT */
/* The subcommand contacts: the people and the relays this client knows. It
 * works on the files, so no other client may use them meanwhile.
 */
#include "commands.h"
#include "home.h"

#include <wzp/client/contacts.h>
#include <wzp/client/pins.h>
#include <wzp/proto/fingerprint.h>

#include <ctype.h>
#include <string.h>
#include <time.h>

typedef struct book {
    const settings *s;
    wzp_store_file *store;
    wzp_contacts *people;
    wzp_pins *relays;
} book;

/* "2026-11-21", UTC. */
static const char *date(wzp_unix_s at, char out[16])
{
    struct tm tm;
    const time_t t = (time_t)at;
    const bool is_one = at > 0 && t > 0 && gmtime_r(&t, &tm) != NULL &&
                        strftime(out, 16, "%Y-%m-%d", &tm) > 0;
    return is_one ? out : at == 0 ? "never     " : "far ahead ";
}

static int failed(const char *what, wzp_err e)
{
    fprintf(stderr, "wzp-client: %s: %s\n", what, wzp_strerror(e));
    return 1;
}

/* --- who is meant --------------------------------------------------------- */

/* 32 hexadecimal digits, colons anywhere; a name is never that. */
static bool is_fingerprint(const char *text, uint8_t out[WZP_FP_LEN])
{
    size_t digits = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (!isxdigit((unsigned char)*c) && *c != ':') {
            return false;
        }
        digits += *c != ':';
    }
    return digits == 2 * WZP_FP_LEN &&
           wzp_fingerprint_decode(text, strlen(text), out) == WZP_OK;
}

static bool find(const book *b, const char *who, wzp_contact *out)
{
    uint8_t fp[WZP_FP_LEN];
    return is_fingerprint(who, fp)
               ? wzp_contacts_find(b->people, fp, out) == WZP_OK
               : wzp_contacts_find_name(b->people, who, out) == WZP_OK;
}

static int nobody(const char *who)
{
    fprintf(stderr, "wzp-client: \"%s\" is not known here\n", who);
    return 1;
}

/* --- what there is to do -------------------------------------------------- */

static void print_person(const wzp_contact *one)
{
    char fp[WZP_FP_TEXT_LEN + 1], first[16], last[16];
    wzp_fingerprint_encode(one->fingerprint, fp);
    printf("%s  %s  %s  %-8s  %-8s  %s\n", fp, date(one->first_seen, first),
           date(one->last_seen, last), one->is_capable ? "encrypts" : "-",
           one->is_verified ? "verified" : "-", one->name);
}

static void print_relay(const wzp_pin *one)
{
    char hash[WZP_TLS_FP_TEXT_LEN + 1], first[16], last[16];
    wzp_tls_fingerprint_encode(one->hash, hash);
    printf("%s  %s  %s  %s\n", hash, date(one->first_seen, first),
           date(one->last_seen, last), one->relay);
    if (one->has_next) {
        wzp_tls_fingerprint_encode(one->next, hash);
        printf("%s  from %s: the next one of %s\n", hash,
               date(one->next_not_before, first), one->relay);
    }
}

static int list(book *b)
{
    wzp_contact person;
    wzp_pin relay;
    printf("people: fingerprint, known since, last seen, encrypts, verified, "
           "name\n");
    for (size_t i = 0; wzp_contacts_at(b->people, i, &person) == WZP_OK; i++) {
        print_person(&person);
    }
    printf("relays: certificate, known since, last seen, name\n");
    for (size_t i = 0; wzp_pins_at(b->relays, i, &relay) == WZP_OK; i++) {
        print_relay(&relay);
    }
    return 0;
}

static int add(book *b)
{
    const char *name = b->s->arguments.v[1];
    uint8_t fp[WZP_FP_LEN];
    wzp_contact one;
    if (!is_fingerprint(b->s->arguments.v[2], fp)) {
        return settings_refuse("\"%s\" is not a fingerprint: 32 hexadecimal "
                               "digits",
                               b->s->arguments.v[2]);
    }
    const wzp_err e =
        wzp_contacts_add(b->people, fp, name, (wzp_unix_s)time(NULL));
    if (e == WZP_ERR_NAME) {
        return settings_refuse("\"%s\" cannot be the name of a contact: at "
                               "most %d bytes on one line, without ':', not a "
                               "fingerprint",
                               name, WZP_ALIAS_MAX - 1);
    }
    if (e == WZP_ERR_EXISTS) {
        const bool is_known = wzp_contacts_find(b->people, fp, &one) == WZP_OK;
        fprintf(stderr,
                is_known ? "wzp-client: this is %s already\n"
                         : "wzp-client: somebody else is called %s already\n",
                is_known ? one.name : name);
        return 1;
    }
    return e == WZP_OK ? 0 : failed(name, e);
}

/* Nothing is marked that was not compared. */
static bool is_same(const wzp_contact *one)
{
    char fp[WZP_FP_TEXT_LEN + 1];
    char answer[16] = "";
    wzp_fingerprint_encode(one->fingerprint, fp);
    fprintf(stderr,
            "Compare with %s, by another way than this program (best face to "
            "face), what `wzp-client identity` shows there:\n  %s\n"
            "or the check words of a room or call you were both in.\n"
            "Are they the same? [y/N] ",
            one->name, fp);
    fflush(stderr);
    return fgets(answer, sizeof answer, stdin) != NULL &&
           (answer[0] == 'y' || answer[0] == 'Y');
}

static int verify(book *b)
{
    const char *who = b->s->arguments.v[1];
    wzp_contact one;
    if (!find(b, who, &one)) {
        return nobody(who);
    }
    if (!one.has_key && !b->s->undo) {
        fprintf(stderr,
                "wzp-client: %s was not met yet, so there is no key to "
                "verify; be in a room together first\n",
                one.name);
        return 1;
    }
    if (!b->s->undo && !is_same(&one)) {
        fprintf(stderr, "wzp-client: not verified\n");
        return 1;
    }
    const wzp_err e =
        wzp_contacts_verify(b->people, one.fingerprint, !b->s->undo);
    return e == WZP_OK ? 0 : failed(one.name, e);
}

static int forget(book *b)
{
    const char *who = b->s->arguments.v[1];
    wzp_contact one;
    const wzp_err e = find(b, who, &one)
                          ? wzp_contacts_forget(b->people, one.fingerprint)
                          : wzp_pins_forget(b->relays, who);
    if (e == WZP_ERR_NOT_FOUND) {
        return nobody(who);
    }
    return e == WZP_OK ? 0 : failed(who, e);
}

/* --- the command ---------------------------------------------------------- */

static const struct {
    const char *name;
    size_t n; /* arguments, itself included */
    int (*run)(book *b);
} VERBS[] = {
    {"list", 1, list},
    {"add", 3, add},
    {"verify", 2, verify},
    {"forget", 2, forget},
};
enum { VERBS_N = sizeof VERBS / sizeof VERBS[0] };

static int open_tables(book *b)
{
    const wzp_mem mem = wzp_mem_default();
    const wzp_store table = wzp_store_file_table(b->store);
    wzp_err e = wzp_contacts_new(&b->people, &mem, &table);
    if (e != WZP_OK) {
        return home_refuse("contacts", e);
    }
    e = wzp_pins_new(&b->relays, &mem, &table);
    return e == WZP_OK ? 0 : home_refuse("pins", e);
}

static int run_on_files(const settings *s, int (*verb)(book *b))
{
    book b = {.s = s};
    int status = home_open(&b.store) ? open_tables(&b) : 1;
    if (status == 0) {
        status = verb(&b);
    }
    wzp_contacts_free(b.people);
    wzp_pins_free(b.relays);
    wzp_store_file_free(b.store);
    return status;
}

int contacts_run(settings *s)
{
    const char *name = s->arguments.n == 0 ? "list" : s->arguments.v[0];
    size_t i = 0;
    while (i < VERBS_N && strcmp(VERBS[i].name, name) != 0) {
        i++;
    }
    if (i == VERBS_N) {
        return settings_refuse("contacts does not know '%s' (see contacts "
                               "--help)",
                               name);
    }
    if (s->arguments.n != VERBS[i].n && s->arguments.n != 0) {
        return settings_refuse("contacts %s takes %zu arguments (see contacts "
                               "--help)",
                               name, VERBS[i].n - 1);
    }
    if (s->undo && VERBS[i].run != verify) {
        return settings_refuse("--undo goes with verify only");
    }
    return run_on_files(s, VERBS[i].run);
}
