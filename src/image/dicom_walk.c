// SPDX-License-Identifier: Apache-2.0
// dicom_walk.c - what a DICOM file is, whether its lengths can be true, and how deep its sequences are nested. Found
// before DCMTK, which takes memory for any length and follows sequences on the stack.
//
// The file is walked (PS3.5, chapter 7): every element's header, and into each sequence. What this walk cannot follow is
// refused, so that nothing long or deep is hidden from it.
#include <string.h>

#include "image/dicom.h"

// DCMTK 3.6.7 takes 1.5 KiB of stack for each sequence in a sequence. A sequence and its item are two levels.
enum { DEEPEST = 64, PREAMBLE = 128, MARK = 4 };

#define ITEM      0xfffee000U
#define ITEM_END  0xfffee00dU
#define LIST_END  0xfffee0ddU
#define PIXELS    0x7fe00010U
#define SYNTAX    0x00020010U
#define NO_LENGTH 0xffffffffU

// Kinds of values (VR) whose length takes two bytes, and four.
#define SHORT_KINDS "AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US "
#define LONG_KINDS  "OB OD OF OL OV OW SQ SV UC UN UR UT UV "

typedef struct walk {
    const uint8_t *bytes;
    size_t size, at;
    bool is_big;       // most significant byte first
    bool is_implicit;  // no kinds beside the tags
    uint32_t too_long; // the length of an element that goes past the end of the file
    bool has_pixels;   // they lie behind
    char syntax[68];   // the transfer syntax the header names, "" none
    int depth;
    struct level {
        size_t end;    // where it ends, SIZE_MAX where a tag says so
        bool implicit; // what holds again behind it
    } level[DEEPEST];
} walk;

// Of an element: its tag and kind, and the length of what follows.
typedef struct element {
    uint32_t tag, length;
    char kind[2]; // "\0" where implicit
} element;

static uint32_t number(const walk *w, size_t at, size_t width) {
    uint32_t value = 0;
    for (size_t i = 0; i < width; i++) {
        value = value << 8 | w->bytes[at + (w->is_big ? i : width - 1 - i)];
    }
    return value;
}

static bool is_one_of(const char *kinds, const char kind[2]) {
    for (const char *k = kinds; *k; k += 3) {
        if (memcmp(k, kind, 2) == 0) return true;
    }
    return false;
}

// The header at w->at, which is passed over.
static bool read_element(walk *w, element *e) {
    if (w->size - w->at < 8) return false;
    *e = (element){.tag = number(w, w->at, 2) << 16 | number(w, w->at + 2, 2)};
    const bool mark = e->tag >> 16 == ITEM >> 16;
    if (mark || w->is_implicit) {
        e->length = number(w, w->at + 4, 4);
        w->at += 8;
        return true;
    }
    memcpy(e->kind, w->bytes + w->at + 4, 2);
    if (is_one_of(SHORT_KINDS, e->kind)) {
        e->length = number(w, w->at + 6, 2);
        w->at += 8;
        return true;
    }
    const bool is_long = is_one_of(LONG_KINDS, e->kind);
    if (!is_long) e->kind[0] = e->kind[1] = '\0'; // no kind: implicit all of a sudden
    const size_t before = is_long ? 8 : 4;
    if (w->size - w->at < before + 4) return false;
    e->length = number(w, w->at + before, 4);
    w->at += before + 4;
    return true;
}

static bool fits(walk *w, uint32_t length) {
    if (length <= w->size - w->at) return true;
    w->too_long = length;
    return false;
}

static bool enter(walk *w, uint32_t length, bool implicit) {
    if (w->depth == DEEPEST || (length != NO_LENGTH && !fits(w, length))) return false;
    const size_t end = length == NO_LENGTH ? SIZE_MAX : w->at + length;
    w->level[w->depth++] = (struct level){end, w->is_implicit};
    w->is_implicit = w->is_implicit || implicit;
    return true;
}

static bool leave(walk *w) {
    if (w->depth == 0) return false;
    w->is_implicit = w->level[--w->depth].implicit;
    return true;
}

