// SPDX-License-Identifier: Apache-2.0
// secret.c - what is a database or a place on a network, and the passwords in such addresses.
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/show.h"

// ---- keys ---------------------------------------------------------------------------------------

enum { KEY = 64 };

// The last letters and digits of a key, small: "Access_Key " is accesskey.
static void reduce(const char *key, size_t size, char to[KEY]) {
    char all[2 * KEY];
    size_t n = 0;
    if (size > sizeof all - 1) key += size - (sizeof all - 1), size = sizeof all - 1;
    for (size_t i = 0; i < size; i++) {
        if (isalnum((unsigned char)key[i])) all[n++] = (char)tolower((unsigned char)key[i]);
    }
    all[n] = '\0';
    snprintf(to, KEY, "%s", n < KEY ? all : all + n - (KEY - 1));
}

static bool ends_in(const char *text, const char *end) {
    const size_t length = strlen(text), size = strlen(end);
    return length >= size && strcmp(text + length - size, end) == 0;
}

static bool is_secret(const char *key, size_t size) {
    static const char *const parts[] = {
        "pwd",        "pass",       "secret",     "token",      "pqopt",
        "apikey",     "accesskey",  "accountkey", "sharedkey",  "privatekey",
        "sessionkey", "signingkey", "authkey",    "credential", "encryptionkey",
        "signature",  "authoriz",   "bearer",     "clientkey",  "licensekey",
        "licencekey", "masterkey",  "cookie",     "contrase",   "senha"};
    static const char *const whole[] = {"pw",  "psw",      "sig",      "sas", "jwt",
                                        "pin", "passwort", "kennwort", "otp"};
    char small[KEY];
    reduce(key, size, small);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (strstr(small, parts[i])) return true;
    }
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (strcmp(small, whole[i]) == 0) return true;
    }
    return ends_in(small, "auth") || ends_in(small, "userpw");
}

// ---- values -------------------------------------------------------------------------------------

// One past {a value in braces}, whose closing brace is doubled within; the end where it is never closed.
static const char *end_of_braces(const char *value) {
    for (value++; *value; value++) {
        if (*value != '}') continue;
        if (value[1] != '}') return value + 1;
        value++;
    }
    return value;
}

// One past a value in quotes that a semicolon or the end follows; NULL where it is none.
static const char *end_of_quotes(const char *value) {
    const char quote = *value;
    if (quote != '"' && quote != '\'') return NULL;
    for (value++; *value; value++) {
        if (*value != quote) continue;
        if (value[1] == quote) {
            value++;
            continue;
        }
        value += 1 + strspn(value + 1, " ");
        return !*value || *value == ';' ? value : NULL;
    }
    return NULL;
}

// One past the value at `value`: {in braces, a closing one doubled}, in quotes, or up to the next semicolon. Where what is
// behind that has no name, somebody forgot the braces.
static const char *end_of_value(const char *value) {
    const char *quoted = end_of_quotes(value);
    if (quoted) return quoted;
    if (*value == '{') {
        value = end_of_braces(value);
        return value + strcspn(value, ";");
    }
    value += strcspn(value, ";");
    while (*value && value[1] && value[1 + strcspn(value + 1, "=;")] != '=') {
        value += 1 + strcspn(value + 1, ";");
    }
    return value;
}

const char *hg__find_secret(const char *at, size_t *size) {
    while (*at) {
        const char *key = at;
        at += strcspn(at, "=;");
        if (*at == '=') {
            const char *value = at + 1;
            const char *end = end_of_value(value + strspn(value, " "));
            *size = (size_t)(end - value);
            if (is_secret(key, (size_t)(at - key))) return value;
            at = end;
        }
        if (*at) at++;
    }
    return NULL;
}

// ---- what a source is ---------------------------------------------------------------------------

static const char *skip_blanks(const char *text) {
    return text + strspn(text, " \t\r\n");
}

bool hg__is_database(const char *source) {
    return strncasecmp(skip_blanks(source), "odbc:", 5) == 0;
}

const char *hg__database_text(const char *source) {
    return skip_blanks(source) + 5;
}

