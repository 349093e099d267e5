// SPDX-License-Identifier: Apache-2.0
// data.c - from a path to rows: which reader, and what every reader's rows have in common.
#include "array/data.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "array/reader.h"
#include "array/sink.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "csv/csv.h"

static const hg__reader *const readers[] = {
#define READER(name) &hg__reader_##name,
#include "array/readers.def"
#undef READER
};

enum {
#define READER(name) INDEX_##name,
#include "array/readers.def"
#undef READER
    READERS
};

// A gzip file was unpacked already: what is left is one inside another. What to do follows, unless that is to denoise a video.
void hg__data_describe(const char *path, const uint8_t *head, size_t size,
                       char text[HG_DESCRIBED]) {
    const char *encoding = hg__magic_name(head, size) ? NULL : hg__text_wide(head, size);
    if (encoding) {
        char line[HG_ICONV];
        hg__text_iconv(encoding, path, line);
        snprintf(text, HG_DESCRIBED,
                 "%.6s text without a byte order mark; \"%s\" makes UTF-8 of it", encoding, line);
        return;
    }
    const bool is_twice = size >= 2 && head[0] == 0x1f && head[1] == 0x8b;
    const char *advice = hg__magic_advice(head, size);
    char name[64];
    hg__magic_describe(head, size, name);
    if (is_twice) snprintf(name, sizeof name, "a gzip file inside a gzip file");
    if (hg__magic_is_video(head, size)) advice = "ffmpeg -i FILE %05d.png makes images of it";
    const bool is_short = advice && strlen(advice) < 48;
    snprintf(text, HG_DESCRIBED, "%s%s%s", name, is_short ? "; " : "", is_short ? advice : "");
}

static int refuse(const hg__source *s, hg_error *err) {
    char text[HG_DESCRIBED];
    hg__data_describe(s->path, s->head, s->head_size, text);
    return hg__fail(err, HG_ERR_DATA, "%s: expected idx, npy, npz, csv or tsv, got %s", s->path,
                    text);
}

// Whether the path ends in one of ".csv.tsv.", with or without ".gz" after it.
static bool has_extension(const char *path, const char *extensions) {
    size_t end = strlen(path);
    if (end > 3 && strcasecmp(path + end - 3, ".gz") == 0) end -= 3;
    size_t start = end;
    while (start > 0 && path[start - 1] != '.' && path[start - 1] != '/') start--;
    if (start == 0 || path[start - 1] != '.' || start == end) return false;
    size_t n = end - start;
    for (const char *p = extensions; p[1]; p = strchr(p + 1, '.')) {
        if (strncasecmp(p + 1, path + start, n) == 0 && p[n + 1] == '.') return true;
    }
    return false;
}

bool hg__reader_is_meant(const hg__reader *r, const char *path, const uint8_t *head, size_t size) {
    return !hg__magic_name(head, size) && has_extension(path, r->extensions);
}

// Content first, extension second; what is known to be something else is nobody's.
static const hg__reader *find_reader(const hg__source *s) {
    for (int i = 0; i < READERS; i++) {
        if (readers[i]->sniff(s->head, s->head_size)) return readers[i];
    }
    for (int i = 0; i < READERS; i++) {
        if (hg__reader_is_meant(readers[i], s->path, s->head, s->head_size)) return readers[i];
    }
    return NULL;
}

static int read_all(hg__data *d, hg__source *s, const hg__data_options *o, hg_error *err) {
    if (s->head_size == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected rows of numbers, got an empty file",
                        s->path);
    }
    const hg__reader *r = find_reader(s);
    if (!r) return refuse(s, err);
    snprintf(d->format, sizeof d->format, "%s", r->name);
    HG_TRY(r->open(d, s, o, err));
    if (d->raw) return HG_OK;
    return hg__data_scan(d, strcmp(o->on_bad, "skip") == 0, o->memory, err);
}

// Takes fd. array: NULL, or the rows are wanted raw.
static hg__data *open_file(int fd, const char *name, const hg__data_options *o, const char *array,
                           hg_error *err) {
    hg__data *d = hg__alloc(1, sizeof *d, err);
    if (!d) {
        close(fd);
        return NULL;
    }
    d->fd = -1;
    d->raw = array != NULL;
    snprintf(d->path, sizeof d->path, "%s", name);
    snprintf(d->array, sizeof d->array, "%s", array ? array : "");
    hg__source s;
    int code = hg__source_open(&s, fd, name, err);
    if (code == HG_OK) code = hg__zip_text(&s, err);
    if (code == HG_OK) code = read_all(d, &s, o, err);
    hg__source_close(&s);
    if (code == HG_OK) return d;
    hg__data_close(d);
    return NULL;
}

hg__data *hg__data_open_descriptor(int fd, const char *name, const hg__data_options *o,
                                   hg_error *err) {
    static const char none[] = "";
    const hg__data_options full = {.label = o->label ? o->label : none,
                                   .ignore = o->ignore ? o->ignore : none,
                                   .on_bad = o->on_bad ? o->on_bad : none,
                                   .memory = o->memory,
                                   .header = o->header,
                                   .text_advice = o->text_advice,
                                   .listener = o->listener};
    return open_file(fd, name, &full, NULL, err);
}

