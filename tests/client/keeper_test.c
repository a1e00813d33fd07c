/* SPDX-License-Identifier: MIT */
/* What is opened when devices come, go, stand still or are not there. The sound
 * system is a stand-in: mk/tests.mk puts these functions before the real ones.
 */
#include "audio/keeper.h"

#include "client/fakes.h"

/* --- a sound system that does what a test says ---------------------------- */

typedef struct machine {
    wzp__sound_list list;
    bool refuses_connect, refuses_input, refuses_output, refuses_list;
    bool stopped[2];
    bool is_server_gone; /* then there are only cards, if not asked for it */
    const char *on;      /* connected */
    int connects, opens[2];
    char open[2][WZP_DEVICE_NAME_MAX]; /* id; "" when closed */
} machine;

static machine m;

wzp_err __wrap_wzp__sound_connect(wzp__sound *s, const char *backend);
wzp_err __wrap_wzp__sound_connect(wzp__sound *s, const char *backend)
{
    (void)s;
    m.connects++;
    if (m.refuses_connect ||
        (m.is_server_gone && strcmp(backend, "server") == 0)) {
        return WZP_ERR_NOT_FOUND;
    }
    m.on = m.is_server_gone ? "cards" : "server";
    return WZP_OK;
}

void __wrap_wzp__sound_backend(const wzp__sound *s, char out[32]);
void __wrap_wzp__sound_backend(const wzp__sound *s, char out[32])
{
    (void)s;
    strcpy(out, m.on == NULL ? "" : m.on);
}

void __wrap_wzp__sound_disconnect(wzp__sound *s);
void __wrap_wzp__sound_disconnect(wzp__sound *s)
{
    (void)s;
    m.on = NULL;
    memset(m.open, 0, sizeof m.open);
}

wzp_err __wrap_wzp__sound_list_get(wzp__sound *s, wzp__sound_list *out);
wzp_err __wrap_wzp__sound_list_get(wzp__sound *s, wzp__sound_list *out)
{
    (void)s;
    *out = m.list;
    return m.refuses_list ? WZP_ERR_IO : WZP_OK;
}

wzp_err __wrap_wzp__sound_open(wzp__sound *s, bool is_input,
                               const wzp__sound_device *which,
                               wzp__sound_fn *fn, void *user);
wzp_err __wrap_wzp__sound_open(wzp__sound *s, bool is_input,
                               const wzp__sound_device *which,
                               wzp__sound_fn *fn, void *user)
{
    (void)s;
    (void)fn;
    (void)user;
    if (is_input ? m.refuses_input : m.refuses_output) {
        return WZP_ERR_IO;
    }
    m.opens[is_input]++;
    strcpy(m.open[is_input], which == NULL ? "?" : which->id);
    m.stopped[is_input] = false;
    return WZP_OK;
}

bool __wrap_wzp__sound_is_stopped(const wzp__sound *s, bool is_input);
bool __wrap_wzp__sound_is_stopped(const wzp__sound *s, bool is_input)
{
    (void)s;
    return m.stopped[is_input];
}

static void plug(bool is_input, const char *id, bool is_default)
{
    wzp__sound_device *d = &m.list.of[m.list.n++];
    memset(d, 0, sizeof *d);
    d->is_input = is_input;
    d->is_default = is_default;
    strcpy(d->id, id);
    strcpy(d->name, id);
}

static void unplug(const char *id)
{
    for (size_t i = 0; i < m.list.n; i++) {
        if (strcmp(m.list.of[i].id, id) == 0) {
            m.list.of[i] = m.list.of[--m.list.n];
        }
    }
}

/* --- a keeper ------------------------------------------------------------- */

static wzp__keeper k;
static wzp_audio_note notes[64];
static size_t n_notes;
static bool plays; /* the streams are called */

static void keep_note(void *user, const wzp_audio_note *note)
{
    (void)user;
    assert_true(n_notes < 64);
    notes[n_notes++] = *note;
}

static size_t count(wzp_audio_event what)
{
    size_t n = 0;
    for (size_t i = 0; i < n_notes; i++) {
        n += notes[i].what == what;
    }
    return n;
}

static void rounds(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (plays) {
            atomic_fetch_add(&k.halves[0].calls, 25);
            atomic_fetch_add(&k.halves[1].calls, 25);
        }
        wzp__keeper_round(&k, true);
    }
}

static void setup(const char *output, const char *input)
{
    memset(&m, 0, sizeof m);
    memset(&k, 0, sizeof k);
    n_notes = 0;
    plays = true;
    k.say = keep_note;
    k.halves[0].is_wanted = k.halves[1].is_wanted = true;
    strcpy(k.halves[0].want, output);
    strcpy(k.halves[1].want, input);
    plug(true, "mic", true);
    plug(true, "headset-mic", false);
    plug(false, "speaker", true);
    plug(false, "headset", false);
}

