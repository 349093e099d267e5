// SPDX-License-Identifier: Apache-2.0
// tiff_write.c - TIFF and BigTIFF, by libtiff: writing.
//
// libtiff goes back in a file it writes, so it works on the writer's file itself. A file written like
// another keeps its byte order, bits, kind of grey and alpha, lossless compression with its predictor,
// resolution, colour profile and every other tag that does not point into the old file. It is always in
// strips of whole pixels; a palette becomes RGB; what was lossy (JPEG) becomes deflate.
#include <fcntl.h>
#include <unistd.h>

#include "base/int.h"
#include "base/mem.h"
#include "image/tiff.h"

enum { STRIP_BYTES = 1 << 18, NEW_DEFLATE = COMPRESSION_ADOBE_DEFLATE };
#define CLASSIC_BYTES 4000000000U // a classic TIFF ends at 4 GiB

typedef struct tiff_writer {
    TIFF *tiff; // owned
    hg__tiff_messages messages;
    hg__tiff_layout layout;
    const char *path; // borrowed
    int fd;           // the writer's, once more
    uint64_t at;
    uint32_t line;   // of this page
    uint8_t *stored; // owned, one line as stored
    void *samples;   // owned, one line of info's samples
    hg_error first;  // what our own calls said
} tiff_writer;

// ---- libtiff's input and output ----------------------------------------------------------------------------

static tmsize_t read_bytes(thandle_t self, void *to, tmsize_t size) {
    tiff_writer *t = self;
    if (hg__read_at(t->fd, to, (size_t)size, t->at, t->path, &t->first) < 0) return 0;
    t->at += (uint64_t)size;
    return size;
}

static tmsize_t write_bytes(thandle_t self, void *from, tmsize_t size) {
    tiff_writer *t = self;
    if (t->first.code != HG_OK) return 0; // after a failure nothing more
    if (lseek(t->fd, (off_t)t->at, SEEK_SET) < 0) {
        hg__fail_errno(&t->first, HG_ERR_IO, "%s: cannot write", t->path);
        return 0;
    }
    if (hg__write_all(t->fd, from, (size_t)size, t->path, &t->first) < 0) return 0;
    t->at += (uint64_t)size;
    return size;
}

static toff_t get_size(thandle_t self) {
    const tiff_writer *t = self;
    const off_t size = lseek(t->fd, 0, SEEK_END);
    return size < 0 ? 0 : (toff_t)size;
}

static toff_t seek(thandle_t self, toff_t offset, int whence) {
    tiff_writer *t = self;
    if (whence == SEEK_SET) t->at = offset;
    if (whence == SEEK_CUR) t->at += offset;
    if (whence == SEEK_END) t->at = get_size(self) + offset;
    return t->at;
}

static int fail_write(const tiff_writer *t, hg_error *err) {
    if (t->first.code != HG_OK) {
        return hg__fail(err, t->first.code, "%s", t->first.message);
    }
    return hg__fail(err, HG_ERR_IO, "%s: cannot write TIFF: %s", t->path,
                    t->messages.text[0] ? t->messages.text : "libtiff does not say why");
}

// ---- what a page keeps of another ---------------------------------------------------------------

// Fields whose values are places in the old file, or old pixels.
static bool is_left_out(uint32_t tag, TIFFDataType type) {
    return tag == HG_TIFF_LAYERS || type == TIFF_IFD || type == TIFF_IFD8 ||
           tag == TIFFTAG_SUBIFD || tag == TIFFTAG_EXIFIFD || tag == TIFFTAG_GPSIFD ||
           tag == TIFFTAG_INTEROPERABILITYIFD;
}

// A field that libtiff does not know by name: `count` values of its type.
static void add_field(TIFF *to, uint32_t tag, TIFFDataType type) {
    static char name[] = "Kept";
    const TIFFFieldInfo info = {.field_tag = tag,
                                .field_readcount = TIFF_VARIABLE2,
                                .field_writecount = TIFF_VARIABLE2,
                                .field_type = type,
                                .field_bit = FIELD_CUSTOM,
                                .field_oktochange = 1,
                                .field_passcount = 1,
                                .field_name = name};
    hg__tiff.MergeFieldInfo(to, &info, 1);
}

static void copy_counted(TIFF *to, TIFF *from, uint32_t tag, const TIFFField *field) {
    const void *values = NULL;
    uint32_t count = 0;
    uint16_t few = 0;
    const bool wide = hg__tiff.FieldReadCount(field) == TIFF_VARIABLE2;
    if (!hg__tiff.FindField(to, tag, TIFF_ANY)) {
        if (!wide) return;
        add_field(to, tag, hg__tiff.FieldDataType(field));
    }
    if (wide && hg__tiff.GetField(from, tag, &count, &values)) {
        hg__tiff.SetField(to, tag, count, values);
    }
    if (!wide && hg__tiff.GetField(from, tag, &few, &values)) {
        hg__tiff.SetField(to, tag, few, values);
    }
}

