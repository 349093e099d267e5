// SPDX-License-Identifier: Apache-2.0
// fuzz_odbc.c - the texts that go to a database and come from it: connection strings without their passwords, names in quotes, queries
// in messages, UTF-16 of any kind.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/show.h"
#include "base/text.h"
#include "table/table_out.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 4096 };

// Secrets lie within the text, one behind the other; what is shown ends within its room, and holds none that stands out.
static void check_secrets(const char *source) {
    char shown[3 * MOST];
    size_t length = 0;
    const char *at = source + 5;
    hg__mask_secrets(source, shown, sizeof shown);
    for (const char *secret; (secret = hg__find_secret(at, &length)); at = secret + length) {
        if (secret < at || secret + length > source + strlen(source)) abort();
        const bool is_mark =
            length >= 8 && !memchr(secret, '*', length) && memmem(secret, length, "Xy", 2);
        const bool stands_out = is_mark &&
                                memmem(source, strlen(source), secret, length) == secret &&
                                !memmem(secret + 1, strlen(secret + 1), secret, length);
        if (stands_out && memmem(shown, strlen(shown), secret, length)) abort();
    }
    for (size_t room = 1; room < 20; room++) {
        char *small = malloc(room);
        if (!small) abort();
        hg__mask_secrets(source, small, room);
        if (strnlen(small, room) == room) abort();
        free(small);
    }
}

// A name in quotes, taken out of them again as a database would.
static void check_name(const char *name, char quote) {
    const hg__sql_style style = {.quote = quote};
    hg__text t = {0};
    hg__sql_add_name(&t, name, &style);
    if (t.failed || !t.data || t.data[0] != quote || t.data[t.length - 1] != quote) abort();
    for (size_t i = 1; i + 1 < t.length; i++, name++) {
        if (t.data[i] != *name) abort();
        if (*name == quote && t.data[++i] != quote) abort();
    }
    if (*name) abort();
    hg__text_clear(&t);
}

static void check_statements(const char *text) {
    static const hg__out_column column[] = {
        {"row",   HG_OUT_INTEGER},
        {"score", HG_OUT_NUMBER }
    };
    const hg__sql_style style = {.quote = '"', .dotted = true};
    const char *const have[] = {text, "ROW", NULL}, *name[2];
    const hg__table_out out = {.path = "fuzz", .columns = 2};
    char shown[HG_SQL_SHOWN];
    hg_error err = {0};
    hg__text t = {0};
    hg__sql_add_create(&t, text, column, 2, &style);
    hg__sql_add_insert(&t, text, have, 2, &style);
    if (t.failed) abort();
    hg__text_clear(&t);
    hg__sql_show(text, shown);
    if (strnlen(shown, sizeof shown) == sizeof shown || strpbrk(shown, "\n\r\t")) abort();
    const bool is_utf8 = hg__is_utf8(text, strlen(text));
    if (is_utf8 && !hg__is_utf8(shown, strlen(shown))) abort();
    const int code = hg__sql_match(&out, "t", column, have, 3, name, &err);
    if (code < 0 && !err.message[0]) abort();
}

static void check_utf16(const uint8_t *data, size_t size) {
    static uint16_t units[MOST], back[MOST * HG_UTF8_A_UNIT];
    static char text[MOST * HG_UTF8_A_UNIT + 1], shown[40];
    const size_t count = size / 2;
    memcpy(units, data, 2 * count);
    const int64_t n = hg__utf16_to_utf8(units, count, text);
    hg__utf16_show(units, count, shown, sizeof shown);
    if (strnlen(shown, sizeof shown) == sizeof shown || !hg__is_utf8(shown, strlen(shown))) abort();
    if (n < 0) return;
    if (!hg__is_utf8(text, (size_t)n)) abort();
    const size_t again = hg__utf16_from(text, (size_t)n, back);
    if (again != count || memcmp(units, back, 2 * count) != 0) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char text[MOST + 8] = "odbc:";
    if (size > MOST) return 0;
    check_utf16(data, size);
    memcpy(text + 5, data, size);
    check_secrets(text);
    check_name(text + 5, '"');
    check_name(text + 5, '`');
    check_statements(text + 5);
    return 0;
}
