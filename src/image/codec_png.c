// SPDX-License-Identifier: Apache-2.0
// codec_png.c - PNG by libpng (ISO/IEC 15948).
//
// The chunks are walked here first: the whole file must be there, and what is kept (colour space, resolution,
// EXIF, texts) is copied byte for byte into a file written like this one. libpng sees pixels only.
#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "image/codec.h"

enum { SIGNATURE = 8, CHUNK = 12, IHDR_SIZE = 13, PASSES = 7, PIECE = 1 << 16 };

// libpng inflates what follows the last pixel to its end, which can be a thousand times what stands in the file. So many bytes
// of it may be fetched: the end of what ordinary writers write, and some more.
enum { MOST_BEHIND = 1 << 15 };

// libpng and the way out of it; `leave` is where its errors arrive.
typedef struct png_side {
    png_structp png;
    png_infop info;
    const char *name; // borrowed
    hg_error *err;
    int code; // of the first failure
    bool no_memory;
} png_side;

typedef struct reading {
    png_side side;
    hg__image_file *file; // borrowed
    size_t at;
    hg__image_info *page;
    int32_t depth; // bits a sample, in the file
    bool is_interlaced;
    uint8_t *whole; // owned, (height, line); interlaced files only, once lines are wanted
    uint8_t *to;    // of the read under way
    int32_t lines;
    int64_t rows;  // lines of pixels that libpng has still to inflate, over all passes
    size_t behind; // bytes fetched since, while it looks for the end of the compressed data
    bool is_left;  // that took too long: libpng is not asked again
} reading;

typedef struct writing {
    png_side side;
    hg__writer *file;
    const hg__image_info *page;
    const hg__image_reader *like;
    int32_t depth;
    uint8_t *line; // owned, one line as libpng wants it
    const uint8_t *from;
    int32_t lines;
} writing;

// ---- libpng's hooks -----------------------------------------------------------------------------

static void fail(png_structp png, png_const_charp reason) {
    png_side *s = png_get_error_ptr(png);
    if (s->code == HG_OK && s->no_memory) {
        s->code = hg__fail(s->err, HG_ERR_MEMORY, "%s: out of memory for PNG", s->name);
    } else if (s->code == HG_OK) {
        s->code = hg__fail(s->err, HG_ERR_DATA, "%s: the PNG is damaged: %s", s->name, reason);
    }
    png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp reason) {
    (void)png;
    (void)reason;
}

static png_voidp take_memory(png_structp png, png_alloc_size_t size) {
    void *block = hg__lib_malloc(size);
    png_side *s = png_get_mem_ptr(png);
    if (!block && s) s->no_memory = true;
    return block;
}

static void give_memory(png_structp png, png_voidp block) {
    (void)png;
    hg__lib_free(block);
}

static void fetch(png_structp png, png_bytep to, size_t size) {
    reading *s = png_get_io_ptr(png);
    if (!s->rows && (s->behind += size) > MOST_BEHIND) {
        s->is_left = true;
        png_longjmp(png, 1); // no error: the pixels are there
    }
    if (size > s->file->size - s->at) png_error(png, "it ends too early");
    if (!hg__image_file_copy(s->file, s->at, to, size)) png_error(png, "it cannot be read");
    s->at += size;
}

// At each line of pixels, once it is inflated.
// NOLINTNEXTLINE(readability-non-const-parameter): libpng says what it takes
static void count_row(png_structp png, png_row_infop info, png_bytep bytes) {
    reading *s = png_get_io_ptr(png);
    (void)info;
    (void)bytes;
    if (s->rows > 0) s->rows--;
}

static void add(png_structp png, png_bytep bytes, size_t size) {
    writing *s = png_get_io_ptr(png);
    s->side.code = hg__writer_add(s->file, bytes, size, s->side.err);
    if (s->side.code < 0) png_error(png, "write");
}

static void flush(png_structp png) {
    (void)png;
}

