// SPDX-License-Identifier: Apache-2.0
// codec_case.h - image files as bytes: what every format's test does to them.
#ifndef HG_TESTS_CODEC_CASE_H
#define HG_TESTS_CODEC_CASE_H
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "image/image.h"
// cmocka needs the four standard headers before it
#include <cmocka.h>

typedef struct file_bytes {
    uint8_t *data; // owned
    size_t size;
} file_bytes;

static char case_folder[64] = "/tmp/hourglass-codec-XXXXXX";

static inline int make_case_folder(void **state) {
    (void)state;
    return mkdtemp(case_folder) ? 0 : -1;
}

static inline int remove_case_folder(void **state) {
    (void)state;
    return rmdir(case_folder); // a test that leaves a file behind fails here
}

static inline const char *case_path(char path[128], const char *name) {
    snprintf(path, 128, "%s/%s", case_folder, name);
    return path;
}

// Reads a file whole and removes it.
static inline file_bytes take_file(const char *path) {
    hg__content m;
    assert_int_equal(hg__content_read(&m, path, NULL), HG_OK);
    file_bytes f = {malloc(m.size ? m.size : 1), m.size};
    assert_non_null(f.data);
    memcpy(f.data, m.data, m.size);
    hg__content_free(&m);
    unlink(path);
    return f;
}

// Every line of every page, one by one; pages read, or a negative code.
static inline int read_pages(hg__image_reader *r, hg_error *err) {
    for (int pages = 1;; pages++) {
        const hg__image_info *i = hg__image_info_of(r);
        uint8_t *line = malloc(hg__image_line_bytes(i));
        assert_non_null(line);
        int code = HG_OK;
        for (int32_t y = 0; y < i->height && code == HG_OK; y++) {
            code = hg__image_read_lines(r, line, 1, err);
        }
        free(line);
        if (code == HG_OK) code = hg__image_next_page(r, err);
        if (code < 0) return code;
        if (code == 0) return pages;
    }
}

