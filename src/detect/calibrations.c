// SPDX-License-Identifier: Apache-2.0
// calibrations.c - calibrations of groups of rows, and their place in a model.
#include <inttypes.h>
#include <math.h>

#include "base/mem.h"
#include "base/text.h"
#include "detect/thresholds.h"
#include "model/model.h"

static const char score_name[] = HG_CALIBRATION_PREFIX "score";
static const char tail_name[] = HG_CALIBRATION_PREFIX "tail";
static const char group_name[] = HG_CALIBRATION_PREFIX "group";

enum { ROWS, START, SHAPE, SCALE, RATE, PEAKS, TAIL_COLUMNS };

void hg__calibrations_clear(hg__calibrations *c) {
    hg__calibration_clear(&c->whole);
    for (int32_t g = 0; g < c->groups; g++) {
        hg__calibration_clear(c->group + g);
        hg__free(c->name[g]);
    }
    hg__free(c->group);
    hg__free(c->name);
    *c = (hg__calibrations){0};
}

// Room for groups, none of which is there yet: c->groups counts those that are.
static int make_room(hg__calibrations *c, int32_t groups, hg_error *err) {
    c->group = hg__alloc((size_t)groups, sizeof *c->group, err);
    c->name = hg__alloc((size_t)groups, sizeof *c->name, err);
    return c->group && c->name ? HG_OK : HG_ERR_MEMORY;
}

// ---- made ---------------------------------------------------------------------------------------

// score (rows) set out group by group: sorted (rows), end (groups): where each group ends.
static void set_out(const float *score, int64_t rows, const int32_t *group, int32_t groups,
                    float *sorted, int64_t *end) {
    for (int64_t i = 0; i < rows; i++) {
        if (group[i] >= 0) end[group[i]]++;
    }
    int64_t sum = 0;
    for (int32_t g = 0; g < groups; g++) {
        const int64_t count = end[g];
        end[g] = sum;
        sum += count;
    }
    for (int64_t i = 0; i < rows; i++) {
        if (group[i] >= 0) sorted[end[group[i]]++] = score[i];
    }
}

static int add_groups(hg__calibrations *c, const float *sorted, const int64_t *end,
                      char *const *name, int32_t groups, hg_error *err) {
    int64_t first = 0;
    for (int32_t g = 0; g < groups; first = end[g++]) {
        if (end[g] == first) continue;
        hg__calibration one;
        HG_TRY(hg__calibration_init(&one, sorted + first, end[g] - first, err));
        c->group[c->groups] = one;
        c->name[c->groups++] = hg__copy_text(name[g], err);
        if (!c->name[c->groups - 1]) return HG_ERR_MEMORY;
    }
    return HG_OK;
}

static int init_groups(hg__calibrations *c, const float *score, int64_t rows, const int32_t *group,
                       char *const *name, int32_t groups, hg_error *err) {
    HG_TRY(make_room(c, groups, err));
    float *sorted = hg__alloc((size_t)rows, sizeof *sorted, err); // (rows)
    int64_t *end = hg__alloc((size_t)groups, sizeof *end, err);   // (groups)
    int code = HG_ERR_MEMORY;
    if (sorted && end) {
        set_out(score, rows, group, groups, sorted, end);
        code = add_groups(c, sorted, end, name, groups, err);
    }
    hg__free(sorted);
    hg__free(end);
    return code;
}

int hg__calibrations_init(hg__calibrations *c, const float *score, int64_t rows,
                          const int32_t *group, char *const *name, int32_t groups, hg_error *err) {
    *c = (hg__calibrations){0};
    HG_TRY(hg__calibration_init(&c->whole, score, rows, err));
    if (!group || groups < 1) return HG_OK;
    const int code = init_groups(c, score, rows, group, name, groups, err);
    if (code < 0) hg__calibrations_clear(c);
    return code;
}

const hg__calibration *hg__calibrations_pick(const hg__calibrations *c, const char *name,
                                             double fpr) {
    for (int32_t g = 0; name && g < c->groups; g++) {
        if (strcmp(c->name[g], name) != 0) continue;
        return hg__calibration_is_enough(c->group + g, fpr) ? c->group + g : &c->whole;
    }
    return &c->whole;
}

// ---- saved --------------------------------------------------------------------------------------

