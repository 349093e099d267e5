// SPDX-License-Identifier: Apache-2.0
// codec_dicom.c - DICOM, grey and colour of 2 to 32 bits, grey floats; frames are pages. DCMTK reads it, in a plug-in
// that is opened when the first DICOM file is met, so that nobody else pays for it.
//
// What samples are is said in dicom_samples.c; rescale slope and window are left to who displays the file. A file written
// like another is an image derived from it, with pixels that are not compressed (dicom_derive.cc).
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "image/codec.h"
#include "image/dicom.h"

typedef struct dicom_reader {
    hg__dicom *file; // owned by the plug-in, closed here
    hg__dicom_info info;
    hg__dicom_layout layout; // of the frame in there
    uint8_t *frame;          // owned, as stored: 8, 16 or 32 bits
    size_t frame_bytes;
    int32_t held; // the frame in there, -1 none
} dicom_reader;

typedef struct dicom_writer {
    hg__dicom *file;     // as in dicom_reader
    hg__dicom_info info; // of the file it is like
    hg__dicom_samples samples;
    // owned, grown: (frames, height, width, channels) of 8, 16 or 32 bits as stored
    uint8_t *pixels;
    size_t bytes; // filled
    size_t capacity;
    int32_t frames;
    hg__writer *out; // borrowed
    hg_error *err;   // of the call that is being made
    int code;
} dicom_writer;

// ---- reading ------------------------------------------------------------------------------------

static void close_reader(hg__image_reader *r) {
    dicom_reader *d = r->state;
    if (!d) return;
    if (d->file) hg__dicom_load()->close(d->file);
    hg__free(d->frame);
    hg__free(d);
    r->state = NULL;
}

static int check_bits(const hg__image_reader *r, hg__dicom_info *i, hg_error *err) {
    if (i->is_float) return HG_OK;
    if (i->high < i->stored - 1) i->high = i->stored - 1; // it has no room there
    const bool is_whole = i->allocated == 8 || i->allocated == 16 || i->allocated == 32;
    if (i->allocated == 32 && i->is_big) { // some swap words, some bytes
        return hg__fail(
            err, HG_ERR_DATA,
            "%s: expected DICOM samples of 32 bits in little endian order, got big endian",
            r->name);
    }
    if (is_whole && i->stored >= 2 && i->stored <= i->allocated && i->high < i->allocated) {
        return HG_OK;
    }
    const char *what = i->allocated == 1 ? " (a mask or segmentation)" : "";
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected DICOM samples of 2 to 32 bits in 8, 16 or 32, got %d in %d%s",
                    r->name, i->stored, i->allocated, what);
}

static void set_layout(dicom_reader *d) {
    const hg__dicom_info *i = &d->info;
    d->layout = (hg__dicom_layout){.colours = i->colours,
                                   .is_planar = i->is_planar,
                                   .pixels = (size_t)i->width * (size_t)i->height,
                                   .palette = i->palette,
                                   .palette_first = i->palette_first,
                                   .entries = i->entries};
    if (i->is_float) return;
    d->layout.samples = (hg__dicom_samples){.shift = i->high + 1 - i->stored,
                                            .white = UINT32_MAX >> (32 - i->stored),
                                            .half = 1U << (i->stored - 1),
                                            .is_signed = i->is_signed,
                                            .is_white_zero = i->is_white_zero,
                                            .bytes = (size_t)i->allocated / 8};
}

static double find_nodata(const dicom_reader *d) {
    const hg__dicom_info *i = &d->info;
    if (i->is_float) return (double)i->float_padding;
    const hg__dicom_samples *s = &d->layout.samples;
    return (double)hg__dicom_sample(s, (uint32_t)i->padding << s->shift);
}

static hg__image_info to_image_info(const dicom_reader *d) {
    const hg__dicom_info *i = &d->info;
    const bool is_palette = i->colours == HG_DICOM_PALETTE;
    const hg__dtype whole = is_palette || i->allocated == 8 ? HG_U8
                            : i->allocated == 16            ? HG_U16
                                                            : HG_U32;
    return (hg__image_info){.format = "dicom",
                            .width = i->width,
                            .height = i->height,
                            .channels = i->colours == HG_DICOM_GREY ? 1 : 3,
                            .dtype = i->is_float ? HG_F32 : whole,
                            .white = i->is_float  ? 1
                                     : is_palette ? 255
                                                  : (float)d->layout.samples.white,
                            .orientation = 1,
                            .pages = i->frames,
                            .has_nodata = i->has_padding,
                            .nodata = i->has_padding ? find_nodata(d) : 0};
}

