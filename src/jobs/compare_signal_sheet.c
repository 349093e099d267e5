// SPDX-License-Identifier: Apache-2.0
// compare_signal_sheet.c - detectors of recordings side by side: a table to read, JSON, and CSV with a line a run.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/show.h"
#include "csv/cell.h"
#include "jobs/compare_signal.h"

const char *const hg__signal_measure_names[HG_SIGNAL_MEASURES] = {
    "VUS-PR", "VUS-ROC", "AUROC", "average precision", "best F1", "event F1"};
static const char *const key[HG_SIGNAL_MEASURES] = {"vus_pr", "vus_roc", "auroc",
                                                    "ap",     "best_f1", "event_f1"};
enum { VUS_PR };

const char *hg__signal_method_name(int32_t method) {
    return method ? hg__window_detector_name(method - 1) : "model";
}

const char *hg__signal_method_title(int32_t method) {
    return method ? hg__window_detector_title(method - 1) : "the model";
}

static const hg__signal_figure *figure_of(const hg__signal_comparison *c, int32_t set, int32_t seed,
                                          int32_t method) {
    return &c->set[set].figure[(ptrdiff_t)seed * HG_SIGNAL_METHODS + method];
}

double hg__signal_figure_mean(const hg__signal_comparison *c, int32_t set, int32_t method,
                              int32_t measure) {
    double sum = 0;
    int32_t count = 0;
    for (int32_t s = set < 0 ? 0 : set; s <= (set < 0 ? c->sets - 1 : set); s++) {
        double own = 0;
        for (int32_t i = 0; i < c->seeds; i++) own += figure_of(c, s, i, method)->of[measure];
        if (!isfinite(own)) continue;
        sum += own / c->seeds;
        count++;
    }
    return count ? sum / count : (double)NAN;
}

bool hg__signal_method_says(const hg__signal_comparison *c, int32_t method) {
    return isfinite(hg__signal_figure_mean(c, -1, method, VUS_PR));
}

int32_t hg__signal_best(const hg__signal_comparison *c, int32_t set, int32_t measure) {
    int32_t best = -1;
    double most = -1;
    for (int32_t m = 0; m < HG_SIGNAL_METHODS; m++) {
        const double x = hg__signal_figure_mean(c, set, m, measure);
        if (!(x > most)) continue;
        most = x;
        best = m;
    }
    return best;
}

// The mean over sets of the place by VUS-PR, 1 is best, equals share theirs.
static double rank_of(const hg__signal_comparison *c, int32_t method) {
    double sum = 0;
    for (int32_t s = 0; s < c->sets; s++) {
        const double own = hg__signal_figure_mean(c, s, method, VUS_PR);
        sum += 1;
        for (int32_t m = 0; m < HG_SIGNAL_METHODS; m++) {
            const double other = hg__signal_figure_mean(c, s, m, VUS_PR);
            if (m != method && isfinite(other)) sum += other > own ? 1 : other < own ? 0 : 0.5;
        }
    }
    return sum / c->sets;
}

// ---- sentences ----------------------------------------------------------------------------------

void hg__signal_comparison_protocol(const hg__signal_comparison *c, char *text, size_t size) {
    char seeds[60] = "";
    if (c->seeds > 1) snprintf(seeds, sizeof seeds, "; means over %d seeds", (int)c->seeds);
    if (c->is_named && c->set[0].trained) {
        snprintf(text, size,
                 "The first rows train, as file names say, what is behind is the test%s.", seeds);
        return;
    }
    snprintf(text, size,
             c->set[0].trained
                 ? "The first half of the normal steps of %s trains, what is behind it is the "
                   "test%s."
                 : "data= trains, %s of test= %s%s.",
             c->set[0].trained ? (c->sets > 1 ? "each recording" : "the recording")
                               : (c->sets > 1 ? "the recordings" : "the recording"),
             c->set[0].trained ? seeds : (c->sets > 1 ? "are the test" : "is the test"), seeds);
}

