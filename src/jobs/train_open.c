// SPDX-License-Identifier: Apache-2.0
// train_open.c - what a run trains on: rows of a file or crops of images, validation rows, noise.
#include <string.h>

#include "base/mem.h"
#include "graph/spec.h"
#include "jobs/trainer.h"

enum { PICTURE_BATCH = 16, EVAL_BYTES = 4 << 20 };

static hg__picture_options picture_options(const struct hg__values *v) {
    const bool grey = strcmp(v->colour, "grey") == 0, colour = strcmp(v->colour, "colour") == 0;
    return (hg__picture_options){.target = v->target,
                                 .crop = (int32_t)v->crop,
                                 .crops = (int32_t)v->crops,
                                 .channels = grey     ? 1
                                             : colour ? 3
                                                      : 0,
                                 .flip = v->flip,
                                 .grey = v->grey,
                                 .seed = (uint64_t)v->seed,
                                 .find_range = true};
}

// level=: that of the noise is a channel more of what is learned.
static int tell_levels(const hg__trainer *t, hg__dataset *d, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    if (v->level <= 0) return HG_OK;
    return hg__dataset_tell_levels(d, v->level, (uint64_t)v->seed, err);
}

// Other pictures are taken as those that are trained on.
static int see_as_training(const hg__trainer *t, hg__picture_options *pictures, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__range_rule *range = &pictures->range;
    *range = hg__pictures_range(t->data->pictures);
    if (range->kind == HG_RANGE_UNKNOWN) range->kind = HG_RANGE_PAGE; // as denoise has it
    if (*v->target) {
        return hg__fail(err, HG_ERR_USAGE,
                        "val: expected a fraction where target= names partners, got '%.200s'",
                        v->val);
    }
    pictures->channels = (int32_t)t->data->source.shape.dim[2];
    pictures->find_range = false;
    return HG_OK;
}

static int open_val(hg__trainer *t, hg__data_options *o, hg__picture_options *pictures,
                    hg_error *err) {
    const struct hg__values *v = &t->o.values;
    if (t->data->pictures) HG_TRY(see_as_training(t, pictures, err));
    if (t->schema) {
        HG_TRY(hg__open_val_table(t, err));
    } else {
        o->header.is_known = t->data->column != NULL;
        o->header.name = (const char *const *)t->data->column;
        o->header.names = t->data->column ? t->data->source.width : 0;
        t->val_data = hg__dataset_open(v->val, o, pictures, err);
        if (t->val_data) hg__trainer_note(t, t->val_data->note);
    }
    if (!t->val_data) return err ? (int)err->code : HG_ERR_DATA;
    if (!t->val_data->pictures != !t->data->pictures) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %s as in %s", v->val,
                        t->data->pictures ? "images" : "rows of numbers", v->data);
    }
    if (t->val_data->source.width != t->data->source.width) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected rows of %d numbers as in %s, got %d",
                        v->val, t->data->source.width, v->data, t->val_data->source.width);
    }
    t->val_rows = hg__rows_all(t->val_data->source);
    hg__corruption once = t->corruption;
    once.draws = 0;
    HG_TRY(hg__dataset_corrupt(t->val_data, &once, err));
    return tell_levels(t, t->val_data, err);
}

// The columns of a table that have floats.
static int find_groups(hg__trainer *t, hg_error *err) {
    const hg__schema *s = t->schema;
    int32_t groups = 0;
    if (!s) return HG_OK;
    t->group = hg__alloc((size_t)s->columns, sizeof *t->group, err);
    if (!t->group) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__column *c = &s->column[i];
        if (c->width > 0) t->group[groups++] = (hg__column_group){c->first, c->width};
    }
    t->corruption.group = t->group;
    t->corruption.groups = groups;
    return HG_OK;
}

// What is learned of rows: with noise, or as they are.
static int corrupt(hg__trainer *t, hg_error *err) {
    struct hg__values *v = &t->o.values;
    if (t->is_parts) {
        t->has_targets = true;
        return tell_levels(t, t->data, err);
    }
    if (t->data->pictures) {
        if (!t->o.set[HG_OPTION_batch]) v->batch = PICTURE_BATCH;
    } else if (*v->target) {
        return hg__fail(err, HG_ERR_USAGE, "target: expected a folder of images in data=, got %s",
                        v->data);
    }
    HG_TRY(find_groups(t, err));
    HG_TRY(hg__dataset_corrupt(t->data, &t->corruption, err));
    t->has_targets = t->data->learned.has_target;
    return tell_levels(t, t->data, err);
}

