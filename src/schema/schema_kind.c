// SPDX-License-Identifier: Apache-2.0
// schema_kind.c - from what was measured of a column to what it is. docs/DATA.md has the rules in words.
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <strings.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/text.h"
#include "schema/schema_measure.h"

enum {
    ENOUGH = 20,      // values it takes to call a column an id
    MANY_ROWS = 1000, // from here on a level must come
    OFTEN = 5,        // so often, and before
    TWICE = 2,
    KNOTS_IN_ALL = 1 << 17,
    KNOTS = 129
};

static bool is_stop(const hg__schema_options *o) {
    return !*o->on_bad || strcmp(o->on_bad, "stop") == 0;
}

static int64_t count_numbers(const hg__measure *m) {
    return m->count[HG_CLASS_BIT] + m->count[HG_CLASS_NUMBER];
}

static bool has_few_words(const hg__measure *m) {
    return m->count[HG_CLASS_TIME] <= HG_FEW_WORDS && hg__number_texts_are_few(m->texts);
}

// Whether a column of `numbers` among `values` is one of numbers: where a tenth are a few words ("sold out") it is, and they
// will be named; where people said what is to become of these, half of it may be.
static bool is_of_numbers(const hg__measure *m, int64_t numbers, int64_t values, bool stop) {
    if (hg__is_nearly(numbers, values)) return true;
    const bool enough = stop ? numbers * 10 >= values * 9 : numbers * 2 >= values;
    return enough && has_few_words(m);
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

static hg__column_kind kind_of_texts(const hg__measure *m, const char *name, int32_t max_levels,
                                     bool stop) {
    const int64_t texts = hg__count_texts(m), values = texts + count_numbers(m);
    const hg__tally *t = &m->tally;
    const bool unique = (t->entries + t->rest) * 10 >= values * 9;
    const bool of_numbers = is_of_numbers(m, count_numbers(m), values, stop);
    if (unique && of_numbers) return HG_COLUMN_NUMBER;
    if (values >= ENOUGH && unique && (t->entries * 10 >= values * 9 || is_id_name(name))) {
        return HG_COLUMN_ID;
    }
    if (is_category(m, max_levels)) return HG_COLUMN_CATEGORY;
    if (of_numbers) return HG_COLUMN_NUMBER; // its texts will be named
    return unique ? HG_COLUMN_ID : HG_COLUMN_TEXT;
}

static hg__column_kind find_kind(const hg__measure *m, const char *name,
                                 const hg__schema_options *o, double *sample, int64_t sampled) {
    const int64_t numbers = count_numbers(m), values = numbers + hg__count_texts(m);
    if (m->format.point) {
        return is_number_id(m, name, sample, sampled) ? HG_COLUMN_ID : HG_COLUMN_NUMBER;
    }
    if (is_constant(m)) return HG_COLUMN_CONSTANT;
    if (m->count[HG_CLASS_BIT] + m->count[HG_CLASS_WORD] == values) return HG_COLUMN_BOOLEAN;
    if (hg__is_nearly(numbers, values)) {
        return is_number_id(m, name, sample, sampled) ? HG_COLUMN_ID : HG_COLUMN_NUMBER;
    }
    return kind_of_texts(m, name, o->max_levels, is_stop(o));
}

static bool is_time(const hg__measure *m, const char *name) {
    bool unsure;
    return hg__times_choose(m, is_id_name(name), is_constant(m), &unsure) >= 0;
}

// Dates among other texts ("unknown", "open").
static bool is_partly_time(const hg__measure *m) {
    bool unsure;
    const int64_t numbers = count_numbers(m), values = numbers + hg__count_texts(m);
    return !hg__is_nearly(numbers, values) && hg__times_choose_mostly(m, &unsure) >= 0;
}

// ---- how it is written --------------------------------------------------------------------------

static int set_hint(hg__measure *m, hg__text *t, hg_error *err) {
    hg__free(m->hint);
    m->hint = hg__text_take(t, err);
    return m->hint ? HG_OK : HG_ERR_MEMORY;
}

static bool is_ordinal(const char *suffix) {
    static const char *const all[] = {"st", "nd", "rd", "th"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcasecmp(suffix, all[i]) == 0) return true;
    }
    return false;
}

