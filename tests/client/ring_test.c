/* SPDX-License-Identifier: MIT */
/* The ring between two threads: order, bounds, wrap of the cursors, and two
 * real threads lapping it many times (the thread sanitizer watches that).
 */
#include "audio/ring.h"

#include "client/fakes.h"

#include <pthread.h>
#include <sched.h>

static int16_t sample_at(size_t i)
{
    return (int16_t)(uint16_t)(i * 31 + (i >> 9));
}

static void make(int16_t *pcm, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pcm[i] = sample_at(from + i);
    }
}

static void check(const int16_t *pcm, size_t from, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(pcm[i], sample_at(from + i));
    }
}

static wzp__ring ring_of(size_t cap)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__ring ring;
    ASSERT_OK(wzp__ring_init(&ring, &mem, cap));
    return ring;
}

static void done(wzp__ring *ring)
{
    const wzp_mem mem = wzp_mem_default();
    wzp__ring_deinit(ring, &mem);
}

/* --- one thread ----------------------------------------------------------- */

static const struct {
    size_t asked, got;
} caps[] = {{1, 1},     {2, 2},      {3, 4},       {480, 512},
            {512, 512}, {513, 1024}, {9600, 16384}};

static size_t caps_count(void)
{
    return sizeof caps / sizeof caps[0];
}

static void cap_row(size_t row)
{
    wzp__ring ring = ring_of(caps[row].asked);
    assert_int_equal(ring.cap, caps[row].got);
    done(&ring);
}
WZP_ROWS(ring_capacity_is_rounded_up_to_a_power_of_two, caps_count, cap_row);

WZP_TEST(ring_gives_back_what_was_written_in_order)
{
    wzp__ring ring = ring_of(1024);
    int16_t pcm[600];
    make(pcm, 0, 600);

    assert_int_equal(wzp__ring_write(&ring, pcm, 600), 600);
    assert_int_equal(wzp__ring_level(&ring), 600);
    int16_t got[600];
    assert_int_equal(wzp__ring_read(&ring, got, 250), 250);
    assert_int_equal(wzp__ring_read(&ring, got + 250, 350), 350);

    check(got, 0, 600);
    assert_int_equal(wzp__ring_level(&ring), 0);
    done(&ring);
}

WZP_TEST(ring_that_is_empty_gives_nothing)
{
    wzp__ring ring = ring_of(64);
    int16_t got[4] = {7, 7, 7, 7};

    assert_int_equal(wzp__ring_read(&ring, got, 4), 0);

    assert_int_equal(got[0], 7);
    done(&ring);
}

WZP_TEST(ring_that_is_short_gives_what_it_has)
{
    wzp__ring ring = ring_of(64);
    int16_t pcm[64];
    make(pcm, 0, 10);
    assert_int_equal(wzp__ring_write(&ring, pcm, 10), 10);

    int16_t got[64];
    assert_int_equal(wzp__ring_read(&ring, got, 64), 10);

    check(got, 0, 10);
    done(&ring);
}

WZP_TEST(ring_that_is_full_drops_the_newest_and_keeps_the_oldest)
{
    wzp__ring ring = ring_of(64);
    int16_t pcm[100];
    make(pcm, 0, 100);

    assert_int_equal(wzp__ring_write(&ring, pcm, 40), 40);
    assert_int_equal(wzp__ring_write(&ring, pcm + 40, 60), 24);
    assert_int_equal(wzp__ring_write(&ring, pcm + 64, 36), 0);

    int16_t got[100];
    assert_int_equal(wzp__ring_read(&ring, got, 100), 64);
    check(got, 0, 64);
    done(&ring);
}

/* A write of every length at every offset of a small ring. */
WZP_TEST(ring_wraps_at_every_offset)
{
    for (size_t offset = 0; offset < 8; offset++) {
        for (size_t n = 0; n <= 8; n++) {
            wzp__ring ring = ring_of(8);
            int16_t pcm[8];
            int16_t got[8];
            make(pcm, 0, 8);
            assert_int_equal(wzp__ring_write(&ring, pcm, offset), offset);
            assert_int_equal(wzp__ring_read(&ring, got, offset), offset);

            assert_int_equal(wzp__ring_write(&ring, pcm, n), n);
            assert_int_equal(wzp__ring_read(&ring, got, 8), n);

            check(got, 0, n);
            done(&ring);
        }
    }
}

