/* SPDX-License-Identifier: MIT */
/* Recordings as WAV files. */
#include "client/fakes.h"

#include <wzp/client/audio.h>
#include <wzp/codec/wav.h>

#include <sys/stat.h>

enum { TICK = WZP_AUDIO_TICK_SAMPLES };

typedef struct fixture {
    fake_dir dir;
    fake_mem m;
    wzp_mem mem;
    wzp_audio_wav_recorder *r;
    wzp_audio_recorder t;
} fixture;

static void setup(fixture *f)
{
    *f = (fixture){.dir = fake_dir_new()};
    f->mem = fake_mem_table(&f->m);
    ASSERT_OK(wzp_audio_wav_recorder_new(&f->r, &f->mem));
    f->t = wzp_audio_wav_recorder_table(f->r);
}

static void teardown(fixture *f)
{
    wzp_audio_wav_recorder_free(f->r);
    assert_int_equal(f->m.held, 0);
    fake_dir_free(&f->dir);
}

static void write_ticks(const wzp_audio_recorder *t, size_t from, size_t n)
{
    for (size_t i = from; i < from + n; i++) {
        int16_t pcm[TICK];
        for (size_t k = 0; k < TICK; k++) {
            pcm[k] = (int16_t)((i * TICK + k) % 20000);
        }
        ASSERT_OK(t->write(t->user, pcm, TICK));
    }
}

static size_t samples_in(const wzp_mem *mem, const char *path)
{
    wzp_wav wav;
    ASSERT_OK(wzp_wav_load(&wav, mem, path));
    assert_int_equal(wav.rate_hz, 48000);
    for (size_t i = 0; i < wav.samples; i++) {
        assert_int_equal(wav.pcm[i], i % 20000);
    }
    const size_t n = wav.samples;
    wzp_wav_free(&wav, mem);
    return n;
}

WZP_TEST(recorder_writes_all_it_was_given)
{
    fixture f;
    setup(&f);
    const char *path = fake_path(&f.dir, "mic.wav");

    ASSERT_OK(f.t.begin(f.t.user, path));
    write_ticks(&f.t, 0, 123);
    ASSERT_OK(f.t.end(f.t.user));

    assert_int_equal(samples_in(&f.mem, path), 123 * TICK);
    teardown(&f);
}

/* Whatever the mask for new files is. */
WZP_TEST(recording_is_readable_by_its_owner_only)
{
    fixture f;
    setup(&f);
    const char *path = fake_path(&f.dir, "mic.wav");
    const mode_t mask = umask(0);

    ASSERT_OK(f.t.begin(f.t.user, path));
    umask(mask);

    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    teardown(&f);
}

WZP_TEST(recorder_leaves_nothing_behind_at_the_nth_allocation)
{
    fake_dir dir = fake_dir_new();
    fake_mem m = {0};
    const wzp_mem mem = fake_mem_table(&m);
    wzp_err e = WZP_ERR_NOMEM;
    for (size_t n = 1; e != WZP_OK; n++) {
        wzp_audio_wav_recorder *r = NULL;
        m.fail_at = m.calls + n;
        e = wzp_audio_wav_recorder_new(&r, &mem);
        if (e == WZP_OK) {
            const wzp_audio_recorder t = wzp_audio_wav_recorder_table(r);
            e = t.begin(t.user, fake_path(&dir, "mic.wav"));
        }
        m.fail_at = 0;
        assert_true(e == WZP_OK || e == WZP_ERR_NOMEM);
        wzp_audio_wav_recorder_free(r);
        assert_int_equal(m.held, 0);
        assert_true(n < 10);
    }
    fake_dir_free(&dir);
}

WZP_TEST(recording_can_be_read_up_to_the_last_half_second_at_every_moment)
{
    fixture f;
    setup(&f);
    const char *path = fake_path(&f.dir, "mic.wav");
    ASSERT_OK(f.t.begin(f.t.user, path));

    for (size_t i = 1; i <= 200; i++) {
        write_ticks(&f.t, i - 1, 1);
        /* As after a crash: nobody has ended it. */
        const size_t n = samples_in(&f.mem, path);
        assert_true(n <= i * TICK);
        assert_true(n + 24000 > i * TICK);
    }

    ASSERT_OK(f.t.end(f.t.user));
    teardown(&f);
}

WZP_TEST(recorder_begins_anew_with_each_file)
{
    fixture f;
    setup(&f);
    const char *path = fake_path(&f.dir, "mic.wav");
    ASSERT_OK(f.t.begin(f.t.user, path));
    write_ticks(&f.t, 0, 60);
    ASSERT_OK(f.t.end(f.t.user));

    ASSERT_OK(f.t.begin(f.t.user, path));
    write_ticks(&f.t, 0, 7);
    ASSERT_OK(f.t.end(f.t.user));
    ASSERT_OK(f.t.end(f.t.user)); /* nothing to end */

    assert_int_equal(samples_in(&f.mem, path), 7 * TICK);
    teardown(&f);
}

WZP_TEST(recorder_that_is_freed_while_it_records_keeps_what_it_has)
{
    fixture f;
    setup(&f);
    const char *path = fake_path(&f.dir, "mic.wav");
    ASSERT_OK(f.t.begin(f.t.user, path));
    write_ticks(&f.t, 0, 3);

    wzp_audio_wav_recorder_free(f.r);
    f.r = NULL;

    assert_int_equal(samples_in(&f.mem, path), 3 * TICK);
    teardown(&f);
}

WZP_TEST(recorder_says_what_it_cannot_write)
{
    fixture f;
    setup(&f);

    assert_int_equal(
        f.t.begin(f.t.user, fake_path(&f.dir, "no/such/folder.wav")),
        WZP_ERR_IO);
    ASSERT_OK(f.t.end(f.t.user));

    teardown(&f);
}
