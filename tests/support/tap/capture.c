/* SPDX-License-Identifier: MIT */
/* See capture.h. The search indexes the capture by the 8 bytes at every
 * offset, so each frame costs one look-up and a comparison.
 */
#include "capture.h"

#include "support/frames.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void wzp_capture_add(wzp_capture *c, const void *data, size_t len)
{
    if (c->len + len > c->cap) {
        c->cap = (c->len + len) * 2;
        c->data = realloc(c->data, c->cap);
        if (c->data == NULL) {
            abort();
        }
    }
    memcpy(c->data + c->len, data, len);
    c->len += len;
    c->items++;
}

void wzp_capture_free(wzp_capture *c)
{
    free(c->data);
    *c = (wzp_capture){0};
}

typedef struct place {
    uint64_t key; /* the 8 bytes there */
    size_t at;
} place;

static int by_key(const void *a, const void *b)
{
    const place *x = a;
    const place *y = b;
    return x->key < y->key ? -1 : x->key > y->key;
}

static uint64_t key_at(const uint8_t *p)
{
    uint64_t key;
    memcpy(&key, p, sizeof key);
    return key;
}

static place *make_index(const wzp_capture *c, size_t *n)
{
    *n =
        c->len < WZP_CAPTURE_FRAME_MIN ? 0 : c->len - WZP_CAPTURE_FRAME_MIN + 1;
    place *index = malloc((*n + 1) * sizeof *index);
    if (index == NULL) {
        abort();
    }
    for (size_t i = 0; i < *n; i++) {
        index[i] = (place){key_at(c->data + i), i};
    }
    qsort(index, *n, sizeof *index, by_key);
    return index;
}

static bool is_there(const wzp_capture *c, const place *index, size_t n,
                     const uint8_t *frame, size_t len)
{
    uint64_t key = key_at(frame);
    size_t low = 0;
    size_t high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (index[mid].key < key) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (; low < n && index[low].key == key; low++) {
        if (c->len - index[low].at >= len &&
            memcmp(c->data + index[low].at, frame, len) == 0) {
            return true;
        }
    }
    return false;
}

int wzp_capture_search(const wzp_capture *c, const char *path,
                       wzp_capture_result *out)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        return -1;
    }
    size_t n;
    place *index = make_index(c, &n);
    uint8_t frame[2048];
    size_t len;
    while (wzp_frames_read(f, frame, sizeof frame, &len)) {
        if (len < WZP_CAPTURE_FRAME_MIN) {
            out->skipped++;
            continue;
        }
        out->frames++;
        out->found += is_there(c, index, n, frame, len);
    }
    free(index);
    fclose(f);
    return 0;
}
