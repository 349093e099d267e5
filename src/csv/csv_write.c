// SPDX-License-Identifier: Apache-2.0
// csv_write.c - a text as a cell of CSV.
#include <ctype.h>
#include <string.h>

#include "base/show.h"
#include "csv/cell.h"

static bool is_one_of(const char *list, char c) {
    return c && strchr(list, c);
}

// ---- formulas -----------------------------------------------------------------------------------

// =, +, - and @ as East Asian keyboards have them, which some spreadsheets take for the plain ones.
static bool is_wide_sign(const char *text, size_t size) {
    static const char *const wide[] = {"\xEF\xBC\x9D", "\xEF\xBC\x8B", "\xEF\xBC\x8D",
                                       "\xEF\xBC\xA0"};
    for (size_t i = 0; size >= 3 && i < sizeof wide / sizeof *wide; i++) {
        if (memcmp(text, wide[i], 3) == 0) return true;
    }
    return false;
}

// Behind a sign: a number, perhaps with a currency in front or a unit behind. Nothing in it joins two things.
static bool is_number(const char *text, size_t size) {
    size_t i = 0;
    while (i < size && (text[i] == '$' || ((unsigned char)text[i] & 0x80))) i++;
    if (size - i == 3 && (memcmp(text + i, "inf", 3) == 0 || memcmp(text + i, "nan", 3) == 0)) {
        return true;
    }
    if (i == size || (text[i] != '.' && !isdigit((unsigned char)text[i]))) return false;
    for (; i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        const bool is_exponent = (c == '-' || c == '+') &&
                                 (text[i - 1] == 'e' || text[i - 1] == 'E') && i + 1 < size &&
                                 isdigit((unsigned char)text[i + 1]);
        if (!is_exponent && !isalnum(c) && c < 0x80 && !is_one_of(" .,%$'", text[i])) return false;
    }
    return true;
}

bool hg__csv_is_formula(const char *text, size_t size) {
    if (!size) return false;
    if (is_wide_sign(text, size)) return true;
    if (!is_one_of("=+-@\t\r\n", *text)) return false;
    const bool is_sign = *text == '+' || *text == '-';
    return !is_sign || (size > 1 && !is_number(text + 1, size - 1));
}

// ---- cells --------------------------------------------------------------------------------------

// As hg__unprintable(), but for the characters that a cell may have.
static size_t find_wrong(const char *text, size_t size, size_t *length) {
    const bool stays = *text == '\n' || *text == '\r' || *text == '\t';
    const size_t wrong = stays ? 0 : hg__unprintable(text, size, length);
    if (stays) *length = 1;
    return wrong;
}

size_t hg__csv_written(const char *text, size_t size, char *to, size_t room) {
    size_t used = 0, length;
    if (hg__csv_is_formula(text, size) && room) to[used++] = '\'';
    for (size_t at = 0; at < size;) {
        const size_t wrong = find_wrong(text + at, size - at, &length);
        const size_t n = wrong ? 1 : length;
        if (n > room - used) return 0;
        memcpy(to + used, wrong ? "?" : text + at, n);
        used += n;
        at += wrong ? wrong : length;
    }
    return used;
}

bool hg__csv_is_written(const char *cell, size_t size, const char *name) {
    char written[HG_CSV_WRITTEN];
    const size_t length = hg__csv_written(name, strlen(name), written, sizeof written);
    return length && length == size && memcmp(cell, written, size) == 0;
}

static void add_quoted(hg__text *t, const char *text, size_t size) {
    size_t length;
    for (size_t at = 0; at < size;) {
        const size_t wrong = find_wrong(text + at, size - at, &length);
        if (text[at] == '"') hg__text_add_bytes(t, "\"", 1);
        hg__text_add_bytes(t, wrong ? "?" : text + at, wrong ? 1 : length);
        at += wrong ? wrong : length;
    }
}

int hg__text_add_csv(hg__text *t, const char *text, size_t size, char separator) {
    bool is_plain = size > 0 && text[0] != ' ' && text[size - 1] != ' ';
    for (size_t i = 0; is_plain && i < size; i++) {
        const unsigned char c = (unsigned char)text[i];
        is_plain = c >= ' ' && c < 127 && c != '"' && c != ',' && text[i] != separator;
    }
    const bool runs = hg__csv_is_formula(text, size);
    if (is_plain && !runs) return hg__text_add_bytes(t, text, size);
    bool needs_quotes = runs || size == 0 || text[0] == ' ' || text[size - 1] == ' ';
    for (size_t i = 0; !needs_quotes && i < size; i++) {
        needs_quotes = text[i] == separator || is_one_of(",\"\r\n", text[i]);
    }
    if (needs_quotes) hg__text_add_bytes(t, "\"", 1);
    if (runs) hg__text_add_bytes(t, "'", 1);
    add_quoted(t, text, size);
    return needs_quotes ? hg__text_add_bytes(t, "\"", 1) : t->failed ? HG_ERR_MEMORY : HG_OK;
}
