// SPDX-License-Identifier: Apache-2.0
// codec_tiff.c - TIFF and BigTIFF, by libtiff: reading. tiff_write.c writes.
//
//   strips of whole pixels   line by line, in the memory of a line
//   tiles, planes apart      a band of tiles (or one strip of each plane) at a time, put together here
//
// Then one line as stored becomes samples: bits are spread, palettes looked up, white as zero turned round and
// colours divided by their alpha.
#include "base/int.h"
#include "base/mem.h"
#include "image/tiff.h"

enum { LIBRARY_BYTES = 64 << 20, LEAST_TILE = 1 << 20 };

// ---- libtiff's input and output ----------------------------------------------------------------------------

__attribute__((format(printf, 4, 0))) static int
hear_error(TIFF *tiff, void *data, const char *module, const char *format, va_list args) {
    hg__tiff_messages *messages = data;
    (void)tiff;
    (void)module;
    if (!messages->text[0]) vsnprintf(messages->text, sizeof messages->text, format, args);
    return 1; // dealt with: nothing is printed
}

// Warnings of a decoder that loses nothing.
static bool is_harmless(const char *format) {
    static const char *const words[] = {"Old-style LZW codes", "Improper JPEG strip/tile size",
                                        "Deprecated and troublesome"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strstr(format, words[i])) return true;
    }
    return false;
}

__attribute__((format(printf, 4, 0))) static int
hear_warning(TIFF *tiff, void *data, const char *module, const char *format, va_list args) {
    hg__tiff_messages *messages = data;
    const bool is_cut = strncmp(format, "IO error", 8) == 0;
    if (messages->strict && !is_harmless(format)) {
        return hear_error(tiff, data, module, format, args);
    }
    if (is_cut && !messages->lost[0]) {
        vsnprintf(messages->lost, sizeof messages->lost, format, args);
    }
    return 1;
}

static void unmap(thandle_t self, void *base, toff_t size) {
    (void)self;
    (void)base;
    (void)size;
}

// NOLINTNEXTLINE(readability-non-const-parameter): libtiff's type
static int map_nothing(thandle_t self, void **base, toff_t *size) {
    (void)self;
    (void)base;
    (void)size;
    return 0;
}

static int close_nothing(thandle_t self) {
    (void)self;
    return 0;
}

TIFF *hg__tiff_open(const char *mode, thandle_t self, const hg__tiff_io *io,
                    hg__tiff_messages *messages) {
    TIFFOpenOptions *options = hg__tiff.OpenOptionsAlloc();
    if (!options) return NULL;
    hg__tiff.OpenOptionsSetErrorHandlerExtR(options, hear_error, messages);
    hg__tiff.OpenOptionsSetWarningHandlerExtR(options, hear_warning, messages);
    hg__tiff.OpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)io->most);
    TIFF *tiff = hg__tiff.ClientOpenExt("", mode, self, io->read, io->write, io->seek,
                                        close_nothing, io->size, map_nothing, unmap, options);
    hg__tiff.OpenOptionsFree(options);
    return tiff;
}

static tmsize_t read_bytes(thandle_t self, void *to, tmsize_t size) {
    hg__tiff_reader *t = self;
    if (size < 0 || t->at >= t->size) return 0;
    const size_t left = t->size - (size_t)t->at;
    const size_t n = (size_t)size < left ? (size_t)size : left;
    if (!hg__image_file_copy(t->file, t->at, to, n)) return 0; // of -1 libtiff 4.5 makes an offset
    t->at += n;
    return (tmsize_t)n;
}

static tmsize_t write_nothing(thandle_t self, void *from, tmsize_t size) {
    (void)self;
    (void)from;
    (void)size;
    return 0;
}

static toff_t seek(thandle_t self, toff_t offset, int whence) {
    hg__tiff_reader *t = self;
    if (whence == SEEK_SET) t->at = offset;
    if (whence == SEEK_CUR) t->at += offset;
    if (whence == SEEK_END) t->at = t->size + offset;
    return t->at;
}

static toff_t get_size(thandle_t self) {
    const hg__tiff_reader *t = self;
    return t->size;
}

// ---- the header of a page -----------------------------------------------------------------------

