// SPDX-License-Identifier: Apache-2.0
// secret.c - passwords in connection strings, which nothing may print or keep.
#include "base/secret.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_secret(const char *key, size_t size) {
    static const char *const words[] = {"pwd", "pass", "secret", "token", "pqopt"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const size_t length = strlen(words[i]);
        for (size_t at = 0; at + length <= size; at++) {
            if (strncasecmp(key + at, words[i], length) == 0) return true;
        }
    }
    return false;
}

// One past the value at `value`: {in braces, a closing one doubled} or up to the next semicolon. Where what is behind that
// has no name, somebody forgot the braces.
static const char *end_of_value(const char *value) {
    if (*value != '{') {
        value += strcspn(value, ";");
        while (*value && value[1] && value[1 + strcspn(value + 1, "=;")] != '=') {
            value += 1 + strcspn(value + 1, ";");
        }
        return value;
    }
    for (value++; *value; value++) {
        if (*value != '}') continue;
        if (value[1] != '}') break;
        value++;
    }
    return value + strcspn(value, ";");
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

bool hg__is_database(const char *source) {
    return strncmp(source, "odbc:", 5) == 0;
}

void hg__mask_secrets(const char *source, char *text, size_t size) {
    size_t used = 0, length;
    const char *at = source, *secret;
    while (used < size && hg__is_database(source) && (secret = hg__find_secret(at, &length))) {
        const int wrote = snprintf(text + used, size - used, "%.*s***", (int)(secret - at), at);
        used += wrote > 0 ? (size_t)wrote : 0;
        at = secret + length;
    }
    if (used < size) snprintf(text + used, size - used, "%s", at);
}
