// SPDX-License-Identifier: Apache-2.0
// predict_parts.c - pictures of parts judged by a model of good ones: a row a picture, and what was found in each.
#include "jobs/predict_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "jobs/job.h"
#include "jobs/judge_parts.h"
#include "jobs/region_sheet.h"
#include "jobs/score_sheet.h"

enum {
    MOST_SLOTS = 32,
    NUMBERS = 6
}; // NUMBERS: floats that a pixel takes while it is in hand, at most

// A picture of a batch.
typedef struct slot {
    hg__inspected r;
    hg__found found;
    int32_t part;
    int code;
    hg_error err;
} slot;

typedef struct work {
    hg__inspection j;
    hg_result *result; // borrowed
    hg__part_set set;
    char **name;       // owned: of files in maps=, (set.count); NULL without
    const char *maps;  // borrowed; "": none
    int files;         // hg__map_file
    slot *slot;        // owned, (MOST_SLOTS)
    int32_t slots;     // of the batch at hand
    int32_t first;     // of those that are written now
    size_t largest;    // numbers of a frame and of a picture's map, of all so far
    hg__part_row *row; // owned, (set.count)
    int32_t rows;
    hg__meter meter;
    hg__region_sheet regions;
    bool has_regions, has_kinds;
    int32_t others, larger; // pictures of another size than training's; of them larger
    int32_t skipped;
    char first_skipped[300];
    char sheet[1024], gallery[1024]; // "": none
} work;

static void clear(work *w) {
    for (int32_t i = 0; w->slot && i < MOST_SLOTS; i++) {
        hg__inspected_clear(&w->slot[i].r);
        hg__found_clear(&w->slot[i].found);
    }
    if (w->has_regions) hg__region_sheet_abort(&w->regions);
    hg__free(w->slot);
    hg__free(w->row);
    hg__free(w->name);
    hg__part_set_clear(&w->set);
    hg__inspection_close(&w->j);
}

// ---- which pictures, and where to ---------------------------------------------------------------

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
    const struct hg__values *v = &w->j.o->values;
    const hg__part_options o = hg__parts_asked(w->j.o, HG_PARTS_ALL);
    HG_TRY(hg__part_set_open(&w->set, v->data, &o, err));
    if (*w->set.note) hg__tell(w->j.l, w->set.note);
    keep_test(&w->set);
    for (int32_t i = 0; i < w->set.count; i++) w->has_kinds |= *w->set.part[i].kind != '\0';
    if (w->set.count) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures, got none", v->data);
}

// What is written is none of the pictures.
static int check_file(const work *w, const char *option, const char *out, hg_error *err) {
    char path[2048];
    if (!*out || strcmp(out, "-") == 0 || hg__table_out_is(out)) return HG_OK;
    for (int32_t i = 0; hg__is_file(out) && i < w->set.count; i++) {
        HG_TRY(hg__part_path(&w->set, i, path, sizeof path, err));
        if (!hg__is_same_file(path, out)) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected another file than the pictures that are judged, got %s",
                        option, out);
    }
    HG_TRY(hg__check_out(w->j.o->values.data, "data", out, err));
    HG_TRY(hg__check_out(w->j.o->values.model, "model", out, err));
    return hg__check_creatable(out, err);
}

static int check_maps(const work *w, hg_error *err) {
    const char *data = w->j.o->values.data;
    if (!*w->maps) return HG_OK;
    if (hg__is_file(w->maps)) {
        return hg__fail(err, HG_ERR_USAGE, "maps: expected a folder, got the file %s", w->maps);
    }
    if (hg__is_folder(data) && hg__path_is_inside(w->maps, data)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "maps: expected a folder outside %s, whose pictures would be more then, "
                        "got %s",
                        data, w->maps);
    }
    for (int32_t i = 0; i < w->set.count; i++) {
        if (!hg__path_is_climbing(w->set.part[i].path)) continue;
        return hg__fail(err, HG_ERR_DATA, "%s: expected paths below the list's own folder, got %s",
                        data, w->set.part[i].path);
    }
    return hg__check_folder_creatable(w->maps, err);
}

