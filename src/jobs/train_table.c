// SPDX-License-Identifier: Apache-2.0
// train_table.c - training rows from a table: its schema is learned, its rows are encoded with it.
#include <stdio.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "detect/calibration.h"
#include "detect/table_detector.h"
#include "detect/table_model.h"
#include "jobs/folder.h"
#include "jobs/trainer.h"
#include "model/model.h"
#include "nn/loss.h"
#include "schema/schema.h"
#include "table/table.h"

enum { MAX_LEVELS = 64, TOLD_COLUMNS = 64 };

// Options that only scores and thresholds of a table have use for.
static const int anomaly_options[] = {
    HG_OPTION_label, HG_OPTION_normal,        HG_OPTION_groupby,
    HG_OPTION_fpr,   HG_OPTION_alarms,        HG_OPTION_rate,
    HG_OPTION_clean, HG_OPTION_contamination, HG_OPTION_references};

// Whether what data= names is taken as a table: mixed cells always, an array where anomalies are spoken of.
static bool is_mixed(const hg_options *o) {
    hg_error unused; // what is wrong with it will be said when it is read
    const hg__table_type *type = hg__table_find_type(o->values.data, &unused);
    if (!type || strcmp(type->name, "array") != 0) return type != NULL;
    for (size_t i = 0; i < sizeof anomaly_options / sizeof *anomaly_options; i++) {
        if (o->set[anomaly_options[i]]) return true;
    }
    return false;
}

bool hg__is_table_run(const hg__trainer *t) {
    const struct hg__values *v = &t->o.values;
    if (t->data) return false;
    if (t->given || strcmp(v->prepare, "table") == 0) return true;
    if (strcmp(v->prepare, "none") == 0) return false;
    const bool is_open = !t->o.set[HG_OPTION_model] && !*v->pretrained;
    return (is_open || hg__preset_kind(v->model) == HG_FOR_TABLES) && is_mixed(&t->o);
}

// model= fits what data= is: before any of it is read.
int hg__check_model(const hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    HG_TRY(hg__preset_check(v->model, HG_FOR_ANY, "", err));
    if (t->given || t->data || hg__preset_kind(v->model) == HG_FOR_ANY) return HG_OK;
    if (hg__dataset_is_pictures(v->data)) {
        return hg__preset_check(v->model, HG_FOR_IMAGES, "images", err);
    }
    hg_error unused;
    const hg__table_type *type = hg__table_find_type(v->data, &unused);
    if (!type || strcmp(type->name, "array") == 0) return HG_OK;
    return hg__preset_check(v->model, HG_FOR_TABLES, "a table", err);
}

// What suits the rows of a table, and was measured: docs/ANOMALIES.md. Set where nobody else did, so that args.yaml repeats it.
static const struct {
    int option;
    const char *name, *value;
} table_options[] = {
    {HG_OPTION_model,        "model",        "table"         },
    {HG_OPTION_loss,         "loss",         "columns"       },
    {HG_OPTION_noise,        "noise",        "jitter 0.1-1.5"},
    {HG_OPTION_optimizer,    "optimizer",    "adamw"         },
    {HG_OPTION_weight_decay, "weight_decay", "1e-4"          },
    {HG_OPTION_lr,           "lr",           "2e-3"          },
    {HG_OPTION_warmup,       "warmup",       "50"            },
    {HG_OPTION_schedule,     "schedule",     "cosine"        },
    {HG_OPTION_pca,          "pca",          "false"         },
    {HG_OPTION_samples,      "samples",      "0"             },
    {HG_OPTION_prepare,      "prepare",      "table"         },
    {HG_OPTION_init,         "init",         "torch"         },
};
static const char table_steps[] = "2400";
enum {
    EPOCH_STEPS = 100
}; // of few rows: each is corrupted in several ways, so that there is not a checkpoint every few steps

