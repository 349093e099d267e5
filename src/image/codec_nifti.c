// SPDX-License-Identifier: Apache-2.0
// codec_nifti.c - NIfTI-1 volumes in one file (nifti1.h of the NIMH), plain (.nii) or gzipped (.nii.gz).
//
//   header and extensions ──kept byte for byte──> the header of a file like it
//   slices, then times     ──pages, in the file's order──> samples as they are stored
//
// The scaling (scl_slope, scl_inter) and where the volume lies (qform, sform) stay in the header: samples are what stands in
// the file. Both ways go from front to back, so that a gzipped volume needs no memory for its pixels. A label map is a mask.
#define ZLIB_CONST // inflate() only reads
#include <math.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "base/mem.h"
#include "image/codec.h"

enum {
    HEADER = 348,
    LEAST = 352,           // where pixels may begin
    MOST_HEADER = 1 << 26, // with the extensions
    AT_DIM = 40,
    AT_INTENT = 68,
    AT_TYPE = 70,
    AT_BITS = 72,
    AT_OFFSET = 108,
    AT_MAGIC = 344,
    INTENT_LABEL = 1002,
    BLOCK = 1 << 14,
    GZIP = 16 + MAX_WBITS // zlib: gzip frames only
};

typedef struct form {
    hg__dtype type;
    bool is_swapped; // samples stand in the other byte order
    bool is_packed;  // gzipped
} form;

typedef struct reading {
    form form;
    bool is_big;
    uint64_t at;     // next byte of the file
    z_stream z;      // of gzipped ones
    bool is_open;    // inflateEnd is due
    bool is_done;    // the last member ended
    uint8_t *header; // owned, (size)
    size_t size;
    uint8_t block[BLOCK];
} reading;

typedef struct writing {
    form form;
    z_stream z;
    bool is_open;  // deflateEnd is due
    uint8_t *line; // owned, a line in the file's byte order
    uint8_t block[BLOCK];
} writing;

// clang-format off
static const struct {
    int16_t code, bits;
    hg__dtype type;
    int32_t samples;
} types[] = {
    {2, 8, HG_U8, 1},    {4, 16, HG_I16, 1},   {8, 32, HG_I32, 1},    {16, 32, HG_F32, 1},
    {64, 64, HG_F64, 1}, {128, 24, HG_U8, 3},  {256, 8, HG_I8, 1},    {512, 16, HG_U16, 1},
    {768, 32, HG_U32, 1}, {1024, 64, HG_I64, 1}, {1280, 64, HG_U64, 1}, {2304, 32, HG_U8, 4},
};
// clang-format on
enum { TYPES = sizeof types / sizeof *types };

// ---- bytes, plain or gzipped --------------------------------------------------------------------

static int fail_cut(const hg__image_reader *r, hg_error *err) {
    return hg__fail(err, HG_ERR_DATA, "%s: expected more bytes of a NIfTI volume: it is cut off",
                    r->name);
}

// Packed bytes to go on with, where there are any left.
static int feed(const hg__image_reader *r, reading *s) {
    if (s->z.avail_in) return HG_OK;
    const uint64_t left = r->file->size - s->at;
    const size_t n = left < BLOCK ? (size_t)left : BLOCK;
    if (!hg__image_file_copy(r->file, s->at, s->block, n)) return HG_ERR_IO; // image.c says why
    s->at += n;
    s->z.next_in = s->block;
    s->z.avail_in = (uInt)n;
    return HG_OK;
}

static int fail_inflate(const hg__image_reader *r, const reading *s, int code, hg_error *err) {
    if (code == Z_MEM_ERROR) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", r->name);
    return hg__fail(err, HG_ERR_DATA, "%s: the gzip stream is damaged (%s)", r->name,
                    s->z.msg ? s->z.msg : "no reason given");
}

// Behind a member: another begins, or that was all.
static int end_member(const hg__image_reader *r, reading *s, hg_error *err) {
    HG_TRY(feed(r, s));
    s->is_done = s->z.avail_in == 0;
    return s->is_done || inflateReset(&s->z) == Z_OK ? HG_OK : fail_inflate(r, s, Z_OK, err);
}

