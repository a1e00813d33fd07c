/* SPDX-License-Identifier: MIT */
/* People the user knows: whom they added or called, under a name of their own.
 * Not who was met in a room, or called them. Of each: the fingerprint, and from
 * the first time on that a valid key package of it was seen, the identity key
 * itself, which is what later ones are held against. Kept under the name
 * "contacts" in the store, a line each:
 *
 *   FINGERPRINT KEY FIRST_SEEN LAST_SEEN verified NAME
 *
 * 32 hex digits; 64, or "-"; unix seconds; "verified" or "-"; the rest of the
 * line. Source: design/secure-media.md 1.
 *
 * A running client has such a table of its own (engine.h); this is for programs
 * that list or change it while none runs. One process at a time: the store's
 * lock sees to it (store.h).
 */
#ifndef WZP_CLIENT_CONTACTS_H
#define WZP_CLIENT_CONTACTS_H

#include <wzp/client/store.h>
#include <wzp/crypto/identity.h>

#define WZP_CONTACTS_MAX 4096 /* chosen: below 1 MB in the store */

typedef struct wzp_contact {
    size_t size;
    /* 1 … 63 bytes, wzp_utf8_is_line; no ':' in it, no space around it, not 32
     * hex digits: never taken for a fingerprint or a relay. No two differ in
     * ASCII letter case only. */
    char name[WZP_ALIAS_MAX];
    uint8_t fingerprint[WZP_FP_LEN];
    bool has_key; /* it was seen with a valid package: */
    uint8_t key[WZP_KEY_LEN];
    wzp_unix_s first_seen; /* with this key; without one: when it was added */
    wzp_unix_s last_seen;  /* to the minute; 0: never */
    bool is_capable;       /* it could seal once: no clear media towards it */
    bool is_verified;      /* words, digits or fingerprint were compared */
} wzp_contact;

typedef struct wzp_contacts wzp_contacts;

/* Loads. A store that cannot be read (WZP_ERR_IO) or parsed
 * (WZP_ERR_MALFORMED) is an error, never an empty table, and is not written
 * over. store.load NULL: nothing is kept. */
WZP_NODISCARD wzp_err wzp_contacts_new(wzp_contacts **out, const wzp_mem *mem,
                                       const wzp_store *store);
/* Without saving. NULL is fine. */
void wzp_contacts_free(wzp_contacts *c);

/* --- who is there --- */

size_t wzp_contacts_count(const wzp_contacts *c);

/* i = 0 … count − 1, by fingerprint. WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_contacts_at_sized(const wzp_contacts *c, size_t i,
                                            wzp_contact *out, size_t size);
WZP_NODISCARD static inline wzp_err wzp_contacts_at(const wzp_contacts *c,
                                                    size_t i, wzp_contact *out)
{
    return wzp_contacts_at_sized(c, i, out, sizeof *out);
}

/* WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_contacts_find_sized(const wzp_contacts *c,
                                              const uint8_t fp[WZP_FP_LEN],
                                              wzp_contact *out, size_t size);
WZP_NODISCARD static inline wzp_err
wzp_contacts_find(const wzp_contacts *c, const uint8_t fp[WZP_FP_LEN],
                  wzp_contact *out)
{
    return wzp_contacts_find_sized(c, fp, out, sizeof *out);
}

/* ASCII letter case does not matter. WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_contacts_find_name_sized(const wzp_contacts *c,
                                                   const char *name,
                                                   wzp_contact *out,
                                                   size_t size);
WZP_NODISCARD static inline wzp_err
wzp_contacts_find_name(const wzp_contacts *c, const char *name,
                       wzp_contact *out)
{
    return wzp_contacts_find_name_sized(c, name, out, sizeof *out);
}

/* --- what the user decides: saved at once. WZP_ERR_IO, WZP_ERR_NOMEM from the
 * saving: it is so in memory, and the next save tries again --- */

/* WZP_ERR_NAME, WZP_ERR_EXISTS (the fingerprint or the name is there),
 * WZP_ERR_FULL. */
WZP_NODISCARD wzp_err wzp_contacts_add(wzp_contacts *c,
                                       const uint8_t fp[WZP_FP_LEN],
                                       const char *name, wzp_unix_s now);
/* This key from now on, although another was pinned; no longer verified.
 * WZP_ERR_NOT_FOUND, WZP_ERR_FINGERPRINT: not a key of this fingerprint. */
WZP_NODISCARD wzp_err wzp_contacts_replace_key(wzp_contacts *c,
                                               const uint8_t fp[WZP_FP_LEN],
                                               const uint8_t key[WZP_KEY_LEN],
                                               wzp_unix_s now);
/* WZP_ERR_NOT_FOUND, WZP_ERR_STATE: no key was seen yet that could be. */
WZP_NODISCARD wzp_err wzp_contacts_verify(wzp_contacts *c,
                                          const uint8_t fp[WZP_FP_LEN],
                                          bool is_verified);
/* WZP_ERR_NOT_FOUND. */
WZP_NODISCARD wzp_err wzp_contacts_forget(wzp_contacts *c,
                                          const uint8_t fp[WZP_FP_LEN]);

/* --- what happens: wzp_contacts_save keeps it --- */

/* A valid key package of this key was seen. Pins it where no key was, and
 * notes when. WZP_ERR_NOT_FOUND: nobody we know. WZP_ERR_CONTACT: another key
 * is pinned for its fingerprint; nothing changes, and it is the user's to
 * decide (replace_key, or never). */
WZP_NODISCARD wzp_err wzp_contacts_see(wzp_contacts *c,
                                       const uint8_t key[WZP_KEY_LEN],
                                       wzp_unix_s now);
/* To the store, if there is anything new. WZP_ERR_IO, WZP_ERR_NOMEM. */
WZP_NODISCARD wzp_err wzp_contacts_save(wzp_contacts *c);

#endif
