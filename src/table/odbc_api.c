// SPDX-License-Identifier: Apache-2.0
// odbc_api.c - ODBC's driver manager, opened at the first "odbc:" source; connections and what drivers say.
#include "table/odbc_api.h"

#include <pthread.h>
#include <strings.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "base/text.h"
#include "table/table_out.h"

enum { LOGIN_SECONDS = 20, PATH_SHOWN = 160, MESSAGE = 512 };

#define NAME(name, arguments) #name,

static struct {
    hg__odbc functions;
    bool found;
    pthread_once_t once;
} odbc = {.once = PTHREAD_ONCE_INIT};

static void find_odbc(void) {
    static const char *const files[] = {"libodbc.so.2", "libodbc.so.1", "libodbc.so", NULL};
    static const char *const names[] = {HG_ODBC_FUNCTIONS(NAME)};
    odbc.found =
        hg__library_open(files, "SQL", names, sizeof names / sizeof *names, &odbc.functions);
}

static const hg__odbc *get_odbc(void) {
    pthread_once(&odbc.once, find_odbc);
    return odbc.found ? &odbc.functions : NULL;
}

const char *hg__odbc_version(void) {
    return get_odbc() ? "found" : "";
}

bool hg__odbc_is(const char *source) {
    return hg__is_database(source);
}

// Puts *** where `secret` (length) stands in `text` (size).
static void hide(const char *secret, size_t length, char *text, size_t size) {
    char *at = text;
    while (length && (at = memmem(at, strlen(at), secret, length))) {
        char rest[MESSAGE];
        snprintf(rest, sizeof rest, "***%s", at + length);
        snprintf(at, size - (size_t)(at - text), "%s", rest);
        at += strlen(at) < 3 ? strlen(at) : 3;
    }
}

// What is in braces or quotes, of which those within are doubled: bytes in `to`.
static size_t unpack(const char *value, size_t length, char to[MESSAGE]) {
    size_t used = 0;
    while (length && value[length - 1] == ' ') length--;
    const char close = !length                           ? 0
                       : *value == '{'                   ? '}'
                       : *value == '"' || *value == '\'' ? *value
                                                         : 0;
    const bool packed = close && length > 1 && value[length - 1] == close;
    const size_t end = packed ? length - 1 : length;
    for (size_t i = packed; i < end && used < MESSAGE; i++) {
        to[used++] = value[i];
        if (packed && value[i] == close && i + 1 < end && value[i + 1] == close) i++;
    }
    return used;
}

// Puts *** where a secret of `source` stands in `text` (size).
static void hide_secrets(const char *source, char *text, size_t size) {
    size_t length;
    const char *secret = hg__find_secret(source, &length);
    for (; secret; secret = hg__find_secret(secret + length, &length)) {
        const size_t blanks = strspn(secret, " ");
        const size_t kept = blanks < length ? length - blanks : 0;
        char value[MESSAGE];
        hide(secret + blanks, kept, text, size);                       // as it was written
        hide(value, unpack(secret + blanks, kept, value), text, size); // as the driver has it
    }
}

// ---- what drivers say ---------------------------------------------------------------------------

// The first record of a handle, on one line, without the "[vendor][driver]" in front and the driver's remarks on the lines
// behind; its five letters of state in `state`.
static void get_message(const hg__odbc_link *l, short kind, void *handle, char text[MESSAGE],
                        char state[16]) {
    uint16_t wide[MESSAGE] = {0}, wide_state[6] = {0};
    int native = 0;
    short length = 0;
    text[0] = state[0] = '\0';
    if (!hg__odbc_worked(
            l->api->GetDiagRecW(kind, handle, 1, wide_state, &native, wide, MESSAGE, &length))) {
        snprintf(text, MESSAGE, "the driver does not say why");
        return;
    }
    char all[MESSAGE * HG_UTF8_A_UNIT];
    hg__utf16_show(wide_state, 5, state, 16);
    hg__utf16_show(wide, MESSAGE, all, sizeof all);
    const char *at = all + strspn(all, " \r\n");
    while (*at == '[' && strchr(at, ']')) at = strchr(at, ']') + 1;
    at += strspn(at, " \r\n");
    size_t size = strcspn(at, "\r\n");
    while (size && strchr(" ;.", at[size - 1])) size--;
    snprintf(text, MESSAGE, "%.*s", size < MESSAGE ? (int)size : MESSAGE - 1, at);
    hide_secrets(l->source, text, MESSAGE);
}

static int fail(const hg__odbc_link *l, short kind, void *handle, hg_code code, const char *what,
                hg_error *err) {
    char text[MESSAGE], state[16];
    get_message(l, kind, handle, text, state);
    const bool no_driver = strcmp(state, "IM002") == 0 || strcmp(state, "IM003") == 0 ||
                           strstr(text, "Can't open lib");
    return hg__fail(err, no_driver ? HG_ERR_MISSING : code, "%.*s: %s: %s%s%s%s", PATH_SHOWN,
                    l->path, what, text, state[0] ? " (" : "", state, state[0] ? ")" : "");
}

int hg__odbc_fail(const hg__odbc_link *l, hg_code code, const char *what, hg_error *err) {
    return fail(l, HG_ODBC_STATEMENT, l->statement, code, what, err);
}

// ---- connections --------------------------------------------------------------------------------

static int set_number(const hg__odbc_link *l, int attribute, size_t value) {
    return l->api->SetConnectAttrW(l->connection, attribute, hg__odbc_number(value), 0);
}

