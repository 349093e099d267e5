// SPDX-License-Identifier: Apache-2.0
// csv_other_format.c - texts in another format than lines of cells, by name.
#include <string.h>
#include <strings.h>

#include "base/file.h"
#include "base/text.h"
#include "csv/csv.h"

enum { LOOKED = 16 << 10, LINES = 20 };

typedef struct span {
    const char *text;
    size_t size;
} span;

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

static span trim(span s) {
    while (s.size && (is_blank(*s.text) || *s.text == '\n')) s = (span){s.text + 1, s.size - 1};
    while (s.size && (is_blank(s.text[s.size - 1]) || s.text[s.size - 1] == '\n')) s.size--;
    return s;
}

// The next line that is not empty, and what comes behind it. Nothing at the end.
static span next_line(span *rest) {
    span line = {rest->text, 0};
    while (rest->size && !line.size) {
        const char *end = memchr(rest->text, '\n', rest->size);
        const size_t size = end ? (size_t)(end + 1 - rest->text) : rest->size;
        line = trim((span){rest->text, size});
        *rest = (span){rest->text + size, rest->size - size};
    }
    return line;
}

static bool begins(span s, const char *word) {
    const size_t n = strlen(word);
    return s.size >= n && strncasecmp(s.text, word, n) == 0;
}

static bool holds(span s, const char *word) {
    return memmem(s.text, s.size, word, strlen(word)) != NULL;
}

// The first byte behind s.text[0] that is not blank; 0 if there is none.
static char second_byte(span s) {
    size_t i = 1;
    while (i < s.size && (is_blank(s.text[i]) || s.text[i] == '\n')) i++;
    return i < s.size ? s.text[i] : '\0';
}

// ---- what each begins with ----------------------------------------------------------------------

static bool is_markup(span s) {
    return *s.text == '<' &&
           (hg__magic_name((const uint8_t *)s.text, s.size) || holds(s, "</") || holds(s, "/>"));
}

static bool is_json_object(span s) {
    const char next = second_byte(s);
    return *s.text == '{' && (next == '"' || next == '}') && holds(s, ":");
}

static bool is_json_lines(span s) {
    const span first = next_line(&s);
    return is_json_object(first) && first.text[first.size - 1] == '}';
}

// What JSON or a dictionary of Python begins with, below comments or not: {'a': 1}
static bool is_near_json(span s) {
    span line = next_line(&s);
    while (begins(line, "#") || begins(line, "//")) line = next_line(&s);
    const char next = line.size ? second_byte(line) : '\0';
    return line.size && *line.text == '{' && (next == '"' || next == '\'') && holds(line, ": ") &&
           line.text[line.size - 1] == '}';
}

static bool is_json_list(span s) {
    if (*s.text != '[') return false;
    const char next = second_byte(s);
    if (next == '{' || next == '[' || next == '"') return true;
    const span first = next_line(&s);
    const char last = first.text[first.size - 1];
    return first.size == 1 ||
           ((last == ']' || last == ',') && !holds(first, "];") && next != 'N' &&
            memchr(first.text, ']', first.size - 1) == NULL && next >= '-' && next <= '9');
}

static bool is_sql(span s) {
    static const char *const words[] = {"INSERT INTO ",
                                        "CREATE TABLE ",
                                        "CREATE DATABASE ",
                                        "DROP TABLE ",
                                        "BEGIN TRANSACTION;",
                                        "PRAGMA foreign_keys",
                                        "SET NAMES ",
                                        "SET @",
                                        "SET statement_timeout",
                                        "/*!4",
                                        "LOCK TABLES "};
    span line = next_line(&s);
    for (int i = 0; i < LINES && line.size; i++, line = next_line(&s)) {
        if (begins(line, "--")) continue;
        for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
            if (begins(line, words[k])) return true;
        }
        return false;
    }
    return false;
}

// The first line that is no comment of the kind that `mark` begins.
static span behind_comments(span s, char mark) {
    span line = next_line(&s);
    while (line.size && *line.text == mark) line = next_line(&s);
    return line;
}

