// SPDX-License-Identifier: Apache-2.0
// train_parts.c - training on pictures of good parts: which there are, how they are seen, what they lie in; crops of them as rows.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/int.h"
#include "base/mem.h"
#include "inspect/inspector.h"
#include "inspect/part_rows.h"
#include "jobs/feed.h"
#include "jobs/judge_parts.h"
#include "jobs/trainer.h"
#include "parts/part_set.h"
#include "parts/resize.h"

enum {
    EPOCH_STEPS = 250, // of few pictures: each is cut and damaged in several ways
    CROP = 128,
    MULTIPLE = 16 // that sides of crops are, for networks of four scales
};

typedef struct hg__part_data {
    hg__part_set set;
    hg__part_view view;
    hg__align_use use;
    hg__part_store *store, *pairs; // pairs: NULL without templates
    hg__part_geometry *where;      // owned, (count): how each lies
    hg__raster expected;           // the reference, coarse; {0}: none
    hg__raster reference;          // the same, as large as pictures; {0}: `large`, or none
    hg__part_store *large;         // the same, where it takes much
    hg__part_rows rows;
    int32_t count;         // pictures that could be read
    int32_t height, width; // of the largest as it is seen
    int32_t *train, *held; // their numbers, once rows are split
} hg__part_data;

void hg__parts_free(hg__part_data *p) {
    if (!p) return;
    hg__part_set_clear(&p->set);
    hg__part_view_clear(&p->view);
    hg__part_store_free(p->store);
    hg__part_store_free(p->pairs);
    hg__part_store_free(p->large);
    hg__free(p->where);
    hg__raster_clear(&p->expected);
    hg__raster_clear(&p->reference);
    hg__free(p->train);
    hg__free(p->held);
    hg__free(p);
}

// ---- options ------------------------------------------------------------------------------------

typedef struct part_option {
    int option;
    const char *name, *value;
} part_option;

// What suits pictures of parts, and was measured: docs/DEFECTS.md.
static const part_option part_options[] = {
    {HG_OPTION_val,     "val",     "0.2"  },
    {HG_OPTION_pca,     "pca",     "false"},
    {HG_OPTION_samples, "samples", "0"    },
    {HG_OPTION_max_mem, "max_mem", "512M" },
};

// How those are trained that are.
static const part_option trained_options[] = {
    {HG_OPTION_optimizer,    "optimizer",    "adamw" },
    {HG_OPTION_weight_decay, "weight_decay", "1e-3"  },
    {HG_OPTION_lr,           "lr",           "1e-3"  },
    {HG_OPTION_warmup,       "warmup",       "50"    },
    {HG_OPTION_schedule,     "schedule",     "cosine"},
    {HG_OPTION_batch,        "batch",        "4"     },
    {HG_OPTION_crop,         "crop",         "128"   },
};

static const char repair[] = "repair", bottleneck[] = "bottleneck"; // presets

static const part_option repair_options[] = {
    {HG_OPTION_model, "model", repair    },
    {HG_OPTION_loss,  "loss",  "mse_mask"},
};

static const part_option bottleneck_options[] = {
    {HG_OPTION_loss, "loss", "0.5 ssim + 10 mse"},
};

static bool is_model(const hg__trainer *t, const char *name) {
    return strcmp(t->o.values.model, name) == 0;
}

static bool is_named_list(const char *path) {
    static const char *const ends[] = {".csv", ".tsv", ".txt", ".lst"};
    const size_t length = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (length > 4 && strcasecmp(path + length - 4, ends[i]) == 0) return true;
    }
    return false;
}

// A folder of pictures, a list of them, a split of a set. One picture is no set; and one with the name of a table is a slip, which who
// reads tables will name.
static bool is_of_parts(const char *path) {
    if (hg__is_folder(path)) return hg__dataset_is_pictures(path);
    if (!is_named_list(path) || !hg__is_file(path)) return false;
    return hg__is_parts_file(path) || (hg__dataset_is_pictures(path) && !hg__is_named_table(path));
}

