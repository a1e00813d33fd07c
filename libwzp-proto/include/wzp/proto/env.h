/* SPDX-License-Identifier: MIT */
/* What a machine is given by its owner instead of taking it from the process:
 * memory, randomness, a place for log events. Each is a two-pointer object
 * (functions and `user`), copied into the machine that is given it; `user`
 * must outlive that machine.
 */
#ifndef WZP_PROTO_ENV_H
#define WZP_PROTO_ENV_H

#include <wzp/proto/base.h>
#include <wzp/proto/err.h>

/* --- memory --- */

typedef struct wzp_mem {
    /* realloc semantics: ptr NULL allocates, size 0 frees and returns NULL.
     * `old` is the size given at allocation (0 when ptr is NULL). */
    void *(*resize)(void *user, void *ptr, size_t old, size_t size);
    void *user;
} wzp_mem;

/* The C library's allocator. */
wzp_mem wzp_mem_default(void);

/* Zeroed memory, or NULL. */
void *wzp_mem_new(const wzp_mem *mem, size_t size) WZP_NONNULL(1);

/* Zeroed array, or NULL; the product is checked. */
void *wzp_mem_array(const wzp_mem *mem, size_t n, size_t size) WZP_NONNULL(1);

/* NULL when it does not fit; `ptr` stays valid then. New bytes are not
 * cleared. */
void *wzp_mem_resize(const wzp_mem *mem, void *ptr, size_t old, size_t size)
    WZP_NONNULL(1);

/* `size` as given at allocation; ptr may be NULL. */
void wzp_mem_free(const wzp_mem *mem, void *ptr, size_t size) WZP_NONNULL(1);

/* --- randomness --- */

typedef struct wzp_rng {
    /* Fill `len` bytes with cryptographically strong random data. Cannot
     * fail. */
    void (*fill)(void *user, uint8_t *out, size_t len);
    void *user;
} wzp_rng;

static inline void wzp_rng_fill(const wzp_rng *rng, uint8_t *out, size_t len)
{
    rng->fill(rng->user, out, len);
}

/* Uniform in 0 … bound − 1; bound ≥ 1. */
uint32_t wzp_rng_below(const wzp_rng *rng, uint32_t bound) WZP_NONNULL(1);

/* --- log --- */

typedef enum wzp_log_level {
    WZP_LOG_ERROR,
    WZP_LOG_WARN,
    WZP_LOG_INFO,
    WZP_LOG_DEBUG,
    WZP_LOG_OFF = -1,
} wzp_log_level;

/* Where events go. `event` is a dotted lower-case name that never changes
 * ("room.join"); `fields` is "key=value key=value", already formatted, never a
 * secret. */
typedef struct wzp_log {
    void (*write)(void *user, wzp_log_level level, const char *subsystem,
                  const char *event, const char *fields);
    void *user;
    wzp_log_level level; /* events above this are not formatted */
} wzp_log;

/* A sink that drops everything. */
wzp_log wzp_log_none(void);

/* Format and hand over; the fields are cut at 512 bytes. Use the macro. */
void wzp_log_event(const wzp_log *log, wzp_log_level level,
                   const char *subsystem, const char *event, const char *fmt,
                   ...) WZP_PRINTF(5, 6);

#define WZP_LOG(log, lvl, subsystem, event, ...)                               \
    do {                                                                       \
        if ((log)->level >= (lvl)) {                                           \
            wzp_log_event((log), (lvl), (subsystem), (event), __VA_ARGS__);    \
        }                                                                      \
    } while (0)

/* "error", "warn", "info", "debug", "off"; NULL when out of range. */
const char *wzp_log_level_name(wzp_log_level level);

/* WZP_ERR_CONFIG when `name` is not one of those. */
WZP_NODISCARD wzp_err wzp_log_level_parse(const char *name, wzp_log_level *out);

#endif
