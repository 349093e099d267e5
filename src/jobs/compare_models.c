// SPDX-License-Identifier: Apache-2.0
// compare_models.c - the job: models on the same rows, seed by seed, and what the differences mean.
#include "jobs/compare_models.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"

static void clear(hg__contest *c) {
    for (int32_t i = 0; i < c->contestants; i++) hg__free(c->contestant[i].figure);
    hg__free(c->contestant);
    hg__free(c->pair);
    hg__free(c->error);
    hg__free(c->classes);
    hg__free(c->squares);
    hg__paired_clear(&c->paired);
}

static int make_room(hg__contest *c, hg_error *err) {
    const size_t models = (size_t)c->contestants, seeds = (size_t)c->seeds;
    for (int32_t i = 0; i < c->contestants; i++) {
        hg__contest_figure *f = hg__alloc(seeds, sizeof *f, err);
        c->contestant[i].figure = f;
        if (!f) return HG_ERR_MEMORY;
        for (size_t s = 0; s < seeds; s++) {
            f[s] = (hg__contest_figure){.error = (double)NAN,
                                        .explained = (double)NAN,
                                        .neg_elbo = (double)NAN,
                                        .quality = hg__code_quality_unset()};
        }
    }
    c->error = hg__alloc(models * (size_t)c->held, sizeof *c->error, err);
    if (c->error) c->squares = hg__alloc(seeds, sizeof *c->squares, err);
    if (c->squares) c->pair = hg__alloc(models * models, sizeof *c->pair, err);
    if (!c->pair) return HG_ERR_MEMORY;
    return hg__paired_init(&c->paired, c->contestants, c->seeds, c->held, c->has_same_rows, err);
}

static void tell_run(const hg__contest *c, int32_t contestant, int32_t seed) {
    const hg__contestant *k = &c->contestant[contestant];
    const hg__contest_figure *f = &k->figure[seed];
    char line[200];
    snprintf(line, sizeof line, "seed %lld: %s: error %.6g, %.2f s",
             (long long)c->first_seed + seed, k->name, f->error, f->fit);
    hg__tell_detail(c->l, line);
}

// Nothing of it depends on the seed: the same rows, and no weights that are drawn.
static bool is_same_again(const hg__contest *c, const hg__contestant *k, int32_t seed) {
    return seed > 0 && c->has_same_rows && !c->is_table && c->o->values.fraction == 1 &&
           k->kind != HG_TRAINED;
}

static int run_seed(hg__contest *c, int32_t seed, hg_error *err) {
    for (int32_t i = 0; i < c->contestants; i++) {
        hg__contestant *k = &c->contestant[i];
        if (hg__is_stopped(c->l)) return hg__fail(err, HG_ERR_STOPPED, "stopped on request");
        if (is_same_again(c, k, seed)) { // c->error has its rows
            k->figure[seed] = k->figure[seed - 1];
            c->squares[seed] = c->squares[seed - 1];
        } else {
            HG_TRY(hg__contest_run(c, i, seed, err));
        }
        c->runs_done++;
        hg__meter_part(&c->meter, c->runs_done / ((double)c->contestants * c->seeds));
        hg__meter_at(&c->meter, c->runs_done);
        tell_run(c, i, seed);
    }
    hg__paired_add(&c->paired, c->error);
    return HG_OK;
}

// Every two models but the mean row, which is no rival.
static int judge_pairs(hg__contest *c, hg_error *err) {
    const size_t most = (size_t)c->contestants * (size_t)c->contestants;
    double *p = hg__alloc(most, sizeof *p, err);
    int32_t *order = p ? hg__alloc(most, sizeof *order, err) : NULL;
    for (int32_t i = 0; i < c->contestants; i++) {
        c->contestant[i].error = hg__paired_mean(&c->paired, i);
    }
    for (int32_t a = 1; order && a < c->contestants; a++) {
        for (int32_t b = a + 1; b < c->contestants; b++) {
            hg__contest_pair *pair = &c->pair[c->pairs];
            *pair = (hg__contest_pair){a, b, hg__paired_difference(&c->paired, a, b), 0};
            p[c->pairs++] = pair->difference.p;
        }
    }
    if (order) hg__holm(p, order, c->pairs);
    for (int32_t i = 0; order && i < c->pairs; i++) c->pair[i].p = p[i];
    hg__free(order);
    hg__free(p);
    return order ? HG_OK : HG_ERR_MEMORY;
}

static int run(hg__contest *c, hg_error *err) {
    c->contestant = hg__alloc(HG_MAX_CONTESTANTS, sizeof *c->contestant, err);
    if (!c->contestant) return HG_ERR_MEMORY;
    HG_TRY(hg__contest_list(c, err));
    HG_TRY(hg__contest_survey(c, err));
    HG_TRY(make_room(c, err));
    hg__meter_start(&c->meter, c->l, "comparing", "runs", 0);
    for (int32_t s = 0; s < c->seeds; s++) HG_TRY(run_seed(c, s, err));
    hg__meter_end(&c->meter);
    return judge_pairs(c, err);
}

// out= is the last that can fail: it is whole, or what it was.
static int report(const hg__contest *c, bool json, char **text, hg_error *err) {
    const char *path = c->o->values.out;
    hg__text out = {0}, csv = {0};
    (json ? hg__contest_format_json : hg__contest_format)(c, &out);
    hg__contest_format_csv(c, &csv);
    char *sheet = hg__text_take(&out, err), *lines = hg__text_take(&csv, err);
    int code = sheet && lines ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__contest_page_save(c, err);
    if (code == HG_OK && *path) code = hg__write_file(path, lines, strlen(lines), err);
    hg__free(lines);
    if (code == HG_OK) {
        *text = sheet;
    } else {
        hg__free(sheet);
    }
    return code;
}

int hg__compare_models(const hg_options *o, const hg_listener *l, bool json, char **text,
                       hg_error *err) {
    hg__contest *c = hg__alloc(1, sizeof *c, err);
    if (!c) return HG_ERR_MEMORY;
    c->o = o;
    c->l = l;
    c->first_seed = o->values.seed;
    c->seeds = o->set[HG_OPTION_seeds] ? (int32_t)o->values.seeds : HG_CONTEST_SEEDS;
    int code = run(c, err);
    if (code == HG_OK) code = report(c, json, text, err);
    clear(c);
    hg__free(c);
    return code;
}