// What says of a stack in one directory where its planes are: each has its own directory now.
static bool is_of_stack(const hg__tiff_reader *like, int32_t page, uint32_t tag) {
    if (!like->plane_bytes) return false;
    const bool is_kept = page == 0 && hg__tiff_is_imagej_stack(like);
    return (tag == TIFFTAG_IMAGEDESCRIPTION && !is_kept) || (tag >= 33628 && tag <= 33631);
}

// Texts, colour profile, XMP, and the fields of others (GeoTIFF, ImageJ ...).
static void copy_fields(TIFF *to, const hg__tiff_reader *like, int32_t page) {
    TIFF *from = like->tiff;
    const int count = hg__tiff.GetTagListCount(from);
    for (int i = 0; i < count; i++) {
        const uint32_t tag = hg__tiff.GetTagListEntry(from, i);
        const TIFFField *field = hg__tiff.FindField(from, tag, TIFF_ANY);
        char *text = NULL;
        if (!field || is_left_out(tag, hg__tiff.FieldDataType(field))) continue;
        if (is_of_stack(like, page, tag)) continue;
        if (hg__tiff.FieldPassCount(field)) {
            copy_counted(to, from, tag, field);
        } else if (hg__tiff.FieldDataType(field) == TIFF_ASCII &&
                   hg__tiff.GetField(from, tag, &text)) {
            hg__tiff.SetField(to, tag, text);
        }
    }
}

static void copy_resolution(TIFF *to, TIFF *from) {
    static const uint32_t reals[] = {TIFFTAG_XRESOLUTION, TIFFTAG_YRESOLUTION, TIFFTAG_XPOSITION,
                                     TIFFTAG_YPOSITION};
    uint16_t unit, page, pages;
    uint32_t kind;
    for (size_t i = 0; i < sizeof reals / sizeof *reals; i++) {
        float value;
        if (hg__tiff.GetField(from, reals[i], &value)) {
            hg__tiff.SetField(to, reals[i], (double)value);
        }
    }
    if (hg__tiff.GetField(from, TIFFTAG_RESOLUTIONUNIT, &unit)) {
        hg__tiff.SetField(to, TIFFTAG_RESOLUTIONUNIT, unit);
    }
    if (hg__tiff.GetField(from, TIFFTAG_PAGENUMBER, &page, &pages)) {
        hg__tiff.SetField(to, TIFFTAG_PAGENUMBER, page, pages);
    }
    if (hg__tiff.GetField(from, TIFFTAG_SUBFILETYPE, &kind)) {
        hg__tiff.SetField(to, TIFFTAG_SUBFILETYPE, kind);
    }
}

// What is lossless and can be written here stays; 1-bit codes only for 1 bit.
static uint16_t pick_compression(TIFF *from, const hg__tiff_layout *l) {
    uint16_t old = NEW_DEFLATE;
    if (!from || !hg__tiff.GetField(from, TIFFTAG_COMPRESSION, &old)) return NEW_DEFLATE;
    switch (old) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_LZMA:
    case COMPRESSION_ZSTD: break;
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
        if (l->bits == 1) break;
        return NEW_DEFLATE;
    default: return NEW_DEFLATE;
    }
    return hg__tiff.IsCODECConfigured(old) ? old : NEW_DEFLATE;
}

// Of a stack without compression ImageJ takes all planes to lie behind one another, and looks at no directory but the
// first; libtiff puts the directories between them. Compressed ones it finds.
static void set_compression(TIFF *to, const hg__tiff_reader *like, const hg__tiff_layout *l) {
    TIFF *from = like ? like->tiff : NULL;
    const bool is_stack = like && hg__tiff_is_imagej_stack(like);
    const uint16_t compression = pick_compression(from, l);
    if (is_stack && compression == COMPRESSION_NONE) {
        hg__tiff.SetField(to, TIFFTAG_COMPRESSION, NEW_DEFLATE);
        return;
    }
    uint16_t predictor = l->format == SAMPLEFORMAT_IEEEFP ? PREDICTOR_FLOATINGPOINT
                         : l->bits % 8 == 0               ? PREDICTOR_HORIZONTAL
                                                          : PREDICTOR_NONE;
    uint16_t old = 0;
    if (from && hg__tiff.GetField(from, TIFFTAG_COMPRESSION, &old) && old == compression &&
        !hg__tiff.GetField(from, TIFFTAG_PREDICTOR, &predictor)) {
        predictor = PREDICTOR_NONE;
    }
    hg__tiff.SetField(to, TIFFTAG_COMPRESSION, compression);
    const bool takes =
        compression != COMPRESSION_NONE && compression != COMPRESSION_PACKBITS && l->bits > 1;
    if (takes) hg__tiff.SetField(to, TIFFTAG_PREDICTOR, predictor);
}

