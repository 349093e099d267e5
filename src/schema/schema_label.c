// SPDX-License-Identifier: Apache-2.0
// schema_label.c - which values of a label mean normal.
#include <stdio.h>

#include "base/text.h"
#include "schema/schema.h"
#include "schema/schema_internal.h"

static bool is_listed(const hg__cell *cell, const char *text, size_t size, const char *list) {
    enum { MAX_WORD = 512 };
    char word[MAX_WORD], behind[MAX_WORD];
    while (hg__list_next(&list, true, word, behind, sizeof word)) {
        double x;
        if (strlen(word) == size && memcmp(word, text, size) == 0) return true;
        if (cell->kind == HG_CELL_NUMBER && hg__parse_float(word, &x) && x == cell->number) {
            return true;
        }
    }
    return false;
}

bool hg__label_is_normal(const hg__cell *cell, const char *normal) {
    char buffer[32];
    const char *text;
    if (cell->kind == HG_CELL_MISSING) return false;
    const size_t size = hg__level_text(cell, buffer, &text);
    if (normal && *normal) return is_listed(cell, text, size, normal);
    return hg__cell_is_word(
        text, size, "0 normal normal. false no ok good benign negative inlier nominal regular");
}

bool hg__label_is_anomaly(const hg__cell *cell) {
    char buffer[32];
    const char *text;
    if (cell->kind == HG_CELL_MISSING) return false;
    const size_t size = hg__level_text(cell, buffer, &text);
    return hg__cell_is_word(
        text, size,
        "1 anomaly anomalous abnormal true yes bad outlier attack fraud malicious positive");
}

static bool is_in(const hg__label_list *list, const char *text, size_t size) {
    for (const char *at = list->text; *at;) {
        const size_t length = strcspn(at, ",");
        if (length == size && memcmp(at, text, size) == 0) return true;
        at += length + (at[length] ? 2 : 0);
    }
    return false;
}

void hg__label_list_add(hg__label_list *list, const hg__cell *cell) {
    enum { MOST = 8, LONGEST = 16 };
    char buffer[32];
    const char *text;
    if (list->count > MOST || cell->kind == HG_CELL_MISSING) return;
    size_t size = hg__level_text(cell, buffer, &text);
    if (size > LONGEST) size = LONGEST;
    if (is_in(list, text, size)) return;
    const size_t used = strlen(list->text);
    if (list->count++ == MOST) {
        snprintf(list->text + used, sizeof list->text - used, ", ...");
    } else {
        snprintf(list->text + used, sizeof list->text - used, "%s%.*s", used ? ", " : "", (int)size,
                 text);
    }
}

int hg__label_refuse(const char *path, const char *label, const char *normal,
                     const hg__label_list *met, hg_error *err) {
    const bool said = normal && *normal;
    return hg__fail(err, HG_ERR_USAGE, "%.200s: label=%.60s: %s, got %s%s", path, label,
                    said ? "expected values that are normal=, at least one"
                         : "expected 0 and 1 or names such as normal",
                    *met->text ? met->text : "no values",
                    said ? "" : "; normal= says which are normal");
}
