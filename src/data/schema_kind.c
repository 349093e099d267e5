// SPDX-License-Identifier: Apache-2.0
// schema_kind.c - from what was measured of a column to what it is. docs/DATA.md has the rules in words.
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/mem.h"
#include "data/schema_measure.h"

enum {
    ENOUGH = 20,      // values it takes to call a column an id
    MANY_ROWS = 1000, // from here on a level must come
    OFTEN = 5,        // so often, and before
    TWICE = 2,
    KNOTS_IN_ALL = 1 << 17,
    KNOTS = 129
};

static int64_t count_numbers(const hg__measure *m) {
    return m->count[HG_CLASS_BIT] + m->count[HG_CLASS_NUMBER];
}

static bool is_constant(const hg__measure *m) {
    const int64_t numbers = count_numbers(m), texts = hg__count_texts(m);
    if (numbers + texts == 0) return true;
    if (m->count[HG_CLASS_MISSING] > 0) return false; // whether it is there says something
    if (texts == 0) return m->number.least == m->number.most;
    return m->tally.entries == 1 && m->tally.rest == 0;
}

// "id", "uuid", "row_id", "userId", "index" ...
static bool is_id_name(const char *name) {
    static const char *const words[] = {"id",  "uuid", "guid",  "index",
                                        "idx", "key",  "rowid", "oid"};
    const char *last = name;
    for (const char *p = name; *p; p++) {
        const bool joint = strchr("_-. ", *p) != NULL;
        const bool hump = p > name && islower((unsigned char)p[-1]) && isupper((unsigned char)*p);
        if (joint) last = p + 1;
        if (hump) last = p;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcasecmp(last, words[i]) == 0) return true;
    }
    return false;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The numbers of a column's sample, moved together at its front: how many.
static int64_t gather(const hg__measuring *m, int32_t i) {
    double *x = m->sample + (size_t)i * (size_t)m->sample_rows;
    int64_t n = 0;
    for (int64_t k = 0; k < m->sampled; k++) {
        if (!isnan(x[k])) x[n++] = x[k];
    }
    return n;
}

// Whether 95 in 100 values of the sample occur there once only.
static bool is_mostly_unique(double *x, int64_t count) {
    int64_t different = count > 0;
    qsort(x, (size_t)count, sizeof *x, compare);
    for (int64_t k = 1; k < count; k++) different += x[k] > x[k - 1];
    return different * 100 >= count * 95;
}

// A counter, or whole numbers that nearly all differ under a name that says so.
static bool is_number_id(const hg__measure *m, const char *name, double *sample, int64_t count) {
    const int64_t n = m->number.count;
    if (n < ENOUGH || m->whole < n || m->count[HG_CLASS_MISSING] > 0) return false;
    const bool sinking = m->falls == n - 1; // the newest row first
    return m->rising == n || sinking || (is_id_name(name) && is_mostly_unique(sample, count));
}

// What the most frequent levels do not cover must be less than half.
static bool is_category(const hg__measure *m, int32_t max_levels) {
    const hg__tally *t = &m->tally;
    if (t->rest == 0 && t->entries <= max_levels) return true;
    int64_t covered = 0, all = t->rest;
    for (int32_t i = 0; i < t->entries; i++) {
        all += t->entry[i].count;
        if (i < max_levels) covered += t->entry[i].count;
    }
    return covered * 2 >= all;
}

static hg__column_kind kind_of_texts(const hg__measure *m, const char *name, int32_t max_levels) {
    const int64_t texts = hg__count_texts(m), values = texts + count_numbers(m);
    const hg__tally *t = &m->tally;
    const bool unique = (t->entries + t->rest) * 10 >= values * 9;
    if (values >= ENOUGH && unique && (t->entries * 10 >= values * 9 || is_id_name(name))) {
        return HG_COLUMN_ID;
    }
    if (is_category(m, max_levels)) return HG_COLUMN_CATEGORY;
    if (count_numbers(m) * 2 >= values) return HG_COLUMN_NUMBER; // its texts will be named
    return unique ? HG_COLUMN_ID : HG_COLUMN_TEXT;
}

static hg__column_kind find_kind(const hg__measure *m, const char *name, int32_t max_levels,
                                 double *sample, int64_t sampled) {
    const int64_t numbers = count_numbers(m), values = numbers + hg__count_texts(m);
    if (is_constant(m)) return HG_COLUMN_CONSTANT;
    if (m->count[HG_CLASS_BIT] + m->count[HG_CLASS_WORD] == values) return HG_COLUMN_BOOLEAN;
    if (hg__is_nearly(numbers, values)) {
        return is_number_id(m, name, sample, sampled) ? HG_COLUMN_ID : HG_COLUMN_NUMBER;
    }
    return kind_of_texts(m, name, max_levels);
}

