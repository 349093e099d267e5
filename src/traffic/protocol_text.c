// SPDX-License-Identifier: Apache-2.0
// protocol_text.c - protocols of lines, such as FTP, SMTP, POP3 and IRC: a command's first letters or a reply's number (RFC 959, 5321).
#include <stdio.h>
#include <string.h>

#include "traffic/glimpse.h"

enum { SHORTEST = 4, LONGEST = 512, WORD = 4, LONGEST_WORD = 10, PLAIN = 32 };

static uint8_t upper(uint8_t c) {
    return c >= 'a' && c <= 'z' ? (uint8_t)(c - 32) : c;
}

static bool is_of_word(uint8_t c) {
    return (c >= '0' && c <= '9') || (upper(c) >= 'A' && upper(c) <= 'Z');
}

static bool is_plain(const uint8_t *b, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        const bool is_space = b[i] == '\r' || b[i] == '\n' || b[i] == '\t';
        if ((b[i] < ' ' && !is_space) || b[i] >= 127) return false;
    }
    return true;
}

// Letters and digits, 3 to 10, then a space, a minus or the end of the line; 0: none.
static uint32_t length_of_word(const uint8_t *b, uint32_t size) {
    uint32_t n = b[0] == '-' || b[0] == '+'; // POP3 answers so
    while (n < size && n <= LONGEST_WORD && is_of_word(b[n])) n++;
    const bool is_end = n < size && (b[n] == ' ' || b[n] == '-' || b[n] == '\r' || b[n] == '\n');
    return is_end && n >= 3 && n <= LONGEST_WORD ? n : 0;
}

static bool has(const uint8_t *b, uint32_t size, const char *text) {
    const uint32_t length = (uint32_t)strlen(text);
    for (uint32_t i = 0; i + length <= size; i++) {
        uint32_t same = 0;
        while (same < length && upper(b[i + same]) == (uint8_t)text[same]) same++;
        if (same == length) return true;
    }
    return false;
}

// FTP's 530, SMTP's 535, POP3's -ERR, and what telnet and others say of a wrong password.
static bool is_refusal(const uint8_t *b, uint32_t size) {
    static const char *const starts[] = {"530 ", "530-", "535 ", "535-", "-ERR"};
    static const char *const words[] = {"INCORRECT", "DENIED", "AUTHENTICATION FAIL", "LOGIN FAIL"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        if (size >= WORD && memcmp(b, starts[i], WORD) == 0) return true;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (has(b, size, words[i])) return true;
    }
    return false;
}

static bool look(const hg__packet *p, uint16_t server, hg__glimpse *g) {
    const uint8_t *b = p->payload;
    uint32_t size = p->payload_captured;
    if (!(p->layers & HG_LAYER_TCP) || size < SHORTEST || size > LONGEST) return false;
    if (size != p->payload_length || !is_plain(b, size < PLAIN ? size : PLAIN)) return false;
    g->refuses = p->port_from == server && is_refusal(b, size);
    if (b[size - 1] != '\n' && !g->refuses) return false; // a part of something longer
    while (size > 1 && (*b == '\r' || *b == '\n')) b++, size--;
    const uint32_t word = length_of_word(b, size);
    if (word == 0 && !g->refuses) return false;
    for (uint32_t i = 0; i < WORD; i++) g->action = g->action << 8 | (i < word ? upper(b[i]) : ' ');
    while (g->size < size && b[g->size] != '\r' && b[g->size] != '\n') g->size++;
    g->variety = hg__variety(b, g->size);
    g->special = hg__special(b, g->size);
    return true;
}

// A line may be anybody's words, such as a password: only commands and numbers that everybody knows are told.
static bool is_known(const char word[WORD]) {
    static const char known[] =
        "USERPASSQUITLISTNLSTRETRSTORAPPEDELEPORTPASVEPSVTYPECWD SITESYSTFEAT"
        "EHLOHELOMAILRCPTDATAAUTHRSETNOOPVRFYEXPNSTARSTATUIDLTOP APOPCAPA"
        "NICKJOINPRIVPINGPONGMODENOTIPARTSSH -ERR+OK ";
    for (size_t i = 0; i + WORD < sizeof known; i += WORD) {
        if (memcmp(known + i, word, WORD) == 0) return true;
    }
    return word[3] == ' ' && word[0] >= '1' && word[0] <= '5' && word[1] <= '9' && word[2] <= '9';
}

static void describe(uint32_t action, char *text, size_t size) {
    char word[WORD];
    for (uint32_t i = 0; i < WORD; i++) word[i] = (char)(action >> (24 - 8 * i) & 127);
    if (is_known(word)) {
        snprintf(text, size, "%.*s", word[3] == ' ' ? WORD - 1 : WORD, word);
    } else {
        snprintf(text, size, "line");
    }
}

const hg__protocol hg__protocol_text = {"text", describe, look};
