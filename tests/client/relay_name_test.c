/* SPDX-License-Identifier: MIT */
/* How people write a relay, as a table. */
#include "path/relay_name.h"

#include "support/harness.h"

#include <stdio.h>
#include <string.h>

static const struct name_row {
    const char *text, *host, *port; /* host NULL: refused */
} NAMES[] = {
    {"relay.example", "relay.example", "4433"},
    {"relay.example:1", "relay.example", "1"},
    {"192.0.2.1:4433", "192.0.2.1", "4433"},
    {"192.0.2.1:65535", "192.0.2.1", "65535"},
    {"[2001:db8::1]:4433", "2001:db8::1", "4433"},
    {"[::1]", "::1", "4433"},
    {"localhost:0", "localhost", "0"},
    {"", NULL, NULL},
    {":4433", NULL, NULL},
    {"relay:", NULL, NULL},
    {"relay:65536", NULL, NULL},
    {"relay:123456", NULL, NULL},
    {"relay:44 33", NULL, NULL},
    {"relay:-1", NULL, NULL},
    {"relay:https", NULL, NULL},
    {"::1", NULL, NULL},
    {"[::1", NULL, NULL},
    {"[::1]4433", NULL, NULL},
    {"[::1]:", NULL, NULL},
    {"[]:4433", NULL, NULL},
    {"[[::1]", NULL, NULL},
    {"relay]:4433", NULL, NULL},
    {"re[lay", NULL, NULL},
    {"relay example", NULL, NULL},
    {"relay\n:4433", NULL, NULL},
    {"relay\x7f", NULL, NULL},
    {"relais.\xc3\xa9t\xc3\xa9", "relais.\xc3\xa9t\xc3\xa9", "4433"},
};

static size_t name_count(void)
{
    return sizeof NAMES / sizeof NAMES[0];
}

static void name_run(size_t row)
{
    const struct name_row *r = &NAMES[row];
    wzp__relay_name name;
    wzp_err e = wzp__relay_name_decode(r->text, &name);
    if (r->host == NULL) {
        assert_int_equal(e, WZP_ERR_ADDRESS);
        return;
    }
    assert_int_equal(e, WZP_OK);
    assert_string_equal(name.host, r->host);
    assert_string_equal(name.port, r->port);
}
WZP_ROWS(relay_name, name_count, name_run);

WZP_TEST(relay_name_longer_than_dns_allows_is_refused)
{
    char text[300];
    wzp__relay_name name;
    memset(text, 'a', sizeof text);
    text[255] = '\0';
    assert_int_equal(wzp__relay_name_decode(text, &name), WZP_OK);
    assert_int_equal(strlen(name.host), 255);
    memset(text, 'a', sizeof text);
    text[256] = '\0';
    assert_int_equal(wzp__relay_name_decode(text, &name), WZP_ERR_ADDRESS);
}
