/* SPDX-License-Identifier: MIT */
/* A client on a device of the system's kind (the null one), with its threads:
 * what is asked of its sound from another thread, and how it ends.
 */
#include "client/uv_relay.h"

typedef struct fixture {
    fake_dir dir;
    uv_relay *relay;
    wzp_audio_device *device;
    wzp_audio_wav_recorder *recorder;
    wzp_client *c;
} fixture;

static void setup(fixture *f)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_audio_device_config audio;
    wzp_client_config cfg;
    f->dir = fake_dir_new();
    f->relay = relay_start();
    wzp_audio_device_config_default(&audio);
    audio.backend = "null";
    ASSERT_OK(wzp_audio_device_new(&f->device, &audio));
    ASSERT_OK(wzp_audio_wav_recorder_new(&f->recorder, &mem));
    wzp_client_config_default(&cfg);
    cfg.engine.identity = own_identity();
    cfg.engine.audio = wzp_audio_device_table(f->device);
    cfg.engine.recorder = wzp_audio_wav_recorder_table(f->recorder);
    ASSERT_OK(wzp_client_new(&f->c, &cfg));
    ASSERT_OK(wzp_client_run_thread(f->c));
}

static void teardown(fixture *f)
{
    wzp_client_free(f->c, NULL, NULL);
    wzp_audio_device_free(f->device);
    wzp_audio_wav_recorder_free(f->recorder);
    relay_end(f->relay);
    fake_dir_free(&f->dir);
}

static wzp_audio_note await_audio(const fixture *f, wzp_audio_event what)
{
    wzp_client_event ev;
    do {
        ev = await_event(f->c, WZP_EVENT_AUDIO);
    } while (ev.u.audio.what != what);
    return ev.u.audio;
}

static wzp_client_stats stats(const fixture *f)
{
    wzp_client_stats s = {.size = sizeof s};
    wzp_client_stats_get(f->c, &s);
    return s;
}

static void join(fixture *f)
{
    ASSERT_OK(wzp_client_join(f->c, "room", f->relay->address, NULL));
    await_state(f->c, WZP_CLIENT_JOINED);
}

WZP_TEST(client_on_a_device_records_its_microphone)
{
    fixture f;
    setup(&f);
    const char *path = fake_path(&f.dir, "mic.wav");
    join(&f);
    const wzp_audio_note note = await_audio(&f, WZP_AUDIO_STARTED);
    assert_true(strlen(note.input) > 0 && strlen(note.output) > 0);

    ASSERT_OK(wzp_client_record(f.c, path));
    ASSERT_OK(await_audio(&f, WZP_AUDIO_RECORDING).why);
    while (stats(&f).recorded_ms < 100) { /* the device's own time */
        uv_sleep(1);
    }
    ASSERT_OK(wzp_client_record(f.c, NULL));
    ASSERT_OK(await_audio(&f, WZP_AUDIO_RECORDED).why);

    assert_int_equal(access(path, R_OK), 0);
    assert_true(stats(&f).frames_captured > 0);
    teardown(&f);
}

WZP_TEST(client_switches_its_capture_chain)
{
    fixture f;
    setup(&f);
    const wzp_capture_parts parts = {.echo = true, .vad = true};
    join(&f);

    ASSERT_OK(wzp_client_capture_set(f.c, &parts));

    while (!stats(&f).has_echo) {
        uv_sleep(1);
    }
    assert_true(stats(&f).has_vad);
    assert_false(stats(&f).has_gain);
    teardown(&f);
}

WZP_TEST(client_that_cannot_record_says_why)
{
    fixture f;
    setup(&f);
    char path[WZP_RECORD_PATH_MAX + 1];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';

    assert_int_equal(wzp_client_record(f.c, path), WZP_ERR_NAME);
    ASSERT_OK(wzp_client_record(f.c, fake_path(&f.dir, "early.wav")));
    assert_int_equal(await_audio(&f, WZP_AUDIO_RECORDED).why, WZP_ERR_STATE);
    join(&f);
    ASSERT_OK(wzp_client_record(f.c, fake_path(&f.dir, "no/such/folder.wav")));
    assert_int_equal(await_audio(&f, WZP_AUDIO_RECORDED).why, WZP_ERR_IO);

    teardown(&f);
}

WZP_TEST(client_refuses_a_tier_that_there_is_not)
{
    fixture f;
    setup(&f);

    assert_int_equal(wzp_client_quality_force(f.c, (wzp_tier)WZP_TIER_COUNT),
                     WZP_ERR_ARG);
    ASSERT_OK(wzp_client_quality_force(f.c, WZP_TIER_DEGRADED));
    ASSERT_OK(wzp_client_quality_network(f.c, WZP_NETWORK_CELLULAR));
    join(&f);
    while (!stats(&f).is_forced || stats(&f).tier != WZP_TIER_DEGRADED) {
        uv_sleep(1);
    }
    ASSERT_OK(wzp_client_quality_auto(f.c));
    while (stats(&f).is_forced) {
        uv_sleep(1);
    }

    teardown(&f);
}

/* The device goes on calling until the last moment. */
WZP_TEST(client_is_freed_while_its_device_runs)
{
    for (int i = 0; i < 3; i++) {
        fixture f;
        setup(&f);
        join(&f);
        await_audio(&f, WZP_AUDIO_STARTED);
        teardown(&f);
    }
}
