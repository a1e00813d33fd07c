/* SPDX-License-Identifier: MIT */
#include "quic/outbox.h"

#include "quic/stream.h"
#include "support/harness.h"

#include <string.h>

static wzp__outtexts TEXTS; /* of all outboxes of a test */

static wzp__outbox make(size_t max)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__outbox out;
    wzp__outbox_init(&out, &mem, &TEXTS, max);
    return out;
}

WZP_TEST(outbox_puts_the_length_before_a_signal)
{
    wzp__outbox out = make(1000);
    assert_int_equal(wzp__outbox_push(&out, "hello", 5, false), WZP_OK);
    assert_int_equal(out.unsent->len, 9);
    assert_memory_equal(out.unsent->data, "\0\0\0\5hello", 9);
    wzp__outbox_deinit(&out);
}

WZP_TEST(outbox_writes_plain_text_for_a_unidirectional_stream)
{
    wzp__outbox out = make(1000);
    assert_int_equal(wzp__outbox_push(&out, "hello", 5, true), WZP_OK);
    assert_int_equal(out.unsent->len, 5);
    assert_memory_equal(out.unsent->data, "hello", 5);
    wzp__outbox_deinit(&out);
}

WZP_TEST(outbox_goes_on_to_the_next_message_when_one_is_sent)
{
    wzp__outbox out = make(1000);
    assert_int_equal(wzp__outbox_push(&out, "aa", 2, false), WZP_OK);
    assert_int_equal(wzp__outbox_push(&out, "bb", 2, false), WZP_OK);
    wzp__outmsg *first = out.unsent;
    wzp__outbox_sent(&out, 4);
    assert_ptr_equal(out.unsent, first);
    wzp__outbox_sent(&out, 2);
    assert_ptr_not_equal(out.unsent, first);
    assert_true(first->fin_sent);
    assert_int_equal(out.bytes, 12); /* until acknowledged */
    wzp__outbox_remove(&out, first);
    assert_int_equal(out.bytes, 6);
    wzp__outbox_sent(&out, 6);
    assert_null(out.unsent);
    wzp__outbox_deinit(&out);
}

WZP_TEST(outbox_is_full_at_its_limit_in_bytes)
{
    wzp__outbox out = make(30);
    assert_int_equal(wzp__outbox_push(&out, "0123456789", 10, false), WZP_OK);
    assert_int_equal(wzp__outbox_push(&out, "0123456789ab", 12, false), WZP_OK);
    assert_int_equal(wzp__outbox_push(&out, "", 0, false), WZP_ERR_FULL);
    assert_int_equal(out.count, 2);
    wzp__outbox_deinit(&out);
}

WZP_TEST(outbox_takes_one_message_above_its_limit_when_empty)
{
    static const char BIG[WZP__SIGNAL_MAX];
    wzp__outbox out = make(WZP__SIGNAL_MAX);
    assert_int_equal(wzp__outbox_push(&out, BIG, sizeof BIG, false), WZP_OK);
    assert_int_equal(wzp__outbox_push(&out, "x", 1, false), WZP_ERR_FULL);
    wzp__outbox_deinit(&out);
}

WZP_TEST(outbox_messages_leave_in_any_order)
{
    wzp__outbox out = make(1000);
    wzp__outmsg *m[3];
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wzp__outbox_push(&out, "x", 1, false), WZP_OK);
        m[i] = out.last;
    }
    wzp__outbox_remove(&out, m[1]);
    wzp__outbox_remove(&out, m[0]);
    assert_ptr_equal(out.unsent, m[2]);
    wzp__outbox_remove(&out, m[2]);
    assert_null(out.first);
    assert_null(out.last);
    assert_null(out.unsent);
    assert_int_equal(out.bytes, 0);
    wzp__outbox_deinit(&out);
}

/* Two outboxes of one endpoint, each with the same message. */
static void make_pair(wzp__outbox out[2], const char *one, const char *two)
{
    out[0] = make(1000);
    out[1] = make(1000);
    assert_int_equal(wzp__outbox_push(&out[0], one, strlen(one), false),
                     WZP_OK);
    assert_int_equal(wzp__outbox_push(&out[1], two, strlen(two), false),
                     WZP_OK);
}

WZP_TEST(outbox_holds_once_what_goes_to_many)
{
    wzp__outbox out[2];
    make_pair(out, "hello", "hello");
    assert_ptr_equal(out[0].first->data, out[1].first->data);
    assert_int_equal(out[1].bytes, 9); /* each counts it as its own */
    wzp__outbox_deinit(&out[0]);
    assert_memory_equal(out[1].first->data, "\0\0\0\5hello", 9);
    wzp__outbox_deinit(&out[1]);
    assert_null(TEXTS.last);
}

WZP_TEST(outbox_shares_nothing_with_another_text_of_the_same_length)
{
    wzp__outbox out[2];
    make_pair(out, "hello", "hullo");
    assert_memory_equal(out[0].first->data, "\0\0\0\5hello", 9);
    assert_memory_equal(out[1].first->data, "\0\0\0\5hullo", 9);
    wzp__outbox_deinit(&out[0]);
    assert_non_null(TEXTS.last); /* the other one's */
    wzp__outbox_deinit(&out[1]);
}

WZP_TEST(outbox_shares_a_signal_as_plain_text_too)
{
    wzp__outbox out = make(1000);
    assert_int_equal(wzp__outbox_push(&out, "hello", 5, false), WZP_OK);
    assert_int_equal(wzp__outbox_push(&out, "hello", 5, true), WZP_OK);
    assert_int_equal(out.last->len, 5);
    assert_memory_equal(out.last->data, "hello", 5);
    assert_ptr_equal(out.first->text, out.last->text);
    wzp__outbox_deinit(&out);
}
