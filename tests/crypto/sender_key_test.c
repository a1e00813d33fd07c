/* SPDX-License-Identifier: MIT
 *
 * Key boxes, the chain of one-time keys, the ratchet. The rule of (generation,
 * step) is the group's: tests/crypto/keys_test.c.
 */
#include "vec_impl.h"

#include <wzp/crypto/sender_key.h>

static wzp_pair_names names;

static void begin(const char *from, const char *to, const cJSON *room)
{
    vec_bytes(room, "room_id", names.room_id, WZP_HASH_LEN);
    vec_kph(from, names.kph_from);
    vec_kph(to, names.kph_to);
}

static wzp_key_name name_of(const cJSON *row)
{
    return (wzp_key_name){
        .names = &names,
        .generation = (uint32_t)vec_u64(row, "gen"),
        .step = (uint8_t)vec_u64(row, "step"),
        .suite = (uint16_t)vec_u64(row, "suite"),
    };
}

static wzp_err open_row(wzp_key_chain *chain, const cJSON *row,
                        uint8_t base[WZP_KEY_LEN])
{
    uint8_t box[WZP_KEY_BOX_LEN];
    const wzp_key_name name = name_of(row);
    vec_bytes(row, "box", box, sizeof box);
    return wzp_key_box_open(chain, &name, (uint32_t)vec_u64(row, "n"),
                            (wzp_bytes){box, sizeof box}, base);
}

/* The receiver after the first `taken` of the sequence. */
static wzp_key_chain receiver(size_t taken)
{
    const cJSON *v = vec(SM, "sender_keys");
    wzp_key_chain chain = {.n = 0};
    uint8_t base[WZP_KEY_LEN];
    begin(wzp_test_str(v, "by"), wzp_test_str(v, "to"),
          wzp_test_item(vec(SM, "pair"), "open"));
    vec_bytes(v, "pk0", chain.pk, sizeof chain.pk);
    for (size_t i = 0; i < taken; i++) {
        const cJSON *row = vec_row(wzp_test_item(v, "sequence"), i);
        ASSERT_OK(open_row(&chain, row, base));
        ASSERT_BYTES(base, sizeof base, row, "base_key");
    }
    return chain;
}

static void seal_row(const cJSON *row, const uint8_t pk[WZP_KEY_LEN])
{
    const wzp_key_name name = name_of(row);
    wzp_key_chain chain = {.n = (uint32_t)vec_u64(row, "n")};
    uint8_t base[WZP_KEY_LEN];
    uint8_t box[WZP_KEY_BOX_LEN];
    uint32_t n;
    memcpy(chain.pk, pk, WZP_KEY_LEN);
    vec_bytes(row, "base_key", base, sizeof base);
    ASSERT_OK(wzp_key_box_seal(&chain, &name, base, &n, box));
    ASSERT_BYTES(box, sizeof box, row, "box");
    assert_int_equal(n, vec_u64(row, "n"));
    assert_int_equal(chain.n, n + 1);
    assert_memory_not_equal(chain.pk, pk, WZP_KEY_LEN);
}

static size_t sequence_rows(void)
{
    return vec_count(vec(SM, "sender_keys.sequence"));
}

static void sequence_row(size_t i)
{
    const cJSON *row = vec_row(vec(SM, "sender_keys.sequence"), i);
    uint8_t pk[WZP_KEY_LEN];
    receiver(i + 1);
    vec_bytes(row, "pk", pk, sizeof pk);
    seal_row(row, pk);
}
WZP_ROWS(sender_key_sequence_follows_the_vector, sequence_rows, sequence_row);

WZP_TEST(sender_key_1024_steps_ahead_open)
{
    const cJSON *row = vec(SM, "sender_keys.furthest");
    wzp_key_chain chain = receiver(5);
    uint8_t base[WZP_KEY_LEN];
    ASSERT_OK(open_row(&chain, row, base));
    ASSERT_BYTES(base, sizeof base, row, "base_key");
    assert_int_equal(chain.n, 1031);
}

WZP_TEST(sender_key_of_the_other_direction_follows_the_vector)
{
    const cJSON *row = vec(SM, "sender_keys.reverse");
    wzp_key_chain chain = {.n = 0};
    uint8_t base[WZP_KEY_LEN];
    begin(wzp_test_str(row, "by"), wzp_test_str(row, "to"),
          wzp_test_item(vec(SM, "pair"), "open"));
    vec_bytes(row, "pk0", chain.pk, sizeof chain.pk);
    seal_row(row, chain.pk);
    ASSERT_OK(open_row(&chain, row, base));
    ASSERT_BYTES(base, sizeof base, row, "base_key");
}

