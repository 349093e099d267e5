// SPDX-License-Identifier: Apache-2.0
// sqlite_api.h - what we call of SQLite 3 (sqlite.org/c3ref), opened at the first database file. The declarations are our
// own: building needs no header, and tests/test_table_sqlite.c compares them with SQLite's where that is there.
#ifndef HG_TABLE_SQLITE_API_H
#define HG_TABLE_SQLITE_API_H
#include "base/error.h"

struct sqlite3;
struct sqlite3_stmt;

enum {
    HG_SQLITE_OK = 0,
    HG_SQLITE_CANNOT_OPEN = 14,
    HG_SQLITE_ROW = 100,
    HG_SQLITE_DONE = 101,
    HG_SQLITE_INTEGER = 1,
    HG_SQLITE_FLOAT = 2,
    HG_SQLITE_TEXT = 3,
    HG_SQLITE_BLOB = 4,
    HG_SQLITE_NULL = 5,
    HG_SQLITE_READ_ONLY = 1, // flags of open_v2
    HG_SQLITE_READ_WRITE = 2,
    HG_SQLITE_CREATE = 4,
    HG_SQLITE_LIMIT_LENGTH = 0, // of limit
    HG_SQLITE_LONGEST =
        16 << 20, // bytes of a row or a cell: a view of a few bytes may make a gigabyte
    HG_SQLITE_WAIT_MS = 10000, // for another program's lock
};

// clang-format off
// F(result, name, arguments); bind_text's last argument NULL: the text stands until the statement has run.
#define HG_SQLITE_FUNCTIONS(F)                                                                     \
    F(const char *, libversion, (void))                                                            \
    F(int, open_v2, (const char *path, struct sqlite3 **db, int flags, const char *vfs))           \
    F(int, close, (struct sqlite3 *db))                                                            \
    F(int, limit, (struct sqlite3 *db, int which, int value))                                      \
    F(int, busy_timeout, (struct sqlite3 *db, int milliseconds))                                   \
    F(const char *, errmsg, (struct sqlite3 *db))                                                  \
    F(int, errcode, (struct sqlite3 *db))                                                          \
    F(int, system_errno, (struct sqlite3 *db))                                                     \
    F(int, exec, (struct sqlite3 *db, const char *sql, int (*callback)(void *, int, char **, char **), \
                  void *context, char **message))                                                  \
    F(int, prepare_v2, (struct sqlite3 *db, const char *sql, int size, struct sqlite3_stmt **statement, \
                        const char **tail))                                                        \
    F(int, step, (struct sqlite3_stmt *statement))                                                 \
    F(int, reset, (struct sqlite3_stmt *statement))                                                \
    F(int, finalize, (struct sqlite3_stmt *statement))                                             \
    F(int, column_count, (struct sqlite3_stmt *statement))                                         \
    F(const char *, column_name, (struct sqlite3_stmt *statement, int column))                     \
    F(int, column_type, (struct sqlite3_stmt *statement, int column))                              \
    F(double, column_double, (struct sqlite3_stmt *statement, int column))                         \
    F(const unsigned char *, column_text, (struct sqlite3_stmt *statement, int column))            \
    F(int, column_bytes, (struct sqlite3_stmt *statement, int column))                             \
    F(int, bind_null, (struct sqlite3_stmt *statement, int parameter))                             \
    F(int, bind_double, (struct sqlite3_stmt *statement, int parameter, double value))             \
    F(int, bind_int64, (struct sqlite3_stmt *statement, int parameter, long long value))           \
    F(int, bind_text, (struct sqlite3_stmt *statement, int parameter, const char *text, int size,  \
                       void (*destroy)(void *)))
// clang-format on

#define HG_SQLITE_MEMBER(result, name, arguments) \
 result(*name) arguments; // NOLINT(bugprone-macro-parentheses)

typedef struct hg__sqlite {
    HG_SQLITE_FUNCTIONS(HG_SQLITE_MEMBER)
} hg__sqlite;

// NULL with HG_ERR_MISSING and a sentence about `path` where SQLite is not there.
const hg__sqlite *hg__sqlite_get(const char *path, hg_error *err);
const char *hg__sqlite_version(void); // "" where it is not there
bool hg__sqlite_is_file(const uint8_t *head, size_t size);

// Whatever SQLite says last of `db`, as the end of "path: what: ...".
int hg__sqlite_fail(const hg__sqlite *api, struct sqlite3 *db, const char *path, const char *what,
                    hg_error *err);
#endif