// Whether it is said which of the pictures are good parts, as all layouts of parts do but pictures and nothing else. Where memory or a disk
// failed it is taken to be: who opens them then says what did.
static bool says_good(const hg__trainer *t) {
    hg__part_set set;
    hg__part_options o = hg__parts_asked(&t->o, HG_PARTS_ALL);
    o.on_bad = "skip";
    const int code = hg__part_set_open(&set, t->o.values.data, &o, NULL);
    if (code < 0) return code != HG_ERR_DATA;
    const bool says = set.good > 0;
    hg__part_set_clear(&set);
    return says;
}

// A folder of images, unless noise=, target= or a model= that is none of parts say that they are to be cleaned or coded; target= beside
// labels= has templates. conv codes images, but looks for defects where it is said which pictures are good.
bool hg__is_parts_run(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    if (t->data || t->given || *v->noise || !is_of_parts(v->data)) return false;
    if (is_model(t, repair) || hg__is_feature_run(t)) return true;
    const bool has_model = t->o.set[HG_OPTION_model];
    const bool has_target = *v->target && strcmp(v->target, "none") != 0;
    if (has_target && (has_model || !*v->labels)) return false;
    if (is_model(t, bottleneck)) return true;
    if (*v->pretrained) return false;
    return !has_model || (is_model(t, "conv") && says_good(t));
}

void hg__tell_coding(const hg__trainer *t) {
    const bool codes = t->o.set[HG_OPTION_model] && is_model(t, "conv");
    if (!codes || !t->data->pictures || t->has_targets) return;
    hg__trainer_note(t,
                     "images are coded; model=bottleneck looks for defects in them, as model=conv "
                     "does where data= says which are good");
}

static const char part_steps[] = "15000";

static int set_options(hg__trainer *t, const part_option *list, size_t count, hg_error *err) {
    for (size_t i = 0; i < count; i++) {
        if (t->o.set[list[i].option]) continue;
        HG_TRY(hg_options_set(&t->o, list[i].name, list[i].value, err));
    }
    return HG_OK;
}

static int set_training(hg__trainer *t, hg_error *err) {
    enum { REPAIR = sizeof repair_options / sizeof *repair_options };
    enum { BOTTLENECK = sizeof bottleneck_options / sizeof *bottleneck_options };
    if (is_model(t, "conv")) HG_TRY(hg_options_set(&t->o, "model", bottleneck, err));
    HG_TRY(set_options(t, trained_options, sizeof trained_options / sizeof *trained_options, err));
    if (is_model(t, bottleneck)) return set_options(t, bottleneck_options, BOTTLENECK, err);
    return set_options(t, repair_options, REPAIR, err);
}

int hg__set_parts_options(hg__trainer *t, hg_error *err) {
    double share;
    HG_TRY(set_options(t, part_options, sizeof part_options / sizeof *part_options, err));
    if (!hg__parse_float(t->o.values.val, &share)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "val: expected a share of the good parts, which thresholds come from, got "
                        "'%.200s'",
                        t->o.values.val);
    }
    if (hg__is_feature_run(t)) return HG_OK;
    HG_TRY(set_training(t, err));
    if (!t->o.set[HG_OPTION_epochs] && !t->o.set[HG_OPTION_steps] && !t->o.set[HG_OPTION_time]) {
        HG_TRY(hg_options_set(&t->o, "steps", part_steps, err));
        t->o.values.epochs = 0;
    }
    return HG_OK;
}

// ---- how they are seen --------------------------------------------------------------------------

static bool skips(const hg__trainer *t) {
    return strcmp(t->o.values.on_bad, "skip") == 0;
}

static int leave_out(hg__part_data *p, int32_t i, const hg_error *why) {
    if (p->set.skipped++ == 0) {
        snprintf(p->set.first_skipped, sizeof p->set.first_skipped, "%s", why->message);
    }
    hg__part *part = &p->set.part[i];
    hg__free(part->path);
    part->path = NULL; // no picture any more
    return HG_OK;
}

