// SPDX-License-Identifier: Apache-2.0
// show.c - texts from outside, made fit for a terminal.
#include "base/show.h"

#include <stdio.h>
#include <string.h>

#include "base/host.h"

size_t hg__unprintable(const char *text, size_t size, size_t *length) {
    const unsigned char *c = (const unsigned char *)text;
    *length = hg__utf8_length(text, size);
    if (*length == 0) return 1;
    if (*length == 1) return c[0] < ' ' || c[0] == 127;
    if (*length == 2) return c[0] == 0xC2 && c[1] < 0xA0 ? 2 : 0;
    if (*length != 3 || c[0] != 0xE2) return 0;
    const bool turns = (c[1] == 0x80 && c[2] >= 0xA8 && c[2] <= 0xAE) || // U+2028 to U+202E
                       (c[1] == 0x81 && c[2] >= 0xA6 && c[2] <= 0xA9);   // U+2066 to U+2069
    return turns ? 3 : 0;
}

void hg__printable(char *text, bool lines) {
    const size_t size = strlen(text);
    size_t used = 0, length;
    for (size_t at = 0; at < size;) {
        const bool stays = lines && (text[at] == '\n' || text[at] == '\t');
        const size_t wrong = stays ? 0 : hg__unprintable(text + at, size - at, &length);
        if (stays) length = 1;
        if (wrong) {
            text[used++] = '?';
        } else {
            memmove(text + used, text + at, length);
            used += length;
        }
        at += wrong ? wrong : length;
    }
    text[used] = '\0';
}

int hg__text_add_shown(hg__text *t, const char *name) {
    const size_t size = strlen(name);
    size_t length;
    for (size_t at = 0; at < size;) {
        const size_t wrong = hg__unprintable(name + at, size - at, &length);
        hg__text_add_bytes(t, wrong ? "?" : name + at, wrong ? 1 : length);
        at += wrong ? wrong : length;
    }
    return t->failed ? HG_ERR_MEMORY : HG_OK;
}

// The number of a character of 1 to 3 bytes; a byte that is no UTF-8 is its own, as in Latin-1.
static unsigned code_point(const char *text, size_t size) {
    const unsigned char *c = (const unsigned char *)text;
    if (size == 2) return (c[0] & 0x1FU) << 6 | (c[1] & 0x3FU);
    if (size == 3) return (c[0] & 0x0FU) << 12 | (c[1] & 0x3FU) << 6 | (c[2] & 0x3FU);
    return c[0];
}

int hg__text_add_json(hg__text *t, const char *json, size_t size) {
    size_t length;
    for (size_t at = 0; at < size;) {
        const size_t wrong = hg__unprintable(json + at, size - at, &length);
        if (wrong) {
            hg__text_add(t, "\\u%04x", code_point(json + at, wrong));
        } else {
            hg__text_add_bytes(t, json + at, length);
        }
        at += wrong ? wrong : length;
    }
    return t->failed ? HG_ERR_MEMORY : HG_OK;
}

void hg__cut_partial(char *text) {
    size_t size = strlen(text), back = 0;
    while (back < 3 && back < size && ((unsigned char)text[size - 1 - back] & 0xC0) == 0x80) back++;
    if (back == size) return;
    const unsigned char lead = (unsigned char)text[size - 1 - back];
    const size_t whole = lead < 0xC0 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (whole > back + 1) text[size - 1 - back] = '\0';
}

void hg__clean(char *text) {
    hg__hide_secrets(text);
    hg__printable(text, false);
}

void hg_text_clean(char *text) {
    HG_ENTRY;
    hg__hide_secrets(text);
    hg__printable(text, true);
}

static void tell(void (*to)(void *, const char *), const hg_listener *l, const char *sentence) {
    char clean[2048];
    if (snprintf(clean, sizeof clean, "%s", sentence) >= (int)sizeof clean) hg__cut_partial(clean);
    hg__clean(clean);
    to(l->context, clean);
}

void hg__tell(const hg_listener *l, const char *sentence) {
    if (l && l->note) tell(l->note, l, sentence);
}

void hg__tell_detail(const hg_listener *l, const char *sentence) {
    if (l && l->detail) tell(l->detail, l, sentence);
}
