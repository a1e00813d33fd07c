/* SPDX-License-Identifier: MIT */
/* The relay's file of rooms: understood, and then fit for the relay but for
 * rooms named twice, or refused with a line's number. Written out again it says
 * the same.
 */
#include "wzp-relay/rooms_file.c"

#include "common/fingerprints.c"
#include "common/text_file.c"
#include "fuzz/fuzz.h"

#include <wzp/crypto/identity.h>

/* Text with room for what is written. */
typedef struct sheet {
    char *text;
    size_t len, cap;
} sheet;

static void add(sheet *s, const char *text)
{
    const size_t n = strlen(text);
    require(s->len + n < s->cap);
    memcpy(s->text + s->len, text, n + 1);
    s->len += n;
}

static void write_rule(sheet *s, const wzp_room_rule *rule)
{
    char hex[2 * WZP_KEY_LEN + 1] = "";
    char fp[WZP_FP_TEXT_LEN + 1];
    add(s, rule->name);
    if (rule->has_access) {
        wzp_hex_encode(rule->access, WZP_KEY_LEN, hex);
        add(s, " access=");
        add(s, hex);
    }
    for (size_t i = 0; i < rule->n_allowed; i++) {
        wzp_fingerprint_encode(rule->allowed[i], fp);
        add(s, i == 0 ? " allow=" : ",");
        add(s, fp);
    }
    add(s, "\n");
}

static void require_same(const rooms_file *f, const rooms_file *again)
{
    require(f->n == again->n);
    for (size_t i = 0; i < f->n; i++) {
        const wzp_room_rule *a = &f->rules[i];
        const wzp_room_rule *b = &again->rules[i];
        require(strcmp(a->name, b->name) == 0);
        require(a->has_access == b->has_access && a->n_allowed == b->n_allowed);
        require(memcmp(a->access, b->access, WZP_KEY_LEN) == 0);
        require(a->n_allowed == 0 ||
                memcmp(a->allowed, b->allowed, a->n_allowed * WZP_FP_LEN) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[160];
    rooms_file f, again;
    require(wzp_crypto_global_init() == WZP_OK);
    memset(why, 0, sizeof why);
    if (!rooms_file_parse(&f, (const char *)data, size, why, sizeof why)) {
        unsigned line = 0;
        require(sscanf(why, "line %u: ", &line) == 1 && line > 0);
        wzp_crypto_global_deinit();
        return 0;
    }
    sheet s = {.cap = 2 * size + 2}; /* colons are all that can come in */
    s.text = malloc(s.cap);
    require(s.text != NULL);
    for (size_t i = 0; i < f.n; i++) {
        write_rule(&s, &f.rules[i]);
    }
    require(rooms_file_parse(&again, s.text, s.len, why, sizeof why));
    require_same(&f, &again);
    free(s.text);
    rooms_file_free(&f);
    rooms_file_free(&again);
    wzp_crypto_global_deinit();
    return 0;
}
