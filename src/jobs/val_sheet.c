// SPDX-License-Identifier: Apache-2.0
// val_sheet.c - which setting of each filter was best, means with their intervals, as a table or as JSON.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/show.h"
#include "base/text.h"
#include "jobs/val.h"

enum { DRAWS = 2000, FIGURES = 2 }; // figures: PSNR, SSIM

static const char *const method_name[HG_METHODS] = {"input",  "output",   "gaussian",
                                                    "median", "nl_means", "bm3d"};

typedef struct estimate {
    double mean, low, high; // low and high: NaN for one image
} estimate;

typedef struct summary {
    const hg__val_sheet *s;
    int32_t best[HG_METHODS];         // each method's column, or -1
    estimate of[HG_METHODS][FIGURES]; // means over images
    estimate gain[HG_METHODS];        // PSNR of the output above the method's
    double *figure;                   // (images): those of one mean
    double *mean;                     // (DRAWS)
} summary;

// ---- means --------------------------------------------------------------------------------------

static double figure_of(const hg__val_sheet *s, int64_t image, int32_t column, int figure) {
    const hg__quality *q = &s->quality[image * s->columns + column];
    return figure == 0 ? q->psnr : q->ssim;
}

// Images without the figure (SSIM of small ones) are left out.
static double mean_of(const double *v, int64_t count) {
    double sum = 0;
    int64_t n = 0;
    for (int64_t i = 0; i < count; i++) {
        if (isnan(v[i])) continue;
        sum += v[i];
        n++;
    }
    return n ? sum / (double)n : (double)NAN;
}

static double mean_of_column(const summary *m, int32_t column, int figure) {
    for (int64_t i = 0; i < m->s->images; i++) m->figure[i] = figure_of(m->s, i, column, figure);
    return mean_of(m->figure, m->s->images);
}

