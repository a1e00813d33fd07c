/* SPDX-License-Identifier: MIT */
/* Memory, bounded random numbers and log events (env.h). The only file of this
 * library that calls the C library's allocator.
 */
#include <wzp/proto/env.h>

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_FIELDS_MAX = 512 };

static void *heap_resize(void *user, void *ptr, size_t old, size_t size)
{
    (void)user;
    (void)old;
    if (size == 0) {
        free(ptr);
        return NULL;
    }
    return realloc(ptr, size);
}

wzp_mem wzp_mem_default(void)
{
    return (wzp_mem){.resize = heap_resize, .user = NULL};
}

void *wzp_mem_new(const wzp_mem *mem, size_t size)
{
    /* A size of 0 would mean "free" to resize. */
    void *ptr = mem->resize(mem->user, NULL, 0, (size != 0) ? size : 1);
    if (ptr != NULL) {
        memset(ptr, 0, size);
    }
    return ptr;
}

void *wzp_mem_array(const wzp_mem *mem, size_t n, size_t size)
{
    if (size != 0 && n > SIZE_MAX / size) {
        return NULL;
    }
    return wzp_mem_new(mem, n * size);
}

void *wzp_mem_resize(const wzp_mem *mem, void *ptr, size_t old, size_t size)
{
    return mem->resize(mem->user, ptr, old, (size != 0) ? size : 1);
}

void wzp_mem_free(const wzp_mem *mem, void *ptr, size_t size)
{
    if (ptr != NULL) {
        mem->resize(mem->user, ptr, size, 0);
    }
}

uint32_t wzp_rng_below(const wzp_rng *rng, uint32_t bound)
{
    assert(bound != 0);
    /* Values below 2^32 mod bound would make small results more likely. */
    const uint32_t reject = (uint32_t)(-bound) % bound;
    for (;;) {
        uint32_t v;
        wzp_rng_fill(rng, (uint8_t *)&v, sizeof v);
        if (v >= reject) {
            return v % bound;
        }
    }
}

static void write_nothing(void *user, wzp_log_level level,
                          const char *subsystem, const char *event,
                          const char *fields)
{
    (void)user;
    (void)level;
    (void)subsystem;
    (void)event;
    (void)fields;
}

wzp_log wzp_log_none(void)
{
    return (wzp_log){.write = write_nothing, .level = WZP_LOG_OFF};
}

void wzp_log_event(const wzp_log *log, wzp_log_level level,
                   const char *subsystem, const char *event, const char *fmt,
                   ...)
{
    if (log->write == NULL || log->level < level) {
        return;
    }
    char fields[LOG_FIELDS_MAX];
    va_list args;
    va_start(args, fmt);
    if (vsnprintf(fields, sizeof fields, fmt, args) < 0) {
        fields[0] = '\0';
    }
    va_end(args);
    log->write(log->user, level, subsystem, event, fields);
}

static const struct {
    wzp_log_level level;
    const char *name;
} LEVELS[] = {
    {WZP_LOG_ERROR, "error"}, {WZP_LOG_WARN, "warn"}, {WZP_LOG_INFO, "info"},
    {WZP_LOG_DEBUG, "debug"}, {WZP_LOG_OFF, "off"},
};

const char *wzp_log_level_name(wzp_log_level level)
{
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++) {
        if (LEVELS[i].level == level) {
            return LEVELS[i].name;
        }
    }
    return NULL;
}

wzp_err wzp_log_level_parse(const char *name, wzp_log_level *out)
{
    for (size_t i = 0; i < sizeof LEVELS / sizeof LEVELS[0]; i++) {
        if (strcmp(LEVELS[i].name, name) == 0) {
            *out = LEVELS[i].level;
            return WZP_OK;
        }
    }
    return WZP_ERR_CONFIG;
}
