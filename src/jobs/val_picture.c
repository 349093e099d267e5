// SPDX-License-Identifier: Apache-2.0
// val_picture.c - what went in, what came out and what should have, side by side in one PNG.
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "jobs/val.h"

enum { PARTS = 3, GAP = 8, MOST_SIDE = 1000000 };

// The file's name, with the folders it lies in as part of it: nothing is written outside `folder`.
static int name_picture(char path[1024], const char *folder, const char *name, hg_error *err) {
    char flat[1024];
    const int length = snprintf(flat, sizeof flat, "%s.png", name);
    if (length < 0 || length >= (int)sizeof flat) {
        return hg__fail(err, HG_ERR_DATA, "%.200s...: expected a shorter name", name);
    }
    for (char *c = flat; *c; c++) {
        if (*c == '/') *c = '_';
    }
    return hg__join_path(path, 1024, folder, flat, err);
}

static int write_lines(hg__image_writer *w, const hg__image_info *info, const hg__frame *f,
                       const float *const part[PARTS], hg_error *err) {
    const size_t count = (size_t)f->width * (size_t)f->channels;
    const size_t step = count + (size_t)GAP * (size_t)f->channels;
    const size_t whole = (size_t)info->width * (size_t)info->channels;
    float *line = hg__alloc(whole, sizeof *line, err);       // (info->width, channels)
    uint8_t *bytes = line ? hg__alloc(whole, 1, err) : NULL; // the same
    int code = bytes ? HG_OK : HG_ERR_MEMORY;
    for (size_t i = 0; bytes && i < whole; i++) line[i] = 1;
    for (int32_t y = 0; code == HG_OK && y < f->height; y++) {
        for (size_t k = 0; k < PARTS; k++) {
            memcpy(line + k * step, part[k] + (size_t)y * count, count * sizeof *line);
        }
        hg__image_from_real(info, line, 1, info->channels, bytes);
        code = hg__image_write_lines(w, bytes, 1, err);
    }
    hg__free(bytes);
    hg__free(line);
    return code;
}

int hg__val_picture(const char *folder, const char *name, const hg__frame *f,
                    const float *const part[PARTS], hg_error *err) {
    char path[1024];
    if (f->width > (MOST_SIDE - 2 * GAP) / PARTS) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at most %d columns for out=, got %d", name,
                        (MOST_SIDE - 2 * GAP) / PARTS, f->width);
    }
    HG_TRY(hg__make_folder(folder, err));
    HG_TRY(name_picture(path, folder, name, err));
    const hg__image_info info = {.format = "png",
                                 .width = PARTS * f->width + (PARTS - 1) * GAP,
                                 .height = f->height,
                                 .channels = f->channels,
                                 .dtype = HG_U8,
                                 .white = 255,
                                 .orientation = 1,
                                 .pages = 1};
    hg__image_writer *w = hg__image_create_new(path, &info, err);
    if (!w) return (int)err->code;
    const int code = write_lines(w, &info, f, part, err);
    if (code == HG_OK) return hg__image_commit(w, err);
    hg__image_abort(w);
    return code;
}
