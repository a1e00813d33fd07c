/* SPDX-License-Identifier: MIT */
/* See chart.h. */
#include "bench/voice/chart.h"

#include "bench/voice/html.h"

#include <math.h>

enum {
    WIDTH = 560,
    HEIGHT = 330,
    LEFT = 58,
    RIGHT = 12,
    TOP = 30,
    BOTTOM = 40,
    TICKS = 5,
};

static const char *const COLOR[VOICE_CHART_LINES] = {
    "#0b6e4f", "#c1121f", "#e09f3e", "#3a86ff", "#8338ec",
    "#6c757d", "#ff006e", "#118ab2", "#9c6644", "#2b2d42"};

typedef struct frame {
    double x_least, x_most, y_least, y_most;
} frame;

static double px(const frame *f, double x)
{
    return LEFT +
           (x - f->x_least) / (f->x_most - f->x_least) * (WIDTH - LEFT - RIGHT);
}

static double py(const frame *f, double y)
{
    const double v = fmax(f->y_least, fmin(f->y_most, y));
    return HEIGHT - BOTTOM -
           (v - f->y_least) / (f->y_most - f->y_least) *
               (HEIGHT - TOP - BOTTOM);
}

static frame frame_of(const voice_chart *c)
{
    frame f = {c->x[0], c->x[c->n - 1], c->y_least, c->y_most};
    if (c->y_most <= c->y_least) {
        f.y_least = 0;
        f.y_most = 0;
        for (size_t l = 0; l < c->n_lines; l++) {
            for (size_t i = 0; i < c->n; i++) {
                f.y_most = fmax(f.y_most, c->lines[l].y[i]);
            }
        }
        f.y_most = f.y_most <= 0 ? 1 : f.y_most * 1.05;
    }
    return f;
}

static void write_axes(FILE *out, const voice_chart *c, const frame *f)
{
    for (int i = 0; i <= TICKS; i++) {
        const double y = f->y_least + (f->y_most - f->y_least) * i / TICKS;
        fprintf(out,
                "<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" "
                "class=\"grid\"/><text x=\"%d\" y=\"%.1f\" class=\"y\">%.3g"
                "</text>\n",
                LEFT, WIDTH - RIGHT, py(f, y), py(f, y), LEFT - 6, py(f, y) + 4,
                y);
    }
    for (size_t i = 0; i < c->n; i++) {
        fprintf(out, "<text x=\"%.1f\" y=\"%d\" class=\"x\">%g</text>\n",
                px(f, c->x[i]), HEIGHT - BOTTOM + 16, c->x[i]);
    }
    fprintf(out, "<text x=\"%d\" y=\"18\" class=\"title\">", LEFT);
    voice_html_text(out, c->title);
    fprintf(out, "</text><text x=\"%d\" y=\"%d\" class=\"x\">",
            (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6);
    voice_html_text(out, c->x_name);
    fputs("</text>\n", out);
}

static void write_line(FILE *out, const voice_chart *c, const frame *f,
                       size_t l)
{
    const voice_chart_line *line = &c->lines[l];
    fprintf(out,
            "<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"%s\" "
            "points=\"",
            COLOR[l], l == 0 ? "3" : "1.6");
    for (size_t i = 0; i < c->n; i++) {
        if (!isnan(line->y[i])) {
            fprintf(out, "%.1f,%.1f ", px(f, c->x[i]), py(f, line->y[i]));
        }
    }
    fputs("\"/>\n", out);
    for (size_t i = 0; i < c->n; i++) {
        if (!isnan(line->y[i])) {
            fprintf(out,
                    "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\">"
                    "<title>",
                    px(f, c->x[i]), py(f, line->y[i]), COLOR[l]);
            voice_html_text(out, line->name);
            fprintf(out, ": %.4g</title></circle>\n", line->y[i]);
        }
    }
}

void voice_chart_write(FILE *out, const voice_chart *c)
{
    const frame f = frame_of(c);
    fprintf(out,
            "<figure><svg xmlns=\"http://www.w3.org/2000/svg\" "
            "viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    write_axes(out, c, &f);
    for (size_t l = 0; l < c->n_lines; l++) {
        write_line(out, c, &f, l);
    }
    fputs("</svg><figcaption>", out);
    for (size_t l = 0; l < c->n_lines; l++) {
        fprintf(out, "<span style=\"color:%s\">&#9632; ", COLOR[l]);
        voice_html_text(out, c->lines[l].name);
        fputs("</span> ", out);
    }
    fputs("(", out);
    voice_html_text(out, c->y_name);
    fputs(")</figcaption></figure>\n", out);
}
