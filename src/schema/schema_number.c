// SPDX-License-Identifier: Apache-2.0
// schema_number.c - how a column's numbers are written, from its texts.
//
// Each text is taken apart (number_text.h) and tried with both points. What stands before and behind must be the same in
// the column; the point is the one that more cells can be read with: "1,234" goes with both, one "3,14" decides.
#include "schema/schema_number.h"

#include <stdio.h>

#include "csv/csv_number.h"
#include "schema/schema_internal.h"

static const char points[2] = {'.', ','};

// ---- texts --------------------------------------------------------------------------------------

static void add_word(hg__number_texts *n, const hg__cell *cell) {
    static const char remarks[] = "<>=~*?!# ";
    const uint64_t hash = hg__hash_bytes(cell->text, (size_t)cell->size);
    const char *p = cell->text, *end = p + cell->size;
    hg__number_text parts;
    while (p < end && strchr(remarks, *p) && *p) p++;
    while (end > p && strchr(remarks, end[-1]) && end[-1]) end--;
    n->words++;
    n->limited += hg__number_scan(p, (size_t)(end - p), &parts) && !*parts.prefix;
    for (int32_t i = 0; i < n->different && i < HG_FEW_WORDS; i++) {
        if (n->word[i] == hash) return;
    }
    if (n->different < HG_FEW_WORDS) n->word[n->different] = hash;
    if (n->different <= HG_FEW_WORDS) n->different++;
}

static hg__number_look *find_look(hg__number_texts *n, const hg__number_text *parts) {
    for (int32_t i = 0; i < n->looks; i++) {
        hg__number_look *l = &n->look[i];
        if (strcmp(l->prefix, parts->prefix) == 0 && strcmp(l->suffix, parts->suffix) == 0) {
            return l;
        }
    }
    if (n->looks == HG_LOOKS) return NULL;
    hg__number_look *l = &n->look[n->looks++];
    memcpy(l->prefix, parts->prefix, sizeof l->prefix);
    memcpy(l->suffix, parts->suffix, sizeof l->suffix);
    return l;
}

// A column of words: no need to look at each of them.
static bool is_hopeless(const hg__number_texts *n) {
    enum { ENOUGH = 1000 };
    return n->words > ENOUGH && n->marked * 9 < n->words && n->limited * 4 < n->words &&
           n->different > HG_FEW_WORDS;
}

// No number has letters alone.
static bool is_of_letters(const hg__cell *cell) {
    for (int32_t i = 0; i < cell->size; i++) {
        const char small = (char)(cell->text[i] | 0x20);
        if (small < 'a' || small > 'z') return false;
    }
    return true;
}

void hg__number_texts_add(hg__number_texts *n, const hg__cell *cell, char point) {
    hg__number_text parts;
    hg__number_value v[2] = {0};
    bool reads[2] = {false};
    if (is_hopeless(n)) {
        n->words++;
        return;
    }
    if (!is_of_letters(cell) && hg__number_scan(cell->text, (size_t)cell->size, &parts)) {
        for (int k = 0; k < 2; k++) reads[k] = hg__number_value_of(&parts, points[k], &v[k]);
    }
    hg__number_look *l = reads[0] || reads[1] ? find_look(n, &parts) : NULL;
    if (!l) {
        add_word(n, cell);
        return;
    }
    l->count++;
    l->close = l->close || !parts.gap;
    for (int k = 0; k < 2; k++) l->reads[k] += reads[k];
    // A text that a database keeps although it is a plain number is meant as a text.
    const bool plain = reads[0] && !v[0].mark && !parts.odd && !*parts.prefix && !*parts.suffix;
    n->marked += !plain || point == ',';
    n->unsure += reads[0] && reads[1] && v[0].x != v[1].x;
    n->certain += reads[0] != reads[1];
    const hg__number_value *one = reads[0] ? &v[0] : &v[1];
    if (one->mark != ' ' || one->decimals > 0) return;
    if (n->spaced++ == 0) n->spaced_digits = one->digits;
    if (n->spaced_digits != one->digits) n->spaced_digits = -1;
}

bool hg__number_texts_are_few(const hg__number_texts *n) {
    return !n || n->different <= HG_FEW_WORDS || n->limited * 2 >= n->words;
}

// ---- plain numbers ------------------------------------------------------------------------------

// Of a number without a text. That of a float32 needs no more than nine digits.
static int decimals_of(double x, bool is_single) {
    enum { MOST = 9 };
    const double size = x < 0 ? -x : x, slack = is_single ? 6e-8 : 1e-15;
    if (!(size < 1e9)) return 0;
    for (int d = 0; d < MOST; d++) {
        const double scaled = size * hg__powers_of_ten[d];
        const double off = scaled - (double)(int64_t)(scaled + 0.5);
        if ((off < 0 ? -off : off) <= scaled * slack) return d;
    }
    return MOST;
}

// Of a float, as the shortest text of it that reads back has them: one at least.
static int float_decimals(hg__plain_numbers *n, double x) {
    enum { MOST = 15, EXACT = 53, THIRD = 3 };
    const double size = x < 0 ? -x : x;
    int d = 1;
    for (; d < MOST; d++) {
        const double scaled = size * hg__powers_of_ten[d];
        if (!(scaled < (double)((int64_t)1 << EXACT))) break;
        if ((double)(int64_t)(scaled + 0.5) / hg__powers_of_ten[d] == size) break;
    }
    n->pointed[0]++;
    n->thirds[0] += d == THIRD && size >= 1 && size < 1000;
    return d;
}

