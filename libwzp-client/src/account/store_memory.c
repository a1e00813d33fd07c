/* SPDX-License-Identifier: MIT */
/* A store for tests and for hosts that keep nothing: a list in memory. */
#include <wzp/client/store.h>

#include <string.h>

#define NAMES        8 /* pins, contacts, settings … */
#define NAME_MAX_LEN 31

typedef struct item {
    char name[NAME_MAX_LEN + 1]; /* "" = free */
    uint8_t *data;
    size_t len;
} item;

struct wzp_store_memory {
    wzp_mem mem;
    item items[NAMES];
};

wzp_err wzp_store_memory_new(wzp_store_memory **out, const wzp_mem *mem)
{
    wzp_store_memory *s = wzp_mem_new(mem, sizeof *s);
    if (s == NULL) {
        return WZP_ERR_NOMEM;
    }
    s->mem = *mem;
    *out = s;
    return WZP_OK;
}

void wzp_store_memory_free(wzp_store_memory *s)
{
    if (s == NULL) {
        return;
    }
    wzp_mem mem = s->mem;
    for (size_t i = 0; i < NAMES; i++) {
        wzp_mem_free(&mem, s->items[i].data, s->items[i].len);
    }
    wzp_mem_free(&mem, s, sizeof *s);
}

/* The item of this name, or the first free one, or NULL. */
static item *find(wzp_store_memory *s, const char *name)
{
    item *spare = NULL;
    for (size_t i = 0; i < NAMES; i++) {
        if (strcmp(s->items[i].name, name) == 0) {
            return &s->items[i];
        }
        if (s->items[i].name[0] == '\0' && spare == NULL) {
            spare = &s->items[i];
        }
    }
    return spare;
}

static wzp_err load(void *user, const char *name, const wzp_mem *mem,
                    uint8_t **out, size_t *len)
{
    wzp_store_memory *s = user;
    const item *it = find(s, name);
    if (it == NULL || it->data == NULL) {
        return WZP_ERR_NOT_FOUND;
    }
    *out = wzp_mem_new(mem, it->len);
    if (*out == NULL) {
        return WZP_ERR_NOMEM;
    }
    memcpy(*out, it->data, it->len);
    *len = it->len;
    return WZP_OK;
}

static wzp_err save(void *user, const char *name, const uint8_t *data,
                    size_t len)
{
    wzp_store_memory *s = user;
    item *it = find(s, name);
    if (it == NULL || strlen(name) > NAME_MAX_LEN) {
        return WZP_ERR_FULL;
    }
    uint8_t *copy = wzp_mem_new(&s->mem, len);
    if (copy == NULL) {
        return WZP_ERR_NOMEM;
    }
    if (len > 0) { /* data may be NULL then */
        memcpy(copy, data, len);
    }
    wzp_mem_free(&s->mem, it->data, it->len);
    memcpy(it->name, name, strlen(name) + 1);
    it->data = copy;
    it->len = len;
    return WZP_OK;
}

wzp_store wzp_store_memory_table(wzp_store_memory *s)
{
    return (wzp_store){.load = load, .save = save, .user = s};
}
