// SPDX-License-Identifier: Apache-2.0
// quantity.c - numbers as people write them: 1%, 90s, 1h30m, 512M, 2.5 GB.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "options/options_internal.h"

// What a unit's numbers may have behind them. A quotient of whole numbers, so that 1% is the double that 0.01 is.
static const struct suffix {
    const char *unit, *words; // words with blanks between and around them
    double times, over;
} suffixes[] = {
    {"share", " % percent ",                 1,    100 },
    {"hours", " s sec secs second seconds ", 1,    3600},
    {"hours", " m min mins minute minutes ", 1,    60  },
    {"hours", " h hr hrs hour hours ",       1,    1   },
    {"hours", " d day days ",                24,   1   },
    {"hours", " w week weeks ",              168,  1   },
    {"s",     " ms ",                        1,    1000},
    {"s",     " s sec secs second seconds ", 1,    1   },
    {"s",     " m min mins minute minutes ", 60,   1   },
    {"s",     " h hr hrs hour hours ",       3600, 1   },
};
enum { SUFFIXES = sizeof suffixes / sizeof *suffixes, MOST_WORD = 16, MOST_NUMBER = 40 };

static const struct {
    const char *unit, *text;
} advice[] = {
    {"share", " (a share, or as 1%)"              },
    {"hours", " (hours, or as 90s, 5m, 1h30m, 2d)"},
    {"s",     " (seconds, or as 500ms, 2m)"       },
};

const char *hg__quantity_advice(const char *unit) {
    for (size_t i = 0; i < sizeof advice / sizeof *advice; i++) {
        if (strcmp(advice[i].unit, unit) == 0) return advice[i].text;
    }
    return "";
}

static const struct suffix *find_suffix(const char *unit, const char *word) {
    char among[MOST_WORD + 3];
    snprintf(among, sizeof among, " %s ", word);
    for (int i = 0; i < SUFFIXES; i++) {
        if (strcmp(suffixes[i].unit, unit) == 0 && strstr(suffixes[i].words, among)) {
            return &suffixes[i];
        }
    }
    return NULL;
}

// Copies what of *at is of `kind` (or is not) into word (size); false where there is none or too much of it.
static bool take_word(const char **at, const char *kind, bool is_not, char *word, size_t size) {
    const size_t length = is_not ? strcspn(*at, kind) : strspn(*at, kind);
    if (length == 0 || length >= size) return false;
    snprintf(word, size, "%.*s", (int)length, *at);
    *at += length;
    return true;
}

static void skip_blanks(const char **at) {
    while (**at == ' ') ++*at;
}

bool hg__parse_quantity(const char *text, const char *unit, double *value) {
    char number[MOST_NUMBER], word[MOST_WORD];
    double sum = 0, x;
    if (hg__parse_float(text, value)) return true;
    if (!*text) return false;
    for (const char *at = text; *at;) { // "1h30m": the sum
        if (!take_word(&at, "0123456789.", false, number, sizeof number)) return false;
        skip_blanks(&at);
        if (!take_word(&at, "0123456789. ", true, word, sizeof word)) return false;
        skip_blanks(&at);
        const struct suffix *s = find_suffix(unit, word);
        if (!s || !hg__parse_float(number, &x)) return false;
        sum += x * s->times / s->over;
    }
    *value = sum;
    return true;
}

bool hg__parse_size(const char *text, int64_t *value) {
    static const char letters[] = "KMGT";
    char number[MOST_NUMBER];
    double x;
    int64_t whole;
    int shift = 0;
    const char *at = text;
    if (!take_word(&at, "0123456789.", false, number, sizeof number)) return false;
    skip_blanks(&at);
    const char *letter = *at ? strchr(letters, *at & ~0x20) : NULL;
    if (letter) {
        shift = 10 * (int)(letter - letters + 1);
        at++;
    }
    const bool is_end = !*at || strcasecmp(at, "B") == 0 || (letter && strcasecmp(at, "iB") == 0);
    if (!is_end || !hg__parse_float(number, &x)) return false;
    const double bytes = x * (double)((int64_t)1 << shift);
    if (!(bytes < 9.2e18)) return false;
    if (hg__parse_int(number, &whole)) {
        *value = (int64_t)((uint64_t)whole << shift);
        return true;
    }
    *value = (int64_t)bytes;
    return (double)*value == bytes;
}
