// SPDX-License-Identifier: Apache-2.0
// dicom_depth.c - whether a DICOM file's lengths can be true, and how deep its sequences are nested. Found before DCMTK,
// which takes memory for any length and follows sequences on the stack.
//
// The file is walked (PS3.5, chapter 7): every element's header, and into each sequence. What this walk cannot follow
// is left to DCMTK where items are too few to be deep, and else refused, so that nothing deep is hidden from it.
#include "image/dicom_depth.h"

#include <string.h>

// DCMTK 3.6.7 takes 1.5 KiB of stack for each sequence in a sequence. A sequence and its item are two levels.
enum { FEW_ITEMS = 500, DEEPEST = 64, START = 132 };

#define ITEM      0xfffee000U
#define ITEM_END  0xfffee00dU
#define LIST_END  0xfffee0ddU
#define PIXELS    0x7fe00010U
#define SYNTAX    0x00020010U
#define NO_LENGTH 0xffffffffU

typedef struct walk {
    const uint8_t *bytes;
    size_t size, at;
    bool is_big;       // most significant byte first
    bool is_implicit;  // no kinds beside the tags
    uint32_t too_long; // the length of an element that goes past the end of the file
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

static size_t count_items(const uint8_t *bytes, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i + 4 <= size && count <= FEW_ITEMS; i++) {
        const uint8_t *b = bytes + i;
        count += (b[0] == 0xfe && b[1] == 0xff && b[2] == 0 && b[3] == 0xe0) ||
                 (b[0] == 0xff && b[1] == 0xfe && b[2] == 0xe0 && b[3] == 0);
    }
    return count;
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
    if (is_one_of("AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US ", e->kind)) {
        e->length = number(w, w->at + 6, 2);
        w->at += 8;
        return true;
    }
    if (w->size - w->at < 12) return false;
    e->length = number(w, w->at + 8, 4);
    w->at += 12;
    return is_one_of("OB OD OF OL OV OW SQ SV UC UN UR UT UV ", e->kind);
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
    if (!w->is_implicit || e->length < 8 || w->size - w->at < 8) return false;
    return (number(w, w->at, 2) << 16 | number(w, w->at + 2, 2)) == ITEM;
}

// Compressed pixels: pieces one after the other.
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
    if (e.tag == PIXELS && e.length == NO_LENGTH) return pass_fragments(w);
    if (is_sequence(w, &e)) return enter(w, e.length, memcmp(e.kind, "UN", 2) == 0);
    if (!fits(w, e.length)) return false;
    w->at += e.length;
    return true;
}

static bool is_syntax(const walk *w, const element *e, const char *uid) {
    const size_t length = strlen(uid);
    return e->length >= length && e->length <= length + 1 &&
           memcmp(w->bytes + w->at, uid, length) == 0;
}

// Group 2 is always explicit little endian and says how the rest is written. False for what is deflated.
static bool pass_header(walk *w) {
    bool is_big = false, is_implicit = false;
    while (w->size - w->at >= 8 && number(w, w->at, 2) == 2) {
        element e;
        if (!read_element(w, &e) || e.length > w->size - w->at) return false;
        if (e.tag == SYNTAX) {
            is_implicit = is_syntax(w, &e, "1.2.840.10008.1.2");
            is_big = is_syntax(w, &e, "1.2.840.10008.1.2.2");
            if (is_syntax(w, &e, "1.2.840.10008.1.2.1.99")) return false;
        }
        w->at += e.length;
    }
    w->is_big = is_big;
    w->is_implicit = is_implicit;
    return true;
}

static bool follow(walk *w) {
    while (w->at < w->size) {
        if (!step(w)) return false;
        while (w->depth > 0 && w->at >= w->level[w->depth - 1].end) {
            if (w->at > w->level[w->depth - 1].end) return false;
            leave(w);
        }
    }
    return true;
}

int hg__dicom_check_depth(const uint8_t *bytes, size_t size, const char *name, hg_error *err) {
    walk w = {.bytes = bytes, .size = size, .at = START};
    if (size < START) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a DICOM file, got %zu bytes", name, size);
    }
    if (!pass_header(&w)) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a DICOM header, not cut off and not deflated", name);
    }
    if (follow(&w)) return HG_OK;
    if (w.too_long) {
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected %u more bytes of a DICOM element, got %zu: cut off or damaged", name,
            w.too_long, size - w.at);
    }
    if (count_items(bytes, size) <= FEW_ITEMS) return HG_OK; // DCMTK may make something of it
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected DICOM sequences nested at most %d deep, got more or damaged ones",
                    name, DEEPEST / 2);
}