// A word to the one who trains about numbers that are not taken for such.
static int hint_at_numbers(hg__measure *m, const char *name, const hg__number_choice *c,
                           hg_error *err) {
    const int64_t numbers = count_numbers(m), values = numbers + hg__count_texts(m);
    const hg__number_format *f = &c->format;
    char units[64] = "", quoted[HG_QUOTED];
    const bool more = c->sure && !c->telephone && c->numbers > numbers;
    const int64_t most = more ? c->numbers : numbers;
    hg__text t = {0};
    if (m->texts) hg__number_units(m->texts, values, units, sizeof units);
    const bool known = !*f->prefix || hg__is_currency(f->prefix);
    if (*units) {
        hg__text_add(&t, "looks like numbers with several units (%s)", units);
    } else if (f->point && *f->suffix && known && !is_ordinal(f->suffix) &&
               hg__is_nearly(c->numbers, values)) {
        hg__text_add(&t, "looks like numbers with '%s' behind; columns=\"%s number\" makes them so",
                     f->suffix, hg__list_quote(name, quoted));
    } else if (most * 2 >= values && m->texts) {
        hg__text_add(&t,
                     "%lld in 100 cells are numbers; columns=\"%s number\" with "
                     "on_bad=score_missing takes the others as missing",
                     (long long)(most * 100 / values), hg__list_quote(name, quoted));
    } else {
        return HG_OK;
    }
    return set_hint(m, &t, err);
}

static int hint_at_times(hg__measure *m, const char *name, hg_error *err) {
    char quoted[HG_QUOTED];
    bool unsure;
    const int format = hg__times_choose_mostly(m, &unsure);
    const int64_t values = count_numbers(m) + hg__count_texts(m);
    hg__text t = {0};
    hg__text_add(&t,
                 "%lld in 100 cells are dates; columns=\"%s time\" with on_bad=score_missing "
                 "takes the others as missing",
                 (long long)(hg__times_read(m->time, format) * 100 / values),
                 hg__list_quote(name, quoted));
    return set_hint(m, &t, err);
}

static int hint_at_point(hg__measure *m, const char *name, const hg__number_choice *c,
                         hg_error *err) {
    const bool comma = c->format.point == ',';
    char quoted[HG_QUOTED];
    hg__text t = {0};
    if (!c->either) return HG_OK;
    hg__text_add(&t, "'%s' is taken for 1234; columns=\"%s %s\" says otherwise",
                 comma ? "1.234" : "1,234", hg__list_quote(name, quoted),
                 comma ? "decimal_point" : "decimal_comma");
    return set_hint(m, &t, err);
}

static int look_again(hg__measure *m, const hg__override *way, const char *name, char point,
                      const hg__schema_options *o, hg_error *err) {
    const int64_t texts = hg__count_texts(m), values = texts + count_numbers(m);
    const bool forced = way->kind == HG_COLUMN_NUMBER, free_to_choose = way->kind < 0;
    if (texts == 0 && !way->point) return HG_OK;
    const hg__number_choice c =
        hg__number_choose(m->texts, &m->plain, way->point ? way->point : point, way->point != 0);
    const bool natural = free_to_choose && c.sure && !c.telephone && !is_constant(m) &&
                         !is_time(m, name) && is_of_numbers(m, c.numbers, values, is_stop(o));
    if (c.format.point && (forced || natural)) {
        m->format = c.format;
        m->again = true;
        return hint_at_point(m, name, &c, err);
    }
    if (free_to_choose && !is_constant(m) && !is_time(m, name) && is_partly_time(m)) {
        const bool taken = !is_stop(o) && hg__number_texts_are_few(m->texts);
        return taken ? HG_OK : hint_at_times(m, name, err);
    }
    hg__tally_sort(&m->tally);
    const bool of_texts = free_to_choose && !is_constant(m) && !is_time(m, name) &&
                          !hg__is_nearly(count_numbers(m), values);
    const hg__column_kind kind = of_texts ? kind_of_texts(m, name, o->max_levels, is_stop(o))
                                 : free_to_choose ? HG_COLUMN_NUMBER
                                                  : (hg__column_kind)way->kind;
    m->spelt = m->again = kind == HG_COLUMN_CATEGORY && texts > 0 && m->plain.codes > 0;
    if (!of_texts || kind == HG_COLUMN_NUMBER) return HG_OK;
    return hint_at_numbers(m, name, &c, err);
}

