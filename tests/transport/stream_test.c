/* SPDX-License-Identifier: MIT */
/* Signals coming in, without QUIC: bytes of streams in every order. */
#include "quic/stream.h"

#include "support/harness.h"

#include <stdlib.h>
#include <string.h>

static wzp__inbox make(size_t max_len, size_t max_held)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__inbox in;
    wzp__inbox_init(&in, &mem, max_len, max_held);
    return in;
}

static wzp_err feed(wzp__inbox *in, uint64_t index, const char *bytes,
                    size_t len, bool fin)
{
    return wzp__inbox_recv(in, 0, index, (const uint8_t *)bytes, len, fin);
}

static void expect(wzp__inbox *in, const char *text)
{
    const char *data = NULL;
    size_t len = 0;
    if (text == NULL) {
        assert_false(wzp__inbox_ready(in));
        assert_false(wzp__inbox_next(in, 0, &data, &len));
        return;
    }
    assert_true(wzp__inbox_next(in, 0, &data, &len));
    assert_int_equal(len, strlen(text));
    assert_memory_equal(data, text, len);
}

static void end(wzp__inbox *in)
{
    wzp__inbox_deinit(in);
}

/* --- what is left of a message --- */

/* Counts the blocks given back with the word still in them. */
static void *searching_resize(void *user, void *ptr, size_t old, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    size_t *found = user;
    for (size_t i = 0; size == 0 && i + 6 <= old; i++) {
        *found += memcmp((const char *)ptr + i, "sesame", 6) == 0;
    }
    return mem.resize(mem.user, ptr, old, size);
}

/* It may have been a token. */
WZP_TEST(stream_leaves_no_message_in_memory_given_back)
{
    size_t found = 0;
    const wzp_mem mem = {.resize = searching_resize, .user = &found};
    wzp__inbox in;
    wzp__inbox_init(&in, &mem, 1000, 10000);
    assert_int_equal(feed(&in, 0, "\0\0\0\6sesame", 10, true), WZP_OK);
    assert_int_equal(feed(&in, 1, "\0\0\0\7sesame", 10, false), WZP_OK);
    assert_int_equal(feed(&in, 2, "\0\0\0\7sesame", 10, false), WZP_OK);
    expect(&in, "sesame");
    wzp__inbox_release(&in);
    assert_int_equal(wzp__inbox_close(&in, 0, 1), WZP_OK); /* half of one */
    wzp__inbox_deinit(&in);                                /* and another */
    assert_int_equal(found, 0);
    char *block = mem.resize(mem.user, NULL, 0, 6); /* control */
    assert_non_null(block);
    memcpy(block, "sesame", 6);
    (void)mem.resize(mem.user, block, 6, 0);
    assert_int_equal(found, 1);
}

/* --- one stream, in pieces --- */

typedef struct piece_row {
    const char *bytes; /* of the stream, with its prefix */
    size_t len;
    const char *message; /* NULL: none */
} piece_row;

#define ROW(bytes, message)                                                    \
    {                                                                          \
        bytes, sizeof(bytes) - 1, message                                      \
    }

static const piece_row PIECES[] = {
    ROW("\0\0\0\5hello", "hello"),
    ROW("\0\0\0\0", ""),
    ROW("\0\0\0\5hello and more that is ignored", "hello"),
    ROW("\0\0\0\6hello", NULL),
    ROW("\0\0\0\1", NULL),
    ROW("\0\0\0", NULL),
    ROW("\0", NULL),
    ROW("", NULL),
};

static size_t piece_rows(void)
{
    return sizeof PIECES / sizeof *PIECES;
}

/* Cut at every place; the message is the same, or there is none. */
static void assembles(size_t row)
{
    const piece_row *r = &PIECES[row];
    for (size_t cut = 0; cut <= r->len; cut++) {
        wzp__inbox in = make(100, 10000);
        assert_int_equal(feed(&in, 0, r->bytes, cut, false), WZP_OK);
        assert_int_equal(feed(&in, 0, r->bytes + cut, r->len - cut, true),
                         WZP_OK);
        expect(&in, r->message);
        assert_int_equal(in.skipped, r->message == NULL);
        assert_int_equal(in.held, 0);
        end(&in);
    }
}

