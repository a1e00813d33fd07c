/* SPDX-License-Identifier: MIT */
/* Every secret a test made, and a search for them in whatever was emitted.
 *
 * A secret is found by any eight bytes of it at a multiple of eight, as they
 * are, as hexadecimal digits (both cases, also with colons by byte or by two),
 * and in base64 and base64url, at every alignment. So half a key that is
 * printed as a fingerprint is found too.
 *
 * Kept masked, so that the process's own memory can be searched as well
 * (secrets_in_memory): what is found there was not wiped.
 */
#ifndef WZP_TEST_SECRETS_H
#define WZP_TEST_SECRETS_H

#include <stdbool.h>
#include <stddef.h>

/* `what` is static text: the kind. Below 16 bytes nothing is noted; what is
 * known already keeps its first name. */
void secrets_note(const char *what, const void *data, size_t len);
/* A text as it is: a passphrase, words. At least 8 bytes. */
void secrets_note_text(const char *what, const char *text);
/* This is no secret any more: it was let out on purpose. */
void secrets_publish(const void *data, size_t len);
size_t secrets_published(void); /* how many were secrets until then */
/* How many of a kind; NULL: of all. */
size_t secrets_count(const char *what);
/* Forget all, also what came out. */
void secrets_clear(void);

/* The kind of the first one that shows, or NULL. */
const char *secrets_find(const void *data, size_t len);

/* Searches what the process can write: heap, freed or not, stacks, globals.
 * Prints kinds with their numbers and returns how many secrets were found. */
size_t secrets_in_memory(void);
/* How many of this kind the last of these searches found. */
size_t secrets_found(const char *what);

/* Where things come out. */
typedef enum secrets_sink {
    SECRETS_LOG,
    SECRETS_EVENT,
    SECRETS_STATS,
    SECRETS_STORE,
    SECRETS_SIGNAL, /* in clear for who holds the other end of the hop */
    SECRETS_DGRAM,  /* as well */
    SECRETS_PACKET, /* UDP */
    SECRETS_SINKS,
} secrets_sink;

/* This came out there. What is found is counted, and printed once a kind. */
void secrets_emit(secrets_sink sink, const void *data, size_t len);
size_t secrets_emitted(secrets_sink sink); /* bytes */
size_t secrets_leaks(secrets_sink sink);
const char *secrets_sink_name(secrets_sink sink);

/* Sixteen bytes of what came out there, the same in every run of the same
 * world: noted as a secret before a second run, they must be found. False:
 * nothing came out yet. */
#define SECRETS_SAMPLE_LEN 16
bool secrets_sample(secrets_sink sink, unsigned char out[SECRETS_SAMPLE_LEN]);

#endif