// Sheets and pages.
static int check_files(const work *w, hg_error *err) {
    const struct hg__values *v = &w->j.o->values;
    const struct {
        const char *option, *out;
    } all[] = {
        {"out",     v->out    },
        {"regions", v->regions},
        {"sheet",   v->sheet  },
        {"gallery", v->gallery}
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        HG_TRY(check_file(w, all[i].option, all[i].out, err));
    }
    return HG_OK;
}

// In maps=, unless they have names of their own.
static int place_pages(work *w, hg_error *err) {
    if (!*w->sheet) HG_TRY(hg__join_path(w->sheet, sizeof w->sheet, w->maps, "sheet.png", err));
    if (*w->gallery) return HG_OK;
    return hg__join_path(w->gallery, sizeof w->gallery, w->maps, "index.html", err);
}

static int find_places(work *w, hg_error *err) {
    const hg_options *o = w->j.o;
    const struct hg__values *v = &o->values;
    w->maps = v->maps;
    snprintf(w->sheet, sizeof w->sheet, "%s", v->sheet);
    snprintf(w->gallery, sizeof w->gallery, "%s", v->gallery);
    if (!*w->maps && o->set[HG_OPTION_maps_as]) {
        return hg__fail(err, HG_ERR_USAGE, "maps_as: expected maps= with it, got none");
    }
    HG_TRY(check_maps(w, err));
    HG_TRY(check_files(w, err));
    if (!*w->maps) return HG_OK;
    HG_TRY(place_pages(w, err));
    w->files = hg__map_files_parse(v->maps_as, err);
    if (w->files < 0) return w->files;
    w->name = hg__map_names(&w->set, err);
    return w->name ? HG_OK : HG_ERR_MEMORY;
}

// ---- a batch ------------------------------------------------------------------------------------

static void load_one(void *context, int32_t task, int32_t thread) {
    const work *w = context;
    slot *s = &w->slot[task];
    char path[2048];
    (void)thread;
    s->code = hg__part_path(&w->set, s->part, path, sizeof path, &s->err);
    if (s->code == HG_OK) {
        s->code =
            hg__inspector_load(w->j.inspector, path, w->set.part[s->part].pair, &s->r, &s->err);
    }
}

static int write_files(const work *w, slot *s) {
    char path[2048], stem[1024];
    HG_TRY(hg__part_path(&w->set, s->part, path, sizeof path, &s->err));
    HG_TRY(hg__join_path(stem, sizeof stem, w->maps, w->name[s->part], &s->err));
    return hg__map_files_write(&w->j, &s->r, &s->found, w->files, path, stem, &s->err);
}

static void write_one(void *context, int32_t task, int32_t thread) {
    const work *w = context;
    slot *s = &w->slot[w->first + task];
    const bool wants_map = w->files & (HG_FILE_MAP | HG_FILE_NPY);
    (void)thread;
    s->code = hg__found_make(&s->found, &w->j, &s->r, wants_map, &s->err);
    if (s->code == HG_OK && w->files) s->code = write_files(w, s);
}

// What cannot be read is left out where on_bad=skip says so.
static int leave_out(work *w, const slot *s, hg_error *err) {
    const bool is_bad = s->code == HG_ERR_DATA || s->code == HG_ERR_IO;
    if (!is_bad || strcmp(w->j.o->values.on_bad, "skip") != 0) {
        if (err) *err = s->err;
        return s->code;
    }
    hg__tell_detail(w->j.l, s->err.message);
    if (w->skipped++ == 0) {
        snprintf(w->first_skipped, sizeof w->first_skipped, "%.299s", s->err.message);
    }
    return HG_OK;
}

static void count_size(work *w, const hg__part_geometry *g) {
    const size_t frame = (size_t)g->frame_height * (size_t)g->frame_width;
    const size_t picture = w->files || g->is_aligned ? (size_t)g->height * (size_t)g->width : 0;
    w->others += g->is_other_size;
    w->larger += g->is_larger;
    w->largest = frame + picture > w->largest ? frame + picture : w->largest;
}

// So many pictures at once as fit into a quarter of max_mem=.
static int32_t lanes(const work *w) {
    const size_t bytes = NUMBERS * sizeof(float) * w->largest;
    const size_t fit = bytes ? w->j.max_mem / 4 / bytes : (size_t)hg__pool_threads(w->j.pool);
    return fit > MOST_SLOTS ? MOST_SLOTS : fit ? (int32_t)fit : 1;
}