// Runs a step of libpng's calls; its errors end here. A step keeps nothing in local variables.
static int run(png_side *s, void (*step)(void *), void *context, hg_error *err) {
    s->err = err;
    s->code = HG_OK;
    s->no_memory = false;
    if (setjmp(png_jmpbuf(s->png))) return s->code;
    step(context);
    return HG_OK;
}

static int out_of_memory(const char *name, hg_error *err) {
    return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory for PNG", name);
}

// ---- chunks -------------------------------------------------------------------------------------

static uint32_t big_endian(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

typedef struct chunk {
    uint8_t type[4];
    size_t at; // its data
    uint32_t size;
} chunk;

static bool is_type(const chunk *c, const char *type) {
    return memcmp(c->type, type, 4) == 0;
}

// The chunk at *at, which then stands behind it.
static int next_chunk(const hg__image_reader *r, size_t *at, chunk *c, hg_error *err) {
    const size_t left = r->file->size - *at;
    *c = (chunk){.at = *at + 8};
    const uint8_t *head = left >= CHUNK ? hg__image_file_at(r->file, *at, 8) : NULL;
    if (head) c->size = big_endian(head);
    if (!head || c->size > left - CHUNK) {
        return hg__fail(err, HG_ERR_DATA, "%s: the PNG is cut off after %zu bytes", r->name,
                        r->file->size);
    }
    const uint32_t size = c->size;
    memcpy(c->type, head + 4, 4);
    *at += CHUNK + (size_t)size;
    return HG_OK;
}

// What is copied into a file like this one. Its order in the file is kept, all of it before the pixels.
static bool is_kept(const chunk *c) {
    static const char types[][5] = {"gAMA", "cHRM", "sRGB", "iCCP", "cICP", "pHYs",
                                    "eXIf", "tIME", "tEXt", "zTXt", "iTXt"};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (is_type(c, types[i])) return true;
    }
    return false;
}

static int check_sum(const hg__image_reader *r, const chunk *c, hg_error *err) {
    uLong sum = crc32_z(crc32_z(0, NULL, 0), c->type, 4);
    for (size_t at = 0; at < c->size; at += PIECE) {
        const size_t n = c->size - at < PIECE ? c->size - at : PIECE;
        const uint8_t *piece = hg__image_file_at(r->file, c->at + at, n);
        if (piece) sum = crc32_z(sum, piece, n);
    }
    const uint8_t *said = hg__image_file_at(r->file, c->at + c->size, 4);
    if (said && sum == big_endian(said)) return HG_OK;
    return hg__fail(err, HG_ERR_DATA, "%s: the PNG is damaged: %.4s: CRC error", r->name,
                    (const char *)c->type);
}

// Over all chunks to the last.
static int walk(hg__image_reader *r, hg_error *err) {
    size_t at = SIGNATURE;
    chunk c;
    do {
        HG_TRY(next_chunk(r, &at, &c, err));
        if (is_type(&c, "acTL")) {
            return hg__fail(err, HG_ERR_DATA, "%s: expected a still picture, got an animated PNG",
                            r->name);
        }
        if (!is_type(&c, "IDAT")) HG_TRY(check_sum(r, &c, err)); // libpng checks IDAT's
        const uint8_t *exif = is_type(&c, "eXIf") ? hg__image_file_at(r->file, c.at, c.size) : NULL;
        if (exif) r->info.orientation = hg__exif_orientation(exif, c.size);
        if (exif) r->info.iso = hg__exif_iso(exif, c.size);
    } while (!is_type(&c, "IEND"));
    return HG_OK;
}

