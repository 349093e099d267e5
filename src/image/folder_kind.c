// SPDX-License-Identifier: Apache-2.0
// folder_kind.c - what lies in a folder that was given as data.
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "image/image.h"

enum { MOST_NAME = 256, MOST_PATH = 1024, NAMED = 3, SNIFFED = 512 };

typedef struct contents {
    int32_t tables, images, others;
    char table[NAMED][MOST_NAME]; // the first of them, in the order of their names
    char other[MOST_NAME];        // the first of those that are neither
} contents;

bool hg__is_named_table(const char *path) {
    static const char *const ends[] = {".csv",     ".tsv",     ".jsonl", ".ndjson", ".db",
                                       ".sqlite",  ".sqlite3", ".mat",   ".npy",    ".npz",
                                       ".parquet", ".feather", ".xlsx",  ".xls",    ".ods"};
    size_t length = strlen(path);
    if (length > 3 && strcasecmp(path + length - 3, ".gz") == 0) length -= 3;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const size_t n = strlen(ends[i]);
        if (length > n && strncasecmp(path + length - n, ends[i], n) == 0) return true;
    }
    return false;
}

bool hg__is_pictures(const char *path) {
    uint8_t head[SNIFFED + 1] = {0};
    if (hg__is_folder(path)) return true;
    const int fd = hg__open_read(path, NULL);
    if (fd < 0) return false;
    const ssize_t got = read(fd, head, SNIFFED);
    close(fd);
    if (got <= 0) return false;
    if (hg__image_sniff(head, (size_t)got)) return true;
    const size_t line = strcspn((const char *)head, "\r\n");
    if (memchr(head, '\0', (size_t)got) || memchr(head, ',', line)) return false;
    head[line] = '\0';
    return line > 0 && hg__image_is_named(path, (const char *)head);
}

static void put_first(char first[MOST_NAME], const char *name) {
    if (!*first || strcmp(name, first) < 0) snprintf(first, MOST_NAME, "%s", name);
}

// Keeps the NAMED first, sorted.
static void keep_table(contents *c, const char *name) {
    char moved[MOST_NAME], next[MOST_NAME];
    c->tables++;
    snprintf(moved, sizeof moved, "%s", name);
    for (int i = 0; i < NAMED && *moved; i++) {
        if (*c->table[i] && strcmp(moved, c->table[i]) >= 0) continue;
        memcpy(next, c->table[i], sizeof next);
        memcpy(c->table[i], moved, sizeof moved);
        memcpy(moved, next, sizeof moved);
    }
}

static int look(const char *path, contents *c, hg_error *err) {
    char file[MOST_PATH];
    *c = (contents){0};
    DIR *folder = opendir(path);
    if (!folder) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot read the folder", path);
    for (const struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        if (e->d_name[0] == '.') continue;
        if (hg__join_path(file, sizeof file, path, e->d_name, NULL) < 0 || !hg__is_file(file)) {
            continue;
        }
        if (hg__is_named_table(e->d_name)) {
            keep_table(c, e->d_name);
        } else if (hg__image_is_image_path(e->d_name)) {
            c->images++;
        } else {
            c->others++;
            put_first(c->other, e->d_name);
        }
    }
    closedir(folder);
    return HG_OK;
}

static void count_words(char *text, size_t size, int32_t count, const char *what) {
    snprintf(text, size, "%d %s%s", (int)count, what, count == 1 ? "" : "s");
}

// "2 tables (a.csv, b.csv)"
static void list_tables(const contents *c, char *text, size_t size) {
    count_words(text, size, c->tables, "table");
    for (int i = 0; i < NAMED && *c->table[i]; i++) {
        const size_t used = strlen(text);
        snprintf(text + used, size - used, "%s%.60s", i ? ", " : " (", c->table[i]);
    }
    const size_t used = strlen(text);
    snprintf(text + used, size - used, "%s)", c->tables > NAMED ? " ..." : "");
}

// What the first file that is neither table nor image is.
static void describe_other(const char *path, const contents *c, char *text, size_t size) {
    char file[MOST_PATH], what[64];
    hg__content m;
    text[0] = '\0';
    if (!*c->other || hg__join_path(file, sizeof file, path, c->other, NULL) < 0) return;
    if (hg__content_read(&m, file, NULL) < 0) return;
    hg__magic_describe(m.data, m.size, what);
    const char *advice = hg__magic_advice(m.data, m.size);
    snprintf(text, size, " (%.60s is %s%s%.60s)", c->other, what, advice ? ": " : "",
             advice && !strchr(advice, '"') ? advice : "");
    hg__content_free(&m);
}

// How to go on with tables: name one, or make one of all that are CSV.
static void advise(const char *path, const contents *c, int32_t images, char *text, size_t size) {
    char one[MOST_PATH], quoted[200], folder[200];
    const size_t length = strlen(c->table[0]);
    const bool is_csv = length > 4 && strcasecmp(c->table[0] + length - 4, ".csv") == 0;
    snprintf(one, sizeof one, "%.700s%s%s", path, path[strlen(path) - 1] == '/' ? "" : "/",
             c->table[0]);
    hg__shell_word(one, quoted, sizeof quoted);
    hg__shell_word(path, folder, sizeof folder);
    int used = snprintf(text, size, "; say data=%s", quoted);
    if (images) {
        snprintf(text + used, size - (size_t)used,
                 ", or put the images into a folder of their own");
    } else if (is_csv && c->tables > 1) {
        snprintf(text + used, size - (size_t)used,
                 ", or make one of all: (head -n 1 %s; tail -qn +2 %s/*.csv) > all.csv", quoted,
                 folder);
    }
}

int hg__folder_refuse(const char *path, const char *expected, int32_t images, hg_error *err) {
    contents c;
    char tables[240], pictures[40] = "", others[200], advice[500] = "";
    HG_TRY(look(path, &c, err));
    if (c.tables == 0) {
        if (images || c.images) {
            count_words(pictures, sizeof pictures, images ? images : c.images, "image");
            return hg__fail(err, HG_ERR_DATA, "%.200s: expected %s, got a folder of %s", path,
                            expected, pictures);
        }
        describe_other(path, &c, others, sizeof others);
        return hg__fail(err, HG_ERR_DATA, "%.150s: expected %s, got a folder with none in it%s",
                        path, expected, others);
    }
    list_tables(&c, tables, sizeof tables);
    if (images) {
        count_words(pictures, sizeof pictures, images, "image");
        const size_t used = strlen(pictures);
        snprintf(pictures + used, sizeof pictures - used, " and ");
    }
    advise(path, &c, images, advice, sizeof advice);
    return hg__fail(err, HG_ERR_DATA, "%.100s: expected %s, got a folder of %s%s%s", path, expected,
                    pictures, tables, advice);
}

int hg__folder_check(const char *path, int32_t images, hg_error *err) {
    contents c;
    HG_TRY(look(path, &c, err));
    if (images > 0 && c.tables < images) return HG_OK;
    return hg__folder_refuse(path, "images or one table", images, err);
}