// Up to `size` bytes; *got is less at the end of the last member only.
static int unpack(const hg__image_reader *r, reading *s, uint8_t *to, size_t size, size_t *got,
                  hg_error *err) {
    enum { PIECE = 1 << 30 };
    *got = 0;
    while (*got < size && !s->is_done) {
        const size_t left = size - *got, piece = left < PIECE ? left : PIECE;
        HG_TRY(feed(r, s));
        if (!s->z.avail_in) return fail_cut(r, err);
        s->z.next_out = to + *got;
        s->z.avail_out = (uInt)piece;
        const int code = inflate(&s->z, Z_NO_FLUSH);
        *got += piece - s->z.avail_out;
        if (code == Z_STREAM_END) {
            HG_TRY(end_member(r, s, err));
        } else if (code != Z_OK && code != Z_BUF_ERROR) {
            return fail_inflate(r, s, code, err);
        }
    }
    return HG_OK;
}

// Exactly the next `size` bytes of the volume.
static int take(const hg__image_reader *r, reading *s, void *to, size_t size, hg_error *err) {
    size_t got = size;
    if (s->form.is_packed) {
        HG_TRY(unpack(r, s, to, size, &got, err));
    } else if (size > r->file->size - s->at) {
        got = 0;
    } else {
        if (!hg__image_file_copy(r->file, s->at, to, size)) return HG_ERR_IO; // image.c says why
        s->at += size;
    }
    return got == size ? HG_OK : fail_cut(r, err);
}

// Whatever stood behind the pixels would be lost. Of gzipped volumes this is where their checksum is met.
static int check_end(const hg__image_reader *r, reading *s, hg_error *err) {
    uint8_t byte;
    size_t more = s->at < r->file->size;
    if (s->form.is_packed) {
        HG_TRY(unpack(r, s, &byte, 1, &more, err));
    }
    if (!more) return HG_OK;
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected the end of the file behind the pixels, got more", r->name);
}

// ---- the header ---------------------------------------------------------------------------------

static uint32_t get_bits(const uint8_t *at, size_t size, bool is_big) {
    uint32_t v = 0;
    for (size_t i = 0; i < size; i++) v = v << 8 | at[is_big ? i : size - 1 - i];
    return v;
}

static int16_t get_short(const reading *s, size_t at) {
    return (int16_t)get_bits(s->header + at, 2, s->is_big);
}

static bool is_header(const uint8_t *h, size_t size) {
    if (size < HEADER || memcmp(h + AT_MAGIC, "n+1", 4) != 0) return false;
    return get_bits(h, 4, false) == HEADER || get_bits(h, 4, true) == HEADER;
}

static bool is_gzip(const uint8_t *head, size_t size) {
    return size > 2 && head[0] == 0x1f && head[1] == 0x8b;
}

// Without the memory to look it may be one: opening it then says what is missing.
static bool nifti_sniff(const uint8_t *head, size_t size) {
    uint8_t first[HEADER];
    if (!is_gzip(head, size)) return is_header(head, size);
    z_stream z = {.zalloc = hg__zlib_alloc, .zfree = hg__zlib_free};
    if (inflateInit2(&z, GZIP) != Z_OK) return true;
    z.next_in = head;
    z.avail_in = (uInt)(size < BLOCK ? size : BLOCK);
    z.next_out = first;
    z.avail_out = HEADER;
    const int code = inflate(&z, Z_SYNC_FLUSH);
    inflateEnd(&z);
    if (code == Z_MEM_ERROR) return true;
    const bool is_good = code == Z_OK || code == Z_STREAM_END;
    return is_good && z.avail_out == 0 && is_header(first, HEADER);
}

static int read_type(hg__image_reader *r, reading *s, hg_error *err) {
    const int16_t code = get_short(s, AT_TYPE), bits = get_short(s, AT_BITS);
    size_t i = 0;
    while (i < TYPES && types[i].code != code) i++;
    if (i == TYPES) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected whole numbers or floats of 8 to 64 bits, RGB or RGBA, got "
                        "NIfTI data type %d",
                        r->name, code);
    }
    if (bits != types[i].bits) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %d bits a voxel of data type %d, got %d",
                        r->name, types[i].bits, code, bits);
    }
    const bool is_host_big = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    s->form.type = r->info.dtype = types[i].type;
    s->form.is_swapped = s->is_big != is_host_big;
    r->info.channels = types[i].samples >= 3 ? 3 : 1;
    r->info.alpha = types[i].samples == 4;
    r->info.white = hg__image_white_of(r->info.dtype);
    r->info.is_mask = get_short(s, AT_INTENT) == INTENT_LABEL;
    return HG_OK;
}

