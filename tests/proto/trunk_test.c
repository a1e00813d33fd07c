/* SPDX-License-Identifier: MIT */
/* Trunk frames and their batcher: spec/wire.md 1.7. */
#include "memory.h"
#include "vectors.h"

#include <wzp/proto/trunk.h>

enum { ENTRIES_MAX = 16, ENTRY_CAP = 64 };

static const cJSON *list(const char *name)
{
    return wzp_test_item(legacy_vectors("trunk"), name);
}

static size_t count_encode(void)
{
    return rows_in(list("encode"));
}

static void run_encode(size_t row)
{
    const cJSON *v = row_in(list("encode"), row);
    const cJSON *wanted = wzp_test_item(v, "entries");
    wzp_trunk_entry entries[ENTRIES_MAX];
    uint8_t bytes[ENTRIES_MAX][ENTRY_CAP];
    const size_t n = rows_in(wanted);
    for (size_t i = 0; i < n; i++) {
        size_t len;
        wzp_test_hex_of(row_in(wanted, i), "session_id", entries[i].session_id,
                        WZP_TRUNK_ID_LEN, &len);
        wzp_test_hex_of(row_in(wanted, i), "payload", bytes[i], ENTRY_CAP,
                        &len);
        entries[i].payload = (wzp_bytes){bytes[i], len};
    }
    uint8_t out[256];
    size_t len;
    assert_int_equal(wzp_trunk_encode(entries, n, out, sizeof out, &len),
                     WZP_OK);
    WZP_ASSERT_HEX(out, len, wzp_test_str(v, "hex"));

    wzp_trunk_entry read[ENTRIES_MAX];
    size_t n_read;
    out[len] = 0xEE; /* behind the last entry: ignored */
    assert_int_equal(wzp_trunk_decode(out, len + 1, read, ENTRIES_MAX, &n_read),
                     WZP_OK);
    assert_int_equal(n_read, n);
    for (size_t i = 0; i < n; i++) {
        assert_memory_equal(read[i].session_id, entries[i].session_id, 2);
        assert_int_equal(read[i].payload.len, entries[i].payload.len);
        assert_memory_equal(read[i].payload.ptr, bytes[i], read[i].payload.len);
    }
    for (size_t cut = 0; cut < len; cut++) {
        assert_int_equal(wzp_trunk_decode(out, cut, read, ENTRIES_MAX, &n_read),
                         WZP_ERR_TRUNCATED);
    }
}
WZP_ROWS(trunk_of_the_vectors, count_encode, run_encode);

static size_t count_reject(void)
{
    return rows_in(list("reject"));
}

static void run_reject(size_t row)
{
    uint8_t data[64];
    size_t len;
    wzp_test_hex_of(row_in(list("reject"), row), "hex", data, sizeof data,
                    &len);
    wzp_trunk_entry read[ENTRIES_MAX];
    size_t n;
    assert_int_equal(wzp_trunk_decode(data, len, read, ENTRIES_MAX, &n),
                     WZP_ERR_TRUNCATED);
}
WZP_ROWS(trunk_that_is_rejected, count_reject, run_reject);

WZP_TEST(trunk_of_more_entries_than_there_is_room_for_is_refused)
{
    static const uint8_t data[] = {0, 2, 0, 1, 0, 0, 0, 1, 0, 0};
    wzp_trunk_entry read[2];
    size_t n;
    assert_int_equal(wzp_trunk_decode(data, sizeof data, read, 1, &n),
                     WZP_ERR_OVERSIZE);
    assert_int_equal(wzp_trunk_decode(data, sizeof data, read, 2, &n), WZP_OK);
}

/* --- batcher --- */

/* The frame emitted at push `at` (−1: flush) is the `k`-th of the vector. */
static void assert_emitted(const cJSON *v, size_t k, int at, wzp_bytes frame)
{
    const cJSON *emitted = row_in(wzp_test_item(v, "emitted"), k);
    assert_non_null(emitted);
    assert_int_equal((int)cJSON_GetArrayItem(emitted, 0)->valuedouble, at);
    const cJSON *sizes = cJSON_GetArrayItem(emitted, 1);
    wzp_trunk_entry read[ENTRIES_MAX];
    size_t n;
    assert_int_equal(
        wzp_trunk_decode(frame.ptr, frame.len, read, ENTRIES_MAX, &n), WZP_OK);
    assert_int_equal(n, rows_in(sizes));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(read[i].payload.len, row_in(sizes, i)->valuedouble);
    }
}

static size_t count_batcher(void)
{
    return rows_in(list("batcher"));
}

static void run_batcher(size_t row)
{
    static const uint8_t payload[WZP_TRUNK_PAYLOAD_MAX];
    const cJSON *v = row_in(list("batcher"), row);
    const wzp_mem mem = wzp_mem_default();
    wzp_trunk_batcher *b;
    assert_int_equal(
        wzp_trunk_batcher_new(&b, &mem, (size_t)wzp_test_num(v, "max_entries"),
                              (size_t)wzp_test_num(v, "max_bytes")),
        WZP_OK);
    const cJSON *sizes = wzp_test_item(v, "payload_sizes");
    size_t k = 0;
    for (size_t i = 0; i < rows_in(sizes); i++) {
        const wzp_trunk_entry entry = {
            .payload = {payload, (size_t)row_in(sizes, i)->valuedouble}};
        wzp_bytes frame;
        assert_int_equal(wzp_trunk_batcher_insert(b, &entry, &frame), WZP_OK);
        if (frame.ptr != NULL) {
            assert_emitted(v, k++, (int)i, frame);
        }
    }
    const wzp_bytes last = wzp_trunk_batcher_flush(b);
    if (last.ptr != NULL) {
        assert_emitted(v, k++, -1, last);
    }
    assert_int_equal(k, rows_in(wzp_test_item(v, "emitted")));
    assert_null(wzp_trunk_batcher_flush(b).ptr);
    wzp_trunk_batcher_free(b);
}
WZP_ROWS(trunk_batcher_of_the_vectors, count_batcher, run_batcher);

WZP_TEST(trunk_batcher_refuses_what_cannot_be_sent)
{
    static const uint8_t payload[WZP_TRUNK_PAYLOAD_MAX + 1];
    const wzp_mem mem = wzp_mem_default();
    wzp_trunk_batcher *b;
    assert_int_equal(wzp_trunk_batcher_new(&b, &mem, 0, 1200), WZP_ERR_ARG);
    assert_int_equal(wzp_trunk_batcher_new(&b, &mem, 10, 5), WZP_ERR_ARG);
    assert_int_equal(wzp_trunk_batcher_new(&b, &mem, 10, 6), WZP_OK);
    wzp_bytes frame;
    wzp_trunk_entry entry = {.payload = {payload, sizeof payload}};
    assert_int_equal(wzp_trunk_batcher_insert(b, &entry, &frame),
                     WZP_ERR_OVERSIZE);
    entry.payload.len--;
    assert_int_equal(wzp_trunk_batcher_insert(b, &entry, &frame), WZP_OK);
    assert_int_equal(frame.len, 2 + 4 + WZP_TRUNK_PAYLOAD_MAX);
    wzp_trunk_batcher_free(b);
    wzp_trunk_batcher_free(NULL);
}

static wzp_err make_batcher(const wzp_mem *mem)
{
    wzp_trunk_batcher *b;
    WZP_TRY(wzp_trunk_batcher_new(&b, mem, 10, 1200));
    wzp_trunk_batcher_free(b);
    return WZP_OK;
}

WZP_TEST(trunk_batcher_survives_every_failed_allocation)
{
    TEST_EVERY_ALLOCATION(make_batcher);
}
