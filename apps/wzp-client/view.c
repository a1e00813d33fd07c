/* SPDX-License-Identifier: MIT */
/* See view.h. */
#include "view.h"

#include <wzp/proto/fingerprint.h>
#include <wzp/proto/hex.h>
#include <wzp/proto/utf8.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PLAIN_EVERY  10 /* seconds between status lines without a terminal */
#define UNANSWERED_S 3  /* chosen: what is sent is acknowledged within one */
#define COLUMNS      80 /* where a terminal does not say */

void view_init(view *v, const char *relay, bool is_pin_given)
{
    *v = (view){.relay = relay,
                .is_pin_given = is_pin_given,
                .is_terminal = isatty(STDERR_FILENO) == 1,
                .tier = WZP_TIER_GOOD,
                .sending = wzp_tier_name(WZP_TIER_GOOD)};
}

static void clear_status(view *v)
{
    if (v->has_status) {
        fputs("\r\033[K", stderr);
        v->has_status = false;
    }
}

void view_say(view *v, const char *fmt, ...)
{
    va_list args;
    clear_status(v);
    va_start(args, fmt);
    (void)vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    fflush(stderr);
}

void view_ask(view *v, const char *question)
{
    clear_status(v);
    fputs(question, stderr);
    fflush(stderr);
    v->is_asking = true;
}

/* --- events --- */

/* A name somebody else chose, safe to print: what does something to a terminal
 * or to the order of letters is a question mark. */
static const char *printable(const char *text, char *out, size_t cap)
{
    size_t n = 0;
    while (*text != '\0') {
        size_t len = 1; /* of a character */
        while (((unsigned char)text[len] & 0xC0) == 0x80) {
            len++;
        }
        if (n + len >= cap) {
            break;
        }
        if (wzp_utf8_is_line(text, len)) {
            memcpy(out + n, text, len);
            n += len;
        } else {
            out[n++] = '?';
        }
        text += len;
    }
    out[n] = '\0';
    return out;
}

static void say_state(view *v, const wzp_client_event *ev)
{
    switch (ev->u.state.state) {
    case WZP_CLIENT_IDLE:
    case WZP_CLIENT_PIN_DECISION:
    case WZP_CLIENT_CLEAR_DECISION: break; /* told by other events */
    case WZP_CLIENT_CONNECTING: view_say(v, "connecting"); break;
    case WZP_CLIENT_JOINING: view_say(v, "joining the room"); break;
    case WZP_CLIENT_JOINED:
        v->has_joined = true;
        view_say(v, "joined");
        break;
    case WZP_CLIENT_RECONNECTING:
        view_say(v, "%s (%s), trying again in %.1f s",
                 v->has_joined ? "connection lost" : "no connection",
                 wzp_strerror(ev->u.state.why), ev->u.state.retry_ms / 1e3);
        break;
    }
}

static void say_pin(view *v, const wzp_client_event *ev)
{
    char seen[WZP_TLS_FP_TEXT_LEN + 1];
    char pinned[WZP_TLS_FP_TEXT_LEN + 1];
    wzp_tls_fingerprint_encode(ev->u.pin.seen, seen);
    if (ev->u.pin.is_first) {
        view_say(v, "first time at %s; its certificate is remembered:\n  %s",
                 ev->u.pin.relay, seen);
        return;
    }
    wzp_tls_fingerprint_encode(ev->u.pin.pinned, pinned);
    if (v->is_pin_given) {
        view_say(v,
                 "the certificate of %s is not the one of --pin.\n"
                 "  --pin       %s\n  shown now   %s",
                 ev->u.pin.relay, pinned, seen);
        return;
    }
    view_say(v,
             "the certificate of %s has changed. Somebody may be in between.\n"
             "  remembered  %s\n  shown now   %s\n"
             "Ask whoever runs the relay, by another way than this one, which "
             "is right.",
             ev->u.pin.relay, pinned, seen);
}

/* Whose name the user gave stands without quotes; what somebody says of itself
 * stands in them, and cannot end them. */
