/* SPDX-License-Identifier: MIT */
/* Line charts as inline SVG. */
#ifndef WZP_VOICE_CHART_H
#define WZP_VOICE_CHART_H

#include <stddef.h>
#include <stdio.h>

enum { VOICE_CHART_POINTS = 8, VOICE_CHART_LINES = 10 };

typedef struct voice_chart_line {
    const char *name;
    double y[VOICE_CHART_POINTS]; /* NAN: none */
} voice_chart_line;

typedef struct voice_chart {
    const char *title;
    const char *x_name, *y_name;
    double x[VOICE_CHART_POINTS];
    size_t n;
    double y_least, y_most; /* of the axis; most below least: as the data is */
    voice_chart_line lines[VOICE_CHART_LINES];
    size_t n_lines;
} voice_chart;

void voice_chart_write(FILE *out, const voice_chart *c);

#endif
