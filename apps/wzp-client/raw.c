/* SPDX-License-Identifier: MIT */
/* See raw.h. */
#include "raw.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define RATE      48000
#define TONE_HZ   440
#define AMPLITUDE 16000
#define TICK      WZP_AUDIO_TICK_SAMPLES

/* What people said is its owner's only; a file that exists keeps its mode. No
 * other thread runs yet. */
static FILE *create(const char *path)
{
    const mode_t before = umask(S_IRWXG | S_IRWXO);
    FILE *file = fopen(path, "wb");
    (void)umask(before);
    return file;
}

bool raw_open(raw *r, unsigned long tone_s, const char *in, const char *out,
              const char **path)
{
    *r = (raw){.tone_left = tone_s * RATE};
    *path = in;
    if (in != NULL && (r->in = fopen(in, "rb")) == NULL) {
        return false;
    }
    *path = out;
    return out == NULL || (r->out = create(out)) != NULL;
}

bool raw_close(raw *r)
{
    bool is_whole = !r->has_failed;
    if (r->in != NULL) {
        fclose(r->in);
    }
    if (r->out != NULL && fclose(r->out) != 0) {
        is_whole = false;
    }
    *r = (raw){0};
    return is_whole;
}

static wzp_err start(void *user, wzp_audio_port *port)
{
    (void)user;
    (void)port;
    return WZP_OK;
}

static void stop(void *user)
{
    (void)user;
}

static void keep(raw *r, const int16_t *pcm)
{
    uint8_t bytes[2 * TICK];
    for (size_t i = 0; i < TICK; i++) {
        bytes[2 * i] = (uint8_t)((uint16_t)pcm[i] & 0xff);
        bytes[2 * i + 1] = (uint8_t)((uint16_t)pcm[i] >> 8);
    }
    if (r->out != NULL &&
        fwrite(bytes, 1, sizeof bytes, r->out) != sizeof bytes) {
        r->has_failed = true;
    }
}

/* False: there is no more; pcm is silence. */
static bool make_tone(raw *r, int16_t *pcm)
{
    if (r->tone_left < TICK) {
        return false;
    }
    for (size_t i = 0; i < TICK; i++) {
        const double turn = (double)TONE_HZ * (double)r->at++ / RATE;
        pcm[i] = (int16_t)(AMPLITUDE * sin(2 * 3.14159265358979 * turn));
    }
    r->tone_left -= TICK;
    return true;
}

/* What is less than a tick at the end is not spoken. */
static bool read_file(const raw *r, int16_t *pcm)
{
    uint8_t bytes[2 * TICK];
    if (fread(bytes, 1, sizeof bytes, r->in) != sizeof bytes) {
        return false;
    }
    for (size_t i = 0; i < TICK; i++) {
        pcm[i] = (int16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8);
    }
    return true;
}

static wzp_err tick(void *user, wzp_audio_port *port)
{
    raw *r = user;
    int16_t pcm[TICK];
    const size_t real = wzp_audio_playout(port, pcm, TICK);
    (void)real; /* silence is written too: the file keeps the time */
    keep(r, pcm);
    memset(pcm, 0, sizeof pcm);
    const bool any = r->in != NULL ? read_file(r, pcm) : make_tone(r, pcm);
    const size_t taken = wzp_audio_capture(port, pcm, TICK);
    (void)taken; /* counted by the port */
    return any ? WZP_OK : WZP_ERR_CLOSED;
}

wzp_audio_io raw_table(raw *r)
{
    return (wzp_audio_io){.size = sizeof(wzp_audio_io),
                          .start = start,
                          .stop = stop,
                          .tick = tick,
                          .user = r};
}