// Whether the value is a sequence: by its kind, or as it has no length, or as it begins with an item.
static bool is_sequence(const walk *w, const element *e) {
    if (memcmp(e->kind, "SQ", 2) == 0 || e->length == NO_LENGTH) return true;
    if (e->kind[0] || e->length < 8 || w->size - w->at < 8) return false;
    return (number(w, w->at, 2) << 16 | number(w, w->at + 2, 2)) == ITEM;
}

// Compressed pixels, an icon's too: pieces one after the other.
static bool has_fragments(const element *e) {
    return e->length == NO_LENGTH && (e->tag == PIXELS || is_one_of("OB OW ", e->kind));
}

static bool pass_fragments(walk *w) {
    element e;
    do {
        if (!read_element(w, &e) || !fits(w, e.length)) return false;
        w->at += e.length;
    } while (e.tag == ITEM);
    return e.tag == LIST_END;
}

// One element, mark or whole value; false where it cannot be followed.
static bool step(walk *w) {
    element e;
    if (!read_element(w, &e)) return false;
    if (e.tag == ITEM) return w->depth > 0 && enter(w, e.length, false);
    if (e.tag == ITEM_END || e.tag == LIST_END) return e.length == 0 && leave(w);
    if (w->depth == 0 && e.tag >> 16 == PIXELS >> 16) w->has_pixels = true;
    if (has_fragments(&e)) return pass_fragments(w);
    if (is_sequence(w, &e)) return enter(w, e.length, memcmp(e.kind, "UN", 2) == 0);
    if (!fits(w, e.length)) return false;
    w->at += e.length;
    return true;
}

// ---- the header ---------------------------------------------------------------------------------

bool hg__dicom_has_mark(const uint8_t *head, size_t size) {
    return size >= PREAMBLE + MARK && memcmp(head + PREAMBLE, "DICM", MARK) == 0;
}

// Behind the preamble and the mark, or the mark alone, or at once.
static size_t find_start(const uint8_t *bytes, size_t size) {
    if (hg__dicom_has_mark(bytes, size)) return PREAMBLE + MARK;
    return size >= MARK && memcmp(bytes, "DICM", MARK) == 0 ? MARK : 0;
}

// Group 2 is always explicit little endian and says how the rest is written.
static bool pass_header(walk *w) {
    while (w->size - w->at >= 8 && number(w, w->at, 2) == 2) {
        element e;
        if (!read_element(w, &e) || e.length > w->size - w->at) return false;
        if (e.tag == SYNTAX) {
            const size_t length = e.length < sizeof w->syntax ? e.length : sizeof w->syntax - 1;
            memcpy(w->syntax, w->bytes + w->at, length);
            w->syntax[length] = '\0';
            w->syntax[strspn(w->syntax, ".0123456789")] = '\0'; // a space behind it
        }
        w->at += e.length;
    }
    return true;
}

// Whether the element here begins as one of the other byte order and as one that names its kind, which its low group
// number and the two letters tell.
static void look_at_first(const walk *w, bool *is_big, bool *is_implicit) {
    const uint8_t *b = w->bytes + w->at;
    *is_big = b[0] == 0 && b[1] != 0;
    *is_implicit = !is_one_of(SHORT_KINDS LONG_KINDS, (const char *)b + 4);
}

#define PLAIN "1.2.840.10008.1.2"

// How the data set is written: as its header says. False where a data set of plain pixels says otherwise itself, which
// holds then. Beside compressed pixels, kinds that are not named are met as they come.
static bool set_syntax(walk *w) {
    const bool is_implicit = strcmp(w->syntax, PLAIN) == 0;
    const bool is_big = strcmp(w->syntax, PLAIN ".2") == 0;
    const bool is_plain = is_implicit || is_big || strcmp(w->syntax, PLAIN ".1") == 0;
    w->is_big = is_big;
    w->is_implicit = is_implicit;
    if (w->size - w->at < 8) return true;
    look_at_first(w, &w->is_big, &w->is_implicit);
    if (is_plain) return w->is_big == is_big && w->is_implicit == is_implicit;
    if (w->syntax[0]) w->is_big = false;
    return true;
}

