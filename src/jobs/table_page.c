// SPDX-License-Identifier: Apache-2.0
// table_page.c - rows of a table judged, as a page: scores with the threshold, p-values, the most unusual rows with their reasons.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "jobs/pages.h"
#include "report/svg.h"

enum {
    SHOWN = 25,
    KEPT = 1 << 18,
    GROUPS = 20
}; // rows with reasons; scores, thinned out where there are more

struct hg__table_page {
    hg__shown_row top[SHOWN]; // the highest first
    int32_t shown;
    float *score, *p; // owned, (kept): of every `each`-th row
    int64_t kept, each, rows;
};

hg__table_page *hg__table_page_new(hg_error *err) {
    hg__table_page *t = hg__alloc(1, sizeof *t, err);
    if (!t) return NULL;
    t->each = 1;
    t->score = hg__alloc(KEPT, sizeof *t->score, err);
    if (t->score) t->p = hg__alloc(KEPT, sizeof *t->p, err);
    if (t->p) return t;
    hg__table_page_free(t);
    return NULL;
}

void hg__table_page_free(hg__table_page *t) {
    if (!t) return;
    hg__free(t->score);
    hg__free(t->p);
    hg__free(t);
}

bool hg__table_page_wants(const hg__table_page *t, double score) {
    return t && (t->shown < SHOWN || score > t->top[SHOWN - 1].score);
}

static void keep_score(hg__table_page *t, const hg__shown_row *row) {
    if (t->rows++ % t->each) return;
    if (t->kept == KEPT) {
        for (int64_t i = 0; i < KEPT / 2; i++) {
            t->score[i] = t->score[2 * i];
            t->p[i] = t->p[2 * i];
        }
        t->kept = KEPT / 2;
        t->each *= 2;
        if ((t->rows - 1) % t->each) return;
    }
    t->score[t->kept] = (float)row->score;
    t->p[t->kept++] = (float)row->p;
}

void hg__table_page_add(hg__table_page *t, const hg__shown_row *row) {
    if (!t) return;
    if (hg__table_page_wants(t, row->score)) {
        int32_t at = t->shown < SHOWN ? t->shown++ : SHOWN - 1;
        for (; at > 0 && t->top[at - 1].score < row->score; at--) t->top[at] = t->top[at - 1];
        t->top[at] = *row;
    }
    keep_score(t, row);
}

// ---- sections -----------------------------------------------------------------------------------

static void add_result(hg__page *to, const hg__table_page *t, const hg__thresholds *at,
                       const hg_result *r, bool by_fdr, double fdr) {
    hg__page_section(to, "found", "What was found");
    hg__page_begin_list(to, true);
    hg__page_fact(to, "Rows", "%lld", (long long)t->rows);
    if (at->groups) {
        hg__page_fact(to, "Alarms", "%lld", (long long)r->alarms);
        hg__page_fact(to, "Share of the rows", "%.3g %%",
                      t->rows ? 100.0 * (double)r->alarms / (double)t->rows : 0);
        if (!by_fdr) {
            hg__page_fact(to, "Expected of normal rows alone", "%.3g",
                          at->group[0].at.fpr * (double)t->rows);
        }
    }
    if (r->left_out) hg__page_fact(to, "Left out", "%lld", (long long)r->left_out);
    hg__page_end_list(to);
    if (by_fdr) {
        hg__page_paragraph(
            to,
            "An alarm is a row whose p-value is small enough for the share of false ones "
            "among the alarms of this file to be at most %.3g in the mean "
            "(Benjamini and Hochberg).",
            fdr);
    }
    hg__page_begin_list(to, false);
    if (r->unseen) {
        hg__page_fact(to, "Levels never seen in training", "%lld cells", (long long)r->unseen);
    }
    if (r->missing) hg__page_fact(to, "Missing", "%lld cells", (long long)r->missing);
    if (r->strange) {
        hg__page_fact(to, "Not of their column's kind", "%lld cells", (long long)r->strange);
    }
    hg__page_fact(to, "Scores",
                  "a row at a time; higher is more unusual, an ordinary row has about 1");
    hg__page_end_list(to);
}

