// SPDX-License-Identifier: Apache-2.0
// pixels.c - an image's samples for comparison with other readers: pixels FILE RAW [COPY]
//
// Prints what the header says, writes the samples of every page as they are in memory to RAW and, with COPY, an image
// written like FILE from them.
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"

static int pass_page(hg__image_reader *r, hg__writer *raw, hg__image_writer *copy, hg_error *err) {
    const hg__image_info *i = hg__image_info_of(r);
    printf("%s %d %d %d %d %s %g %d\n", i->format, i->width, i->height, i->channels, i->alpha,
           hg__dtype_name(i->dtype), (double)i->white, i->orientation);
    const size_t size = hg__image_line_bytes(i);
    uint8_t *line = hg__alloc(size, 1, err);
    int code = line ? HG_OK : HG_ERR_MEMORY;
    for (int32_t y = 0; y < i->height && code == HG_OK; y++) {
        code = hg__image_read_lines(r, line, 1, err);
        if (code == HG_OK) code = hg__writer_add(raw, line, size, err);
        if (code == HG_OK && copy) code = hg__image_write_lines(copy, line, 1, err);
    }
    hg__free(line);
    return code;
}

static int pass_pages(hg__image_reader *r, hg__writer *raw, hg__image_writer *copy, hg_error *err) {
    int more;
    do {
        HG_TRY(pass_page(r, raw, copy, err));
        HG_TRY(more = hg__image_next_page(r, err));
        if (more && copy) HG_TRY(hg__image_start_page(copy, r, err));
    } while (more);
    return HG_OK;
}

static int run(const char *path, const char *raw_path, const char *copy_path, hg_error *err) {
    hg__writer raw;
    hg__image_writer *copy = NULL;
    HG_TRY(hg__writer_open(&raw, raw_path, err));
    hg__image_reader *r = hg__image_open(path, err);
    int code = r ? HG_OK : (int)err->code;
    if (code == HG_OK && copy_path) {
        copy = hg__image_create(copy_path, r, err);
        if (!copy) code = (int)err->code;
    }
    if (code == HG_OK) code = pass_pages(r, &raw, copy, err);
    if (code == HG_OK) code = hg__writer_commit(&raw, err);
    if (code == HG_OK && copy) {
        code = hg__image_commit(copy, err);
        copy = NULL;
    }
    hg__image_abort(copy);
    hg__writer_abort(&raw);
    hg__image_close(r);
    return code;
}

int main(int argc, char **argv) {
    hg_error err = {0};
    if (argc < 3 || argc > 4) return 2;
    if (run(argv[1], argv[2], argc > 3 ? argv[3] : NULL, &err) == HG_OK) return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
