// SPDX-License-Identifier: Apache-2.0
// schema_flow.c - records of flows, known by the names of their columns: what those are where nobody says otherwise.
#include <stdio.h>

#include "schema/schema_internal.h"

enum format {
#define FORMAT(name, title, ...) FLOW_##name,
#define COLUMN(format, name, kind)
#include "schema/flow_columns.def"
#undef FORMAT
#undef COLUMN
    FLOW_FORMATS
};

enum { KEYS = 3 };

static const struct {
    const char *title, *key[KEYS];
} formats[FLOW_FORMATS] = {
#define FORMAT(name, title, ...) {title, {__VA_ARGS__}},
#define COLUMN(format, name, kind)
#include "schema/flow_columns.def"
#undef FORMAT
#undef COLUMN
};

enum meaning { FLOW_ID, FLOW_TIME, FLOW_CATEGORY, FLOW_LOG, FLOW_MEANINGS };

static const struct {
    const char *name;
    enum format format;
    enum meaning meaning;
} columns[] = {
#define FORMAT(name, title, ...)
#define COLUMN(format, name, kind) {name, FLOW_##format, FLOW_##kind},
#include "schema/flow_columns.def"
#undef FORMAT
#undef COLUMN
};

static int32_t find(const hg__table *t, const char *name) {
    for (int32_t i = 0; i < t->columns; i++) {
        if (strcmp(t->name[i], name) == 0) return i;
    }
    return -1;
}

// FLOW_FORMATS: none.
static enum format find_format(const hg__table *t) {
    for (enum format f = 0; f < FLOW_FORMATS; f++) {
        int keys = 0;
        for (int k = 0; k < KEYS; k++) keys += find(t, formats[f].key[k]) >= 0;
        if (keys == KEYS) return f;
    }
    return FLOW_FORMATS;
}

static bool is_said(const hg__override *way) {
    return way->ignore || way->kind >= 0 || way->scaling >= 0 || way->log >= 0 || way->point;
}

static void give(hg__override *way, enum meaning meaning) {
    switch (meaning) {
    case FLOW_ID: way->kind = HG_COLUMN_ID; break;
    case FLOW_TIME: way->time_or_id = true; break;
    case FLOW_CATEGORY: way->kind = HG_COLUMN_CATEGORY; break;
    default: way->log = 1; break;
    }
}

void hg__flow_columns(const hg__table *t, hg__override *way, char *note, size_t size) {
    const enum format f = t->named ? find_format(t) : FLOW_FORMATS;
    int count[FLOW_MEANINGS] = {0};
    note[0] = '\0';
    if (f == FLOW_FORMATS) return;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        const int32_t at = columns[i].format == f ? find(t, columns[i].name) : -1;
        if (at < 0 || is_said(&way[at])) continue;
        give(&way[at], columns[i].meaning);
        count[columns[i].meaning]++;
    }
    // A record has what its protocol has, and what the sensor made of it.
    for (int32_t i = 0; i < t->columns; i++) way[i].may_miss = true;
    snprintf(note, size,
             "flows as %s writes them: ids %d, times %d, categories %d, numbers by their log %d; "
             "columns= says otherwise",
             formats[f].title, count[FLOW_ID], count[FLOW_TIME], count[FLOW_CATEGORY],
             count[FLOW_LOG]);
}