// Decodes all there is. Memory of exactly `size` bytes, so that a sanitizer sees a read behind it.
static inline int decode(const uint8_t *bytes, size_t size, hg_error *err) {
    uint8_t *exact = malloc(size ? size : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    *err = (hg_error){0};
    hg__image_reader *r = hg__image_open_bytes(exact, size, "some.file", err);
    const int code = r ? read_pages(r, err) : err->code;
    hg__image_close(r);
    free(exact);
    if (code < 0) {
        assert_int_equal(code, err->code);
        assert_memory_equal(err->message, "some.file: ", 11);
    }
    return code;
}

// The same from a file of which no more than a piece is in memory at a time. cut: it loses its second half once it is open.
static inline int decode_pieces(const file_bytes *f, bool cut, hg_error *err) {
    char path[128];
    const uint64_t whole = hg__image_limit.whole;
    assert_int_equal(hg__write_file(case_path(path, "pieces"), f->data, f->size, err), HG_OK);
    hg__image_limit.whole = 0;
    *err = (hg_error){0};
    hg__image_reader *r = hg__image_open(path, err);
    if (cut) assert_int_equal(truncate(path, (off_t)f->size / 2), 0);
    const int code = r ? read_pages(r, err) : err->code;
    hg__image_close(r);
    hg__image_limit.whole = whole;
    unlink(path);
    return code;
}

static inline void assert_whole(const file_bytes *f, int pages) {
    hg_error err;
    const int code = decode(f->data, f->size, &err);
    if (code < 0) print_error("%s\n", err.message);
    assert_int_equal(code, pages);
    assert_int_equal(decode_pieces(f, false, &err), pages);
    const int cut =
        decode_pieces(f, true, &err); // what was read before is enough, or it is an error
    assert_true(cut == pages || (cut < 0 && cut == (int)err.code));
}

static inline void assert_refused(const file_bytes *f, const char *sentence) {
    hg_error err;
    assert_int_equal(decode(f->data, f->size, &err), HG_ERR_DATA);
    assert_string_equal(err.message, sentence);
}

// Cut off anywhere, a file is an error and a sentence.
static inline void assert_cuts_fail(const file_bytes *f) {
    hg_error err;
    for (size_t size = 0; size < f->size; size++) {
        const int code = decode(f->data, size, &err);
        if (code != HG_ERR_DATA) {
            fail_msg("cut after %zu of %zu bytes: %d %s", size, f->size, code, err.message);
        }
    }
}

// Any one bit turned round in the first `size` bytes: a result or a sentence. How many were refused.
static inline int count_flips_refused(file_bytes *f, size_t size) {
    hg_error err;
    int refused = 0;
    for (size_t bit = 0; bit < 8 * f->size && bit < 8 * size; bit++) {
        f->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
        refused += decode(f->data, f->size, &err) < 0;
        f->data[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    return refused;
}

// The first page's samples, owned by the caller.
static inline uint8_t *decode_first(const file_bytes *f, hg__image_info *info) {
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(f->data, f->size, "some.file", &err);
    if (!r) fail_msg("%s", err.message);
    *info = *hg__image_info_of(r);
    uint8_t *pixels = malloc(hg__image_line_bytes(info) * (size_t)info->height);
    assert_non_null(pixels);
    if (hg__image_read_lines(r, pixels, info->height, &err) < 0) fail_msg("%s", err.message);
    hg__image_close(r);
    return pixels;
}

// Written like itself, all pages, by way of a file; `change` (may be NULL) may alter a line.
static inline file_bytes copy_like(const file_bytes *f, void (*change)(uint8_t *line, size_t n)) {
    char path[128];
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(f->data, f->size, "some.file", &err);
    if (!r) fail_msg("%s", err.message);
    hg__image_writer *w = hg__image_create(case_path(path, "copy"), r, &err);
    if (!w) fail_msg("%s", err.message);
    int more;
    do {
        const hg__image_info *i = hg__image_info_of(r);
        const size_t bytes = hg__image_line_bytes(i);
        uint8_t *line = malloc(bytes);
        assert_non_null(line);
        for (int32_t y = 0; y < i->height; y++) {
            if (hg__image_read_lines(r, line, 1, &err) < 0) fail_msg("%s", err.message);
            if (change) change(line, bytes);
            if (hg__image_write_lines(w, line, 1, &err) < 0) fail_msg("%s", err.message);
        }
        free(line);
        more = hg__image_next_page(r, &err);
        if (more == 1) assert_int_equal(hg__image_start_page(w, r, &err), HG_OK);
    } while (more == 1);
    assert_int_equal(more, 0);
    hg__image_close(r);
    if (hg__image_commit(w, &err) < 0) fail_msg("%s", err.message);
    return take_file(path);
}

// Every line of every page, from one to the other; pages of at most 4096 bytes a line.
static inline int pass_lines(hg__image_reader *r, hg__image_writer *w, hg_error *err) {
    for (;;) {
        const hg__image_info *i = hg__image_info_of(r);
        uint8_t line[4096];
        for (int32_t y = 0; y < i->height; y++) {
            HG_TRY(hg__image_read_lines(r, line, 1, err));
            HG_TRY(hg__image_write_lines(w, line, 1, err));
        }
        const int more = hg__image_next_page(r, err);
        if (more <= 0) return more;
        HG_TRY(hg__image_start_page(w, r, err));
    }
}

// Written like itself over a file that is there, with faults on the way: all of it, or the old file and a sentence. For
// faults.h: an exit status.
static inline int copy_with_faults(const char *from, const char *to, const char *sign) {
    hg_error err = {0};
    hg__image_reader *r = hg__image_open(from, &err);
    hg__image_writer *w = r ? hg__image_create(to, r, &err) : NULL;
    int code = w ? pass_lines(r, w, &err) : err.code;
    if (code == HG_OK) {
        code = hg__image_commit(w, &err);
    } else {
        hg__image_abort(w);
    }
    hg__image_close(r);
    char found[8] = "";
    FILE *f = fopen(to, "rb");
    const size_t size = f ? fread(found, 1, 4, f) : 0;
    if (f) fclose(f);
    const bool is_old = size == 3 && memcmp(found, sign, 3) == 0;
    if (code == HG_OK) return size == 4 && !is_old ? 0 : 41;
    return is_old && err.code == code && err.message[0] ? 40 : 41;
}

// A file of ../shared/data, or a skipped test where that is not there.
static inline file_bytes load_shared(const char *name) {
    const char *root = getenv("HG_DATA");
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", root ? root : "../shared/data", name);
    if (!hg__is_file(path)) skip();
    hg__content m;
    assert_int_equal(hg__content_read(&m, path, NULL), HG_OK);
    file_bytes f = {malloc(m.size), m.size};
    assert_non_null(f.data);
    memcpy(f.data, m.data, m.size);
    hg__content_free(&m);
    return f;
}
#endif
