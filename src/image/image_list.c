// SPDX-License-Identifier: Apache-2.0
// image_list.c - the image files in a folder and its subfolders, or named in a text file.
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"

static int add_name(hg__image_list *list, const char *name, hg_error *err) {
    if (list->count == INT32_MAX) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d files", list->folder, INT32_MAX);
    }
    const size_t count = (size_t)list->count;
    if ((count & (count - 1)) == 0) { // full: 1, 2, 4 ...
        char **grown = hg__grow(list->name, count ? 2 * count : 1, sizeof *grown, err);
        if (!grown) return HG_ERR_MEMORY;
        list->name = grown;
    }
    list->name[count] = hg__copy_text(name, err);
    if (!list->name[count]) return HG_ERR_MEMORY;
    list->count++;
    return HG_OK;
}

void hg__image_list_clear(hg__image_list *list) {
    for (int32_t i = 0; i < list->count; i++) hg__free(list->name[i]);
    hg__free(list->name);
    *list = (hg__image_list){0};
}

static int set_folder(hg__image_list *list, const char *path, size_t length, hg_error *err) {
    while (length > 0 && path[length - 1] == '/') length--;
    if (length >= sizeof list->folder) {
        return hg__fail(err, HG_ERR_USAGE, "%.60s...: expected a path of at most %zu bytes", path,
                        sizeof list->folder - 1);
    }
    memcpy(list->folder, path, length);
    list->folder[length] = '\0';
    return HG_OK;
}

// The folder a file lies in; its own name is left.
static int set_folder_of(hg__image_list *list, const char *path, const char **name, hg_error *err) {
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    return slash ? set_folder(list, path, (size_t)(slash - path), err)
                 : set_folder(list, ".", 1, err);
}

// ---- what is an image ---------------------------------------------------------------------------

// DICOM without pixels, as it lies among images: the directory of a CD, reports, marks, plans. By the class that the
// file's head names.
static bool is_dicom_without_pixels(const hg__content *m) {
    static const char *const classes[] = {
        "1.2.840.10008.1.3.10",          "1.2.840.10008.5.1.4.1.1.88.",
        "1.2.840.10008.5.1.4.1.1.11.",   "1.2.840.10008.5.1.4.1.1.481.3",
        "1.2.840.10008.5.1.4.1.1.481.5", "1.2.840.10008.5.1.4.1.1.104.",
        "1.2.840.10008.5.1.4.1.1.66"};
    enum { LOOK = 512 };
    const size_t size = m->size < LOOK ? m->size : LOOK;
    if (size < 132 || memcmp(m->data + 128, "DICM", 4) != 0) return false;
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        if (memmem(m->data, size, classes[i], strlen(classes[i]))) return true;
    }
    return false;
}

enum { HEAD = 1 << 16 }; // bytes that say what a file is

// 1: an image by its extension or else its content; 0: none, or not to be read by us.
static int is_image_file(const char *path, hg_error *err) {
    hg__content m;
    if (!hg__is_file(path)) return 0;
    if (hg__image_is_image_path(path)) return 1;
    if (access(path, R_OK) != 0) return 0;
    HG_TRY(hg__content_read_head(&m, path, HEAD, err));
    const int is_image = hg__image_sniff(m.data, m.size) && !is_dicom_without_pixels(&m);
    hg__content_free(&m);
    return is_image;
}

bool hg__image_is_named(const char *list, const char *name) {
    char path[2048];
    const char *slash = strrchr(list, '/');
    if (hg__image_is_image_path(name)) return true;
    const int length = name[0] == '/' || !slash ? 0 : (int)(slash - list) + 1;
    const int size = snprintf(path, sizeof path, "%.*s%s", length, list, name);
    return size > 0 && (size_t)size < sizeof path && is_image_file(path, NULL) == 1;
}

// ---- a folder -----------------------------------------------------------------------------------

// One entry of list->folder/inside: an image joins the list, a folder the folders still to be read. Links to
// files are followed, to folders not. Names that begin with a dot are left out.
static int add_entry(hg__image_list *list, hg__image_list *folders, const char *inside,
                     const char *entry, hg_error *err) {
    char name[2048], path[4096];
    struct stat s;
    if (entry[0] == '.') return HG_OK;
    if (inside[0]) {
        HG_TRY(hg__join_path(name, sizeof name, inside, entry, err));
    } else {
        snprintf(name, sizeof name, "%s", entry);
    }
    HG_TRY(hg__join_path(path, sizeof path, list->folder, name, err));
    const int is_image = is_image_file(path, err);
    if (is_image) return is_image < 0 ? is_image : add_name(list, name, err);
    if (lstat(path, &s) == 0 && S_ISDIR(s.st_mode)) return add_name(folders, name, err);
    list->others++;
    return HG_OK;
}

