/* SPDX-License-Identifier: MIT */
/* tests/support/tap/capture: the search behind the demo's claim that the relay
 * cannot hear the call. A search that finds nothing proves something only if
 * it finds what is there.
 */
#include "support/tap/capture.h"

#include "support/frames.h"
#include "support/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reproducible noise; splitmix64. */
static void fill(uint8_t *out, size_t len, uint64_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed += UINT64_C(0x9E3779B97F4A7C15);
        uint64_t z = seed;
        z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
        out[i] = (uint8_t)(z ^ (z >> 31));
    }
}

/* A file of frames under a name of its own; remove() it. */
typedef struct frames_file {
    char path[64];
    FILE *f;
} frames_file;

static void begin(frames_file *file)
{
    static const char pattern[] = "/tmp/wzp-capture-XXXXXX";
    memcpy(file->path, pattern, sizeof pattern);
    int fd = mkstemp(file->path);
    assert_true(fd >= 0);
    file->f = fdopen(fd, "wb");
    assert_non_null(file->f);
}

static wzp_capture_result search(frames_file *file, const wzp_capture *c)
{
    wzp_capture_result r = {0};
    assert_int_equal(fclose(file->f), 0);
    assert_int_equal(wzp_capture_search(c, file->path, &r), 0);
    assert_int_equal(remove(file->path), 0);
    return r;
}

/* 300 packets of noise, each with the same 12-byte beginning. */
static void add_noise(wzp_capture *c)
{
    uint8_t packet[160];
    for (unsigned i = 0; i < 300; i++) {
        fill(packet, sizeof packet, i);
        memset(packet, 0, 12);
        wzp_capture_add(c, packet, sizeof packet);
    }
}

WZP_TEST(capture_finds_a_planted_frame_at_every_offset)
{
    uint8_t frame[61];
    uint8_t packet[200];
    for (size_t at = 0; at <= sizeof packet - sizeof frame; at++) {
        wzp_capture c = {0};
        frames_file file;
        add_noise(&c);
        fill(packet, sizeof packet, 1000 + at);
        fill(frame, sizeof frame, 5000);
        memcpy(packet + at, frame, sizeof frame);
        wzp_capture_add(&c, packet, sizeof packet);
        begin(&file);
        wzp_frames_write(file.f, frame, sizeof frame);

        wzp_capture_result r = search(&file, &c);
        assert_int_equal(r.frames, 1);
        assert_int_equal(r.found, 1);
        wzp_capture_free(&c);
    }
}

WZP_TEST(capture_counts_every_frame_once_and_finds_only_those_there)
{
    wzp_capture c = {0};
    frames_file file;
    add_noise(&c);
    begin(&file);
    for (unsigned i = 0; i < 100; i++) {
        uint8_t frame[80];
        fill(frame, sizeof frame, 9000 + i);
        wzp_frames_write(file.f, frame, sizeof frame);
        if (i % 4 == 0) { /* and twice: still one frame */
            wzp_capture_add(&c, frame, sizeof frame);
            wzp_capture_add(&c, frame, sizeof frame);
        }
    }

    wzp_capture_result r = search(&file, &c);
    assert_int_equal(r.frames, 100);
    assert_int_equal(r.found, 25);
    assert_int_equal(r.skipped, 0);
    wzp_capture_free(&c);
}

WZP_TEST(capture_a_frame_that_differs_in_one_byte_is_not_found)
{
    uint8_t frame[40];
    for (size_t at = 0; at < sizeof frame; at++) {
        wzp_capture c = {0};
        frames_file file;
        fill(frame, sizeof frame, 77);
        add_noise(&c);
        wzp_capture_add(&c, frame, sizeof frame);
        frame[at] ^= 1;
        begin(&file);
        wzp_frames_write(file.f, frame, sizeof frame);

        assert_int_equal(search(&file, &c).found, 0);
        wzp_capture_free(&c);
    }
}

WZP_TEST(capture_a_frame_cut_off_at_the_end_is_not_found)
{
    uint8_t frame[40];
    wzp_capture c = {0};
    frames_file file;
    fill(frame, sizeof frame, 77);
    wzp_capture_add(&c, frame, sizeof frame - 1);
    begin(&file);
    wzp_frames_write(file.f, frame, sizeof frame);

    assert_int_equal(search(&file, &c).found, 0);
    wzp_capture_free(&c);
}

WZP_TEST(capture_skips_frames_that_chance_could_find)
{
    static const uint8_t frame[WZP_CAPTURE_FRAME_MIN] = {1, 2, 3, 4,
                                                         5, 6, 7, 8};
    wzp_capture c = {0};
    frames_file file;
    wzp_capture_add(&c, frame, sizeof frame);
    begin(&file);
    wzp_frames_write(file.f, frame, sizeof frame - 1);
    wzp_frames_write(file.f, frame, 0);
    wzp_frames_write(file.f, frame, sizeof frame);

    wzp_capture_result r = search(&file, &c);
    assert_int_equal(r.skipped, 2);
    assert_int_equal(r.frames, 1);
    assert_int_equal(r.found, 1);
    wzp_capture_free(&c);
}

WZP_TEST(capture_that_is_empty_contains_nothing)
{
    uint8_t frame[40];
    wzp_capture c = {0};
    frames_file file;
    fill(frame, sizeof frame, 77);
    begin(&file);
    wzp_frames_write(file.f, frame, sizeof frame);

    wzp_capture_result r = search(&file, &c);
    assert_int_equal(r.frames, 1);
    assert_int_equal(r.found, 0);
    wzp_capture_free(&c);
}

WZP_TEST(capture_says_so_when_there_is_no_frames_file)
{
    wzp_capture c = {0};
    wzp_capture_result r = {0};
    assert_int_equal(wzp_capture_search(&c, "/nonexistent/frames", &r), -1);
}
