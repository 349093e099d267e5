// SPDX-License-Identifier: Apache-2.0
// job_compare.c - the job: models on any data (compare_models.h), or detectors on labelled tables: one after the other, every method on each.
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/compare.h"
#include "jobs/compare_models.h"
#include "jobs/compare_signal.h"
#include "jobs/job.h"
#include "jobs/pages.h"

static int run_baseline(const hg__method *m, const hg__comparison_trial *t, float *score,
                        hg__figure *f, hg_error *err) {
    const double began = hg__seconds();
    void *state = m->baseline->fit(t->train, t->train_rows, t->width, t->seed, t->pool, err);
    if (!state) return (int)err->code;
    const double fitted = hg__seconds();
    const int code = m->baseline->score(state, t->test, t->test_rows, score, t->pool, err);
    f->fit = fitted - began;
    f->score = hg__seconds() - fitted;
    m->baseline->free(state);
    return code;
}

static void note(const hg_listener *l, const char *path, const char *what) {
    char line[700];
    snprintf(line, sizeof line, "%.150s: %s", path, what);
    hg__tell(l, line);
}

static void list_methods(hg__comparison *c, const hg_listener *l) {
    size_t count;
    const hg__baseline *const *baseline = hg__baselines(&count);
    c->method[c->methods++] = (hg__method){"autoencoder", NULL, hg__autoencoder_run};
    for (size_t i = 0; i < count && c->methods < HG_MAX_METHODS; i++) {
        const hg__baseline *b = baseline[i];
        if (b->is_available && !b->is_available()) {
            note(l, b->name,
                 "left out, for this machine has no LAPACK (Debian package: liblapack3)");
            continue;
        }
        c->method[c->methods++] = (hg__method){b->name, b, run_baseline};
    }
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash && slash[1] && !hg__is_database(path) ? slash + 1 : path;
}

static int run_table(hg__comparison *c, hg__table *t, const hg_options *o, const hg_listener *l,
                     hg__pool *pool, hg_error *err) {
    hg__compared_table *s = &c->set[c->sets++];
    snprintf(s->name, sizeof s->name, "%.255s", name_of(t->path));
    hg__cut_partial(s->name);
    s->figure = hg__alloc((size_t)c->seeds * (size_t)c->methods, sizeof *s->figure, err);
    return s->figure ? hg__compared_table_run(s, c, t, o, l, pool, err) : HG_ERR_MEMORY;
}

// A file in a folder that is no table is passed over.
static int run_file(hg__comparison *c, const hg__files *f, size_t i, const hg_options *o,
                    const hg_listener *l, hg__pool *pool, hg_error *err) {
    const hg__table_options how = {
        .query = o->values.query, .table = o->values.table, .header = {.say = o->values.header}};
    hg_error why = {0};
    hg__table *t = hg__table_open(f->path[i], &how, &why);
    if (!t && f->from_folder && why.code != HG_ERR_MEMORY) {
        note(l, name_of(f->path[i]), "passed over, for it is no table");
        hg__meter_add(&c->meter, (int64_t)c->seeds * c->methods);
        return HG_OK;
    }
    if (!t) {
        *err = why;
        return (int)why.code;
    }
    if (*t->note) note(l, name_of(t->path), t->note);
    const int code = run_table(c, t, o, l, pool, err);
    hg__table_close(t);
    return code;
}

static int run_files(hg__comparison *c, const hg__files *f, const hg_options *o,
                     const hg_listener *l, hg_error *err) {
    hg__meter_start(&c->meter, l, "comparing", "runs", (int64_t)f->count * c->seeds * c->methods);
    c->set = hg__alloc(f->count, sizeof *c->set, err);
    hg__pool *pool = c->set ? hg__pool_new((int32_t)o->values.threads, err) : NULL;
    int code = pool ? HG_OK : HG_ERR_MEMORY;
    for (size_t i = 0; code == HG_OK && i < f->count; i++) {
        code = run_file(c, f, i, o, l, pool, err);
    }
    hg__pool_free(pool);
    if (code == HG_OK) hg__meter_end(&c->meter);
    if (code == HG_OK && c->sets == 0) {
        return hg__fail(err, HG_ERR_DATA, "%.300s: expected tables, found none", o->values.data);
    }
    return code;
}