WZP_TEST(ring_survives_the_wrap_of_its_cursors)
{
    wzp__ring ring = ring_of(64);
    atomic_store(&ring.written, SIZE_MAX - 20);
    atomic_store(&ring.read, SIZE_MAX - 20);

    size_t in = 0;
    size_t out = 0;
    for (int round = 0; round < 6; round++) {
        int16_t pcm[50];
        make(pcm, in, 50);
        size_t took = wzp__ring_write(&ring, pcm, 50);
        in += took;
        assert_int_equal(wzp__ring_level(&ring), in - out);
        int16_t got[30];
        assert_int_equal(wzp__ring_read(&ring, got, 30), 30);
        check(got, out, 30);
        out += 30;
    }

    assert_true(in - out <= 64);
    assert_true(atomic_load(&ring.written) < SIZE_MAX / 2);
    done(&ring);
}

WZP_TEST(ring_without_memory_says_so_and_can_be_given_up)
{
    fake_mem m = {.fail_at = 1};
    const wzp_mem mem = fake_mem_table(&m);
    wzp__ring ring;

    assert_int_equal(wzp__ring_init(&ring, &mem, 512), WZP_ERR_NOMEM);

    wzp__ring_deinit(&ring, &mem);
    assert_int_equal(m.held, 0);
}

/* --- two threads ----------------------------------------------------------
 * Who finds nothing to do yields, where there is one processor only.
 */

enum { LAP_SAMPLES = 400000, LAP_CAP = 512 };

/* The writer never waits: what does not fit is dropped whole, as a microphone
 * would; each block begins with its number, so that the reader can tell. */
enum { BLOCK = 37, LAP_BLOCKS = LAP_SAMPLES / BLOCK };

typedef struct lap {
    wzp__ring ring;
    _Atomic bool is_done;
    size_t taken; /* blocks; the producer's */
} lap;

static void *produce(void *user)
{
    lap *l = user;
    for (size_t i = 0; l->taken < LAP_BLOCKS; i++) {
        int16_t pcm[BLOCK];
        for (size_t k = 0; k < BLOCK; k++) {
            pcm[k] = (int16_t)(uint16_t)(i + k);
        }
        if (LAP_CAP - wzp__ring_level(&l->ring) < BLOCK) {
            sched_yield();
            continue;
        }
        /* Only the reader moves meanwhile, which makes room. */
        size_t n = wzp__ring_write(&l->ring, pcm, BLOCK);
        l->taken += n == BLOCK;
    }
    atomic_store(&l->is_done, true);
    return NULL;
}

/* Every block whole, their numbers rising. */
static size_t consume(lap *l)
{
    size_t blocks = 0;
    bool is_last = false;
    while (!is_last) {
        is_last = atomic_load(&l->is_done);
        while (wzp__ring_level(&l->ring) >= BLOCK) {
            int16_t pcm[BLOCK];
            assert_int_equal(wzp__ring_read(&l->ring, pcm, BLOCK), BLOCK);
            for (size_t k = 1; k < BLOCK; k++) {
                assert_int_equal((uint16_t)(pcm[k] - pcm[0]), k);
            }
            blocks++;
        }
        sched_yield();
    }
    return blocks;
}

WZP_TEST(ring_lapped_by_two_threads_never_tears_a_block)
{
    lap l = {.ring = ring_of(LAP_CAP)};
    pthread_t producer;

    assert_int_equal(pthread_create(&producer, NULL, produce, &l), 0);
    size_t blocks = consume(&l);
    assert_int_equal(pthread_join(producer, NULL), 0);

    assert_int_equal(blocks, LAP_BLOCKS);
    assert_int_equal(l.taken, LAP_BLOCKS);
    done(&l.ring);
}

/* The same with a reader that waits for nothing: no sample is lost or twice. */
static void *produce_all(void *user)
{
    lap *l = user;
    size_t i = 0;
    while (i < LAP_SAMPLES) {
        int16_t pcm[BLOCK];
        make(pcm, i, BLOCK);
        size_t n = LAP_SAMPLES - i < BLOCK ? LAP_SAMPLES - i : BLOCK;
        n = wzp__ring_write(&l->ring, pcm, n);
        i += n;
        if (n == 0) {
            sched_yield();
        }
    }
    return NULL;
}

WZP_TEST(ring_between_two_threads_keeps_every_sample_once)
{
    lap l = {.ring = ring_of(LAP_CAP)};
    pthread_t producer;

    assert_int_equal(pthread_create(&producer, NULL, produce_all, &l), 0);
    size_t at = 0;
    while (at < LAP_SAMPLES) {
        int16_t pcm[61];
        size_t n = wzp__ring_read(&l.ring, pcm, 61);
        for (size_t i = 0; i < n; i++) {
            if (pcm[i] != sample_at(at + i)) {
                assert_int_equal(pcm[i], sample_at(at + i));
            }
        }
        at += n;
        if (n == 0) {
            sched_yield();
        }
    }
    assert_int_equal(pthread_join(producer, NULL), 0);

    assert_int_equal(wzp__ring_level(&l.ring), 0);
    done(&l.ring);
}
