/* SPDX-License-Identifier: MIT */
/* The identity file of the programs (apps/common; the next identity is one as
 * well) while a system call fails: it is made whole or not at all, one that is
 * there stays as it is, and the reason is a sentence.
 */
#include "apps/common/identity_file.c"
#include "support/faults/faults.h"
#include "support/harness.h"

typedef struct place {
    char dir[64], folder[80], path[96];
} place;

static bool load(const place *p, uint8_t seed[WZP_SEED_LEN], bool *is_new,
                 char why[300])
{
    const wzp_rng rng = wzp_rng_system();
    app_identity_file f = {.path = p->path};
    const bool ok = app_identity_load(&f, &rng, seed);
    *is_new = f.is_new;
    (void)snprintf(why, 300, "%.290s", ok ? "" : f.why);
    return ok;
}

static place make_place(void)
{
    place p = {.dir = "/tmp/wzp-torture-XXXXXX"};
    assert_non_null(mkdtemp(p.dir));
    (void)snprintf(p.folder, sizeof p.folder, "%s/a", p.dir);
    (void)snprintf(p.path, sizeof p.path, "%s/identity", p.folder);
    return p;
}

/* All that may be left is the file, and its draft where deleting failed. */
static void remove_place(const place *p, bool has_draft)
{
    char draft[160];
    (void)snprintf(draft, sizeof draft, "%s.new.%ld", p->path, (long)getpid());
    assert_int_equal(unlink(draft) == 0, has_draft);
    (void)unlink(p->path);
    (void)rmdir(p->folder);
    assert_int_equal(rmdir(p->dir), 0);
}

/* What failed left something that the next start understands. */
static void check_next_start(const place *p, bool was_made,
                             const uint8_t seed[WZP_SEED_LEN])
{
    uint8_t again[WZP_SEED_LEN];
    bool is_new;
    char why[300];
    assert_true(load(p, again, &is_new, why));
    if (was_made) {
        assert_false(is_new);
        assert_memory_equal(again, seed, WZP_SEED_LEN);
    }
}

/* Load with call n of f failing. True when it did. */
static bool play(wzp_fault f, size_t n, bool is_there)
{
    const place p = make_place();
    uint8_t before[WZP_SEED_LEN];
    uint8_t seed[WZP_SEED_LEN];
    bool is_new;
    char why[300];
    if (is_there) {
        assert_true(load(&p, before, &is_new, why));
    }
    wzp_fault_arm(f, n);
    const bool ok = load(&p, seed, &is_new, why);
    const bool has_failed = wzp_fault_disarm();
    assert_int_equal(ok, why[0] == '\0');
    check_next_start(&p, ok || is_there, is_there ? before : seed);
    remove_place(&p, has_failed && f == WZP_FAULT_unlink);
    return has_failed;
}

/* Replace one seed by another with call n of f failing. In the product both
 * are the same; so it is seen which file is there. True when a call failed. */
static bool play_replace(wzp_fault f, size_t n)
{
    const place p = make_place();
    const wzp_rng rng = wzp_rng_system();
    app_identity_file file = {.path = p.path};
    uint8_t before[WZP_SEED_LEN], after[WZP_SEED_LEN], seed[WZP_SEED_LEN];
    bool is_new;
    char why[300];
    assert_true(load(&p, before, &is_new, why));
    memset(after, 0x5A, sizeof after);
    /* Of another owner, so that giving it away is part of it. */
    const bool is_given = geteuid() == 0 && chown(p.path, 12345, 12345) == 0;
    wzp_fault_arm(f, n);
    const bool ok =
        app_identity_replace(&file, &rng, (wzp_str){NULL, 0}, after);
    const bool has_failed = wzp_fault_disarm();
    assert_true(is_given || geteuid() != 0);
    assert_true(ok || file.why[0] != '\0');
    assert_true(load(&p, seed, &is_new, why));
    assert_false(is_new);
    const bool is_after = memcmp(seed, after, sizeof seed) == 0;
    assert_true(is_after || (!ok && memcmp(seed, before, sizeof seed) == 0));
    remove_place(&p, has_failed && f == WZP_FAULT_unlink);
    return has_failed;
}

WZP_TEST(a_replaced_identity_is_the_old_one_or_the_new_one)
{
    size_t failed = 0;
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    for (wzp_fault f = 0; f < WZP_FAULT_COUNT; f++) {
        for (size_t n = 1; play_replace(f, n); n++) {
            failed++;
        }
    }
    print_message("%zu calls failed\n", failed);
    assert_true(failed >= 14);
    wzp_crypto_global_deinit();
}

WZP_TEST(an_identity_is_made_whole_or_not_at_all_and_then_kept)
{
    size_t failed = 0;
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    for (wzp_fault f = 0; f < WZP_FAULT_COUNT; f++) {
        for (size_t n = 1; play(f, n, false); n++) {
            failed++;
        }
        for (size_t n = 1; play(f, n, true); n++) {
            failed++;
        }
    }
    print_message("%zu calls failed\n", failed);
    assert_true(failed >= 12);
    wzp_crypto_global_deinit();
}
