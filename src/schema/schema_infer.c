// SPDX-License-Identifier: Apache-2.0
// schema_infer.c - one pass over a table: what there is to know about each column before it is given a kind.
#include <math.h>

#include "base/mem.h"
#include "base/rng.h"
#include "schema/schema_measure.h"

enum {
    STANDARD_LEVELS = 128,
    SAMPLE_ROWS = 16384,
    SAMPLE_CELLS = 1 << 22, // all columns together
    NUMBERS = 4096,         // different numbers counted, unless a category was asked for
    TEXT_BYTES = 64 << 20   // of the tallies of all columns
};

// ---- one row ------------------------------------------------------------------------------------

static void add_number(hg__measure *m, double x) {
    hg__moments *all = &m->number;
    const double off = x - all->mean;
    all->count++;
    all->mean += off / (double)all->count;
    all->m2 += off * (x - all->mean);
    if (all->count == 1 || x < all->least) all->least = x;
    if (all->count == 1 || x > all->most) all->most = x;
    const bool whole = x > -9e15 && x < 9e15 && x == (double)(int64_t)x;
    m->whole += whole;
    m->rising += whole && (all->count == 1 || x > m->last);
    m->rises += all->count > 1 && x > m->last;
    m->falls += all->count > 1 && x < m->last;
    m->zeros += x == 0;
    m->last = x;
}

// As the column's format says, or its levels are spelt.
static void reread(hg__measure *m, hg__cell *cell) {
    hg__number_value v;
    if (cell->kind == HG_CELL_MISSING || !cell->text) return;
    if (m->spelt) {
        cell->kind = HG_CELL_TEXT;
        return;
    }
    const bool reads = hg__number_read(&m->format, cell->text, (size_t)cell->size, &v);
    cell->kind = reads ? HG_CELL_NUMBER : HG_CELL_TEXT;
    if (!reads) return;
    cell->number = v.x;
    if (v.decimals > m->decimals) m->decimals = v.decimals;
}

// What the cell says about how the column's numbers are written.
static int add_spelling(const hg__table *t, hg__measure *m, const hg__cell *cell,
                        hg__cell_class class, hg_error *err) {
    if (m->format.point || m->spelt) return HG_OK; // it is known
    if (cell->kind == HG_CELL_NUMBER) {
        const int decimals = hg__plain_number_add(&m->plain, cell);
        if (decimals > m->decimals) m->decimals = decimals;
    }
    if (class != HG_CLASS_TEXT) return HG_OK;
    if (!m->texts && !(m->texts = hg__alloc(1, sizeof *m->texts, err))) return HG_ERR_MEMORY;
    hg__number_texts_add(m->texts, cell, t->point);
    return HG_OK;
}

static int add_cell(const hg__table *t, hg__measure *m, int32_t numbers, const hg__cell *cell,
                    hg_error *err) {
    hg__time_reading when;
    const hg__cell_class class = hg__cell_classify(cell, &when);
    if (m->count[class]++ == 0 &&
        class != HG_CLASS_MISSING) { // where it is, should it not belong there
        char where[1100];
        hg__table_where(t, where, sizeof where);
        hg__cell_show(cell, m->shown[class]);
        if (class == HG_CLASS_TEXT) {
            m->endless = hg__number_is_endless(cell->text, (size_t)cell->size);
        }
        if (!(m->where[class] = hg__copy_text(where, err))) return HG_ERR_MEMORY;
    }
    if (class == HG_CLASS_MISSING) return HG_OK;
    HG_TRY(add_spelling(t, m, cell, class, err));
    if (cell->kind == HG_CELL_NUMBER) {
        add_number(m, cell->number);
        hg__time_read_number(cell->number, m->says, &when);
    }
    HG_TRY(hg__times_add(m, class, t, cell, &when, err));
    if (cell->kind == HG_CELL_NUMBER && !m->all_numbers && m->tally.entries >= numbers) {
        m->tally.rest++;
        return HG_OK;
    }
    return hg__tally_add(&m->tally, cell, err);
}

