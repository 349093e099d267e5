// SPDX-License-Identifier: Apache-2.0
// schema.c - where each column's floats are, which column of a table it is, and a line that says what it is.
#include "schema/schema.h"

#include <stdio.h>
#include <time.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "schema/schema_internal.h"

const char *const hg__column_kind_names[HG_COLUMN_KINDS] = {"number", "category", "boolean", "time",
                                                            "id",     "constant", "text"};
const char *const hg__scaling_names[HG_SCALINGS] = {"standard", "robust", "quantile"};

void hg__schema_free(hg__schema *s) {
    if (!s) return;
    for (int32_t i = 0; i < s->columns; i++) {
        hg__column *c = &s->column[i];
        for (int32_t k = 0; k < c->levels; k++) hg__free(c->level[k]);
        hg__free(c->level);
        hg__names_free(c->index);
        hg__free(c->knot);
        hg__free(c->score);
        hg__free(c->hint);
        hg__free(c->name);
    }
    hg__free(s->column);
    hg__free(s);
}

static int32_t find_width(const hg__column *c) {
    int32_t width = 0;
    switch (c->kind) {
    case HG_COLUMN_NUMBER:
    case HG_COLUMN_BOOLEAN: width = 1; break;
    case HG_COLUMN_CONSTANT: width = c->levels; break;
    case HG_COLUMN_CATEGORY: width = c->levels + 1; break;
    case HG_COLUMN_TIME: width = 2 * c->week + 2 * c->clock; break;
    default: break;
    }
    return width > 0 ? width + c->may_miss : 0;
}

int hg__schema_layout(hg__schema *s, hg_error *err) {
    int64_t width = 0;
    for (int32_t i = 0; i < s->columns; i++) {
        hg__column *c = &s->column[i];
        c->first = (int32_t)width;
        c->width = find_width(c);
        width += c->width;
        if (width > HG_MAX_WIDTH) {
            return hg__fail(err, HG_ERR_DATA,
                            "expected columns that become at most %d numbers a row, got more",
                            HG_MAX_WIDTH);
        }
        if (c->kind != HG_COLUMN_CATEGORY) continue;
        hg__names_free(c->index);
        c->index = hg__names_new(c->level, c->levels, err);
        if (!c->index) return HG_ERR_MEMORY;
    }
    s->width = (int32_t)width;
    return HG_OK;
}

// In whatever order: which level is the more frequent among some of the rows is nothing to read them anew for.
static bool has_same_levels(const hg__column *a, const hg__column *b) {
    bool same = a->levels == b->levels;
    for (int32_t k = 0; same && k < a->levels; k++) {
        same = hg__names_find(a->index, b->level[k], strlen(b->level[k])) >= 0;
    }
    return same;
}

int32_t hg__schema_swap_levels(hg__schema *s, hg__schema *from, hg_error *err) {
    int32_t changed = 0;
    for (int32_t i = 0; i < s->columns && i < from->columns; i++) {
        hg__column *a = &s->column[i], *b = &from->column[i], c = *a;
        if (a->kind != HG_COLUMN_CATEGORY || b->kind != a->kind || has_same_levels(a, b)) continue;
        a->level = b->level;
        a->levels = b->levels;
        b->level = c.level;
        b->levels = c.levels;
        changed++;
    }
    if (!changed) return 0;
    HG_TRY(hg__schema_layout(from, err)); // both have indices over their own levels
    HG_TRY(hg__schema_layout(s, err));
    return changed;
}

// ---- which column of a table --------------------------------------------------------------------

static int match_positions(const hg__schema *s, const hg__table *t, int32_t *from, hg_error *err) {
    const bool all = t->columns == s->table_columns;
    const bool no_label = s->label >= 0 && t->columns == s->table_columns - 1;
    if (!all && !no_label) {
        return hg__fail(err, HG_ERR_DATA, "%.200s: expected %d columns as in training%s, got %d",
                        t->path, s->table_columns,
                        s->label >= 0 ? ", or one less without the label" : "", t->columns);
    }
    for (int32_t i = 0; i < s->columns; i++) {
        const int32_t at = s->column[i].position;
        from[i] = no_label && at > s->label ? at - 1 : at;
    }
    return HG_OK;
}

int hg__schema_header(const hg__schema *s, const char *say, hg__header_options *options,
                      const char ***names, hg_error *err) {
    *options = (hg__header_options){.say = say, .is_known = true};
    *names = NULL;
    if (!s->named) return HG_OK;
    *names = hg__alloc((size_t)s->columns, sizeof **names, err);
    if (!*names) return HG_ERR_MEMORY;
    for (int miss = 1; miss >= 0; miss--) { // first those that may have no value
        for (int32_t i = 0; i < s->columns; i++) {
            const hg__column *c = &s->column[i];
            if (c->width > 0 && c->may_miss == miss) (*names)[options->names++] = c->name;
        }
        if (miss) options->absent = options->names;
    }
    options->name = *names;
    return HG_OK;
}

// Not one of the schema's names is there, but as many columns: the first row may have been one.
static bool may_lack_header(const hg__schema *s, const hg__table *t, const hg__names *names) {
    const bool fits =
        t->columns == s->table_columns || (s->label >= 0 && t->columns == s->table_columns - 1);
    bool found = strcmp(t->type->name, "csv") != 0;
    for (int32_t i = 0; i < s->columns && !found; i++) {
        found = hg__names_find(names, s->column[i].name, strlen(s->column[i].name)) >= 0;
    }
    return fits && !found;
}

