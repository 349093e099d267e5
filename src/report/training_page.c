// SPDX-License-Identifier: Apache-2.0
// training_page.c - report.html of a training, section by section.
#include "report/training_page.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { FEW = 20 }; // scores that no quantiles are named of

// ---- what is said -------------------------------------------------------------------------------

void hg__state(hg__stated_list *l, const char *name, const char *format, ...) {
    va_list args;
    if (l->count == l->capacity) {
        const int32_t capacity = l->capacity ? 2 * l->capacity : 8;
        hg__stated *more = hg__grow(l->of, (size_t)capacity, sizeof *more, NULL);
        l->failed = l->failed || !more;
        if (!more) return;
        l->of = more;
        l->capacity = capacity;
    }
    hg__stated *s = &l->of[l->count++];
    snprintf(s->name, sizeof s->name, "%s", name);
    va_start(args, format);
    vsnprintf(s->text, sizeof s->text, format, args);
    va_end(args);
}

void hg__stated_clear(hg__stated_list *l) {
    hg__free(l->of);
    *l = (hg__stated_list){0};
}

static void add_list(hg__page *to, const hg__stated_list *l, bool tiles) {
    if (!l->count) return;
    hg__page_begin_list(to, tiles);
    for (int32_t i = 0; i < l->count; i++) {
        hg__page_fact(to, l->of[i].name, "%s", l->of[i].text);
    }
    hg__page_end_list(to);
}

// ---- sections -----------------------------------------------------------------------------------

static void add_result(hg__page *to, const hg__training_page *p) {
    hg__page_section(to, "result", "What came of it");
    add_list(to, &p->tiles, true);
    if (isfinite(p->mse) && isfinite(p->pca_mse)) {
        char name[64], sense[200];
        snprintf(name, sizeof name, "PCA, %d components", (int)p->code);
        const hg__bar bar[] = {
            {"this model", p->mse,     (double)NAN, (double)NAN, 1},
            {name,         p->pca_mse, (double)NAN, (double)NAN, 2}
        };
        snprintf(sense, sizeof sense, "This model %.4g, PCA with as large a code %.4g.", p->mse,
                 p->pca_mse);
        hg__page_begin_figure(to);
        hg__svg_bars(to, "Error beside PCA's", sense, bar, 2);
        hg__page_end_figure(to, "%s. Shorter is better: %s by %.0f %%.", p->error_words,
                            p->mse < p->pca_mse ? "the model is better" : "PCA is better",
                            100 * fabs(1 - fmin(p->mse, p->pca_mse) / fmax(p->mse, p->pca_mse)));
    }
    add_list(to, &p->quality, false);
}

static void add_losses(hg__page *to, const hg__training_page *p) {
    const hg__loss_curve *l = &p->losses;
    double low, high;
    char sense[200], up[64];
    if (!l->count) return;
    const int32_t best = hg__loss_curve_find(l, &low, &high);
    hg__axis x = hg__axis_over(l->epoch[0], l->epoch[l->count - 1], false);
    x.whole = true;
    snprintf(up, sizeof up, "loss (%s)", p->loss);
    snprintf(sense, sizeof sense, "From %.4g to %.4g in training%s.", l->train[0],
             l->train[l->count - 1], best < 0 ? "" : ", and of rows held out");
    const hg__chart c = {.title = "Loss by epoch",
                         .sense = sense,
                         .along = "epoch",
                         .up = up,
                         .x = x,
                         .y = hg__axis_over(low, high, high > 10 * low)};
    const hg__series curve[] = {
        {"training", l->epoch, l->train, l->count, 2, best >= 0, false},
        {"held out", l->epoch, l->val,   l->count, 1, false,     false}
    };
    hg__page_section(to, "losses", "How it was learned");
    if (l->count == 1) { // no curve
        hg__page_paragraph(to, "In one epoch: loss (%s) %.4g in training.", p->loss, l->train[0]);
        if (best >= 0) hg__page_paragraph(to, "Of rows held out: %.4g.", l->val[0]);
        return;
    }
    hg__page_begin_figure(to);
    hg__svg_curves(to, &c, curve, best < 0 ? 1 : 2);
    if (best < 0) {
        hg__page_end_figure(to, "Nothing was held out: only training's own rows are known.");
    } else {
        hg__page_end_figure(to,
                            "Lowest on rows held out: %.5g in epoch %.0f, whose weights are kept.",
                            l->val[best], l->epoch[best]);
    }
}

