// SPDX-License-Identifier: Apache-2.0
// file_list.c - files by their paths: those that were named, and those of a folder in the order of their names.
#include "files/file_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"

int hg__file_list_add(hg__file_list *l, const char *path, const void *kind, bool from_folder,
                      hg_error *err) {
    const size_t count = (size_t)l->count;
    if (l->count == INT32_MAX) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d files", path, INT32_MAX);
    }
    if ((count & (count - 1)) == 0) { // full: 1, 2, 4 ...
        hg__listed_file *grown = hg__grow(l->file, count ? 2 * count : 1, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        l->file = grown;
    }
    l->file[count] = (hg__listed_file){hg__copy_text(path, err), kind, from_folder};
    if (!l->file[count].path) return HG_ERR_MEMORY;
    l->count++;
    return HG_OK;
}

void hg__file_list_clear(hg__file_list *l) {
    for (int32_t i = 0; i < l->count; i++) hg__free(l->file[i].path);
    hg__free(l->file);
    *l = (hg__file_list){0};
}

static int by_name(const void *a, const void *b) {
    const hg__listed_file *x = a, *y = b;
    return strcmp(x->path, y->path);
}

int hg__file_list_read_folder(hg__file_list *l, const char *folder, hg__file_wanted *wanted,
                              void *context, int32_t most, hg_error *err) {
    char path[HG_LISTED_PATH];
    const int32_t first = l->count;
    DIR *d = hg__io_is_refused(EIO) ? NULL : opendir(folder);
    if (!d) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read the folder", folder);
    int code = HG_OK;
    for (const struct dirent *e; code == HG_OK && l->count - first < most && (e = readdir(d));) {
        const void *kind = NULL;
        if (e->d_name[0] == '.') continue;
        code = hg__join_path(path, sizeof path, folder, e->d_name, err);
        const int is_it = code == HG_OK ? wanted(context, path, &kind, err) : code;
        code = is_it > 0 ? hg__file_list_add(l, path, kind, true, err) : is_it;
    }
    closedir(d);
    const int32_t count = l->count - first;
    if (count) qsort(l->file + first, (size_t)count, sizeof *l->file, by_name);
    return code;
}