// The methods that saw every table, and their figures, move together.
static void drop_left_out(hg__comparison *c) {
    int32_t kept = 0;
    for (int32_t s = 0; s < c->sets; s++) {
        const hg__figure *from = c->set[s].figure;
        hg__figure *to = c->set[s].figure;
        for (int32_t i = 0; i < c->seeds * c->methods; i++, from++) {
            if (!c->left_out[i % c->methods]) *to++ = *from;
        }
    }
    for (int32_t m = 0; m < c->methods; m++) {
        if (!c->left_out[m]) c->method[kept++] = c->method[m];
    }
    c->methods = kept;
}

// out= is the last that can fail: it is whole, or what it was.
static int report(const hg__comparison *c, const hg_options *o, bool json, char **text,
                  hg_error *err) {
    hg__text out = {0}, csv = {0};
    if (json) {
        hg__comparison_format_json(c, &out);
    } else {
        hg__comparison_format(c, &out);
    }
    hg__comparison_format_csv(c, &csv);
    char *sheet = hg__text_take(&out, err), *lines = hg__text_take(&csv, err);
    int code = sheet && lines ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__compare_page_save(c, o, err);
    if (code == HG_OK && *o->values.out) {
        code = hg__write_file(o->values.out, lines, strlen(lines), err);
    }
    hg__free(lines);
    if (code == HG_OK) {
        *text = sheet;
    } else {
        hg__free(sheet);
    }
    return code;
}

static void clear(hg__comparison *c) {
    for (int32_t i = 0; i < c->sets; i++) hg__free(c->set[i].figure);
    hg__free(c->set);
}

static int find_files(hg__files *f, const hg_options *o, hg_error *err) {
    HG_TRY(hg__files_find(f, o->values.data, err));
    int code = HG_OK;
    for (size_t i = 0; code == HG_OK && i < f->count; i++) {
        code = hg__check_out(f->path[i], "table", o->values.out, err);
        if (code == HG_OK) code = hg__stream_keep(f->path[i], o, err);
    }
    if (code < 0) hg__files_clear(f);
    return code;
}

// Options of training are for models; detectors are trained as train does a table.
static void tell_unused(const hg_options *o, const hg_listener *l) {
    static const char *const used[] = {
        "data",       "label", "ignore", "normal",   "columns", "clean",  "contamination",
        "references", "steps", "seeds",  "seed",     "on_bad",  "header", "query",
        "table",      "out",   "cfg",    "progress", "threads", "max_mem"};
    hg_option_info row = {.size = sizeof row};
    for (size_t i = 0; hg_option_at("compare", i, &row); i++) {
        bool is_used = !hg_options_is_set(o, row.name);
        for (size_t k = 0; k < sizeof used / sizeof *used; k++) {
            is_used = is_used || strcmp(used[k], row.name) == 0;
        }
        const bool is_signals = strcmp(row.group, "signals") == 0;
        if (is_used) continue;
        note(l, row.name,
             is_signals ? "means nothing without window=" : "means nothing without models=");
    }
}

static int compare_detectors(const hg_options *o, const hg_listener *l, hg_result *r,
                             hg_error *err) {
    if (!*o->values.label) {
        return hg__fail(err, HG_ERR_USAGE,
                        "expected models=..., to put models side by side, or label=..., the column "
                        "that is a label, to put detectors side by side; got neither");
    }
    tell_unused(o, l);
    hg__files files;
    HG_TRY(find_files(&files, o, err));
    hg__comparison c = {.seeds = (int32_t)o->values.seeds, .first_seed = o->values.seed};
    list_methods(&c, l);
    int code = run_files(&c, &files, o, l, err);
    drop_left_out(&c);
    if (code == HG_OK) code = report(&c, o, r->json, &r->text, err);
    clear(&c);
    hg__files_clear(&files);
    return code;
}

// Models side by side are of rows; what is of recordings is not passed over.
static int check_rows(const hg_options *o, hg_error *err) {
    hg_option_info row = {.size = sizeof row};
    for (size_t i = 0; hg_option_at("compare", i, &row); i++) {
        if (strcmp(row.group, "signals") != 0 || !hg_options_is_set(o, row.name)) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected no models=, which are of rows, but a recording", row.name);
    }
    return HG_OK;
}

int hg__job_compare(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    HG_TRY(hg__job_page_check(o, err));
    if (*o->values.models) HG_TRY(check_rows(o, err));
    if (!*o->values.models && hg__compares_signals(o)) return hg__compare_signals(o, l, r, err);
    if (*o->values.models) return hg__compare_models(o, l, r->json, &r->text, err);
    return compare_detectors(o, l, r, err);
}
