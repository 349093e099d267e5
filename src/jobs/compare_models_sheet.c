// SPDX-License-Identifier: Apache-2.0
// compare_models_sheet.c - models side by side as a table to read, as JSON, and as CSV with a line a run.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/show.h"
#include "csv/cell.h"
#include "jobs/compare_models.h"

enum { NAME = 16, TOLD_PAIRS = 12 };
static const double level = 0.05;

// ---- figures of one run ---------------------------------------------------------------------------

static double error_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->error;
}

static double explained_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->explained;
}

static double elbo_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->neg_elbo;
}

static double trust_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->quality.trustworthiness;
}

static double continuity_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->quality.continuity;
}

static double dimension_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->quality.effective_dimension;
}

static double active_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->quality.active_units;
}

static double knn_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->quality.knn_accuracy;
}

static double probe_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return f->quality.probe_accuracy;
}

static double fit_of(const hg__contest *c, const hg__contest_figure *f) {
    (void)c;
    return isfinite(f->error) ? f->fit : (double)NAN;
}

static double rate_of(const hg__contest *c, const hg__contest_figure *f) {
    return f->measure > 0 ? (double)c->held / f->measure : (double)NAN;
}

// title: above the column of the table, "" where it has none of its own. key: of JSON and CSV. is_time: other in every run.
static const struct measure {
    const char *title, *key;
    int digits; // behind the point
    bool is_time;
    double (*of)(const hg__contest *c, const hg__contest_figure *f);
} measures[] = {
    {"",          "error",               6, false, error_of     },
    {"explained", "explained_variance",  4, false, explained_of },
    {"-ELBO",     "neg_elbo",            2, false, elbo_of      },
    {"k-NN",      "knn_accuracy",        4, false, knn_of       },
    {"probe",     "probe_accuracy",      4, false, probe_of     },
    {"trust",     "trustworthiness",     4, false, trust_of     },
    {"contin.",   "continuity",          4, false, continuity_of},
    {"eff. dim",  "effective_dimension", 1, false, dimension_of },
    {"active",    "active_units",        0, false, active_of    },
    {"fit s",     "fit_seconds",         2, true,  fit_of       },
    {"rows/s",    "rows_per_second",     0, true,  rate_of      },
};
enum { MEASURES = sizeof measures / sizeof *measures, FIRST = 1 };

// Over the seeds; NaN where one has none.
static double mean_of(const hg__contest *c, const hg__contestant *k, int32_t measure) {
    double sum = 0;
    for (int32_t s = 0; s < c->seeds; s++) sum += measures[measure].of(c, &k->figure[s]) / c->seeds;
    return sum;
}

static bool is_shown(const hg__contest *c, int32_t measure) {
    for (int32_t i = 0; i < c->contestants; i++) {
        if (isfinite(mean_of(c, &c->contestant[i], measure))) return true;
    }
    return false;
}

// ---- what the differences say ---------------------------------------------------------------------

// PCA with the same size of code; NULL where there is none, and for no code.
static const hg__contestant *pca_for(const hg__contest *c, const hg__contestant *k) {
    for (int32_t i = 0; k->code > 0 && i < c->contestants; i++) {
        const hg__contestant *other = &c->contestant[i];
        if (other->kind == HG_SOLVED && other->code == k->code) return other;
    }
    return NULL;
}

// The mean row has the only PCA there is.
static double share_of_pca(const hg__contest *c, const hg__contestant *k) {
    const hg__contestant *pca = pca_for(c, k);
    return pca ? k->error.mean / pca->error.mean : (double)NAN;
}

static void add_best(const hg__contest *c, hg__text *t) {
    const hg__contestant *best = NULL;
    for (int32_t i = 1; i < c->contestants; i++) {
        const hg__contestant *k = &c->contestant[i];
        if (!isfinite(k->error.mean)) continue;
        if (!best || k->error.mean < best->error.mean) best = k;
    }
    if (!best) return;
    const double share = share_of_pca(c, best);
    hg__text_add(t, "Lowest error: %s, %.6f", best->name, best->error.mean);
    if (best->kind != HG_SOLVED && isfinite(share)) {
        hg__text_add(t, ", %.3f of that of PCA with as many numbers", share);
    }
    hg__text_add(t, ".");
}

static int32_t count_alike(const hg__contest *c) {
    int32_t alike = 0;
    for (int32_t i = 0; i < c->pairs; i++) alike += c->pair[i].p >= level;
    return alike;
}