// The decimal point of most columns that leave no doubt about theirs; where none does, the table's own.
static char find_point(const hg__measuring *all, const hg__table *t) {
    int32_t votes[2] = {0};
    for (int32_t i = 0; i < t->columns; i++) {
        const hg__measure *m = &all->column[i];
        if (all->way[i].ignore || m->passed) continue;
        const hg__number_choice c = hg__number_choose(m->texts, &m->plain, t->point, false);
        const hg__plain_numbers *p = &m->plain;
        const bool mostly = c.numbers * 2 >= count_numbers(m) + hg__count_texts(m);
        for (int k = 0; k < 2 && mostly; k++) {
            const bool plain = !c.format.point && p->pointed[k] > p->thirds[k];
            votes[k] += plain || (c.format.point == ".,"[k] && c.certain);
        }
    }
    const char usual = t->point ? t->point : '.', other = usual == '.' ? ',' : '.';
    return votes[other == ','] > votes[usual == ','] ? other : usual;
}

// Plain numbers whose points may all be marks of thousands, in a table of decimal commas.
static int doubt_points(hg__measure *m, const char *name, char point, hg_error *err) {
    const int k = point == ',';
    const hg__plain_numbers *p = &m->plain;
    if (p->pointed[1 - k] == 0 || p->pointed[1 - k] > p->thirds[1 - k] || p->pointed[k] > 0) {
        return HG_OK;
    }
    const hg__number_choice c = {.format = {.point = point}, .either = true};
    m->format = c.format;
    m->again = true;
    return hint_at_point(m, name, &c, err);
}

