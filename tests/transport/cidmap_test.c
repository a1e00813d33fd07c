/* SPDX-License-Identifier: MIT */
#include "quic/cidmap.h"

#include "support/harness.h"

#include <string.h>

static wzp__cidmap make(void)
{
    const wzp_mem mem = wzp_mem_default();
    const uint8_t key[WZP__CID_KEY_LEN] = {1, 2, 3};
    wzp__cidmap m;
    wzp__cidmap_init(&m, &mem, key);
    return m;
}

static wzp__cid cid_of(uint32_t n, size_t len)
{
    uint8_t data[WZP__CID_MAX] = {0};
    memcpy(data, &n, sizeof n);
    return wzp__cid_of(data, len);
}

WZP_TEST(cidmap_empty_finds_nothing)
{
    wzp__cidmap m = make();
    const wzp__cid c = cid_of(1, 8);
    uint32_t v = 0;
    assert_false(wzp__cidmap_get(&m, &c, &v));
    wzp__cidmap_remove(&m, &c, 0);
    wzp__cidmap_deinit(&m);
}

WZP_TEST(cidmap_tells_ids_of_different_length_apart)
{
    wzp__cidmap m = make();
    for (uint32_t len = 0; len <= WZP__CID_MAX; len++) {
        const wzp__cid c = cid_of(0, len);
        assert_int_equal(wzp__cidmap_set(&m, &c, len), WZP_OK);
    }
    for (uint32_t len = 0; len <= WZP__CID_MAX; len++) {
        const wzp__cid c = cid_of(0, len);
        uint32_t v = 99;
        assert_true(wzp__cidmap_get(&m, &c, &v));
        assert_int_equal(v, len);
    }
    wzp__cidmap_deinit(&m);
}

WZP_TEST(cidmap_removes_only_its_own_value)
{
    wzp__cidmap m = make();
    const wzp__cid c = cid_of(1, 8);
    uint32_t v = 0;
    assert_int_equal(wzp__cidmap_set(&m, &c, 5), WZP_OK);
    assert_int_equal(wzp__cidmap_set(&m, &c, 6), WZP_OK);
    wzp__cidmap_remove(&m, &c, 5);
    assert_true(wzp__cidmap_get(&m, &c, &v));
    assert_int_equal(v, 6);
    assert_int_equal(m.count, 1);
    wzp__cidmap_remove(&m, &c, 6);
    assert_false(wzp__cidmap_get(&m, &c, &v));
    assert_int_equal(m.count, 0);
    wzp__cidmap_deinit(&m);
}

enum {
    IDS = 1000,
};

WZP_TEST(cidmap_stays_right_while_ids_come_and_go)
{
    wzp__cidmap m = make();
    bool in[IDS] = {false};
    uint64_t rng = 7;
    for (int step = 0; step < 50000; step++) {
        rng = rng * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint32_t n = (uint32_t)(rng >> 33) % IDS;
        const wzp__cid c = cid_of(n, 8 + n % 13);
        if (in[n]) {
            wzp__cidmap_remove(&m, &c, n);
        } else {
            assert_int_equal(wzp__cidmap_set(&m, &c, n), WZP_OK);
        }
        in[n] = !in[n];
    }
    size_t count = 0;
    for (uint32_t n = 0; n < IDS; n++) {
        const wzp__cid c = cid_of(n, 8 + n % 13);
        uint32_t v = 0;
        assert_int_equal(wzp__cidmap_get(&m, &c, &v), in[n]);
        if (in[n]) {
            assert_int_equal(v, n);
            count++;
        }
    }
    assert_int_equal(m.count, count);
    wzp__cidmap_deinit(&m);
}