static int look_at(hg__trainer *t, hg__part_data *p, hg__part_look *look, hg_error *err) {
    char path[2048];
    hg__meter_start(&t->meter, t->l, "looking at", "images", p->set.count);
    for (int32_t i = 0; i < p->set.count; i++) {
        hg_error why = {0};
        if (hg__meter_is_stopped(&t->meter)) {
            return hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", t->o.values.data);
        }
        HG_TRY(hg__part_path(&p->set, i, path, sizeof path, err));
        const int code = hg__part_look_add(look, path, &why);
        hg__meter_add(&t->meter, 1);
        if (code == HG_OK) continue;
        if (!skips(t) || code == HG_ERR_MEMORY) {
            if (err) *err = why;
            return hg__pictures_advise(code, err);
        }
        HG_TRY(leave_out(p, i, &why));
    }
    hg__meter_end(&t->meter);
    return HG_OK;
}

// What could be read closes up.
static int close_up(hg__part_data *p, hg_error *err) {
    int32_t kept = 0;
    for (int32_t i = 0; i < p->set.count; i++) {
        hg__part part = p->set.part[i];
        if (!part.path) {
            hg__part_clear(&part);
        } else {
            p->set.part[kept++] = part;
        }
    }
    p->set.count = p->count = kept;
    if (kept >= 2) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected at least 2 good pictures that can be read, got %d%s%s",
                    p->set.folder, kept, p->set.skipped ? ": " : "", p->set.first_skipped);
}

static int32_t wanted_channels(const struct hg__values *v) {
    return strcmp(v->colour, "grey") == 0 ? 1 : strcmp(v->colour, "colour") == 0 ? 3 : 0;
}

static int find_view(hg__trainer *t, hg__part_data *p, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__part_view_options o = {
        .imgsz = (int32_t)v->imgsz, .channels = wanted_channels(v), .decodes = skips(t)};
    if (*v->view) HG_TRY(hg__piece_parse(v->view, "view", &o.crop, err));
    hg__part_look *look = hg__part_look_new(&o, err);
    if (!look) return HG_ERR_MEMORY;
    int code = look_at(t, p, look, err);
    if (code == HG_OK) code = close_up(p, err);
    if (code == HG_OK) code = hg__part_look_end(look, &p->view, err);
    if (code == HG_OK) hg__part_look_largest(look, &p->view, &p->height, &p->width);
    hg__part_look_free(look);
    if (code == HG_OK && *v->roi) code = hg__part_view_read_region(&p->view, v->roi, err);
    return code;
}

// Whether the parts lie in their place, or are to be brought there.
static int find_alignment(hg__trainer *t, hg__part_data *p, hg_error *err) {
    char **path = hg__alloc((size_t)p->count, sizeof *path, err);
    int code = path ? HG_OK : HG_ERR_MEMORY;
    for (int32_t i = 0; code == HG_OK && i < p->count; i++) {
        char buffer[2048];
        code = hg__part_path(&p->set, i, buffer, sizeof buffer, err);
        if (code == HG_OK && !(path[i] = hg__copy_text(buffer, err))) code = HG_ERR_MEMORY;
    }
    if (code == HG_OK) {
        code = hg__part_view_align(&p->view, (const char *const *)path, p->count,
                                   strcmp(t->o.values.align, "true") == 0, t->pool, &p->use, err);
    }
    for (int32_t i = 0; path && i < p->count; i++) hg__free(path[i]);
    hg__free(path);
    return code;
}

// ---- pictures in memory -------------------------------------------------------------------------

typedef struct loading {
    const hg__part_data *p;
    size_t memory; // bytes that rasters may take
    int32_t first;
    hg__raster raster[HG_MAX_THREADS], pair[HG_MAX_THREADS];
    int code[HG_MAX_THREADS];
    hg_error err[HG_MAX_THREADS];
} loading;