static int add_scores(hg__page *to, const hg__table_page *t, const hg__thresholds *at,
                      hg_error *err) {
    char words[64] = "", sense[160];
    if (at->groups) snprintf(words, sizeof words, "threshold %.4g", at->group[0].at.value);
    const hg__mark mark = {at->groups ? at->group[0].at.value : 0, words};
    snprintf(sense, sizeof sense, "The scores of %lld rows%s%s.", (long long)t->rows,
             *words ? ", and the " : "", words);
    hg__chart c = {.title = "Scores of these rows", .sense = sense, .along = "score", .up = "rows"};
    hg__page_section(to, "scores", "Scores");
    hg__page_begin_grid(to);
    if (!t->kept) return HG_OK;
    hg__page_begin_figure(to);
    HG_TRY(hg__svg_histogram_of(to, &c, t->score, t->kept, true, &mark, *words ? 1 : 0, err));
    hg__page_end_figure(to, "%s", t->each > 1 ? "Of more rows than are drawn, every so many." : "");
    const hg__calibration *held = at->groups ? &at->held.whole : NULL;
    if (held && held->count) {
        snprintf(sense, sizeof sense, "The scores of %lld normal rows held out in training.",
                 (long long)held->count);
        hg__chart before = {.title = "Normal rows held out in training",
                            .sense = sense,
                            .along = "score",
                            .up = "rows"};
        hg__page_begin_figure(to);
        HG_TRY(hg__svg_histogram_of(to, &before, held->score, held->count, true, &mark, 1, err));
        hg__page_end_figure(to, "What the threshold was made from.");
    }
    return HG_OK;
}

// Of normal rows alone p-values are spread evenly; the first bar stands out by what is unusual.
static void add_p_values(hg__page *to, const hg__table_page *t) {
    enum { BINS = 20 };
    double edge[BINS + 1], count[BINS] = {0}, most = 0;
    char sense[160];
    for (int32_t i = 0; i <= BINS; i++) edge[i] = (double)i / BINS;
    for (int64_t i = 0; i < t->kept; i++) {
        const int32_t k = isnan(t->p[i]) ? -1 : (int32_t)fmin((double)t->p[i] * BINS, BINS - 1);
        if (k >= 0) count[k]++;
    }
    for (int32_t i = 0; i < BINS; i++) most = fmax(most, count[i]);
    if (most <= 0) return;
    snprintf(sense, sizeof sense, "%.0f of %lld rows have a p-value of at most 0.05.", count[0],
             (long long)t->kept);
    const hg__chart c = {.title = "P-values",
                         .sense = sense,
                         .along = "p-value",
                         .up = "rows",
                         .x = hg__axis_over(0, 1, false),
                         .y = hg__axis_over(0, most, false)};
    hg__page_begin_figure(to);
    hg__svg_histogram(to, &c, edge, count, BINS, NULL, 0);
    hg__page_end_figure(
        to,
        "How often a normal row has such a score or a higher one. Where all rows are like "
        "those of training, all bars are about %.0f high; a tall first bar is what is "
        "unusual.",
        (double)t->kept / BINS);
}

static void add_reasons(hg__page *to, const hg__shown_row *row) {
    char text[600] = "";
    size_t used = 0;
    for (int32_t i = 0; i < HG_PAGE_REASONS && row->reason[i].column[0]; i++) {
        const hg__shown_reason *r = &row->reason[i];
        if (i && r->part < 0.005) break;
        const int wrote = snprintf(text + used, sizeof text - used, "%s%s is %s%s%s (%.0f %%)",
                                   i ? "; " : "", r->column, *r->observed ? r->observed : "missing",
                                   *r->expected ? ", expected " : "", r->expected, 100 * r->part);
        used += wrote > 0 && (size_t)wrote < sizeof text - used ? (size_t)wrote : 0;
    }
    hg__page_cell(to, "%s", text);
}