// A number that never falls and rises again and again lies beyond all that was seen in the rows to come; so does the year or
// month that was the same all along.
static bool is_forward(const hg__measure *m, hg__column_kind kind, const char *name) {
    const int64_t n = m->number.count;
    if (m->falls > 0 || n == 0) return false;
    if (kind == HG_COLUMN_NUMBER && m->rises >= ENOUGH - 1) return true;
    const bool is_part = hg__time_part_name(name, m->number.least, m->number.most);
    if (!is_part || m->whole < n) return false;
    return kind == HG_COLUMN_CONSTANT || (kind == HG_COLUMN_NUMBER && n >= ENOUGH);
}

// From the column's cells alone.
static void find_kind_alone(hg__column *c, const hg__measure *m, const char *name,
                            int32_t max_levels, double *sample, int64_t sampled) {
    bool unsure;
    const int format = hg__times_choose(m, is_id_name(name), is_constant(m), &unsure);
    if (format >= 0) {
        c->kind = HG_COLUMN_TIME;
        c->format = format;
        c->unsure = unsure;
        return;
    }
    c->kind = find_kind(m, name, max_levels, sample, sampled);
    c->forward = is_forward(m, c->kind, name);
    if (c->forward) c->kind = HG_COLUMN_ID;
}

// ---- what does not belong -----------------------------------------------------------------------

static bool belongs(hg__column_kind kind, int class) {
    switch (kind) {
    case HG_COLUMN_NUMBER: return class == HG_CLASS_BIT || class == HG_CLASS_NUMBER;
    case HG_COLUMN_BOOLEAN: return class == HG_CLASS_BIT || class == HG_CLASS_WORD;
    default: return true;
    }
}

static int refuse(const hg__column *c, const char *where, const char *expected, const char *shown,
                  hg_error *err) {
    return hg__fail(err, HG_ERR_DATA,
                    "%.200s: column '%.60s': expected %s, got %s; columns=\"%.60s category\" or "
                    "on_bad=score_missing takes it",
                    where, c->name, expected, shown, c->name);
}

static int count_strange_times(const hg__column *c, const hg__measure *m,
                               const hg__schema_options *o, int64_t *strange, hg_error *err) {
    const int64_t read = m->time ? hg__times_read(m->time, c->format) + m->time->zeros : 0;
    *strange = m->number.count + hg__count_texts(m) - m->zeros - read;
    if (*strange == 0 || (*o->on_bad && strcmp(o->on_bad, "stop") != 0)) return HG_OK;
    const hg__time_miss *miss = hg__times_find_miss(m->time, c->format);
    const char *example = hg__time_types[c->format].example;
    if (miss) return refuse(c, miss->where, example, miss->shown, err);
    int k = HG_CLASS_MISSING + 1;
    while (k < HG_CLASSES - 1 && !m->where[k]) k++;
    return refuse(c, m->where[k], example, m->shown[k], err);
}

// Cells that the kind has no use for; the first of them ends it all where on_bad is stop.
static int count_strange(const hg__column *c, const hg__measure *m, const hg__schema_options *o,
                         int64_t *strange, hg_error *err) {
    static const char *const expected[] = {"a number", "", "0 or 1, yes or no, true or false"};
    if (c->kind == HG_COLUMN_TIME) return count_strange_times(c, m, o, strange, err);
    const bool stop = !*o->on_bad || strcmp(o->on_bad, "stop") == 0;
    *strange = 0;
    for (int k = HG_CLASS_MISSING + 1; k < HG_CLASSES; k++) {
        if (belongs(c->kind, k) || m->count[k] == 0) continue;
        *strange += m->count[k];
        if (!stop) continue;
        return refuse(c, m->where[k], expected[c->kind], m->shown[k], err);
    }
    return HG_OK;
}

// ---- levels -------------------------------------------------------------------------------------

