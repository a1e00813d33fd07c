/* SPDX-License-Identifier: MIT */
/* Who gets a packet: the table of forward.h, row by row. */
#include "room/forward.h"

#include "rig.h"

/* Members 0, 1, 2 are capable, 3 and 4 legacy. */
enum { N = 5, LEGACY = 2 };

typedef enum content { SEALED_OWN, SEALED_OTHER, SEALED_NOBODY, CLEAR } content;

static const struct {
    const char *what;
    size_t from;
    content content;
    const char *gets; /* one digit per member */
    size_t dropped_sid, dropped_legacy;
} ROWS[] = {
    {"sealed", 0, SEALED_OWN, "01100", 0, 2},
    {"sealed by the next", 1, SEALED_OWN, "10100", 0, 2},
    {"sealed as another", 0, SEALED_OTHER, "00000", 1, 0},
    {"sealed as nobody", 0, SEALED_NOBODY, "00000", 1, 0},
    {"clear by a capable one", 0, CLEAR, "00000", 0, 1},
    {"clear by a legacy one", 3, CLEAR, "00001", 0, 3},
    {"sealed by a legacy one", 3, SEALED_OTHER, "00000", 1, 0},
};

static size_t make(const rig_client *c, size_t from, content what,
                   uint8_t out[200])
{
    switch (what) {
    case SEALED_OWN: return rig_sealed(c[from].sid, 3, out);
    case SEALED_OTHER: return rig_sealed(c[1 - from % 2].sid, 3, out);
    case SEALED_NOBODY: return rig_sealed((uint16_t)(c[from].sid + 1), 3, out);
    case CLEAR: break;
    }
    return rig_clear(out);
}

static size_t count_rows(void)
{
    return sizeof ROWS / sizeof ROWS[0];
}

static void run_row(size_t row)
{
    rig r;
    rig_client c[N];
    uint8_t data[200];
    rig_new_legacy(&r);
    rig_room(&r, c, N, LEGACY, "lobby");
    size_t len = make(c, ROWS[row].from, ROWS[row].content, data);

    rig_dgram(&r, c[ROWS[row].from].conn, data, len);

    for (size_t i = 0; i < N; i++) {
        const fake_conn *conn = &fake->conns[c[i].conn];
        assert_int_equal(conn->dgrams, ROWS[row].gets[i] - '0');
    }
    wzp_relay_stats s = rig_stats(&r);
    assert_int_equal(s.media_in, 1);
    assert_int_equal(s.media_in_bytes, len);
    assert_int_equal(s.media_dropped_sid, ROWS[row].dropped_sid);
    assert_int_equal(s.media_dropped_legacy, ROWS[row].dropped_legacy);
    assert_int_equal(s.media_dropped_malformed, 0);
    rig_leave_all(c, N);
    rig_free(&r);
}

WZP_ROWS(packet_goes_where_the_table_says, count_rows, run_row);

/* Who gets what in a room of one capable member and two legacy ones. */
WZP_TEST(clear_packets_pass_to_and_from_the_only_capable_member)
{
    static const char *const gets[] = {"011", "101", "110"};
    for (size_t from = 0; from < 3; from++) {
        rig r;
        rig_client c[3];
        uint8_t data[200];
        rig_new_legacy(&r);
        rig_room(&r, c, 3, 2, "lobby");
        rig_dgram(&r, c[from].conn, data, rig_clear(data));
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(fake->conns[c[i].conn].dgrams,
                             gets[from][i] - '0');
        }
        assert_int_equal(rig_stats(&r).media_dropped_legacy, 0);
        rig_leave_all(c, 3);
        rig_free(&r);
    }
}