static int load_pair(const hg__part_data *p, int32_t i, const hg__raster *own, hg__raster *grey,
                     hg_error *err) {
    hg__raster colours = {0};
    hg__part_geometry where;
    const char *pair = p->set.part[i].pair;
    if (!pair) return hg__raster_grey(grey, own, err); // a template is its own
    HG_TRY(hg__part_load(&p->view, pair, &colours, &where, err));
    int code = hg__raster_grey(grey, &colours, err);
    if (code == HG_OK && (grey->height != own->height || grey->width != own->width)) {
        code = hg__fail(err, HG_ERR_DATA,
                        "%s: expected a template as large as its picture, %d x %d, got %d x %d",
                        pair, own->width, own->height, grey->width, grey->height);
    }
    hg__raster_clear(&colours);
    return code;
}

static void load_one(void *context, int32_t task, int32_t thread) {
    (void)thread;
    loading *l = context;
    char path[2048];
    hg_error *err = &l->err[task];
    const int32_t i = l->first + task;
    l->code[task] = hg__part_path(&l->p->set, i, path, sizeof path, err);
    if (l->code[task] == HG_OK) {
        l->code[task] = hg__part_load(&l->p->view, path, &l->raster[task], &l->p->where[i], err);
    }
    if (l->code[task] == HG_OK && l->p->pairs) {
        l->code[task] = load_pair(l->p, i, &l->raster[task], &l->pair[task], err);
    }
}

static int put_all(hg__part_data *p, loading *l, int32_t some, hg_error *err) {
    int code = HG_OK;
    for (int32_t i = 0; i < some; i++) {
        if (code == HG_OK && l->code[i] < 0) {
            if (err) *err = l->err[i];
            code = l->code[i];
        }
        if (code == HG_OK) code = hg__part_store_put(p->store, l->first + i, &l->raster[i], err);
        if (code == HG_OK && p->pairs) {
            code = hg__part_store_put(p->pairs, l->first + i, &l->pair[i], err);
        }
        hg__raster_clear(&l->raster[i]);
        hg__raster_clear(&l->pair[i]);
    }
    return code;
}

// ---- large ones, line by line ----

typedef struct filling {
    hg__part_store *store, *pairs; // pairs: NULL, or as grey
    int32_t number, channels;
    int32_t height, width; // 0: not known yet
    float *grey;           // owned, (width)
} filling;

static void take_line(void *context, const float *line) {
    const filling *f = context;
    if (f->store) hg__part_store_add(f->store, f->number, line);
    for (int32_t x = 0; f->pairs && x < f->width; x++) {
        float sum = 0;
        for (int32_t c = 0; c < f->channels; c++) sum += line[x * f->channels + c];
        f->grey[x] = sum / (float)f->channels;
    }
    if (f->pairs) hg__part_store_add(f->pairs, f->number, f->grey);
}

// A file into the store, the pairs' or both.
static int fill(const hg__part_data *p, const char *path, filling *f, hg_error *err) {
    hg__part_geometry where;
    HG_TRY(hg__part_measure(&p->view, path, &where, err));
    const hg__crop *size = &where.working;
    if (f->width && (size->width != f->width || size->height != f->height)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a template as large as its picture, %d x %d, got %d x %d",
                        path, f->width, f->height, size->width, size->height);
    }
    if (f->store) p->where[f->number] = where;
    f->height = size->height;
    f->width = size->width;
    f->grey = hg__alloc((size_t)f->width, sizeof *f->grey, err);
    int code = f->grey ? HG_OK : HG_ERR_MEMORY;
    if (code == HG_OK && f->store) {
        code = hg__part_store_begin(f->store, f->number, size->height, size->width, err);
    }
    if (code == HG_OK && f->pairs) {
        code = hg__part_store_begin(f->pairs, f->number, size->height, size->width, err);
    }
    if (code == HG_OK) code = hg__part_load_lines(&p->view, path, take_line, f, &where, err);
    if (code == HG_OK && f->store) code = hg__part_store_end(f->store, f->number, err);
    if (code == HG_OK && f->pairs) code = hg__part_store_end(f->pairs, f->number, err);
    hg__free(f->grey);
    return code;
}