static bool is_time_series(span s) {
    const span line = behind_comments(s, '#');
    return begins(line, "@problemname") || begins(line, "@timestamps") ||
           begins(line, "@univariate");
}

static bool is_matrix_market(span s) {
    return begins(s, "%%MatrixMarket");
}

// A line of -, =, + and | alone, and at least three - or = in it.
static bool is_rule(span line) {
    int drawn = 0;
    for (size_t i = 0; i < line.size; i++) {
        if (!line.text[i] || !strchr("-=+|: ", line.text[i])) return false;
        drawn += line.text[i] == '-' || line.text[i] == '=';
    }
    return drawn >= 3;
}

// Tables as Markdown, MySQL and psql draw them.
static bool is_drawn(span s) {
    span before = {"", 0}, line = next_line(&s);
    for (int i = 0; i < LINES && line.size; i++, line = next_line(&s)) {
        const bool rule = is_rule(line);
        if (rule && *line.text == '+') return true;
        if (rule && holds(before, "|") && (holds(line, "|") || holds(line, "+"))) return true;
        before = line;
    }
    return false;
}

static bool is_yaml(span s) {
    const span first = next_line(&s), second = next_line(&s);
    if (begins(first, "- ") && holds(first, ": ")) return holds(second, ": ");
    return first.size == 3 && begins(first, "---") && (holds(second, ": ") || begins(second, "- "));
}

static bool is_ini(span s) {
    const span first = next_line(&s), second = next_line(&s);
    return *first.text == '[' && first.text[first.size - 1] == ']' && holds(second, "=");
}

// `1 3:0.5 7:1` in the first lines.
static bool is_sparse(span s) {
    span line = next_line(&s);
    int lines = 0;
    for (; lines < 3 && line.size; lines++, line = next_line(&s)) {
        const char *blank = memchr(line.text, ' ', line.size), *end = line.text + line.size;
        if (!blank || blank == line.text) return false;
        const char *p = blank + 1, *digits = p;
        while (p < end && (unsigned char)(*p - '0') <= 9) p++;
        if (p == digits || p + 1 >= end || *p != ':' || !strchr("-.0123456789", p[1])) return false;
        if (memchr(line.text, ':', (size_t)(blank - line.text)) || holds(line, ",")) return false;
        if (strspn(line.text, "+-.0123456789") < (size_t)(blank - line.text)) return false;
        if (memchr(line.text + 1, '-', (size_t)(blank - line.text - 1))) return false; // a date
    }
    return lines > 1;
}

static bool is_sylk(span s) {
    return begins(s, "ID;P");
}

static bool is_mime(span s) {
    return begins(s, "MIME-Version:");
}

// Every other byte is zero, and there was no byte order mark.
static bool is_wide(span s) {
    size_t zeros = 0;
    if (s.size < 8) return false;
    for (size_t i = 0; i < s.size; i++) zeros += s.text[i] == 0;
    return zeros * 3 > s.size;
}

static bool is_zero(span s) {
    for (size_t i = 0; i < s.size; i++) {
        if (s.text[i]) return false;
    }
    return true;
}

// Protocol 0: a list, a dictionary, or the name of a class.
static bool is_pickle(span s) {
    static const char *const words[] = {"ccopy_reg", "cnumpy.", "cpandas.", "cdatetime",
                                        "ccollections"};
    const span line = next_line(&s), second = next_line(&s);
    for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
        if (begins(line, words[k]) && !holds(line, ",")) return true;
    }
    return (begins(line, "(lp") || begins(line, "(dp")) && line.size < 8 && second.size &&
           strchr("aISVFL(", *second.text);
}

static bool is_text_file(span s) {
    return hg__magic_name((const uint8_t *)s.text, s.size) && strchr("{%v", *s.text);
}

static bool is_dsn(span s) {
    return s.size >= 5 && strncasecmp(s.text, "[odbc", 5) == 0;
}

