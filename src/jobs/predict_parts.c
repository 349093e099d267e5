// SPDX-License-Identifier: Apache-2.0
// predict_parts.c - pictures of parts judged by a model of good ones: a row a picture, and what was found in each.
#include "jobs/predict_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/job.h"
#include "jobs/judge_parts.h"
#include "jobs/region_sheet.h"
#include "jobs/score_sheet.h"

typedef struct work {
    hg__inspection j;
    hg_result *result; // borrowed
    hg__part_set set;
    hg__part_places to;
    hg__found found[HG_JUDGED_AT_ONCE]; // of the pictures in hand
    hg__part_row *row;                  // owned, (set.count)
    int32_t rows;
    hg__region_sheet regions;
    bool has_regions;
    int32_t others, larger; // pictures of another size than training's; of them larger
    hg__judging judging;
} work;

static void clear(work *w) {
    for (int32_t i = 0; i < HG_JUDGED_AT_ONCE; i++) hg__found_clear(&w->found[i]);
    if (w->has_regions) hg__region_sheet_abort(&w->regions);
    hg__free(w->row);
    hg__part_places_clear(&w->to);
    hg__part_set_clear(&w->set);
    hg__inspection_close(&w->j);
    hg__free(w);
}

// Where there is a test split, that alone is judged.
static void keep_test(hg__part_set *s) {
    int32_t tests = 0, kept = 0;
    for (int32_t i = 0; i < s->count; i++) tests += s->part[i].split == HG_SPLIT_TEST;
    if (!tests) return;
    for (int32_t i = 0; i < s->count; i++) {
        hg__part p = s->part[i];
        if (p.split == HG_SPLIT_TEST) {
            s->part[kept++] = p;
        } else {
            hg__part_clear(&p);
        }
    }
    s->count = kept;
}

static int open_set(work *w, hg_error *err) {
    const hg__part_options o = hg__parts_asked(w->j.o, HG_PARTS_ALL);
    HG_TRY(hg__part_set_open(&w->set, w->j.o->values.data, &o, err));
    if (*w->set.note) hg__tell(w->j.l, w->set.note);
    keep_test(&w->set);
    if (w->set.count) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures, got none", w->j.o->values.data);
}

// ---- a picture ----------------------------------------------------------------------------------

// What was found, and its files. By many threads at once.
static int find_one(void *context, int32_t slot, int32_t i, hg__inspected *r, hg_error *err) {
    work *w = context;
    char path[2048], stem[1024];
    const int files = w->to.files;
    const bool wants_map = files & (HG_FILE_MAP | HG_FILE_NPY);
    HG_TRY(hg__found_make(&w->found[slot], &w->j, r, wants_map, err));
    if (!files) return HG_OK;
    HG_TRY(hg__part_path(&w->set, i, path, sizeof path, err));
    HG_TRY(hg__part_places_make(&w->to, i, stem, sizeof stem, err));
    return hg__map_files_write(&w->j, r, &w->found[slot], files, path, stem, err);
}

static int add_regions(work *w, int32_t i, const hg__found *f, hg_error *err) {
    const hg__regions *r = &f->regions;
    double *p = hg__alloc((size_t)r->count + 1, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    for (int32_t k = 0; k < r->count; k++) p[k] = hg__inspection_region_p(&w->j, r->at[k].peak);
    const hg__region_rows rows = {w->set.part[i].path, r, f->frame, p};
    const int code = hg__region_sheet_add(&w->regions, &rows, err);
    hg__free(p);
    return code;
}

static int take_one(void *context, int32_t slot, int32_t i, hg__inspected *r, hg_error *err) {
    work *w = context;
    hg__found *f = &w->found[slot];
    hg__part_row *row = &w->row[w->rows++];
    row->part = i;
    hg__part_row_of(row, &w->j, r, f);
    w->others += r->where.is_other_size;
    w->larger += r->where.is_larger;
    const int code = w->has_regions ? add_regions(w, i, f, err) : HG_OK;
    hg__found_clear(f);
    return code;
}

static int judge_all(work *w, hg_error *err) {
    const struct hg__values *v = &w->j.o->values;
    w->row = hg__alloc((size_t)w->set.count, sizeof *w->row, err);
    if (!w->row) return HG_ERR_MEMORY;
    w->judging = (hg__judging){.set = &w->set,
                               .inspector = w->j.inspector,
                               .pool = w->j.pool,
                               .listener = w->j.l,
                               .name = v->data,
                               .skips = strcmp(v->on_bad, "skip") == 0,
                               .memory = w->j.max_mem / 4,
                               .has_large_maps = w->to.files != 0,
                               .beside = find_one,
                               .each = take_one,
                               .context = w};
    HG_TRY(hg__judge_parts(&w->judging, err));
    if (w->rows) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures that can be read, got none: %s",
                    v->data, w->judging.first_skipped);
}