WZP_ROWS(stream_in_two_pieces_gives_its_message, piece_rows, assembles);

WZP_TEST(stream_in_single_bytes_gives_its_message)
{
    wzp__inbox in = make(100, 10000);
    const char bytes[] = "\0\0\0\5hello";
    for (size_t i = 0; i < 9; i++) {
        expect(&in, NULL);
        assert_int_equal(feed(&in, 0, bytes + i, 1, false), WZP_OK);
    }
    expect(&in, "hello");
    end(&in);
}

/* --- limits --- */

typedef struct limit_row {
    size_t max_len;
    const char *prefix;
    wzp_err err;
} limit_row;

static const limit_row LIMITS[] = {
    {100, "\0\0\0\x64", WZP_OK},
    {100, "\0\0\0\x65", WZP_ERR_OVERSIZE},
    {65536, "\0\1\0\0", WZP_OK},
    {65536, "\0\1\0\1", WZP_ERR_OVERSIZE},
    {1048576, "\0\x10\0\0", WZP_OK},
    {1048576, "\0\x10\0\1", WZP_ERR_OVERSIZE},
    {1048576, "\xff\xff\xff\xff", WZP_ERR_OVERSIZE},
};

static size_t limit_rows(void)
{
    return sizeof LIMITS / sizeof *LIMITS;
}

static void obeys_limit(size_t row)
{
    wzp__inbox in = make(LIMITS[row].max_len, 2000000);
    assert_int_equal(feed(&in, 0, LIMITS[row].prefix, 4, false),
                     LIMITS[row].err);
    end(&in);
}

WZP_ROWS(stream_longer_than_the_limit_is_an_error, limit_rows, obeys_limit);

WZP_TEST(stream_memory_grows_with_the_data_not_with_the_claim)
{
    wzp__inbox in = make(1048576, 2000000);
    assert_int_equal(feed(&in, 0, "\0\x10\0\0x", 5, false), WZP_OK);
    assert_true(in.held <= 1024);
    end(&in);
}

WZP_TEST(stream_bytes_held_together_are_bounded)
{
    wzp__inbox in = make(1000, 3000);
    char bytes[1004] = {0, 0, 3, (char)0xe8};
    wzp_err e = WZP_OK;
    uint64_t n = 1; /* stream 0 is missing */
    while (e == WZP_OK && n < 100) {
        e = feed(&in, n++, bytes, sizeof bytes, true);
        assert_true(in.held <= 3000);
    }
    assert_int_equal(e, WZP_ERR_FULL);
    assert_int_equal(n, 4);
    end(&in);
}

WZP_TEST(stream_ids_far_ahead_are_bounded_too)
{
    wzp__inbox in = make(1000, 64 * 100);
    assert_int_equal(feed(&in, 99, "", 0, false), WZP_OK);
    assert_int_equal(feed(&in, 100, "", 0, false), WZP_ERR_FULL);
    end(&in);
    in = make(1000, 64 * 100);
    assert_int_equal(feed(&in, UINT64_MAX / 4, "", 0, false), WZP_ERR_FULL);
    end(&in);
}

WZP_TEST(stream_limit_may_be_raised_later)
{
    wzp__inbox in = make(4, 10000);
    assert_int_equal(feed(&in, 0, "\0\0\0\4abcd", 8, true), WZP_OK);
    in.max_len = 5;
    assert_int_equal(feed(&in, 1, "\0\0\0\5abcde", 9, true), WZP_OK);
    expect(&in, "abcd");
    expect(&in, "abcde");
    end(&in);
}

/* --- order --- */

WZP_TEST(stream_messages_come_in_order_of_their_ids)
{
    wzp__inbox in = make(100, 10000);
    assert_int_equal(feed(&in, 2, "\0\0\0\1c", 5, true), WZP_OK);
    expect(&in, NULL);
    assert_int_equal(feed(&in, 0, "\0\0\0\1a", 5, true), WZP_OK);
    expect(&in, "a");
    expect(&in, NULL);
    assert_int_equal(feed(&in, 1, "\0\0\0\1b", 5, true), WZP_OK);
    expect(&in, "b");
    expect(&in, "c");
    expect(&in, NULL);
    end(&in);
}