// Fills in what the header says; palettes become colour, few bits become bytes.
static int read_header(hg__image_reader *r, reading *s, hg_error *err) {
    size_t at = SIGNATURE;
    chunk c;
    HG_TRY(next_chunk(r, &at, &c, err));
    if (!is_type(&c, "IHDR") || c.size != IHDR_SIZE) {
        return hg__fail(err, HG_ERR_DATA, "%s: the PNG is damaged: its header is missing", r->name);
    }
    const uint8_t *data = hg__image_file_at(r->file, c.at, IHDR_SIZE);
    if (!data) return HG_ERR_IO; // image.c says why
    const uint32_t width = big_endian(data), height = big_endian(data + 4);
    if (width > INT32_MAX || height > INT32_MAX) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected sides of at most %d pixels, got %u x %u",
                        r->name, INT32_MAX, width, height);
    }
    const int colour = data[9];
    s->depth = data[8];
    s->is_interlaced = data[12] != 0;
    if (s->depth < 8 || (colour & PNG_COLOR_MASK_PALETTE)) r->pixel_bits = s->depth; // one sample
    r->info.width = (int32_t)width;
    r->info.height = (int32_t)height;
    r->info.channels = colour & PNG_COLOR_MASK_COLOR ? 3 : 1;
    r->info.alpha = colour & PNG_COLOR_MASK_ALPHA;
    r->info.dtype = s->depth == 16 ? HG_U16 : HG_U8;
    r->info.white = s->depth == 16 ? 65535 : 255;
    return hg__image_check(r, err);
}

// ---- reading ------------------------------------------------------------------------------------

static bool png_sniff(const uint8_t *head, size_t size) {
    return size >= SIGNATURE && png_sig_cmp(head, 0, SIGNATURE) == 0;
}

static bool is_little_endian(void) {
    const uint16_t one = 1;
    return *(const uint8_t *)&one == 1;
}

// Lines of pixels there are in the compressed data.
static int64_t count_rows(const reading *s) {
    const int64_t width = s->page->width, height = s->page->height;
    int64_t rows = 0;
    if (!s->is_interlaced) return height;
    for (int pass = 0; pass < PASSES; pass++) {
        if (PNG_PASS_COLS(width, pass)) rows += PNG_PASS_ROWS(height, pass);
    }
    return rows;
}

static void start_reading(void *context) {
    reading *s = context;
    png_structp png = s->side.png;
    png_set_read_fn(png, s, fetch);
    png_set_user_limits(png, (png_uint_32)s->page->width, (png_uint_32)s->page->height);
    png_set_chunk_malloc_max(png, 1 << 20);
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1); // all but PLTE and tRNS
    png_read_info(png, s->side.info);
    if (png_get_valid(png, s->side.info, PNG_INFO_tRNS)) {
        s->page->alpha = true;
        png_set_tRNS_to_alpha(png);
    }
    png_set_expand(png);
    if (s->depth == 16 && is_little_endian()) png_set_swap(png);
    if (s->is_interlaced) png_set_interlace_handling(png);
    png_set_read_user_transform_fn(png, count_row);
    s->rows = count_rows(s);
}

static void settle_reading(void *context) {
    reading *s = context;
    png_read_update_info(s->side.png, s->side.info);
    if (png_get_rowbytes(s->side.png, s->side.info) != hg__image_line_bytes(s->page)) {
        png_error(s->side.png, "its header contradicts itself");
    }
}

static int png_open(hg__image_reader *r, hg_error *err) {
    reading *s = r->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    *s = (reading){.side = {.name = r->name}, .file = r->file, .page = &r->info};
    HG_TRY(read_header(r, s, err));
    HG_TRY(walk(r, err));
    s->side.png = png_create_read_struct_2(PNG_LIBPNG_VER_STRING, &s->side, fail, ignore, &s->side,
                                           take_memory, give_memory);
    s->side.info = s->side.png ? png_create_info_struct(s->side.png) : NULL;
    if (!s->side.info) return out_of_memory(r->name, err);
    HG_TRY(run(&s->side, start_reading, s, err));
    HG_TRY(hg__image_check(r, err)); // again: now it is known whether there is an alpha channel
    HG_TRY(run(&s->side, settle_reading, s, err));
    if (s->is_interlaced) r->held = hg__image_line_bytes(&r->info) * (size_t)r->info.height;
    return HG_OK;
}

static void read_rows(void *context) {
    const reading *s = context;
    const size_t line = hg__image_line_bytes(s->page);
    for (int32_t i = 0; i < s->lines; i++) {
        png_read_row(s->side.png, s->to + (size_t)i * line, NULL);
    }
}

