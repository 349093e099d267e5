// SPDX-License-Identifier: Apache-2.0
// sweep.c - takes away what killed processes left of files they were writing.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/system.h"

enum { NAME = 256 };

// Cuts ".123" off the end of text (length); -1 if it does not end so.
static long cut_number(char *text, size_t *length) {
    size_t at = *length;
    while (at > 0 && text[at - 1] >= '0' && text[at - 1] <= '9') at--;
    const size_t digits = *length - at;
    if (digits == 0 || digits > 9 || at < 2 || text[at - 1] != '.') return -1;
    const long number = strtol(text + at, NULL, 10);
    *length = at - 1;
    text[*length] = '\0';
    return number;
}

// The parts of "<name>.<pid>[.<n>].tmp"; a name may itself end in a number, which is why pid is what stands first.
static bool read_name(const char *entry, char name[NAME], long *pid) {
    size_t length = strlen(entry);
    if (length >= NAME || length < 4 || strcmp(entry + length - 4, ".tmp") != 0) return false;
    memcpy(name, entry, length + 1);
    length -= 4;
    name[length] = '\0';
    *pid = cut_number(name, &length);
    return *pid > 0;
}

static bool is_dead(long pid) {
    return pid == (long)getpid() || (kill((pid_t)pid, 0) != 0 && errno == ESRCH);
}

// Whether no living process has the file's lock.
static bool is_free(const char *path) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return false;
    const bool free = !hg__lock_is_held(fd);
    close(fd);
    return free;
}

static void sweep_entry(const char *folder, const char *entry, bool is_alone,
                        bool (*is_ours)(const char *name, const void *context),
                        const void *context) {
    char name[NAME], path[HG_PLACE];
    struct stat s;
    long pid;
    if (!read_name(entry, name, &pid)) return;
    if (!is_ours(name, context)) { // "<name>.<pid>.<n>.tmp"
        size_t length = strlen(name);
        pid = cut_number(name, &length);
        if (pid <= 0 || !is_ours(name, context)) return;
    }
    if (hg__join_path(path, sizeof path, folder, entry, NULL) < 0 || lstat(path, &s) != 0) return;
    if (s.st_uid != geteuid() || (!is_alone && !is_dead(pid))) return;
    if (S_ISLNK(s.st_mode) || (S_ISREG(s.st_mode) && is_free(path))) unlink(path);
}

void hg__sweep(const char *folder, bool is_alone,
               bool (*is_ours)(const char *name, const void *context), const void *context) {
    DIR *d = opendir(folder);
    if (!d) return;
    for (const struct dirent *e; (e = readdir(d));) {
        sweep_entry(folder, e->d_name, is_alone, is_ours, context);
    }
    closedir(d);
}

static bool is_same_name(const char *name, const void *context) {
    return strcmp(name, context) == 0;
}

void hg__sweep_beside(const char *path) {
    char folder[HG_PLACE];
    const char *slash = strrchr(path, '/');
    if (hg__is_stream(path) || hg__named_descriptor(path) >= 0) return;
    const int length = slash ? (int)(slash - path) : 1;
    snprintf(folder, sizeof folder, "%.*s", length ? length : 1, slash ? path : ".");
    hg__sweep(folder, false, is_same_name, slash ? slash + 1 : path);
}
