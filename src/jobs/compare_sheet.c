// SPDX-License-Identifier: Apache-2.0
// compare_sheet.c - a comparison as a table to read, as JSON, and as CSV with a line a run.
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/show.h"
#include "csv/cell.h"
#include "jobs/compare.h"

static double value_at(const hg__figure *f, size_t offset) {
    double x;
    memcpy(&x, (const char *)f + offset, sizeof x);
    return x;
}

static const hg__figure *figure_of(const hg__comparison *c, int32_t set, int32_t seed,
                                   int32_t method) {
    return &c->set[set].figure[(ptrdiff_t)seed * c->methods + method];
}

double hg__figure_mean(const hg__comparison *c, int32_t set, int32_t method, size_t offset) {
    double sum = 0;
    if (set < 0) {
        for (int32_t i = 0; i < c->sets; i++) sum += hg__figure_mean(c, i, method, offset);
        return sum / c->sets;
    }
    for (int32_t i = 0; i < c->seeds; i++) sum += value_at(figure_of(c, set, i, method), offset);
    return sum / c->seeds;
}

double hg__figure_spread(const hg__comparison *c, int32_t set, int32_t method, size_t offset) {
    const double mean = hg__figure_mean(c, set, method, offset);
    double sum = 0;
    for (int32_t i = 0; i < c->seeds; i++) {
        const double d = value_at(figure_of(c, set, i, method), offset) - mean;
        sum += d * d;
    }
    return c->seeds > 1 ? sqrt(sum / (c->seeds - 1)) : (double)NAN;
}

double hg__figure_rank(const hg__comparison *c, int32_t set, int32_t method, size_t offset) {
    double rank = 1;
    if (set < 0) {
        double sum = 0;
        for (int32_t i = 0; i < c->sets; i++) sum += hg__figure_rank(c, i, method, offset);
        return sum / c->sets;
    }
    const double own = hg__figure_mean(c, set, method, offset);
    for (int32_t m = 0; m < c->methods; m++) {
        const double other = hg__figure_mean(c, set, m, offset);
        if (m != method) rank += other > own ? 1 : other == own ? 0.5 : 0;
    }
    return rank;
}

static const struct {
    const char *name, *key;
    size_t offset;
} measures[] = {
    {"AUROC",             "auroc", offsetof(hg__figure, auroc)},
    {"average precision", "ap",    offsetof(hg__figure, ap)   },
};
enum { MEASURES = 2 };

// ---- the sentence ---------------------------------------------------------------------------------

static int32_t best_of(const hg__comparison *c, size_t offset) {
    int32_t best = 0;
    for (int32_t m = 1; m < c->methods; m++) {
        if (hg__figure_mean(c, -1, m, offset) > hg__figure_mean(c, -1, best, offset)) best = m;
    }
    return best;
}

// The autoencoder stands first among the methods; where another is better, that is said.
void hg__comparison_conclude(const hg__comparison *c, char *text, size_t size) {
    size_t used = 0;
    text[0] = '\0';
    for (int32_t i = 0; i < MEASURES; i++) {
        const int32_t best = best_of(c, measures[i].offset);
        const double most = hg__figure_mean(c, -1, best, measures[i].offset);
        const double own = hg__figure_mean(c, -1, 0, measures[i].offset);
        int length = snprintf(text + used, size - used, "%sBest by %s: %s (%.4f)", i ? " " : "",
                              measures[i].name, c->method[best].name, most);
        used += length > 0 && (size_t)length < size - used ? (size_t)length : 0;
        length = own < most
                     ? snprintf(text + used, size - used, ", ahead of the autoencoder (%.4f).", own)
                     : snprintf(text + used, size - used, ".");
        used += length > 0 && (size_t)length < size - used ? (size_t)length : 0;
    }
}

// ---- a table to read ------------------------------------------------------------------------------

static void add_spread(hg__text *t, double x) {
    if (isfinite(x)) {
        hg__text_add(t, " %8.4f", x);
    } else {
        hg__text_add(t, " %8s", "-");
    }
}

// A line a method: means over the sets.
static void add_methods(const hg__comparison *c, hg__text *t) {
    const bool one = c->sets == 1;
    hg__text_add(t, "%-12s %8s%s %6s %8s%s %6s %9s %9s\n", "method", "AUROC",
                 one ? "       +-" : "", "rank", "AP", one ? "       +-" : "", "rank", "fit s",
                 "score s");
    for (int32_t m = 0; m < c->methods; m++) {
        hg__text_add(t, "%-12s", c->method[m].name);
        for (int32_t i = 0; i < MEASURES; i++) {
            const size_t offset = measures[i].offset;
            hg__text_add(t, " %8.4f", hg__figure_mean(c, -1, m, offset));
            if (one) add_spread(t, hg__figure_spread(c, 0, m, offset));
            hg__text_add(t, " %6.2f", hg__figure_rank(c, -1, m, offset));
        }
        hg__text_add(t, " %9.3f %9.3f\n", hg__figure_mean(c, -1, m, offsetof(hg__figure, fit)),
                     hg__figure_mean(c, -1, m, offsetof(hg__figure, score)));
    }
}