static int connect_to(hg__odbc_link *l, const char *text, hg_error *err) {
    uint16_t out[1024];
    short length;
    uint16_t *wide = hg__utf16_copy(text, l->path, err);
    if (!wide) return err && err->code == HG_ERR_USAGE ? HG_ERR_USAGE : HG_ERR_MEMORY;
    set_number(l, HG_ODBC_ATTR_LOGIN_TIMEOUT, LOGIN_SECONDS); // drivers may ignore it
    const int result =
        l->api->DriverConnectW(l->connection, NULL, wide, HG_ODBC_NTS, out, 1024, &length, 0);
    hg__free(wide);
    if (hg__odbc_worked(result)) return HG_OK;
    return fail(l, HG_ODBC_CONNECTION, l->connection, HG_ERR_IO, "cannot connect", err);
}

// PostgreSQL's driver holds all rows of a result in memory unless the connection string says otherwise; the driver's name
// is known once it is connected.
static int connect_in_blocks(hg__odbc_link *l, const char *text, hg_error *err) {
    uint16_t wide[64] = {0};
    char name[64 * HG_UTF8_A_UNIT];
    short length;
    HG_TRY(connect_to(l, text, err));
    l->api->GetInfoW(l->connection, HG_ODBC_INFO_DRIVER, wide, sizeof wide - 2, &length);
    hg__utf16_show(wide, 64, name, sizeof name);
    if (!strstr(name, "psqlodbc") || strcasestr(text, "UseDeclareFetch")) return HG_OK;
    l->api->Disconnect(l->connection);
    hg__text more = {0};
    hg__text_add(&more, "%s;UseDeclareFetch=1;Fetch=4096", text);
    char *again = hg__text_take(&more, err);
    const int code = again ? connect_to(l, again, err) : HG_ERR_MEMORY;
    hg__free(again);
    return code;
}

// A transaction whose reads agree with each other, where the driver has one.
static int begin(hg__odbc_link *l, hg_error *err) {
    uint32_t offered = 0;
    short length;
    l->api->GetInfoW(l->connection, HG_ODBC_INFO_ISOLATIONS, &offered, sizeof offered, &length);
    const size_t best = offered & HG_ODBC_REPEATABLE_READ ? HG_ODBC_REPEATABLE_READ
                                                          : offered & HG_ODBC_SERIALIZABLE;
    if (best) set_number(l, HG_ODBC_ATTR_ISOLATION, best);
    set_number(l, HG_ODBC_ATTR_AUTOCOMMIT, 0);
    if (hg__odbc_worked(l->api->AllocHandle(HG_ODBC_STATEMENT, l->connection, &l->statement))) {
        return HG_OK;
    }
    return fail(l, HG_ODBC_CONNECTION, l->connection, HG_ERR_IO, "cannot be used", err);
}

int hg__odbc_open(hg__odbc_link *l, const char *source, const char *path, bool in_blocks,
                  hg_error *err) {
    const char *text = hg__database_text(source);
    *l = (hg__odbc_link){.api = get_odbc(), .source = text, .path = path};
    if (!l->api) {
        return hg__fail(err, HG_ERR_MISSING,
                        "%.*s: ODBC needs the Debian package libodbc2, found no libodbc.so.2",
                        PATH_SHOWN, path);
    }
    const bool made =
        hg__odbc_worked(l->api->AllocHandle(HG_ODBC_ENVIRONMENT, NULL, &l->environment)) &&
        hg__odbc_worked(
            l->api->SetEnvAttr(l->environment, HG_ODBC_ATTR_VERSION, hg__odbc_number(3), 0)) &&
        hg__odbc_worked(l->api->AllocHandle(HG_ODBC_CONNECTION, l->environment, &l->connection));
    if (!made) return hg__fail(err, HG_ERR_MEMORY, "%.*s: out of memory", PATH_SHOWN, path);
    HG_TRY(in_blocks ? connect_in_blocks(l, text, err) : connect_to(l, text, err));
    return begin(l, err);
}

int hg__odbc_commit(hg__odbc_link *l, hg_error *err) {
    if (hg__odbc_worked(l->api->EndTran(HG_ODBC_CONNECTION, l->connection, HG_ODBC_COMMIT))) {
        return HG_OK;
    }
    return fail(l, HG_ODBC_CONNECTION, l->connection, HG_ERR_IO, "cannot be written", err);
}

void hg__odbc_close(hg__odbc_link *l) {
    if (!l->api) return;
    if (l->statement) l->api->FreeHandle(HG_ODBC_STATEMENT, l->statement);
    if (l->connection) {
        l->api->EndTran(HG_ODBC_CONNECTION, l->connection, HG_ODBC_ROLLBACK);
        l->api->Disconnect(l->connection);
        l->api->FreeHandle(HG_ODBC_CONNECTION, l->connection);
    }
    if (l->environment) l->api->FreeHandle(HG_ODBC_ENVIRONMENT, l->environment);
    *l = (hg__odbc_link){0};
}

char hg__odbc_quote(const hg__odbc_link *l) {
    uint16_t wide[4] = {0};
    short length;
    l->api->GetInfoW(l->connection, HG_ODBC_INFO_QUOTE, wide, sizeof wide - 2, &length);
    return (char)(wide[0] > ' ' && wide[0] < 127 ? wide[0] : 0);
}

int hg__odbc_execute(hg__odbc_link *l, const char *sql, hg_error *err) {
    char shown[HG_SQL_SHOWN];
    hg__sql_show(sql, shown);
    uint16_t *wide = hg__utf16_copy(sql, shown, err);
    if (!wide) return err && err->code == HG_ERR_USAGE ? HG_ERR_USAGE : HG_ERR_MEMORY;
    const int result = l->api->ExecDirectW(l->statement, wide, HG_ODBC_NTS);
    hg__free(wide);
    if (hg__odbc_worked(result) || result == HG_ODBC_NO_DATA) return HG_OK;
    return hg__odbc_fail(l, HG_ERR_IO, shown, err);
}
