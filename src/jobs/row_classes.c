// SPDX-License-Identifier: Apache-2.0
// row_classes.c - what classes rows have: values of a file or of a column become numbers, by when they first come.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "array/data.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "detect/table_model.h"
#include "jobs/val_code.h"
#include "table/table.h"

typedef struct level {
    uint64_t key; // of its text
    int32_t number;
} level;

typedef struct reading {
    hg__table *table;            // owned
    int32_t column;              // of it, the values
    hg__cell *cell;              // owned, (columns)
    level *level;                // owned, (HG_QUALITY_CLASSES), ascending
    char (*name)[HG_CLASS_NAME]; // owned, (HG_QUALITY_CLASSES), in the order in which they come
    int32_t levels;              // met so far
    int32_t *number;             // owned, (room)
    int64_t rows, room;
} reading;

static void reading_clear(reading *r) {
    hg__table_close(r->table);
    hg__free(r->cell);
    hg__free(r->level);
    hg__free(r->name);
    hg__free(r->number);
}

static int too_many(const reading *r, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d classes in column \"%.100s\"",
                    r->table->path, HG_QUALITY_CLASSES, r->table->name[r->column]);
}

// The number of a cell's level; a new one has the next.
static int find_level(reading *r, const hg__cell *cell, int32_t *number, hg_error *err) {
    char text[256];
    *number = -1;
    if (cell->kind == HG_CELL_MISSING) return HG_OK;
    hg__cell_write(cell, text, sizeof text);
    const uint64_t key = hg__hash_bytes(text, strlen(text));
    int32_t low = 0, high = r->levels;
    while (low < high) {
        const int32_t middle = (low + high) / 2;
        if (r->level[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == r->levels || r->level[low].key != key) {
        if (r->levels == HG_QUALITY_CLASSES) return too_many(r, err);
        memmove(r->level + low + 1, r->level + low, (size_t)(r->levels - low) * sizeof *r->level);
        snprintf(r->name[r->levels], HG_CLASS_NAME, "%s", text);
        hg__cut_partial(r->name[r->levels]);
        r->level[low] = (level){key, r->levels++};
    }
    *number = r->level[low].number;
    return HG_OK;
}

static int add_row(reading *r, int32_t number, hg_error *err) {
    if (r->rows == r->room) {
        const int64_t room = r->room ? 2 * r->room : 1024;
        int32_t *grown = hg__grow(r->number, (size_t)room, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        r->number = grown;
        r->room = room;
    }
    r->number[r->rows++] = number;
    return HG_OK;
}

// A row that cannot be read has no class.
static int read_rows(reading *r, hg_error *err) {
    hg_error own;
    int more;
    r->cell = hg__alloc((size_t)r->table->columns, sizeof *r->cell, err);
    r->level = r->cell ? hg__alloc(HG_QUALITY_CLASSES, sizeof *r->level, err) : NULL;
    r->name = r->level ? hg__alloc(HG_QUALITY_CLASSES, sizeof *r->name, err) : NULL;
    if (!r->name) return HG_ERR_MEMORY;
    while ((more = hg__table_next(r->table, r->cell, &own)) > 0 || more == HG_ERR_DATA) {
        int32_t number = -1;
        if (more > 0) HG_TRY(find_level(r, &r->cell[r->column], &number, err));
        HG_TRY(add_row(r, number, err));
    }
    if (more < 0 && err) *err = own;
    return more;
}

// ---- where they are -----------------------------------------------------------------------------

static int open_file(reading *r, const char *path, hg_error *err) {
    r->table = hg__table_open(path, NULL, err);
    if (!r->table) return (int)err->code;
    if (r->table->columns == 1) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected a class a row, got %d columns", path,
                    r->table->columns);
}

// data= again, as the feed has opened it.
static int open_column(reading *r, const hg__feed *f, const hg_options *o, const char *name,
                       hg_error *err) {
    const struct hg__values *v = &o->values;
    const hg__schema *schema = hg__model_schema(f->model);
    hg__table_options from = {.query = v->query, .table = v->table, .header = {.say = v->header}};
    const char **names = NULL;
    if (schema) HG_TRY(hg__schema_header(schema, v->header, &from.header, &names, err));
    r->table = hg__table_open(v->data, &from, err);
    hg__free(names);
    if (!r->table) return (int)err->code;
    r->column = hg__table_find(r->table, name);
    if (r->column >= 0) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "classes: expected a file, or a column of %.200s, got \"%.200s\"", v->data,
                    name);
}

// "...images-idx3-ubyte.gz" has its labels in "...labels-idx1-ubyte.gz": Y. LeCun's names of MNIST. Whether that is there.
static bool find_labels_beside(const char *data, char *path, size_t size) {
    static const char images[] = "images-idx3-ubyte", labels[] = "labels-idx1-ubyte";
    const char *file = hg__data_file(data), *at = strstr(file, images);
    if (!at) return false;
    const int length =
        snprintf(path, size, "%.*s%s%s", (int)(at - file), file, labels, at + sizeof images - 1);
    return length > 0 && (size_t)length < size && hg__is_file(path);
}

bool hg__has_class_column(const struct hg__values *v) {
    return *v->classes && strcmp(v->classes, "none") != 0 && !hg__is_file(v->classes);
}

// The classes of the feed's rows, which need not be all of the table's.
static int take_rows(const reading *r, const hg__feed *f, bool is_asked, int32_t **classes,
                     hg_error *err) {
    const int64_t rows = f->data->source.rows, *number = f->side.number;
    if (!number && r->rows != rows) {
        if (!is_asked) return HG_OK;
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected the classes of %" PRId64 " rows, got %" PRId64,
                        r->table->path, rows, r->rows);
    }
    int32_t *to = hg__alloc((size_t)rows, sizeof *to, err);
    if (!to) return HG_ERR_MEMORY;
    for (int64_t i = 0; i < rows; i++) {
        const int64_t row = number ? number[i] : i;
        to[i] = r->number && row < r->rows ? r->number[row] : -1;
    }
    *classes = to;
    return HG_OK;
}

// A table's label of two values says what is an anomaly: that is measured by itself.
int hg__row_classes(const hg__feed *f, const hg_options *o, int32_t **classes,
                    hg__class_names *names, hg_error *err) {
    const struct hg__values *v = &o->values;
    const bool is_asked = *v->classes, again = strcmp(v->data, "-") != 0;
    char path[HG_MAX_VALUE], note[HG_MAX_VALUE + 40];
    reading r = {0};
    int code;
    *classes = NULL;
    if (strcmp(v->classes, "none") == 0) return HG_OK;
    if (is_asked && hg__is_file(v->classes)) {
        code = open_file(&r, v->classes, err);
    } else if (is_asked || (*v->label && again)) {
        code = open_column(&r, f, o, is_asked ? v->classes : v->label, err);
    } else if (find_labels_beside(v->data, path, sizeof path)) {
        snprintf(note, sizeof note, "classes of rows: %s", path);
        hg__tell(f->listener, note);
        code = open_file(&r, path, err);
    } else {
        return HG_OK;
    }
    if (code == HG_OK) code = read_rows(&r, err);
    const bool is_alarm = !is_asked && hg__model_schema(f->model) && r.levels < 3;
    if (code == HG_OK && !is_alarm) code = take_rows(&r, f, is_asked, classes, err);
    if (code == HG_OK && *classes && names) {
        *names = (hg__class_names){r.name, r.levels};
        r.name = NULL;
    }
    reading_clear(&r);
    return code;
}
