/* SPDX-License-Identifier: MIT */
/* Rooms, echo paths and babble by the formulas of tests/vectors/acoustics.json
 * (`_about`), so that a measurement can be made again anywhere from the
 * recorded speech alone.
 */
#ifndef WZP_BENCH_ACOUSTICS_H
#define WZP_BENCH_ACOUSTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WZP_ACOUSTICS_VOICES = 6 };

/* --- responses --- */

typedef struct wzp_response {
    double *h; /* NULL: no memory */
    size_t n;
} wzp_response;

/* A room: the direct path at sample 0, then noise that falls by 60 dB in
 * rt60_s. Free with free(h). */
wzp_response wzp_acoustics_room(double rt60_s, int rate, uint32_t seed);

/* From a loudspeaker to the microphone of the same room: −6 dB for white
 * noise, the direct path `delay` samples late (20 ms in the file). */
wzp_response wzp_acoustics_echo(double rt60_s, int rate, uint32_t seed,
                                size_t delay);

/* out[i] = Σ h[j] x[i − j], x[0..n) with silence before it. False: no memory.
 */
bool wzp_acoustics_convolve(const wzp_response *r, const int16_t *x, size_t n,
                            double *out);

/* --- babble --- */

/* A recording; v NULL: it is not there. Free with free(v). */
typedef struct wzp_recording {
    int16_t *v;
    size_t n;
} wzp_recording;

/* <dir>/<name>: .raw, or .wav with a header of 44 bytes. */
wzp_recording wzp_acoustics_load(const char *dir, const char *name);

/* Half or twice the rate, the recording taken as a loop. */
wzp_recording wzp_acoustics_halve(const wzp_recording *r);
wzp_recording wzp_acoustics_double(const wzp_recording *r);

/* Six voices of the recordings in `dir`; rate 8000 or 16000. False: a recording
 * is not there. */
bool wzp_acoustics_babble(const char *dir, int rate, int16_t *out, size_t n);

#endif