WZP_TEST(stream_pieces_of_several_streams_may_alternate)
{
    wzp__inbox in = make(100, 10000);
    const char a[] = "\0\0\0\3aaa", b[] = "\0\0\0\3bbb";
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(feed(&in, 1, b + i, 1, i == 6), WZP_OK);
        assert_int_equal(feed(&in, 0, a + i, 1, i == 6), WZP_OK);
    }
    expect(&in, "aaa");
    expect(&in, "bbb");
    end(&in);
}

WZP_TEST(stream_that_is_reset_is_not_waited_for)
{
    wzp__inbox in = make(100, 10000);
    assert_int_equal(feed(&in, 0, "\0\0\0\5hel", 7, false), WZP_OK);
    assert_int_equal(feed(&in, 1, "\0\0\0\1b", 5, true), WZP_OK);
    expect(&in, NULL);
    assert_int_equal(wzp__inbox_close(&in, 0, 0), WZP_OK);
    expect(&in, "b");
    assert_int_equal(in.held, 0);
    end(&in);
}

WZP_TEST(stream_reset_before_any_byte_is_not_waited_for)
{
    wzp__inbox in = make(100, 10000);
    assert_int_equal(wzp__inbox_close(&in, 0, 1), WZP_OK);
    assert_int_equal(feed(&in, 2, "\0\0\0\1c", 5, true), WZP_OK);
    assert_int_equal(feed(&in, 0, "\0\0\0\1a", 5, true), WZP_OK);
    expect(&in, "a");
    expect(&in, "c");
    end(&in);
}

WZP_TEST(stream_bytes_after_the_message_was_given_are_ignored)
{
    wzp__inbox in = make(100, 10000);
    assert_int_equal(feed(&in, 0, "\0\0\0\1a", 5, false), WZP_OK);
    expect(&in, "a");
    assert_int_equal(feed(&in, 0, "more", 4, true), WZP_OK);
    assert_int_equal(wzp__inbox_close(&in, 0, 0), WZP_OK);
    assert_true(wzp__inbox_is_done(&in, 0));
    expect(&in, NULL);
    end(&in);
}

WZP_TEST(stream_order_holds_over_many_messages)
{
    wzp__inbox in = make(100, 100000);
    uint64_t given = 0;
    for (uint64_t i = 0; i < 3000; i += 3) { /* each three backwards */
        for (uint64_t k = 3; k-- > 0;) {
            const char bytes[] = {0, 0, 0, 1, (char)('a' + (i + k) % 26)};
            assert_int_equal(feed(&in, i + k, bytes, 5, true), WZP_OK);
        }
        const char *data = NULL;
        size_t len = 0;
        while (wzp__inbox_next(&in, 0, &data, &len)) {
            assert_int_equal(data[0], 'a' + (int)(given % 26));
            given++;
        }
    }
    assert_int_equal(given, 3000);
    end(&in);
}

/* --- patience --- */

WZP_TEST(stream_that_stalls_whole_messages_has_a_deadline)
{
    wzp__inbox in = make(100, 10000);
    const uint8_t part[] = {0, 0};
    const uint8_t whole[] = {0, 0, 0, 1, 'b'};
    assert_int_equal(wzp__inbox_recv(&in, WZP_S, 0, part, 2, false), WZP_OK);
    assert_true(wzp__inbox_deadline(&in) == WZP_NEVER);
    assert_int_equal(wzp__inbox_recv(&in, 2 * WZP_S, 1, whole, 5, true),
                     WZP_OK);
    assert_true(wzp__inbox_deadline(&in) == 11 * WZP_S);
    /* Every byte of the first one gives it more time. */
    assert_int_equal(wzp__inbox_recv(&in, 5 * WZP_S, 0, part, 1, false),
                     WZP_OK);
    assert_true(wzp__inbox_deadline(&in) == 15 * WZP_S);
    end(&in);
}
