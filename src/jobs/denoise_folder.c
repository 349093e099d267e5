// SPDX-License-Identifier: Apache-2.0
// denoise_folder.c - every image of a folder into another of the same make.
#include <limits.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "jobs/denoise.h"

static const char *root_of(const hg__image_list *list) { // "" stands for absolute paths
    return list->folder[0] ? list->folder : "/";
}

// Whether `path` is one of the list's own files.
static bool is_listed(const hg__image_list *list, const char *path) {
    if (!hg__is_file(path)) return false;
    char *a = hg__resolve_both(path, root_of(list));
    if (!a) return true; // rather refuse
    const char *b = a + PATH_MAX;
    const size_t n = strcmp(b, "/") == 0 ? 0 : strlen(b);
    bool found = false;
    if (strncmp(a, b, n) == 0 && a[n] == '/') {
        for (int32_t i = 0; i < list->count && !found; i++) {
            found = strcmp(list->name[i], a + n + 1) == 0;
        }
    }
    hg__free(a);
    return found;
}

// The folder of `path`, made where it is not there.
static int make_folder_of(const char *path, hg_error *err) {
    char folder[1024];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    return hg__make_folder(folder, err);
}

static bool is_image_name(const char *name, const void *context) {
    (void)context;
    return hg__image_is_image_path(name);
}

// Takes away what a killed run left in the folder of `path`, unless that is `last`, where it was done.
static void sweep(const char *path, char last[1024]) {
    char folder[1024];
    snprintf(folder, sizeof folder, "%.*s", (int)(strrchr(path, '/') - path), path);
    if (strcmp(folder, last) == 0) return;
    hg__sweep(folder, false, is_image_name, NULL);
    memcpy(last, folder, sizeof folder);
}

// swept (1024): the folder that was swept last.
static int one(hg__denoise_work *d, const hg__image_list *list, const char *name, const char *out,
               char *swept, hg_error *err) {
    char from[1024], to[1024];
    if (hg__path_is_climbing(name)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a path below the list's own folder", name);
    }
    HG_TRY(hg__join_path(from, sizeof from, list->folder, name, err));
    HG_TRY(hg__join_path(to, sizeof to, out, name, err));
    const int code = make_folder_of(to, err);
    if (code == HG_ERR_IO) d->is_fatal = true;
    HG_TRY(code);
    if (is_listed(list, to)) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected out= to be no image that is to be cleaned, got one", to);
    }
    sweep(to, swept);
    HG_TRY(hg__denoise_image(d, from, to, err));
    return hg__denoise_page_add(d->page, from, to, err);
}

// Ended on request while image i was worked on.
static int stopped(const hg__denoise_work *d, const hg__image_list *list, int32_t i,
                   const char *out, hg_error *err) {
    return hg__fail(err, HG_ERR_STOPPED,
                    "stopped on request: %d of %d images are cleaned, in %.200s; %d are left, from "
                    "%.200s on",
                    (int)(i - d->result->failed), list->count, out, list->count - i, list->name[i]);
}

static int all(hg__denoise_work *d, const hg__image_list *list, const char *out, hg_error *err) {
    d->is_folder = true;
    hg__meter_start(&d->meter, d->listener, "denoising", "images", list->count);
    char swept[1024] = "";
    for (int32_t i = 0; i < list->count; i++) {
        hg_error why = {0};
        d->is_fatal = false;
        const int32_t failed = d->result->failed;
        const int code = one(d, list, list->name[i], out, swept, &why);
        hg__meter_add(&d->meter, 1);
        if (code == HG_OK) continue;
        if (code == HG_ERR_STOPPED) {
            d->result->failed = failed; // the one that was interrupted is none
            return stopped(d, list, i, out, err);
        }
        if (d->is_fatal || code == HG_ERR_MEMORY) {
            *err = why;
            return code;
        }
        d->result->failed = failed + 1;
        hg__denoise_note(d, "%s", why.message);
    }
    hg__meter_end(&d->meter);
    if (!d->result->failed) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%d of %d images could not be cleaned", d->result->failed,
                    list->count);
}

int hg__denoise_folder(hg__denoise_work *d, const char *path, const char *out, hg_error *err) {
    hg__image_list list = {0};
    HG_TRY(hg__image_list_open(&list, path, err));
    int code;
    // Files of a list may lie beside out=: there each is looked at by itself.
    if (hg__is_folder(path) && hg__path_is_inside(out, path)) {
        code = hg__fail(err, HG_ERR_USAGE,
                        "out: expected a folder outside %s, whose images stay as they are, got %s",
                        path, out);
    } else if (!hg__is_folder(out) && hg__image_is_image_path(out)) {
        code =
            hg__fail(err, HG_ERR_USAGE,
                     "out: expected a folder for the images of %.200s, got %.200s, the name of an "
                     "image",
                     path, out);
    } else if (hg__is_file(out)) {
        code = hg__fail(err, HG_ERR_USAGE, "out: expected a folder, got the file %s", out);
    } else {
        d->result->images = list.count;
        code = all(d, &list, out, err);
        if (list.others) {
            hg__denoise_note(d, "%s: %d file%s that %s no images passed over", path, list.others,
                             list.others > 1 ? "s" : "", list.others > 1 ? "are" : "is");
        }
    }
    hg__image_list_clear(&list);
    return code;
}