static int read_shape(hg__image_reader *r, const reading *s, hg_error *err) {
    const int16_t dims = get_short(s, AT_DIM);
    int64_t pages = 1;
    if (dims < 1 || dims > 7) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected 1 to 7 dimensions, got %d", r->name, dims);
    }
    for (int16_t d = 1; d <= dims; d++) {
        const int16_t n = get_short(s, AT_DIM + 2 * (size_t)d);
        if (n < 1) {
            return hg__fail(err, HG_ERR_DATA, "%s: expected dimension %d of 1 at least, got %d",
                            r->name, d, n);
        }
        if (d > 2) pages *= n;
        if (pages > INT32_MAX) pages = INT32_MAX; // more than the limit either way
    }
    r->info.width = get_short(s, AT_DIM + 2);
    r->info.height = dims > 1 ? get_short(s, AT_DIM + 4) : 1;
    r->info.pages = (int32_t)pages;
    return hg__image_check(r, err);
}

static int read_header(hg__image_reader *r, reading *s, hg_error *err) {
    s->header = hg__alloc(LEAST, 1, err);
    if (!s->header) return HG_ERR_MEMORY;
    HG_TRY(take(r, s, s->header, LEAST, err));
    s->size = LEAST;
    if (!is_header(s->header, LEAST)) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a NIfTI volume, got another gzip file",
                        r->name);
    }
    s->is_big = get_bits(s->header, 4, false) != HEADER;
    const uint32_t bits = get_bits(s->header + AT_OFFSET, 4, s->is_big);
    float offset;
    memcpy(&offset, &bits, sizeof offset);
    const bool is_unsaid = offset == 0; // some writers leave it
    if (!is_unsaid && !(offset >= LEAST && offset <= MOST_HEADER && offset == floorf(offset))) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected pixels that begin at byte %d to %d, got vox_offset %g",
                        r->name, LEAST, MOST_HEADER, (double)offset);
    }
    HG_TRY(read_type(r, s, err));
    return read_shape(r, s, err);
}

// Behind the header proper, a piece at a time: what is not there is not allocated either.
static int read_extensions(const hg__image_reader *r, reading *s, hg_error *err) {
    const uint32_t bits = get_bits(s->header + AT_OFFSET, 4, s->is_big);
    float offset;
    memcpy(&offset, &bits, sizeof offset);
    while ((float)s->size < offset) {
        const size_t left = (size_t)offset - s->size, n = left < (1 << 20) ? left : 1 << 20;
        uint8_t *grown = hg__grow(s->header, s->size + n, 1, err);
        if (!grown) return HG_ERR_MEMORY;
        s->header = grown;
        HG_TRY(take(r, s, grown + s->size, n, err));
        s->size += n;
    }
    return HG_OK;
}

// ---- reading ------------------------------------------------------------------------------------

static int check_size(const hg__image_reader *r, const reading *s, hg_error *err) {
    const uint64_t page = hg__image_line_bytes(&r->info) * (uint64_t)r->info.height;
    const uint64_t left = r->file->size - s->at, all = page * (uint64_t)r->info.pages;
    if (s->form.is_packed || left / page >= (uint64_t)r->info.pages) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: expected %llu bytes of pixels, got %llu: it is cut off",
                    r->name, (unsigned long long)all, (unsigned long long)left);
}

static int nifti_open(hg__image_reader *r, hg_error *err) {
    reading *s = r->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    uint8_t magic[3] = {0};
    if (!hg__image_file_copy(r->file, 0, magic, sizeof magic)) return HG_ERR_IO; // image.c says why
    s->form.is_packed = is_gzip(magic, sizeof magic);
    s->z = (z_stream){.zalloc = hg__zlib_alloc, .zfree = hg__zlib_free};
    if (s->form.is_packed && inflateInit2(&s->z, GZIP) != Z_OK) {
        return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", r->name);
    }
    s->is_open = s->form.is_packed;
    HG_TRY(read_header(r, s, err));
    HG_TRY(read_extensions(r, s, err));
    r->held = sizeof *s + s->size;
    return check_size(r, s, err);
}

static void swap(uint8_t *at, size_t bytes, size_t width) {
    if (width < 2) return;
    for (uint8_t *end = at + bytes; at < end; at += width) {
        for (size_t i = 0; i < width / 2; i++) {
            const uint8_t other = at[i];
            at[i] = at[width - 1 - i];
            at[width - 1 - i] = other;
        }
    }
}