// ---- alarms -------------------------------------------------------------------------------------

static int find_limit(work *w, hg_error *err) {
    const double fdr = w->j.o->values.fdr;
    if (!(fdr > 0)) return HG_OK;
    double *p = hg__alloc((size_t)w->rows, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < w->rows; i++) p[i] = w->row[i].p_value;
    w->j.limit = hg__fdr_limit(p, w->rows, fdr, err);
    w->j.by_fdr = true;
    hg__free(p);
    return w->j.limit < 0 ? (int)w->j.limit : HG_OK;
}

// ---- the job ------------------------------------------------------------------------------------

static void tell(const work *w) {
    const hg__inspection *j = &w->j;
    const hg_result *r = w->result;
    char word[160], from[250];
    const hg__part_view *view = hg__inspector_view(j->inspector);
    if (w->others) {
        hg__inspection_note(
            j,
            "%d of %d pictures %s another size than training's %d x %d (%d larger): they "
            "are seen at the same scale",
            w->others, w->rows, w->others > 1 ? "have" : "has", view->width, view->height,
            w->larger);
    }
    if (w->result->left_out) {
        hg__inspection_note(j, "%lld left out, the first: %.300s", (long long)w->result->left_out,
                            w->set.skipped ? w->set.first_skipped : w->judging.first_skipped);
    }
    if (j->has_thresholds) {
        hg__threshold_describe(&hg__inspector_thresholds(j->inspector)->group[0].at, "pictures",
                               from, sizeof from);
        hg__inspection_note(j, "%lld of %lld pictures raised an alarm; %s", (long long)r->alarms,
                            (long long)r->rows, j->by_fdr ? "by fdr=" : from);
    } else {
        hg__shell_word(j->o->values.model, word, sizeof word);
        hg__inspection_note(
            j,
            "the model has no thresholds: no pictures were held out (val=0); \"hourglass "
            "calibrate model=%s data=GOOD\" makes them",
            word);
    }
}

static int open_regions(work *w, hg_error *err) {
    const char *path = w->j.o->values.regions;
    if (!*path) return HG_OK;
    const int format = hg__region_format_find(path, "auto", err);
    if (format < 0) return format;
    w->has_regions = true;
    return hg__region_sheet_open(&w->regions, path, (hg__region_format)format, err);
}

static int commit_regions(work *w, hg_error *err) {
    if (!w->has_regions) return HG_OK;
    w->has_regions = false;
    return hg__region_sheet_commit(&w->regions, err);
}

static int predict_pictures(work *w, hg_error *err) {
    HG_TRY(open_set(w, err));
    HG_TRY(hg__part_places_find(&w->to, w->j.o, &w->set, err));
    HG_TRY(open_regions(w, err));
    HG_TRY(judge_all(w, err));
    HG_TRY(find_limit(w, err));
    HG_TRY(commit_regions(w, err));
    HG_TRY(hg__part_rows_write(&w->j, &w->set, w->row, w->rows, err));
    for (int32_t i = 0; i < w->rows; i++) {
        w->result->alarms += hg__inspection_is_alarm(&w->j, w->row[i].score, w->row[i].p_value);
    }
    w->result->rows = w->rows;
    w->result->left_out = w->judging.skipped + w->set.skipped;
    w->result->has_thresholds = w->j.has_thresholds;
    tell(w);
    if (!*w->to.sheet && !*w->to.gallery) return HG_OK;
    return hg__part_pages(&w->j, &w->set, w->row, w->rows, w->to.sheet, w->to.gallery, err);
}

// A video has no pages.
static int predict_frames(work *w, hg_error *err) {
    const hg_options *o = w->j.o;
    const struct hg__values *v = &o->values;
    const char *in_vain = *v->maps      ? "maps"
                          : *v->regions ? "regions"
                          : *v->sheet   ? "sheet"
                          : *v->gallery ? "gallery"
                          : v->fdr > 0  ? "fdr"
                                        : NULL;
    if (in_vain) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected pictures, got video", in_vain);
    }
    return hg__predict_video(&w->j, v->data, o->set[HG_OPTION_out] ? v->out : "-", w->result, err);
}

int hg__predict_parts(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *result,
                      hg_error *err) {
    const double started = hg__seconds();
    work *w = hg__alloc(1, sizeof *w, err);
    int code = w ? hg__append_check(o->values.append, o->values.out, err) : HG_ERR_MEMORY;
    if (code < 0) {
        hg_model_free(m);
        hg__free(w);
        return code;
    }
    w->result = result;
    code = hg__inspection_open(&w->j, m, o, l, err);
    if (code == HG_OK) {
        code = hg__is_part_video(o) ? predict_frames(w, err) : predict_pictures(w, err);
    }
    clear(w);
    result->seconds = hg__seconds() - started;
    return code;
}