static void name_member(const wzp_client_event *ev, char *out, size_t cap)
{
    const wzp_member_info *m = &ev->u.member.info;
    const bool is_contact = ev->u.member.contact[0] != '\0';
    char alias[WZP_ALIAS_MAX + 1];
    char fp[WZP_FP_TEXT_LEN + 1];
    printable(m->alias[0] == '\0' ? "somebody" : m->alias, alias, sizeof alias);
    for (char *c = alias; *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    wzp_fingerprint_encode(m->fingerprint, fp);
    if (is_contact) {
        (void)snprintf(out, cap, "%s (contact, %s)", ev->u.member.contact,
                       ev->u.member.is_verified ? "verified" : "not verified");
    } else if (m->state == WZP_MEMBER_VERIFIED ||
               m->state == WZP_MEMBER_KEYED) {
        (void)snprintf(out, cap, "\"%s\" (%s)", alias, fp);
    } else {
        (void)snprintf(out, cap, "\"%s\"", alias);
    }
}

/* A short name, for the status line. */
static void note_member(view *v, const wzp_client_event *ev)
{
    const char *contact = ev->u.member.contact;
    const char *alias = ev->u.member.info.alias;
    char safe[WZP_ALIAS_MAX];
    char name[WZP_ALIAS_MAX + 2];
    printable(alias[0] == '\0' ? "somebody" : alias, safe, sizeof safe);
    for (char *c = safe; *c != '\0'; c++) {
        *c = *c == '"' ? '\'' : *c;
    }
    (void)snprintf(name, sizeof name, contact[0] != '\0' ? "%s" : "\"%s\"",
                   contact[0] != '\0' ? contact : safe);
    people_note(&v->people, ev, name);
}

static void say_member(view *v, const wzp_client_event *ev)
{
    const wzp_member_info *m = &ev->u.member.info;
    char name[WZP_ALIAS_MAX + WZP_FP_TEXT_LEN + 16];
    char fp[WZP_FP_TEXT_LEN + 1];
    name_member(ev, name, sizeof name);
    note_member(v, ev);
    if (ev->u.member.is_gone) {
        view_say(v, "%s left", name);
        return;
    }
    switch (m->state) {
    case WZP_MEMBER_UNKNOWN: break; /* a moment later it is one of these */
    case WZP_MEMBER_VERIFIED:
        view_say(v,
                 m->why == WZP_ERR_TAG
                     ? "%s is here, and its keys do not open: has it another "
                       "secret of the room, or none?"
                     : "%s is here",
                 name);
        break;
    case WZP_MEMBER_KEYED:
        view_say(v, "%s can be heard, end-to-end encrypted", name);
        break;
    case WZP_MEMBER_LEGACY:
        view_say(v, "%s is here with an old client", name);
        break; /* what that means is said by WZP_EVENT_CLEAR */
    case WZP_MEMBER_REFUSED:
        if (m->why == WZP_ERR_NOT_ALLOWED) {
            wzp_fingerprint_encode(m->fingerprint, fp);
            view_say(v,
                     "%s (%s) is here, and is not among those who may hear "
                     "you",
                     name, fp);
            break;
        }
        view_say(v, "%s is refused: %s", name, wzp_strerror(m->why));
        break;
    }
}

static void say_contact(view *v, const wzp_client_event *ev)
{
    char pinned[2 * WZP_KEY_LEN + 1] = "";
    char seen[2 * WZP_KEY_LEN + 1] = "";
    if (ev->u.contact.why != WZP_ERR_CONTACT) {
        return; /* what became of a command: there is none here */
    }
    wzp_hex_encode(ev->u.contact.pinned, WZP_KEY_LEN, pinned);
    wzp_hex_encode(ev->u.contact.seen, WZP_KEY_LEN, seen);
    view_say(v,
             "somebody here has the fingerprint of your contact %s and another "
             "key. Nothing is sent to them.\n"
             "  remembered  %s\n  shown now   %s\n"
             "Ask %s, by another way than this one, which is right. If it is "
             "the new one: wzp-client contacts forget, then add, then join "
             "again.",
             ev->u.contact.name, pinned, seen, ev->u.contact.name);
}

static void say_clear(view *v, const wzp_client_event *ev)
{
    const char *given = ev->u.clear.who;
    char who[WZP_CLEAR_WHO_MAX];
    if (ev->u.clear.state == WZP_CLEAR_ASKED) {
        return; /* --allow-legacy is the answer: what follows is said */
    }
    if (ev->u.clear.state == WZP_CLEAR_OFF) {
        view_say(v, "no old client is here any more; nothing is sent in clear");
        return;
    }
    printable(given[0] == '\0' ? "somebody" : given, who, sizeof who);
    view_say(v, "%s%s%s %s", ev->u.clear.state == WZP_CLEAR_ON ? "!!! " : "",
             ev->u.clear.is_relay ? "the relay " : "", who,
             wzp_clear_sentence(ev->u.clear.state, ev->u.clear.why));
}

static void say_words(view *v, const wzp_client_event *ev)
{
    if (ev->u.words.err != WZP_OK) {
        view_say(v, "no check words: %s", wzp_strerror(ev->u.words.err));
        return;
    }
    clear_status(v);
    fputs("words:", stdout);
    for (size_t i = 0; i < sizeof ev->u.words.word / sizeof(char *); i++) {
        printf(" %s", ev->u.words.word[i]);
    }
    putchar('\n');
    fflush(stdout);
}

static void say_ended(view *v, const wzp_client_event *ev)
{
    const char *text = ev->u.ended.text;
    if (ev->u.ended.why == WZP_ERR_TIMEOUT && !v->has_joined) {
        view_say(v, "the relay %s does not answer", v->relay);
        return;
    }
    view_say(v, "%s", text[0] != '\0' ? text : wzp_strerror(ev->u.ended.why));
}

void view_event(view *v, const wzp_client_event *ev)
{
    switch (ev->kind) {
    case WZP_EVENT_STATE: say_state(v, ev); break;
    case WZP_EVENT_PIN: say_pin(v, ev); break;
    case WZP_EVENT_MEMBER: say_member(v, ev); break;
    case WZP_EVENT_INPUT_ENDED:
        view_say(v, "the input has come to its end; still listening");
        break;
    case WZP_EVENT_WORDS: say_words(v, ev); break;
    case WZP_EVENT_STATS: break;
    case WZP_EVENT_CLEAR: say_clear(v, ev); break;
    case WZP_EVENT_CONTACT: say_contact(v, ev); break;
    case WZP_EVENT_ENDED: say_ended(v, ev); break;
    case WZP_EVENT_TALKERS:
    case WZP_EVENT_PEER:
    case WZP_EVENT_QUALITY:
    case WZP_EVENT_AUDIO: view_sound_event(v, ev); break;
    case WZP_EVENT_LINE: /* this program does not register */
    case WZP_EVENT_CALL: break;
    }
}

/* --- status --- */

/* What we do, where that is not just talking. */
static const char *own_state(const view *v)
{
    return v->is_held     ? "ON HOLD  "
           : v->is_muted  ? "MUTED  "
           : v->is_silent ? "(space to talk)  "
                          : "";
}

static void format_status(const view *v, const wzp_client_stats *s, char *out,
                          size_t cap)
{
    const bool is_heard = v->talkers[0] != '\0';
    const uint32_t loss = s->peer_loss_permille > s->loss_permille
                              ? s->peer_loss_permille
                              : s->loss_permille;
    (void)snprintf(out, cap,
                   "%s%s%s%s%s  %u here, %u encrypted%s%s  %s  loss %.1f %%  "
                   "rtt %.0f ms  delay %u ms  out %.0f in %.0f kbit/s",
                   s->clear == WZP_CLEAR_ON ? "NOT ENCRYPTED  " : "",
                   v->unanswered >= UNANSWERED_S ? "NO ANSWER  " : "",
                   v->is_recording ? "REC  " : "", own_state(v),
                   wzp_client_state_name(s->state), s->members,
                   s->members_keyed, is_heard ? "  talking: " : "", v->talkers,
                   view_sending(s->tier, &s->mode), loss / 10.0,
                   (double)s->rtt_us / 1e3, s->playout_delay_ms,
                   (double)s->tx_rate_bps / 1e3, (double)s->rx_rate_bps / 1e3);
}

/* What is sent is answered, by acknowledgements at least. */
static void note_answers(view *v, const wzp_client_stats *s)
{
    if (s->state != WZP_CLIENT_JOINED || s->rx_packets != v->rx) {
        v->unanswered = 0;
        v->rx = s->rx_packets;
        v->tx = s->tx_packets;
    } else if (s->tx_packets != v->tx && ++v->unanswered == UNANSWERED_S) {
        view_say(v, "the relay has not answered for %d s", UNANSWERED_S);
    }
}

/* A line that wraps cannot be drawn over. Letters beyond ASCII count as two
 * columns. */
static void cut_to_terminal(char *line)
{
    struct winsize size;
    unsigned left = COLUMNS - 1;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1) {
        left = size.ws_col - 1u;
    }
    for (; *line != '\0'; line++) {
        const unsigned char c = (unsigned char)*line;
        const unsigned wide = c < 0x80 ? 1 : c >= 0xC0 ? 2 : 0;
        if (wide > left) {
            *line = '\0';
            return;
        }
        left -= wide;
    }
}

void view_status(view *v, const wzp_client_stats *s)
{
    char line[400];
    note_answers(v, s);
    format_status(v, s, line, sizeof line);
    if (!v->is_terminal) {
        if (++v->plain_lines % PLAIN_EVERY == 0) {
            view_say(v, "%s", line);
        }
        return;
    }
    if (v->is_asking) {
        return;
    }
    clear_status(v);
    cut_to_terminal(line);
    fputs(line, stderr);
    fflush(stderr);
    v->has_status = true;
}

void view_end(view *v)
{
    clear_status(v);
    fflush(stderr);
}