static bool is_wanted(const hg__measuring *m, int32_t i) {
    const hg__measure *c = &m->column[i];
    return !m->way[i].ignore && !c->passed && (!m->again || c->again);
}

// Takes the row into the sample: each row of the table with the same probability (reservoir sampling, Vitter 1985), a
// function of the seed and how many came before.
static void sample_row(hg__measuring *m, const hg__cell *cell, uint64_t seed) {
    int64_t at = m->sampled;
    if (m->sampled == m->sample_rows) {
        const uint64_t row = (uint64_t)m->rows;
        const hg__philox r =
            hg__philox_run(seed, HG_STREAM_SCHEMA, 0, (uint32_t)row, (uint32_t)(row >> 32));
        at = (int64_t)(((uint64_t)r.word[0] << 32 | r.word[1]) % (row + 1));
        if (at >= m->sample_rows) return;
    } else {
        m->sampled++;
    }
    for (int32_t i = 0; i < m->columns; i++) {
        if (m->column[i].passed || (m->again && !m->column[i].again)) continue;
        double *x = m->sample + (size_t)i * (size_t)m->sample_rows + (size_t)at;
        *x = cell[i].kind == HG_CELL_NUMBER ? cell[i].number : (double)NAN;
        if (cell[i].kind == HG_CELL_TEXT) *x = hg__text_mark(cell[i].text, (size_t)cell[i].size);
    }
}

static int add_row(const hg__table *t, hg__measuring *m, hg__cell *cell,
                   const hg__schema_options *o, hg_error *err) {
    for (int32_t i = 0; i < m->columns; i++) {
        const hg__measure *c = &m->column[i];
        if (c->format.point || c->spelt) reread(&m->column[i], &cell[i]);
    }
    sample_row(m, cell, o->seed);
    m->rows++;
    for (int32_t i = 0; i < m->columns; i++) {
        if (!is_wanted(m, i)) continue;
        HG_TRY(add_cell(t, &m->column[i], m->numbers, &cell[i], err));
    }
    return HG_OK;
}

// ---- all of them --------------------------------------------------------------------------------

static bool is_learned(const hg__measuring *m, const hg__cell *cell, const hg__schema_options *o,
                       int64_t row) {
    if (o->use && !o->use(o->use_context, row)) return false;
    return m->label < 0 || hg__label_is_normal(&cell[m->label], o->normal);
}

static int read_rows(hg__table *t, hg__measuring *m, const hg__schema_options *o, hg_error *err) {
    const bool stop = !*o->on_bad || strcmp(o->on_bad, "stop") == 0;
    hg__cell *cell = hg__alloc((size_t)t->columns, sizeof *cell, err);
    if (!cell) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int64_t row = 0; code >= 0; row++) {
        hg_error why = {0};
        code = hg__table_next(t, cell, &why);
        if (code == 0) break;
        if (code == HG_ERR_DATA && !stop) {
            if (m->bad++ == 0) m->first_bad = why;
            code = HG_OK;
        } else if (code < 0) {
            if (err) *err = why;
        } else if (is_learned(m, cell, o, row)) {
            code = add_row(t, m, cell, o, err);
        } else {
            m->unwanted++;
            if (m->label >= 0) hg__label_list_add(&m->labels, &cell[m->label]);
        }
    }
    hg__free(cell);
    return code;
}

static void start_column(hg__measure *c, const hg__table *t, int32_t i, const hg__override *way) {
    c->all_numbers = way->kind == HG_COLUMN_CATEGORY;
    c->says = t->named ? hg__time_name(t->name[i]) : 0;
    c->says_length = t->named && hg__time_length_name(t->name[i]);
    c->said = way->time_format;
    if (way->kind == HG_COLUMN_TIME) c->says = HG_SAYS_DATE | HG_SAYS_TIME;
    c->tally.limit = HG_MAX_LEVELS;
    c->tally.room = (size_t)TEXT_BYTES / (size_t)t->columns;
    if (c->tally.room > 4 << 20) c->tally.room = 4 << 20;
}