// ---- a page's header ----------------------------------------------------------------------------

static const hg__tiff_reader *find_like(const hg__image_writer *w, const hg__image_reader *like) {
    const hg__image_info *a = &w->info;
    if (!like || like->codec != &hg__codec_tiff) return NULL;
    const hg__image_info *b = &like->info;
    const bool same = a->channels == b->channels && a->alpha == b->alpha && a->dtype == b->dtype;
    return same ? like->state : NULL;
}

static hg__tiff_layout pick_layout(const hg__image_info *info, const hg__tiff_reader *like) {
    if (like && like->layout.photometric != PHOTOMETRIC_PALETTE) return like->layout;
    return (hg__tiff_layout){
        .bits = (uint16_t)(8 * hg__dtype_size(info->dtype)),
        .format = hg__image_is_real(info->dtype)     ? SAMPLEFORMAT_IEEEFP
                  : hg__image_is_signed(info->dtype) ? SAMPLEFORMAT_INT
                                                     : SAMPLEFORMAT_UINT,
        .photometric = info->channels == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB,
        .samples = (uint16_t)hg__image_samples(info),
        .extra = EXTRASAMPLE_UNASSALPHA,
    };
}

static int set_fields(hg__image_writer *w, const hg__tiff_reader *like, hg_error *err) {
    tiff_writer *t = w->state;
    const hg__image_info *info = &w->info;
    t->layout = pick_layout(info, like);
    const hg__tiff_layout *l = &t->layout;
    TIFF *to = t->tiff;
    hg__tiff.SetField(to, TIFFTAG_IMAGEWIDTH, (uint32_t)info->width);
    hg__tiff.SetField(to, TIFFTAG_IMAGELENGTH, (uint32_t)info->height);
    hg__tiff.SetField(to, TIFFTAG_BITSPERSAMPLE, l->bits);
    hg__tiff.SetField(to, TIFFTAG_SAMPLESPERPIXEL, l->samples);
    hg__tiff.SetField(to, TIFFTAG_SAMPLEFORMAT, l->format);
    hg__tiff.SetField(to, TIFFTAG_PHOTOMETRIC, l->photometric);
    hg__tiff.SetField(to, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    hg__tiff.SetField(to, TIFFTAG_ORIENTATION, info->orientation);
    if (info->alpha) hg__tiff.SetField(to, TIFFTAG_EXTRASAMPLES, 1, &l->extra);
    set_compression(to, like, l);
    if (like) {
        copy_resolution(to, like->tiff);
        copy_fields(to, like, info->page);
    }
    const size_t line = hg__ceil_div_size((size_t)info->width * l->samples * l->bits, 8);
    const size_t lines = STRIP_BYTES / (line + 1) + 1;
    hg__tiff.SetField(to, TIFFTAG_ROWSPERSTRIP,
                      (uint32_t)(lines < (size_t)info->height ? lines : (size_t)info->height));
    hg__free(t->stored);
    hg__free(t->samples);
    t->stored = hg__alloc(line, 1, err);
    t->samples = hg__alloc(hg__image_line_bytes(info), 1, err);
    t->line = 0;
    return t->stored && t->samples ? HG_OK : HG_ERR_MEMORY;
}

static int check_kind(const hg__image_writer *w, hg_error *err) {
    const hg__dtype type = w->info.dtype;
    if (type != HG_BOOL && type != HG_BF16) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected numbers as samples for TIFF, got %s",
                    w->file.path, hg__dtype_name(type));
}

