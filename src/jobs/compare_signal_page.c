// SPDX-License-Identifier: Apache-2.0
// compare_signal_page.c - detectors of recordings side by side, as a page: bars and tables.
#include <math.h>
#include <stdio.h>

#include "jobs/compare_signal.h"
#include "jobs/pages.h"
#include "report/svg.h"

static void add_bars(hg__page *to, const hg__signal_comparison *c, int32_t measure,
                     const char *sense) {
    hg__bar bar[HG_SIGNAL_METHODS];
    int32_t bars = 0;
    for (int32_t m = 0; m < HG_SIGNAL_METHODS; m++) {
        const double x = hg__signal_figure_mean(c, -1, m, measure);
        if (!isfinite(x)) continue;
        bar[bars++] = (hg__bar){hg__signal_method_title(m), x, (double)NAN, (double)NAN, m ? 2 : 1};
    }
    if (bars == 0) return;
    hg__page_begin_figure(to);
    hg__svg_bars(to, hg__signal_measure_names[measure], sense, bar, bars);
    hg__page_end_figure(to, "Longer is better.");
}

static void add_methods(hg__page *to, const hg__signal_comparison *c) {
    const char *column[1 + HG_SIGNAL_MEASURES] = {"method"};
    for (int32_t k = 0; k < HG_SIGNAL_MEASURES; k++) column[1 + k] = hg__signal_measure_names[k];
    hg__page_begin_table(to, "The model, each of its detectors alone, and baselines", column,
                         1 + HG_SIGNAL_MEASURES, ~1ULL);
    for (int32_t m = 0; m < HG_SIGNAL_METHODS; m++) {
        if (!hg__signal_method_says(c, m)) continue;
        hg__page_row(to);
        hg__page_cell(to, "%s", hg__signal_method_title(m));
        for (int32_t k = 0; k < HG_SIGNAL_MEASURES; k++) {
            const double x = hg__signal_figure_mean(c, -1, m, k);
            if (isfinite(x)) {
                hg__page_cell(to, "%.4f%s", x, hg__signal_best(c, -1, k) == m ? " ◂" : "");
            } else {
                hg__page_cell(to, "–");
            }
        }
    }
    hg__page_end_table(to);
    hg__page_note(to, "◂ is the best of its column. Only the model has thresholds, and events.");
}

static void add_sets(hg__page *to, const hg__signal_comparison *c) {
    static const char *const column[] = {"recording",           "normal steps", "anomalies",
                                         "VUS-PR of the model", "of the best",  "which is"};
    hg__page_section(to, "recordings", "Recordings");
    hg__page_begin_table(to, "VUS-PR of each recording", column, 6, 0x1E);
    for (int32_t s = 0; s < c->sets; s++) {
        const int32_t best = hg__signal_best(c, s, 0);
        hg__page_row(to);
        hg__page_cell(to, "%s", c->set[s].name);
        hg__page_cell(to, "%lld", (long long)c->set[s].normal);
        hg__page_cell(to, "%lld", (long long)c->set[s].anomalies);
        hg__page_cell(to, "%.4f", hg__signal_figure_mean(c, s, 0, 0));
        hg__page_cell(to, "%.4f", hg__signal_figure_mean(c, s, best, 0));
        hg__page_cell(to, "%s", hg__signal_method_title(best));
    }
    hg__page_end_table(to);
}

int hg__signal_comparison_save_page(const hg__signal_comparison *c, const hg_options *o,
                                    hg_error *err) {
    char sentence[512], title[300];
    hg__page page = {0};
    if (!*o->values.page) return HG_OK;
    if (c->sets == 1) {
        snprintf(title, sizeof title, "%.255s: detectors compared", c->set[0].name);
    } else {
        snprintf(title, sizeof title, "Detectors compared on %d recordings", (int)c->sets);
    }
    hg__page_section(&page, "methods", "Side by side");
    hg__signal_comparison_protocol(c, sentence, sizeof sentence);
    hg__page_paragraph(&page, "%s", sentence);
    hg__page_begin_grid(&page);
    add_bars(&page, c, 0, "Mean volume under the surface of precision and recall of each method.");
    add_bars(&page, c, 2, "Mean area under the ROC curve of each method.");
    hg__page_end_grid(&page);
    add_methods(&page, c);
    if (c->sets > 1) add_sets(&page, c);
    hg__signal_comparison_conclude(c, sentence, sizeof sentence);
    const hg__page_head head = {title, sentence};
    const int code = hg__job_page_save(&page, o, &head, NULL, "", err);
    hg__page_clear(&page);
    return code;
}