/* --- opening -------------------------------------------------------------- */

WZP_TEST(keeper_opens_the_default_devices_and_says_their_names)
{
    setup("", "");

    rounds(1);

    assert_string_equal(m.open[0], "speaker");
    assert_string_equal(m.open[1], "mic");
    assert_int_equal(n_notes, 1);
    assert_int_equal(notes[0].what, WZP_AUDIO_STARTED);
    assert_string_equal(notes[0].output, "speaker");
    assert_string_equal(notes[0].input, "mic");
}

WZP_TEST(keeper_opens_nothing_that_nobody_wants)
{
    setup("", "");

    wzp__keeper_round(&k, false);
    assert_int_equal(m.connects, 0);
    rounds(1);
    wzp__keeper_round(&k, false);

    assert_string_equal(m.open[0], "");
    assert_string_equal(m.open[1], "");
    assert_int_equal(n_notes, 1);
}

WZP_TEST(keeper_opens_the_devices_that_were_named)
{
    setup("headset", "headset-mic");

    rounds(1);

    assert_string_equal(m.open[0], "headset");
    assert_string_equal(m.open[1], "headset-mic");
}

WZP_TEST(keeper_takes_an_output_where_there_is_no_input)
{
    setup("", "");
    m.refuses_input = true;

    rounds(1);

    assert_string_equal(m.open[0], "speaker");
    assert_string_equal(m.open[1], "");
    assert_int_equal(notes[0].what, WZP_AUDIO_STARTED);
    assert_string_equal(notes[0].input, "");
}

WZP_TEST(keeper_opens_an_input_that_somebody_else_had)
{
    setup("", "");
    m.refuses_input = true;
    rounds(30);
    assert_string_equal(m.open[1], "");

    m.refuses_input = false;
    rounds(20);

    assert_string_equal(m.open[1], "mic");
    assert_int_equal(m.opens[0], 1); /* the output plays on */
    assert_int_equal(n_notes, 2);
    assert_int_equal(notes[1].what, WZP_AUDIO_STARTED);
    assert_string_equal(notes[1].input, "mic");
    assert_string_equal(notes[1].output, "speaker");
}

WZP_TEST(keeper_leaves_a_half_alone_that_is_not_wanted)
{
    setup("", "");
    k.halves[1].is_wanted = false;

    rounds(50);

    assert_int_equal(m.opens[0], 1);
    assert_int_equal(m.opens[1], 0);
}

WZP_TEST(keeper_says_once_that_it_failed_and_tries_ever_more_seldom)
{
    setup("", "");
    m.refuses_connect = true;

    rounds(1);
    assert_int_equal(n_notes, 1);
    assert_int_equal(notes[0].what, WZP_AUDIO_FAILED);
    assert_int_equal(notes[0].why, WZP_ERR_NOT_FOUND);
    rounds(240); /* a minute */

    assert_int_equal(n_notes, 1);
    assert_in_range(m.connects, 12, 18); /* at last every 5 s */
    m.refuses_connect = false;
    rounds(20);
    assert_string_equal(m.open[0], "speaker");
    assert_int_equal(notes[1].what, WZP_AUDIO_STARTED);
}

/* --- losing --------------------------------------------------------------- */

WZP_TEST(keeper_leaves_a_device_that_plays_as_it_is)
{
    setup("", "");

    rounds(4 * 60 * 10);

    assert_int_equal(m.connects, 1);
    assert_int_equal(n_notes, 1);
}

WZP_TEST(keeper_opens_again_what_has_not_called_for_two_seconds)
{
    setup("", "");
    rounds(40);
    plays = false;

    rounds(7);
    assert_int_equal(m.connects, 1);
    rounds(1);

    assert_int_equal(m.connects, 2);
    assert_string_equal(m.open[0], "speaker");
    assert_int_equal(n_notes, 3);
    assert_int_equal(notes[1].what, WZP_AUDIO_LOST);
    assert_int_equal(notes[1].why, WZP_ERR_TIMEOUT);
    assert_string_equal(notes[1].output, "speaker");
    assert_int_equal(notes[2].what, WZP_AUDIO_STARTED);
}

WZP_TEST(keeper_does_not_race_with_a_device_that_always_stands_still)
{
    setup("", "");
    plays = false;

    rounds(4 * 60);

    assert_in_range(m.connects, 8, 16);
    assert_int_equal(count(WZP_AUDIO_LOST), m.connects - 1);
}

WZP_TEST(keeper_takes_another_device_when_one_was_pulled)
{
    setup("headset", "");
    rounds(42); /* the list was looked at just now */
    unplug("headset");
    m.stopped[0] = true;

    rounds(2);

    assert_string_equal(m.open[0], "speaker");
    assert_string_equal(m.open[1], "mic");
    assert_int_equal(count(WZP_AUDIO_LOST), 1);
    assert_string_equal(notes[n_notes - 1].output, "speaker");
}