// II*\0, MM\0*, and BigTIFF's + for the *.
static bool sniff(const uint8_t *head, size_t size) {
    if (size < 4) return false;
    const bool little = memcmp(head, "II", 2) == 0 && head[3] == 0;
    const bool big = memcmp(head, "MM", 2) == 0 && head[2] == 0;
    const uint8_t version = little ? head[2] : head[3];
    return (little || big) && (version == 42 || version == 43);
}

static int fail_tiff(const hg__image_reader *r, hg_error *err) {
    const hg__tiff_reader *t = r->state;
    return hg__fail(err, HG_ERR_DATA, "%s: cannot read TIFF: %s", r->name,
                    t->messages.text[0] ? t->messages.text : "damaged or cut off");
}

static uint16_t get_short(TIFF *tiff, uint32_t tag) {
    uint16_t value = 0;
    return hg__tiff.GetFieldDefaulted(tiff, tag, &value) ? value : 0;
}

static const char *name_photometric(uint16_t photometric) {
    switch (photometric) {
    case PHOTOMETRIC_SEPARATED: return "CMYK";
    case PHOTOMETRIC_YCBCR: return "YCbCr";
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: return "L*a*b*";
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV: return "LogLuv";
    case PHOTOMETRIC_CFA: return "a camera's raw mosaic";
    default: return "unknown colours";
    }
}

// What libtiff gives of samples whose bits are whole bytes.
static const struct {
    uint16_t format, bits;
    hg__dtype type;
} types[] = {
    {SAMPLEFORMAT_UINT,   8,  HG_U8 },
    {SAMPLEFORMAT_UINT,   16, HG_U16},
    {SAMPLEFORMAT_UINT,   32, HG_U32},
    {SAMPLEFORMAT_UINT,   64, HG_U64},
    {SAMPLEFORMAT_INT,    8,  HG_I8 },
    {SAMPLEFORMAT_INT,    16, HG_I16},
    {SAMPLEFORMAT_INT,    32, HG_I32},
    {SAMPLEFORMAT_INT,    64, HG_I64},
    {SAMPLEFORMAT_IEEEFP, 16, HG_F16},
    {SAMPLEFORMAT_IEEEFP, 32, HG_F32},
    {SAMPLEFORMAT_IEEEFP, 64, HG_F64},
};

// What samples become, or one sentence.
static int find_type(hg__image_reader *r, hg_error *err) {
    const hg__tiff_reader *t = r->state;
    const hg__tiff_layout *l = &t->layout;
    static const char *const kinds[] = {"unsigned", "unsigned", "signed", "float",
                                        "unsigned", "complex",  "complex"};
    const uint16_t kind = get_short(t->tiff, TIFFTAG_SAMPLEFORMAT);
    const bool apart = get_short(t->tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (types[i].format != l->format || types[i].bits != l->bits) continue;
        r->info.dtype = types[i].type;
        r->info.white = hg__image_white_of(types[i].type);
        return HG_OK;
    }
    if (l->format == SAMPLEFORMAT_UINT && l->bits > 0 && l->bits < 16 &&
        !(apart && l->samples > 1)) {
        r->info.dtype = l->bits < 8 ? HG_U8 : HG_U16;
        r->info.white = l->bits < 8 ? 255 : (float)((1U << l->bits) - 1);
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_DATA,
                    "%s: expected TIFF samples of 1 to 16, 32 or 64 bits unsigned, 8, 16, 32 or 64 "
                    "bits signed or 16, 32 or 64 bits float, got %d x %d bits %s%s",
                    r->name, l->samples, l->bits,
                    kind < sizeof kinds / sizeof *kinds ? kinds[kind] : "of an unknown kind",
                    apart && l->samples > 1 ? ", planes apart" : "");
}

static int read_palette(const hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    uint16_t *map[3]; // red, green, blue; (2^bits) each
    const size_t entries = (size_t)1 << t->layout.bits;
    if (t->layout.bits > 8 || t->layout.samples != 1 ||
        !hg__tiff.GetField(t->tiff, TIFFTAG_COLORMAP, &map[0], &map[1], &map[2])) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a TIFF palette of at most 256 colours, got %s", r->name,
                        t->layout.bits > 8 ? "more" : "none");
    }
    int shift = 0; // some write 8 bits where 16 should be
    for (size_t i = 0; i < entries * 3; i++) {
        if (map[i % 3][i / 3] > 255) shift = 8;
    }
    for (size_t i = 0; i < entries * 3; i++) {
        t->layout.palette[i / 3][i % 3] = (uint8_t)(map[i % 3][i / 3] >> shift);
    }
    return HG_OK;
}

