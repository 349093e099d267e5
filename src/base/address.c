// SPDX-License-Identifier: Apache-2.0
// address.c - what looks like a database or a place on a network where a file is expected.
#include "base/address.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/secret.h"

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
