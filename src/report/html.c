// SPDX-License-Identifier: Apache-2.0
// html.c - text and numbers in a page.
#include "report/html.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/show.h"

void hg__html_add(hg__text *t, const char *text) {
    static const char special[] = "&<>\"'";
    static const char *const entity[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
    const size_t size = strlen(text);
    size_t length;
    for (size_t at = 0; at < size;) {
        const size_t wrong = hg__unprintable(text + at, size - at, &length);
        const char *found = wrong ? NULL : memchr(special, text[at], sizeof special - 1);
        if (wrong) {
            hg__text_add(t, "?");
        } else if (found) {
            hg__text_add(t, "%s", entity[found - special]);
        } else {
            hg__text_add_bytes(t, text + at, length);
        }
        at += wrong ? wrong : length;
    }
}

void hg__html_add_count(hg__text *t, uint64_t n) {
    char digits[24];
    const int length = snprintf(digits, sizeof digits, "%" PRIu64, n);
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0 && length > 4) hg__text_add(t, "\u202f");
        hg__text_add_bytes(t, digits + i, 1);
    }
}

void hg__html_add_bytes(hg__text *t, uint64_t bytes) {
    static const char *const unit[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
    double x = (double)bytes;
    int i = 0;
    while (x >= 999.5 && i < 6) {
        x /= 1000;
        i++;
    }
    hg__text_add(t, "%.3g\u00a0%s", x, unit[i]);
}

void hg__html_add_span(hg__text *t, double seconds) {
    static const struct {
        double from, unit;
        const char *name;
    } units[] = {
        {172800, 86400, "days"},
        {7200,   3600,  "h"   },
        {120,    60,    "min" },
        {0,      1,     "s"   }
    };
    size_t i = 0;
    while (seconds < units[i].from) i++;
    hg__text_add(t, "%.3g\u00a0%s", seconds / units[i].unit, units[i].name);
}

// RFC 4648.
void hg__html_add_base64(hg__text *t, const uint8_t *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t n = size - i < 3 ? size - i : 3;
        uint32_t word = 0;
        for (size_t k = 0; k < 3; k++) word = word << 8 | (k < n ? bytes[i + k] : 0U);
        const char four[4] = {digits[word >> 18], digits[word >> 12 & 63],
                              n > 1 ? digits[word >> 6 & 63] : '=',
                              n > 2 ? digits[word & 63] : '='};
        hg__text_add_bytes(t, four, sizeof four);
    }
}