// What comes behind the pixels. The rest of what is compressed is no longer inflated, only passed over.
static void read_end(void *context) {
    reading *s = context;
    s->rows = 1;
    png_read_end(s->side.png, NULL);
}

// Where libpng was left before the end, its check of the compressed data's sums.
static int check_pixels(const hg__image_reader *r, hg_error *err) {
    size_t at = SIGNATURE;
    chunk c;
    do {
        HG_TRY(next_chunk(r, &at, &c, err));
        if (is_type(&c, "IDAT")) HG_TRY(check_sum(r, &c, err));
    } while (!is_type(&c, "IEND"));
    return HG_OK;
}

static int finish_reading(hg__image_reader *r, hg_error *err) {
    reading *s = r->state;
    return s->is_left ? check_pixels(r, err) : run(&s->side, read_end, s, err);
}

static void read_whole(void *context) {
    reading *s = context;
    const size_t line = hg__image_line_bytes(s->page);
    for (int pass = 0; pass < PASSES; pass++) {
        for (int32_t i = 0; i < s->page->height; i++) {
            png_read_row(s->side.png, s->whole + (size_t)i * line, NULL);
        }
    }
}

static int read_interlaced(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    reading *s = r->state;
    const size_t line = hg__image_line_bytes(&r->info);
    if (!s->whole) {
        s->whole = hg__alloc((size_t)r->info.height, line, err);
        if (!s->whole) return HG_ERR_MEMORY;
        int code = run(&s->side, read_whole, s, err);
        if (code == HG_OK) code = finish_reading(r, err);
        if (code < 0) {
            hg__free(s->whole);
            s->whole = NULL;
            return code;
        }
    }
    memcpy(to, s->whole + (size_t)r->next_line * line, (size_t)lines * line);
    return HG_OK;
}

static int png_read(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    reading *s = r->state;
    if (s->is_interlaced) return read_interlaced(r, to, lines, err);
    s->to = to;
    s->lines = lines;
    HG_TRY(run(&s->side, read_rows, s, err));
    const bool is_last = r->next_line + lines == r->info.height;
    return is_last ? finish_reading(r, err) : HG_OK;
}

static void png_close(hg__image_reader *r) {
    reading *s = r->state;
    png_destroy_read_struct(&s->side.png, &s->side.info, NULL);
    hg__free(s->whole);
    hg__free(s);
}

// ---- writing ------------------------------------------------------------------------------------

static void write_kept(png_structp png, const hg__image_reader *like) {
    size_t at = SIGNATURE;
    chunk c;
    hg_error err;
    while (next_chunk(like, &at, &c, &err) == HG_OK && !is_type(&c, "IEND")) {
        if (!is_kept(&c)) continue;
        const uint8_t *data = hg__image_file_at(like->file, c.at, c.size);
        if (!data) png_error(png, "what it is to be like cannot be read");
        png_write_chunk(png, c.type, data, c.size);
    }
}

static void write_orientation(png_structp png, int32_t orientation) {
    uint8_t block[HG_EXIF_SIZE];
    hg__exif_make(block, orientation);
    png_write_chunk(png, (png_const_bytep) "eXIf", block, sizeof block);
}

static void start_writing(void *context) {
    writing *s = context;
    png_structp png = s->side.png;
    const hg__image_info *p = s->page;
    const int colour =
        (p->channels == 3 ? PNG_COLOR_MASK_COLOR : 0) | (p->alpha ? PNG_COLOR_MASK_ALPHA : 0);
    png_set_write_fn(png, s, add, flush);
    png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(png, s->side.info, (png_uint_32)p->width, (png_uint_32)p->height, s->depth, colour,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png, s->side.info);
    if (s->like) {
        write_kept(png, s->like);
    } else if (p->orientation > 1) {
        write_orientation(png, p->orientation);
    }
    if (s->depth < 8) png_set_packing(png);
    if (s->depth == 16 && is_little_endian()) png_set_swap(png);
}

