// SPDX-License-Identifier: Apache-2.0
// text.c - growing text, strict numbers, nearest names.
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

static int reserve(hg__text *t, size_t extra) {
    if (t->failed) return HG_ERR_MEMORY;
    size_t need = t->length + extra + 1;
    if (need <= t->capacity) return HG_OK;
    size_t capacity = t->capacity ? t->capacity : 128;
    while (capacity < need) capacity *= 2;
    char *grown = hg__grow(t->data, capacity, 1, NULL);
    if (!grown) {
        t->failed = true;
        return HG_ERR_MEMORY;
    }
    t->data = grown;
    t->capacity = capacity;
    return HG_OK;
}

int hg__text_add(hg__text *t, const char *format, ...) {
    va_list args;
    va_start(args, format);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0) t->failed = true;
    HG_TRY(reserve(t, length < 0 ? 0 : (size_t)length));
    va_start(args, format);
    vsnprintf(t->data + t->length, (size_t)length + 1, format, args);
    va_end(args);
    t->length += (size_t)length;
    return HG_OK;
}

int hg__text_add_bytes(hg__text *t, const char *bytes, size_t length) {
    HG_TRY(reserve(t, length));
    if (length) memcpy(t->data + t->length, bytes, length);
    t->length += length;
    t->data[t->length] = '\0';
    return HG_OK;
}

char *hg__text_room(hg__text *t, size_t extra) {
    return reserve(t, extra) == HG_OK ? t->data + t->length : NULL;
}

void hg__text_clear(hg__text *t) {
    hg__free(t->data);
    *t = (hg__text){0};
}

char *hg__text_take(hg__text *t, hg_error *err) {
    (void)reserve(t, 0); // so that an empty text is a string too
    if (t->failed) {
        hg__text_clear(t);
        hg__fail(err, HG_ERR_MEMORY, "out of memory while writing a text");
        return NULL;
    }
    char *data = t->data;
    data[t->length] = '\0';
    *t = (hg__text){0};
    return data;
}

bool hg__parse_int(const char *text, int64_t *value) {
    char *end;
    errno = 0;
    if (*text != '-' && (*text < '0' || *text > '9')) return false;
    long long x = strtoll(text, &end, 10);
    if (end == text || *end || errno) return false;
    *value = x;
    return true;
}

bool hg__parse_float(const char *text, double *value) {
    char *end;
    if (!*text || !strchr("+-.0123456789", *text) || strpbrk(text, "xX")) return false;
    double x = strtod(text, &end);
    if (end == text || *end || !isfinite(x)) return false;
    *value = x;
    return true;
}

size_t hg__utf8_length(const char *text, size_t left) {
    const uint8_t *c = (const uint8_t *)text;
    if (c[0] < 0x80) return 1;
    if (c[0] < 0xC2 || c[0] > 0xF4) return 0;
    const size_t length = c[0] < 0xE0 ? 2 : c[0] < 0xF0 ? 3 : 4;
    if (left < length) return 0;
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xC0) != 0x80) return 0;
    }
    // The second byte tells overlong forms, surrogates and what lies above U+10FFFF.
    const bool wrong = (c[0] == 0xE0 && c[1] < 0xA0) || (c[0] == 0xED && c[1] > 0x9F) ||
                       (c[0] == 0xF0 && c[1] < 0x90) || (c[0] == 0xF4 && c[1] > 0x8F);
    return wrong ? 0 : length;
}

bool hg__is_utf8(const char *text, size_t size) {
    for (size_t at = 0; at < size;) {
        const size_t length = hg__utf8_length(text + at, size - at);
        if (!length) return false;
        at += length;
    }
    return true;
}

// Edit distance with insertions, deletions, replacements and swapped neighbours (Damerau).
static size_t distance(const char *a, const char *b) {
    enum { MAX = 48 };
    uint8_t d[MAX + 1][MAX + 1]; // no larger than MAX
    const size_t n = strlen(a), m = strlen(b);
    if (n > MAX || m > MAX) return SIZE_MAX; // no name is that long
    for (size_t i = 0; i <= n; i++) d[i][0] = (uint8_t)i;
    for (size_t j = 0; j <= m; j++) d[0][j] = (uint8_t)j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best) best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best) best = d[i][j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && d[i - 2][j - 2] + 1 < best) best = d[i - 2][j - 2] + 1;
            d[i][j] = (uint8_t)best;
        }
    }
    return d[n][m];
}

const char *hg__nearest_name(const char *wrong, const char *const *names, size_t count) {
    const char *nearest = NULL;
    size_t limit = strlen(wrong) / 3 + 2, best = limit; // further away is no likely slip
    for (size_t i = 0; i < count; i++) {
        size_t d = distance(wrong, names[i]);
        size_t prefix = strlen(wrong);
        if (prefix >= 2 && strncmp(wrong, names[i], prefix) == 0) d = 1; // an abbreviation
        if (d < best) {
            best = d;
            nearest = names[i];
        }
    }
    return nearest;
}

void hg__suggest(const char *wrong, const char *const *names, size_t count,
                 char text[HG_SUGGESTED]) {
    enum { LONGEST = 40, ROOM = 60 }; // of a name; for one more and the end
    const char *near = hg__nearest_name(wrong, names, count);
    text[0] = '\0';
    if (near) {
        snprintf(text, HG_SUGGESTED, "; did you mean '%.60s'?", near);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const size_t used = strlen(text), left = HG_SUGGESTED - used;
        if (left < ROOM + 24) {
            snprintf(text + used, left, " and %zu more", count - i);
            return;
        }
        snprintf(text + used, left, "%s%.*s", i ? ", " : "; there are ", LONGEST, names[i]);
    }
}

void hg__shell_word(const char *word, char *text, size_t size) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./=,:+@%";
    if (*word && strspn(word, plain) == strlen(word)) {
        snprintf(text, size, "%s", word);
        return;
    }
    size_t used = 0;
    if (size > 0) text[used++] = '\'';
    for (; *word && used + 6 < size; word++) { // room for what a quote becomes, and the end
        if (*word == '\'') {
            memcpy(text + used, "'\\''", 4);
            used += 4;
        } else {
            text[used++] = *word;
        }
    }
    if (used + 1 < size) text[used++] = '\'';
    text[used < size ? used : size - 1] = '\0';
}

void hg__format_float(char buffer[32], double x) {
    snprintf(buffer, 32, "%.15g", x);
    if (strtod(buffer, NULL) != x && isfinite(x)) snprintf(buffer, 32, "%.17g", x);
}
