/* SPDX-License-Identifier: MIT */
/* Everything a relay received, in memory, and a search in it for frames. */
#ifndef WZP_TEST_CAPTURE_H
#define WZP_TEST_CAPTURE_H

#include <stddef.h>
#include <stdint.h>

typedef struct wzp_capture {
    uint8_t *data;
    size_t len, cap;
    uint64_t items;
} wzp_capture;

/* Frames shorter than this are not searched for: they could be found by
 * chance. 8 bytes are met by chance once in 2^64 places. */
#define WZP_CAPTURE_FRAME_MIN 8

void wzp_capture_add(wzp_capture *c, const void *data, size_t len);
void wzp_capture_free(wzp_capture *c);

typedef struct wzp_capture_result {
    uint64_t frames;  /* searched for */
    uint64_t found;   /* of them, found whole at least once */
    uint64_t skipped; /* too short */
} wzp_capture_result;

/* Search for every frame of the file (frames.h). Returns 0, or −1 when the
 * file cannot be read. Adds to *out. */
int wzp_capture_search(const wzp_capture *c, const char *path,
                       wzp_capture_result *out);

#endif