// The whole is number 0, group g number g + 1.
static const hg__calibration *number(const hg__calibrations *c, int32_t i) {
    return i ? c->group + i - 1 : &c->whole;
}

static int save_numbers(const hg__calibrations *c, hg_model *m, float *score, double *tail,
                        hg_error *err) {
    int64_t at = 0;
    for (int32_t i = 0; i <= c->groups; i++) {
        const hg__calibration *one = number(c, i);
        const hg__tail *t = &one->tail;
        const double row[TAIL_COLUMNS] = {(double)one->count, t->start, t->shape,
                                          t->scale,           t->rate,  (double)t->count};
        memcpy(tail + (size_t)i * TAIL_COLUMNS, row, sizeof row);
        memcpy(score + at, one->score, (size_t)one->count * sizeof *score);
        at += one->count;
    }
    HG_TRY(hg__model_keep_part(m, score_name, HG_F32, at, 0, score, err));
    return hg__model_keep_part(m, tail_name, HG_F64, c->groups + 1, TAIL_COLUMNS, tail, err);
}

static int save_names(const hg__calibrations *c, hg_model *m, hg_error *err) {
    hg__text names = {0};
    for (int32_t g = 0; g < c->groups; g++) {
        hg__text_add_bytes(&names, c->name[g], strlen(c->name[g]) + 1);
    }
    const int code = names.failed ? hg__fail(err, HG_ERR_MEMORY, "out of memory for group names")
                                  : hg__model_keep_part(m, group_name, HG_U8, (int64_t)names.length,
                                                        0, names.data, err);
    hg__text_clear(&names);
    return code;
}

int hg__calibrations_save(const hg__calibrations *c, hg_model *m, hg_error *err) {
    hg__model_drop_parts(m, HG_CALIBRATION_PREFIX);
    if (c->whole.count == 0) return HG_OK;
    int64_t rows = 0;
    for (int32_t i = 0; i <= c->groups; i++) rows += number(c, i)->count;
    float *score = hg__alloc((size_t)rows, sizeof *score, err);
    double *tail = hg__alloc((size_t)(c->groups + 1) * TAIL_COLUMNS, sizeof *tail, err);
    int code = score && tail ? save_numbers(c, m, score, tail, err) : HG_ERR_MEMORY;
    hg__free(score);
    hg__free(tail);
    return code == HG_OK && c->groups > 0 ? save_names(c, m, err) : code;
}

// ---- loaded -------------------------------------------------------------------------------------

static bool is_count(double x, double most) {
    return x >= 0 && x <= most && x == floor(x);
}

// One row of detector.calibration.tail; NULL or what is wrong with it.
static const char *read_tail(const double row[TAIL_COLUMNS], hg__calibration *c) {
    if (!is_count(row[ROWS], HG_CALIBRATION_MOST) || row[ROWS] < 1) return "1 to 1000000 rows";
    if (!is_count(row[PEAKS], row[ROWS])) return "a number of peaks up to that of rows";
    c->count = (int64_t)row[ROWS];
    if (row[PEAKS] < 1) return NULL;
    if (!isfinite(row[START])) return "a finite start";
    if (!(row[SHAPE] >= 0 && row[SHAPE] <= 1)) return "a shape from 0 to 1";
    if (!(row[SCALE] > 0 && isfinite(row[SCALE]))) return "a scale above 0";
    if (!(row[RATE] > 0 && row[RATE] <= 1)) return "a rate above 0, at most 1";
    c->tail = (hg__tail){row[START], row[SHAPE], row[SCALE], row[RATE], (int32_t)row[PEAKS]};
    return NULL;
}

// Of scores that were read.
static int check_scores(const hg__calibration *c, const char *where, hg_error *err) {
    for (int64_t i = 0; i < c->count; i++) {
        if (isfinite(c->score[i]) && (i == 0 || c->score[i] >= c->score[i - 1])) continue;
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected finite scores that ascend", where,
                        score_name);
    }
    if (c->tail.count > 0 && c->tail.start > (double)c->score[c->count - 1]) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected a start below the highest score",
                        where, tail_name);
    }
    return HG_OK;
}

