// SPDX-License-Identifier: Apache-2.0
// noise_jpeg.c - a row compressed as JPEG and back, in memory (libjpeg-turbo; its bits do not depend on the processor).
#include <jerror.h>
#include <jpeglib.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "corrupt/noise_type.h"

typedef struct failure {
    struct jpeg_error_mgr manager; // first: the library knows only this
    jmp_buf back;
    char sentence[JMSG_LENGTH_MAX];
} failure;

// How many samples of luma there are for one of colour.
typedef struct coding {
    int32_t across, down;
} coding;

static void fail(j_common_ptr info) {
    failure *f = (failure *)info->err;
    f->manager.format_message(info, f->sentence);
    longjmp(f->back, 1);
}

static void be_silent(j_common_ptr info) {
    (void)info;
}

// Compressed bytes: never more than this (photographs at quality 100 take a fifth).
static size_t most_bytes(int32_t height, int32_t width, int32_t channels) {
    return 2048 + 4 * (size_t)(height + 16) * (size_t)(width + 16) * (size_t)channels;
}

static size_t scratch(int32_t height, int32_t width, int32_t channels, double amount) {
    (void)amount;
    const size_t pixels = (size_t)height * (size_t)width * (size_t)channels;
    return (pixels + most_bytes(height, width, channels)) / sizeof(float) + 2;
}

static void start_output(j_compress_ptr c) {
    (void)c;
}

static boolean output_is_full(j_compress_ptr c) {
    c->err->msg_code = JERR_BUFFER_SIZE;
    c->err->error_exit((j_common_ptr)c);
    return FALSE;
}

// NOLINTNEXTLINE(readability-non-const-parameter): the library writes bytes through its manager
static int compress(const hg__noise_row *r, const coding *how, uint8_t *pixels, uint8_t *bytes,
                    size_t *size, failure *f) {
    struct jpeg_compress_struct c = {.err = &f->manager};
    const size_t most = most_bytes(r->height, r->width, r->channels);
    struct jpeg_destination_mgr to = {.next_output_byte = bytes,
                                      .free_in_buffer = most,
                                      .init_destination = start_output,
                                      .empty_output_buffer = output_is_full,
                                      .term_destination = start_output};
    if (setjmp(f->back)) {
        jpeg_destroy_compress(&c);
        return -1;
    }
    jpeg_create_compress(&c);
    c.dest = &to;
    c.image_width = (JDIMENSION)r->width;
    c.image_height = (JDIMENSION)r->height;
    c.input_components = r->channels;
    c.in_color_space = r->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, (int)(r->amount + 0.5), TRUE);
    if (r->channels == 3) { // samples of luma for one of colour
        c.comp_info[0].h_samp_factor = how->across;
        c.comp_info[0].v_samp_factor = how->down;
    }
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height) {
        JSAMPROW line = pixels + (size_t)c.next_scanline * (size_t)(r->width * r->channels);
        jpeg_write_scanlines(&c, &line, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    *size = most - to.free_in_buffer;
    return 0;
}

static int expand(const hg__noise_row *r, uint8_t *pixels, const uint8_t *bytes, size_t size,
                  failure *f) {
    struct jpeg_decompress_struct d = {.err = &f->manager};
    if (setjmp(f->back)) {
        jpeg_destroy_decompress(&d);
        return -1;
    }
    jpeg_create_decompress(&d);
    jpeg_mem_src(&d, bytes, (unsigned long)size);
    jpeg_read_header(&d, TRUE);
    d.dct_method = JDCT_ISLOW;
    jpeg_start_decompress(&d);
    while (d.output_scanline < d.output_height) {
        JSAMPROW line = pixels + (size_t)d.output_scanline * (size_t)(r->width * r->channels);
        jpeg_read_scanlines(&d, &line, 1);
    }
    jpeg_finish_decompress(&d);
    jpeg_destroy_decompress(&d);
    return 0;
}

static int run(const hg__noise_row *r, const coding *how, float *x, hg_error *err) {
    const size_t n = hg__noise_count(r);
    uint8_t *pixels = (uint8_t *)r->scratch, *bytes = pixels + n;
    failure f;
    size_t size = 0;
    memset(&f, 0, sizeof f);
    jpeg_std_error(&f.manager);
    f.manager.error_exit = fail;
    f.manager.output_message = be_silent;
    for (size_t i = 0; i < n; i++) {
        const float level = x[i] * 255 + 0.5F;
        pixels[i] = (uint8_t)(level > 0 ? level < 255 ? level : 255 : 0); // NaN gives 0
    }
    if (compress(r, how, pixels, bytes, &size, &f) < 0 || expand(r, pixels, bytes, size, &f) < 0) {
        return hg__fail(err, HG_ERR_MEMORY, "noise: jpeg: %.150s", f.sentence);
    }
    for (size_t i = 0; i < n; i++) x[i] = (float)pixels[i] / 255;
    return HG_OK;
}

static int jpeg(const hg__noise_row *r, float *x, hg_error *err) {
    return run(r, &(coding){2, 2}, x, err);
}

// Telephones halve colour each way (4:2:0), many cameras across alone (4:2:2), some do not (4:4:4).
static int camera_jpeg(const hg__noise_row *r, float *x, hg_error *err) {
    static const coding used[] = {
        {2, 2},
        {2, 2},
        {2, 1},
        {1, 1}
    };
    float u[16];
    hg__noise_uniform(r, 0, 1, u);
    return run(r, &used[(int32_t)(u[0] * 4)], x, err);
}

const hg__noise_type hg__noise_jpeg = {.name = "jpeg",
                                       .summary = "compressed and back",
                                       .amount = "quality, 1 to 100",
                                       .least = 1,
                                       .most = 100,
                                       .needs_image = true,
                                       .scratch = scratch,
                                       .apply = jpeg};
const hg__noise_type hg__noise_camera_jpeg = {.name = "camera_jpeg",
                                              .summary =
                                                  "compressed and back, colour at full, half or "
                                                  "quarter resolution as cameras have it",
                                              .amount = "quality, 60-98 unless given",
                                              .least = 1,
                                              .most = 100,
                                              .low = 60,
                                              .high = 98,
                                              .needs_image = true,
                                              .scratch = scratch,
                                              .apply = camera_jpeg};