static bool is_mask_page(TIFF *tiff) {
    uint32_t kind = 0;
    return hg__tiff.GetField(tiff, TIFFTAG_SUBFILETYPE, &kind) && kind & FILETYPE_MASK;
}

// Photometric, planes and the sample behind the colours.
static int read_layout(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    hg__tiff_layout *l = &t->layout;
    uint16_t extras = 0, *extra = NULL, photometric;
    *l = (hg__tiff_layout){.bits = get_short(t->tiff, TIFFTAG_BITSPERSAMPLE),
                           .format = get_short(t->tiff, TIFFTAG_SAMPLEFORMAT),
                           .samples = get_short(t->tiff, TIFFTAG_SAMPLESPERPIXEL)};
    if (l->format == 0 || l->format == SAMPLEFORMAT_VOID) l->format = SAMPLEFORMAT_UINT;
    if (!hg__tiff.GetField(t->tiff, TIFFTAG_PHOTOMETRIC, &photometric)) {
        photometric = l->samples < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
    }
    if (photometric == PHOTOMETRIC_YCBCR &&
        get_short(t->tiff, TIFFTAG_COMPRESSION) == COMPRESSION_JPEG &&
        get_short(t->tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_CONTIG &&
        hg__tiff.SetField(t->tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB)) {
        photometric = PHOTOMETRIC_RGB;
    }
    if (photometric > PHOTOMETRIC_MASK) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a grey, RGB or palette TIFF, got %s; convert it to RGB first",
                        r->name, name_photometric(photometric));
    }
    l->photometric = photometric;
    HG_TRY(find_type(r, err));
    const bool is_grey = photometric < PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_MASK;
    r->info.channels = is_grey ? 1 : 3;
    r->info.is_mask = photometric == PHOTOMETRIC_MASK || is_mask_page(t->tiff);
    const int more = photometric == PHOTOMETRIC_PALETTE ? 0 : l->samples - r->info.channels;
    if (more < 0 || more > 1) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected a TIFF of %d or %d samples a pixel, got %d",
                        r->name, r->info.channels, r->info.channels + 1, l->samples);
    }
    r->info.alpha = more == 1;
    if (more && hg__tiff.GetField(t->tiff, TIFFTAG_EXTRASAMPLES, &extras, &extra) && extras) {
        l->extra = extra[0];
    }
    return photometric == PHOTOMETRIC_PALETTE ? read_palette(r, err) : HG_OK;
}

static int read_size(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    uint32_t width = 0, height = 0;
    hg__tiff.GetField(t->tiff, TIFFTAG_IMAGEWIDTH, &width);
    hg__tiff.GetField(t->tiff, TIFFTAG_IMAGELENGTH, &height);
    if (width - 1 >= INT32_MAX || height - 1 >= INT32_MAX) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected a TIFF of at least 1 x 1 pixels, got %u x %u", r->name, width,
                        height);
    }
    r->info.width = (int32_t)width;
    r->info.height = (int32_t)height;
    const bool is_few = t->layout.bits < 8 || t->layout.photometric == PHOTOMETRIC_PALETTE;
    r->pixel_bits = is_few ? t->layout.bits * t->layout.samples : 0;
    HG_TRY(hg__image_check(r, err));
    const uint64_t bytes = hg__tiff.RasterScanlineSize64(t->tiff) * (uint64_t)height;
    if (get_short(t->tiff, TIFFTAG_COMPRESSION) == COMPRESSION_NONE && bytes > r->file->size) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected %zu bytes of pixels, got a TIFF file of %zu bytes", r->name,
                        (size_t)bytes, r->file->size);
    }
    return HG_OK;
}

// A line as stored, planes together.
static size_t count_line_bytes(const hg__image_reader *r) {
    const hg__tiff_layout *l = &((const hg__tiff_reader *)r->state)->layout;
    return hg__ceil_div_size((size_t)r->info.width * l->samples * l->bits, 8);
}