WZP_TEST(keeper_bears_a_stream_that_stops_for_a_moment)
{
    setup("", "");
    rounds(40);

    m.stopped[0] = true;
    rounds(1);
    m.stopped[0] = false;
    rounds(40);

    assert_int_equal(m.connects, 1);
    assert_int_equal(n_notes, 1);
}

WZP_TEST(keeper_notices_a_sound_server_that_died)
{
    setup("", "");
    rounds(40);
    m.refuses_list = true;
    m.refuses_connect = true;

    rounds(8);

    assert_int_equal(notes[1].what, WZP_AUDIO_LOST);
    assert_int_equal(notes[2].what, WZP_AUDIO_FAILED);
    assert_int_equal(n_notes, 3);
}

static void kill_server(void)
{
    m.is_server_gone = true;
    m.stopped[0] = m.stopped[1] = true;
    unplug("headset"); /* cards have no such name */
    rounds(2);
    assert_string_equal(m.open[0], "");
    assert_int_equal(count(WZP_AUDIO_LOST), 1);
}

WZP_TEST(keeper_waits_for_the_sound_server_that_had_all_to_be_started_again)
{
    setup("headset", "");
    rounds(42); /* the list was looked at just now */
    kill_server();

    rounds(80); /* 20 s */
    assert_string_equal(m.open[0], "");
    m.is_server_gone = false;
    plug(false, "headset", false);
    rounds(20);

    assert_string_equal(m.open[0], "headset");
    assert_int_equal(notes[n_notes - 1].what, WZP_AUDIO_STARTED);
    assert_int_equal(notes[n_notes - 1].why, WZP_OK);
    assert_int_equal(n_notes, 4); /* on, lost, failed, on */
}

WZP_TEST(keeper_takes_what_there_is_when_the_sound_server_stays_away)
{
    setup("headset", "");
    rounds(42); /* the list was looked at just now */
    kill_server();

    rounds(140); /* half a minute, and the next try */
    assert_string_equal(m.open[0], "speaker");
    assert_int_equal(notes[n_notes - 1].why, WZP_ERR_NOT_FOUND);
    rounds(40);
    m.stopped[0] = true; /* and that is not waited for */
    rounds(2);

    assert_string_equal(m.open[0], "speaker");
    assert_int_equal(count(WZP_AUDIO_LOST), 2);
}

WZP_TEST(keeper_asked_for_one_sound_system_asks_no_other)
{
    setup("headset", "");
    strcpy(k.backend, "server");
    rounds(42); /* the list was looked at just now */
    kill_server();

    rounds(400);

    assert_string_equal(m.open[0], "");
    assert_int_equal(count(WZP_AUDIO_STARTED), 1);
}

/* --- coming --------------------------------------------------------------- */

WZP_TEST(keeper_goes_back_to_the_named_device_when_it_comes)
{
    setup("headset", "");
    unplug("headset");
    rounds(1);
    assert_string_equal(m.open[0], "speaker");
    assert_int_equal(notes[0].why, WZP_ERR_NOT_FOUND);

    plug(false, "headset", false);
    rounds(9);

    assert_string_equal(m.open[0], "headset");
    assert_int_equal(notes[n_notes - 1].why, WZP_OK);
    assert_int_equal(count(WZP_AUDIO_LOST), 0);
    assert_int_equal(count(WZP_AUDIO_CHANGED), 1);
    assert_int_equal(count(WZP_AUDIO_STARTED), 2);
}

WZP_TEST(keeper_follows_the_default_device)
{
    setup("", "");
    rounds(1);

    m.list.of[2].is_default = false;
    m.list.of[3].is_default = true;
    rounds(9);

    assert_string_equal(m.open[0], "headset");
    assert_string_equal(m.open[1], "mic");
}

WZP_TEST(keeper_stays_on_the_named_device_when_the_default_changes)
{
    setup("headset", "headset-mic");
    rounds(1);

    m.list.of[2].is_default = false;
    m.list.of[3].is_default = true;
    rounds(50);

    assert_int_equal(m.connects, 1);
    assert_int_equal(count(WZP_AUDIO_CHANGED), 1);
}

WZP_TEST(keeper_takes_an_input_that_comes_later)
{
    setup("", "");
    unplug("mic");
    unplug("headset-mic");
    m.refuses_input = true;
    rounds(1);

    m.refuses_input = false;
    plug(true, "mic", true);
    rounds(9);

    assert_string_equal(m.open[1], "mic");
}

WZP_TEST(keeper_only_tells_of_a_device_that_nobody_asked_for)
{
    setup("", "");
    rounds(1);

    plug(false, "television", false);
    rounds(50);

    assert_int_equal(m.connects, 1);
    assert_int_equal(count(WZP_AUDIO_CHANGED), 1);
}