static void add_rows(hg__page *to, const hg__table_page *t, bool has_alarms, bool has_groups) {
    const char *column[6] = {"row", "score"};
    int32_t columns = 2;
    bool without = false;
    if (!t->shown) return;
    if (has_alarms) column[columns++] = "p-value";
    if (has_alarms) column[columns++] = "alarm";
    const uint64_t numbers = has_alarms ? 7 : 3;
    if (has_groups) column[columns++] = "group";
    column[columns++] = "what speaks for it";
    hg__page_section(to, "rows", "The most unusual rows");
    hg__page_begin_table(to,
                         "Rows by their score; in brackets how much of the score a column makes",
                         column, columns, numbers);
    for (int32_t i = 0; i < t->shown; i++) {
        const hg__shown_row *row = &t->top[i];
        hg__page_row(to);
        hg__page_cell(to, "%lld", (long long)row->row);
        hg__page_cell(to, "%.4g", row->score);
        if (has_alarms) hg__page_cell(to, "%.3g", row->p);
        if (has_alarms) hg__page_cell(to, "%s", row->is_alarm ? "yes" : "no");
        if (has_groups) hg__page_cell(to, "%s", row->group);
        add_reasons(to, row);
        without = without || (!row->is_alarm && !row->reason[0].column[0]);
    }
    hg__page_end_table(to);
    if (without) {
        hg__page_note(to, "Reasons are named of alarms; reasons=all names those of all rows.");
    }
}

static void add_thresholds(hg__page *to, const hg__thresholds *at) {
    const char *const column[] = {"group", "threshold", "normal rows held out"};
    char how[400];
    if (!at->groups) return;
    hg__threshold_describe(&at->group[0].at, "rows", how, sizeof how);
    hg__page_section(to, "threshold", "Where the threshold comes from");
    hg__page_paragraph(to, "%s.", how);
    if (at->groups < 2) return;
    hg__page_begin_table(to, "A threshold for each group", column, 3, 6);
    for (int32_t i = 0; i < at->groups && i < GROUPS; i++) {
        hg__page_row(to);
        hg__page_cell(to, "%s", i ? at->group[i].name : "all rows");
        hg__page_cell(to, "%.4g", at->group[i].at.value);
        hg__page_cell(to, "%lld", (long long)at->group[i].at.count);
    }
    hg__page_end_table(to);
    if (at->groups > GROUPS) hg__page_note(to, "And %d more.", (int)(at->groups - GROUPS));
}

int hg__table_page_save(const hg__table_page *t, const hg_options *o, const hg__scored_rows *in,
                        const hg_result *r, bool by_fdr, hg_error *err) {
    const hg__thresholds *at = &in->scorer.thresholds;
    hg__page page = {0};
    char title[300], data[2 * HG_MAX_VALUE], fingerprint[32];
    if (!t) return HG_OK;
    hg__mask_secrets(o->values.data, data, sizeof data);
    snprintf(title, sizeof title, "%.200s: rows judged", data);
    const hg__page_head head = {
        title,
        "How unusual each row is for a model of ordinary ones, and which columns speak for it."};
    add_result(&page, t, at, r, by_fdr, o->values.fdr);
    add_rows(&page, t, at->groups > 0, in->group != NULL);
    int code = add_scores(&page, t, at, err);
    if (code == HG_OK) {
        if (at->groups) add_p_values(&page, t);
        hg__page_end_grid(&page);
        add_thresholds(&page, at);
        snprintf(fingerprint, sizeof fingerprint, "%016llx",
                 (unsigned long long)in->feed.data->fingerprint);
        code = hg__job_page_save(&page, o, &head, in->feed.model, fingerprint, err);
    }
    hg__page_clear(&page);
    return code;
}