int hg__kind_look_again(hg__measuring *all, const hg__table *t, const hg__schema_options *o,
                        hg_error *err) {
    int again = 0;
    const char point = find_point(all, t);
    for (int32_t i = 0; i < t->columns; i++) {
        hg__measure *m = &all->column[i];
        if (all->way[i].ignore || m->passed) continue;
        const char *name = t->name[i];
        HG_TRY(look_again(m, &all->way[i], name, point, o, err));
        const bool is_plain = hg__count_texts(m) == 0 && all->way[i].kind <= HG_COLUMN_NUMBER;
        if (is_plain && !m->again && t->point && point != t->point) {
            HG_TRY(doubt_points(m, name, point, err));
        }
        again |= m->again;
    }
    return again;
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

// Numbers with marks, 1,704,067,200, that are times as the name says: neither times as written nor numbers to learn from.
static bool is_written_time(const hg__measure *m) {
    bool unsure;
    return m->format.point && m->says && hg__times_choose(m, false, is_constant(m), &unsure) >= 0;
}

// From the column's cells alone. What is read in a format of its own, or as it is spelt, is no time: that was seen before.
static void find_kind_alone(hg__column *c, const hg__measure *m, const char *name,
                            const hg__schema_options *o, double *sample, int64_t sampled) {
    const bool is_written = m->format.point || m->spelt;
    const int format =
        is_written ? -1 : hg__times_choose(m, is_id_name(name), is_constant(m), &c->unsure);
    if (format >= 0) {
        c->kind = HG_COLUMN_TIME;
        c->time_format = format;
        return;
    }
    if (is_written_time(m)) {
        c->kind = HG_COLUMN_TEXT;
        return;
    }
    if (is_written || is_constant(m) || !is_partly_time(m)) {
        c->unsure = false;
        c->kind = find_kind(m, name, o, sample, sampled);
        c->forward = is_forward(m, c->kind, name);
        if (c->forward) c->kind = HG_COLUMN_ID;
        return;
    }
    const bool taken = !is_stop(o) && hg__number_texts_are_few(m->texts);
    c->time_format = taken ? hg__times_choose_mostly(m, &c->unsure) : HG_TIME_ISO;
    c->kind = taken ? HG_COLUMN_TIME : HG_COLUMN_TEXT;
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
    char quoted[HG_QUOTED];
    return hg__fail(err, HG_ERR_DATA,
                    "%.200s: column '%.60s': expected %s, got %s; columns=\"%s category\" or "
                    "on_bad=score_missing takes it",
                    where, c->name, expected, shown, hg__list_quote(c->name, quoted));
}

static int count_strange_times(const hg__column *c, const hg__measure *m,
                               const hg__schema_options *o, int64_t *strange, hg_error *err) {
    const int64_t read = m->time ? hg__times_read(m->time, c->time_format) + m->time->zeros : 0;
    *strange = m->number.count + hg__count_texts(m) - m->zeros - read;
    if (*strange == 0 || (*o->on_bad && strcmp(o->on_bad, "stop") != 0)) return HG_OK;
    const hg__time_miss *miss = hg__times_find_miss(m->time, c->time_format);
    const char *example = hg__time_types[c->time_format].example;
    if (miss) return refuse(c, miss->where, example, miss->shown, err);
    int k = HG_CLASS_MISSING + 1;
    while (k < HG_CLASSES - 1 && !m->where[k]) k++;
    return refuse(c, m->where[k], example, m->shown[k], err);
}

// Cells that the kind has no use for; the first of them ends it all where on_bad is stop.
static int count_strange(const hg__column *c, const hg__measure *m, const hg__schema_options *o,
                         int64_t *strange, hg_error *err) {
    static const char *const expected[] = {"", "", "0 or 1, yes or no, true or false"};
    if (c->kind == HG_COLUMN_TIME) return count_strange_times(c, m, o, strange, err);
    const bool stop = is_stop(o);
    char number[64];
    hg__number_expected(&c->format, m->endless, number, sizeof number);
    *strange = 0;
    for (int k = HG_CLASS_MISSING + 1; k < HG_CLASSES; k++) {
        if (belongs(c->kind, k) || m->count[k] == 0) continue;
        *strange += m->count[k];
        if (!stop) continue;
        const char *what = c->kind == HG_COLUMN_NUMBER ? number : expected[c->kind];
        return refuse(c, m->where[k], what, m->shown[k], err);
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
    const int32_t most = hg__min(t->entries, max_levels);
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

int hg__kind_choose(hg__column *c, hg__measuring *all, int32_t i, const hg__table *t,
                    const hg__schema_options *o, hg_error *err) {
    hg__measure *m = &all->column[i];
    const hg__override *way = &all->way[i];
    double *sample = all->sample + (size_t)i * (size_t)all->sample_rows;
    const int64_t sampled = m->sampled = gather(all, i);
    hg__tally_sort(&m->tally);
    c->unit = c->scale = 1;
    if (way->kind < 0) {
        find_kind_alone(c, m, t->named ? c->name : "", o, sample, sampled);
        if (way->time_or_id && c->kind != HG_COLUMN_TIME) c->kind = HG_COLUMN_ID;
    } else {
        c->kind = (hg__column_kind)way->kind;
        if (c->kind == HG_COLUMN_TIME) {
            c->time_format = hg__times_settle(m, way->time_format, &c->unsure);
        }
    }
    c->decimals = -1;
    if (c->kind == HG_COLUMN_NUMBER) {
        c->format = m->format;
        c->decimals = m->decimals;
    }
    c->spelt = m->spelt && c->kind == HG_COLUMN_CATEGORY;
    c->hint = m->hint;
    m->hint = NULL;
    int64_t strange;
    HG_TRY(count_strange(c, m, o, &strange, err));
    const bool skip = strcmp(o->on_bad, "skip") == 0;
    int64_t missing = m->count[HG_CLASS_MISSING] + (skip ? 0 : strange);
    if (c->kind == HG_COLUMN_TIME) missing += m->zeros + (m->time ? m->time->zeros : 0);
    c->missing = (double)missing / (double)all->rows;
    c->may_miss = missing > 0 || way->may_miss;
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
