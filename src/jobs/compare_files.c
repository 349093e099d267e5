// SPDX-License-Identifier: Apache-2.0
// compare_files.c - which tables data= means.
#include <dirent.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "jobs/compare.h"

enum { MAX_FILES = 10000 };

void hg__files_clear(hg__files *f) {
    for (size_t i = 0; i < f->count; i++) hg__free(f->path[i]);
    hg__free(f->path);
    *f = (hg__files){0};
}

static int add(hg__files *f, const char *path, hg_error *err) {
    if (f->count == MAX_FILES) {
        return hg__fail(err, HG_ERR_USAGE, "%.300s: expected at most %d tables, got more", path,
                        MAX_FILES);
    }
    char **grown = hg__grow(f->path, f->count + 1, sizeof *grown, err);
    if (!grown) return HG_ERR_MEMORY;
    f->path = grown;
    grown[f->count] = hg__copy_text(path, err);
    if (!grown[f->count]) return HG_ERR_MEMORY;
    f->count++;
    return HG_OK;
}

static int by_name(const void *a, const void *b) {
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static int add_folder(hg__files *f, const char *path, hg_error *err) {
    char name[1024];
    const size_t first = f->count;
    int code = HG_OK;
    DIR *folder = opendir(path);
    if (!folder) return hg__fail_errno(err, HG_ERR_IO, "%.300s: cannot list it", path);
    for (const struct dirent *e;
         code == HG_OK && (e = readdir(folder));) { // NOLINT(concurrency-mt-unsafe)
        if (e->d_name[0] == '.') continue;
        code = hg__join_path(name, sizeof name, path, e->d_name, err);
        if (code == HG_OK && hg__is_file(name)) code = add(f, name, err);
    }
    (void)closedir(folder);
    if (f->count > first) qsort(f->path + first, f->count - first, sizeof *f->path, by_name);
    f->from_folder = true;
    return code;
}

static int add_any(hg__files *f, const char *path, hg_error *err) {
    return hg__is_folder(path) ? add_folder(f, path, err) : add(f, path, err);
}

// A database is not taken apart at commas.
static int find(hg__files *f, const char *data, hg_error *err) {
    char path[HG_MAX_VALUE];
    if (hg__is_database(data)) return add_any(f, data, err);
    while (hg__path_list_next(&data, path, sizeof path)) HG_TRY(add_any(f, path, err));
    return HG_OK;
}

int hg__files_find(hg__files *f, const char *data, hg_error *err) {
    *f = (hg__files){0};
    int code = find(f, data, err);
    if (code == HG_OK && f->count == 0) {
        code = hg__fail(err, HG_ERR_USAGE, "%.300s: expected tables, found none", data);
    }
    if (code < 0) hg__files_clear(f);
    return code;
}
