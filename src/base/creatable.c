// SPDX-License-Identifier: Apache-2.0
// creatable.c - why a file cannot be made or opened, in words that say what to do; the first before any work is done for it.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/show.h"
#include "base/text.h"

// The folder that `path` is to lie in.
static void folder_of(const char *path, char folder[1024]) {
    const char *slash = strrchr(path, '/');
    const size_t length = slash == path ? 1 : slash ? (size_t)(slash - path) : 0;
    snprintf(folder, 1024, "%.*s", length ? (int)length : 1, length ? path : ".");
}

// The first part of `folder` that is there and no folder; false where there is none.
static bool find_blocker(const char *folder, char part[1024]) {
    struct stat s;
    snprintf(part, 1024, "%s", folder);
    while (stat(part, &s) != 0) {
        char *slash = strrchr(part, '/');
        if (!slash || slash == part) return false;
        *slash = '\0';
    }
    return !S_ISDIR(s.st_mode);
}

int hg__fail_create(const char *path, int number, hg_error *err) {
    char folder[1024], blocker[1024];
    folder_of(path, folder);
    if ((number == ENOTDIR || number == ENOENT || number == EEXIST) &&
        find_blocker(folder, blocker)) {
        return hg__fail(err, HG_ERR_IO, "%s: cannot create: expected a folder, got %s, a file",
                        path, blocker);
    }
    if (number == ENOENT && !hg__is_folder(folder)) {
        return hg__fail(err, HG_ERR_IO,
                        "%s: cannot create: there is no folder %s (mkdir -p makes it)", path,
                        folder);
    }
    if (number == EACCES || number == EPERM) {
        return hg__fail(err, HG_ERR_IO,
                        "%s: cannot create: no permission to write into the folder %s", path,
                        folder);
    }
    if (number == EROFS) {
        return hg__fail(err, HG_ERR_IO, "%s: cannot create: the file system of %s can be read only",
                        path, folder);
    }
    errno = number;
    return hg__fail_errno(err, HG_ERR_IO, "%s: cannot create", path);
}

int hg__check_creatable(const char *path, hg_error *err) {
    char folder[1024];
    struct stat s;
    if (!*path || strcmp(path, "-") == 0 || hg__named_descriptor(path) >= 0) return HG_OK;
    if (strlen(path) >= sizeof folder) return HG_OK; // whoever opens it says so
    const bool is_there = stat(path, &s) == 0;
    if (is_there && S_ISDIR(s.st_mode)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a file to write, got a folder", path);
    }
    if (is_there && !S_ISREG(s.st_mode)) return HG_OK; // a device or a pipe: written into
    folder_of(path, folder);
    if (stat(folder, &s) != 0) return hg__fail_create(path, errno, err);
    if (!S_ISDIR(s.st_mode)) return hg__fail_create(path, ENOTDIR, err);
    return access(folder, W_OK | X_OK) == 0 ? HG_OK : hg__fail_create(path, errno, err);
}

int hg__check_folder_creatable(const char *path, hg_error *err) {
    char part[1024];
    struct stat s;
    if (!*path || strlen(path) >= sizeof part) return HG_OK; // whoever makes it says so
    snprintf(part, sizeof part, "%s", path);
    while (stat(part, &s) != 0) {
        const int number = errno;
        char *slash = strrchr(part, '/');
        if (number != ENOENT && number != ENOTDIR) return hg__fail_create(part, number, err);
        if (!slash || slash == part) {
            snprintf(part, sizeof part, "%s", slash ? "/" : ".");
            if (stat(part, &s) != 0) return HG_OK;
            break;
        }
        *slash = '\0';
    }
    if (!S_ISDIR(s.st_mode)) {
        return hg__fail(err, HG_ERR_IO, "%s: expected a folder, got %s", part,
                        S_ISREG(s.st_mode) ? "a file" : "a device or pipe");
    }
    if (access(part, W_OK | X_OK) == 0) return HG_OK;
    if (errno == EROFS) {
        return hg__fail(err, HG_ERR_IO, "%s: cannot write: the file system can be read only", part);
    }
    return hg__fail(err, HG_ERR_IO, "%s: cannot write: no permission to write into this folder",
                    part);
}

// Splits off the end: "normal" and ".csv".
static const char *split_name(const char *name, char stem[256]) {
    const char *dot = strrchr(name, '.');
    if (!dot || dot == name) dot = name + strlen(name);
    snprintf(stem, 256, "%.*s", (int)(dot - name), name);
    return dot;
}

// The name in `folder` that is nearest to `name` and ends as it does; "" where none is near, or there are too many to look
// through. Short names are near to anything.
static void find_near(const char *folder, const char *name, char near[256]) {
    enum { MOST = 4096, SHORTEST = 5 };
    char stem[256], best[256] = "", other[256];
    const char *end = split_name(name, stem);
    int seen = 0;
    near[0] = '\0';
    DIR *dir = strlen(stem) >= SHORTEST ? opendir(folder) : NULL;
    if (!dir) return;
    for (const struct dirent *e = readdir(dir); e && seen < MOST; e = readdir(dir), seen++) {
        const char *names[] = {other, best};
        if (e->d_name[0] == '.' || strcmp(split_name(e->d_name, other), end) != 0) continue;
        if (hg__nearest_name(stem, names, *best ? 2 : 1) != other) continue;
        memcpy(best, other, sizeof best);
        snprintf(near, 256, "%s", e->d_name);
    }
    closedir(dir);
}

// "a.csv,b.csv" where a.csv is there.
static bool is_list(const char *path) {
    char first[1024];
    struct stat s;
    const size_t length = strcspn(path, ",");
    if (!path[length] || length >= sizeof first) return false;
    snprintf(first, sizeof first, "%.*s", (int)length, path);
    return stat(first, &s) == 0;
}

// Behind the sentence: the path with its first part that is not there replaced by the nearest that is.
static void suggest(const char *path, char *text, size_t size) {
    char folder[1024], part[1024], name[256], near[256];
    struct stat s;
    size_t end = 0;
    if (strpbrk(path, "*?")) {
        snprintf(text, size, "; a pattern names no file: one is read");
        return;
    }
    if (is_list(path)) {
        snprintf(text, size, "; a list names no file: one is read");
        return;
    }
    do {
        end += path[end] == '/';
        end += strcspn(path + end, "/");
        snprintf(part, sizeof part, "%.*s", (int)end, path);
    } while (path[end] && stat(part, &s) == 0);
    folder_of(part, folder);
    const char *slash = strrchr(part, '/');
    snprintf(name, sizeof name, "%.255s", slash ? slash + 1 : part);
    find_near(folder, name, near);
    if (*near) {
        snprintf(text, size, "; did you mean %.*s%s%s?", slash ? (int)(slash + 1 - part) : 0, part,
                 near, path + end);
    }
}

int hg__fail_open(const char *path, int number, hg_error *err) {
    errno = number;
    const int code = hg__fail_errno(err, HG_ERR_IO, "%s: cannot open", path);
    if (number != ENOENT || !err || strlen(path) >= 1024) return code;
    const size_t used = strlen(err->message);
    suggest(path, err->message + used, sizeof err->message - used);
    hg__clean(err->message);
    return code;
}