void hg__signal_comparison_conclude(const hg__signal_comparison *c, char *text, size_t size) {
    const int32_t best = hg__signal_best(c, -1, VUS_PR);
    const char *these = c->sets > 1 ? "these recordings" : "this recording";
    const char *model = c->is_chosen ? "the detectors that were chosen, together" : "the default";
    if (best < 0) {
        snprintf(text, size, "None could be measured.");
    } else if (best == 0) {
        snprintf(text, size, "None ranks %s better than %s: VUS-PR %.4f.", these, model,
                 hg__signal_figure_mean(c, -1, 0, VUS_PR));
    } else {
        snprintf(text, size,
                 "%s ranks %s better than %s: VUS-PR %.4f against %.4f. Train with detectors=%s to "
                 "have it.",
                 hg__signal_method_title(best), these, model,
                 hg__signal_figure_mean(c, -1, best, VUS_PR),
                 hg__signal_figure_mean(c, -1, 0, VUS_PR), hg__signal_method_name(best));
        if (text[0] >= 'a' && text[0] <= 'z') text[0] = (char)(text[0] - 'a' + 'A');
    }
}

// ---- a table to read ------------------------------------------------------------------------------

// What is best is marked.
static void add_figure(hg__text *t, double x, bool is_best) {
    if (isfinite(x)) {
        hg__text_add(t, " %8.4f%s", x, is_best ? "*" : " ");
    } else {
        hg__text_add(t, " %8s ", "-");
    }
}

static void show_name(const hg__compared_signal *set, char name[sizeof set->name]) {
    snprintf(name, sizeof set->name, "%s", set->name);
    hg__clean(name);
}

static void add_methods(const hg__signal_comparison *c, hg__text *t) {
    static const char *const title[HG_SIGNAL_MEASURES] = {"VUS-PR", "VUS-ROC", "AUROC",
                                                          "AP",     "best F1", "event F1"};
    int32_t best[HG_SIGNAL_MEASURES];
    hg__text_add(t, "%-21s", "method");
    for (int32_t k = 0; k < HG_SIGNAL_MEASURES; k++) {
        best[k] = hg__signal_best(c, -1, k);
        hg__text_add(t, " %8s ", title[k]);
    }
    hg__text_add(t, "%s\n", c->sets > 1 ? "   rank" : "");
    for (int32_t m = 0; m < HG_SIGNAL_METHODS; m++) {
        if (!hg__signal_method_says(c, m)) continue;
        hg__text_add(t, "%-21s", hg__signal_method_title(m));
        for (int32_t k = 0; k < HG_SIGNAL_MEASURES; k++) {
            add_figure(t, hg__signal_figure_mean(c, -1, m, k), best[k] == m);
        }
        if (c->sets > 1) hg__text_add(t, " %6.2f", rank_of(c, m));
        hg__text_add(t, "\n");
    }
}

// A line a recording: of the model, and of who is best.
static void add_sets(const hg__signal_comparison *c, hg__text *t) {
    hg__text_add(t, "%-28s %8s %9s %9s %9s  %s\n", "VUS-PR", "normal", "anomalies", "the model",
                 "best", "which is");
    for (int32_t s = 0; s < c->sets; s++) {
        const hg__compared_signal *set = &c->set[s];
        const int32_t best = hg__signal_best(c, s, VUS_PR);
        char name[sizeof set->name];
        show_name(set, name);
        hg__text_add(t, "%-28.28s %8lld %9lld %9.4f %9.4f  %s\n", name, (long long)set->normal,
                     (long long)set->anomalies, hg__signal_figure_mean(c, s, 0, VUS_PR),
                     hg__signal_figure_mean(c, s, best, VUS_PR), hg__signal_method_title(best));
    }
    hg__text_add(t, "\n");
}