bool hg__is_connection(const char *text) {
    static const char *const first[] = {"driver", "dsn",      "filedsn", "server",
                                        "host",   "provider", "uid",     "datasource"};
    char small[KEY];
    const char *at = skip_blanks(text);
    const size_t key = strcspn(at, "=;/");
    if (at[key] != '=' || key >= KEY) return false;
    reduce(at, key, small);
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) {
        if (strcmp(small, first[i]) == 0) return true;
    }
    return is_secret(at, key) && strchr(at, ';');
}

static bool is_scheme(const char *at) {
    return strncasecmp(at, "odbc:", 5) == 0 || strncasecmp(at, "jdbc:", 5) == 0;
}

void hg__mask_secrets(const char *source, char *text, size_t size) {
    size_t used = 0, length;
    const bool is_database = hg__is_database(source);
    const bool is_any = is_database || hg__is_connection(source);
    const char *at = source, *secret;
    while (used < size && is_any &&
           (secret = hg__find_secret(at == source && is_database ? hg__database_text(at) : at,
                                     &length))) {
        const int wrote = snprintf(text + used, size - used, "%.*s***", (int)(secret - at), at);
        used += wrote > 0 ? (size_t)wrote : 0;
        at = secret + length;
    }
    if (used < size) snprintf(text + used, size - used, "%s", at);
    if (is_any || strstr(source, "://") || is_scheme(skip_blanks(source))) hg__hide_secrets(text);
}

// ---- within a sentence --------------------------------------------------------------------------

static const char ends[] = " \t\r\n;&\""; // of a value that is in no connection string

// Stars for text[from .. to), three at most; where the rest then begins.
static char *put_stars(char *from, char *to) {
    const size_t size = (size_t)(to - from), stars = size < 3 ? size : 3;
    memset(from, '*', stars);
    memmove(from + stars, to, strlen(to) + 1);
    return from + stars;
}

// Whether what is at `value` was hidden before.
static bool is_hidden(const char *value) {
    return strncmp(value, "***", 3) == 0 && (!value[3] || strchr(" \t\r\n;&\"',:)/@", value[3]));
}

static char *line_end(char *text) {
    return text + strcspn(text, "\n");
}

// What is behind :// of an address: me:secret@host. Where to go on.
static char *hide_in_address(char *at, bool is_web) {
    char *end = at + strcspn(at, " \t\r\n\"'>"), *host = memrchr(at, '@', (size_t)(end - at));
    char *name_end = at + strcspn(at, ":@/?# \t\r\n\"'>");
    if (*at == '[') return at; // a number of IPv6
    char *secret = *name_end == ':' ? name_end + 1 : NULL;
    if (!host && secret) { // cut off before the @, with a blank in it, or the number of a port
        const size_t digits = strspn(secret, "0123456789");
        if (secret == end || (digits && strchr(",/?#: \t\r\n\"'>", secret[digits]))) return at;
        char *last = line_end(at);
        host = memchr(at, '@', (size_t)(last - at));
        if (!host) host = end;
    }
    if (!host) return at;
    for (char *c = at; !secret && c + 2 < host; c++) {
        if (strncasecmp(c, "%3a", 3) == 0) secret = c + 3;
    }
    if (!secret && is_web) secret = at;
    if (!secret || secret > host || is_hidden(secret)) return host;
    return put_stars(secret, host);
}

static bool is_key_byte(char c) {
    return isalnum((unsigned char)c) || c == '_' || c == '-' || c == '.';
}

// Where the key in front of the = at `equals` begins, not before `from`: a word, or two where the last of them says little
// ("access key").
static const char *find_key(const char *from, const char *equals, bool is_connection) {
    static const char *const little[] = {"key", "phrase", "word", "code"};
    const char *at = equals;
    while (at > from && at[-1] == ' ') at--;
    if (is_connection) {
        while (at > from && at[-1] != ';' && at[-1] != ':') at--;
        return at;
    }
    const char *end = at;
    while (at > from && is_key_byte(at[-1])) at--;
    for (size_t i = 0; i < sizeof little / sizeof *little; i++) {
        const size_t size = strlen(little[i]);
        if ((size_t)(end - at) != size || strncasecmp(at, little[i], size) != 0) continue;
        while (at > from && at[-1] == ' ') at--;
        while (at > from && is_key_byte(at[-1])) at--;
    }
    return at;
}