static int load_large(const hg__part_data *p, int32_t i, const char *path, hg_error *err) {
    const char *pair = p->pairs ? p->set.part[i].pair : NULL;
    filling own = {.store = p->store,
                   .pairs = pair ? NULL : p->pairs,
                   .number = i,
                   .channels = p->view.channels};
    HG_TRY(fill(p, path, &own, err));
    if (!pair) return HG_OK;
    filling other = {.pairs = p->pairs,
                     .number = i,
                     .channels = p->view.channels,
                     .height = own.height,
                     .width = own.width};
    return fill(p, pair, &other, err);
}

// ---- all of them ----

// How many of `most` pictures from l->first on may be loaded together; 0: the first is to come line by line. What a header does not
// tell, loading will.
static int32_t count_together(const loading *l, int32_t most, hg_error *err) {
    const hg__part_view *view = &l->p->view;
    size_t left = l->memory;
    int32_t count = 0;
    for (; count < most; count++) {
        char path[2048];
        hg__part_geometry g;
        hg_error why = {0};
        HG_TRY(hg__part_path(&l->p->set, l->first + count, path, sizeof path, err));
        if (hg__part_measure(view, path, &g, &why) < 0) continue;
        const size_t numbers = (size_t)g.working.height * (size_t)g.working.width;
        const size_t bytes = numbers * (size_t)(view->channels + 1) * sizeof(float);
        if (bytes > left) break;
        left -= bytes;
    }
    return count || !hg__alignment_has(&view->alignment) ? count : 1;
}

static int load_some(hg__trainer *t, hg__part_data *p, loading *l, int32_t *some, hg_error *err) {
    char path[2048];
    *some = count_together(l, hg__min(hg__pool_threads(t->pool), p->count - l->first), err);
    if (*some < 0) return *some;
    if (*some > 0) {
        hg__pool_run(t->pool, load_one, l, *some);
        return put_all(p, l, *some, err);
    }
    *some = 1;
    HG_TRY(hg__part_path(&p->set, l->first, path, sizeof path, err));
    return load_large(p, l->first, path, err);
}

static int load_all(hg__trainer *t, hg__part_data *p, hg_error *err) {
    loading *l = hg__alloc(1, sizeof *l, err);
    int code = l ? HG_OK : HG_ERR_MEMORY;
    int32_t some = 0;
    hg__meter_start(&t->meter, t->l, "reading", "images", p->count);
    for (int32_t first = 0; code == HG_OK && first < p->count; first += some) {
        l->p = p;
        l->memory = (size_t)t->o.values.max_mem / 4;
        l->first = first;
        code = load_some(t, p, l, &some, err);
        hg__meter_add(&t->meter, some);
        if (code == HG_OK && hg__meter_is_stopped(&t->meter)) {
            code = hg__fail(err, HG_ERR_STOPPED, "%s: stopped on request", t->o.values.data);
        }
    }
    hg__meter_end(&t->meter);
    hg__free(l);
    return code;
}

// Whether each picture is judged beside its template.
static bool is_paired(const hg__trainer *t, const hg__part_data *p) {
    return is_model(t, repair) && hg__parts_are_paired(&p->set, &t->o);
}

static int make_stores(hg__trainer *t, hg__part_data *p, hg_error *err) {
    const size_t memory = (size_t)t->o.values.max_mem / 4;
    p->store = hg__part_store_new(p->count, p->view.channels, memory, err);
    if (p->store) p->where = hg__alloc((size_t)p->count, sizeof *p->where, err);
    if (!p->where) return HG_ERR_MEMORY;
    if (is_paired(t, p)) {
        p->pairs = hg__part_store_new(p->count, 1, memory / 2, err);
        if (!p->pairs) return HG_ERR_MEMORY;
    }
    return load_all(t, p, err);
}

// ---- the rows -----------------------------------------------------------------------------------

static bool has_places(const hg__part_data *p) {
    return !p->pairs && (p->use == HG_ALIGN_AS_IS || hg__alignment_has(&p->view.alignment));
}

static void keep_line(void *context, const float *line) {
    hg__part_store_add(context, 0, line);
}

