// SPDX-License-Identifier: Apache-2.0
// label_spans.c - labels= of recordings: a file of windows, or what names of files say.
#include "signal/label_spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "csv/time_text.h"

enum { MOST = 1 << 28 }; // bytes of a file of windows

int hg__label_spans_open(hg__label_spans *s, const char *labels, hg_error *err) {
    hg__content c = {0};
    *s = (hg__label_spans){.labels = labels};
    if (!*labels || strcmp(labels, "name") == 0) return HG_OK;
    HG_TRY(hg__content_read_head(&c, labels, MOST, err));
    s->windows = hg__json_read((const char *)c.data, c.size, labels, err);
    hg__content_free(&c);
    if (hg__json_is_object(s->windows) || hg__json_is_array(s->windows)) return HG_OK;
    const bool is_read = s->windows != NULL;
    hg__label_spans_close(s);
    if (is_read) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected windows of files, such as {\"a.csv\": [[first, last]]}",
                        labels);
    }
    if (err && err->code == HG_ERR_MODEL) err->code = HG_ERR_DATA;
    return err ? (int)err->code : HG_ERR_DATA;
}

void hg__label_spans_close(hg__label_spans *s) {
    hg__json_free(s->windows);
    hg__free(s->at);
    *s = (hg__label_spans){0};
}

// ---- which of the windows -----------------------------------------------------------------------

// How many of the last parts of two paths are the same.
static int32_t common_parts(const char *a, const char *b) {
    const char *x = a + strlen(a), *y = b + strlen(b);
    int32_t parts = 0;
    while (x > a && y > b && x[-1] == y[-1]) {
        x--;
        y--;
        parts += *x == '/';
    }
    const bool is_part = (x == a || x[-1] == '/') && (y == b || y[-1] == '/');
    return parts + (is_part && *x != '/');
}

// Those of the file whose path ends most alike.
static int find_windows(const hg__label_spans *s, const char *path, const hg__json **found,
                        hg_error *err) {
    int32_t most = 0, as_many = 0;
    *found = s->windows;
    for (size_t i = 0; i < hg__json_object_size(s->windows); i++) {
        const int32_t parts = common_parts(hg__json_object_key(s->windows, i), path);
        if (parts == most) as_many++;
        if (parts <= most) continue;
        most = parts;
        as_many = 1;
        *found = hg__json_object_value(s->windows, i);
    }
    if (most > 0 && as_many == 1) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected windows of '%s', got %s", s->labels, path,
                    most > 0 ? "those of several files of that name" : "none");
}

// ---- spans --------------------------------------------------------------------------------------

// 1: a row; 2: a time; 0: neither.
static int read_end(const hg__json *value, double *x) {
    const char *text = hg__json_string_value(value);
    *x = hg__json_number_value(value);
    if (hg__json_is_number(value)) return 1;
    return text && hg__parse_time(text, hg__json_string_size(value), x) ? 2 : 0;
}

static int read_span(hg__label_spans *s, const hg__json *from, const char *path, hg_error *err) {
    double *at = s->at[s->count];
    const bool is_pair = hg__json_is_array(from) && hg__json_array_size(from) == 2;
    const int first = read_end(is_pair ? hg__json_array_get(from, 0) : from, &at[0]);
    const int last = read_end(is_pair ? hg__json_array_get(from, 1) : from, &at[1]);
    const bool is_alike = s->count == 0 || s->is_time == (first == 2);
    if (!first || first != last || !is_alike || !(at[0] <= at[1])) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: window %lld of '%s': expected [first, last], two times such as "
                        "\"2024-01-31 14:30:00\" or two rows, or one of a single step",
                        s->labels, (long long)s->count + 1, path);
    }
    s->is_time = first == 2;
    s->count++;
    return HG_OK;
}

static int compare(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// Spans that overlap become one.
static void join(hg__label_spans *s) {
    int64_t kept = 0;
    if (s->count == 0) return;
    qsort(s->at, (size_t)s->count, sizeof *s->at, compare);
    for (int64_t i = 1; i < s->count; i++) {
        double *last = s->at[kept];
        if (s->at[i][0] <= last[1]) {
            last[1] = fmax(last[1], s->at[i][1]);
        } else {
            kept++;
            memcpy(s->at[kept], s->at[i], sizeof *s->at);
        }
    }
    s->count = kept + 1;
}

static int make_room(hg__label_spans *s, size_t spans, hg_error *err) {
    double(*grown)[2] = hg__grow(s->at, spans + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    s->at = grown;
    s->count = 0;
    return HG_OK;
}

static int read_windows(hg__label_spans *s, const char *path, hg_error *err) {
    const hg__json *list = s->windows;
    if (hg__json_is_object(list)) HG_TRY(find_windows(s, path, &list, err));
    const size_t spans = hg__json_array_size(list);
    HG_TRY(make_room(s, spans, err));
    s->is_time = false;
    for (size_t i = 0; i < spans; i++) {
        HG_TRY(read_span(s, hg__json_array_get(list, i), path, err));
    }
    join(s);
    return HG_OK;
}

// "..._35000_52000_52620.txt"
static int read_name(hg__label_spans *s, const char *path, hg_error *err) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    const char *end = strchr(name, '.'), *at = end ? end : name + strlen(name);
    double x[3] = {0};
    int32_t numbers = 0;
    for (; numbers < 3 && at > name; numbers++) {
        const char *to = at;
        while (at > name && at[-1] >= '0' && at[-1] <= '9') at--;
        if (at == to || at == name || at[-1] != '_' || to - at > 15) break;
        for (const char *p = at; p < to; p++) x[2 - numbers] = 10 * x[2 - numbers] + (*p - '0');
        at--;
    }
    if (numbers < 3 || x[0] < 1 || x[1] <= x[0] || x[2] < x[1]) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: labels=name: expected a name that ends in rows of training, the first "
                        "and the last row of the anomaly, such as x_35000_52000_52620.txt",
                        path);
    }
    HG_TRY(make_room(s, 1, err));
    s->train_rows = (int64_t)x[0];
    s->at[0][0] = x[1] - 1;
    s->at[0][1] = x[2] - 1;
    s->count = 1;
    return HG_OK;
}

int hg__label_spans_of(hg__label_spans *s, const char *path, hg_error *err) {
    if (!*s->labels) return HG_OK;
    return s->windows ? read_windows(s, path, err) : read_name(s, path, err);
}

// ---- steps --------------------------------------------------------------------------------------

static bool is_within(const hg__label_spans *s, double x) {
    int64_t low = 0, high = s->count; // the first that begins behind x
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        if (s->at[middle][0] <= x) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && x <= s->at[low - 1][1];
}

void hg__label_spans_mark(const hg__label_spans *s, const hg__steps *steps, uint8_t *label) {
    for (int32_t i = 0; i < steps->count; i++) {
        const bool is_lacking = !s->is_time && steps->row[i] < 0;
        if (is_lacking) {
            label[i] = i > 0 && label[i - 1];
        } else {
            label[i] = is_within(s, s->is_time ? steps->time[i] : (double)steps->row[i]);
        }
    }
}
