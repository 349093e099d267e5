// SPDX-License-Identifier: Apache-2.0
// data_samples.h - small data files for the tests of the readers: made, opened, compared.
#ifndef HG_TESTS_DATA_SAMPLES_H
#define HG_TESTS_DATA_SAMPLES_H
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "array/reader.h"

#include <cmocka.h>

static const hg__data_options in_memory = {.memory = 64 << 20};
static const hg__data_options on_disk = {.memory = 1}; // everything larger than a byte

// An unlinked file with these bytes, as a descriptor.
static inline int make_file(const void *bytes, size_t size) {
    char path[] = "/tmp/hourglass-test-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(pwrite(fd, bytes, size, 0), (ssize_t)size);
    return fd;
}

static inline hg__data *open_bytes(const void *bytes, size_t size, const char *name,
                                   const hg__data_options *o, hg_error *err) {
    return hg__data_open_descriptor(make_file(bytes, size), name, o, err);
}

// The bytes must be refused with exactly this sentence.
static inline void expect_refusal(const void *bytes, size_t size, const char *name,
                                  const hg__data_options *o, const char *sentence) {
    hg_error err = {0};
    hg__data *d = open_bytes(bytes, size, name, o, &err);
    if (d) printf("%s was taken; expected: %s\n", name, sentence);
    assert_null(d);
    assert_string_equal(err.message, sentence);
    assert_true(err.code < 0);
}

// Ends the test: a file that is good was refused.
static inline _Noreturn void refused(const char *name, const hg_error *err) {
    print_error("%s: %s\n", name, err->message);
    fail();
    exit(1); // not reached
}

// The rows must be these numbers, wherever the rows live.
static inline void expect_rows(const void *bytes, size_t size, const char *name,
                               const hg__data_options *o, int64_t rows, int32_t width,
                               const float *values) {
    hg__data_options both[] = {*o, *o};
    both[1].memory = 1;
    for (int k = 0; k < 2; k++) {
        hg_error err = {0};
        hg__data *d = open_bytes(bytes, size, name, &both[k], &err);
        if (!d) refused(name, &err);
        assert_int_equal(d->rows, rows);
        assert_int_equal(d->width, width);
        assert_true(k == 0 ? d->base != NULL : d->base == NULL && d->fd >= 0);
        float row[64];
        for (int64_t i = 0; i < rows; i++) {
            assert_int_equal(hg__data_row(d, i, row, &err), HG_OK);
            assert_memory_equal(row, values + i * width, (size_t)width * sizeof *row);
        }
        hg__data_close(d);
    }
}

// A file of the fuzz corpus; how long it is. Tests run from the root of the tree.
static inline size_t read_seed(const char *name, uint8_t *bytes, size_t most) {
    char path[256];
    snprintf(path, sizeof path, "tests/fuzz/corpus/%s", name);
    FILE *f = fopen(path, "rb");
    if (!f) printf("%s: cannot read\n", path);
    assert_non_null(f);
    const size_t size = fread(bytes, 1, most, f);
    (void)fclose(f);
    return size;
}

// A seed cut at every byte, and with every bit of its first 160 bytes flipped: a sentence or rows, no crash.
static inline void damage_seed(const char *name) {
    static uint8_t bytes[1 << 16];
    const size_t size = read_seed(name, bytes, sizeof bytes);
    const hg__data_options *options[] = {&in_memory, &on_disk};
    for (size_t cut = 0; cut <= size; cut++) {
        hg_error err = {0};
        hg__data *d = open_bytes(bytes, cut, name, options[cut % 2], &err);
        assert_true(d || (err.code < 0 && err.message[0]));
        if (cut == size) assert_non_null(d);
        hg__data_close(d);
    }
    for (size_t bit = 0; bit < 8 * (size < 160 ? size : 160); bit++) {
        hg_error err = {0};
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
        hg__data *d = open_bytes(bytes, size, name, options[bit % 2], &err);
        assert_true(d || (err.code < 0 && err.message[0]));
        hg__data_close(d);
        bytes[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
}

// One bad input: its bytes as text or with a length, and the sentence.
typedef struct bad_input {
    const char *bytes;
    size_t size;
    const char *sentence;
} bad_input;

// Bytes of a string literal, zeros included.
#define BYTES(text) text, sizeof(text) - 1

static inline void expect_refusals(const bad_input *bad, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++) {
        expect_refusal(bad[i].bytes, bad[i].size, name, &in_memory, bad[i].sentence);
        expect_refusal(bad[i].bytes, bad[i].size, name, &on_disk, bad[i].sentence);
    }
}
#endif
