/* SPDX-License-Identifier: MIT */
/* The store in a folder: modes, atomic replacement, the lock, and what cannot
 * be read is an error and never empty.
 */
#include "client/fakes.h"

#include <wzp/client/store.h>

#include <fcntl.h>
#include <sys/wait.h>

typedef struct fixture {
    fake_dir dir;
    fake_mem m;
    wzp_mem mem;
    wzp_store_file *s;
    wzp_store table;
} fixture;

static void setup(fixture *f)
{
    memset(f, 0, sizeof *f);
    f->dir = fake_dir_new();
    f->mem = fake_mem_table(&f->m);
    ASSERT_OK(wzp_store_file_new(&f->s, &f->mem, fake_path(&f->dir, "a/b")));
    f->table = wzp_store_file_table(f->s);
}

static void teardown(fixture *f)
{
    wzp_store_file_free(f->s);
    assert_int_equal(f->m.held, 0);
    fake_dir_free(&f->dir);
}

static wzp_err save(fixture *f, const char *text)
{
    return f->table.save(f->table.user, "pins", (const uint8_t *)text,
                         strlen(text));
}

static wzp_err load(fixture *f, uint8_t **data, size_t *len)
{
    return f->table.load(f->table.user, "pins", &f->mem, data, len);
}

static void expect(fixture *f, const char *text)
{
    uint8_t *data = NULL;
    size_t len = 0;
    ASSERT_OK(load(f, &data, &len));
    assert_int_equal(len, strlen(text));
    assert_memory_equal(data, text, len);
    wzp_mem_free(&f->mem, data, len);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(lstat(path, &st), 0);
    return st.st_mode & 07777;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

/* --- content -------------------------------------------------------------- */

WZP_TEST(store_file_gives_back_what_was_saved_to_its_next_life)
{
    fixture f;
    setup(&f);
    ASSERT_OK(save(&f, "first"));
    ASSERT_OK(save(&f, "second, and longer"));
    expect(&f, "second, and longer");

    wzp_store_file_free(f.s);
    ASSERT_OK(wzp_store_file_new(&f.s, &f.mem, fake_path(&f.dir, "a/b")));
    f.table = wzp_store_file_table(f.s);

    expect(&f, "second, and longer");
    teardown(&f);
}

WZP_TEST(store_file_knows_nothing_that_was_not_saved)
{
    fixture f;
    setup(&f);
    uint8_t *data = NULL;
    size_t len = 0;

    assert_int_equal(load(&f, &data, &len), WZP_ERR_NOT_FOUND);

    assert_null(data);
    teardown(&f);
}

WZP_TEST(store_file_keeps_empty_content)
{
    fixture f;
    setup(&f);

    ASSERT_OK(save(&f, ""));

    expect(&f, "");
    teardown(&f);
}

WZP_TEST(store_file_keeps_binary_content_of_a_megabyte)
{
    fixture f;
    setup(&f);
    enum { LEN = 1 << 20 };
    uint8_t *big = malloc(LEN);
    assert_non_null(big);
    uint32_t seed = 5;
    fake_fill(&seed, big, LEN);

    ASSERT_OK(f.table.save(f.table.user, "pins", big, LEN));

    uint8_t *data = NULL;
    size_t len = 0;
    ASSERT_OK(load(&f, &data, &len));
    assert_int_equal(len, LEN);
    assert_memory_equal(data, big, LEN);
    wzp_mem_free(&f.mem, data, len);
    free(big);
    teardown(&f);
}

/* --- modes ---------------------------------------------------------------- */

WZP_TEST(store_file_is_for_its_owner_only)
{
    fixture f;
    const mode_t mask = umask(0);
    setup(&f);

    ASSERT_OK(save(&f, "x"));

    assert_int_equal(mode_of(fake_path(&f.dir, "a")), 0700);
    assert_int_equal(mode_of(fake_path(&f.dir, "a/b")), 0700);
    assert_int_equal(mode_of(fake_path(&f.dir, "a/b/pins")), 0600);
    assert_int_equal(mode_of(fake_path(&f.dir, "a/b/lock")), 0600);
    umask(mask);
    teardown(&f);
}

WZP_TEST(store_file_does_not_inherit_the_mode_of_a_rest)
{
    fixture f;
    setup(&f);
    write_file(fake_path(&f.dir, "a/b/pins.new"), "left by a crash", 0644);

    ASSERT_OK(save(&f, "x"));

    assert_int_equal(mode_of(fake_path(&f.dir, "a/b/pins")), 0600);
    expect(&f, "x");
    teardown(&f);
}

WZP_TEST(store_file_leaves_a_folder_that_is_there_as_it_is)
{
    fake_dir dir = fake_dir_new();
    const wzp_mem mem = wzp_mem_default();
    assert_int_equal(chmod(dir.path, 0750), 0);

    wzp_store_file *s;
    ASSERT_OK(wzp_store_file_new(&s, &mem, dir.path));

    assert_int_equal(mode_of(dir.path), 0750);
    wzp_store_file_free(s);
    fake_dir_free(&dir);
}

/* --- atomic --------------------------------------------------------------- */

WZP_TEST(store_file_replaces_and_never_rewrites)
{
    fixture f;
    setup(&f);
    ASSERT_OK(save(&f, "old"));
    int reader = open(fake_path(&f.dir, "a/b/pins"), O_RDONLY);
    assert_true(reader >= 0);

    ASSERT_OK(save(&f, "new"));

    char got[4] = "";
    assert_int_equal(read(reader, got, 3), 3); /* sees the old one whole */
    assert_string_equal(got, "old");
    close(reader);
    expect(&f, "new");
    assert_int_equal(access(fake_path(&f.dir, "a/b/pins.new"), F_OK), -1);
    teardown(&f);
}

WZP_TEST(store_file_that_cannot_be_written_keeps_the_old_content)
{
    fixture f;
    setup(&f);
    ASSERT_OK(save(&f, "old"));
    /* A folder in the way of the file beside: also root cannot write it. */
    assert_int_equal(mkdir(fake_path(&f.dir, "a/b/pins.new"), 0700), 0);

    assert_int_equal(save(&f, "new"), WZP_ERR_IO);

    expect(&f, "old");
    teardown(&f);
}

WZP_TEST(store_file_without_its_folder_reports_the_failed_write)
{
    fixture f;
    setup(&f);
    const char *moved = fake_path(&f.dir, "moved");
    assert_int_equal(rename(fake_path(&f.dir, "a"), moved), 0);

    assert_int_equal(save(&f, "new"), WZP_ERR_IO);

    teardown(&f);
}

/* --- what cannot be read -------------------------------------------------- */

WZP_TEST(store_file_that_is_a_folder_is_an_error_not_empty)
{
    fixture f;
    setup(&f);
    assert_int_equal(mkdir(fake_path(&f.dir, "a/b/pins"), 0700), 0);
    uint8_t *data = NULL;
    size_t len = 0;

    assert_int_equal(load(&f, &data, &len), WZP_ERR_IO);

    assert_null(data);
    teardown(&f);
}

WZP_TEST(store_file_that_may_not_be_read_is_an_error_not_empty)
{
    if (geteuid() == 0) {
        WZP_SKIP("root may read everything; the cases beside this one hold");
    }
    fixture f;
    setup(&f);
    ASSERT_OK(save(&f, "secret"));
    assert_int_equal(chmod(fake_path(&f.dir, "a/b/pins"), 0), 0);
    uint8_t *data = NULL;
    size_t len = 0;

    assert_int_equal(load(&f, &data, &len), WZP_ERR_IO);

    teardown(&f);
}

WZP_TEST(store_file_that_is_a_loop_of_links_is_an_error_not_empty)
{
    fixture f;
    setup(&f);
    assert_int_equal(symlink("pins", fake_path(&f.dir, "a/b/pins")), 0);
    uint8_t *data = NULL;
    size_t len = 0;

    assert_int_equal(load(&f, &data, &len), WZP_ERR_IO);

    teardown(&f);
}

WZP_TEST(store_file_of_absurd_size_is_an_error_not_empty)
{
    fixture f;
    setup(&f);
    ASSERT_OK(save(&f, "x"));
    assert_int_equal(truncate(fake_path(&f.dir, "a/b/pins"), (16 << 20) + 1),
                     0);
    uint8_t *data = NULL;
    size_t len = 0;

    assert_int_equal(load(&f, &data, &len), WZP_ERR_IO);

    assert_null(data);
    teardown(&f);
}

WZP_TEST(store_file_without_memory_to_read_says_so)
{
    fixture f;
    setup(&f);
    ASSERT_OK(save(&f, "x"));
    f.m.fail_at = f.m.calls + 1;
    uint8_t *data = NULL;
    size_t len = 0;

    assert_int_equal(load(&f, &data, &len), WZP_ERR_NOMEM);

    teardown(&f);
}

/* --- folders -------------------------------------------------------------- */

WZP_TEST(store_file_below_a_file_is_an_error)
{
    fake_dir dir = fake_dir_new();
    const wzp_mem mem = wzp_mem_default();
    write_file(fake_path(&dir, "file"), "x", 0600);
    wzp_store_file *s = NULL;

    assert_int_equal(wzp_store_file_new(&s, &mem, fake_path(&dir, "file")),
                     WZP_ERR_IO);
    assert_int_equal(wzp_store_file_new(&s, &mem, fake_path(&dir, "file/sub")),
                     WZP_ERR_IO);

    assert_null(s);
    fake_dir_free(&dir);
}

WZP_TEST(store_file_takes_a_path_with_slashes_to_spare)
{
    fake_dir dir = fake_dir_new();
    const wzp_mem mem = wzp_mem_default();
    wzp_store_file *s;

    ASSERT_OK(wzp_store_file_new(&s, &mem, fake_path(&dir, "x//y/")));

    assert_int_equal(mode_of(fake_path(&dir, "x/y")), 0700);
    wzp_store_file_free(s);
    fake_dir_free(&dir);
}

WZP_TEST(store_file_refuses_no_path_and_one_that_is_too_long)
{
    const wzp_mem mem = wzp_mem_default();
    wzp_store_file *s = NULL;
    char path[4200];
    memset(path, '/', sizeof path);
    path[sizeof path - 1] = '\0';

    assert_int_equal(wzp_store_file_new(&s, &mem, ""), WZP_ERR_ARG);
    assert_int_equal(wzp_store_file_new(&s, &mem, path), WZP_ERR_ARG);

    assert_null(s);
}

WZP_TEST(store_file_new_without_memory_says_so)
{
    fake_dir dir = fake_dir_new();
    fake_mem m = {.fail_at = 1};
    const wzp_mem mem = fake_mem_table(&m);
    wzp_store_file *s = NULL;

    assert_int_equal(wzp_store_file_new(&s, &mem, dir.path), WZP_ERR_NOMEM);

    assert_null(s);
    wzp_store_file_free(NULL);
    fake_dir_free(&dir);
}

/* --- the lock ------------------------------------------------------------- */

WZP_TEST(store_file_has_one_holder_in_a_process)
{
    fixture f;
    setup(&f);
    wzp_store_file *second = NULL;

    assert_int_equal(
        wzp_store_file_new(&second, &f.mem, fake_path(&f.dir, "a/b")),
        WZP_ERR_EXISTS);

    assert_null(second);
    wzp_store_file_free(f.s);
    ASSERT_OK(wzp_store_file_new(&f.s, &f.mem, fake_path(&f.dir, "a/b")));
    teardown(&f);
}

/* In a child: what opening the store gives there, as its exit status. */
static int open_elsewhere(const char *path)
{
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const wzp_mem mem = wzp_mem_default();
        wzp_store_file *s;
        _exit(-wzp_store_file_new(&s, &mem, path));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return -WEXITSTATUS(status);
}

WZP_TEST(store_file_keeps_another_process_out_while_it_lives)
{
    fixture f;
    setup(&f);
    const char *path = fake_path(&f.dir, "a/b");

    assert_int_equal(open_elsewhere(path), WZP_ERR_EXISTS);
    wzp_store_file_free(f.s);

    assert_int_equal(open_elsewhere(path), WZP_OK);
    /* That process is gone without a word, and its lock with it. */
    ASSERT_OK(wzp_store_file_new(&f.s, &f.mem, path));
    teardown(&f);
}