static const struct {
    bool (*is)(span s);
    const char *name, *advice;
} other_formats[] = {
    {is_zero,          "nothing but zero bytes",                           ""                                                   },
    {is_wide,          "UTF-16 text without a byte order mark",            "save it as UTF-8 first"                             },
    {is_markup,        "markup (XML, HTML)",                               "export it as CSV first"                             },
    {is_json_lines,    "lines of JSON",
     "a table may be lines of JSON, rows of numbers (prepare=none) not"                                                         },
    {is_json_object,   "JSON",                                             "save it as lines of JSON, an object each, or as CSV"},
    {is_near_json,     "lines that are nearly JSON",
     "save it as lines of JSON, an object each, without comments and with double quotes"                                        },
    {is_json_list,     "JSON",                                             "save it as lines of JSON, an object each, or as CSV"},
    {is_sql,           "an SQL dump",                                      "load it into a database, and read that"             },
    {is_time_series,   "a time series file (.ts)",                         "save it as CSV first"                               },
    {is_matrix_market, "a Matrix Market file",                             "save it as .npy or CSV first"                       },
    {is_drawn,         "a table drawn with lines (Markdown, psql, MySQL)", "export it as CSV first"                             },
    {is_pickle,        "a Python pickle",
     "pickles can run code and are never read; save it as CSV or .npy"                                                          },
    {is_yaml,          "YAML",                                             "save it as CSV first"                               },
    {is_dsn,           "a DSN file of ODBC",                               "odbc:FILEDSN=FILE reads what it names"              },
    {is_ini,           "settings in sections (INI)",                       ""                                                   },
    {is_sparse,        "pairs of index and value (LIBSVM)",                "save it as .npy or CSV first"                       },
    {is_sylk,          "a SYLK file",                                      "save it as CSV first"                               },
    {is_mime,          "a web archive",                                    "save it as CSV first"                               },
    {is_text_file,     "a file of another kind",                           ""                                                   },
};

const char *hg__text_wide(const uint8_t *text, size_t size) {
    enum { LEAST = 8 };
    size_t zeros = 0, zeros_at[4] = {0};
    size -= size % 4;
    if (size < LEAST) return NULL;
    for (size_t i = 0; i < size; i++) {
        zeros += !text[i];
        zeros_at[i % 4] += !text[i];
        const bool is_low = text[i] && !text[i ^ 1]; // of a unit whose other byte is zero
        if (is_low && text[i] < ' ' && !strchr("\t\n\r", text[i])) return NULL;
    }
    if (zeros * 8 > size * 5) {
        if (zeros_at[0] * LEAST < size / 4 && zeros_at[3] == size / 4) return "UTF-32LE";
        return zeros_at[3] * LEAST < size / 4 && zeros_at[0] == size / 4 ? "UTF-32BE" : NULL;
    }
    const size_t even = zeros_at[0] + zeros_at[2], odd = zeros_at[1] + zeros_at[3];
    if (zeros * 3 <= size) return NULL;
    if (even * LEAST < odd) return "UTF-16LE";
    return odd * LEAST < even ? "UTF-16BE" : NULL;
}

void hg__text_iconv(const char *encoding, const char *path, char line[HG_ICONV]) {
    char word[200];
    const bool is_file = hg__is_file(path) && !strstr(path, ".gz");
    hg__shell_word(is_file ? path : "FILE", word, sizeof word);
    snprintf(line, HG_ICONV, "iconv -f %s -t UTF-8 %s > utf8.csv", encoding, word);
}

const char *hg__text_other_format(const char *text, size_t size, const char **advice) {
    span s = trim((span){text, size < LOOKED ? size : LOOKED});
    *advice = "";
    if (!s.size) return NULL;
    for (size_t i = 0; i < sizeof other_formats / sizeof *other_formats; i++) {
        if (!other_formats[i].is(s)) continue;
        const char *better = hg__magic_name((const uint8_t *)s.text, s.size);
        const char *what = hg__magic_advice((const uint8_t *)s.text, s.size);
        *advice = better && what ? what : other_formats[i].advice;
        return better ? better : other_formats[i].name;
    }
    return NULL;
}