static int no_such_column(const hg__schema *s, const hg__table *t, const hg__names *names,
                          const char *name, hg_error *err) {
    if (may_lack_header(s, t, names)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%.200s: expected a column '%.80s' as in training, got a first row without "
                        "any of the names ('%.40s' ...); header=no takes it as a row",
                        t->path, name, t->name[0]);
    }
    char names_there[HG_SUGGESTED];
    const char *near = hg__nearest_name(name, (const char *const *)t->name, (size_t)t->columns);
    if (near) {
        return hg__fail(err, HG_ERR_DATA,
                        "%.200s: expected a column '%.80s' as in training; nearest is '%.80s'",
                        t->path, name, near);
    }
    hg__suggest(name, (const char *const *)t->name, (size_t)t->columns, names_there);
    return hg__fail(err, HG_ERR_DATA, "%.150s: expected a column '%.80s' as in training%s", t->path,
                    name, names_there);
}

int hg__schema_match(const hg__schema *s, const hg__table *t, int32_t *from, hg_error *err) {
    if (!s->named || !t->named) return match_positions(s, t, from, err);
    hg__names *names = hg__names_new(t->name, t->columns, err);
    if (!names) return HG_ERR_MEMORY;
    int code = HG_OK;
    for (int32_t i = 0; i < s->columns && code == HG_OK; i++) {
        const hg__column *c = &s->column[i];
        from[i] = hg__names_find(names, c->name, strlen(c->name));
        if (from[i] < 0 && c->width > 0) code = no_such_column(s, t, names, c->name, err);
    }
    hg__names_free(names);
    return code;
}

// ---- a line for people --------------------------------------------------------------------------

static void describe_number(const hg__column *c, hg__text *t) {
    char example[64];
    hg__number_example(&c->format, example, sizeof example);
    if (c->format.point) hg__text_add(t, " such as %s", example);
    hg__text_add(t, "%s, %s: ", c->log ? ", log" : "", hg__scaling_names[c->scaling]);
    if (c->scaling == HG_SCALE_QUANTILE) {
        hg__text_add(t, "%d knots, %.4g to %.4g", c->knots, c->least, c->most);
    } else {
        hg__text_add(t, "centre %.4g, scale %.4g", c->centre, c->scale);
    }
}

static void describe_levels(const hg__column *c, hg__text *t) {
    enum { SHOWN = 4 };
    hg__text_add(t, ", %d level%s: ", c->levels, c->levels == 1 ? "" : "s");
    for (int32_t i = 0; i < c->levels && i < SHOWN; i++) {
        hg__text_add(t, "%s%.40s", i ? ", " : "", c->level[i]);
    }
    if (c->levels > SHOWN) hg__text_add(t, " ...");
}

static void format_date(double seconds, char text[32]) {
    const time_t at = (time_t)seconds;
    struct tm tm;
    if (!gmtime_r(&at, &tm) || strftime(text, 32, "%Y-%m-%d %H:%M", &tm) == 0) text[0] = '\0';
}

static void describe_time(const hg__column *c, hg__text *t) {
    char from[32], to[32], quoted[HG_QUOTED];
    const hg__time_type *type = &hg__time_types[c->time_format];
    if (*type->says) hg__text_add(t, ", %s", type->says);
    if (c->unsure) {
        const bool day = c->time_format == HG_TIME_DMY;
        hg__text_add(t, " (%s first fits as well; columns=\"%s %s\" says so)",
                     day ? "month" : "day", hg__list_quote(c->name, quoted), day ? "mdy" : "dmy");
    }
    format_date(c->least, from);
    format_date(c->most, to);
    if (type->has_day) hg__text_add(t, ", %s to %s", from, to);
    hg__text_add(t, ": %s%s%s", c->week ? "day of the week" : "", c->week && c->clock ? ", " : "",
                 c->clock ? "hour of the day" : "");
    if (c->week || c->clock) return;
    const bool too_short = type->has_day || type->has_clock;
    hg__text_add(t, "%s to learn from, left out", too_short ? "too short a time" : "nothing");
}

static void describe_id(const hg__column *c, hg__text *t) {
    char quoted[HG_QUOTED];
    hg__text_add(t, "%s, left out", c->forward ? ", only moves forward" : "");
    if (!c->forward) return;
    hg__text_add(t, "; columns=\"%s number\" keeps it", hg__list_quote(c->name, quoted));
}

void hg__column_describe(const hg__column *c, char *text, size_t size) {
    hg__text t = {0};
    hg__text_add(&t, "%s  %s", c->name, hg__column_kind_names[c->kind]);
    switch (c->kind) {
    case HG_COLUMN_NUMBER: describe_number(c, &t); break;
    case HG_COLUMN_CATEGORY: describe_levels(c, &t); break;
    case HG_COLUMN_TIME: describe_time(c, &t); break;
    case HG_COLUMN_ID: describe_id(c, &t); break;
    case HG_COLUMN_BOOLEAN:
        if (c->levels == 2) hg__text_add(&t, ", %s or %s", c->level[0], c->level[1]);
        break;
    case HG_COLUMN_CONSTANT:
        if (c->missing == 1) hg__text_add(&t, ", always missing");
        if (c->levels == 1) hg__text_add(&t, ", always '%.40s'", c->level[0]);
        if (c->width == 0) hg__text_add(&t, ", left out");
        break;
    default: hg__text_add(&t, ", left out"); break;
    }
    if (c->missing > 0 && c->missing < 1) hg__text_add(&t, ", %.2g %% missing", 100 * c->missing);
    if (c->hint) hg__text_add(&t, "; %s", c->hint);
    snprintf(text, size, "%s", t.failed ? c->name : t.data);
    hg__clean(text);
    hg__text_clear(&t);
}