static void add_alike(const hg__contest *c, hg__text *t) {
    const int32_t alike = count_alike(c);
    int32_t told = 0;
    if (c->pairs == 0) return;
    if (!alike) {
        hg__text_add(t, c->pairs == 1 ? " The difference means something."
                                      : " All differences mean something.");
        return;
    }
    hg__text_add(t, " Not to be told apart: ");
    for (int32_t i = 0; i < c->pairs && told < TOLD_PAIRS; i++) {
        const hg__contest_pair *p = &c->pair[i];
        if (!(p->p >= level)) continue;
        hg__text_add(t, "%s%s and %s", told++ ? "; " : "", c->contestant[p->a].name,
                     c->contestant[p->b].name);
    }
    if (alike > told) hg__text_add(t, "; and %d pairs more", (int)(alike - told));
    hg__text_add(t, alike == c->pairs ? "." : ". All other differences mean something.");
}

void hg__contest_conclude(const hg__contest *c, hg__text *t) {
    add_best(c, t);
    add_alike(c, t);
}

int32_t hg__contest_measures(void) {
    return MEASURES - FIRST;
}

const char *hg__contest_measure_name(const hg__contest *c, int32_t i) {
    return is_shown(c, FIRST + i) ? measures[FIRST + i].title : NULL;
}

double hg__contest_value(const hg__contest *c, const hg__contestant *k, int32_t i, int *digits) {
    *digits = measures[FIRST + i].digits;
    return mean_of(c, k, FIRST + i);
}

static void add_method(const hg__contest *c, hg__text *t) {
    if (c->seeds > 1) {
        hg__text_add(t,
                     "Intervals of 95 %% by Student's t, from the spread between seeds and between "
                     "rows (Welch-Satterthwaite); ");
    } else {
        hg__text_add(t,
                     "One seed: intervals of 95 %% by Student's t, of these weights on other rows; "
                     "other weights (seeds=) may differ more; ");
    }
    hg__text_add(t, "differences are paired by seed and row, and mean something at 5 %% after "
                    "Holm's correction over all pairs.");
}

// ---- a table to read ------------------------------------------------------------------------------

static void add_cell(hg__text *t, double x, int width, int digits) {
    if (isfinite(x)) {
        hg__text_add(t, " %*.*f", width, digits, x);
    } else {
        hg__text_add(t, " %*s", width, "-");
    }
}

static void add_titles(const hg__contest *c, hg__text *t) {
    hg__text_add(t, "%-*s %6s %10s %10s %21s %7s", NAME, "model", "code", "parameters", "error",
                 "95 %", "of PCA");
    for (int32_t i = FIRST; i < MEASURES; i++) {
        if (is_shown(c, i)) hg__text_add(t, " %9s", measures[i].title);
    }
    hg__text_add(t, "\n");
}

static void add_row(const hg__contest *c, const hg__contestant *k, hg__text *t) {
    hg__text_add(t, "%-*s ", NAME, k->name);
    if (k->code > 0) {
        hg__text_add(t, "%6d", (int)k->code);
    } else {
        hg__text_add(t, "%6s", "-");
    }
    hg__text_add(t, " %10lld", (long long)k->parameters);
    add_cell(t, k->error.mean, 10, 6);
    add_cell(t, k->error.low, 10, 6);
    add_cell(t, k->error.high, 10, 6);
    add_cell(t, share_of_pca(c, k), 7, 3);
    for (int32_t i = FIRST; i < MEASURES; i++) {
        if (is_shown(c, i)) add_cell(t, mean_of(c, k, i), 9, measures[i].digits);
    }
    hg__text_add(t, "\n");
}

// What a name stands for, where it does not say so itself.
static void add_legend(const hg__contest *c, hg__text *t) {
    for (int32_t i = 1; i < c->contestants; i++) {
        const hg__contestant *k = &c->contestant[i];
        if (k->kind == HG_SOLVED) continue;
        hg__text_add(t, "%-*s ", NAME, k->name);
        if (k->kind == HG_READ) hg__text_add(t, "read from %s: ", k->model);
        hg__text_add(t, "%s%s%s\n", k->spec, *k->options ? "; " : "", k->options);
        if (*k->lost) hg__text_add(t, "%-*s %s\n", NAME, "", k->lost);
    }
}

void hg__contest_format(const hg__contest *c, hg__text *out) {
    hg__text_add(out, "%s: %lld rows of %d numbers to learn from, %lld held out%s\n", c->data,
                 (long long)c->rows, (int)c->width, (long long)c->held,
                 c->has_same_rows ? ""
                 : c->is_noisy    ? ", with other noise for each seed"
                                  : ", others for each seed");
    hg__text_add(out,
                 "%d seed%s, %s each; weights are those that training ends with; error is the "
                 "mean square of a number%s%s.\n\n",
                 (int)c->seeds, c->seeds == 1 ? "" : "s", c->budget,
                 c->is_table ? " as the table is encoded" : "",
                 c->is_noisy ? ", of noisy rows against the clean ones" : "");
    add_titles(c, out);
    for (int32_t i = 0; i < c->contestants; i++) add_row(c, &c->contestant[i], out);
    hg__text_add(out, "\n");
    add_legend(c, out);
    hg__text_add(out, "\n");
    add_best(c, out);
    add_alike(c, out);
    hg__text_add(out, "\n");
    add_method(c, out);
    hg__text_add(out, "\n");
}