void hg__signal_comparison_format(const hg__signal_comparison *c, hg__text *out) {
    char sentence[512];
    if (c->sets > 1) add_sets(c, out);
    if (c->sets == 1) {
        const hg__compared_signal *s = &c->set[0];
        char name[sizeof s->name];
        show_name(s, name);
        hg__text_add(out, "%s: %lld normal steps and %lld anomalies; VUS over windows of 0 to %d\n",
                     name, (long long)s->normal, (long long)s->anomalies, (int)s->window);
    }
    hg__signal_comparison_protocol(c, sentence, sizeof sentence);
    hg__text_add(out, "%s\n\n", sentence);
    add_methods(c, out);
    hg__signal_comparison_conclude(c, sentence, sizeof sentence);
    hg__text_add(out, "\n%s\n", sentence);
}

// ---- for programs ---------------------------------------------------------------------------------

static void add_json_methods(const hg__signal_comparison *c, int32_t set, hg__json_writer *w) {
    hg__json_begin(w, "methods", '[');
    for (int32_t m = 0; m < HG_SIGNAL_METHODS; m++) {
        if (!hg__signal_method_says(c, m)) continue;
        hg__json_break(w, 6);
        hg__json_begin(w, NULL, '{');
        hg__json_add_text(w, "name", hg__signal_method_name(m));
        for (int32_t k = 0; k < HG_SIGNAL_MEASURES; k++) {
            const double x = hg__signal_figure_mean(c, set, m, k);
            if (isfinite(x)) hg__json_add_real(w, key[k], 9, x);
        }
        hg__json_end(w, '}');
    }
    hg__json_end(w, ']');
}

static void add_json_set(const hg__signal_comparison *c, int32_t s, hg__json_writer *w) {
    const hg__compared_signal *set = &c->set[s];
    hg__json_break(w, 4);
    hg__json_begin(w, NULL, '{');
    hg__json_add_text(w, "name", set->name);
    if (set->trained) hg__json_add_integer(w, "trained", set->trained);
    hg__json_add_integer(w, "normal", set->normal);
    hg__json_add_integer(w, "anomalies", set->anomalies);
    hg__json_add_integer(w, "vus_window", set->window);
    add_json_methods(c, s, w);
    hg__json_end(w, '}');
}

void hg__signal_comparison_format_json(const hg__signal_comparison *c, hg__text *out) {
    char sentence[512];
    hg__json_writer w = {.to = out, .is_spaced = true};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "seeds", c->seeds);
    hg__json_break(&w, 2);
    hg__json_begin(&w, "sets", '[');
    for (int32_t s = 0; s < c->sets; s++) add_json_set(c, s, &w);
    hg__json_end(&w, ']');
    hg__json_break(&w, 2);
    hg__json_begin(&w, "mean", '{');
    add_json_methods(c, -1, &w);
    hg__json_end(&w, '}');
    hg__json_break(&w, 2);
    hg__signal_comparison_conclude(c, sentence, sizeof sentence);
    hg__json_add_text(&w, "sentence", sentence);
    hg__json_end(&w, '}');
    hg__text_add(out, "\n");
}

void hg__signal_comparison_format_csv(const hg__signal_comparison *c, hg__text *out) {
    hg__text_add(out, "set,seed,method");
    for (int32_t k = 0; k < HG_SIGNAL_MEASURES; k++) hg__text_add(out, ",%s", key[k]);
    hg__text_add(out, "\n");
    for (int32_t s = 0; s < c->sets; s++) {
        for (int32_t i = 0; i < c->seeds * HG_SIGNAL_METHODS; i++) {
            const hg__signal_figure *f = &c->set[s].figure[i];
            if (!hg__signal_method_says(c, i % HG_SIGNAL_METHODS)) continue;
            hg__text_add_csv(out, c->set[s].name, strlen(c->set[s].name), ',');
            hg__text_add(out, ",%lld,%s", (long long)c->first_seed + i / HG_SIGNAL_METHODS,
                         hg__signal_method_name(i % HG_SIGNAL_METHODS));
            for (int32_t k = 0; k < HG_SIGNAL_MEASURES; k++) {
                hg__text_add(out, ",");
                if (isfinite(f->of[k])) hg__text_add(out, "%.9g", f->of[k]);
            }
            hg__text_add(out, "\n");
        }
    }
}
