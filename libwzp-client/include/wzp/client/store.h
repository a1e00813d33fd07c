/* SPDX-License-Identifier: MIT */
/* Where a client keeps what outlives it, as a table of two functions, so that
 * an app can put it into its own database or key store. A file implementation
 * is here: one file per name in one folder, mode 0600, replaced atomically,
 * locked against a second process.
 */
#ifndef WZP_CLIENT_STORE_H
#define WZP_CLIENT_STORE_H

#include <wzp/proto/env.h>

/* Copied by value; `user` must outlive every copy. Called from the client's
 * thread only. `name` is a short lower-case word such as "pins". */
typedef struct wzp_store {
    /* The whole content in memory from `mem`, to be freed with its *len;
     * WZP_ERR_NOT_FOUND when nothing was saved yet, WZP_ERR_IO when it cannot
     * be read (never treated as empty). */
    wzp_err (*load)(void *user, const char *name, const wzp_mem *mem,
                    uint8_t **out, size_t *len);
    /* Replace the content. */
    wzp_err (*save)(void *user, const char *name, const uint8_t *data,
                    size_t len);
    void *user;
} wzp_store;

/* Keeps nothing beyond its own life. */
typedef struct wzp_store_memory wzp_store_memory;
WZP_NODISCARD wzp_err wzp_store_memory_new(wzp_store_memory **out,
                                           const wzp_mem *mem);
void wzp_store_memory_free(wzp_store_memory *s);
wzp_store wzp_store_memory_table(wzp_store_memory *s);

/* dir is created with mode 0700. WZP_ERR_IO; WZP_ERR_EXISTS when another
 * process holds the lock. */
typedef struct wzp_store_file wzp_store_file;
WZP_NODISCARD wzp_err wzp_store_file_new(wzp_store_file **out,
                                         const wzp_mem *mem, const char *dir);
void wzp_store_file_free(wzp_store_file *s);
wzp_store wzp_store_file_table(wzp_store_file *s);

#endif