static int nifti_read(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    reading *s = r->state;
    const size_t bytes = hg__image_line_bytes(&r->info) * (size_t)lines;
    HG_TRY(take(r, s, to, bytes, err));
    if (s->form.is_swapped) swap(to, bytes, hg__dtype_size(s->form.type));
    const bool is_last =
        r->info.page + 1 == r->info.pages && r->next_line + lines == r->info.height;
    return is_last ? check_end(r, s, err) : HG_OK;
}

static int nifti_next_page(hg__image_reader *r, hg_error *err) {
    (void)err;
    if (r->info.page + 1 == r->info.pages) return 0;
    r->info.page++;
    return 1;
}

static void nifti_close(hg__image_reader *r) {
    reading *s = r->state;
    if (s->is_open) inflateEnd(&s->z);
    hg__free(s->header);
    hg__free(s);
}

// ---- writing ------------------------------------------------------------------------------------

// Through deflate where the file is gzipped.
static int add(hg__image_writer *w, const uint8_t *bytes, size_t size, int flush, hg_error *err) {
    writing *s = w->state;
    if (!s->form.is_packed) return hg__writer_add(&w->file, bytes, size, err);
    s->z.next_in = bytes;
    s->z.avail_in = (uInt)size; // a header or a line: far below 4 GiB
    int code;
    do {
        s->z.next_out = s->block;
        s->z.avail_out = BLOCK;
        code = deflate(&s->z, flush);
        HG_TRY(hg__writer_add(&w->file, s->block, BLOCK - s->z.avail_out, err));
    } while (s->z.avail_out == 0 || (flush == Z_FINISH && code == Z_OK));
    return HG_OK;
}

// By the name, where it says so; else as `like` is.
static bool is_packed_name(const char *path, bool otherwise) {
    const char *dot = strrchr(path, '.');
    if (dot && strcasecmp(dot, ".gz") == 0) return true;
    return dot && strcasecmp(dot, ".nii") == 0 ? false : otherwise;
}

static int nifti_create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    if (!like || like->codec != w->codec) {
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected a NIfTI file to write one like it, got another image",
                        w->file.path);
    }
    const reading *from = like->state;
    writing *s = w->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    s->form = from->form;
    s->form.is_packed = is_packed_name(w->file.path, from->form.is_packed);
    s->line = hg__alloc(hg__image_line_bytes(&w->info), 1, err);
    if (!s->line) return HG_ERR_MEMORY;
    s->z = (z_stream){.zalloc = hg__zlib_alloc, .zfree = hg__zlib_free};
    enum { LEVEL = 6, MEMORY = 8 };
    if (s->form.is_packed &&
        deflateInit2(&s->z, LEVEL, Z_DEFLATED, GZIP, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK) {
        return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", w->file.path);
    }
    s->is_open = s->form.is_packed;
    return add(w, from->header, from->size, Z_NO_FLUSH, err);
}

static int nifti_write(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    writing *s = w->state;
    const size_t bytes = hg__image_line_bytes(&w->info);
    const uint8_t *line = from;
    for (int32_t i = 0; i < lines; i++, line += bytes) {
        memcpy(s->line, line, bytes);
        if (s->form.is_swapped) swap(s->line, bytes, hg__dtype_size(s->form.type));
        HG_TRY(add(w, s->line, bytes, Z_NO_FLUSH, err));
    }
    return HG_OK;
}

static int nifti_start_page(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    (void)w;
    (void)like;
    (void)err;
    return HG_OK;
}

static int nifti_finish(hg__image_writer *w, hg_error *err) {
    const writing *s = w->state;
    if (w->info.page + 1 != w->info.pages) { // the header says how many
        return hg__fail(err, HG_ERR_USAGE, "%s: expected %d pages, got %d", w->file.path,
                        w->info.pages, w->info.page + 1);
    }
    return s->form.is_packed ? add(w, s->block, 0, Z_FINISH, err) : HG_OK;
}

static void nifti_drop(hg__image_writer *w) {
    writing *s = w->state;
    if (s->is_open) deflateEnd(&s->z);
    hg__free(s->line);
    hg__free(s);
}

const hg__codec hg__codec_nifti = {
    .name = "nifti",
    .extensions = ".nii.",
    .sniff = nifti_sniff,
    .open = nifti_open,
    .read = nifti_read,
    .next_page = nifti_next_page,
    .close = nifti_close,
    .create = nifti_create,
    .write = nifti_write,
    .start_page = nifti_start_page,
    .finish = nifti_finish,
    .drop = nifti_drop,
};