static void show_name(const hg__compared_table *set, char name[sizeof set->name]) {
    snprintf(name, sizeof set->name, "%s", set->name);
    hg__clean(name);
}

// A line a set, a column a method.
static void add_sets(const hg__comparison *c, int32_t measure, hg__text *t) {
    hg__text_add(t, "%-28s %8s %7s %8s", measures[measure].name, "rows", "columns", "anomalies");
    for (int32_t m = 0; m < c->methods; m++) hg__text_add(t, " %12s", c->method[m].name);
    hg__text_add(t, "\n");
    for (int32_t s = 0; s < c->sets; s++) {
        const hg__compared_table *set = &c->set[s];
        char name[sizeof set->name];
        show_name(set, name);
        hg__text_add(t, "%-28.28s %8lld %7d %9lld", name, (long long)set->rows, set->columns,
                     (long long)set->anomalies);
        for (int32_t m = 0; m < c->methods; m++) {
            hg__text_add(t, " %12.4f", hg__figure_mean(c, s, m, measures[measure].offset));
        }
        hg__text_add(t, "\n");
    }
    hg__text_add(t, "\n");
}

void hg__comparison_format(const hg__comparison *c, hg__text *out) {
    char sentence[512];
    for (int32_t i = 0; c->sets > 1 && i < MEASURES; i++) add_sets(c, i, out);
    if (c->sets == 1) {
        const hg__compared_table *s = &c->set[0];
        char name[sizeof s->name];
        show_name(s, name);
        hg__text_add(out, "%s: %lld rows, %lld of them anomalies; %d columns, %d numbers a row\n",
                     name, (long long)s->rows, (long long)s->anomalies, s->columns, s->width);
    }
    hg__text_add(out,
                 "Half of the normal rows train, the other half and all anomalies are the test; "
                 "means over %d "
                 "seed%s%s.\n\n",
                 c->seeds, c->seeds == 1 ? "" : "s", c->sets > 1 ? " and all tables" : "");
    add_methods(c, out);
    hg__comparison_conclude(c, sentence, sizeof sentence);
    hg__text_add(out, "\n%s\n", sentence);
}

// ---- for programs ---------------------------------------------------------------------------------

static void add_json_method(const hg__comparison *c, int32_t set, int32_t m, hg__json_writer *w) {
    hg__json_break(w, 6);
    hg__json_begin(w, NULL, '{');
    hg__json_add_text(w, "name", c->method[m].name);
    for (int32_t i = 0; i < MEASURES; i++) {
        char rank[32];
        snprintf(rank, sizeof rank, "%s_rank", measures[i].key);
        hg__json_add_real(w, measures[i].key, 9, hg__figure_mean(c, set, m, measures[i].offset));
        hg__json_add_real(w, rank, 9, hg__figure_rank(c, set, m, measures[i].offset));
    }
    hg__json_add_fixed(w, "fit_seconds", 4, hg__figure_mean(c, set, m, offsetof(hg__figure, fit)));
    hg__json_add_fixed(w, "score_seconds", 4,
                       hg__figure_mean(c, set, m, offsetof(hg__figure, score)));
    hg__json_end(w, '}');
}

static void add_json_methods(const hg__comparison *c, int32_t set, hg__json_writer *w) {
    hg__json_begin(w, "methods", '[');
    for (int32_t m = 0; m < c->methods; m++) add_json_method(c, set, m, w);
    hg__json_end(w, ']');
}

static void add_json_set(const hg__comparison *c, int32_t s, hg__json_writer *w) {
    const hg__compared_table *set = &c->set[s];
    hg__json_break(w, 4);
    hg__json_begin(w, NULL, '{');
    hg__json_add_text(w, "name", set->name);
    hg__json_add_integer(w, "rows", set->rows);
    hg__json_add_integer(w, "anomalies", set->anomalies);
    hg__json_add_integer(w, "columns", set->columns);
    hg__json_add_integer(w, "width", set->width);
    add_json_methods(c, s, w);
    hg__json_end(w, '}');
}

void hg__comparison_format_json(const hg__comparison *c, hg__text *out) {
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
    hg__comparison_conclude(c, sentence, sizeof sentence);
    hg__json_break(&w, 2);
    hg__json_add_text(&w, "sentence", sentence);
    hg__json_end(&w, '}');
    hg__text_add(out, "\n");
}

void hg__comparison_format_csv(const hg__comparison *c, hg__text *out) {
    hg__text_add(out, "set,seed,method,auroc,ap,fit_seconds,score_seconds\n");
    for (int32_t s = 0; s < c->sets; s++) {
        for (int32_t i = 0; i < c->seeds; i++) {
            for (int32_t m = 0; m < c->methods; m++) {
                const hg__figure *f = figure_of(c, s, i, m);
                hg__text_add_csv(out, c->set[s].name, strlen(c->set[s].name), ',');
                hg__text_add(out, ",%lld,%s,%.9g,%.9g,%.4f,%.4f\n", (long long)c->first_seed + i,
                             c->method[m].name, f->auroc, f->ap, f->fit, f->score);
            }
        }
    }
}
