/* SPDX-License-Identifier: MIT */
/* A file of codec frames: u16 length, big endian, then the frame, repeated.
 * Senders of the demo write what they encoded; the tap looks for it in what
 * the relay receives.
 */
#ifndef WZP_TEST_FRAMES_H
#define WZP_TEST_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Appends; stdio errors show at fclose. */
void wzp_frames_write(FILE *f, const uint8_t *frame, size_t len);

/* Next frame into buf; false at the end or on a broken file. */
bool wzp_frames_read(FILE *f, uint8_t *buf, size_t cap, size_t *len);

#endif
