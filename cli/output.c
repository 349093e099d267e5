// SPDX-License-Identifier: Apache-2.0
// output.c - JSON, and numbers for people.
#include <math.h>
#include <string.h>

#include "cli.h"

void cli_show(char *text) {
    for (char *c = text; *c; c++) {
        if (*c == '\n' || *c == '\t') *c = '?';
    }
    hg_text_clean(text);
}

// A control character of two bytes (C1), which a terminal obeys like one of one.
static bool is_wide_control(const unsigned char *c) {
    return c[0] == 0xC2 && c[1] >= 0x80 && c[1] < 0xA0;
}

// U+2028 to U+202E and U+2066 to U+2069: ends of lines, and marks that turn the direction of writing.
static bool is_turn(const unsigned char *c) {
    return c[0] == 0xE2 && ((c[1] == 0x80 && c[2] >= 0xA8 && c[2] <= 0xAE) ||
                            (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9));
}

static void print_quoted(FILE *f, const char *value) {
    fputc('"', f);
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        if (is_wide_control(c)) {
            fprintf(f, "\\u%04x", *++c);
        } else if (is_turn(c)) {
            fprintf(f, "\\u20%02x", (c[1] & 3U) << 6 | (c[2] & 0x3FU));
            c += 2;
        } else if (*c < 0x20 || *c == 0x7F) {
            fprintf(f, "\\u%04x", *c);
        } else {
            fprintf(f, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
        }
    }
    fputc('"', f);
}

static void print_value(FILE *f, const cli_field *v) {
    if (v->type == CLI_TEXT) {
        print_quoted(f, v->text);
    } else if (v->type == CLI_WHOLE) {
        fprintf(f, "%lld", v->whole);
    } else if (v->type == CLI_TRUTH) {
        fputs(v->truth ? "true" : "false", f);
    } else if (isfinite(v->number)) {
        fprintf(f, "%.15g", v->number);
    } else {
        fputs("null", f);
    }
}

void cli_print_object(FILE *f, const cli_field *field, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fprintf(f, "%c\"%s\":", i ? ',' : '{', field[i].key);
        print_value(f, &field[i]);
    }
    fputs("}\n", f);
}

void cli_format_rate(char buffer[32], double per_second) {
    if (!(per_second >= 0 && per_second < 1e15)) {
        snprintf(buffer, 32, "-");
    } else if (per_second >= 1e6) {
        snprintf(buffer, 32, "%.2f M", per_second / 1e6);
    } else if (per_second >= 1e4) {
        snprintf(buffer, 32, "%.1f k", per_second / 1e3);
    } else {
        snprintf(buffer, 32, "%.0f", per_second);
    }
}

void cli_format_seconds(char buffer[32], double seconds) {
    if (!(seconds >= 0 && seconds < 1e9)) {
        snprintf(buffer, 32, "-");
        return;
    }
    int whole = (int)(seconds + 0.5);
    if (seconds < 60) {
        snprintf(buffer, 32, seconds < 10 ? "%.2f s" : "%.1f s", seconds);
    } else if (whole < 3600) {
        snprintf(buffer, 32, "%d:%02d min", whole / 60, whole % 60);
    } else {
        snprintf(buffer, 32, "%d:%02d:%02d h", whole / 3600, whole / 60 % 60, whole % 60);
    }
}

void cli_print_text(const char *text) {
    size_t length = strlen(text);
    fputs(text, stdout);
    if (length == 0 || text[length - 1] != '\n') fputc('\n', stdout);
}