int hg__set_table_options(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    double unused;
    if (*v->alarms || *v->rate) HG_TRY(hg__alarms_fpr(v->alarms, v->rate, &unused, err));
    for (size_t i = 0; i < sizeof table_options / sizeof *table_options; i++) {
        if (t->o.set[table_options[i].option]) continue;
        HG_TRY(hg_options_set(&t->o, table_options[i].name, table_options[i].value, err));
    }
    if (!t->o.set[HG_OPTION_epochs] && !t->o.set[HG_OPTION_steps] && !t->o.set[HG_OPTION_time]) {
        HG_TRY(hg_options_set(&t->o, "steps", table_steps, err));
        t->o.values.epochs = 0;
    }
    const hg__loss *loss = hg__loss_find(t->o.values.loss);
    if (loss && loss->is_of_spans) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "loss: expected columns where rows are a table's, got %s; prepare=none takes "
                    "numbers as they are",
                    t->o.values.loss);
}

// What training must not see of a labelled table.
typedef struct normal_rows {
    int32_t label; // column
    const char *normal;
    hg__trim *trim;           // borrowed: told which rows are kept; or NULL
    int64_t next, seen, kept; // of this pass: the row to come; rows without the bad ones
    int64_t left_out;         // in this pass, by their label
    hg__label_list met;       // of those left out
} normal_rows;

static int keep_normal(void *context, const hg__table *t, const hg__cell *cell, int64_t row,
                       hg_error *err) {
    normal_rows *n = context;
    (void)t;
    if (row < n->next) n->seen = n->kept = n->left_out = 0; // from the start
    n->next = row + 1;
    const int64_t bad = row - n->seen++;
    const bool is_normal = hg__label_is_normal(&cell[n->label], n->normal);
    n->left_out += !is_normal;
    if (!is_normal) hg__label_list_add(&n->met, &cell[n->label]);
    if (is_normal && n->trim) HG_TRY(hg__trim_pass(n->trim, bad + n->kept++, row, err));
    return is_normal;
}

static void tell_columns(const hg__trainer *t, int64_t bad) {
    char line[512];
    const hg__schema *s = t->schema;
    hg__trainer_note(t, s->note);
    for (int32_t i = 0; i < s->columns; i++) {
        hg__column_describe(&s->column[i], line, sizeof line);
        if (s->columns <= TOLD_COLUMNS) {
            hg__trainer_note(t, line);
        } else {
            hg__tell_detail(t->l, line);
        }
    }
    snprintf(line, sizeof line, "%d columns become %d numbers a row", s->columns, s->width);
    hg__trainer_note(t, line);
    if (!bad) return;
    snprintf(line, sizeof line, "%lld rows were left out (on_bad=%.20s)", (long long)bad,
             t->o.values.on_bad);
    hg__trainer_note(t, line);
}

// What training and scoring will hold beside the rows, where that is more than rows may take.
static void tell_room(const hg__trainer *t) {
    const size_t room = hg__table_detector_room(t->data->source.rows, t->data->source.width);
    char line[160];
    if (room <= (size_t)t->o.values.max_mem) return;
    snprintf(line, sizeof line,
             "the detector's rows of %d numbers take %zu MB beside what max_mem= bounds",
             t->data->source.width, (room >> 20) + 1);
    hg__trainer_note(t, line);
}

static bool is_learned(const void *context, int64_t row) {
    const uint8_t *held = context; // (rows of the table)
    return !held[row];
}

// held (rows of the table), for the caller to free, NULL where none is: which rows measure what is usual, instead of training.
static int mark_held(const hg__trainer *t, uint8_t **held, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const int64_t *number = t->side.number, last = t->data->source.rows - 1;
    double fraction;
    hg__rows train, rows;
    *held = NULL;
    if (!hg__parse_float(v->val, &fraction)) return HG_OK;
    HG_TRY(hg__rows_split(t->data->source, fraction, v->fraction, (uint64_t)v->seed, &train, &rows,
                          err));
    if (!rows.count) return HG_OK;
    const size_t all = (size_t)(number ? number[last] : last) + 1 + (size_t)t->data->skipped;
    *held = hg__alloc(all, sizeof **held, err);
    if (!*held) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < rows.count; i++) {
        const int64_t row = hg__rows_at(&rows, i);
        (*held)[number ? number[row] : row] = 1;
    }
    return HG_OK;
}