static int load_batch(work *w, int32_t first, int32_t count, hg_error *err) {
    int32_t kept = 0;
    for (int32_t i = 0; i < count; i++) w->slot[i].part = first + i;
    hg__pool_run(w->j.pool, load_one, w, count);
    for (int32_t i = 0; i < count; i++) {
        slot *s = &w->slot[i];
        if (s->code < 0) {
            HG_TRY(leave_out(w, s, err));
            continue;
        }
        if (kept < i) { // closes up
            w->slot[kept] = *s;
            s->r = (hg__inspected){0};
        }
        count_size(w, &w->slot[kept++].r.where);
    }
    w->slots = kept;
    return HG_OK;
}

static int judge_batch(work *w, hg_error *err) {
    for (int32_t i = 0; i < w->slots; i++) {
        if (hg__meter_is_stopped(&w->meter)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request after %d of %d pictures",
                            w->j.o->values.data, w->rows, w->set.count);
        }
        HG_TRY(hg__inspector_run(w->j.inspector, &w->slot[i].r, false, err));
        hg__meter_add(&w->meter, 1);
    }
    return HG_OK;
}

static int make_folders(const work *w, hg_error *err) {
    char path[1024];
    if (w->files) HG_TRY(hg__make_folder(w->maps, err));
    for (int32_t i = 0; w->files && i < w->slots; i++) {
        const char *name = w->name[w->slot[i].part], *slash = strrchr(name, '/');
        if (!slash) continue;
        HG_TRY(hg__join_path(path, sizeof path, w->maps, name, err));
        *strrchr(path, '/') = '\0';
        HG_TRY(hg__make_folder(path, err));
    }
    return HG_OK;
}

static int add_regions(work *w, const slot *s, hg_error *err) {
    const hg__regions *r = &s->found.regions;
    double *p = hg__alloc((size_t)r->count + 1, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < r->count; i++) p[i] = hg__inspection_region_p(&w->j, r->at[i].peak);
    const hg__region_rows rows = {w->set.part[s->part].path, r, s->found.frame, p};
    const int code = hg__region_sheet_add(&w->regions, &rows, err);
    hg__free(p);
    return code;
}

static int take_slot(work *w, slot *s, hg_error *err) {
    if (s->code < 0) {
        if (err) *err = s->err;
        return s->code;
    }
    hg__part_row *row = &w->row[w->rows++];
    row->part = s->part;
    hg__part_row_of(row, &w->j, &s->r, &s->found);
    const int code = w->has_regions ? add_regions(w, s, err) : HG_OK;
    hg__inspected_clear(&s->r);
    hg__found_clear(&s->found);
    return code;
}

static int write_batch(work *w, hg_error *err) {
    const int32_t most = lanes(w);
    HG_TRY(make_folders(w, err));
    for (w->first = 0; w->first < w->slots; w->first += most) {
        const int32_t now = hg__min(most, w->slots - w->first);
        hg__pool_run(w->j.pool, write_one, w, now);
        for (int32_t i = 0; i < now; i++) HG_TRY(take_slot(w, &w->slot[w->first + i], err));
    }
    return HG_OK;
}

static int judge_all(work *w, hg_error *err) {
    w->slot = hg__alloc(MOST_SLOTS, sizeof *w->slot, err);
    if (w->slot) w->row = hg__alloc((size_t)w->set.count, sizeof *w->row, err);
    if (!w->row) return HG_ERR_MEMORY;
    hg__meter_start(&w->meter, w->j.l, "judging", "pictures", w->set.count);
    for (int32_t i = 0; i < w->set.count;) {
        const int32_t count = hg__min(i ? lanes(w) : 1, w->set.count - i);
        HG_TRY(load_batch(w, i, count, err));
        HG_TRY(judge_batch(w, err));
        HG_TRY(write_batch(w, err));
        i += count;
    }
    hg__meter_end(&w->meter);
    if (w->rows) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected pictures that can be read, got none: %s",
                    w->j.o->values.data, w->first_skipped);
}

// ---- the sheet ----------------------------------------------------------------------------------

