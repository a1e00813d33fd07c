/* SPDX-License-Identifier: MIT */
/* Any bytes as the file of contacts: refused as malformed, or a table in which
 * everybody is found by fingerprint and by name, and which, saved and loaded,
 * is the same, with one more in it.
 */
#include "fuzz/disk.h"

#include <wzp/client/contacts.h>

static bool is_same(const wzp_contact *a, const wzp_contact *b)
{
    return strcmp(a->name, b->name) == 0 &&
           memcmp(a->fingerprint, b->fingerprint, WZP_FP_LEN) == 0 &&
           a->has_key == b->has_key &&
           memcmp(a->key, b->key, WZP_KEY_LEN) == 0 &&
           a->first_seen == b->first_seen && a->last_seen == b->last_seen &&
           a->is_capable == b->is_capable && a->is_verified == b->is_verified;
}

static void check_found(const wzp_contacts *c)
{
    wzp_contact one, same;
    for (size_t i = 0; i < wzp_contacts_count(c); i++) {
        require(wzp_contacts_at(c, i, &one) == WZP_OK);
        require(wzp_contacts_find(c, one.fingerprint, &same) == WZP_OK);
        require(is_same(&one, &same));
        require(wzp_contacts_find_name(c, one.name, &same) == WZP_OK);
        require(is_same(&one, &same));
        require(one.has_key || !one.is_verified);
    }
}

/* What was saved is what is held. */
static void check_reload(const fuzz_disk *first, const wzp_contacts *c)
{
    const wzp_mem mem = wzp_mem_default();
    fuzz_disk d = {
        .name = "contacts", .data = first->saved, .len = first->saved_len};
    const wzp_store store = fuzz_disk_store(&d);
    wzp_contacts *again;
    wzp_contact a, b;
    require(wzp_contacts_new(&again, &mem, &store) == WZP_OK);
    require(wzp_contacts_count(again) == wzp_contacts_count(c));
    for (size_t i = 0; i < wzp_contacts_count(c); i++) {
        require(wzp_contacts_at(c, i, &a) == WZP_OK);
        require(wzp_contacts_at(again, i, &b) == WZP_OK);
        require(is_same(&a, &b));
    }
    wzp_contacts_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const wzp_mem mem = wzp_mem_default();
    const uint8_t fp[WZP_FP_LEN] = {1, 2, 3};
    fuzz_disk d = {.name = "contacts", .data = data, .len = size};
    const wzp_store store = fuzz_disk_store(&d);
    wzp_contacts *c;
    wzp_err e = wzp_contacts_new(&c, &mem, &store);
    if (e != WZP_OK) {
        require(e == WZP_ERR_MALFORMED);
        return 0;
    }
    check_found(c);
    e = wzp_contacts_add(c, fp, "Somebody New", 5);
    REQUIRE_ONE_OF(e, WZP_ERR_EXISTS, WZP_ERR_FULL);
    if (e == WZP_OK) {
        check_found(c);
        check_reload(&d, c);
    }
    wzp_contacts_free(c);
    free(d.saved);
    return 0;
}
