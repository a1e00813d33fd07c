/* SPDX-License-Identifier: MIT
 *
 * Names made from public keys.
 */
#include "vec_impl.h"

#include <ctype.h>

WZP_TEST(alias_is_two_title_case_words_and_depends_on_the_key_only)
{
    char first[WZP_ALIAS_MAX];
    char again[WZP_ALIAS_MAX];
    uint8_t key[WZP_KEY_LEN] = {0};
    unsigned changes = 0;
    wzp_alias_from_key(key, first);
    for (unsigned i = 0; i < 200; i++) {
        char name[WZP_ALIAS_MAX];
        key[0] = (uint8_t)i;
        wzp_alias_from_key(key, name);
        wzp_alias_from_key(key, again);
        assert_string_equal(name, again);
        const char *space = strchr(name, ' ');
        assert_non_null(space);
        assert_true(isupper(name[0]) && isupper(space[1]));
        assert_null(strchr(space + 1, ' '));
        changes += strcmp(name, first) != 0;
    }
    assert_true(changes > 150);
}
