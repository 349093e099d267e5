// SPDX-License-Identifier: Apache-2.0
// info_hourglass.c - a network drawn in text: a line a layer, as wide as the numbers that come out of it.
//
//   ################################  input              28x28
//        ::::::::::::::::::::::
//                ======               dense 64 relu      64       <- code
//        ::::::::::::::::::::::
//   ################################  dense 784 sigmoid  28x28
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "jobs/job.h"

enum { GLASS = 30, NAME = 24, MOST_SMOOTH = 10 }; // columns; rows that have lines between them

typedef struct drawn {
    char name[48], shape[24];
    int64_t count; // numbers that come out
    bool is_code;
} drawn;

// How a count becomes a width: as it is while the neck is still seen, else its root or logarithm.
typedef struct scale {
    double most, least;
    int kind; // 0: linear, 1: square root, 2: logarithm
} scale;

static const char *const scales[] = {"to scale", "to scale by their square root",
                                     "to scale by their logarithm"};

static int64_t count_of(const hg__shape *shape) {
    size_t count = 0;
    return hg__shape_count(shape, &count) ? (int64_t)count : 1;
}

// "14x14x32"
static void set_output(drawn *d, const hg__shape *s) {
    size_t used = 0;
    d->count = count_of(s);
    d->shape[0] = '\0';
    for (int32_t i = 0; i < s->rank && used < sizeof d->shape; i++) {
        const int wrote =
            snprintf(d->shape + used, sizeof d->shape - used, "%s%d", i ? "x" : "", (int)s->dim[i]);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
}

// Whether a layer is a word behind the one before rather than a line of its own: it changes no shape, and has no matrix.
static bool is_word(const hg__layer *l) {
    for (int32_t i = 0; i < l->params; i++) {
        if (l->param[i].shape.rank > 1) return false;
    }
    return count_of(&l->in) == count_of(&l->out);
}

static bool changes_shape_only(const hg__layer *l) {
    return l->type->reorders != HG_REORDERS_NOT;
}

static void add_word(drawn *d, const char *word) {
    const size_t used = strlen(d->name);
    snprintf(d->name + used, sizeof d->name - used, " %s", word);
}

// Rows, the input first; how many.
static int32_t list_rows(const hg__spec *s, drawn *row) {
    int32_t n = 1;
    snprintf(row[0].name, sizeof row[0].name, "input");
    set_output(&row[0], &s->input);
    for (int32_t i = 0; i < s->layers; i++) {
        const hg__layer *l = &s->layer[i];
        char text[HG_LAYER_SPEC];
        hg__spec_format_layer(l, text);
        if (changes_shape_only(l)) {
            if (l->out.rank > 1) set_output(&row[n - 1], &l->out);
        } else if (is_word(l)) {
            add_word(&row[n - 1], text);
        } else {
            snprintf(row[n].name, sizeof row[n].name, "%.47s", text);
            set_output(&row[n], &l->out);
            n++;
        }
        if (s->has_neck && i == s->neck - 1) row[n - 1].is_code = true;
    }
    return n;
}

static scale scale_of(const drawn *row, int32_t rows) {
    scale s = {1, HUGE_VAL, 0};
    for (int32_t i = 0; i < rows; i++) {
        s.most = fmax(s.most, (double)row[i].count);
        s.least = fmin(s.least, fmax((double)row[i].count, 1));
    }
    const double ratio = s.most / s.least;
    s.kind = ratio <= 16 ? 0 : ratio <= 256 ? 1 : 2;
    return s;
}

// Columns, an even number.
static int width_of(const scale *s, int64_t count) {
    const double x = fmax((double)count, 1);
    const double share = s->kind == 0   ? x / s->most
                         : s->kind == 1 ? sqrt(x / s->most)
                                        : 0.06 + 0.94 * log(x / s->least) / log(s->most / s->least);
    return 2 * (int)fmax(nearbyint(share * GLASS / 2), 1);
}

static void add_bar(hg__text *t, char c, int width) {
    char line[GLASS + 1];
    memset(line, ' ', GLASS);
    memset(line + (GLASS - width) / 2, c, (size_t)width);
    line[GLASS] = '\0';
    hg__text_add(t, "  %s", line);
}

static void add_between(hg__text *t, int above, int below) {
    const int width = (above + below) / 4 * 2;
    char line[GLASS + 1];
    memset(line, ' ', GLASS);
    memset(line + (GLASS - width) / 2, ':', (size_t)width);
    line[(GLASS + width) / 2] = '\0';
    hg__text_add(t, "  %s\n", line);
}

static void draw(hg__text *t, const drawn *row, int32_t rows) {
    const scale s = scale_of(row, rows);
    hg__text_add(t, "\nhourglass   layers by the numbers that come out of them, %s\n\n",
                 scales[s.kind]);
    for (int32_t i = 0; i < rows; i++) {
        const int width = width_of(&s, row[i].count);
        const char *shape = row[i].shape, *name = row[i].name;
        if (i && rows <= MOST_SMOOTH) add_between(t, width_of(&s, row[i - 1].count), width);
        add_bar(t, row[i].is_code ? '=' : '#', width);
        hg__text_add(t, "  %-*.*s %s%s\n", NAME, NAME, name, shape,
                     row[i].is_code ? "  <- code" : "");
    }
}

int hg__info_hourglass(hg__text *t, const hg_model *m, hg_error *err) {
    const hg__spec *s = &m->net.spec;
    drawn *row = hg__alloc((size_t)s->layers + 1, sizeof *row, err);
    if (!row) return HG_ERR_MEMORY;
    const int32_t rows = list_rows(s, row);
    draw(t, row, rows);
    hg__free(row);
    return HG_OK;
}
