// SPDX-License-Identifier: Apache-2.0
// fuzz_image.c - bytes as an image file: every page is read, and written like itself to nowhere.
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "image/image.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is the fuzzer's
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_info(const hg__image_info *i) {
    if (!i->format || i->width < 1 || i->height < 1) abort();
    if (i->channels != 1 && i->channels != 3) abort();
    if (i->dtype == HG_BOOL || i->dtype == HG_BF16) abort();
    if (!(i->white > 0) || i->orientation < 1 || i->orientation > 8) abort();
    if ((uint64_t)i->width * (uint64_t)i->height > hg__image_limit.pixels) abort();
}

static int pass_page(hg__image_reader *r, hg__image_writer *w, hg_error *err) {
    const hg__image_info *i = hg__image_info_of(r);
    check_info(i);
    uint8_t *line = hg__alloc(hg__image_line_bytes(i), 1, err);
    float *x = hg__alloc((size_t)i->width * 3, sizeof *x, err);
    int code = line && x ? HG_OK : HG_ERR_MEMORY;
    for (int32_t y = 0; y < i->height && code == HG_OK; y++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code == HG_OK) {
            hg__image_to_real(i, line, 1, 3, x);
            hg__image_from_real(i, x, 1, 3, line);
            if (w) code = hg__image_write_lines(w, line, 1, err);
        }
    }
    hg__free(line);
    hg__free(x);
    return code;
}

// A writer that fails is no finding: a format may be read and not written.
static int pass_pages(hg__image_reader *r, hg__image_writer **w, hg_error *err) {
    int more;
    do {
        HG_TRY(pass_page(r, *w, err));
        HG_TRY(more = hg__image_next_page(r, err));
        if (more && *w && hg__image_start_page(*w, r, err) < 0) {
            hg__image_abort(*w);
            *w = NULL;
        }
    } while (more);
    return HG_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    hg__image_limit =
        (hg__image_limits){.pixels = 1 << 16, .side = 1 << 14, .expansion = 10000, .pages = 8};
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(bytes, size, "fuzz.png", &err);
    if (!r) {
        if (err.code >= 0 || !err.message[0]) abort();
        return 0;
    }
    hg__image_writer *w = hg__image_create("/dev/null", r, &err);
    const int code = pass_pages(r, &w, &err);
    if (code < 0 && (code != (int)err.code || !err.message[0])) abort();
    if (code == HG_OK && w) {
        (void)hg__image_commit(w, &err);
    } else {
        hg__image_abort(w);
    }
    hg__image_close(r);
    return 0;
}
