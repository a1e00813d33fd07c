/* SPDX-License-Identifier: MIT */
/* Text and bytes as a page has them: escaped, and inside of the page. */
#ifndef WZP_VOICE_HTML_H
#define WZP_VOICE_HTML_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* < > & " ' as references, for text and for attributes in quotes. */
void voice_html_text(FILE *out, const char *text);
/* data:type;base64,… */
void voice_html_data(FILE *out, const char *type, const uint8_t *bytes,
                     size_t n);
/* An <audio> element with a WAV file of mono int16 in it. */
void voice_html_sound(FILE *out, const int16_t *pcm, size_t n, uint32_t rate);
/* An <img> of the spectrum over time: 0 Hz at the bottom, half the rate at the
 * top, 65 dB from dark to bright, 10 ms a column. */
void voice_html_spectrogram(FILE *out, const int16_t *pcm, size_t n,
                            const char *alt);

#endif
