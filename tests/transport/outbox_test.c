/* SPDX-License-Identifier: MIT */
#include "quic/outbox.h"

#include "quic/stream.h"
#include "support/harness.h"

static wzp__outbox make(size_t max)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__outbox out;
    wzp__outbox_init(&out, &mem, max);
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
