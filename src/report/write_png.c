// SPDX-License-Identifier: Apache-2.0
// write_png.c - a canvas as a PNG file, by libpng.
#include <png.h>
#include <setjmp.h>

#include "base/file.h"
#include "base/mem.h"
#include "report/canvas.h"

typedef struct output {
    hg__writer file;
    const char *path;
    hg_error *err;
    int code; // of the first failure
} output;

static void add(png_structp png, png_bytep bytes, size_t size) {
    output *o = png_get_io_ptr(png);
    o->code = hg__writer_add(&o->file, bytes, size, o->err);
    if (o->code < 0) png_error(png, "write");
}

static void flush(png_structp png) {
    (void)png;
}

static void fail(png_structp png, png_const_charp reason) {
    output *o = png_get_error_ptr(png);
    if (o->code == HG_OK) {
        o->code = hg__fail(o->err, HG_ERR_IO, "%s: cannot write PNG: %s", o->path, reason);
    }
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp reason) {
    (void)png;
    (void)reason;
}

static png_voidp take_memory(png_structp png, png_alloc_size_t size) {
    (void)png;
    return hg__lib_malloc(size);
}

static void give_memory(png_structp png, png_voidp block) {
    (void)png;
    hg__lib_free(block);
}

// libpng leaves by longjmp: nothing local changes between here and there.
static void encode(png_structp png, png_infop info, const hg__canvas *c) {
    if (setjmp(png_jmpbuf(png))) return;
    png_set_IHDR(png, info, (png_uint_32)c->width, (png_uint_32)c->height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, info);
    for (int32_t y = 0; y < c->height; y++) {
        png_write_row(png, c->rgb + (size_t)y * (size_t)c->width * 3);
    }
    png_write_end(png, info);
}

static int write_picture(output *o, const hg__canvas *c) {
    png_structp png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, o, fail, ignore, NULL,
                                                take_memory, give_memory);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    if (info) {
        png_set_write_fn(png, o, add, flush);
        encode(png, info, c);
    } else {
        o->code = hg__fail(o->err, HG_ERR_MEMORY, "%s: out of memory for PNG", o->path);
    }
    png_destroy_write_struct(&png, &info);
    return o->code;
}

int hg__canvas_save(const hg__canvas *c, const char *path, hg_error *err) {
    output o = {.path = path, .err = err};
    HG_TRY(hg__writer_open(&o.file, path, err));
    if (write_picture(&o, c) < 0) {
        hg__writer_abort(&o.file);
        return o.code;
    }
    return hg__writer_commit(&o.file, err);
}