static int copy_levels(hg__column *c, const hg__tally *t, int32_t count, hg_error *err) {
    char text[HG_MAX_LEVEL_BYTES + 1];
    c->level = hg__alloc((size_t)count, sizeof *c->level, err);
    if (!c->level) return HG_ERR_MEMORY;
    for (int32_t i = 0; i < count; i++) {
        const size_t size = hg__tally_text(t, i, text);
        const bool twice = t->entry[i].size < 0 && hg__tally_find_text(t, text, size) >= 0;
        if (twice) continue; // 80 and '80'
        if (!(c->level[c->levels] = hg__copy_text(text, err))) return HG_ERR_MEMORY;
        c->levels++;
    }
    return HG_OK;
}

// Those that come often enough to be learned; if none does, the most frequent all the same.
static int choose_levels(hg__column *c, const hg__measure *m, int64_t rows, int32_t max_levels,
                         hg_error *err) {
    const hg__tally *t = &m->tally;
    const int64_t least = rows >= MANY_ROWS ? OFTEN : TWICE;
    const int32_t most = t->entries < max_levels ? t->entries : max_levels;
    int32_t n = 0;
    while (n < most && t->entry[n].count >= least) n++;
    return copy_levels(c, t, n > 0 ? n : most, err);
}

// The words a boolean was written in, the first met of each side; none where it was 0 and 1.
static int choose_words(hg__column *c, const hg__tally *t, hg_error *err) {
    char text[HG_MAX_LEVEL_BYTES + 1], word[2][HG_MAX_LEVEL_BYTES + 1] = {"", ""};
    int64_t balance = 0; // of ones over zeros
    for (int32_t i = 0; i < t->entries; i++) {
        const hg__tally_entry *e = &t->entry[i];
        const size_t size = hg__tally_text(t, i, text);
        const hg__cell cell = {e->size < 0 ? HG_CELL_NUMBER : HG_CELL_TEXT, (int32_t)size,
                               e->number, text};
        const int side = hg__cell_boolean(&cell);
        if (side < 0) continue;
        balance += side ? e->count : -e->count;
        if (e->size >= 0 && !*word[side]) memcpy(word[side], text, size + 1);
    }
    c->fill = balance > 0;
    if (!*word[0] || !*word[1]) return HG_OK;
    c->level = hg__alloc(2, sizeof *c->level, err);
    if (!c->level) return HG_ERR_MEMORY;
    for (int side = 0; side < 2; side++) {
        if (!(c->level[side] = hg__copy_text(word[side], err))) return HG_ERR_MEMORY;
        c->levels++;
    }
    return HG_OK;
}

// ---- all of it ----------------------------------------------------------------------------------

int hg__kind_choose(hg__column *c, const hg__measuring *all, int32_t i, const hg__table *t,
                    const hg__schema_options *o, hg_error *err) {
    hg__measure *m = &all->column[i];
    const hg__override *way = &all->way[i];
    double *sample = all->sample + (size_t)i * (size_t)all->sample_rows;
    const int64_t sampled = gather(all, i);
    hg__tally_sort(&m->tally);
    c->unit = c->scale = 1;
    if (way->kind < 0) {
        find_kind_alone(c, m, t->named ? c->name : "", o->max_levels, sample, sampled);
    } else {
        c->kind = (hg__column_kind)way->kind;
        if (c->kind == HG_COLUMN_TIME) c->format = hg__times_settle(m, way->format, &c->unsure);
    }
    int64_t strange;
    HG_TRY(count_strange(c, m, o, &strange, err));
    const bool skip = strcmp(o->on_bad, "skip") == 0;
    int64_t missing = m->count[HG_CLASS_MISSING] + (skip ? 0 : strange);
    if (c->kind == HG_COLUMN_TIME) missing += m->zeros + (m->time ? m->time->zeros : 0);
    c->missing = (double)missing / (double)all->rows;
    c->may_miss = missing > 0;
    c->least = m->number.least;
    c->most = m->number.most;
    int32_t knots = KNOTS_IN_ALL / t->columns;
    knots = knots > KNOTS ? KNOTS : knots < 3 ? 3 : knots;
    switch (c->kind) {
    case HG_COLUMN_NUMBER: return hg__scale_choose(c, way, &m->number, sample, sampled, knots, err);
    case HG_COLUMN_CATEGORY: return choose_levels(c, m, all->rows, o->max_levels, err);
    case HG_COLUMN_BOOLEAN: return choose_words(c, &m->tally, err);
    case HG_COLUMN_CONSTANT:
        return m->tally.entries == 1 ? copy_levels(c, &m->tally, 1, err) : HG_OK;
    case HG_COLUMN_TIME: hg__times_set(c, m); return HG_OK;
    default: return HG_OK;
    }
}
