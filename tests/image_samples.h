// SPDX-License-Identifier: Apache-2.0
// image_samples.h - small image files made byte by byte, opened, compared, damaged.
#ifndef HG_TESTS_IMAGE_SAMPLES_H
#define HG_TESTS_IMAGE_SAMPLES_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "own_folder.h"

#include <cmocka.h>

typedef struct sample {
    uint8_t bytes[1 << 16];
    size_t size;
} sample;

static inline void put(sample *s, const void *bytes, size_t size) {
    assert_true(s->size + size <= sizeof s->bytes);
    if (size) memcpy(s->bytes + s->size, bytes, size);
    s->size += size;
}

static inline void put_text(sample *s, const char *text) {
    put(s, text, strlen(text));
}

// ---- PNG ----------------------------------------------------------------------------------------

static inline void put_big_endian(sample *s, uint32_t value) {
    const uint8_t bytes[] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16), (uint8_t)(value >> 8),
                             (uint8_t)value};
    put(s, bytes, 4);
}

static inline void put_chunk(sample *s, const char *type, const void *data, size_t size) {
    put_big_endian(s, (uint32_t)size);
    const size_t start = s->size;
    put_text(s, type);
    put(s, data, size);
    put_big_endian(s, (uint32_t)crc32(0, s->bytes + start, (uInt)(size + 4)));
}

static inline void start_png(sample *s, uint32_t width, uint32_t height, int depth, int colour,
                             int interlace) {
    s->size = 0;
    put(s, "\x89PNG\r\n\x1a\n", 8);
    sample header = {.size = 0};
    put_big_endian(&header, width);
    put_big_endian(&header, height);
    const uint8_t rest[] = {(uint8_t)depth, (uint8_t)colour, 0, 0, (uint8_t)interlace};
    put(&header, rest, sizeof rest);
    put_chunk(s, "IHDR", header.bytes, header.size);
}

// rows: packed lines of `line` bytes; a zero (no filter) goes before each.
static inline void put_pixels(sample *s, const uint8_t *rows, size_t line, size_t height) {
    uint8_t raw[1 << 15], packed[1 << 15];
    uLongf size = sizeof packed;
    assert_true((line + 1) * height <= sizeof raw);
    for (size_t i = 0; i < height; i++) {
        raw[i * (line + 1)] = 0;
        memcpy(raw + i * (line + 1) + 1, rows + i * line, line);
    }
    assert_int_equal(compress2(packed, &size, raw, (line + 1) * height, 9), Z_OK);
    put_chunk(s, "IDAT", packed, size);
}

static inline void end_png(sample *s) {
    put_chunk(s, "IEND", NULL, 0);
}

// ---- folders and files --------------------------------------------------------------------------

static inline void read_file(const char *path, sample *s) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    s->size = fread(s->bytes, 1, sizeof s->bytes, file);
    assert_int_equal(fclose(file), 0);
}

// ---- opening ------------------------------------------------------------------------------------

static inline void expect_same_image(const hg__image *a, const hg__image *b);

// From memory; and the same from a file that is read a piece at a time.
static inline void load(hg__image *image, const sample *s, const char *name) {
    hg_error err = {0};
    hg__image pieces = {0};
    const uint64_t whole = hg__image_limit.whole;
    if (hg__image_load_bytes(image, s->bytes, s->size, name, false, &err) < 0) {
        fail_msg("%s", err.message);
    }
    assert_int_equal(hg__write_file(at("pieces"), s->bytes, s->size, &err), HG_OK);
    hg__image_limit.whole = 0;
    if (hg__image_load(&pieces, at("pieces"), false, &err) < 0) fail_msg("%s", err.message);
    hg__image_limit.whole = whole;
    expect_same_image(image, &pieces);
    hg__image_clear(&pieces);
    unlink(at("pieces"));
}

// Header and all lines; the sentence of what went wrong must be exactly this one.
static inline void expect_refusal(const sample *s, const char *name, const char *sentence) {
    hg__image image;
    hg_error err = {0};
    const int code = hg__image_load_bytes(&image, s->bytes, s->size, name, true, &err);
    if (code == HG_OK) print_error("%s was taken; expected: %s\n", name, sentence);
    assert_true(code < 0 && code == (int)err.code);
    assert_string_equal(err.message, sentence);
    assert_null(image.pixels);
}

// The image as a file like `s`, read back.
static inline void pass_through(const sample *s, const char *name, sample *again) {
    hg_error err = {0};
    hg__image image;
    load(&image, s, name);
    hg__image_reader *r = hg__image_open_bytes(s->bytes, s->size, name, &err);
    assert_non_null(r);
    hg__image_writer *w = hg__image_create(at(name), r, &err);
    hg__image_close(r); // not needed any more
    if (!w) print_error("%s\n", err.message);
    assert_non_null(w);
    assert_int_equal(hg__image_write_lines(w, image.pixels, image.info.height, &err), HG_OK);
    assert_int_equal(hg__image_commit(w, &err), HG_OK);
    hg__image_clear(&image);
    read_file(at(name), again);
}

static inline void expect_same_image(const hg__image *a, const hg__image *b) {
    assert_string_equal(a->info.format, b->info.format);
    assert_int_equal(a->info.width, b->info.width);
    assert_int_equal(a->info.height, b->info.height);
    assert_int_equal(a->info.channels, b->info.channels);
    assert_int_equal(a->info.alpha, b->info.alpha);
    assert_int_equal(a->info.dtype, b->info.dtype);
    assert_true(a->info.white == b->info.white);
    assert_int_equal(a->info.orientation, b->info.orientation);
    assert_memory_equal(a->pixels, b->pixels,
                        hg__image_line_bytes(&a->info) * (size_t)a->info.height);
}

// Written like itself and read again: the same pixels and header; `again` is the new file.
static inline void expect_round_trip(const sample *s, const char *name, sample *again) {
    hg__image a, b;
    pass_through(s, name, again);
    load(&a, s, name);
    load(&b, again, name);
    expect_same_image(&a, &b);
    hg__image_clear(&a);
    hg__image_clear(&b);
}

// ---- damage -------------------------------------------------------------------------------------

// An error with a sentence, or an image; with `same`, that of the undamaged file.
static inline void expect_survival(const sample *s, size_t size, const char *name,
                                   const hg__image *same) {
    hg__image image;
    hg_error err = {0};
    uint8_t *copy =
        malloc(size ? size : 1); // exactly as long: a sanitizer sees what reads past the end
    assert_non_null(copy);
    memcpy(copy, s->bytes, size);
    const int code = hg__image_load_bytes(&image, copy, size, name, true, &err);
    free(copy);
    assert_true(code == HG_OK || (code == HG_ERR_DATA && err.message[0]));
    if (code == HG_OK && same) expect_same_image(&image, same);
    hg__image_clear(&image);
}

// Cut off at every byte; then every bit flipped. Where the format has no checksum a change may pass unnoticed.
static inline void damage(const sample *s, const char *name, bool cuts_are_found,
                          bool flips_are_found) {
    hg__image good;
    const hg__image_limits kept = hg__image_limit;
    load(&good, s, name);
    hg__image_limit.pixels = 1 << 20; // a flipped bit may ask for more; time is ours
    for (size_t size = 0; size < s->size; size++) {
        expect_survival(s, size, name, cuts_are_found ? &good : NULL);
    }
    sample flipped = *s;
    for (size_t bit = 0; bit < 8 * s->size; bit++) {
        flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        expect_survival(&flipped, s->size, name, flips_are_found ? &good : NULL);
        flipped.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    hg__image_limit = kept;
    hg__image_clear(&good);
}
#endif