static int make_large_reference(hg__part_data *p, int32_t height, int32_t width, hg_error *err) {
    const hg__raster shape = {height, width, 1, NULL}, *from = &p->expected;
    p->large = hg__part_store_new(1, 1, 0, err);
    if (!p->large) return HG_ERR_MEMORY;
    HG_TRY(hg__part_store_begin(p->large, 0, height, width, err));
    hg__resizer *r =
        hg__resizer_new_lines(from->height, from->width, &shape, keep_line, p->large, err);
    if (!r) return HG_ERR_MEMORY;
    for (int32_t y = 0; y < from->height; y++) hg__resizer_add(r, hg__raster_pixel(from, y, 0));
    hg__resizer_free(r);
    return hg__part_store_end(p->large, 0, err);
}

// What tables lie in a folder is said where pictures are missing.
static int check_folder(const char *path, hg_error *err) {
    hg__image_list list = {0};
    if (!hg__is_folder(path)) return HG_OK;
    int code = hg__image_list_open(&list, path, err);
    if (code == HG_OK || code == HG_ERR_DATA) code = hg__folder_check(path, list.count, err);
    hg__image_list_clear(&list);
    return code;
}

static void tell_view(const hg__trainer *t, const hg__part_data *p) {
    static const char *const words[] = {
        [HG_ALIGN_NONE] = "the pictures have no shape in common: any place is like any other",
        [HG_ALIGN_AS_IS] = "the parts lie in their place: each place is judged by itself",
        [HG_ALIGN_NEEDED] = "the parts shift and turn: each is brought into its place"};
    const bool is_asked = p->use == HG_ALIGN_NEEDED && strcmp(t->o.values.align, "true") == 0;
    char line[400];
    int32_t height, width;
    hg__part_store_size(p->store, 0, &height, &width);
    snprintf(line, sizeof line, "%d good pictures (%s), seen as %s%d x %d pixels, %s", p->count,
             p->set.layout, p->view.height ? "" : "about ", width, height,
             p->view.channels == 3 ? "colour" : "grey");
    hg__trainer_note(t, line);
    if (is_model(t, bottleneck)) {
        hg__trainer_note(t, "good parts are learned to be put through a narrow neck, and what does "
                            "not come out again is a defect; of pictures and nothing else "
                            "model=conv codes images");
    } else if (!hg__is_feature_run(t)) {
        hg__trainer_note(t, "defects are learned to be found; with noise= or target= how to clean "
                            "images, with model=conv how to code them");
    }
    hg__trainer_note(t, p->pairs   ? "each is judged beside its template"
                        : is_asked ? "each part is brought into its place (align=true)"
                                   : words[p->use]);
    if (p->pairs && !*t->o.values.target) {
        hg__trainer_note(t, "thresholds come from templates beside themselves, which differ less "
                            "than good boards do: calibrate with some of those, target= their "
                            "templates");
    }
    hg__trainer_note(t, p->set.note);
}

static int make_rows(hg__trainer *t, hg__part_data *p, hg_error *err) {
    struct hg__values *v = &t->o.values;
    const int32_t most = v->crop > 0 ? (int32_t)v->crop : CROP;
    const int64_t epoch = EPOCH_STEPS * v->batch;
    if (!t->o.set[HG_OPTION_flip]) v->flip = !has_places(p) && !p->pairs;
    p->rows = (hg__part_rows){.store = p->store,
                              .count = p->count,
                              .pairs = p->pairs,
                              .crop = hg__part_rows_crop(p->store, p->count, most, MULTIPLE),
                              .draws = (int32_t)hg__max(1, (int32_t)(epoch / p->count)),
                              .flips = v->flip,
                              .turns = v->flip && !has_places(p) && !p->pairs,
                              .is_plain = is_model(t, bottleneck),
                              .seed = (uint64_t)v->seed};
    const hg__row_source source = hg__part_rows_source(&p->rows);
    t->data = hg__dataset_of_source(&source, "parts", NULL, NULL, err);
    if (!t->data) return HG_ERR_MEMORY;
    t->data->path = v->data;
    t->data->skipped = p->set.skipped;
    t->data->first_skipped = p->set.first_skipped;
    t->data->fingerprint = hg__part_store_fingerprint(p->store);
    return HG_OK;
}

