// SPDX-License-Identifier: Apache-2.0
// odbc_api.h - what we call of ODBC's driver manager (the 3.x Core interface, its wide functions: text is UTF-16), opened
// at the first "odbc:" source; connections and what drivers say. The declarations are our own: building needs no header,
// and tests/test_table_odbc.c compares them with unixODBC's where those are there.
#ifndef HG_TABLE_ODBC_API_H
#define HG_TABLE_ODBC_API_H
#include "base/error.h"

// Values of the standard's names SQL_...: ISO/IEC 9075-3 (CLI) and Microsoft's ODBC 3.
enum {
    HG_ODBC_SUCCESS = 0,
    HG_ODBC_SUCCESS_WITH_INFO = 1,
    HG_ODBC_NO_DATA = 100,
    HG_ODBC_NTS = -3, // a length: up to the zero
    HG_ODBC_NULL_DATA = -1,
    // handles
    HG_ODBC_ENVIRONMENT = 1,
    HG_ODBC_CONNECTION = 2,
    HG_ODBC_STATEMENT = 3,
    // attributes
    HG_ODBC_ATTR_VERSION = 200, // of the environment
    HG_ODBC_ATTR_AUTOCOMMIT = 102,
    HG_ODBC_ATTR_LOGIN_TIMEOUT = 103, // of a connection, seconds
    HG_ODBC_ATTR_ISOLATION = 108,
    HG_ODBC_ATTR_ROW_STATUS = 25, // of a statement
    HG_ODBC_ATTR_ROWS_FETCHED = 26,
    HG_ODBC_ATTR_ROW_ARRAY = 27,
    HG_ODBC_ATTR_PARAM_STATUS = 20,
    HG_ODBC_ATTR_PARAMS_DONE = 21,
    HG_ODBC_ATTR_PARAM_ARRAY = 22,
    // SQLGetInfo, SQLColAttribute
    HG_ODBC_INFO_DRIVER = 6,
    HG_ODBC_INFO_QUOTE = 29,
    HG_ODBC_INFO_ISOLATIONS = 72,
    HG_ODBC_TYPE_NAME = 14,
    HG_ODBC_REPEATABLE_READ = 4,
    HG_ODBC_SERIALIZABLE = 8,
    // SQLFreeStmt, SQLEndTran, row and parameter status
    HG_ODBC_CLOSE = 0,
    HG_ODBC_UNBIND = 2,
    HG_ODBC_COMMIT = 0,
    HG_ODBC_ROLLBACK = 1,
    HG_ODBC_ROW_ERROR = 5,
    HG_ODBC_INPUT = 1, // a parameter
    // types
    HG_ODBC_NUMERIC = 2,
    HG_ODBC_REAL = 7,
    HG_ODBC_DOUBLE = 8, // also SQL_C_DOUBLE
    HG_ODBC_BIGINT = -5,
    HG_ODBC_TINYINT = -6,
    HG_ODBC_BIT = -7,
    HG_ODBC_BINARY = -2,
    HG_ODBC_LONGVARBINARY = -4,
    HG_ODBC_LONGVARCHAR = -1,
    HG_ODBC_WLONGVARCHAR = -10,
    HG_ODBC_WVARCHAR = -9,
    HG_ODBC_C_WCHAR = -8,
    HG_ODBC_C_BIT = -7,
    HG_ODBC_C_SBIGINT = -25,
};

// clang-format off
// F(name, arguments): all return the standard's SQLRETURN. Lengths of text are in units of UTF-16 (info, type_name: bytes).
#define HG_ODBC_FUNCTIONS(F)                                                                       \
    F(AllocHandle, (short kind, void *from, void **handle))                                        \
    F(FreeHandle, (short kind, void *handle))                                                      \
    F(SetEnvAttr, (void *environment, int attribute, void *value, int size))                       \
    F(SetConnectAttrW, (void *connection, int attribute, void *value, int size))                   \
    F(SetStmtAttrW, (void *statement, int attribute, void *value, int size))                       \
    F(DriverConnectW, (void *connection, void *window, uint16_t *text, short size, uint16_t *out,  \
                       short capacity, short *length, unsigned short prompt))                      \
    F(Disconnect, (void *connection))                                                              \
    F(GetInfoW, (void *connection, unsigned short what, void *value, short size, short *length))   \
    F(GetDiagRecW, (short kind, void *handle, short number, uint16_t *state, int *native,          \
                    uint16_t *text, short size, short *length))                                    \
    F(EndTran, (short kind, void *handle, short how))                                              \
    F(ExecDirectW, (void *statement, uint16_t *text, int size))                                    \
    F(PrepareW, (void *statement, uint16_t *text, int size))                                       \
    F(Execute, (void *statement))                                                                  \
    F(NumResultCols, (void *statement, short *columns))                                            \
    F(DescribeColW, (void *statement, unsigned short column, uint16_t *name, short capacity,       \
                     short *length, short *type, unsigned long *size, short *digits, short *nullable)) \
    F(ColAttributeW, (void *statement, unsigned short column, unsigned short what, void *text,     \
                      short size, short *length, long *number))                                    \
    F(BindCol, (void *statement, unsigned short column, short type, void *to, long size, long *length)) \
    F(BindParameter, (void *statement, unsigned short number, short way, short type, short sql_type, \
                      unsigned long size, short digits, void *from, long capacity, long *length))  \
    F(Fetch, (void *statement))                                                                    \
    F(FreeStmt, (void *statement, unsigned short how))
// clang-format on

#define HG_ODBC_MEMBER(name, arguments) \
 short(*name) arguments; // NOLINT(bugprone-macro-parentheses)

typedef struct hg__odbc {
    HG_ODBC_FUNCTIONS(HG_ODBC_MEMBER)
} hg__odbc;

bool hg__odbc_is(const char *source);            // "odbc:..."
const char *hg__odbc_version(void);              // "found"; "" where there is no driver manager
static inline bool hg__odbc_worked(int result) { // also with something to say
    return result == HG_ODBC_SUCCESS || result == HG_ODBC_SUCCESS_WITH_INFO;
}

// Attributes that are numbers go where others have their address.
static inline void *hg__odbc_number(size_t number) {
    void *value;
    memcpy(&value, &number, sizeof value);
    return value;
}

// A connection, in a transaction that is taken back unless hg__odbc_commit() is called.
typedef struct hg__odbc_link {
    const hg__odbc *api;
    const char *source; // borrowed: with its secrets
    const char *path;   // borrowed: without
    void *environment, *connection, *statement;
} hg__odbc_link;

// Whatever was opened is given to hg__odbc_close on failure. in_blocks: a driver that would hold all rows of a result in
// memory is asked to fetch them as they are read, where we know how.
int hg__odbc_open(hg__odbc_link *l, const char *source, const char *path, bool in_blocks,
                  hg_error *err);
int hg__odbc_commit(hg__odbc_link *l, hg_error *err);
void hg__odbc_close(hg__odbc_link *l); // {0} is fine

// What the driver says of the last call on the statement, as the end of "path: what: ...".
int hg__odbc_fail(const hg__odbc_link *l, hg_code code, const char *what, hg_error *err);

// What stands around names: '"' mostly; '\0' where the database has no such thing.
char hg__odbc_quote(const hg__odbc_link *l);

int hg__odbc_execute(hg__odbc_link *l, const char *sql, hg_error *err);
#endif