// Rows *at to *at + count of the scores, of which there are `all`; number i of the tails says how many. Both may lie at any byte.
static int read_one(hg__calibration *c, const hg__tensor *tail, int64_t i, const hg__tensor *score,
                    int64_t *at, const char *where, hg_error *err) {
    const int64_t all = score->shape.dim[0];
    double row[TAIL_COLUMNS];
    *c = (hg__calibration){0};
    memcpy(row, (const uint8_t *)tail->data + (size_t)i * sizeof row, sizeof row);
    const char *expected = read_tail(row, c);
    if (expected) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected %s", where, tail_name, expected);
    }
    if (c->count > all - *at) {
        return hg__fail(err, HG_ERR_MODEL,
                        "%s: '%s': expected %" PRId64 " scores or more, got %" PRId64, where,
                        score_name, *at + c->count, all);
    }
    const size_t count = (size_t)c->count;
    c->score = hg__alloc(count, sizeof *c->score, err);
    if (!c->score) return HG_ERR_MEMORY;
    memcpy(c->score, (const uint8_t *)score->data + (size_t)*at * sizeof *c->score,
           count * sizeof *c->score);
    *at += c->count;
    const int code = check_scores(c, where, err);
    if (code < 0) hg__calibration_clear(c);
    return code;
}

// The name that starts at *at, a copy; NULL (and err) where there is none.
static char *read_name(const char *names, int64_t size, int64_t *at, const char *where,
                       hg_error *err) {
    const char *name = names + *at, *end = memchr(name, 0, (size_t)(size - *at));
    if (!end || !hg__is_utf8(name, (size_t)(end - name))) {
        hg__fail(err, HG_ERR_MODEL,
                 "%s: '%s': expected a name for each group, each with a zero behind it", where,
                 group_name);
        return NULL;
    }
    *at = end + 1 - names;
    return hg__copy_text(name, err);
}

static int load_groups(hg__calibrations *c, const hg_model *m, const hg__tensor *score,
                       const hg__tensor *tail, int64_t at, const char *where, hg_error *err) {
    const int64_t groups = tail->shape.dim[0] - 1, all = score->shape.dim[0];
    if (groups > all) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected at most a group a score", where,
                        tail_name);
    }
    int64_t letters = 0, letter = 0;
    const char *names = NULL;
    if (groups > 0) {
        const hg__tensor *t;
        HG_TRY(hg__model_take_part(m, group_name, HG_U8, -1, 0, where, &t, err));
        names = t->data;
        letters = t->shape.dim[0];
    }
    HG_TRY(make_room(c, (int32_t)groups, err));
    for (int64_t g = 0; g < groups; g++) {
        HG_TRY(read_one(c->group + g, tail, g + 1, score, &at, where, err));
        c->groups++;
        c->name[g] = read_name(names, letters, &letter, where, err);
        if (!c->name[g]) return err && err->code < 0 ? (int)err->code : HG_ERR_MODEL;
    }
    if (at == all && letter == letters) return HG_OK;
    return hg__fail(err, HG_ERR_MODEL,
                    "%s: '%s': expected %" PRId64 " scores in %" PRId64 " groups", where,
                    score_name, at, groups);
}

bool hg__calibrations_is_in(const hg_model *m) {
    return hg__model_part(m, score_name) != NULL;
}

int hg__calibrations_load(hg__calibrations *c, const hg_model *m, const char *where,
                          hg_error *err) {
    *c = (hg__calibrations){0};
    if (!hg__calibrations_is_in(m)) return HG_OK;
    const hg__tensor *score, *tail;
    HG_TRY(hg__model_take_part(m, score_name, HG_F32, -1, 0, where, &score, err));
    HG_TRY(hg__model_take_part(m, tail_name, HG_F64, -1, TAIL_COLUMNS, where, &tail, err));
    const int64_t all = score->shape.dim[0];
    int64_t at = 0;
    if (tail->shape.dim[0] < 1 || all < 1 || all > INT32_MAX) {
        return hg__fail(err, HG_ERR_MODEL, "%s: '%s': expected a row or more", where, tail_name);
    }
    int code = read_one(&c->whole, tail, 0, score, &at, where, err);
    if (code == HG_OK) code = load_groups(c, m, score, tail, at, where, err);
    if (code < 0) hg__calibrations_clear(c);
    return code;
}
