/* SPDX-License-Identifier: MIT */
/* The register of secrets (tests/support/secrets): every form is found, and
 * what is none is not.
 */
#include "support/secrets/secrets.h"

#include "support/harness.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* SHA-256 of nothing. */
static const uint8_t KEY[32] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14,
                                0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
                                0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c,
                                0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};

typedef struct form {
    const char *text;
    bool is_found;
} form;

static const form FORMS[] = {
    {"key=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 x",
     true},
    {"KEY=E3B0C44298FC1C149AFBF4C8996FB924", true},
    {"first half of a half: e3b0c44298fc1c14", true},
    {"in the middle: 27ae41e4649b934c", true},
    {"the end: a495991b7852b855", true},
    {"e3:b0:c4:42:98:fc:1c:14", true},
    {"e3b0:c442:98fc:1c14", true},
    {"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", true},     /* base64 */
    {"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU", true},      /* base64url */
    {"AOOwxEKY/BwUmvv0yJlvuSQnrkHkZJuTTKSVmRt4UrhV", true},     /* after a 0 */
    {"AADjsMRCmPwcFJr79MiZb7kkJ65B5GSbk0yklZkbeFK4VQ==", true}, /* two */
    {"e3b0c44298fc1c1", false}, /* seven and a half bytes */
    {"e3b0c44298fc1c15", false},
    {"b0c44298fc1c149a", false}, /* eight bytes, but at none of the eights */
    {"", false},
    {"fingerprint 1234:5678:9abc:def0", false},
};

static size_t count_forms(void)
{
    return sizeof FORMS / sizeof *FORMS;
}

static void run_form(size_t row)
{
    const form *f = &FORMS[row];
    secrets_clear();
    secrets_note("key", KEY, sizeof KEY);
    const char *found = secrets_find(f->text, strlen(f->text));
    assert_int_equal(found != NULL, f->is_found);
    if (found != NULL) {
        assert_string_equal(found, "key");
    }
}

WZP_ROWS(a_secret_is_found_in_each_form, count_forms, run_form);

WZP_TEST(raw_bytes_are_found_anywhere)
{
    uint8_t data[100] = {0};
    secrets_clear();
    secrets_note("key", KEY, sizeof KEY);
    assert_null(secrets_find(data, sizeof data));
    memcpy(data + 37, KEY + 16, 8);
    assert_non_null(secrets_find(data, sizeof data));
}

WZP_TEST(what_is_published_was_a_secret_until_then_and_stays_public)
{
    secrets_clear();
    secrets_note("key", KEY, sizeof KEY);
    assert_non_null(secrets_find(KEY, sizeof KEY));
    secrets_publish(KEY, sizeof KEY);
    assert_null(secrets_find(KEY, sizeof KEY));
    secrets_note("key again", KEY, sizeof KEY);
    assert_null(secrets_find(KEY, sizeof KEY));
    assert_int_equal(secrets_published(), 1);
}

WZP_TEST(a_text_is_found_as_it_is)
{
    secrets_clear();
    secrets_note_text("passphrase", "open sesame");
    assert_non_null(secrets_find("he said open sesame!", 20));
    assert_null(secrets_find("he said open sesane!", 20));
}

WZP_TEST(each_secret_counts_once)
{
    secrets_clear();
    secrets_note("key", KEY, sizeof KEY);
    secrets_note("again", KEY, sizeof KEY);
    secrets_note("short", KEY + 3, 15);
    assert_int_equal(secrets_count(NULL), 1);
    assert_int_equal(secrets_count("key"), 1);
    assert_int_equal(secrets_count("again"), 0);
}

WZP_TEST(what_comes_out_is_searched_and_counted)
{
    uint8_t sample[SECRETS_SAMPLE_LEN];
    secrets_clear();
    assert_false(secrets_sample(SECRETS_LOG, sample));
    secrets_note("key", KEY, sizeof KEY);
    secrets_emit(SECRETS_LOG, "nothing to be seen", 18);
    secrets_emit(SECRETS_STORE, KEY, sizeof KEY);
    assert_int_equal(secrets_emitted(SECRETS_LOG), 18);
    assert_int_equal(secrets_leaks(SECRETS_LOG), 0);
    assert_int_equal(secrets_leaks(SECRETS_STORE), 1);
    assert_true(secrets_sample(SECRETS_LOG, sample));
    assert_memory_equal(sample, "nothing to be se", 16);
}