// How pictures are seen, before they are all read.
static int see(hg__trainer *t, hg__part_data *p, hg_error *err) {
    HG_TRY(find_view(t, p, err));
    if (!is_paired(t, p) && strcmp(t->o.values.align, "false") != 0) {
        HG_TRY(find_alignment(t, p, err));
    }
    if (!hg__is_feature_run(t)) return HG_OK;
    const hg__feature_options o = {
        .height = p->height, .width = p->width, .pictures = p->count, .has_places = has_places(p)};
    return hg__make_features(t, &o, err);
}

int hg__open_parts(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__part_data *p = t->parts = hg__alloc(1, sizeof *p, err);
    if (!p) return HG_ERR_MEMORY;
    const hg__part_options o = hg__parts_asked(&t->o, HG_PARTS_TRAIN);
    HG_TRY(check_folder(v->data, err));
    HG_TRY(hg__part_set_open(&p->set, v->data, &o, err));
    HG_TRY(see(t, p, err));
    HG_TRY(make_stores(t, p, err));
    tell_view(t, p);
    return make_rows(t, p, err);
}

static int32_t *numbers_of(const hg__rows *rows, hg_error *err) {
    int32_t *number = hg__alloc((size_t)rows->count + 1, sizeof *number, err);
    for (int64_t i = 0; number && i < rows->count; i++) number[i] = (int32_t)hg__rows_at(rows, i);
    return number;
}

// Rows are split: of those that are trained on the mean is what is expected.
int hg__split_parts(hg__trainer *t, hg_error *err) {
    hg__part_data *p = t->parts;
    int32_t height, width;
    p->train = numbers_of(&t->rows, err);
    p->held = p->train ? numbers_of(&t->val_rows, err) : NULL;
    if (!p->held) return HG_ERR_MEMORY;
    if (!has_places(p)) return HG_OK;
    const hg__inspector_data data = {
        .store = p->store, .train = p->train, .trained = (int32_t)t->rows.count};
    HG_TRY(hg__part_reference(&data, &p->expected, err));
    hg__part_store_size(p->store, 0, &height, &width);
    if ((size_t)height * (size_t)width <= (size_t)t->o.values.max_mem / 8 / sizeof(float)) {
        p->rows.reference = &p->reference;
        return hg__raster_resize(&p->reference, &p->expected, height, width, err);
    }
    const int code = make_large_reference(p, height, width, err);
    p->rows.large_reference = p->large;
    return code;
}

// ---- afterwards ---------------------------------------------------------------------------------

static void tell_threshold(const hg__trainer *t, const hg_model *m) {
    hg__thresholds all = {0};
    char line[300];
    if (hg__thresholds_load(&all, m, "training", NULL) == HG_OK && all.groups &&
        hg__thresholds_ask(&all, all.fpr, NULL) == HG_OK) {
        hg__threshold_describe(&all.group[0].at, "pictures", line, sizeof line);
        hg__trainer_note(t, line);
    }
    hg__thresholds_clear(&all);
}

int hg__fit_parts(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__part_data *p = t->parts;
    double fpr = v->fpr;
    if (*v->alarms || *v->rate) HG_TRY(hg__alarms_fpr(v->alarms, v->rate, &fpr, err));
    const hg__inspector_data data = {.store = p->store,
                                     .pairs = p->pairs,
                                     .where = p->where,
                                     .train = p->train,
                                     .held = p->held,
                                     .trained = (int32_t)t->rows.count,
                                     .held_out = (int32_t)t->val_rows.count,
                                     .seed = (uint64_t)v->seed,
                                     .fpr = fpr,
                                     .max_bytes = (size_t)v->max_mem / 2};
    HG_TRY(hg__inspector_fit(t->model, &p->view, &p->expected, &data, t->l, t->pool, err));
    tell_threshold(t, t->model);
    return HG_OK;
}