enum { COLUMNS = 11 };

static hg__cell number(double x) {
    return isnan(x) ? (hg__cell){0} : (hg__cell){.kind = HG_CELL_NUMBER, .number = x};
}

static hg__cell text(const char *t) {
    return (hg__cell){.kind = HG_CELL_TEXT, .text = t, .size = (int32_t)strlen(t)};
}

static int32_t name_columns(const work *w, hg__out_column *column) {
    static const hg__out_column all[COLUMNS] = {
        {"file",    HG_OUT_TEXT   },
        {"score",   HG_OUT_NUMBER },
        {"p_value", HG_OUT_NUMBER },
        {"alarm",   HG_OUT_INTEGER},
        {"kind",    HG_OUT_TEXT   },
        {"regions", HG_OUT_INTEGER},
        {"peak",    HG_OUT_NUMBER },
        {"left",    HG_OUT_INTEGER},
        {"top",     HG_OUT_INTEGER},
        {"width",   HG_OUT_INTEGER},
        {"height",  HG_OUT_INTEGER}
    };
    int32_t columns = 0;
    for (int32_t i = 0; i < COLUMNS; i++) {
        if (strcmp(all[i].name, "kind") != 0 || w->has_kinds) column[columns++] = all[i];
    }
    return columns;
}

static int add_row(const work *w, const hg__part_row *row, hg__score_sheet *out, hg_error *err) {
    const hg__part *part = &w->set.part[row->part];
    const double none = (double)NAN;
    const int32_t box[4] = {row->box.left, row->box.top, row->box.width, row->box.height};
    hg__cell cells[COLUMNS], *cell = cells;
    const bool is_alarm = hg__inspection_is_alarm(&w->j, row->score, row->p_value);
    *cell++ = text(part->path);
    *cell++ = number(row->score);
    *cell++ = number(row->p_value);
    *cell++ = number(w->j.has_thresholds ? is_alarm : none);
    if (w->has_kinds) *cell++ = text(part->kind);
    *cell++ = number(row->regions);
    *cell++ = number((double)row->peak);
    for (int k = 0; k < 4; k++) *cell++ = number(row->box.width ? box[k] : none);
    w->result->alarms += is_alarm;
    return hg__score_sheet_add(out, cells, err);
}

static int write_rows(const work *w, hg_error *err) {
    const struct hg__values *v = &w->j.o->values;
    hg__out_column column[COLUMNS];
    const hg__sheet_target to = {v->out, v->format, v->table, v->append};
    hg__score_sheet out = {0};
    int code = hg__score_sheet_open(&out, &to, column, name_columns(w, column), err);
    for (int32_t i = 0; i < w->rows && code == HG_OK; i++) code = add_row(w, &w->row[i], &out, err);
    if (code == HG_OK) code = hg__score_sheet_commit(&out, err);
    hg__score_sheet_abort(&out);
    return code;
}

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
    if (w->skipped + w->set.skipped) {
        hg__inspection_note(j, "%d left out, the first: %.300s", w->skipped + w->set.skipped,
                            w->set.skipped ? w->set.first_skipped : w->first_skipped);
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
    HG_TRY(find_places(w, err));
    HG_TRY(open_regions(w, err));
    HG_TRY(judge_all(w, err));
    HG_TRY(find_limit(w, err));
    HG_TRY(commit_regions(w, err));
    HG_TRY(write_rows(w, err));
    w->result->rows = w->rows;
    w->result->left_out = w->skipped + w->set.skipped;
    w->result->has_thresholds = w->j.has_thresholds;
    tell(w);
    if (!*w->sheet && !*w->gallery) return HG_OK;
    return hg__part_pages(&w->j, &w->set, w->row, w->rows, w->sheet, w->gallery, err);
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
    work w = {.result = result, .maps = ""};
    int code = hg__append_check(o->values.append, o->values.out, err);
    if (code < 0) {
        hg_model_free(m);
        return code;
    }
    code = hg__inspection_open(&w.j, m, o, l, err);
    if (code == HG_OK) {
        code =
            hg__is_part_video(o->values.data) ? predict_frames(&w, err) : predict_pictures(&w, err);
    }
    clear(&w);
    result->seconds = hg__seconds() - started;
    return code;
}
