/* SPDX-License-Identifier: MIT */
/* The identity file of the programs (apps/common). */
#include "apps/common/identity_file.c"
#include "support/harness.h"

#include <stdlib.h>

typedef struct place {
    char folder[64];
    char path[128];
    uint8_t seed[WZP_SEED_LEN];
    char pass[128]; /* the path of a passphrase file */
    app_identity_file file;
} place;

static void place_open(place *p, const char *name)
{
    memset(p, 0, sizeof *p);
    assert_int_equal(wzp_crypto_global_init(), WZP_OK);
    (void)snprintf(p->folder, sizeof p->folder, "/tmp/wzp-identity-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    (void)snprintf(p->path, sizeof p->path, "%s/%s", p->folder, name);
    (void)snprintf(p->pass, sizeof p->pass, "%s/pass", p->folder);
    p->file.path = p->path;
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
    return app_identity_load(&p->file, &rng, p->seed);
}

static void put_at(const char *path, const char *text, mode_t mode)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void put(const place *p, const char *text, mode_t mode)
{
    put_at(p->path, text, mode);
}

/* Under `pass` from now on; NULL: in clear. */
static bool replace(place *p, const char *pass)
{
    const wzp_rng rng = wzp_rng_system();
    const wzp_str word = {pass, pass == NULL ? 0 : strlen(pass)};
    return app_identity_replace(&p->file, &rng, word, p->seed);
}

/* The passphrase of the file is `pass`, as its user says. */
static void say_pass(place *p, const char *pass)
{
    char line[64];
    (void)snprintf(line, sizeof line, "%s\n", pass);
    put_at(p->pass, line, 0600);
    p->file.passphrase_file = p->pass;
}

static size_t content_of(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    const size_t n = fread(out, 1, cap - 1, f);
    out[n] = '\0';
    assert_int_equal(fclose(f), 0);
    return n;
}

WZP_TEST(a_missing_identity_is_made_with_its_folders_and_kept)
{
    place p;
    struct stat st;
    uint8_t first[WZP_SEED_LEN];
    char folder[140];
    place_open(&p, "a/b/identity");
    assert_true(load(&p));
    assert_true(p.file.is_new);
    assert_false(p.file.is_exposed);
    memcpy(first, p.seed, sizeof first);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_size, 65);
    (void)snprintf(folder, sizeof folder, "%s/a/b", p.folder);
    assert_int_equal(stat(folder, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(st.st_nlink, 2);
    assert_true(load(&p));
    assert_false(p.file.is_new);
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
    assert_true(p.file.is_exposed);
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
    assert_non_null(strstr(p.file.why, "64 hexadecimal digits"));
    assert_non_null(strstr(p.file.why, p.path));
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
    assert_memory_equal(p.file.why, "cannot read identity file ", 26);
    (void)snprintf(p.path, sizeof p.path, "/proc/none/identity");
    assert_false(load(&p));
    assert_non_null(strstr(p.file.why, "/proc/none"));
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

/* --- under a passphrase --------------------------------------------------- */

/* Whether the folder holds these two and nothing else. */
static void check_alone(const place *p)
{
    char command[300];
    (void)snprintf(command, sizeof command,
                   "test \"$(ls -A %s | grep -v -x -e identity -e pass)\" = ''",
                   p->folder);
    assert_int_equal(system(command), 0);
}

WZP_TEST(a_clear_identity_is_put_under_a_passphrase_and_opens_with_it)
{
    place p;
    struct stat st;
    uint8_t first[WZP_SEED_LEN];
    char text[400], hex[2 * WZP_SEED_LEN + 1] = "";
    place_open(&p, "identity");
    assert_true(load(&p));
    memcpy(first, p.seed, sizeof first);
    wzp_hex_encode(first, sizeof first, hex);
    assert_int_equal(chmod(p.path, 0644), 0);
    assert_true(replace(&p, "open sesame"));
    assert_true(p.file.is_sealed);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(content_of(p.path, text, sizeof text),
                     WZP_SEALED_SEED_MAX);
    assert_null(strstr(text, hex));
    check_alone(&p);

    memset(p.seed, 0, sizeof p.seed);
    say_pass(&p, "open sesame");
    assert_true(load(&p));
    assert_true(p.file.is_sealed);
    assert_memory_equal(p.seed, first, sizeof first);

    say_pass(&p, "open sesane");
    assert_false(load(&p));
    assert_non_null(strstr(p.file.why, "wrong passphrase"));
    assert_int_equal(content_of(p.path, text, sizeof text),
                     WZP_SEALED_SEED_MAX);
    place_close(&p);
}

/* Held open, the old file shows what a look at the disk would: no seed. */
WZP_TEST(the_bytes_of_the_file_that_is_replaced_are_written_over)
{
    place p;
    char old[100] = "";
    static const char zeros[2 * WZP_SEED_LEN + 1];
    place_open(&p, "identity");
    assert_true(load(&p));
    const int held = open(p.path, O_RDONLY);
    assert_true(replace(&p, "open sesame"));
    assert_int_equal(read(held, old, sizeof old), sizeof zeros);
    assert_memory_equal(old, zeros, sizeof zeros);
    close(held);
    place_close(&p);
}

WZP_TEST(a_sealed_identity_is_decrypted_again)
{
    place p;
    uint8_t first[WZP_SEED_LEN];
    place_open(&p, "identity");
    say_pass(&p, "open sesame");
    assert_true(load(&p)); /* made sealed: the passphrase was there */
    assert_true(p.file.is_new);
    assert_true(p.file.is_sealed);
    memcpy(first, p.seed, sizeof first);
    assert_true(load(&p));
    assert_memory_equal(p.seed, first, sizeof first);
    assert_true(replace(&p, NULL));
    p.file.passphrase_file = NULL;
    assert_true(load(&p));
    assert_false(p.file.is_sealed);
    assert_memory_equal(p.seed, first, sizeof first);
    place_close(&p);
}

WZP_TEST(a_sealed_identity_without_a_passphrase_says_how_to_give_it)
{
    place p;
    place_open(&p, "identity");
    say_pass(&p, "open sesame");
    assert_true(load(&p));
    p.file.passphrase_file = NULL;
    assert_false(load(&p));
    assert_non_null(strstr(p.file.why, "--passphrase-file FILE"));
    place_close(&p);
}

WZP_TEST(a_seal_of_a_later_version_is_left_as_it_is)
{
    place p;
    struct stat st;
    place_open(&p, "identity");
    put(&p, "wzp-sealed-seed-2:AAAA\n", 0600);
    say_pass(&p, "open sesame");
    assert_false(load(&p));
    assert_non_null(strstr(p.file.why, "this version cannot read"));
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_size, 23);
    place_close(&p);
}

WZP_TEST(a_file_that_is_there_is_not_made)
{
    place p;
    char text[400];
    const wzp_rng rng = wzp_rng_system();
    place_open(&p, "identity");
    put(&p, "not a seed\n", 0600);
    assert_false(app_identity_make(&p.file, &rng, (wzp_str){NULL, 0}, p.seed));
    assert_non_null(strstr(p.file.why, "is there already"));
    assert_int_equal(content_of(p.path, text, sizeof text), 11);
    place_close(&p);
}

/* Else the clear file would stay where the link leads. */
WZP_TEST(behind_a_symbolic_link_the_file_itself_is_replaced)
{
    place p;
    struct stat st;
    char other[140], text[400];
    place_open(&p, "identity");
    (void)snprintf(other, sizeof other, "%s/elsewhere", p.folder);
    assert_int_equal(symlink("elsewhere", p.path), 0);
    put_at(other,
           "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n",
           0600);
    assert_true(load(&p));
    assert_true(replace(&p, "open sesame"));
    assert_int_equal(lstat(p.path, &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    (void)content_of(other, text, sizeof text);
    assert_true(wzp_sealed_seed_is(text, strlen(text)));
    place_close(&p);
}

WZP_TEST(a_file_with_a_second_name_is_not_replaced)
{
    place p;
    char other[140], text[400];
    place_open(&p, "identity");
    (void)snprintf(other, sizeof other, "%s/other", p.folder);
    assert_true(load(&p));
    assert_int_equal(link(p.path, other), 0);
    assert_false(replace(&p, "open sesame"));
    assert_non_null(strstr(p.file.why, "hard link"));
    assert_int_equal(content_of(p.path, text, sizeof text), 65);
    assert_int_equal(content_of(other, text, sizeof text), 65);
    place_close(&p);
}

/* Root puts a service's identity under a passphrase. */
WZP_TEST(a_replaced_file_keeps_its_owner)
{
    place p;
    struct stat st;
    if (geteuid() != 0) {
        WZP_SKIP("only root can give a file away");
    }
    place_open(&p, "identity");
    assert_true(load(&p));
    assert_int_equal(chown(p.path, 12345, 12346), 0);
    assert_true(replace(&p, NULL));
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_uid, 12345);
    assert_int_equal(st.st_gid, 12346);
    place_close(&p);
}
