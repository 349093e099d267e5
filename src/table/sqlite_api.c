// SPDX-License-Identifier: Apache-2.0
// sqlite_api.c - what we call of SQLite 3, opened at the first database file.
#include "table/sqlite_api.h"

#include <errno.h>
#include <pthread.h>

#include "base/system.h"

#define NAME(result, name, arguments) #name,

static struct {
    hg__sqlite functions;
    bool found;
    pthread_once_t once;
} sqlite = {.once = PTHREAD_ONCE_INIT};

static void find_sqlite(void) {
    static const char *const files[] = {"libsqlite3.so.0", "libsqlite3.so", NULL};
    static const char *const names[] = {HG_SQLITE_FUNCTIONS(NAME)};
    sqlite.found =
        hg__library_open(files, "sqlite3_", names, sizeof names / sizeof *names, &sqlite.functions);
}

const hg__sqlite *hg__sqlite_get(const char *path, hg_error *err) {
    pthread_once(&sqlite.once, find_sqlite);
    if (sqlite.found) return &sqlite.functions;
    hg__fail(err, HG_ERR_MISSING,
             "%s: SQLite files need the Debian package libsqlite3-0, found no libsqlite3.so.0",
             path);
    return NULL;
}

const char *hg__sqlite_version(void) {
    const hg__sqlite *api = hg__sqlite_get("", NULL);
    return api ? api->libversion() : "";
}

bool hg__sqlite_is_file(const uint8_t *head, size_t size) {
    static const char magic[16] = "SQLite format 3"; // and its zero: sqlite.org/fileformat
    return size >= sizeof magic && memcmp(head, magic, sizeof magic) == 0;
}

int hg__sqlite_fail(const hg__sqlite *api, struct sqlite3 *db, const char *path, const char *what,
                    hg_error *err) {
    const int number = api->errcode(db) == HG_SQLITE_CANNOT_OPEN ? api->system_errno(db) : 0;
    if (number == 0) return hg__fail(err, HG_ERR_IO, "%s: %s: %s", path, what, api->errmsg(db));
    errno = number;
    return hg__fail_errno(err, HG_ERR_IO, "%s: %s", path, what);
}