// Label and group are no features.
static int find_side_columns(const hg__table *t, hg__measuring *m, const hg__schema_options *o,
                             hg_error *err) {
    m->label = -1;
    if (*o->label) {
        m->label = hg__table_column(t, "label", o->label, err);
        if (m->label < 0) return m->label;
        m->way[m->label].ignore = true;
    }
    if (*o->group) {
        const int32_t group = hg__table_column(t, "groupby", o->group, err);
        if (group < 0) return group;
        m->way[group].ignore = true;
    }
    return HG_OK;
}

static void begin_columns(const hg__table *t, hg__measuring *m, const hg__schema_options *o) {
    for (int32_t i = 0; i < t->columns; i++) {
        start_column(&m->column[i], t, i, &m->way[i]);
        m->column[i].passed = o->levels_of != NULL;
    }
    for (int32_t i = 0; o->levels_of && i < o->levels_of->columns; i++) {
        const hg__column *c = &o->levels_of->column[i];
        m->column[c->position].passed = c->kind != HG_COLUMN_CATEGORY;
        m->column[c->position].spelt = c->spelt;
    }
}

static int start(hg__table *t, hg__measuring *m, const hg__schema_options *o, hg_error *err) {
    m->columns = t->columns;
    m->way = hg__alloc((size_t)t->columns, sizeof *m->way, err);
    m->column = hg__alloc((size_t)t->columns, sizeof *m->column, err);
    if (!m->way || !m->column) return HG_ERR_MEMORY;
    HG_TRY(hg__override_read(t, o, m->way, err));
    HG_TRY(find_side_columns(t, m, o, err));
    hg__flow_columns(t, m->way, m->note, sizeof m->note);
    begin_columns(t, m, o);
    m->numbers = SAMPLE_CELLS / t->columns;
    if (m->numbers > NUMBERS) m->numbers = NUMBERS;
    m->sample_rows = SAMPLE_CELLS / t->columns;
    if (m->sample_rows > SAMPLE_ROWS) m->sample_rows = SAMPLE_ROWS;
    m->sample = hg__alloc((size_t)m->sample_rows * (size_t)t->columns, sizeof *m->sample, err);
    return m->sample ? HG_OK : HG_ERR_MEMORY;
}

static void clear_column(hg__measure *c) {
    hg__tally_clear(&c->tally);
    hg__times_clear(c->time);
    for (int k = 0; k < HG_CLASSES; k++) hg__free(c->where[k]);
    hg__free(c->texts);
    hg__free(c->hint);
}

// Some columns once more, all that was measured of them forgotten but how they are to be read.
static int read_again(hg__table *t, hg__measuring *m, const hg__schema_options *o, hg_error *err) {
    for (int32_t i = 0; i < m->columns; i++) {
        hg__measure *c = &m->column[i],
                    fresh = {
                        .all_numbers = c->all_numbers,
                        .again = true,
                        .says = c->says,
                        .says_length = c->says_length,
                        .said = c->said,
                        .format = c->format,
                        .spelt = c->spelt,
                        .tally = {.limit = c->tally.limit, .room = c->tally.room}
        };
        if (!c->again) continue;
        fresh.hint = c->hint;
        c->hint = NULL;
        clear_column(c);
        *c = fresh;
    }
    m->again = true;
    m->rows = m->sampled = m->unwanted = m->bad = 0;
    HG_TRY(hg__table_rewind(t, err));
    return read_rows(t, m, o, err);
}

static void clear(hg__measuring *m) {
    for (int32_t i = 0; m->column && i < m->columns; i++) clear_column(&m->column[i]);
    hg__free(m->column);
    hg__free(m->way);
    hg__free(m->sample);
}

// ---- a schema of it -----------------------------------------------------------------------------