// A level that comes in held-out rows and hardly elsewhere would be known to them and unknown to rows to come: their scores
// would be no measure. So levels are learned from the others alone. 1: they changed, and rows are to be read anew.
static int learn_levels(hg__trainer *t, hg__table *table, const hg__schema_options *how,
                        hg_error *err) {
    uint8_t *held;
    HG_TRY(mark_held(t, &held, err));
    if (!held) return 0;
    hg__schema_options learn = *how;
    learn.use = is_learned;
    learn.use_context = held;
    learn.levels_of = t->schema;
    learn.on_bad = "score_missing"; // what stops was met before
    int code = hg__table_rewind(table, err);
    hg__schema *others = code == HG_OK ? hg__schema_infer(table, &learn, NULL, err) : NULL;
    code = others ? hg__schema_swap_levels(t->schema, others, err) : (int)err->code;
    hg__schema_free(others);
    hg__free(held);
    return code;
}

static bool has_categories(const hg__schema *s) {
    for (int32_t i = 0; i < s->columns; i++) {
        if (s->column[i].kind == HG_COLUMN_CATEGORY) return true;
    }
    return false;
}

static int read_rows(hg__trainer *t, hg__table *table, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const hg__encode_options encode = {
        .group = v->groupby, .on_bad = v->on_bad, .memory = (size_t)v->max_mem};
    hg__encoding_notes notes = {0};
    t->data =
        hg__dataset_of(hg__schema_read(t->schema, table, &encode, &t->side, &notes, err), err);
    if (!t->data) return err->code;
    if (t->data->source.rows > 0) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected rows, got none", table->path);
}

static int read_again(hg__trainer *t, hg__table *table, hg_error *err) {
    hg__dataset_close(t->data);
    hg__side_columns_clear(&t->side);
    t->data = NULL;
    HG_TRY(hg__table_rewind(table, err));
    return read_rows(t, table, err);
}

// resume=: *first is the model as the run left it; NULL where there is none yet.
static int load_first(const hg__trainer *t, hg_model **first, hg_error *err) {
    char path[1024];
    *first = NULL;
    if (!t->keeps_columns) return HG_OK;
    HG_TRY(hg__folder_weights(t->o.values.resume, "last", path, err));
    if (!hg__is_file(path)) return HG_OK;
    *first = hg_model_load(path, err);
    return *first ? HG_OK : (int)err->code;
}

// A run that an earlier version began goes on with the columns as that version learned them: today's may be others. Whether the
// rows are then those of the run is seen later, by their fingerprint.
static int keep_columns(hg__trainer *t, hg__table *table, hg_error *err) {
    hg_model *first;
    char own[24];
    HG_TRY(load_first(t, &first, err));
    snprintf(own, sizeof own, "%016llx", (unsigned long long)t->data->fingerprint);
    const bool differs = first && hg__model_schema(first) && strcmp(first->fingerprint, own) != 0;
    if (differs) {
        hg__schema_free(t->schema);
        t->schema = hg__model_give_schema(first);
    }
    hg_model_free(first);
    return differs ? read_again(t, table, err) : HG_OK;
}

// What the columns are, and the rows by it. *bad: rows that were left out.
static int learn_table(hg__trainer *t, hg__table *table, int64_t *bad, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const hg__schema_options learn = {.label = v->label,
                                      .ignore = v->ignore,
                                      .normal = v->normal,
                                      .group = v->groupby,
                                      .override = v->columns,
                                      .on_bad = v->on_bad,
                                      .max_levels = MAX_LEVELS,
                                      .seed = (uint64_t)v->seed};
    t->schema = hg__schema_infer(table, &learn, bad, err);
    if (!t->schema) return err->code;
    HG_TRY(read_rows(t, table, err));
    const int changed = has_categories(t->schema) ? learn_levels(t, table, &learn, err) : 0;
    HG_TRY(changed < 0 ? changed : HG_OK);
    if (changed) HG_TRY(read_again(t, table, err));
    return keep_columns(t, table, err);
}