static int open_file(hg__image_writer *w, const hg__tiff_reader *like, hg_error *err) {
    tiff_writer *t = w->state;
    if (w->file.is_direct) {
        return hg__fail(err, HG_ERR_USAGE, "%s: expected a file for TIFF, got a device or pipe",
                        w->file.path);
    }
    t->fd = fcntl(w->file.fd, F_DUPFD_CLOEXEC, 3);
    if (t->fd < 0) return hg__fail_errno(err, HG_ERR_IO, "%s: cannot open again", w->file.path);
    const uint64_t page = hg__image_line_bytes(&w->info) * (uint64_t)w->info.height;
    const uint64_t pages = w->info.pages > 1 ? (uint64_t)w->info.pages : 1;
    const bool wide = page > CLASSIC_BYTES / pages || (like && hg__tiff.IsBigTIFF(like->tiff));
    const bool big_end = like && hg__tiff.IsBigEndian(like->tiff);
    char mode[4];
    snprintf(mode, sizeof mode, "w%s%s", wide ? "8" : "", big_end ? "b" : "l");
    const hg__tiff_io io = {
        .read = read_bytes, .write = write_bytes, .seek = seek, .size = get_size};
    t->tiff = hg__tiff_open(mode, t, &io, &t->messages);
    return t->tiff ? HG_OK : fail_write(t, err);
}

void hg__tiff_drop(hg__image_writer *w) {
    tiff_writer *t = w->state;
    if (!t) return;
    if (t->tiff) hg__tiff.Cleanup(t->tiff);
    if (t->fd >= 0) close(t->fd);
    hg__free(t->stored);
    hg__free(t->samples);
    hg__free(t);
    w->state = NULL;
}

int hg__tiff_create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    HG_TRY(hg__tiff_need(w->file.path, err));
    HG_TRY(check_kind(w, err));
    tiff_writer *t = hg__alloc(1, sizeof *t, err);
    if (!t) return HG_ERR_MEMORY;
    w->state = t;
    t->path = w->file.path;
    t->fd = -1;
    const hg__tiff_reader *kept = find_like(w, like);
    int code = open_file(w, kept, err);
    if (code == HG_OK) code = set_fields(w, kept, err);
    if (code < 0) hg__tiff_drop(w);
    return code;
}

int hg__tiff_start_page(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    tiff_writer *t = w->state;
    HG_TRY(check_kind(w, err));
    if (!hg__tiff.WriteDirectory(t->tiff)) return fail_write(t, err);
    return set_fields(w, find_like(w, like), err);
}

// ---- pixels -------------------------------------------------------------------------------------

// Samples to fewer bits than they have, the nearest; the first in the highest bits. to: `bytes` of them.
static void pack_bits(const hg__image_info *info, unsigned bits, const void *from, uint8_t *to,
                      size_t bytes) {
    const unsigned top = (1U << bits) - 1;
    const size_t samples = (size_t)info->width * (size_t)hg__image_samples(info);
    const uint8_t *u8 = from;
    const uint16_t *u16 = from;
    size_t at = 0;
    memset(to, 0, bytes);
    for (size_t i = 0; i < samples; i++) {
        const unsigned wide = info->dtype == HG_U8 ? (u8[i] * top + 127) / 255 : u16[i];
        const unsigned v = wide < top ? wide : top;
        for (unsigned left = bits; left-- > 0; at++) {
            to[at / 8] = (uint8_t)(to[at / 8] | (v >> left & 1) << (7 - at % 8));
        }
    }
}

static bool write_line(hg__image_writer *w, const uint8_t *from) {
    tiff_writer *t = w->state;
    const hg__image_info *info = &w->info;
    const size_t bytes = hg__image_line_bytes(info), width = (size_t)info->width;
    memcpy(t->samples, from, bytes);
    if (t->layout.photometric == PHOTOMETRIC_MINISWHITE) {
        hg__tiff_turn_grey(info, t->samples, width);
    }
    if (info->alpha && t->layout.extra == EXTRASAMPLE_ASSOCALPHA) {
        hg__tiff_multiply_by_alpha(info, t->samples, width);
    }
    if (t->layout.bits % 8) {
        const size_t stored = hg__ceil_div_size(width * t->layout.samples * t->layout.bits, 8);
        pack_bits(info, t->layout.bits, t->samples, t->stored, stored);
    } else {
        memcpy(t->stored, t->samples, bytes);
    }
    return hg__tiff.WriteScanline(t->tiff, t->stored, t->line++, 0) == 1; // may change the line
}

int hg__tiff_write(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    const tiff_writer *t = w->state;
    for (int32_t i = 0; i < lines; i++) {
        const uint8_t *line = (const uint8_t *)from + (size_t)i * hg__image_line_bytes(&w->info);
        if (!write_line(w, line) || t->first.code != HG_OK) return fail_write(t, err);
    }
    return HG_OK;
}

int hg__tiff_finish(hg__image_writer *w, hg_error *err) {
    const tiff_writer *t = w->state;
    if (!hg__tiff.Flush(t->tiff) || t->first.code != HG_OK) return fail_write(t, err);
    return HG_OK;
}