size_t hg__dicom_deflated_at(const uint8_t *bytes, size_t size) {
    walk w = {.bytes = bytes, .size = size, .at = find_start(bytes, size)};
    return pass_header(&w) && strcmp(w.syntax, PLAIN ".1.99") == 0 ? w.at : 0;
}

bool hg__dicom_is_bare(const uint8_t *head, size_t size) {
    enum { ENOUGH = 3, LONGEST = 1024 };
    walk w = {.bytes = head, .size = size, .at = find_start(head, size)};
    uint32_t last = 0;
    for (int i = 0; i < ENOUGH; i++) {
        element e;
        if (w.size - w.at < 8) return false;
        if (i == 0) look_at_first(&w, &w.is_big, &w.is_implicit);
        if (last >> 16 == 2 && number(&w, w.at, 2) != 2) return true; // written in a way of its own
        if (!read_element(&w, &e)) return false;
        const uint32_t group = e.tag >> 16;
        const bool is_sane = i == 0 ? group == 2 || group == 8 : e.tag > last && group <= 0x20;
        const bool fits_in = e.length <= LONGEST && e.length <= w.size - w.at;
        if (!is_sane || !fits_in || e.length % 2) return false;
        last = e.tag;
        w.at += e.length;
    }
    return true;
}

// ---- pixels nobody here decodes -----------------------------------------------------------------

static const struct {
    int first, last; // of the number behind "1.2.840.10008.1.2.4."
    const char *name;
} unknown[] = {
    {90,  93,  "JPEG 2000"                },
    {94,  95,  "JPEG 2000 by reference"   },
    {100, 108, "video (MPEG)"             },
    {110, 112, "JPEG XL"                  },
    {201, 203, "High-Throughput JPEG 2000"},
    {204, 205, "JPEG 2000 by reference"   },
};

static int refuse_unknown(const walk *w, const char *name, hg_error *err) {
    const size_t length = strlen(PLAIN ".4.");
    if (strncmp(w->syntax, PLAIN ".4.", length) != 0) return HG_OK;
    int n = 0; // 1000: no plain number
    for (const char *c = w->syntax + length; *c && n < 1000; c++) {
        n = *c == '.' ? 1000 : 10 * n + *c - '0';
    }
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        if (n < unknown[i].first || n > unknown[i].last) continue;
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected DICOM pixels plain, RLE, JPEG or JPEG-LS, got %s; gdcmconv --raw "
            "makes them plain",
            name, unknown[i].name);
    }
    return HG_OK;
}

// ---- the whole file -----------------------------------------------------------------------------

// Behind the pixels: zeros, or too few bytes for an element.
static bool is_padding(const walk *w) {
    if (w->depth > 0 || !w->has_pixels) return false;
    const size_t left = w->size - w->at;
    if (left < 8) return true;
    for (size_t i = 0; i < left; i++) {
        if (w->bytes[w->at + i]) return false;
    }
    return true;
}

static bool follow(walk *w) {
    while (w->at < w->size) {
        if (is_padding(w)) {
            w->size = w->at;
            return true;
        }
        if (!step(w)) return false;
        while (w->depth > 0 && w->at >= w->level[w->depth - 1].end) {
            if (w->at > w->level[w->depth - 1].end) return false;
            leave(w);
        }
    }
    return true;
}

int hg__dicom_check(hg__dicom_span *s, const char *name, hg_error *err) {
    const size_t begin = find_start(s->bytes, s->size);
    walk w = {.bytes = s->bytes, .size = s->size, .at = begin};
    if (!pass_header(&w)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a DICOM header, got a damaged one or one that is cut off",
                        name);
    }
    HG_TRY(refuse_unknown(&w, name, err));
    const size_t start = set_syntax(&w) ? begin % (PREAMBLE + MARK) : w.at;
    const bool is_whole = follow(&w);
    s->bytes += start;
    s->size = w.size - start;
    if (is_whole) return HG_OK;
    if (w.too_long) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected %u more bytes of a DICOM element, got %zu: cut off or damaged", name,
            w.too_long, w.size - w.at);
    }
    if (w.depth == DEEPEST) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected DICOM sequences nested at most %d deep, got more", name,
                        DEEPEST / 2);
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected whole DICOM elements, got a damaged one at byte %zu", name, w.at);
}