static int check_frames(const hg__image_reader *r, const hg__dicom_info *i, hg_error *err) {
    if (i->frames < 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at least 1 DICOM frame, got %d", r->name,
                        i->frames);
    }
    if (i->colours == HG_DICOM_YBR_422 && i->width % 2) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected an even width for YBR_FULL_422, got %d",
                        r->name, i->width);
    }
    const uint64_t wanted = hg__dicom_frame_bytes(i) * (uint64_t)i->frames;
    if (i->pixel_bytes && i->pixel_bytes < wanted) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %llu bytes of DICOM pixels, got %llu",
                        r->name, (unsigned long long)wanted, (unsigned long long)i->pixel_bytes);
    }
    return HG_OK;
}

static int read_header(hg__image_reader *r, dicom_reader *d, const hg__dicom_span *s,
                       hg_error *err) {
    hg__dicom_trouble trouble = {""};
    d->file = hg__dicom_load()->open(s->bytes, s->size, &d->info, &trouble);
    if (!d->file) return hg__fail(err, HG_ERR_DATA, "%s: %s", r->name, trouble.text);
    HG_TRY(check_bits(r, &d->info, err));
    set_layout(d);
    r->info = to_image_info(d);
    HG_TRY(hg__image_check(r, err));
    HG_TRY(check_frames(r, &d->info, err));
    d->frame_bytes = (size_t)hg__dicom_frame_bytes(&d->info);
    d->frame = hg__alloc(d->frame_bytes + 2, 1, err); // DCMTK fills an even number of bytes
    d->held = -1;
    r->held = r->file->size + d->frame_bytes;
    return d->frame ? HG_OK : HG_ERR_MEMORY;
}

static int open_reader(hg__image_reader *r, hg_error *err) {
    HG_TRY(hg__dicom_need(r->name, err));
    hg__dicom_span s = {r->file->bytes, r->file->size};
    uint8_t *inflated = NULL;
    int code = hg__dicom_inflate(&s, &inflated, r->name, err);
    if (code == HG_OK) code = hg__dicom_check(&s, r->name, err);
    dicom_reader *d = code == HG_OK ? hg__alloc(1, sizeof *d, err) : NULL;
    if (code == HG_OK && !d) code = HG_ERR_MEMORY;
    r->state = d;
    if (code == HG_OK) code = read_header(r, d, &s, err);
    hg__free(inflated);
    hg__image_file_drop(r->file); // DCMTK has what it needs of it
    if (code < 0) close_reader(r);
    return code;
}

static int unpack_frame(const hg__image_reader *r, hg__dicom_trouble *trouble) {
    const dicom_reader *d = r->state;
    const uint8_t *bytes = NULL;
    size_t size = 0;
    if (hg__dicom_load()->fragment(d->file, r->info.page, &bytes, &size, trouble) < 0) return -1;
    if (hg__dicom_unpack_rle(bytes, size, d->layout.pixels, (size_t)d->info.samples,
                             d->layout.samples.bytes, d->frame)) {
        return 0;
    }
    snprintf(trouble->text, sizeof trouble->text,
             "expected whole run lengths (RLE) in frame %d, got damaged ones", r->info.page + 1);
    return -1;
}

static int hold_frame(const hg__image_reader *r, hg_error *err) {
    dicom_reader *d = r->state;
    hg__dicom_trouble trouble = {""};
    if (d->held == r->info.page) return HG_OK;
    if (d->info.is_rle) d->layout.is_planar = false; // its segments are laid out so
    const int done = d->info.is_rle
                         ? unpack_frame(r, &trouble)
                         : hg__dicom_load()->read(d->file, r->info.page, d->frame, d->frame_bytes,
                                                  &d->layout.colours, &trouble);
    if (done < 0) return hg__fail(err, HG_ERR_DATA, "%s: %s", r->name, trouble.text);
    d->held = r->info.page;
    return HG_OK;
}

static int read_lines(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    HG_TRY(hold_frame(r, err));
    const dicom_reader *d = r->state;
    const size_t width = (size_t)r->info.width, count = width * (size_t)lines;
    const size_t first = width * (size_t)r->next_line;
    if (d->info.is_float) {
        memcpy(to, d->frame + first * sizeof(float), count * sizeof(float));
    } else {
        hg__dicom_get(&d->layout, d->frame, first, count, to);
    }
    return HG_OK;
}

static int next_page(hg__image_reader *r, hg_error *err) {
    (void)err;
    if (r->info.page + 1 >= r->info.pages) return 0;
    r->info.page++;
    return 1;
}

// ---- writing ------------------------------------------------------------------------------------

static void drop(hg__image_writer *w) {
    dicom_writer *d = w->state;
    if (!d) return;
    if (d->file) hg__dicom_load()->close(d->file);
    hg__free(d->pixels);
    hg__free(d);
    w->state = NULL;
}

