// SPDX-License-Identifier: Apache-2.0
// compare_page.c - detectors side by side, as a page: bars with intervals, tables, seconds.
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "jobs/pages.h"
#include "report/svg.h"

static const struct {
    const char *name, *id, *sense;
    size_t offset;
} measures[] = {
    {"AUROC",             "auroc",     "Mean AUROC of each method.",             offsetof(hg__figure, auroc)},
    {"Average precision", "precision", "Mean average precision of each method.",
     offsetof(hg__figure,                                                                             ap)   },
};
enum { MEASURES = 2 };

// 97.5 % of Student's distribution with so many degrees of freedom lie below it.
static double student_95(int32_t freedom) {
    static const double known[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306,
                                   2.262,  2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
                                   2.110,  2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064,
                                   2.060,  2.056, 2.052, 2.048, 2.045, 2.042};
    const int32_t most = sizeof known / sizeof *known;
    if (freedom < 1) return (double)NAN;
    return freedom <= most ? known[freedom - 1] : 1.96 + 2.5 / freedom; // to 0.002
}

// The interval of Student's t that covers the mean over seeds: what other seeds would have given.
static void find_interval(const hg__comparison *c, int32_t method, size_t offset, hg__bar *bar) {
    const double mean = bar->value, spread = hg__figure_spread(c, 0, method, offset);
    if (c->sets > 1 || !isfinite(spread)) return;
    const double half = student_95(c->seeds - 1) * spread / sqrt(c->seeds);
    bar->low = fmax(mean - half, 0);
    bar->high = fmin(mean + half, 1);
}

static void add_bars(hg__page *to, const hg__comparison *c, int32_t k) {
    hg__bar bar[HG_MAX_METHODS] = {0};
    for (int32_t m = 0; m < c->methods; m++) {
        bar[m] = (hg__bar){c->method[m].name, hg__figure_mean(c, -1, m, measures[k].offset),
                           (double)NAN, (double)NAN, m ? 2 : 1};
        find_interval(c, m, measures[k].offset, &bar[m]);
    }
    hg__page_begin_figure(to);
    hg__svg_bars(to, measures[k].name, measures[k].sense, bar, c->methods);
    hg__page_end_figure(to, "%s",
                        isfinite(bar[0].low)
                            ? "Longer is better. Lines: 95 % intervals of the mean over seeds."
                            : "Longer is better.");
}

static void add_methods(hg__page *to, const hg__comparison *c) {
    const char *const column[] = {
        "method", "AUROC",          "± (seeds)",       "rank", "average precision", "± (seeds)",
        "rank",   "seconds to fit", "seconds to score"};
    hg__page_begin_table(to, "Means; ± is the standard deviation between seeds; rank 1 is best",
                         column, 9, 0x1FE);
    for (int32_t m = 0; m < c->methods; m++) {
        hg__page_row(to);
        hg__page_cell(to, "%s", c->method[m].name);
        for (int32_t k = 0; k < MEASURES; k++) {
            const size_t offset = measures[k].offset;
            const double spread = c->sets == 1 ? hg__figure_spread(c, 0, m, offset) : (double)NAN;
            hg__page_cell(to, "%.4f", hg__figure_mean(c, -1, m, offset));
            hg__page_cell(to, isfinite(spread) ? "%.4f" : "–", spread);
            hg__page_cell(to, "%.2f", hg__figure_rank(c, -1, m, offset));
        }
        hg__page_cell(to, "%.3f", hg__figure_mean(c, -1, m, offsetof(hg__figure, fit)));
        hg__page_cell(to, "%.3f", hg__figure_mean(c, -1, m, offsetof(hg__figure, score)));
    }
    hg__page_end_table(to);
}

static void add_sets(hg__page *to, const hg__comparison *c, int32_t k) {
    const char *column[4 + HG_MAX_METHODS] = {"table", "rows", "columns", "anomalies"};
    for (int32_t m = 0; m < c->methods; m++) column[4 + m] = c->method[m].name;
    hg__page_section(to, measures[k].id, measures[k].name);
    hg__page_begin_table(to, measures[k].sense, column, 4 + c->methods, ~1ULL);
    for (int32_t s = 0; s < c->sets; s++) {
        const hg__compared_table *set = &c->set[s];
        hg__page_row(to);
        hg__page_cell(to, "%s", set->name);
        hg__page_cell(to, "%lld", (long long)set->rows);
        hg__page_cell(to, "%d", (int)set->columns);
        hg__page_cell(to, "%lld", (long long)set->anomalies);
        for (int32_t m = 0; m < c->methods; m++) {
            hg__page_cell(to, "%.4f", hg__figure_mean(c, s, m, measures[k].offset));
        }
    }
    hg__page_end_table(to);
}

int hg__compare_page_save(const hg__comparison *c, const hg_options *o, hg_error *err) {
    char sentence[512], title[300];
    hg__page page = {0};
    if (!*o->values.page) return HG_OK;
    if (c->sets == 1) {
        snprintf(title, sizeof title, "%s: detectors compared", c->set[0].name);
    } else {
        snprintf(title, sizeof title, "Detectors compared on %d tables", (int)c->sets);
    }
    hg__comparison_conclude(c, sentence, sizeof sentence);
    const hg__page_head head = {title, sentence};
    hg__page_section(&page, "methods", "Side by side");
    hg__page_paragraph(
        &page,
        "Half of the normal rows train, the other half and all anomalies are the test; "
        "means over %d seed%s%s, from seed %lld on.",
        (int)c->seeds, c->seeds == 1 ? "" : "s", c->sets > 1 ? " and all tables" : "",
        (long long)c->first_seed);
    hg__page_begin_list(&page, true);
    if (c->sets == 1) {
        hg__page_fact(&page, "Rows", "%lld", (long long)c->set[0].rows);
        hg__page_fact(&page, "Anomalies", "%lld", (long long)c->set[0].anomalies);
        hg__page_fact(&page, "Columns", "%d", (int)c->set[0].columns);
    } else {
        hg__page_fact(&page, "Tables", "%d", (int)c->sets);
    }
    hg__page_fact(&page, "Seeds", "%d", (int)c->seeds);
    hg__page_end_list(&page);
    hg__page_begin_grid(&page);
    for (int32_t k = 0; k < MEASURES; k++) add_bars(&page, c, k);
    hg__page_end_grid(&page);
    add_methods(&page, c);
    for (int32_t k = 0; c->sets > 1 && k < MEASURES; k++) add_sets(&page, c, k);
    const int code = hg__job_page_save(&page, o, &head, NULL, "", err);
    hg__page_clear(&page);
    return code;
}