static int open_folder(const hg__image_list *list, const char *inside, DIR **folder,
                       hg_error *err) {
    char path[4096];
    HG_TRY(hg__join_path(path, sizeof path, list->folder, inside, err));
    *folder = opendir(path);
    return *folder ? HG_OK : hg__fail_errno(err, HG_ERR_IO, "%s: cannot read the folder", path);
}

static int read_folder(hg__image_list *list, hg__image_list *folders, const char *inside,
                       hg_error *err) {
    DIR *folder;
    HG_TRY(open_folder(list, inside, &folder, err));
    int code = HG_OK;
    for (const struct dirent *e = readdir(folder); e && code == HG_OK; e = readdir(folder)) {
        code = add_entry(list, folders, inside, e->d_name, err);
    }
    closedir(folder);
    return code;
}

static int compare_names(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

// Folders below folders wait in a list: no recursion, whatever the depth.
static int list_folder(hg__image_list *list, const char *path, hg_error *err) {
    hg__image_list folders = {0};
    HG_TRY(set_folder(list, path, strlen(path), err));
    int code = add_name(&folders, "", err);
    for (int32_t i = 0; i < folders.count && code == HG_OK; i++) {
        code = read_folder(list, &folders, folders.name[i], err);
    }
    hg__image_list_clear(&folders);
    HG_TRY(code);
    if (list->count) qsort(list->name, (size_t)list->count, sizeof *list->name, compare_names);
    return HG_OK;
}

// ---- a file -------------------------------------------------------------------------------------

// Refuses what is no image's name, and relative beside absolute ones.
static int add_line(hg__image_list *list, const char *name, const char *path, int line,
                    hg_error *err) {
    const bool is_absolute = name[0] == '/';
    if (list->count == 0 && is_absolute) list->folder[0] = '\0';
    if (is_absolute != !list->folder[0]) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s:%d: expected paths that are all relative or all absolute", path, line);
    }
    if (!hg__image_is_named(path, name)) {
        return hg__fail(err, HG_ERR_DATA, "%s:%d: expected the path of an image, got \"%.60s\"%s",
                        path, line, name,
                        line > 1 ? "" : "; a text is read as a list of images, a path a line");
    }
    return add_name(list, name + is_absolute, err);
}

// One path a line, relative to the list's folder or absolute; blank lines are skipped.
static int add_lines(hg__image_list *list, const hg__content *m, const char *path, hg_error *err) {
    const char *text = (const char *)m->data, *end = text + m->size;
    for (int line = 1; text < end; line++) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);
        const char *next = stop ? stop + 1 : end;
        if (length && text[length - 1] == '\r') length--;
        char name[1024];
        if (length >= sizeof name || memchr(text, 0, length)) {
            return hg__fail(err, HG_ERR_DATA, "%s:%d: expected the path of an image, got %s", path,
                            line, length >= sizeof name ? "a long line" : "no text");
        }
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        if (name[0]) HG_TRY(add_line(list, name, path, line, err));
        text = next;
    }
    return HG_OK;
}

static int add_all_lines(hg__image_list *list, const char *path, hg_error *err) {
    hg__content m;
    HG_TRY(hg__content_read(&m, path, err));
    const int code = add_lines(list, &m, path, err);
    hg__content_free(&m);
    return code;
}

static int list_file(hg__image_list *list, const char *path, hg_error *err) {
    const char *name;
    hg__content m;
    HG_TRY(set_folder_of(list, path, &name, err));
    HG_TRY(hg__content_read_head(&m, path, HEAD, err));
    const bool is_image = hg__image_is_image_path(path) || hg__image_sniff(m.data, m.size);
    const bool is_text = m.size && hg__magic_is_text(m.data, m.size);
    const bool is_list = is_text && !hg__magic_name(m.data, m.size);
    const int code = is_image  ? add_name(list, name, err)
                     : is_list ? add_all_lines(list, path, err)
                               : hg__image_refuse(m.data, m.size, path, err);
    hg__content_free(&m);
    return code;
}

int hg__image_list_open(hg__image_list *list, const char *path, hg_error *err) {
    *list = (hg__image_list){0};
    int code = hg__is_folder(path) ? list_folder(list, path, err) : list_file(list, path, err);
    if (code == HG_OK && list->count == 0) {
        code = hg__fail(err, HG_ERR_DATA, "%s: expected image files, got none", path);
    }
    if (code < 0) hg__image_list_clear(list);
    return code;
}