WZP_TEST(sender_key_in_a_direct_call_follows_the_vector)
{
    const cJSON *row = vec(SM, "direct_call.rekey_box");
    wzp_key_chain chain = {.n = 0};
    uint8_t base[WZP_KEY_LEN];
    begin(wzp_test_str(row, "by"), wzp_test_str(row, "to"), row);
    vec_bytes(row, "pk0", chain.pk, sizeof chain.pk);
    seal_row(row, chain.pk);
    ASSERT_OK(open_row(&chain, row, base));
    ASSERT_BYTES(base, sizeof base, row, "base_key");
}

static size_t fail_rows(void)
{
    return vec_fail_count("sender_key");
}

/* rollback is decided before the box is looked at, by whoever holds (gen,
 * step): here, as the group does, by comparing with the last one taken. */
static void fail_row(size_t i)
{
    const cJSON *row = vec_fail_row("sender_key", i);
    const size_t after = (size_t)vec_u64(row, "after");
    wzp_key_chain chain = receiver(after);
    const wzp_key_chain before = chain;
    uint8_t base[WZP_KEY_LEN];
    wzp_err e = WZP_OK;
    if (after > 0) {
        const cJSON *last = vec_row(vec(SM, "sender_keys.sequence"), after - 1);
        const uint64_t high = vec_u64(last, "gen") << 8 | vec_u64(last, "step");
        const uint64_t got = vec_u64(row, "gen") << 8 | vec_u64(row, "step");
        e = got <= high ? WZP_ERR_ROLLBACK : WZP_OK;
    }
    if (e == WZP_OK) {
        e = open_row(&chain, row, base);
    }
    vec_assert_error(row, e);
    assert_memory_equal(&chain, &before, sizeof chain);
}
WZP_ROWS(sender_key_must_fail, fail_rows, fail_row);

WZP_TEST(sender_key_box_of_another_length_is_refused)
{
    const cJSON *row = vec_row(vec(SM, "sender_keys.sequence"), 0);
    wzp_key_chain chain = receiver(0);
    const wzp_key_name name = name_of(row);
    uint8_t box[WZP_KEY_BOX_LEN + 1] = {0};
    uint8_t base[WZP_KEY_LEN];
    for (size_t n = 0; n <= sizeof box; n++) {
        const wzp_err e =
            wzp_key_box_open(&chain, &name, 0, (wzp_bytes){box, n}, base);
        ASSERT_ERR(e, n == WZP_KEY_BOX_LEN ? WZP_ERR_TAG : WZP_ERR_LENGTH);
    }
}

WZP_TEST(sender_key_chain_ends_before_its_number_comes_round)
{
    const cJSON *row = vec_row(vec(SM, "sender_keys.sequence"), 0);
    const wzp_key_name name = name_of(row);
    wzp_key_chain chain = {.n = UINT32_MAX - 1};
    wzp_key_chain theirs = chain;
    uint8_t box[WZP_KEY_BOX_LEN];
    uint8_t base[WZP_KEY_LEN] = {1};
    uint32_t n;
    const wzp_bytes sealed = {box, sizeof box};
    begin("alice_room", "bob_room", wzp_test_item(vec(SM, "pair"), "open"));
    ASSERT_OK(wzp_key_box_seal(&chain, &name, base, &n, box));
    ASSERT_OK(wzp_key_box_open(&theirs, &name, n, sealed, base));
    ASSERT_ERR(wzp_key_box_seal(&chain, &name, base, &n, box), WZP_ERR_COUNTER);
    ASSERT_ERR(wzp_key_box_open(&theirs, &name, UINT32_MAX, sealed, base),
               WZP_ERR_KEY_AHEAD);
}

static size_t ratchet_rows(void)
{
    return vec_count(vec(SM, "ratchet"));
}

static void ratchet_row(size_t i)
{
    const cJSON *list = vec(SM, "ratchet");
    const uint64_t want = vec_u64(vec_row(list, i), "step");
    uint8_t key[WZP_KEY_LEN];
    vec_bytes(vec_row(list, 0), "base_key", key, sizeof key);
    for (uint64_t s = vec_u64(vec_row(list, 0), "step"); s < want; s++) {
        wzp_key_ratchet(key, key);
    }
    ASSERT_BYTES(key, sizeof key, vec_row(list, i), "base_key");
}
WZP_ROWS(sender_key_ratchet_follows_the_vector, ratchet_rows, ratchet_row);