// What is behind the = of a secret. Where to go on.
static char *hide_value(char *value, bool is_connection) {
    char *at = value + strspn(value, " ");
    if (is_hidden(at)) return at + 3;
    char *const last = line_end(at);
    char *end = at + strcspn(at, ends);
    if (*at == '{') {
        end = at + (end_of_braces(at) - at);
    } else if (is_connection) {
        end = at + (end_of_value(at) - at);
    } else if ((*at == '"' || *at == '\'') && strchr(at + 1, *at)) {
        end = strchr(at + 1, *at) + 1;
    }
    return put_stars(at, end < last ? end : last);
}

// jdbc:oracle:thin:me/secret@host. Where to go on.
static char *hide_in_oracle(char *at) {
    char *end = at + strcspn(at, " \t\r\n\"'>"), *host = memrchr(at, '@', (size_t)(end - at));
    if (host) end = host; // else it is cut off
    char *slash = memchr(at, '/', (size_t)(end - at));
    if (!slash || is_hidden(slash + 1)) return at;
    return put_stars(slash + 1, end);
}

void hg__hide_secrets(char *text) {
    bool is_connection = false;
    const char *from = text;
    for (char *at = text; *at;) {
        if (*at == '\n') is_connection = false;
        if (is_scheme(at)) {
            is_connection = true;
            from = at + 5;
        }
        if (strncasecmp(at, "jdbc:oracle:", 12) == 0) at = hide_in_oracle(at + 12);
        if (strncmp(at, "://", 3) == 0) {
            const bool is_web = at - text >= 4 && (strncasecmp(at - 4, "http", 4) == 0 ||
                                                   strncasecmp(at - 4, "ttps", 4) == 0);
            at = hide_in_address(at + 3, is_web);
            from = at;
            continue;
        }
        if (*at != '=') {
            at++;
            continue;
        }
        const char *key = find_key(from, at, is_connection);
        const bool is_listed = is_connection || (key > text && key[-1] == ';');
        const bool hides = is_secret(key, (size_t)(at - key));
        at++;
        if (hides) at = hide_value(at, is_listed);
        from = at;
    }
}

// By the first letters of a scheme: postgresql+psycopg2:// is a postgres.
static const struct {
    const char *scheme, *way;
} schemes[] = {
    {"file",   "write the path alone"   },
    {"sqlite", "write the path alone"   },
    {"http",   "fetch the file first"   },
    {"ftp",    "fetch the file first"   },
    {"sftp",   "fetch the file first"   },
    {"s3",     "fetch the file first"   },
    {"gs",     "fetch the file first"   },
    {"az",     "fetch the file first"   },
    {"abfs",   "fetch the file first"   },
    {"wasb",   "fetch the file first"   },
    {"hdfs",   "fetch the file first"   },
    {"smb",    "fetch the file first"   },
    {"ssh",    "fetch the file first"   },
    {"scp",    "fetch the file first"   },
    {"mongo",  "export a CSV file first"},
    {"redis",  "export a CSV file first"},
};

static const char as_odbc[] =
    "a database is reached through ODBC: odbc:DSN=NAME, or odbc:Driver=...;Server=...;Database=...";

static const char *way_of(const char *scheme, size_t size) {
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        const size_t length = strlen(schemes[i].scheme);
        if (size >= length && strncasecmp(scheme, schemes[i].scheme, length) == 0) {
            return schemes[i].way;
        }
    }
    return as_odbc;
}

// Bytes of "postgresql" before "://", or of "jdbc" before ":"; 0 if it has neither.
static size_t scheme_size(const char *at) {
    size_t n = 0;
    while (isalnum((unsigned char)at[n]) || (n && at[n] && strchr("+.-_", at[n]))) n++;
    const bool is_jdbc = n == 4 && strncasecmp(at, "jdbc:", 5) == 0;
    return is_jdbc || (n > 1 && strncmp(at + n, "://", 3) == 0) ? n : 0;
}

int hg__refuse_address(const char *what, const char *value, hg_error *err) {
    const char *at = value + strspn(value, " \t\r\n");
    if (hg__is_database(at)) return HG_OK;
    const size_t size = scheme_size(at);
    if (size) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a file, got %.*s://...: %s", what,
                        size < 30 ? (int)size : 30, at, way_of(at, size));
    }
    if (!hg__is_connection(at)) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected a file, got a connection string without odbc: in front of it; "
                    "write odbc:DSN=NAME, odbc:Driver=... and so on",
                    what);
}