// What else can be done with a column of text: a table is learned with it.
static const char *text_advice(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    const bool is_file = *v->pretrained || strstr(v->model, ".safetensors");
    const hg__preset *preset = hg__preset_find(v->model);
    if (preset && strstr(preset->spec, "sample ")) {
        return "; with model=table_vae it is learned too";
    }
    return is_file || t->leaves_held   ? "; with prepare=table it is learned too"
           : t->o.set[HG_OPTION_model] ? "; without model= it is learned too"
                                       : "; without prepare=none it is learned too";
}

static int open_rows(hg__trainer *t, const hg__data_options *o, const hg__picture_options *pictures,
                     hg_error *err) {
    if (t->data) return HG_OK; // an array
    if (t->is_table) return hg__open_table(t, err);
    if (t->is_parts) return hg__open_parts(t, err);
    if (t->is_packets) return hg__open_packets(t, err);
    if (t->is_signal) return hg__open_signal(t, err);
    t->data = hg__dataset_open(t->o.values.data, o, pictures, err);
    if (!t->data) return (int)err->code;
    hg__trainer_note(t, t->data->note);
    return HG_OK;
}

// Rows that are trained on, and those that are held out: a share of them, or another file's.
static int split_rows(hg__trainer *t, hg__data_options *o, hg__picture_options *pictures,
                      hg_error *err) {
    const struct hg__values *v = &t->o.values;
    double fraction = 0;
    if (t->is_signal) {
        hg__split_signal(t);
        return HG_OK;
    }
    const bool is_file = !hg__parse_float(v->val, &fraction);
    HG_TRY(hg__rows_split(t->data->source, is_file ? 0 : fraction, v->fraction, (uint64_t)v->seed,
                          &t->rows, &t->val_rows, err));
    return is_file ? open_val(t, o, pictures, err) : HG_OK;
}

int hg__open_data(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    hg__picture_options pictures = picture_options(v);
    hg__data_options options = {.label = v->label,
                                .ignore = v->ignore,
                                .on_bad = v->on_bad,
                                .memory = (size_t)v->max_mem,
                                .text_advice = text_advice(t),
                                .header = {.say = v->header},
                                .listener = t->l};
    HG_TRY(hg__objective_parse(&t->objective, v->loss, v->delta, err)); // before anything is read
    HG_TRY(hg__noise_parse(&t->corruption.noise, v->noise, err));
    t->corruption.seed = (uint64_t)v->seed;
    pictures.is_blind = t->corruption.noise.blind;
    HG_TRY(open_rows(t, &options, &pictures, err));
    HG_TRY(corrupt(t, err));
    HG_TRY(split_rows(t, &options, &pictures, err));
    if (t->is_parts) HG_TRY(hg__split_parts(t, err));
    HG_TRY(hg__trim_rows(t, err));
    if (t->rows.count == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: no rows are left to train on", t->data->path);
    }
    return HG_OK;
}

hg__loader *hg__open_loader(hg__trainer *t, hg_error *err) {
    const hg__loader_options options = {.pool = t->pool};
    const hg__rows rows = hg__rows_of(&t->rows, t->data->learned);
    return hg__loader_new(&rows, (int32_t)t->o.values.batch, &options, err);
}

hg__loader *hg__open_fixed_loader(hg__trainer *t, const hg__rows *rows, hg_error *err) {
    const hg__loader_options options = {.fixed = true, .pool = t->pool};
    const hg__dataset *from = rows == &t->val_rows && t->val_data ? t->val_data : t->data;
    const hg__rows learned = hg__rows_of(rows, from->learned);
    const int32_t fit = EVAL_BYTES / (4 * learned.source.width), some = fit > 1 ? fit : 1;
    const int32_t batch = learned.source.make && some < HG_EVAL_ROWS ? some : HG_EVAL_ROWS;
    return hg__loader_new(&learned, batch, &options, err);
}
