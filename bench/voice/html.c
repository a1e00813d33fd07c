/* SPDX-License-Identifier: MIT */
/* See html.h. */
#include "bench/voice/html.h"

#include "bench/support/png.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void voice_html_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default: fputc(*text, out);
        }
    }
}

void voice_html_data(FILE *out, const char *type, const uint8_t *bytes,
                     size_t n)
{
    static const char DIGIT[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
                                "qrstuvwxyz0123456789+/";
    fprintf(out, "data:%s;base64,", type);
    for (size_t i = 0; i < n; i += 3) {
        const size_t left = n - i;
        const uint32_t v = (uint32_t)bytes[i] << 16 |
                           (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                           (left > 2 ? bytes[i + 2] : 0);
        fputc(DIGIT[v >> 18], out);
        fputc(DIGIT[v >> 12 & 63], out);
        fputc(left > 1 ? DIGIT[v >> 6 & 63] : '=', out);
        fputc(left > 2 ? DIGIT[v & 63] : '=', out);
    }
}

/* --- sound --- */

static uint8_t *put_le(uint8_t *at, uint32_t v, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        *at++ = (uint8_t)(v >> 8 * i);
    }
    return at;
}

void voice_html_sound(FILE *out, const int16_t *pcm, size_t n, uint32_t rate)
{
    const uint32_t data = (uint32_t)(2 * n);
    uint8_t *wav = malloc(44 + data);
    if (wav == NULL) {
        return;
    }
    uint8_t *at = wav;
    memcpy(at, "RIFF", 4);
    at = put_le(at + 4, 36 + data, 4);
    memcpy(at, "WAVEfmt ", 8);
    at = put_le(at + 8, 16, 4);
    at = put_le(at, 1, 2); /* PCM */
    at = put_le(at, 1, 2); /* channels */
    at = put_le(at, rate, 4);
    at = put_le(at, 2 * rate, 4);
    at = put_le(at, 2, 2);
    at = put_le(at, 16, 2);
    memcpy(at, "data", 4);
    at = put_le(at + 4, data, 4);
    for (size_t i = 0; i < n; i++) {
        at = put_le(at, (uint16_t)pcm[i], 2);
    }
    fputs("<audio controls preload=\"none\" src=\"", out);
    voice_html_data(out, "audio/wav", wav, 44 + data);
    fputs("\"></audio>", out);
    free(wav);
}

/* --- spectrogram --- */

enum {
    WINDOW = 512,
    BINS = WINDOW / 2,
    ROWS = BINS / 2, /* two bins a row */
    HOP = 160,       /* 10 ms at 16 kHz */
    COLUMNS_MAX = 1200,
};

#define DARK_DB  (-85.0) /* below full scale of a sine */
#define RANGE_DB 65.0

static const double PI = 3.14159265358979323846;

/* In place, radix 2. */
static void transform(double *re, double *im)
{
    for (size_t i = 1, j = 0; i < WINDOW; i++) {
        size_t bit = WINDOW / 2;
        for (; j & bit; bit /= 2) {
            j ^= bit;
        }
        j ^= bit;
        if (i < j) {
            const double t = re[i];
            re[i] = re[j];
            re[j] = t;
        }
    }
    for (size_t len = 2; len <= WINDOW; len *= 2) {
        for (size_t k = 0; k < WINDOW; k++) {
            if ((k & (len / 2)) != 0) {
                continue;
            }
            const double angle = -2 * PI * (double)(k % len) / (double)len;
            const size_t o = k + len / 2;
            const double x = re[o] * cos(angle) - im[o] * sin(angle);
            const double y = re[o] * sin(angle) + im[o] * cos(angle);
            re[o] = re[k] - x;
            im[o] = im[k] - y;
            re[k] += x;
            im[k] += y;
        }
    }
}

static uint8_t shade(double power)
{
    const double full = 32768.0 * WINDOW / 4; /* a sine's, Hann window */
    const double db = 10 * log10(power / (full * full) + 1e-12);
    const double share = (db - DARK_DB) / RANGE_DB;
    return (uint8_t)(255 * fmax(0, fmin(1, share)));
}

static void column(const int16_t *pcm, uint8_t *pixels, size_t x, size_t width)
{
    double re[WINDOW], im[WINDOW] = {0};
    for (size_t i = 0; i < WINDOW; i++) {
        re[i] = pcm[i] * (0.5 - 0.5 * cos(2 * PI * (double)i / WINDOW));
    }
    transform(re, im);
    for (size_t row = 0; row < ROWS; row++) {
        double power = 0;
        for (size_t bin = 2 * row; bin < 2 * row + 2; bin++) {
            power = fmax(power, re[bin] * re[bin] + im[bin] * im[bin]);
        }
        pixels[(ROWS - 1 - row) * width + x] = shade(power);
    }
}

/* From black over blue and red to pale yellow. */
static void paint(wzp_png_color palette[256])
{
    for (int i = 0; i < 256; i++) {
        const double v = i / 255.0;
        palette[i].r = (uint8_t)(255 * fmin(1, 1.6 * v * sqrt(v)));
        palette[i].g = (uint8_t)(245 * pow(v, 2.2));
        palette[i].b =
            (uint8_t)(255 * (0.1 + 0.55 * sin(PI * fmin(1, 1.4 * v)) * (1 - v) +
                             0.7 * pow(v, 6)));
    }
}

void voice_html_spectrogram(FILE *out, const int16_t *pcm, size_t n,
                            const char *alt)
{
    static uint8_t pixels[ROWS * COLUMNS_MAX];
    wzp_png_color palette[256];
    uint8_t *png = NULL;
    size_t width = n < WINDOW ? 0 : (n - WINDOW) / HOP + 1;
    width = width < COLUMNS_MAX ? width : COLUMNS_MAX;
    paint(palette);
    for (size_t x = 0; x < width; x++) {
        column(pcm + x * HOP, pixels, x, width);
    }
    const size_t len =
        wzp_png_encode(pixels, (uint32_t)width, ROWS, palette, &png);
    fputs("<img alt=\"", out);
    voice_html_text(out, alt);
    fputs("\" src=\"", out);
    voice_html_data(out, "image/png", png, len);
    fputs("\">", out);
    free(png);
}