static void pick_best(summary *m) {
    double best[HG_METHODS];
    for (int32_t k = 0; k < HG_METHODS; k++) m->best[k] = -1;
    for (int32_t c = 0; c < m->s->columns; c++) {
        const hg__val_method method = m->s->column[c].method;
        const double mean = mean_of_column(m, c, 0);
        if (m->best[method] >= 0 && !(mean > best[method])) continue;
        m->best[method] = c;
        best[method] = mean;
    }
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The mean of `figure` (images), and between what 95 % of the means of drawn samples lie. Draw k takes the same
// images for every figure.
static estimate estimate_mean(summary *m) {
    const int64_t n = m->s->images;
    estimate e = {.mean = mean_of(m->figure, n), .low = (double)NAN, .high = (double)NAN};
    if (n < 2 || !isfinite(e.mean)) return e;
    int drawn = 0;
    for (uint32_t k = 0; k < DRAWS; k++) {
        double sum = 0;
        int64_t count = 0;
        hg__philox p = {{0}};
        for (int64_t i = 0; i < n; i++) {
            if (i % 4 == 0) {
                p = hg__philox_run(m->s->seed, (uint32_t)HG_STREAM_BOOTSTRAP << 16, k,
                                   (uint32_t)(i / 4), 0);
            }
            const double x = m->figure[(uint64_t)p.word[i % 4] * (uint64_t)n >> 32];
            if (isnan(x)) continue;
            sum += x;
            count++;
        }
        if (count) m->mean[drawn++] = sum / (double)count;
    }
    qsort(m->mean, (size_t)drawn, sizeof *m->mean, compare);
    e.low = m->mean[drawn / 40];
    e.high = m->mean[drawn - 1 - drawn / 40];
    return e;
}

static void conclude(summary *m) {
    pick_best(m);
    for (int32_t k = 0; k < HG_METHODS; k++) {
        if (m->best[k] < 0) continue;
        for (int figure = 0; figure < FIGURES; figure++) {
            (void)mean_of_column(m, m->best[k], figure);
            m->of[k][figure] = estimate_mean(m);
        }
        for (int64_t i = 0; i < m->s->images; i++) {
            m->figure[i] =
                figure_of(m->s, i, m->best[HG_OUTPUT], 0) - figure_of(m->s, i, m->best[k], 0);
        }
        m->gain[k] = estimate_mean(m);
    }
}

// ---- for people ---------------------------------------------------------------------------------

enum { NAME = 20, CELL = 17 }; // characters of a column

// A dash where there is no number.
static void add_cell(hg__text *t, double psnr, double ssim) {
    char one[32] = "-", two[32] = "-";
    if (!isnan(psnr)) snprintf(one, sizeof one, "%.2f", psnr); // inf where nothing differs
    if (!isnan(ssim)) snprintf(two, sizeof two, "%.4f", ssim);
    hg__text_add(t, "%*s  %6s", CELL - 8, one, two);
}

static void add_row(const summary *m, hg__text *t, int64_t image) {
    const hg__frame *f = &m->s->frame[image];
    const size_t length = strlen(m->s->name[image]);
    char size[32];
    snprintf(size, sizeof size, "%d x %d", f->width, f->height);
    char name[NAME + 1];
    const char *end = m->s->name[image] + (length > NAME ? length - NAME : 0);
    while (length > NAME && ((unsigned char)*end & 0xC0) == 0x80) end++; // not within a character
    snprintf(name, sizeof name, "%s", end);
    hg__clean(name);
    hg__text_add(t, "%-*s %13s", NAME, name, size);
    for (int32_t k = 0; k < HG_METHODS; k++) {
        if (m->best[k] < 0) continue;
        add_cell(t, figure_of(m->s, image, m->best[k], 0), figure_of(m->s, image, m->best[k], 1));
    }
    hg__text_add(t, "\n");
}

// One line of estimates: part 0 the means, 1 and 2 the ends of the intervals.
static void add_estimates(const summary *m, hg__text *t, const char *title, int part) {
    hg__text_add(t, "%-*s", NAME + 14, title);
    for (int32_t k = 0; k < HG_METHODS; k++) {
        if (m->best[k] < 0) continue;
        const estimate *psnr = &m->of[k][0], *ssim = &m->of[k][1];
        if (part == 0) add_cell(t, psnr->mean, ssim->mean);
        if (part == 1) add_cell(t, psnr->low, ssim->low);
        if (part == 2) add_cell(t, psnr->high, ssim->high);
    }
    hg__text_add(t, "\n");
}

static void add_gain(const summary *m, hg__text *t, int32_t method) {
    const estimate *gain = &m->gain[method];
    if (m->best[method] < 0 || !isfinite(gain->mean)) return;
    hg__text_add(t, "output is %+.2f dB against %s", gain->mean, method_name[method]);
    if (m->s->images > 1) hg__text_add(t, " (95 %%: %+.2f to %+.2f)", gain->low, gain->high);
    if (method > HG_OUTPUT) {
        hg__text_add(t, ", at its best %s", m->s->column[m->best[method]].setting);
    }
    hg__text_add(t, "\n");
}

static char *make_table(const summary *m, hg_error *err) {
    hg__text t = {0};
    hg__text_add(&t, "%-*s %13s", NAME, "PSNR in dB, SSIM", "");
    for (int32_t k = 0; k < HG_METHODS; k++) {
        if (m->best[k] >= 0) hg__text_add(&t, "%*s", CELL, method_name[k]);
    }
    hg__text_add(&t, "\n");
    for (int64_t i = 0; i < m->s->images; i++) add_row(m, &t, i);
    if (m->s->images > 1) {
        char title[32];
        snprintf(title, sizeof title, "mean of %lld", (long long)m->s->images);
        add_estimates(m, &t, title, 0);
        add_estimates(m, &t, "95 % from", 1);
        add_estimates(m, &t, "     to", 2);
    }
    for (int32_t k = 0; k < HG_METHODS; k++) {
        if (k != HG_OUTPUT) add_gain(m, &t, k);
    }
    return hg__text_take(&t, err);
}

// ---- JSON ---------------------------------------------------------------------------------------

static hg__json *estimate_json(const estimate *e) {
    return hg__json_pack("{so so so}", "mean", hg__json_real_or_null(e->mean), "low",
                         hg__json_real_or_null(e->low), "high", hg__json_real_or_null(e->high));
}

static hg__json *quality_json(const hg__quality *q) {
    return hg__json_pack("{so so}", "psnr", hg__json_real_or_null(q->psnr), "ssim",
                         hg__json_real_or_null(q->ssim));
}

static hg__json *row_json(const summary *m, int64_t image, hg_error *err) {
    const hg__frame *f = &m->s->frame[image];
    hg__json *row = hg__json_pack("{so si si si}", "name", hg__json_string(m->s->name[image], err),
                                  "width", f->width, "height", f->height, "channels", f->channels);
    int bad = row == NULL;
    for (int32_t k = 0; k < HG_METHODS && !bad; k++) {
        if (m->best[k] < 0) continue;
        const hg__quality *q = &m->s->quality[image * m->s->columns + m->best[k]];
        bad |= hg__json_set(row, method_name[k], quality_json(q));
    }
    if (!bad) return row;
    hg__json_free(row);
    return NULL;
}

static int add_means(const summary *m, hg__json *o) {
    int bad = 0;
    hg__json *mean = hg__json_object(), *gain = hg__json_object();
    for (int32_t k = 0; k < HG_METHODS; k++) {
        if (m->best[k] < 0) continue;
        hg__json *of = hg__json_pack("{so so}", "psnr", estimate_json(&m->of[k][0]), "ssim",
                                     estimate_json(&m->of[k][1]));
        if (k > HG_OUTPUT) {
            bad |= hg__json_set(of, "setting",
                                hg__json_string(m->s->column[m->best[k]].setting, NULL));
        }
        bad |= hg__json_set(mean, method_name[k], of); // takes it, even where it fails
        if (k != HG_OUTPUT) {
            bad |= hg__json_set(gain, method_name[k], estimate_json(&m->gain[k]));
        }
    }
    bad |= hg__json_set(o, "mean", mean);
    return bad | hg__json_set(o, "gain", gain);
}

// Every setting that was tried, with its means.
static int add_settings(const summary *m, hg__json *o) {
    int bad = 0;
    hg__json *list = hg__json_array();
    for (int32_t c = 0; c < m->s->columns; c++) {
        const hg__val_column *column = &m->s->column[c];
        if (column->method <= HG_OUTPUT) continue;
        const double psnr = mean_of_column(m, c, 0), ssim = mean_of_column(m, c, 1);
        bad |= hg__json_append(
            list, hg__json_pack("{ss ss so so}", "method", method_name[column->method], "setting",
                                column->setting, "psnr", hg__json_real_or_null(psnr), "ssim",
                                hg__json_real_or_null(ssim)));
    }
    return bad | hg__json_set(o, "settings", list);
}

static char *make_json(const summary *m, hg_error *err) {
    hg__json *rows = hg__json_array(), *o = hg__json_object();
    int bad = hg__json_set(o, "images", hg__json_integer((int64_t)m->s->images));
    bad |= hg__json_set(o, "noise", hg__json_string(m->s->noise, err));
    bad |= hg__json_set(o, "seed", hg__json_integer((int64_t)m->s->seed));
    bad |= add_means(m, o) | add_settings(m, o);
    for (int64_t i = 0; i < m->s->images; i++) {
        bad |= hg__json_append(rows, row_json(m, i, err));
    }
    bad |= hg__json_set(o, "rows", rows);
    hg__text t = {0};
    char *text = bad ? NULL : hg__json_text(o, err);
    hg__json_free(o);
    if (!text) {
        hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON");
        return NULL;
    }
    hg__text_add(&t, "%s\n", text);
    hg__free(text);
    return hg__text_take(&t, err);
}

static hg__interval interval_of(const estimate *e) {
    return (hg__interval){e->mean, e->low, e->high};
}

int hg__val_sheet_means(const hg__val_sheet *s, hg__val_mean mean[HG_METHODS], hg_error *err) {
    summary m = {.s = s, .figure = hg__alloc((size_t)s->images, sizeof *m.figure, err)};
    if (m.figure) m.mean = hg__alloc(DRAWS, sizeof *m.mean, err);
    if (m.mean) conclude(&m);
    for (int32_t k = 0; m.mean && k < HG_METHODS; k++) {
        mean[k] = (hg__val_mean){.name = method_name[k], .is_there = m.best[k] >= 0, .setting = ""};
        if (m.best[k] < 0) continue;
        mean[k].setting = s->column[m.best[k]].setting;
        mean[k].psnr = interval_of(&m.of[k][0]);
        mean[k].ssim = interval_of(&m.of[k][1]);
    }
    const int code = m.mean ? HG_OK : HG_ERR_MEMORY;
    hg__free(m.figure);
    hg__free(m.mean);
    return code;
}

char *hg__val_sheet_format(const hg__val_sheet *s, bool json, hg_error *err) {
    summary m = {.s = s, .figure = hg__alloc((size_t)s->images, sizeof *m.figure, err)};
    char *text = NULL;
    if (m.figure) m.mean = hg__alloc(DRAWS, sizeof *m.mean, err);
    if (m.mean) {
        conclude(&m);
        text = json ? make_json(&m, err) : make_table(&m, err);
    }
    hg__free(m.figure);
    hg__free(m.mean);
    return text;
}
