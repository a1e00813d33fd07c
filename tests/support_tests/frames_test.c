/* SPDX-License-Identifier: MIT */
/* tests/support/frames: what is written is read back, and a broken file ends
 * the reading instead of giving half a frame.
 */
#include "support/frames.h"

#include "support/harness.h"

#include <stdio.h>
#include <string.h>

static FILE *file_of(const uint8_t *data, size_t len)
{
    FILE *f = tmpfile();
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    rewind(f);
    return f;
}

WZP_TEST(frames_come_back_as_they_were_written)
{
    uint8_t big[1275];
    memset(big, 0xA5, sizeof big);
    FILE *f = tmpfile();
    assert_non_null(f);

    wzp_frames_write(f, (const uint8_t *)"abc", 3);
    wzp_frames_write(f, big, sizeof big);
    wzp_frames_write(f, big, 0);
    rewind(f);

    uint8_t buf[2048];
    size_t len = 0;
    assert_true(wzp_frames_read(f, buf, sizeof buf, &len));
    assert_int_equal(len, 3);
    assert_memory_equal(buf, "abc", 3);
    assert_true(wzp_frames_read(f, buf, sizeof buf, &len));
    assert_int_equal(len, sizeof big);
    assert_memory_equal(buf, big, sizeof big);
    assert_true(wzp_frames_read(f, buf, sizeof buf, &len));
    assert_int_equal(len, 0);
    assert_false(wzp_frames_read(f, buf, sizeof buf, &len));
    fclose(f);
}

WZP_TEST(frames_file_cut_anywhere_gives_no_half_frame)
{
    static const uint8_t whole[] = {0, 4, 'a', 'b', 'c', 'd'};
    for (size_t cut = 0; cut < sizeof whole; cut++) {
        FILE *f = file_of(whole, cut);
        uint8_t buf[16];
        size_t len = 0;
        assert_false(wzp_frames_read(f, buf, sizeof buf, &len));
        fclose(f);
    }
}

WZP_TEST(frames_longer_than_the_room_for_them_are_refused)
{
    static const uint8_t whole[] = {0, 4, 'a', 'b', 'c', 'd'};
    FILE *f = file_of(whole, sizeof whole);
    uint8_t buf[3];
    size_t len = 0;
    assert_false(wzp_frames_read(f, buf, sizeof buf, &len));
    fclose(f);
}