#define FASHION "/usr/share/datasets/fashion-mnist/"

static const struct {
    const char *name, *file; // of the Debian package
} built_ins[] = {
    {"fashion",      FASHION "train-images-idx3-ubyte.gz"},
    {"fashion-test", FASHION "t10k-images-idx3-ubyte.gz" },
};
enum { BUILT_INS = sizeof built_ins / sizeof *built_ins };

// The file behind a built-in name, or NULL.
static const char *built_in(const char *path) {
    for (size_t i = 0; i < BUILT_INS; i++) {
        if (strcmp(path, built_ins[i].name) == 0) return built_ins[i].file;
    }
    return NULL;
}

const char *hg__data_file(const char *path) {
    const char *file = built_in(path);
    return file ? file : path;
}

bool hg__data_is_built_in(const char *path) {
    return built_in(path) != NULL;
}

// A word that is no file may be a built-in name misspelt.
int hg__data_open_read(const char *path, hg_error *err) {
    const char *names[BUILT_INS];
    const int fd = hg__open_read(path, err);
    if (fd >= 0 || !err || strpbrk(path, "./") || access(path, F_OK) == 0) return fd;
    for (size_t i = 0; i < BUILT_INS; i++) names[i] = built_ins[i].name;
    const char *near = hg__nearest_name(path, names, BUILT_INS);
    const size_t used = strlen(err->message);
    if (near && !strstr(err->message, "; did you mean ")) {
        snprintf(err->message + used, sizeof err->message - used, "; did you mean '%s'?", near);
    }
    return fd;
}

int hg__data_check_path(const char *path, hg_error *err) {
    if (hg__is_database(path)) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "odbc: expected a file of rows, got a database; a model of a table takes one");
    }
    if (strlen(path) < sizeof((hg__data *)0)->path) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%.60s...: expected a path of at most %zu bytes, got %zu",
                    path, sizeof((hg__data *)0)->path - 1, strlen(path));
}

// What stands behind a path is opened; negative code, else the descriptor.
static int open_path(const char *path, hg_error *err) {
    const char *package = built_in(path);
    if (package && !hg__is_file(package)) {
        return hg__fail(
            err, HG_ERR_MISSING,
            "data=%s: %s is not there; install the Debian package dataset-fashion-mnist", path,
            package);
    }
    return package ? hg__open_read(package, err) : hg__data_open_read(path, err);
}

hg__data *hg__data_open(const char *path, const hg__data_options *o, hg_error *err) {
    if (hg__data_check_path(path, err) < 0) return NULL;
    const int fd = open_path(path, err);
    return fd < 0 ? NULL : hg__data_open_descriptor(fd, hg__input_name(path), o, err);
}

hg__data *hg__data_open_raw(const char *path, const char *array, size_t memory, hg_error *err) {
    const hg__data_options o = {.label = "", .ignore = "", .on_bad = "", .memory = memory};
    if (hg__data_check_path(path, err) < 0) return NULL;
    const int fd = open_path(path, err);
    return fd < 0 ? NULL : open_file(fd, hg__input_name(path), &o, array, err);
}

void hg__data_release(hg__data *d) {
    hg__free(d->owned);
    if (d->fd >= 0) close(d->fd);
    d->base = NULL;
    d->owned = NULL;
    d->fd = -1;
}

void hg__data_close(hg__data *d) {
    if (!d) return;
    hg__data_release(d);
    for (int32_t i = 0; d->column && i < d->width; i++) hg__free(d->column[i]);
    hg__free(d->column);
    hg__free(d);
}

int hg__data_wrap(hg__data *d, const float *x, int64_t rows, int32_t width, hg_error *err) {
    *d = (hg__data){.path = "array", .format = "array", .fd = -1, .dtype = HG_F32, .scale = 1};
    if (rows < 1 || width < 1 || width > HG_MAX_WIDTH) {
        return hg__fail(err, HG_ERR_DATA,
                        "array: expected at least one row and 1 to %d columns, got [%lld, %d]",
                        HG_MAX_WIDTH, (long long)rows, width);
    }
    d->rows = rows;
    d->width = width;
    d->shape = (hg__shape){.rank = 1, .dim = {width}};
    d->base = x;
    return hg__data_scan(d, false, 0, err);
}

// From the front: each byte is read before the number it becomes could cover it.
void hg__widen_bytes(float *out, size_t width, float scale) {
    const uint8_t *bytes = (const uint8_t *)out + 3 * width;
    for (size_t k = 0; k < width; k++) {
        const uint8_t byte = bytes[k];
        out[k] = (float)byte * scale;
    }
}

int hg__data_row(const hg__data *d, int64_t i, float *out, hg_error *err) {
    const size_t width = (size_t)d->width;
    if (d->dtype == HG_F32) return hg__data_read(d, i, 1, out, err);
    HG_TRY(hg__data_read(d, i, 1, (uint8_t *)out + 3 * width, err));
    hg__widen_bytes(out, width, d->scale);
    return HG_OK;
}