// Room for one more frame, doubled as frames come.
static int add_frame(hg__image_writer *w, hg_error *err) {
    dicom_writer *d = w->state;
    const size_t frame = hg__image_line_bytes(&w->info) * (size_t)w->info.height;
    const size_t wanted = d->bytes + frame;
    d->frames++;
    if (wanted <= d->capacity) return HG_OK;
    const size_t capacity = wanted + d->capacity;
    uint8_t *grown = hg__grow(d->pixels, capacity + 1, 1, err);
    if (!grown) return HG_ERR_MEMORY;
    d->pixels = grown;
    d->capacity = capacity;
    return HG_OK;
}

// A palette's colours are written as such, whatever their indices were.
static void set_written(dicom_writer *d, const dicom_reader *from) {
    d->info = from->info;
    d->samples = from->layout.samples;
    if (d->info.colours != HG_DICOM_PALETTE) return;
    d->info.allocated = d->info.stored = 8;
    d->info.high = 7;
    d->info.is_signed = 0;
    d->samples = (hg__dicom_samples){.white = 255, .half = 128, .bytes = 1};
}

static int create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    if (!like || like->codec != &hg__codec_dicom || like->info.dtype != w->info.dtype) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected another format: DICOM is only written like a DICOM file",
                        w->file.path);
    }
    dicom_writer *d = hg__alloc(1, sizeof *d, err);
    if (!d) return HG_ERR_MEMORY;
    w->state = d;
    const dicom_reader *from = like->state;
    hg__dicom_trouble trouble = {""};
    set_written(d, from);
    d->out = &w->file;
    d->file = hg__dicom_load()->copy(from->file, &trouble);
    int code = d->file ? add_frame(w, err)
                       : hg__fail(err, HG_ERR_MEMORY, "%s: %s", w->file.path, trouble.text);
    if (code < 0) drop(w);
    return code;
}

static int start_page(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    (void)like; // frames are all alike
    return add_frame(w, err);
}

static int write_lines(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    dicom_writer *d = w->state;
    (void)err;
    const size_t bytes = hg__image_line_bytes(&w->info) * (size_t)lines;
    if (d->info.is_float) {
        memcpy(d->pixels + d->bytes, from, bytes);
    } else {
        hg__dicom_put(&d->samples, from, bytes / hg__dtype_size(w->info.dtype),
                      d->pixels + d->bytes);
    }
    d->bytes += bytes;
    return HG_OK;
}

static int sink(void *context, const void *bytes, size_t size) {
    dicom_writer *d = context;
    d->code = hg__writer_add(d->out, bytes, size, d->err);
    return d->code;
}

// The same pixels from the same file have the same UIDs, here and on any machine; a series stays together.
static int finish(hg__image_writer *w, hg_error *err) {
    dicom_writer *d = w->state;
    const hg__dicom_info *i = &d->info;
    hg__dicom_trouble trouble = {""};
    char image[HG_DICOM_UID], series[HG_DICOM_UID], study[HG_DICOM_UID];
    d->err = err;
    d->code = HG_OK;
    hg__dicom_uid(image, "image", i->image_uid, d->pixels, d->bytes);
    hg__dicom_uid(series, "series", i->series_uid[0] ? i->series_uid : image, "", 0);
    hg__dicom_uid(study, "study", image, "", 0);
    if (d->bytes % 2) d->pixels[d->bytes++] = 0; // DICOM's values are even
    const hg__dicom_new made = {.pixels = d->pixels,
                                .bytes = d->bytes,
                                .frames = d->frames,
                                .allocated = i->allocated,
                                .stored = i->stored,
                                .high = i->high,
                                .is_signed = i->is_signed,
                                .is_float = i->is_float,
                                .is_rgb = w->info.channels == 3,
                                .image_uid = image,
                                .series_uid = series,
                                .study_uid = study,
                                .software = "Hourglass",
                                .version = hg_version()};
    const int done = hg__dicom_load()->write(d->file, &made, sink, d, &trouble);
    if (d->code < 0) return d->code;
    if (done == 0) return HG_OK;
    return hg__fail(err, HG_ERR_IO, "%s: %s", w->file.path, trouble.text);
}

const hg__codec hg__codec_dicom = {
    .name = "dicom",
    .extensions = ".dcm.dicom.",
    .sniff = hg__dicom_has_mark,
    .guess = hg__dicom_is_bare,
    .is_whole = true,
    .open = open_reader,
    .read = read_lines,
    .next_page = next_page,
    .close = close_reader,
    .create = create,
    .write = write_lines,
    .start_page = start_page,
    .finish = finish,
    .drop = drop,
};