// ---- for programs ---------------------------------------------------------------------------------

static const char *const kind_name[] = {
    [HG_MEAN_ROW] = "mean", [HG_SOLVED] = "pca", [HG_TRAINED] = "trained", [HG_READ] = "read"};

static void add_json_model(const hg__contest *c, const hg__contestant *k, hg__json_writer *w) {
    hg__json_break(w, 4);
    hg__json_begin(w, NULL, '{');
    hg__json_add_text(w, "name", k->name);
    hg__json_add_text(w, "kind", kind_name[k->kind]);
    hg__json_add_text(w, "model", k->model);
    if (*k->options) hg__json_add_text(w, "options", k->options);
    hg__json_add_text(w, "spec", k->spec);
    hg__json_add_integer(w, "code", k->code);
    hg__json_add_integer(w, "parameters", k->parameters);
    hg__json_add_real(w, "error", 9, k->error.mean);
    hg__json_add_real(w, "low", 9, k->error.low);
    hg__json_add_real(w, "high", 9, k->error.high);
    hg__json_add_real(w, "of_pca", 9, share_of_pca(c, k));
    for (int32_t i = FIRST; i < MEASURES; i++) {
        if (!is_shown(c, i)) continue;
        if (measures[i].is_time) {
            hg__json_add_fixed(w, measures[i].key, 4, mean_of(c, k, i));
        } else {
            hg__json_add_real(w, measures[i].key, 9, mean_of(c, k, i));
        }
    }
    if (*k->lost) hg__json_add_text(w, "lost", k->lost);
    hg__json_end(w, '}');
}

static void add_json_pair(const hg__contest *c, const hg__contest_pair *p, hg__json_writer *w) {
    hg__json_break(w, 4);
    hg__json_begin(w, NULL, '{');
    hg__json_add_text(w, "a", c->contestant[p->a].name);
    hg__json_add_text(w, "b", c->contestant[p->b].name);
    hg__json_add_real(w, "difference", 9, p->difference.mean);
    hg__json_add_real(w, "low", 9, p->difference.low);
    hg__json_add_real(w, "high", 9, p->difference.high);
    hg__json_add_real(w, "p", 6, p->p);
    hg__json_end(w, '}');
}

static void add_json_sentence(const hg__contest *c, hg__json_writer *w, hg__text *out) {
    hg__text text = {0};
    add_best(c, &text);
    add_alike(c, &text);
    if (text.failed || !text.data) {
        out->failed = out->failed || text.failed;
    } else {
        hg__json_break(w, 2);
        hg__json_add_text(w, "sentence", text.data);
    }
    hg__text_clear(&text);
}

void hg__contest_format_json(const hg__contest *c, hg__text *out) {
    hg__json_writer w = {.to = out, .is_spaced = true};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_text(&w, "data", c->data);
    hg__json_add_integer(&w, "rows", c->rows);
    hg__json_add_integer(&w, "held_out", c->held);
    hg__json_add_integer(&w, "width", c->width);
    hg__json_add_integer(&w, "seeds", c->seeds);
    hg__json_add_text(&w, "budget", c->budget);
    hg__json_break(&w, 2);
    hg__json_begin(&w, "models", '[');
    for (int32_t i = 0; i < c->contestants; i++) add_json_model(c, &c->contestant[i], &w);
    hg__json_end(&w, ']');
    hg__json_break(&w, 2);
    hg__json_begin(&w, "pairs", '[');
    for (int32_t i = 0; i < c->pairs; i++) add_json_pair(c, &c->pair[i], &w);
    hg__json_end(&w, ']');
    add_json_sentence(c, &w, out);
    hg__json_end(&w, '}');
    hg__text_add(out, "\n");
}

void hg__contest_format_csv(const hg__contest *c, hg__text *out) {
    hg__text_add(out, "model,seed,kind,code,parameters,epochs");
    for (int32_t i = 0; i < MEASURES; i++) {
        if (is_shown(c, i)) hg__text_add(out, ",%s", measures[i].key);
    }
    hg__text_add(out, "\n");
    for (int32_t s = 0; s < c->seeds; s++) {
        for (int32_t i = 0; i < c->contestants; i++) {
            const hg__contestant *k = &c->contestant[i];
            hg__text_add_csv(out, k->name, strlen(k->name), ',');
            hg__text_add(out, ",%lld,%s,%d,%lld,%d", (long long)c->first_seed + s,
                         kind_name[k->kind], (int)k->code, (long long)k->parameters,
                         (int)k->figure[s].epochs);
            for (int32_t m = 0; m < MEASURES; m++) {
                if (!is_shown(c, m)) continue;
                const double x = measures[m].of(c, &k->figure[s]);
                hg__text_add(out, isfinite(x) ? ",%.9g" : ",", x);
            }
            hg__text_add(out, "\n");
        }
    }
}
