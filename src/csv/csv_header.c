// SPDX-License-Identifier: Apache-2.0
// csv_header.c - whether the first record of a CSV file is a row or names of columns.
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "csv/csv_internal.h"

enum { RECORDS = 1000, BLOCK = 8, BODY = 50, LEAST_ROWS = 3 };

bool hg__csv_sample_next(const hg__csv_sample *s, size_t *at, hg__csv_record *r) {
    while (*at < s->size && hg__csv_find_record(s->text + *at, s->size - *at, s->separator, r)) {
        if (!r->blank && r->cells == s->columns) return true;
        *at += r->size;
    }
    return false;
}

static hg__csv_kind read_next(const hg__csv_sample *s, const char **p, hg__csv_cell *cell,
                              double *x) {
    *p = hg__csv_next_cell(*p, s->separator, cell);
    return hg__csv_read_double(cell, s->point, x);
}

static bool is_same(const hg__csv_cell *a, const hg__csv_cell *b) {
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

bool hg__csv_are_names(const hg__csv_sample *s, const char *p, int32_t columns) {
    enum { COMPARED = 256 }; // of very many, the first
    const char *all = p;
    for (int32_t i = 0; i < columns; i++) {
        hg__csv_cell cell, other;
        double x;
        if (read_next(s, &p, &cell, &x) != HG_CSV_TEXT) return false;
        const char *q = all;
        for (int32_t k = 0; k < i && i < COMPARED; k++) {
            q = hg__csv_next_cell(q, s->separator, &other);
            if (is_same(&cell, &other)) return false;
        }
    }
    return true;
}

// ---- what stood there before --------------------------------------------------------------------

// A comma-separated list has the word.
static bool is_listed(const char *list, const char *word, size_t size) {
    for (const char *p = list; *p;) {
        size_t n = strcspn(p, ",");
        if (n == size && memcmp(p, word, n) == 0) return true;
        p += n;
        if (*p == ',') p++;
    }
    return false;
}

// Every name that the model has is in the record. Mostly they come in the model's order: each is looked for behind the last.
static bool has_names(const hg__csv_sample *s, const char *first,
                      const hg__header_options *options) {
    const char *p = first;
    int32_t column = 0;
    for (int32_t k = 0; k < options->names; k++) {
        bool found = false;
        for (int32_t i = 0; i < s->columns && !found; i++) {
            hg__csv_cell cell;
            p = hg__csv_next_cell(p, s->separator, &cell);
            if (++column == s->columns) {
                column = 0;
                p = first;
            }
            found = cell.size == strlen(options->name[k]) &&
                    memcmp(cell.text, options->name[k], cell.size) == 0;
        }
        if (!found) return false;
    }
    return options->names > 0;
}

typedef struct first_look {
    bool any_number, any_text, is_named; // is_named: a text above a number, or a name that is meant
    int32_t texts;
} first_look;

static first_look look(const hg__csv_sample *s, const char *first, const char *second,
                       const char *label, const char *ignore) {
    first_look l = {0};
    for (int32_t i = 0; i < s->columns; i++) {
        hg__csv_cell a, b;
        double x;
        const hg__csv_kind kind = read_next(s, &first, &a, &x);
        const bool above = second && read_next(s, &second, &b, &x) == HG_CSV_NUMBER;
        l.any_number = l.any_number || kind == HG_CSV_NUMBER || kind == HG_CSV_INFINITE;
        l.texts += kind == HG_CSV_TEXT;
        if (kind != HG_CSV_TEXT) continue;
        l.is_named = l.is_named || above || is_listed(label, a.text, a.size) ||
                     is_listed(ignore, a.text, a.size);
    }
    l.any_text = l.texts > 0;
    return l;
}

// ---- words --------------------------------------------------------------------------------------

// Digits in the same places, and other bytes the same: dates, times.
static bool has_same_shape(const hg__csv_cell *a, const hg__csv_cell *b) {
    int digits = 0, others = 0;
    if (a->size != b->size) return false;
    for (size_t i = 0; i < a->size; i++) {
        const bool digit = (unsigned char)(a->text[i] - '0') <= 9;
        if (digit != ((unsigned char)(b->text[i] - '0') <= 9)) return false;
        if (!digit && a->text[i] != b->text[i]) return false;
        digits += digit;
        others += !digit;
    }
    return digits >= 4 && others >= 1 && (unsigned char)(*a->text - '0') <= 9;
}

typedef struct words {
    int32_t *hits;   // owned, (columns): records below with the same word in the same column
    int32_t *shaped; // owned, (columns): with a word of the same shape
    int32_t records;
} words;

// A record below; one that is the first over again says nothing.
static void count_hits(const hg__csv_sample *s, const char *first, const char *record, words *w) {
    hg__csv_cell a, b;
    const char *p = first, *q = record;
    bool same = true;
    for (int32_t i = 0; i < s->columns && same; i++) {
        p = hg__csv_next_cell(p, s->separator, &a);
        q = hg__csv_next_cell(q, s->separator, &b);
        same = is_same(&a, &b);
    }
    if (same) return;
    w->records++;
    for (int32_t i = 0; i < s->columns; i++) {
        first = hg__csv_next_cell(first, s->separator, &a);
        record = hg__csv_next_cell(record, s->separator, &b);
        w->hits[i] += is_same(&a, &b);
        w->shaped[i] += has_same_shape(&a, &b);
    }
}

// Whether the words of the first record are values: most come again in their columns, or are dates as those below.
static bool are_values(const hg__csv_sample *s, const char *first, const words *w) {
    int32_t texts = 0, found = 0, often = 0;
    for (int32_t i = 0; i < s->columns; i++) {
        hg__csv_cell cell;
        double x;
        if (read_next(s, &first, &cell, &x) != HG_CSV_TEXT) continue;
        texts++;
        found += w->hits[i] > 0;
        often += w->hits[i] > 1;
        if (w->records > 0 && w->shaped[i] == w->records) return true;
    }
    if (texts == 1) return often == 1;
    return found >= 2 && 3 * found >= 2 * texts;
}

static int classify_words(const hg__csv_sample *s, size_t first, bool *are, hg_error *err) {
    words w = {0};
    w.hits = hg__alloc((size_t)s->columns, sizeof *w.hits, err);
    w.shaped = w.hits ? hg__alloc((size_t)s->columns, sizeof *w.shaped, err) : NULL;
    size_t at = first;
    hg__csv_record r;
    bool more = w.shaped && hg__csv_sample_next(s, &at, &r);
    for (int i = 0; more && i < RECORDS; i++) {
        at += r.size;
        more = hg__csv_sample_next(s, &at, &r);
        if (more) count_hits(s, s->text + first, s->text + at, &w);
    }
    const bool good = w.shaped != NULL;
    *are = good && are_values(s, s->text + first, &w);
    hg__free(w.hits);
    hg__free(w.shaped);
    return good ? HG_OK : HG_ERR_MEMORY;
}

// ---- numbers ------------------------------------------------------------------------------------

// The first record's numbers (all, but texts and maybe the first), and what the columns below are like.
typedef struct scale {
    double *x, *least, *most; // owned, (columns)
    int32_t from;             // 1 where the first cell is empty
    int32_t count;            // numbers
    int64_t rows, steady;     // rows below; of them, those that rise evenly too
    bool decimals;            // numbers below have a point, those above have none
    bool counted;             // from = 1: below the empty cell stand 0, 1, 2 ...
} scale;

static bool has_point(const hg__csv_sample *s, const hg__csv_cell *cell) {
    return memchr(cell->text, s->point, cell->size) != NULL;
}

// Evenly, to `most` of a step.
static bool is_even(const double *x, int32_t count, double most) {
    if (count < 2) return false;
    const double step = (x[count - 1] - x[0]) / (count - 1);
    for (int32_t i = 1; i < count; i++) {
        if (!(fabs(x[i] - x[i - 1] - step) <= most * fabs(step))) return false;
    }
    return step > 0 || step < 0;
}

static bool is_monotone(const double *x, int32_t count) {
    bool up = true, down = true;
    for (int32_t i = 1; i < count; i++) {
        up = up && x[i] > x[i - 1];
        down = down && x[i] < x[i - 1];
    }
    return up || down;
}

// False if it holds no row of numbers that could have names above it.
static bool read_scale(const hg__csv_sample *s, const char *p, scale *n) {
    for (int32_t i = 0; i < s->columns; i++) {
        hg__csv_cell cell;
        double x;
        const hg__csv_kind kind = read_next(s, &p, &cell, &x);
        if (i == 0 && kind == HG_CSV_MISSING && cell.size == 0) {
            n->from = 1;
            continue;
        }
        if (kind == HG_CSV_TEXT) continue;
        if (kind != HG_CSV_NUMBER) return false;
        n->x[n->count] = x;
        n->least[n->count] = (double)INFINITY;
        n->most[n->count++] = -(double)INFINITY;
        if (has_point(s, &cell)) n->decimals = false;
    }
    return n->count > 0 && is_monotone(n->x, n->count);
}

static void add_row(const hg__csv_sample *s, const char *first, const char *p, scale *n,
                    double *row) {
    int32_t numbers = 0, next = 0;
    for (int32_t i = 0; i < s->columns; i++) {
        hg__csv_cell cell;
        double x;
        const bool word = read_next(s, &first, &cell, &x) == HG_CSV_TEXT;
        const hg__csv_kind kind = read_next(s, &p, &cell, &x);
        if (i < n->from) {
            n->counted = n->counted && kind == HG_CSV_NUMBER && x == (double)n->rows;
            continue;
        }
        if (word) continue;
        const int32_t k = next++;
        row[k] = kind == HG_CSV_NUMBER ? x : (double)NAN;
        if (kind != HG_CSV_NUMBER) continue;
        numbers++;
        n->decimals = n->decimals && has_point(s, &cell);
        if (x < n->least[k]) n->least[k] = x;
        if (x > n->most[k]) n->most[k] = x;
    }
    n->rows++;
    n->steady += numbers == n->count && is_even(row, n->count, 1e-6);
}

// Every number above lies farther from its column than all columns together are wide.
static bool is_far(const scale *n) {
    double least = (double)INFINITY, most = -least;
    for (int32_t i = 0; i < n->count; i++) {
        if (n->least[i] < least) least = n->least[i];
        if (n->most[i] > most) most = n->most[i];
    }
    const double span = most - least;
    for (int32_t i = 0; i < n->count; i++) {
        if (n->least[i] > n->most[i]) continue; // an empty column
        if (!(n->x[i] > most + span || n->x[i] < least - span)) return false;
    }
    return most >= least;
}

static bool are_years(const scale *n) {
    bool above = true, below = false;
    for (int32_t i = 0; i < n->count; i++) {
        above = above && n->x[i] >= 1800 && n->x[i] <= 2200 && n->x[i] == floor(n->x[i]);
        below = below || n->least[i] < 1800 || n->most[i] > 2200;
    }
    return above && below;
}

// Some number below is outside of what stands above.
static bool is_wider(const scale *n) {
    const double a = n->x[0], b = n->x[n->count - 1];
    for (int32_t i = 0; i < n->count; i++) {
        if (n->least[i] < fmin(a, b) || n->most[i] > fmax(a, b)) return true;
    }
    return false;
}

static bool is_scale(const scale *n) {
    const bool even = is_even(n->x, n->count, 1e-6),
               index = even && fabs(n->x[1] - n->x[0]) == 1 && (n->x[0] == 0 || n->x[0] == 1);
    if (n->from && n->counted && n->x[0] == 0 && (index || n->count == 1)) return true;
    if (n->rows < LEAST_ROWS || n->count < 2) return false;
    if (index && n->decimals) return true;
    if (n->count < 3) return false;
    if (is_far(n)) return is_even(n->x, n->count, 0.05) || n->count >= 5;
    if (!even || n->steady) return false;
    if (are_years(n)) return true;
    if (index && (n->count >= 12 || (n->count >= 6 && is_wider(n)))) return true;
    return n->decimals && n->count >= 6;
}

static int classify_numbers(const hg__csv_sample *s, size_t first, bool *is, hg_error *err) {
    scale n = {.decimals = true, .counted = true};
    const size_t columns = (size_t)s->columns;
    double *room = hg__alloc(columns, 4 * sizeof *room, err);
    if (!room) return HG_ERR_MEMORY;
    n.x = room;
    n.least = room + columns;
    n.most = room + 2 * columns;
    size_t at = first;
    hg__csv_record r;
    if (read_scale(s, s->text + first, &n) && hg__csv_sample_next(s, &at, &r)) {
        for (at += r.size; n.rows < RECORDS && hg__csv_sample_next(s, &at, &r); at += r.size) {
            add_row(s, s->text + first, s->text + at, &n, room + 3 * columns);
        }
        *is = n.rows > 0 && is_scale(&n);
    }
    hg__free(room);
    return HG_OK;
}

// ---- the finding --------------------------------------------------------------------------------

// The record behind the one at `first`, if it has as many cells; NULL if not.
static const char *find_second(const hg__csv_sample *s, size_t first, const hg__csv_record *one) {
    hg__csv_record two = {0};
    size_t at = first + one->size;
    do {
        at += two.size;
        if (at >= s->size) return NULL;
        if (!hg__csv_find_record(s->text + at, s->size - at, s->separator, &two)) return NULL;
    } while (two.blank);
    return two.cells == s->columns ? s->text + at : NULL;
}

// Numbers among names must be a scale; texts must not be values of their columns.
static int classify_all(const hg__csv_sample *s, size_t first, const first_look *l, bool *is,
                        const char **why, hg_error *err) {
    bool numbers = false, values = false;
    if (l->any_number && s->columns - l->texts >= (l->any_text ? 3 : 1)) {
        HG_TRY(classify_numbers(s, first, &numbers, err));
    }
    if (l->any_text && numbers == l->any_number) HG_TRY(classify_words(s, first, &values, err));
    *is = numbers == l->any_number && !values;
    if (*is && numbers) *why = "is taken as names of columns; header=no takes it as a row";
    if (values && !numbers) {
        *why = "is taken as a row, as those below are like it; header=yes takes it as names";
    }
    return HG_OK;
}

// Where no name stands above a number: only what stands below can tell.
static int compare_rows(const hg__csv_sample *s, size_t first, const first_look *l,
                        const hg__header_options *options, hg__csv_header_finding *v,
                        hg_error *err) {
    const bool nameless = options->is_known && !options->name;
    if (!l->any_number && !l->any_text) return HG_OK;
    if (l->any_text && nameless) return HG_OK;
    return classify_all(s, first, l, &v->is_header, &v->why, err);
}

int hg__csv_classify_header(const hg__csv_sample *s, const hg__header_options *options,
                            const char *label, const char *ignore, hg__csv_header_finding *v,
                            hg_error *err) {
    size_t first = 0;
    hg__csv_record one;
    *v = (hg__csv_header_finding){0};
    if (!hg__csv_sample_next(s, &first, &one)) return HG_OK;
    const bool yes = options->say && strcmp(options->say, "yes") == 0;
    const bool no = options->say && strcmp(options->say, "no") == 0;
    v->is_header = yes || (!no && options->is_known && has_names(s, s->text + first, options));
    if (yes || no || v->is_header) return HG_OK;
    const first_look l = look(s, s->text + first, find_second(s, first, &one), label, ignore);
    v->is_header = l.is_named;
    return l.is_named ? HG_OK : compare_rows(s, first, &l, options, v, err);
}

// ---- names, units, titles -----------------------------------------------------------------------

typedef struct block {
    size_t at[BLOCK + BODY]; // records
    int count;
} block;

static void list_block(const hg__csv_sample *s, block *b) {
    hg__csv_record r;
    size_t at = 0;
    for (b->count = 0; b->count < BLOCK + BODY && hg__csv_sample_next(s, &at, &r); at += r.size) {
        b->at[b->count++] = at;
    }
}

static bool has_number(const hg__csv_sample *s, const char *p) {
    hg__csv_cell cell;
    double x;
    for (int32_t i = 0; i < s->columns; i++) {
        const hg__csv_kind kind = read_next(s, &p, &cell, &x);
        if (kind == HG_CSV_NUMBER || kind == HG_CSV_INFINITE) return true;
    }
    return false;
}

// Columns of numbers in the records from `from` on, in is_number (columns).
static int32_t find_number_columns(const hg__csv_sample *s, const block *b, int from,
                                   bool *is_number) {
    int32_t found = 0;
    for (int32_t i = 0; i < s->columns; i++) is_number[i] = true;
    for (int k = from; k < b->count; k++) {
        const char *p = s->text + b->at[k];
        for (int32_t i = 0; i < s->columns; i++) {
            hg__csv_cell cell;
            double x;
            if (read_next(s, &p, &cell, &x) == HG_CSV_TEXT) is_number[i] = false;
        }
    }
    for (int32_t i = 0; i < s->columns; i++) found += is_number[i];
    return found;
}

// Units above numbers, or hardly anything: not a row in which a text slipped in.
static bool is_no_row(const hg__csv_sample *s, const char *p, const bool *is_number) {
    int32_t above_numbers = 0, above_texts = 0, missing = 0;
    for (int32_t i = 0; i < s->columns; i++) {
        hg__csv_cell cell;
        double x;
        const bool text = read_next(s, &p, &cell, &x) == HG_CSV_TEXT;
        above_numbers += text && is_number[i];
        above_texts += text && !is_number[i];
        missing += !text;
    }
    return above_numbers >= 2 || above_texts == 0 || 2 * missing >= s->columns;
}

static int pick_names(const hg__csv_sample *s, const block *b, int records) {
    for (int i = 0; i < records; i++) {
        if (hg__csv_are_names(s, s->text + b->at[i], s->columns)) return i;
    }
    return records - 1;
}

// A text where numbers stand below, or nothing at all somewhere.
static bool is_foreign(const hg__csv_sample *s, const char *p, const bool *is_number) {
    for (int32_t i = 0; i < s->columns; i++) {
        hg__csv_cell cell;
        double x;
        const hg__csv_kind kind = read_next(s, &p, &cell, &x);
        if (kind == HG_CSV_MISSING || (kind == HG_CSV_TEXT && is_number[i])) return true;
    }
    return false;
}

// Lines such as `Station;5` above names that stand above numbers.
static void find_names_below(const hg__csv_sample *s, const block *b, bool *is_number,
                             int *records) {
    for (int k = 1; k < BLOCK && k + LEAST_ROWS < b->count; k++) {
        if (!hg__csv_are_names(s, s->text + b->at[k], s->columns)) continue;
        bool foreign = find_number_columns(s, b, k + 1, is_number) > 0 &&
                       is_foreign(s, s->text + b->at[k], is_number);
        for (int i = 0; i < k && foreign; i++) {
            foreign = is_foreign(s, s->text + b->at[i], is_number);
        }
        if (!foreign) continue;
        *records = k + 1;
        return;
    }
}

int hg__csv_find_header_block(const hg__csv_sample *s, int *records, int *names, hg_error *err) {
    block b;
    *records = 1;
    *names = 0;
    if (s->columns < 2) return HG_OK;
    list_block(s, &b);
    if (b.count < LEAST_ROWS + 2) return HG_OK;
    const bool above = has_number(s, s->text + b.at[0]);
    if (!above && has_number(s, s->text + b.at[1])) return HG_OK;
    bool *is_number = hg__alloc((size_t)s->columns, sizeof *is_number, err);
    if (!is_number) return HG_ERR_MEMORY;
    if (above) {
        find_names_below(s, &b, is_number, records);
        *names = *records - 1;
        hg__free(is_number);
        return HG_OK;
    }
    int32_t most = find_number_columns(s, &b, 1, is_number);
    for (int k = 2; k <= BLOCK && k + LEAST_ROWS <= b.count; k++) {
        if (has_number(s, s->text + b.at[k - 1])) break;
        const int32_t found = find_number_columns(s, &b, k, is_number);
        if (found <= most || !is_no_row(s, s->text + b.at[k - 1], is_number)) continue;
        most = found;
        *records = k;
    }
    hg__free(is_number);
    *names = pick_names(s, &b, *records);
    return HG_OK;
}
