// SPDX-License-Identifier: Apache-2.0
// compare_models_page.c - models side by side, as a page: errors with their intervals, a table, which differences mean something.
#include <math.h>
#include <stdio.h>

#include "jobs/compare_models.h"
#include "jobs/pages.h"
#include "report/svg.h"

enum { MOST_PAIRS = 60, MOST_COLUMNS = 24 };

static void add_bars(hg__page *to, const hg__contest *c) {
    hg__bar bar[HG_MAX_CONTESTANTS] = {0};
    int32_t n = 0;
    for (int32_t i = 0; i < c->contestants; i++) {
        const hg__contestant *k = &c->contestant[i];
        if (!isfinite(k->error.mean)) continue;
        const int32_t colour = k->kind == HG_SOLVED ? 2 : k->kind == HG_MEAN_ROW ? 3 : 1;
        bar[n++] = (hg__bar){k->name, k->error.mean, k->error.low, k->error.high, colour};
    }
    if (!n) return;
    hg__page_begin_figure(to);
    hg__svg_bars(to, "Error of rows held out", "The mean squared error of each model.", bar, n);
    hg__page_end_figure(
        to, "Mean squared error of a number. Shorter is better; lines: 95 %% intervals over "
            "seeds and rows.");
}

static void add_models(hg__page *to, const hg__contest *c) {
    const char *column[MOST_COLUMNS] = {"model", "code", "parameters", "error", "95 % from", "to"};
    int32_t shown[MOST_COLUMNS], columns = 6, digits;
    for (int32_t i = 0; columns < MOST_COLUMNS && i < hg__contest_measures(); i++) {
        const char *title = hg__contest_measure_name(c, i);
        if (!title) continue;
        shown[columns] = i;
        column[columns++] = title;
    }
    hg__page_begin_table(to, "Means over the seeds", column, columns, ~1ULL);
    for (int32_t i = 0; i < c->contestants; i++) {
        const hg__contestant *k = &c->contestant[i];
        hg__page_row(to);
        hg__page_cell(to, "%s", k->name);
        hg__page_cell(to, k->code ? "%d" : "–", (int)k->code);
        hg__page_cell(to, "%lld", (long long)k->parameters);
        hg__page_cell(to, isfinite(k->error.mean) ? "%.6f" : "–", k->error.mean);
        hg__page_cell(to, isfinite(k->error.low) ? "%.6f" : "–", k->error.low);
        hg__page_cell(to, isfinite(k->error.high) ? "%.6f" : "–", k->error.high);
        for (int32_t q = 6; q < columns; q++) {
            const double x = hg__contest_value(c, k, shown[q], &digits);
            hg__page_cell(to, isfinite(x) ? "%.*f" : "–", digits, x);
        }
    }
    hg__page_end_table(to);
    for (int32_t i = 0; i < c->contestants; i++) {
        const hg__contestant *k = &c->contestant[i];
        if (*k->lost) hg__page_note(to, "%s: %s", k->name, k->lost);
    }
}

static void add_pairs(hg__page *to, const hg__contest *c) {
    const char *const column[] = {"one", "other",    "difference of errors", "95 % from",
                                  "to",  "p (Holm)", "means something"};
    if (!c->pairs) return;
    hg__page_section(to, "differences", "Which differences mean something");
    hg__page_paragraph(
        to,
        "Row by row and seed by seed, one's error minus the other's; p is that of no difference "
        "at all, corrected for the number of pairs. Below 0.05 the difference means something.");
    hg__page_begin_table(to, "Two models each", column, 7, 0x3C);
    for (int32_t i = 0; i < c->pairs && i < MOST_PAIRS; i++) {
        const hg__contest_pair *p = &c->pair[i];
        hg__page_row(to);
        hg__page_cell(to, "%s", c->contestant[p->a].name);
        hg__page_cell(to, "%s", c->contestant[p->b].name);
        hg__page_cell(to, isfinite(p->difference.mean) ? "%+.6f" : "–", p->difference.mean);
        hg__page_cell(to, isfinite(p->difference.low) ? "%+.6f" : "–", p->difference.low);
        hg__page_cell(to, isfinite(p->difference.high) ? "%+.6f" : "–", p->difference.high);
        hg__page_cell(to, isfinite(p->p) ? "%.3g" : "–", p->p);
        hg__page_cell(to, "%s", !isfinite(p->p) ? "not known" : p->p < 0.05 ? "yes" : "no");
    }
    hg__page_end_table(to);
    if (c->pairs > MOST_PAIRS) {
        hg__page_note(to, "And %d pairs more.", (int)(c->pairs - MOST_PAIRS));
    }
}

static void add_specs(hg__page *to, const hg__contest *c) {
    const char *const column[] = {"model", "network", "options of its own"};
    hg__page_section(to, "networks", "What they are");
    hg__page_begin_table(to, "Networks and options", column, 3, 0);
    for (int32_t i = 0; i < c->contestants; i++) {
        const hg__contestant *k = &c->contestant[i];
        hg__page_row(to);
        hg__page_cell(to, "%s", k->name);
        hg__page_cell(to, "%s",
                      k->kind == HG_MEAN_ROW ? "the mean of the training rows, whatever comes in"
                                             : k->spec);
        hg__page_cell(to, "%s", k->options);
    }
    hg__page_end_table(to);
}

int hg__contest_page_save(const hg__contest *c, hg_error *err) {
    hg__page page = {0};
    hg__text sentence = {0};
    char title[300], fingerprint[32];
    if (!*c->o->values.page) return HG_OK;
    hg__contest_conclude(c, &sentence);
    snprintf(title, sizeof title, "%.200s: models compared", c->data);
    const hg__page_head head = {title, sentence.data ? sentence.data : ""};
    hg__page_section(&page, "models", "Side by side");
    hg__page_begin_list(&page, true);
    hg__page_fact(&page, "Rows learned from", "%lld", (long long)c->rows);
    hg__page_fact(&page, "Held out", "%lld", (long long)c->held);
    hg__page_fact(&page, "Numbers a row", "%d", (int)c->width);
    hg__page_fact(&page, "Seeds", "%d", (int)c->seeds);
    hg__page_end_list(&page);
    hg__page_paragraph(
        &page,
        "Each model learns the same rows for as long (%s), with seeds from %lld on; rows held out "
        "choose nothing.",
        c->budget, (long long)c->first_seed);
    add_bars(&page, c);
    add_models(&page, c);
    add_pairs(&page, c);
    add_specs(&page, c);
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)c->fingerprint);
    const int code = hg__job_page_save(&page, c->o, &head, NULL, fingerprint, err);
    hg__page_clear(&page);
    hg__text_clear(&sentence);
    return code;
}