static int written_decimals(const hg__cell *cell) {
    hg__number_text parts;
    hg__number_value v;
    for (int k = 0; k < 2; k++) {
        if (!hg__number_scan(cell->text, (size_t)cell->size, &parts)) continue;
        if (hg__number_value_of(&parts, points[k], &v) && v.x == cell->number) return v.decimals;
    }
    return 0;
}

int hg__plain_number_add(hg__plain_numbers *n, const hg__cell *cell) {
    n->count++;
    if (!cell->text && cell->size == HG_CELL_DOUBLE) return float_decimals(n, cell->number);
    if (!cell->text) return decimals_of(cell->number, cell->size == HG_CELL_SINGLE);
    const char *first = cell->text, *end = first + cell->size, *p = end;
    while (p > first && p[-1] >= '0' && p[-1] <= '9') p--;
    if (p == first || p[-1] == '-' || p[-1] == '+') {
        const bool exponent = p - first >= 2 && (p[-2] | 0x20) == 'e';
        n->codes += exponent || (end - p > 1 && *p == '0');
        return exponent ? written_decimals(cell) : 0;
    }
    if (p[-1] != '.' && p[-1] != ',') { // 1e5, or 5.e3
        n->codes++;
        return written_decimals(cell);
    }
    const int k = p[-1] == ',';
    const int decimals = end - p < 15 ? (int)(end - p) : 15;
    if (*first == '-' || *first == '+') first++;
    n->codes += *first == '0' && p - first > 2;
    const int64_t before = p - 1 - first;
    n->pointed[k]++;
    n->thirds[k] += decimals == 3 && before >= 1 && before <= 3 && *first != '0';
    return decimals;
}

// ---- the choice ---------------------------------------------------------------------------------

static const hg__number_look *find_most(const hg__number_texts *n, bool bare) {
    const hg__number_look *best = NULL;
    for (int32_t i = 0; i < n->looks; i++) {
        const hg__number_look *l = &n->look[i];
        const bool is_bare = !*l->prefix && !*l->suffix;
        if (is_bare == bare && (!best || l->count > best->count)) best = l;
    }
    return best;
}

static bool is_known(const hg__number_look *l) {
    return (!*l->prefix || hg__is_currency(l->prefix)) &&
           (!*l->suffix || hg__is_unit(l->suffix, !l->close));
}

hg__number_choice hg__number_choose(const hg__number_texts *texts, const hg__plain_numbers *plain,
                                    char point, bool said) {
    static const hg__number_texts none = {0};
    hg__number_choice c = {.numbers = plain->count, .sure = true};
    const hg__number_texts *t = texts ? texts : &none;
    if (t->marked == 0 && !said) return c;
    const hg__number_look *look = find_most(t, false), *bare = find_most(t, true);
    const int64_t others = plain->count + (bare ? bare->count : 0);
    if (look && look->count < others) look = NULL; // most have nothing before or behind
    const bool alone = look && strcmp(look->suffix, "%") == 0;
    int64_t reads[2];
    for (int k = 0; k < 2; k++) {
        reads[k] = look ? look->reads[k] : 0;
        if (bare && !alone) reads[k] += bare->reads[k];
        if (!alone) reads[k] += plain->count - plain->pointed[1 - k] + plain->thirds[1 - k];
    }
    const int first = point == ',', other = 1 - first;
    const int k = said || reads[first] >= reads[other] ? first : other;
    if (reads[k] <= plain->count && !said) return c;
    c.numbers = reads[k];
    c.format.point = points[k];
    c.certain = t->certain > 0 && reads[0] != reads[1];
    c.either = !said && reads[0] == reads[1] && t->unsure > 0;
    c.telephone = t->spaced > 0 && t->spaced_digits >= 7 && t->spaced == c.numbers;
    if (!look) return c;
    memcpy(c.format.prefix, look->prefix, sizeof c.format.prefix);
    memcpy(c.format.suffix, look->suffix, sizeof c.format.suffix);
    c.sure = is_known(look);
    return c;
}

// 1.2M beside 345K.
static bool is_magnitude(const char *suffix) {
    static const char *const all[] = {"k", "K", "M", "B", "bn", "mn", "T", "Mio.", "Mrd."};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(suffix, all[i]) == 0) return true;
    }
    return false;
}

void hg__number_units(const hg__number_texts *texts, int64_t values, char *list, size_t size) {
    int64_t known = 0;
    int32_t units = 0;
    size_t used = 0;
    list[0] = '\0';
    for (int32_t i = 0; i < texts->looks; i++) {
        const hg__number_look *l = &texts->look[i];
        const char *what = *l->suffix ? l->suffix : l->prefix;
        if (!*what || !(is_known(l) || is_magnitude(l->suffix))) continue;
        known += l->count;
        if (used + HG_AFFIX + 3 > size) continue;
        used += (size_t)snprintf(list + used, size - used, "%s%s", units++ ? ", " : "", what);
    }
    if (units < 2 || known * 100 < values * 99) list[0] = '\0';
}