static int read_table(hg__trainer *t, hg__table *table, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    int64_t bad = 0;
    HG_TRY(learn_table(t, table, &bad, err));
    tell_columns(t, bad);
    tell_room(t);
    const int64_t wanted = EPOCH_STEPS * v->batch, rows = t->data->source.rows;
    if (v->steps > 0 && rows < wanted) t->corruption.draws = (int32_t)hg__ceil_div_64(wanted, rows);
    return HG_OK;
}

// *view: the rows of `table` that are normal by their label; NULL where there is no label= or, with `may_lack`, no such column.
static int view_normal(const hg__trainer *t, hg__table *table, bool may_lack, hg__trim *trim,
                       normal_rows *normal, hg__table **view, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    *normal = (normal_rows){.label = -1, .normal = v->normal, .trim = trim};
    *view = NULL;
    if (!*v->label) return HG_OK;
    normal->label = hg__table_find(table, v->label);
    if (normal->label < 0) {
        return may_lack ? HG_OK : hg__table_column(table, "label", v->label, err);
    }
    *view = hg__table_view(table, keep_normal, normal, err);
    return *view ? HG_OK : (int)err->code;
}

int hg__open_table(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const hg__table_options how = {
        .query = v->query, .table = v->table, .header = {.say = v->header}};
    hg__table *opened = t->given ? NULL : hg__table_open(v->data, &how, err);
    hg__table *table = t->given ? t->given : opened, *view;
    if (!table) return err->code;
    if (opened) hg__trainer_note(t, opened->note);
    normal_rows normal;
    hg__trim *trim = t->trim.is_wanted ? &t->trim : NULL;
    int code = view_normal(t, table, false, trim, &normal, &view, err);
    hg__table_start_meter(table, &t->meter, t->l, "reading");
    if (code == HG_OK) code = read_table(t, view ? view : table, err);
    hg__table_end_meter(table);
    if (code == HG_ERR_DATA && normal.left_out && normal.left_out == normal.seen) {
        code = hg__label_refuse(table->path, v->label, v->normal, &normal.met, err);
    }
    if (code == HG_OK && normal.left_out) {
        char line[160];
        snprintf(line, sizeof line,
                 "%lld rows are labelled as anomalies: training does not see them",
                 (long long)normal.left_out);
        hg__trainer_note(t, line);
    }
    hg__table_close(view);
    hg__table_close(opened);
    return code;
}

int hg__open_val_table(hg__trainer *t, hg_error *err) {
    const struct hg__values *v = &t->o.values;
    const hg__encode_options encode = {
        .group = v->groupby, .on_bad = v->on_bad, .memory = (size_t)v->max_mem};
    hg__encoding_notes notes = {0};
    hg__table_options how = {0};
    normal_rows normal;
    const char **names;
    HG_TRY(hg__schema_header(t->schema, v->header, &how.header, &names, err));
    hg__table *table = hg__table_open(v->val, &how, err), *view;
    if (!table) {
        hg__free(names);
        return err->code;
    }
    hg__trainer_note(t, table->note);
    int code = view_normal(t, table, true, NULL, &normal, &view, err);
    hg__table_start_meter(table, &t->meter, t->l, "reading");
    if (code == HG_OK) {
        hg__data *rows =
            hg__schema_read(t->schema, view ? view : table, &encode, &t->val_side, &notes, err);
        t->val_data = hg__dataset_of(rows, err);
        code = t->val_data ? HG_OK : (int)err->code;
    }
    hg__table_end_meter(table);
    hg__table_close(view);
    hg__table_close(table);
    hg__free(names);
    return code;
}