static int check_kind(const hg__image_writer *w, hg_error *err) {
    if (w->info.dtype == HG_U8 || w->info.dtype == HG_U16) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE, "%s: expected samples of 8 or 16 bits for PNG, got %s",
                    w->file.path, hg__dtype_name(w->info.dtype));
}

static int png_create(hg__image_writer *w, const hg__image_reader *like, hg_error *err) {
    HG_TRY(check_kind(w, err));
    writing *s = w->state = hg__alloc(1, sizeof *s, err);
    if (!s) return HG_ERR_MEMORY;
    const bool is_png = like && like->codec == w->codec;
    *s = (writing){.side = {.name = w->file.path}, .file = &w->file, .page = &w->info};
    s->depth = w->info.dtype == HG_U16 ? 16 : 8;
    s->like = is_png ? like : NULL;
    if (is_png && w->info.channels == 1 && !w->info.alpha) {
        s->depth = ((const reading *)like->state)->depth;
    }
    s->line = hg__alloc(hg__image_line_bytes(&w->info), 1, err);
    if (!s->line) return HG_ERR_MEMORY;
    s->side.png = png_create_write_struct_2(PNG_LIBPNG_VER_STRING, &s->side, fail, ignore, &s->side,
                                            take_memory, give_memory);
    s->side.info = s->side.png ? png_create_info_struct(s->side.png) : NULL;
    if (!s->side.info) return out_of_memory(w->file.path, err);
    HG_TRY(run(&s->side, start_writing, s, err));
    s->like = NULL; // may be closed from now on
    return HG_OK;
}

// Samples 0 .. white as 0 .. 2^depth - 1, rounded.
static void scale_line(const writing *s, const uint8_t *from) {
    const size_t n = (size_t)s->page->width * (size_t)hg__image_samples(s->page);
    const uint32_t most = (1U << s->depth) - 1, white = (uint32_t)s->page->white;
    const uint16_t *from_words = (const uint16_t *)(const void *)from;
    uint16_t *words = (uint16_t *)(void *)s->line;
    for (size_t i = 0; i < n; i++) {
        const uint64_t sample = s->depth == 16 ? from_words[i] : from[i];
        const uint64_t scaled = (sample * most + white / 2) / white;
        const uint64_t clipped = scaled < most ? scaled : most;
        if (s->depth == 16) {
            words[i] = (uint16_t)clipped;
        } else {
            s->line[i] = (uint8_t)clipped;
        }
    }
}

static void write_rows(void *context) {
    const writing *s = context;
    const size_t line = hg__image_line_bytes(s->page);
    const bool is_full = (uint32_t)s->page->white == (1U << s->depth) - 1;
    for (int32_t i = 0; i < s->lines; i++) {
        const uint8_t *from = s->from + (size_t)i * line;
        if (!is_full) scale_line(s, from);
        png_write_row(s->side.png, is_full ? from : s->line);
    }
}

static void be_quick(void *context) {
    const writing *s = context;
    png_set_compression_level(s->side.png, 1);
    png_set_filter(s->side.png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
}

static int png_write(hg__image_writer *w, const void *from, int32_t lines, hg_error *err) {
    writing *s = w->state;
    if (w->is_quick && w->next_line == 0) HG_TRY(run(&s->side, be_quick, s, err));
    s->from = from;
    s->lines = lines;
    return run(&s->side, write_rows, s, err);
}

static void write_end(void *context) {
    const writing *s = context;
    png_write_end(s->side.png, NULL);
}

static int png_finish(hg__image_writer *w, hg_error *err) {
    writing *s = w->state;
    return run(&s->side, write_end, s, err);
}

static void png_drop(hg__image_writer *w) {
    writing *s = w->state;
    png_destroy_write_struct(&s->side.png, &s->side.info);
    hg__free(s->line);
    hg__free(s);
}

const hg__codec hg__codec_png = {
    .name = "png",
    .extensions = ".png.",
    .sniff = png_sniff,
    .open = png_open,
    .read = png_read,
    .close = png_close,
    .create = png_create,
    .write = png_write,
    .finish = png_finish,
    .drop = png_drop,
};
