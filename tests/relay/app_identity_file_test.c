/* SPDX-License-Identifier: MIT */
/* The identity file of the programs (apps/common). */
#include "apps/common/identity_file.c"
#include "support/harness.h"

#include <stdlib.h>

typedef struct place {
    char folder[64];
    char path[128];
    uint8_t seed[WZP_SEED_LEN];
    bool is_new, is_exposed;
    char why[400];
} place;

static void place_open(place *p, const char *name)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/wzp-identity-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->path, sizeof p->path, "%s/%s", p->folder, name);
}

static void place_close(place *p)
{
    char command[200];
    (void)snprintf(command, sizeof command, "chmod -R u+rwx %s; rm -r %s",
                   p->folder, p->folder);
    assert_int_equal(system(command), 0);
    wzp_crypto_global_deinit();
}

static bool load(place *p)
{
    const wzp_rng rng = wzp_rng_system();
    return app_identity_load(p->path, &rng, p->seed, &p->is_new, &p->is_exposed,
                             p->why, sizeof p->why);
}

static void put(const place *p, const char *text, mode_t mode)
{
    FILE *f = fopen(p->path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(p->path, mode), 0);
}

WZP_TEST(a_missing_identity_is_made_with_its_folders_and_kept)
{
    place p;
    struct stat st;
    uint8_t first[WZP_SEED_LEN];
    char folder[140];
    place_open(&p, "a/b/identity");
    assert_true(load(&p));
    assert_true(p.is_new);
    assert_false(p.is_exposed);
    memcpy(first, p.seed, sizeof first);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 65);
    (void)snprintf(folder, sizeof folder, "%s/a/b", p.folder);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(st.st_nlink, 2);
    assert_true(load(&p));
    assert_false(p.is_new);
    assert_memory_equal(p.seed, first, sizeof first);
    place_close(&p);
}

WZP_TEST(white_space_around_the_digits_is_let_pass)
{
    place p;
    place_open(&p, "identity");
    put(&p,
        "  000102030405060708090a0b0c0d0e0f"
        "101112131415161718191A1B1C1D1E1F\r\n\n",
        0600);
    assert_true(load(&p));
    assert_int_equal(p.seed[31], 0x1F);
    place_close(&p);
}

WZP_TEST(an_exposed_file_is_read_and_told)
{
    place p;
    place_open(&p, "identity");
    assert_true(load(&p));
    assert_int_equal(chmod(p.path, 0644), 0);
    assert_true(load(&p));
    assert_true(p.is_exposed);
    place_close(&p);
}

static const char *const CORRUPT[] = {
    "",
    "\n",
    "corrupt",
    "00010203",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1ff",
    "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g",
};

static size_t count_corrupt(void)
{
    return sizeof CORRUPT / sizeof CORRUPT[0];
}

static void run_corrupt(size_t row)
{
    place p;
    struct stat st;
    place_open(&p, "identity");
    put(&p, CORRUPT[row], 0600);
    assert_false(load(&p));
    assert_non_null(strstr(p.why, "64 hexadecimal digits"));
    assert_non_null(strstr(p.why, p.path));
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_size, strlen(CORRUPT[row]));
    place_close(&p);
}

WZP_ROWS(a_corrupt_identity_is_never_written_over, count_corrupt, run_corrupt);

WZP_TEST(what_cannot_be_read_is_said_and_left)
{
    place p;
    place_open(&p, "folder");
    assert_int_equal(mkdir(p.path, 0700), 0);
    assert_false(load(&p));
    assert_memory_equal(p.why, "cannot read identity file ", 26);
    (void)snprintf(p.path, sizeof p.path, "/proc/none/identity");
    assert_false(load(&p));
    assert_non_null(strstr(p.why, "/proc/none"));
    place_close(&p);
}

WZP_TEST(the_usual_place_is_below_home)
{
    char path[APP_PATH_MAX];
    char *home = getenv("HOME");
    char *kept = home != NULL ? strdup(home) : NULL;
    assert_int_equal(setenv("HOME", "/home/x", 1), 0);
    assert_true(app_identity_default_path("relay-identity", path));
    assert_string_equal(path, "/home/x/.wzp/relay-identity");
    assert_int_equal(unsetenv("HOME"), 0);
    assert_true(app_identity_default_path("relay-identity", path));
    assert_string_equal(path, "./.wzp/relay-identity");
    if (kept != NULL) {
        assert_int_equal(setenv("HOME", kept, 1), 0);
    }
    free(kept);
}