static int add_scores(hg__page *to, const hg__training_page *p, hg_error *err) {
    const hg__thresholds *t = p->thresholds;
    if (!t || !t->groups || !t->held.whole.count) return HG_OK;
    const hg__calibration *held = &t->held.whole;
    const hg__threshold *at = &t->group[0].at;
    char sense[240], words[80], how[300];
    int64_t above = 0;
    for (int64_t i = 0; i < held->count; i++) above += (double)held->score[i] > at->value;
    snprintf(words, sizeof words, "threshold %.4g", at->value);
    snprintf(sense, sizeof sense, "%lld scores from %.3g to %.3g, %lld above the threshold %.4g.",
             (long long)held->count, (double)held->score[0], (double)held->score[held->count - 1],
             (long long)above, at->value);
    const hg__mark mark = {at->value, words};
    hg__chart c = {.title = "Scores of normal rows held out",
                   .sense = sense,
                   .along = "score (higher: more unusual)",
                   .up = "rows"};
    hg__page_section(to, "scores", "Scores and threshold");
    hg__page_begin_figure(to);
    HG_TRY(hg__svg_histogram_of(to, &c, held->score, held->count, true, &mark, 1, err));
    hg__page_end_figure(to, "%lld of %lld rows that training did not see lie above it.",
                        (long long)above, (long long)held->count);
    hg__threshold_describe(at, "rows", how, sizeof how);
    hg__page_paragraph(to, "%s.", how);
    if (held->count < FEW) return HG_OK;
    const char *const column[] = {"score above", "p-value"};
    hg__page_begin_table(to, "What a score says: how often a normal row has a higher one", column,
                         2, 3);
    const double level[] = {0.5, 0.9, 0.99, 1};
    for (size_t i = 0; i < sizeof level / sizeof *level; i++) {
        const double score = (double)held->score[(int64_t)(level[i] * (double)(held->count - 1))];
        hg__page_row(to);
        hg__page_cell(to, "%.4g", score);
        hg__page_cell(to, "%.3g", hg__calibration_p(held, score));
    }
    hg__page_end_table(to);
    return HG_OK;
}

static void add_columns(hg__page *to, const hg__training_page *p) {
    const char *const column[] = {"column", "what it is taken as"};
    if (!p->columns.count) return;
    hg__page_section(to, "columns", "Columns");
    hg__page_begin_table(to, "What each column is to the model", column, 2, 0);
    for (int32_t i = 0; i < p->columns.count; i++) {
        hg__page_row(to);
        hg__page_cell(to, "%s", p->columns.of[i].name);
        hg__page_cell(to, "%s", p->columns.of[i].text);
    }
    hg__page_end_table(to);
}

static void add_network(hg__page *to, const hg__training_page *p) {
    if (p->layers < 2) return;
    hg__page_section(to, "network", "The network");
    hg__page_begin_figure(to);
    hg__svg_hourglass(to, p->layer, p->layers);
    hg__page_end_figure(to, "%s", "");
    hg__page_code(to, p->spec);
}

// Of any length.
static void add_paragraph(hg__page *to, const char *words) {
    hg__text_add(&to->body, "<p>");
    hg__html_add(&to->body, words);
    hg__text_add(&to->body, "</p>\n");
}

// The user's text: its paragraphs are parted by empty lines.
static void add_card_text(hg__page *to, const char *text) {
    hg__text words = {0};
    for (const char *at = text; *at; at++) {
        const bool is_break = *at == '\n' || *at == '\r';
        const bool ends = is_break && strchr("\r\n", at[1]); // or the zero at the end
        if (!is_break) {
            hg__text_add_bytes(&words, at, 1);
        } else if (!ends && words.length) {
            hg__text_add(&words, " ");
        }
        if (!ends && at[1]) continue;
        if (words.length) add_paragraph(to, words.data);
        words.length = 0;
    }
    to->body.failed = to->body.failed || words.failed;
    hg__text_clear(&words);
}

static void add_card(hg__page *to, const hg__training_page *p) {
    hg__page_section(to, "card", "Model card");
    add_list(to, &p->about, false);
    if (p->card) add_card_text(to, p->card);
    hg__page_heading(to, "Limits");
    add_list(to, &p->limits, false);
    hg__page_heading(to, "The same again");
    hg__page_paragraph(to, "The same data, options and version give the same model, bit for bit, "
                           "with any number of threads and on any processor:");
    hg__page_code(to, p->command);
    add_list(to, &p->repeat, false);
}

int hg__training_page_save(const hg__training_page *p, const char *path, hg_error *err) {
    const hg__page_head head = {p->title, p->lead};
    hg__page to = {0};
    add_result(&to, p);
    int code = hg__training_page_samples(&to, p, err);
    if (code == HG_OK) code = hg__training_page_code(&to, p, err);
    if (code == HG_OK) code = add_scores(&to, p, err);
    if (code == HG_OK) {
        add_losses(&to, p);
        add_network(&to, p);
        hg__page_section(&to, "data", "What it was trained on");
        add_list(&to, &p->data, false);
        add_columns(&to, p);
        add_card(&to, p);
        code = hg__page_save(&to, path, &head, err);
    }
    hg__page_clear(&to);
    return code;
}

void hg__training_page_clear(hg__training_page *p) {
    hg__stated_clear(&p->tiles);
    hg__stated_clear(&p->data);
    hg__stated_clear(&p->quality);
    hg__stated_clear(&p->repeat);
    hg__stated_clear(&p->columns);
    hg__stated_clear(&p->about);
    hg__stated_clear(&p->limits);
    hg__loss_curve_clear(&p->losses);
    hg__free(p->layer);
    hg__free(p->in.x);
    hg__free(p->out.x);
    hg__free(p->clean.x);
    hg__free(p->moves.picture);
    hg__free(p->drawn.x);
    hg__free(p->between.x);
    hg__free(p->map.point);
    hg__free(p->map.tile.x);
    *p = (hg__training_page){0};
}