// What bands need: 0 x 0 where lines come as they are.
static int find_pieces(const hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    const bool tiled = hg__tiff.IsTiled(t->tiff);
    const bool apart =
        t->layout.samples > 1 && get_short(t->tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
    const uint32_t height = (uint32_t)r->info.height;
    uint32_t tile_width = 0, lines = height;
    t->piece_bytes = t->band_lines = 0;
    if (!tiled && !apart) return HG_OK;
    if (tiled) {
        hg__tiff.GetField(t->tiff, TIFFTAG_TILEWIDTH, &tile_width);
        hg__tiff.GetField(t->tiff, TIFFTAG_TILELENGTH, &lines);
    } else {
        hg__tiff.GetFieldDefaulted(t->tiff, TIFFTAG_ROWSPERSTRIP, &lines);
    }
    const uint64_t most = 4 * (uint64_t)r->info.width * height + LEAST_TILE;
    if ((uint64_t)tile_width * lines > most && tiled) {
        return hg__fail(err, HG_ERR_DATA,
                        "%s: expected TIFF tiles smaller than the picture, got %u x %u pixels",
                        r->name, tile_width, lines);
    }
    t->band_lines = lines < height ? lines : height;
    const uint64_t bytes = tiled ? hg__tiff.TileSize64(t->tiff)
                                 : hg__tiff.ScanlineSize64(t->tiff) * (uint64_t)t->band_lines;
    t->piece_bytes = (size_t)bytes;
    if (bytes) return HG_OK;
    return fail_tiff(r, err);
}

static int take_buffers(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    hg__free(t->line);
    hg__free(t->band);
    hg__free(t->piece);
    t->line = t->band = t->piece = NULL;
    t->line_bytes = count_line_bytes(r);
    HG_TRY(find_pieces(r, err));
    const size_t scanline = (size_t)hg__tiff.ScanlineSize64(t->tiff);
    t->line = hg__alloc(scanline > t->line_bytes ? scanline : t->line_bytes, 1, err);
    if (!t->line) return HG_ERR_MEMORY;
    r->held = 0;
    if (!t->band_lines) return HG_OK;
    t->band = hg__alloc(t->band_lines, t->line_bytes, err);
    t->piece = hg__alloc(t->piece_bytes, 1, err);
    if (!t->band || !t->piece) return HG_ERR_MEMORY;
    r->held = t->band_lines * t->line_bytes + t->piece_bytes;
    return HG_OK;
}

static int read_page_header(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    HG_TRY(hg__tiff_find_picture(r, err));
    if (t->messages.lost[0]) snprintf(r->note, sizeof r->note, "%s", t->messages.lost);
    r->info.orientation = get_short(t->tiff, TIFFTAG_ORIENTATION);
    if (r->info.orientation < 1 || r->info.orientation > 8) r->info.orientation = 1;
    HG_TRY(read_layout(r, err));
    HG_TRY(read_size(r, err));
    HG_TRY(hg__tiff_check_shares(r, err));
    hg__tiff_read_nodata(t->tiff, &t->layout, &r->info);
    return take_buffers(r, err);
}

static void close_reader(hg__image_reader *r) {
    hg__tiff_reader *t = r->state;
    if (!t) return;
    if (t->tiff) hg__tiff.Close(t->tiff);
    hg__free(t->line);
    hg__free(t->band);
    hg__free(t->piece);
    hg__free(t);
    r->state = NULL;
}

static int open_first_page(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    const hg__tiff_io io = {.read = read_bytes,
                            .write = write_nothing,
                            .seek = seek,
                            .size = get_size,
                            .most = 4 * r->file->size + LIBRARY_BYTES};
    t->tiff = hg__tiff_open("r", t, &io, &t->messages);
    if (!t->tiff) return fail_tiff(r, err);
    HG_TRY(hg__tiff_refuse_raw(r, err));
    t->messages.text[0] = '\0';
    r->info = (hg__image_info){.format = "tiff"};
    r->info.pages = (int32_t)hg__tiff.NumberOfDirectories(t->tiff);
    // A link that leads nowhere.
    if (t->messages.text[0] || r->info.pages < 1) return fail_tiff(r, err);
    HG_TRY(read_page_header(r, err));
    return hg__tiff_find_planes(r, err);
}

static int open_reader(hg__image_reader *r, hg_error *err) {
    HG_TRY(hg__tiff_need(r->name, err));
    hg__tiff_reader *t = hg__alloc(1, sizeof *t, err);
    if (!t) return HG_ERR_MEMORY;
    r->state = t;
    t->file = r->file;
    const uint8_t *head = hg__image_file_at(r->file, 0, 4);
    if (!head) return HG_ERR_IO; // image.c says why
    t->is_big_end = head[0] == 'M';
    t->is_big_tiff = head[t->is_big_end ? 3 : 2] == 43;
    t->size = r->file->size;
    int code = open_first_page(r, err);
    if (code < 0) close_reader(r);
    return code;
}

static int next_page(hg__image_reader *r, hg_error *err) {
    hg__tiff_reader *t = r->state;
    if (r->info.page + 1 >= r->info.pages) return 0;
    r->note[0] = '\0';
    if (t->plane_bytes) {
        r->info.page++;
        return 1;
    }
    t->messages = (hg__tiff_messages){0};
    const int done = t->has_left ? hg__tiff.SetDirectory(t->tiff, (tdir_t)(r->info.page + 1))
                                 : hg__tiff.ReadDirectory(t->tiff);
    if (!done) return fail_tiff(r, err);
    t->has_left = false;
    r->info.page++;
    HG_TRY(read_page_header(r, err));
    return 1;
}

// ---- pixels -------------------------------------------------------------------------------------

// One tile, or one plane's strip: `lines` of them from pixel x on into the band.
static void place_piece(const hg__image_reader *r, uint32_t x, int plane, uint32_t lines) {
    hg__tiff_reader *t = r->state;
    const hg__tiff_layout *l = &t->layout;
    const bool tiled = hg__tiff.IsTiled(t->tiff);
    const size_t piece_line = (size_t)(tiled ? hg__tiff.TileRowSize64(t->tiff) //
                                             : hg__tiff.ScanlineSize64(t->tiff));
    const size_t sample = l->bits / 8, pixel = sample * l->samples;
    for (uint32_t y = 0; y < lines; y++) {
        const uint8_t *from = t->piece + y * piece_line;
        uint8_t *to = t->band + y * t->line_bytes;
        if (plane <
            0) { // tiles are 16 pixels wide or a multiple: bits start in a byte of their own
            to += (size_t)x * l->samples * l->bits / 8;
            const size_t left = t->line_bytes - (size_t)(to - (t->band + y * t->line_bytes));
            memcpy(to, from, piece_line < left ? piece_line : left);
            continue;
        }
        const size_t width = (size_t)r->info.width - x;
        const size_t count = piece_line / sample < width ? piece_line / sample : width;
        to += x * pixel + (size_t)plane * sample;
        for (size_t i = 0; i < count; i++) memcpy(to + i * pixel, from + i * sample, sample);
    }
}

static bool read_piece(const hg__tiff_reader *t, uint32_t x, uint32_t y, int plane,
                       uint32_t lines) {
    const uint16_t sample = (uint16_t)(plane < 0 ? 0 : plane);
    if (hg__tiff.IsTiled(t->tiff)) {
        const uint32_t tile = hg__tiff.ComputeTile(t->tiff, x, y, 0, sample);
        return hg__tiff.ReadEncodedTile(t->tiff, tile, t->piece, (tmsize_t)t->piece_bytes) ==
               (tmsize_t)t->piece_bytes;
    }
    const uint32_t strip = hg__tiff.ComputeStrip(t->tiff, y, sample);
    const tmsize_t bytes = (tmsize_t)(lines * (size_t)hg__tiff.ScanlineSize64(t->tiff));
    return hg__tiff.ReadEncodedStrip(t->tiff, strip, t->piece, bytes) == bytes;
}

static bool read_band(const hg__image_reader *r, uint32_t y) {
    hg__tiff_reader *t = r->state;
    const bool apart =
        t->layout.samples > 1 && get_short(t->tiff, TIFFTAG_PLANARCONFIG) == PLANARCONFIG_SEPARATE;
    const uint32_t left = (uint32_t)r->info.height - y;
    const uint32_t lines = left < t->band_lines ? left : t->band_lines;
    uint32_t step = (uint32_t)r->info.width;
    if (hg__tiff.IsTiled(t->tiff)) hg__tiff.GetField(t->tiff, TIFFTAG_TILEWIDTH, &step);
    for (int plane = apart ? 0 : -1; plane < (apart ? t->layout.samples : 0); plane++) {
        for (uint64_t x = 0; x < (uint64_t)r->info.width; x += step) {
            if (!read_piece(t, (uint32_t)x, y, plane, lines)) return false;
            place_piece(r, (uint32_t)x, plane, lines);
        }
    }
    return true;
}

// Line y as stored, or NULL.
static const uint8_t *read_stored(const hg__image_reader *r, uint32_t y) {
    hg__tiff_reader *t = r->state;
    if (t->plane_bytes) return hg__tiff_read_plane(r, y);
    if (!t->band) return hg__tiff.ReadScanline(t->tiff, t->line, y, 0) == 1 ? t->line : NULL;
    if (y % t->band_lines == 0 && !read_band(r, y)) return NULL;
    return t->band + (y % t->band_lines) * t->line_bytes;
}

// The next `bits` of a line, the first in the highest.
static unsigned take_bits(const uint8_t *from, size_t *at, unsigned bits) {
    unsigned v = 0;
    for (unsigned left = bits; left > 0;) {
        const unsigned here = 8 - (unsigned)(*at % 8), n = left < here ? left : here;
        v = v << n | ((unsigned)from[*at / 8] >> (here - n) & ((1U << n) - 1));
        *at += n;
        left -= n;
    }
    return v;
}

// Samples that are no whole bytes, and palettes. Up to 8 bits are spread to 0 .. 255, more stay what they are.
static void spread_bits(const hg__image_reader *r, const uint8_t *from, void *to) {
    const hg__tiff_layout *l = &((const hg__tiff_reader *)r->state)->layout;
    const unsigned top = (1U << l->bits) - 1;
    const size_t samples = (size_t)r->info.width * l->samples;
    uint8_t *bytes = to;
    uint16_t *words = to;
    size_t at = 0;
    for (size_t i = 0; i < samples; i++) {
        const unsigned v = take_bits(from, &at, l->bits);
        if (l->photometric == PHOTOMETRIC_PALETTE) {
            memcpy(bytes + 3 * i, l->palette[v], 3);
        } else if (l->bits < 8) {
            bytes[i] = (uint8_t)(v * 255 / top);
        } else {
            words[i] = (uint16_t)v;
        }
    }
}

static void convert_line(const hg__image_reader *r, const uint8_t *from, void *to) {
    const hg__tiff_layout *l = &((const hg__tiff_reader *)r->state)->layout;
    if (l->bits % 8 || l->photometric == PHOTOMETRIC_PALETTE) {
        spread_bits(r, from, to);
    } else {
        memcpy(to, from, hg__image_line_bytes(&r->info));
    }
    const size_t width = (size_t)r->info.width;
    if (l->photometric == PHOTOMETRIC_MINISWHITE) hg__tiff_turn_grey(&r->info, to, width);
    if (r->info.alpha && l->extra == EXTRASAMPLE_ASSOCALPHA) {
        hg__tiff_divide_by_alpha(&r->info, to, width);
    }
}

static int read_lines(hg__image_reader *r, void *to, int32_t lines, hg_error *err) {
    hg__tiff_reader *t = r->state;
    t->messages = (hg__tiff_messages){.strict = true};
    for (int32_t i = 0; i < lines; i++) {
        const uint8_t *stored = read_stored(r, (uint32_t)(r->next_line + i));
        if (!stored || t->messages.text[0]) return fail_tiff(r, err);
        convert_line(r, stored, (uint8_t *)to + (size_t)i * hg__image_line_bytes(&r->info));
    }
    t->messages.strict = false;
    return HG_OK;
}

const hg__codec hg__codec_tiff = {
    .name = "tiff",
    .extensions = ".tif.tiff.tif8.tf8.btf.",
    .sniff = sniff,
    .open = open_reader,
    .read = read_lines,
    .next_page = next_page,
    .close = close_reader,
    .create = hg__tiff_create,
    .write = hg__tiff_write,
    .start_page = hg__tiff_start_page,
    .finish = hg__tiff_finish,
    .drop = hg__tiff_drop,
};