static int no_rows(const hg__table *t, const hg__measuring *m, const hg__schema_options *o,
                   hg_error *err) {
    if (m->bad > 0) {
        return hg__fail(err, HG_ERR_DATA,
                        "%.200s: none of %lld rows can be used; the first: %.250s", t->path,
                        (long long)m->bad, m->first_bad.message);
    }
    if (m->label >= 0 && m->unwanted && m->labels.count) {
        return hg__label_refuse(t->path, o->label, o->normal, &m->labels, err);
    }
    return hg__fail(err, HG_ERR_DATA, "%.200s: expected rows%s, got none", t->path,
                    m->label >= 0 ? " that are normal by their label" : "");
}

static int add_columns(hg__schema *s, const hg__table *t, hg__measuring *m,
                       const hg__schema_options *o, hg_error *err) {
    for (int32_t i = 0; i < t->columns; i++) {
        if (m->way[i].ignore) continue;
        hg__column *c = &s->column[s->columns++];
        c->position = i;
        c->name = hg__copy_text(t->name[i], err);
        if (!c->name) return HG_ERR_MEMORY;
        c->kind = HG_COLUMN_TEXT;
        if (m->column[i].passed) continue;
        HG_TRY(hg__kind_choose(c, m, i, t, o, err));
    }
    return HG_OK;
}

static int make(hg__schema *s, const hg__table *t, hg__measuring *m, const hg__schema_options *o,
                hg_error *err) {
    if (m->rows == 0) return no_rows(t, m, o, err);
    s->column = hg__alloc((size_t)t->columns, sizeof *s->column, err);
    if (!s->column) return HG_ERR_MEMORY;
    s->table_columns = t->columns;
    s->named = t->named;
    s->label = m->label;
    memcpy(s->note, m->note, sizeof s->note);
    hg__trial trial = {0};
    int code = o->levels_of ? HG_OK : hg__trial_take(&trial, m, err);
    if (code == HG_OK) code = add_columns(s, t, m, o, err);
    if (code == HG_OK) code = hg__trial_choose(&trial, s, m, err);
    hg__trial_clear(&trial);
    HG_TRY(code);
    HG_TRY(hg__schema_layout(s, err));
    if (o->levels_of) return HG_OK;
    for (int32_t i = 0; i < s->columns; i++) {
        if (s->column[i].width > 0 && s->column[i].kind != HG_COLUMN_CONSTANT) return HG_OK;
    }
    return hg__fail(
        err, HG_ERR_DATA,
        "%.200s: expected at least one column to learn from, got %d that are ids, constants, "
        "texts or left out; columns=\"NAME number\" says otherwise",
        t->path, t->columns);
}

hg__schema *hg__schema_infer(hg__table *t, const hg__schema_options *options, int64_t *bad,
                             hg_error *err) {
    static const char none[] = "";
    hg__schema_options o = *options;
    const char **const text[] = {&o.label, &o.normal, &o.ignore, &o.group, &o.override, &o.on_bad};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        if (!*text[i]) *text[i] = none;
    }
    if (o.max_levels <= 0) o.max_levels = STANDARD_LEVELS;
    if (o.max_levels > HG_MAX_LEVELS) o.max_levels = HG_MAX_LEVELS;
    if (t->columns > HG_MAX_COLUMNS) {
        hg__fail(err, HG_ERR_DATA, "%.200s: expected at most %d columns, got %d", t->path,
                 HG_MAX_COLUMNS, t->columns);
        return NULL;
    }
    hg__measuring m = {0};
    hg__schema *s = hg__alloc(1, sizeof *s, err);
    int code = s ? start(t, &m, &o, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = read_rows(t, &m, &o, err);
    if (code == HG_OK && m.rows > 0 && !o.levels_of) {
        code = hg__kind_look_again(&m, t, &o, err);
        if (code > 0) code = read_again(t, &m, &o, err);
    }
    if (code == HG_OK) code = make(s, t, &m, &o, err);
    if (code == HG_OK) code = hg__table_rewind(t, err);
    if (bad) *bad = m.bad;
    clear(&m);
    if (code == HG_OK) return s;
    hg__schema_free(s);
    return NULL;
}