WZP_TEST(a_clear_packet_with_a_report_that_is_not_there_is_dropped)
{
    rig r;
    rig_client c[3];
    uint8_t data[200];
    rig_new_legacy(&r);
    rig_room(&r, c, 3, 2, "lobby");
    rig_clear(data);
    data[0] |= 0x02;
    rig_dgram(&r, c[1].conn, data, WZP_MEDIA_HDR_LEN + 3);
    assert_int_equal(rig_stats(&r).media_out, 0);
    assert_int_equal(rig_stats(&r).media_dropped_malformed, 1);
    rig_dgram(&r, c[1].conn, data, WZP_MEDIA_HDR_LEN + 4);
    assert_int_equal(rig_stats(&r).media_out, 2);
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(a_packet_is_forwarded_as_it_came_and_is_not_copied)
{
    rig r;
    rig_client c[3];
    uint8_t data[200];
    rig_new(&r);
    rig_room(&r, c, 3, 0, "lobby");
    size_t len = rig_sealed(c[0].sid, 300, data);
    rig_dgram(&r, c[0].conn, data, len);
    const fake_conn *a = &fake->conns[c[1].conn];
    const fake_conn *b = &fake->conns[c[2].conn];
    assert_ptr_equal(a->last_data, b->last_data); /* one buffer */
    assert_int_equal(a->last_len, len);
    assert_memory_equal(a->last_data, data, len);
    assert_int_equal(wzp_pkt_pool_free_count(fake->pool), 64);
    rig_leave_all(c, 3);
    rig_free(&r);
}

/* Every prefix of a good packet that is no packet any more. */
WZP_TEST(a_cut_packet_is_dropped_at_every_length)
{
    rig r;
    rig_client c[2];
    uint8_t data[200];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    rig_sealed(c[0].sid, 3, data);
    for (size_t len = 0; len < WZP_MEDIA_HDR_LEN + 5; len++) {
        rig_dgram(&r, c[0].conn, data, len);
    }
    wzp_relay_stats s = rig_stats(&r);
    assert_int_equal(s.media_dropped_malformed, WZP_MEDIA_HDR_LEN + 5);
    assert_int_equal(s.media_out, 0);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(a_sealed_packet_above_the_limit_is_dropped)
{
    rig r;
    rig_client c[2];
    uint8_t data[WZP_MEDIA_MAX + 1] = {0};
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    rig_sealed(c[0].sid, 3, data);
    rig_dgram(&r, c[0].conn, data, WZP_MEDIA_MAX);
    assert_int_equal(rig_stats(&r).media_out, 1);
    rig_dgram(&r, c[0].conn, data, WZP_MEDIA_MAX + 1);
    assert_int_equal(rig_stats(&r).media_out, 1);
    assert_int_equal(rig_stats(&r).media_dropped_malformed, 1);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(a_long_form_of_the_key_id_is_dropped)
{
    rig r;
    rig_client c[2];
    uint8_t data[200];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    wzp_media_hdr hdr = {.flags = WZP_MEDIA_SEALED};
    wzp_media_hdr_encode(&hdr, data);
    memset(data + WZP_MEDIA_HDR_LEN, 0, 80);
    /* X = 1, K = 4: five bytes of key id, the first of them zero; CTR 0 */
    data[12] = 0x80 | (4 << 4);
    data[14] = (uint8_t)(c[0].sid >> 8);
    data[15] = (uint8_t)c[0].sid;
    rig_dgram(&r, c[0].conn, data, 92);
    assert_int_equal(rig_stats(&r).media_out, 0);
    assert_int_equal(rig_stats(&r).media_dropped_malformed, 1);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(a_datagram_before_the_join_goes_nowhere)
{
    rig r;
    rig_client c[2];
    uint8_t data[200];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    wzp_conn_id early = rig_accept(&r, "lobby");
    rig_dgram(&r, early, data, rig_sealed(c[0].sid, 1, data));
    assert_int_equal(rig_stats(&r).media_out, 0);
    rig_leave_all(c, 2);
    rig_free(&r);
}

WZP_TEST(a_full_receiver_does_not_keep_a_packet_from_the_next)
{
    rig r;
    rig_client c[3];
    uint8_t data[200];
    rig_new(&r);
    rig_room(&r, c, 3, 0, "lobby");
    fake->conns[c[1].conn].is_open = false; /* the endpoint refuses it */
    rig_dgram(&r, c[0].conn, data, rig_sealed(c[0].sid, 1, data));
    assert_int_equal(fake->conns[c[2].conn].dgrams, 1);
    assert_int_equal(rig_stats(&r).media_dropped_queue, 1);
    rig_leave_all(c, 3);
    rig_free(&r);
}

WZP_TEST(rooms_do_not_hear_each_other)
{
    rig r;
    rig_client c[2], other;
    uint8_t data[200];
    rig_new(&r);
    rig_room(&r, c, 2, 0, "lobby");
    rig_client_init(&r, &other, 9);
    rig_join(&r, &other, "kitchen");
    rig_dgram(&r, c[0].conn, data, rig_sealed(c[0].sid, 1, data));
    assert_int_equal(fake->conns[c[1].conn].dgrams, 1);
    assert_int_equal(fake->conns[other.conn].dgrams, 0);
    rig_client_free(&other);
    rig_leave_all(c, 2);
    rig_free(&r);
}

/* --- no allocation per packet --------------------------------------------- */

static size_t allocations;

static void *counting(void *user, void *ptr, size_t old, size_t size)
{
    const wzp_mem *under = user;
    allocations++;
    return under->resize(under->user, ptr, old, size);
}

WZP_TEST(forwarding_allocates_nothing)
{
    rig r;
    rig_client c[5];
    uint8_t data[200];
    wzp_mem under = wzp_mem_default();
    wzp_relay_config cfg = rig_config(&r);
    cfg.mem = (wzp_mem){.resize = counting, .user = &under};
    rig_start(&r, &cfg);
    rig_room(&r, c, 5, 0, "lobby");
    allocations = 0;
    for (uint64_t i = 0; i < 100; i++) {
        rig_dgram(&r, c[0].conn, data, rig_sealed(c[0].sid, i, data));
    }
    assert_int_equal(allocations, 0);
    assert_int_equal(rig_stats(&r).media_out, 400);
    rig_leave_all(c, 5);
    rig_free(&r);
}
