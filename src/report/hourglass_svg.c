// SPDX-License-Identifier: Apache-2.0
// hourglass_svg.c - a network as an hourglass: a layer a line, as wide as its outputs, what it is beside it.
#include <math.h>
#include <stdio.h>

#include "report/svg.h"

enum { WIDTH = 480, GLASS = 210, ARCS = 34, STEP = 38, THICK = 16, MARGIN = 6 };

// How numbers become widths: as they are while the neck is still seen, else by their square root or logarithm.
typedef struct scale {
    double most, least;
    int32_t kind; // 0 linear, 1 square root, 2 logarithm
} scale;

static scale scale_of(const hg__drawn_layer *layer, int32_t layers) {
    scale s = {1, HUGE_VAL, 0};
    for (int32_t i = 0; i < layers; i++) {
        s.most = fmax(s.most, (double)layer[i].width);
        s.least = fmin(s.least, fmax((double)layer[i].width, 1));
    }
    const double ratio = s.most / s.least;
    s.kind = ratio <= 100 ? 0 : ratio <= 5000 ? 1 : 2;
    return s;
}

static double wide(const scale *s, int64_t width) {
    const double w = fmax((double)width, 1);
    const double share = s->kind == 0   ? w / s->most
                         : s->kind == 1 ? sqrt(w / s->most)
                                        : 0.04 + 0.96 * log(w / s->least) / log(s->most / s->least);
    return fmax(share * GLASS, 2);
}

static double top_of(int32_t i) {
    return MARGIN + STEP * i;
}

// The glass: from each layer to the next, as wide above as the one and below as the other.
static void add_glass(hg__page *p, const scale *s, const hg__drawn_layer *layer, int32_t layers) {
    const double middle = ARCS + GLASS / 2.0;
    hg__text_add(&p->body, "<path class=\"glass\" d=\"");
    for (int32_t i = 0; i < layers; i++) {
        const double half = wide(s, layer[i].width) / 2;
        hg__text_add(&p->body, "%c%.4g %.4gv%d", i ? 'L' : 'M', middle + half, top_of(i),
                     (int)THICK);
    }
    for (int32_t i = layers - 1; i >= 0; i--) {
        const double half = wide(s, layer[i].width) / 2;
        hg__text_add(&p->body, "L%.4g %.4gv-%d", middle - half, top_of(i) + THICK, (int)THICK);
    }
    hg__text_add(&p->body, "z\"/>\n");
}

static void add_layer(hg__page *p, const scale *s, const hg__drawn_layer *l, int32_t i,
                      int32_t layers) {
    const double w = wide(s, l->width), y = top_of(i);
    const double left = ARCS + (GLASS - w) / 2, text = ARCS + GLASS + 12;
    char words[128];
    hg__text_add(&p->body,
                 "<rect class=\"f%d\" x=\"%.4g\" y=\"%.4g\" width=\"%.4g\" height=\"%d\"/>\n",
                 l->is_code ? 2 : 1, left, y, w, (int)THICK);
    hg__svg_text(p, text, y + 8, "start", l->is_code ? "said" : "name", l->name);
    if (l->parameters) {
        snprintf(words, sizeof words, "%s, %lld parameters", l->shape, (long long)l->parameters);
    } else {
        snprintf(words, sizeof words, "%s", l->shape);
    }
    hg__svg_text(p, text, y + 24, "start", "", words);
    if (l->from < 0) return;
    const double from = top_of(l->from) + THICK / 2.0, to = y + THICK / 2.0;
    const double bend = ARCS - 8 - 35 * (to - from) / top_of(layers);
    hg__text_add(&p->body, "<path class=\"arc\" d=\"M%d %.4gC%.4g %.4g %.4g %.4g %d %.4g\"/>\n",
                 (int)ARCS, from, bend, from, bend, to, (int)ARCS, to);
}

void hg__svg_hourglass(hg__page *p, const hg__drawn_layer *layer, int32_t layers) {
    static const char *const by[] = {"to scale", "the square root of their number to scale",
                                     "the logarithm of their number to scale"};
    char sense[160];
    int64_t parameters = 0;
    int32_t code = -1;
    bool has_arcs = false;
    const scale s = scale_of(layer, layers);
    for (int32_t i = 0; i < layers; i++) {
        parameters += layer[i].parameters;
        has_arcs = has_arcs || layer[i].from >= 0;
        if (layer[i].is_code) code = i;
    }
    snprintf(sense, sizeof sense, "%d layers from %lld numbers through %lld to %lld.",
             (int)layers - 1, (long long)layer[0].width,
             (long long)layer[code < 0 ? 0 : code].width, (long long)layer[layers - 1].width);
    hg__svg_begin(p, WIDTH, (int32_t)top_of(layers) - 4, "The network", sense, false);
    add_glass(p, &s, layer, layers);
    for (int32_t i = 0; i < layers; i++) add_layer(p, &s, &layer[i], i, layers);
    hg__text_add(&p->body, "</svg>\n");
    hg__page_note(p, "Widths: numbers a layer puts out, %s. %lld parameters in all.%s", by[s.kind],
                  (long long)parameters,
                  has_arcs ? " Arcs: what is taken up again further down." : "");
}
