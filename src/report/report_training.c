// SPDX-License-Identifier: Apache-2.0
// report_training.c - training.png: the losses an epoch at a time and, where the model has a threshold, the scores of the normal
// rows that were held out and where it lies among them.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "detect/thresholds.h"
#include "report/canvas.h"
#include "report/loss_curve.h"

enum { BOX_WIDTH = 400, BOX_HEIGHT = 230, MARGIN = 20 };
enum { PANEL_WIDTH = HG_PLOT_LEFT + BOX_WIDTH + MARGIN };

static const hg__colour grey = {150, 154, 160}, blue = {31, 105, 206}, red = {200, 60, 40},
                        pale = {150, 186, 232};

static hg__plot panel(hg__canvas *c, int32_t number) {
    return (hg__plot){.canvas = c,
                      .left = (float)(MARGIN + HG_PLOT_LEFT + number * (PANEL_WIDTH + MARGIN)),
                      .top = MARGIN + HG_PLOT_TITLE,
                      .width = BOX_WIDTH,
                      .height = BOX_HEIGHT};
}

// ---- the losses ---------------------------------------------------------------------------------

static void draw_losses(hg__canvas *c, const hg__loss_curve *l) {
    double low, high;
    char text[96];
    const int32_t best = hg__loss_curve_find(l, &low, &high);
    hg__plot p = panel(c, 0);
    p.x = hg__axis_over(l->epoch[0], l->epoch[l->count - 1], false);
    p.x.whole = true;
    p.y = hg__axis_over(low, high, high > 10 * low);
    hg__plot_frame(&p, "Loss by epoch", "epoch");
    hg__plot_curve(&p, l->epoch, l->train, l->count, grey);
    hg__plot_curve(&p, l->epoch, l->val, l->count, blue);
    if (l->count == 1) hg__plot_point(&p, l->epoch[0], l->train[0], grey); // no curve
    snprintf(text, sizeof text, "training %.4g", l->train[l->count - 1]);
    hg__plot_legend(&p, 0, p.x.high, grey, text);
    if (best < 0) return;
    hg__plot_point(&p, l->epoch[best], l->val[best], blue);
    snprintf(text, sizeof text, "validation %.4g at best, epoch %.0f", l->val[best],
             l->epoch[best]);
    hg__plot_legend(&p, 1, p.x.high, blue, text);
}

// ---- the scores ---------------------------------------------------------------------------------

enum { BINS = 50 };

// Held-out scores in bins of one width on the axis; *most: in the fullest.
static void fill_bins(const hg__calibration *held, const hg__axis *a, int32_t *bin, int32_t *most) {
    const double from = a->log ? log(a->low) : a->low, to = a->log ? log(a->high) : a->high;
    memset(bin, 0, BINS * sizeof *bin);
    for (int64_t i = 0; i < held->count; i++) {
        const double score = (double)held->score[i];
        const double at = ((a->log ? log(score) : score) - from) / (to - from) * BINS;
        const int32_t b = at < 0 ? 0 : at >= BINS ? BINS - 1 : (int32_t)at;
        bin[b]++;
    }
    *most = 1;
    for (int32_t b = 0; b < BINS; b++) *most = bin[b] > *most ? bin[b] : *most;
}

static double bin_edge(const hg__axis *a, int32_t b) {
    const double share = (double)b / BINS;
    return a->log ? a->low * pow(a->high / a->low, share) : a->low + (a->high - a->low) * share;
}

static void draw_scores(hg__canvas *c, const hg__thresholds *t) {
    const hg__calibration *held = &t->held.whole;
    const double threshold = t->group[0].at.value;
    const double low = (double)held->score[0], high = (double)held->score[held->count - 1];
    char text[96];
    int32_t bin[BINS], most;
    hg__plot p = panel(c, 1);
    p.x = hg__axis_over(fmin(low, threshold), 1.1 * fmax(high, threshold), true);
    fill_bins(held, &p.x, bin, &most);
    p.y = hg__axis_over(0, 1.25 * most, false);
    snprintf(text, sizeof text, "Scores of %lld normal rows held out", (long long)held->count);
    hg__plot_frame(&p, text, "score (1: as usual; higher: more unusual)");
    for (int32_t b = 0; b < BINS; b++) {
        if (bin[b]) hg__plot_bar(&p, bin_edge(&p.x, b), bin_edge(&p.x, b + 1), bin[b], pale);
    }
    hg__plot_mark(&p, threshold, red);
    int64_t above = 0;
    for (int64_t i = 0; i < held->count; i++) above += (double)held->score[i] > threshold;
    snprintf(text, sizeof text, "threshold %.4g for a rate of %.4g", threshold, t->fpr);
    hg__plot_legend(&p, 0, threshold, red, text);
    snprintf(text, sizeof text, "%lld of %lld lie above it", (long long)above,
             (long long)held->count);
    hg__plot_legend(&p, 1, threshold, red, text);
}

// ---- the picture --------------------------------------------------------------------------------

static int draw(const hg__loss_curve *l, const hg__thresholds *t, const char *path, hg_error *err) {
    hg__canvas c;
    const int32_t panels = t->groups ? 2 : 1;
    HG_TRY(hg__canvas_init(&c, MARGIN + panels * (PANEL_WIDTH + MARGIN),
                           MARGIN + HG_PLOT_TITLE + BOX_HEIGHT + HG_PLOT_BELOW, err));
    draw_losses(&c, l);
    if (t->groups) draw_scores(&c, t);
    const int code = hg__canvas_save(&c, path, err);
    hg__canvas_clear(&c);
    return code;
}

static int read_thresholds(const char *folder, hg__thresholds *t, hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, folder, "weights/best.safetensors", err));
    hg_model *m = hg_model_load(path, err);
    if (!m) return (int)err->code;
    const int code = hg__thresholds_load(t, m, path, err);
    hg_model_free(m);
    return code;
}

int hg_report_training(const char *folder, hg_error *err) {
    HG_ENTRY;
    char path[1024];
    hg__loss_curve l = {0};
    hg__thresholds t = {0};
    hg_error own;
    if (!err) err = &own;
    HG_TRY(hg__join_path(path, sizeof path, folder, "training.png", err));
    int code = hg__loss_curve_read(&l, folder, err);
    if (code == HG_OK && l.count > 0) code = read_thresholds(folder, &t, err);
    if (code == HG_OK && l.count > 0) code = draw(&l, &t, path, err);
    hg__thresholds_clear(&t);
    hg__loss_curve_clear(&l);
    return code;
}
