// SPDX-License-Identifier: Apache-2.0
// test_codec_tiff.c - TIFF files as libtiff itself writes them, whole and broken.
#include "codec_faults.h"
// tiffio.h after the standard headers
#include <tiffio.h>

enum { WIDTH = 19, HEIGHT = 17 };

typedef struct settings {
    const char *mode; // "wl", "wb", "w8" ...
    int bits, samples, photometric, compression;
    bool tiled, apart; // tiles of 16 x 16; a plane for each sample
    int pages, extra;  // extra: -1 none, else EXTRASAMPLE_*
    int format;        // SAMPLEFORMAT_*, 0 unsigned, of 32 bits float
} settings;

static int format_of(const settings *s) {
    if (s->format) return s->format;
    return s->bits == 32 ? SAMPLEFORMAT_IEEEFP : SAMPLEFORMAT_UINT;
}

static hg__dtype type_of(const settings *s) {
    static const hg__dtype whole[2][4] = {
        {HG_U8, HG_U16, HG_U32, HG_U64},
        {HG_I8, HG_I16, HG_I32, HG_I64}
    };
    static const hg__dtype real[4] = {HG_F16, HG_F16, HG_F32, HG_F64};
    const int width = s->bits <= 8 ? 0 : s->bits <= 16 ? 1 : s->bits <= 32 ? 2 : 3;
    return format_of(s) == SAMPLEFORMAT_IEEEFP ? real[width]
                                               : whole[format_of(s) == SAMPLEFORMAT_INT][width];
}

// Sample k at x, y as stored, in the file's range; colours never above their alpha (the last sample).
static uint32_t draw(const settings *s, int page, int x, int y, int k) {
    const uint32_t top = s->bits >= 16 ? 65535 : (1U << s->bits) - 1;
    if (s->extra >= 0 && k == s->samples - 1) return top - (uint32_t)(x + y) % (top / 2 + 1);
    return (uint32_t)(x * 7 + y * 3 + k * 5 + page + x * y) * (top > 255 ? 61U : 1U) %
           (top / 2 + (s->bits < 8));
}

// The stored sample as a number: over the type's whole range, signed ones on both sides of 0.
static double number_of(const settings *s, uint32_t value) {
    const double step = s->bits == 64 ? 0x1p40 : s->bits == 32 ? 65537 : 1;
    if (format_of(s) == SAMPLEFORMAT_IEEEFP) return value / 65535.0;
    const double middle = format_of(s) != SAMPLEFORMAT_INT ? 0 : s->bits == 8 ? 40 : 12345;
    return (value - middle) * step;
}

// One sample into a line as libtiff wants it: native order, packed from the highest bit.
static void put(const settings *s, uint8_t *line, size_t at, uint32_t value) {
    if (s->bits % 8 == 0) {
        hg__image_set_sample(type_of(s), line, at, number_of(s, value));
        return;
    }
    for (size_t i = 0, bit = at * (size_t)s->bits; i < (size_t)s->bits; i++, bit++) {
        const uint32_t v = value >> ((size_t)s->bits - 1 - i) & 1;
        line[bit / 8] = (uint8_t)(line[bit / 8] | v << (7 - bit % 8));
    }
}

static void put_line(const settings *s, TIFF *t, int page, int y, int plane) {
    uint8_t line[WIDTH * 4 * 8] = {0};
    for (int x = 0; x < WIDTH; x++) {
        for (int k = 0; k < (s->apart ? 1 : s->samples); k++) {
            const uint32_t v = draw(s, page, x, y, s->apart ? plane : k);
            put(s, line, (size_t)(s->apart ? x : x * s->samples + k), v);
        }
    }
    assert_int_equal(TIFFWriteScanline(t, line, (uint32_t)y, (uint16_t)plane), 1);
}

static void put_tile(const settings *s, TIFF *t, int page, int left, int top) {
    for (int plane = 0; plane < (s->apart ? s->samples : 1); plane++) {
        uint8_t tile[16 * 16 * 4 * 8] = {0};
        const int held = s->apart ? 1 : s->samples;
        for (int i = 0; i < 16 * 16 * held; i++) {
            const int x = left + i / held % 16, y = top + i / held / 16;
            put(s, tile, (size_t)i, draw(s, page, x, y, s->apart ? plane : i % held));
        }
        assert_true(TIFFWriteTile(t, tile, (uint32_t)left, (uint32_t)top, 0, (uint16_t)plane) > 0);
    }
}

static void set_fields(const settings *s, TIFF *t) {
    const uint16_t extra = (uint16_t)s->extra;
    uint16_t map[3][256];
    for (int i = 0; i < 256 * 3; i++) map[i % 3][i / 3] = (uint16_t)((i / 3 * (i % 3 + 1)) << 8);
    TIFFSetField(t, TIFFTAG_IMAGEWIDTH, WIDTH);
    TIFFSetField(t, TIFFTAG_IMAGELENGTH, HEIGHT);
    TIFFSetField(t, TIFFTAG_BITSPERSAMPLE, s->bits);
    TIFFSetField(t, TIFFTAG_SAMPLESPERPIXEL, s->samples);
    TIFFSetField(t, TIFFTAG_PHOTOMETRIC, s->photometric);
    TIFFSetField(t, TIFFTAG_COMPRESSION, s->compression);
    TIFFSetField(t, TIFFTAG_PLANARCONFIG, s->apart ? PLANARCONFIG_SEPARATE : PLANARCONFIG_CONTIG);
    TIFFSetField(t, TIFFTAG_SAMPLEFORMAT, format_of(s));
    TIFFSetField(t, TIFFTAG_ORIENTATION, ORIENTATION_RIGHTTOP);
    TIFFSetField(t, TIFFTAG_XRESOLUTION, 300.0);
    TIFFSetField(t, TIFFTAG_YRESOLUTION, 150.0);
    TIFFSetField(t, TIFFTAG_RESOLUTIONUNIT, RESUNIT_CENTIMETER);
    TIFFSetField(t, TIFFTAG_IMAGEDESCRIPTION, "a picture");
    TIFFSetField(t, TIFFTAG_ICCPROFILE, 5, "icc!!");
    if (s->photometric == PHOTOMETRIC_PALETTE) {
        TIFFSetField(t, TIFFTAG_COLORMAP, map[0], map[1], map[2]);
    }
    if (s->extra >= 0) TIFFSetField(t, TIFFTAG_EXTRASAMPLES, 1, &extra);
    if (s->tiled) TIFFSetField(t, TIFFTAG_TILEWIDTH, 16);
    if (s->tiled) TIFFSetField(t, TIFFTAG_TILELENGTH, 16);
    if (!s->tiled) TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 8);
}

static file_bytes make_tiff(settings s) {
    char path[128];
    TIFF *t = TIFFOpen(case_path(path, "made.tif"), s.mode);
    assert_non_null(t);
    for (int page = 0; page < s.pages; page++) {
        set_fields(&s, t);
        for (int y = 0; y < HEIGHT && s.tiled; y += 16) {
            for (int x = 0; x < WIDTH; x += 16) put_tile(&s, t, page, x, y);
        }
        for (int plane = 0; plane < (s.apart ? s.samples : 1) && !s.tiled; plane++) {
            for (int y = 0; y < HEIGHT; y++) put_line(&s, t, page, y, plane);
        }
        assert_int_equal(TIFFWriteDirectory(t), 1);
    }
    TIFFClose(t);
    return take_file(path);
}

#define GREY(bits, compression) \
 { "wl", bits, 1, PHOTOMETRIC_MINISBLACK, compression, false, false, 1, -1, 0 }

static const settings kinds[] = {
    GREY(8, COMPRESSION_NONE),
    GREY(16, COMPRESSION_LZW),
    GREY(32, COMPRESSION_ADOBE_DEFLATE),
    GREY(1, COMPRESSION_CCITTFAX4),
    GREY(2, COMPRESSION_NONE),
    GREY(4, COMPRESSION_PACKBITS),
    {"wb", 16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE,          false, false, 3, -1,                      0               },
    {"wb", 1,  1, PHOTOMETRIC_MINISWHITE, COMPRESSION_PACKBITS,      false, false, 1, -1,                      0               },
    {"wl", 8,  1, PHOTOMETRIC_MINISWHITE, COMPRESSION_NONE,          true,  false, 2, -1,                      0               },
    {"wl", 8,  3, PHOTOMETRIC_RGB,        COMPRESSION_LZW,           false, true,  2, -1,                      0               },
    {"w8", 16, 3, PHOTOMETRIC_RGB,        COMPRESSION_ADOBE_DEFLATE, true,  true,  1, -1,                      0               },
    {"wl", 8,  4, PHOTOMETRIC_RGB,        COMPRESSION_NONE,          false, false, 1, EXTRASAMPLE_UNASSALPHA,  0               },
    {"wl", 8,  4, PHOTOMETRIC_RGB,        COMPRESSION_LZW,           true,  false, 1, EXTRASAMPLE_ASSOCALPHA,  0               },
    {"wb", 16, 2, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE,          false, true,  1, EXTRASAMPLE_ASSOCALPHA,
                               0                                                                                                                         },
    {"wb", 32, 3, PHOTOMETRIC_RGB,        COMPRESSION_LZW,           true,  false, 1, -1,                      0               },
    {"wl", 32, 4, PHOTOMETRIC_RGB,        COMPRESSION_NONE,          false, false, 1, EXTRASAMPLE_UNSPECIFIED, 0               },
    {"wl", 8,  1, PHOTOMETRIC_PALETTE,    COMPRESSION_LZW,           false, false, 1, -1,                      0               },
    {"wl", 4,  1, PHOTOMETRIC_PALETTE,    COMPRESSION_NONE,          true,  false, 1, -1,                      0               },
    {"wb", 16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE,          false, false, 1, -1,                      SAMPLEFORMAT_INT},
    {"wl", 16, 3, PHOTOMETRIC_RGB,        COMPRESSION_LZW,           false, true,  1, -1,                      SAMPLEFORMAT_INT},
    {"wl", 8,  1, PHOTOMETRIC_MINISWHITE, COMPRESSION_NONE,          true,  false, 1, -1,                      SAMPLEFORMAT_INT},
    {"wl", 32, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_ADOBE_DEFLATE, true,  false, 2, -1,
                               SAMPLEFORMAT_UINT                                                                                                         },
    {"wb", 32, 2, PHOTOMETRIC_MINISBLACK, COMPRESSION_LZW,           false, false, 1, EXTRASAMPLE_ASSOCALPHA,
                               SAMPLEFORMAT_UINT                                                                                                         },
    {"wl", 32, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_PACKBITS,      false, false, 1, -1,
                               SAMPLEFORMAT_INT                                                                                                          },
    {"wl", 64, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE,          false, false, 1, -1,
                               SAMPLEFORMAT_IEEEFP                                                                                                       },
    {"wb", 64, 3, PHOTOMETRIC_RGB,        COMPRESSION_ADOBE_DEFLATE, true,  true,  1, -1,
                               SAMPLEFORMAT_IEEEFP                                                                                                       },
    {"wl", 64, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_ADOBE_DEFLATE, false, false, 1, -1,
                               SAMPLEFORMAT_UINT                                                                                                         },
    {"wl", 64, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE,          false, false, 1, -1,                      SAMPLEFORMAT_INT},
    {"wl", 16, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_LZW,           false, false, 1, -1,
                               SAMPLEFORMAT_IEEEFP                                                                                                       },
    GREY(12, COMPRESSION_LZW),
    {"wb", 12, 3, PHOTOMETRIC_RGB,        COMPRESSION_NONE,          true,  false, 1, -1,                      0               },
    {"wl", 10, 1, PHOTOMETRIC_MINISWHITE, COMPRESSION_PACKBITS,      false, false, 1, -1,                      0               },
    {"wl", 4,  3, PHOTOMETRIC_RGB,        COMPRESSION_NONE,          false, false, 1, -1,                      0               },
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static bool is_palette(const settings *s) {
    return s->photometric == PHOTOMETRIC_PALETTE;
}

static double top_of(const settings *s) {
    const hg__dtype type = type_of(s);
    return s->bits < 16 && type == HG_U16 ? (1 << s->bits) - 1 : (double)hg__image_white_of(type);
}

// What a reader must give for sample k, white = 1.
static double find_wanted(const settings *s, int page, int x, int y, int k) {
    const uint32_t stored = draw(s, page, x, y, is_palette(s) ? 0 : k);
    if (is_palette(s)) return (uint8_t)(stored * ((uint32_t)k + 1)) / 255.0;
    if (s->bits < 8) {
        const double v = stored / (double)((1 << s->bits) - 1);
        return s->photometric == PHOTOMETRIC_MINISWHITE ? 1 - v : v;
    }
    double v = number_of(s, stored);
    if (s->photometric == PHOTOMETRIC_MINISWHITE) {
        v = (s->format == SAMPLEFORMAT_INT ? -1 : top_of(s)) - v;
    }
    if (s->extra == EXTRASAMPLE_ASSOCALPHA && k < s->samples - 1) {
        v *= top_of(s) / number_of(s, draw(s, page, x, y, s->samples - 1));
    }
    return v / top_of(s);
}

static double get_sample(const hg__image_info *i, const void *line, size_t at) {
    return hg__image_sample(i->dtype, line, at) / (double)i->white;
}

static void assert_near(double got, double wanted, double step) {
    if (fabs(got - wanted) > step) fail_msg("%g, not %g", got, wanted);
}

static void assert_page(const settings *s, hg__image_reader *r, int page) {
    const hg__image_info *i = hg__image_info_of(r);
    const int samples = is_palette(s) ? 3 : s->samples;
    double line[WIDTH * 4];
    assert_int_equal(i->width, WIDTH);
    assert_int_equal(i->height, HEIGHT);
    assert_int_equal(hg__image_samples(i), samples);
    assert_int_equal(i->alpha, s->extra >= 0);
    assert_int_equal(i->dtype, type_of(s));
    assert_int_equal(i->orientation, 6);
    assert_int_equal(i->page, page);
    assert_int_equal(i->pages, s->pages);
    const double step = i->dtype == HG_F16 ? 1e-3 : s->bits > 16 ? 1e-6 : 0.51 / top_of(s);
    for (int y = 0; y < HEIGHT; y++) {
        assert_int_equal(hg__image_read_lines(r, line, 1, NULL), HG_OK);
        for (int k = 0; k < WIDTH * samples; k++) {
            const double got = get_sample(i, line, (size_t)k);
            assert_near(got, find_wanted(s, page, k / samples, y, k % samples), step);
        }
    }
}

static void assert_pages(const settings *s, const file_bytes *f) {
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(f->data, f->size, "some.file", &err);
    if (!r) fail_msg("%s", err.message);
    for (int page = 0; page < s->pages; page++) {
        assert_page(s, r, page);
        assert_int_equal(hg__image_next_page(r, &err), page + 1 < s->pages);
    }
    hg__image_close(r);
}

static void every_kind_gives_its_pixels(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        file_bytes f = make_tiff(kinds[k]);
        assert_pages(&kinds[k], &f);
        free(f.data);
    }
}

// What a copy must still say; libtiff itself reads it.
static void assert_kept(const settings *s, const file_bytes *f) {
    char path[128];
    assert_int_equal(hg__write_file(case_path(path, "kept.tif"), f->data, f->size, NULL), HG_OK);
    TIFF *t = TIFFOpen(path, "r");
    assert_non_null(t);
    uint16_t bits = 0, photometric = 0, compression = 0, unit = 0, count = 0, *extra = NULL;
    uint32_t length = 0;
    float x = 0, y = 0;
    const char *text = "", *profile = "";
    TIFFGetField(t, TIFFTAG_BITSPERSAMPLE, &bits);
    TIFFGetField(t, TIFFTAG_PHOTOMETRIC, &photometric);
    TIFFGetField(t, TIFFTAG_COMPRESSION, &compression);
    TIFFGetField(t, TIFFTAG_XRESOLUTION, &x);
    TIFFGetField(t, TIFFTAG_YRESOLUTION, &y);
    TIFFGetField(t, TIFFTAG_RESOLUTIONUNIT, &unit);
    TIFFGetField(t, TIFFTAG_IMAGEDESCRIPTION, &text);
    assert_int_equal(TIFFGetField(t, TIFFTAG_ICCPROFILE, &length, &profile), 1);
    assert_int_equal(bits, is_palette(s) ? 8 : s->bits);
    assert_int_equal(photometric, is_palette(s) ? PHOTOMETRIC_RGB : s->photometric);
    assert_int_equal(compression, s->compression);
    assert_true(x > 299 && x < 301 && y > 149 && y < 151);
    assert_int_equal(unit, RESUNIT_CENTIMETER);
    assert_string_equal(text, "a picture");
    assert_int_equal(length, 5);
    assert_memory_equal(profile, "icc!!", 5);
    assert_int_equal(TIFFIsBigEndian(t), s->mode[1] == 'b');
    assert_int_equal(TIFFIsBigTIFF(t), s->mode[1] == '8');
    if (s->extra >= 0) {
        assert_int_equal(TIFFGetField(t, TIFFTAG_EXTRASAMPLES, &count, &extra), 1);
        assert_int_equal(extra[0], s->extra);
    }
    TIFFClose(t);
    unlink(path);
}

static void a_copy_keeps_pixels_bits_compression_order_and_tags(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k++) {
        file_bytes f = make_tiff(kinds[k]), g = copy_like(&f, NULL);
        assert_pages(&kinds[k], &g);
        assert_kept(&kinds[k], &g);
        free(f.data);
        free(g.data);
    }
}

static void a_copy_keeps_tags_nobody_here_knows(void **state) {
    (void)state;
    static char name[] = "Mine";
    const TIFFFieldInfo mine = {
        65123, TIFF_VARIABLE2, TIFF_VARIABLE2, TIFF_DOUBLE, FIELD_CUSTOM, 1, 1, name};
    const double values[3] = {1.5, -2, 1e300};
    char path[128];
    TIFF *t = TIFFOpen(case_path(path, "tagged.tif"), "wl");
    assert_non_null(t);
    const settings s = kinds[0];
    set_fields(&s, t);
    assert_int_equal(TIFFMergeFieldInfo(t, &mine, 1), 0);
    assert_int_equal(TIFFSetField(t, 65123, 3, values), 1);
    for (int y = 0; y < HEIGHT; y++) put_line(&s, t, 0, y, 0);
    TIFFClose(t);
    file_bytes f = take_file(path), g = copy_like(&f, NULL);
    uint8_t wanted[24];
    memcpy(wanted, values, 24);
    assert_non_null(memmem(g.data, g.size, wanted, 24));
    free(f.data);
    free(g.data);
}

static void turn(uint8_t *line, size_t n) {
    for (size_t i = 0; i < n; i++) line[i] = (uint8_t)(255 - line[i]);
}

static void one_bit_is_written_as_the_nearer_of_two(void **state) {
    (void)state;
    file_bytes f = make_tiff(kinds[3]), g = copy_like(&f, turn);
    hg__image_info i, j;
    uint8_t *a = decode_first(&f, &i), *b = decode_first(&g, &j);
    for (size_t k = 0; k < (size_t)WIDTH * HEIGHT; k++) assert_int_equal(a[k], 255 - b[k]);
    free(a);
    free(b);
    free(f.data);
    free(g.data);
}

// Whether a page says of itself that something is lost.
static bool is_told(const uint8_t *bytes, size_t size) {
    hg__image_reader *r = hg__image_open_bytes(bytes, size, "some.file", NULL);
    bool told = false;
    for (int more = r != NULL; more > 0; more = hg__image_next_page(r, NULL)) {
        double line[WIDTH * 4];
        for (int y = 0; y < HEIGHT; y++) (void)hg__image_read_lines(r, line, 1, NULL);
        told = told || hg__image_note(r)[0];
    }
    hg__image_close(r);
    return told;
}

// Cut off anywhere, a file is an error; or the cut took fields that are not its pixels, and a note says so.
static void assert_cuts_are_told(const file_bytes *f) {
    hg_error err;
    for (size_t size = 0; size < f->size; size++) {
        const int code = decode(f->data, size, &err);
        if (code != HG_ERR_DATA && !is_told(f->data, size)) {
            fail_msg("cut after %zu of %zu bytes: %d %s", size, f->size, code, err.message);
        }
    }
}

static void jpeg_within_is_read_and_written_without_loss(void **state) {
    (void)state;
    const settings s = {
        "wl", 8, 3, PHOTOMETRIC_YCBCR, COMPRESSION_JPEG, false, false, 1, -1, 0,
    };
    char path[128];
    TIFF *t = TIFFOpen(case_path(path, "jpeg.tif"), s.mode);
    assert_non_null(t);
    set_fields(&s, t);
    TIFFSetField(t, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    TIFFSetField(t, TIFFTAG_ROWSPERSTRIP, 16);
    for (int y = 0; y < HEIGHT; y++) put_line(&s, t, 0, y, 0);
    TIFFClose(t);
    file_bytes f = take_file(path), g = copy_like(&f, NULL);
    hg__image_info i, j;
    uint8_t *a = decode_first(&f, &i), *b = decode_first(&g, &j);
    assert_memory_equal(a, b, (size_t)WIDTH * HEIGHT * 3);
    assert_cuts_are_told(&f);
    assert_true(count_flips_refused(&f, f.size) > 100);
    free(a);
    free(b);
    free(f.data);
    free(g.data);
}

static void what_is_not_taken_is_refused_in_one_sentence(void **state) {
    (void)state;
    static const struct {
        settings s;
        const char *sentence;
    } cases[] = {
        {{"wl", 64, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, false, false, 1, -1,
          SAMPLEFORMAT_COMPLEXIEEEFP},
         "64 bits complex"                                                                           },
        {{"wl", 24, 1, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, false, false, 1, -1,
          SAMPLEFORMAT_UINT},
         "1 x 24 bits unsigned"                                                                      },
        {{"wl", 12, 3, PHOTOMETRIC_RGB, COMPRESSION_NONE, false, true, 1, -1, 0},
         "3 x 12 bits unsigned, planes apart"                                                        },
        {{"wl", 8, 4, PHOTOMETRIC_SEPARATED, COMPRESSION_NONE, false, false, 1, -1, 0},  "got CMYK"  },
        {{"wl", 8, 3, PHOTOMETRIC_CIELAB, COMPRESSION_NONE, false, false, 1, -1, 0},     "got L*a*b*"},
        {{"wl", 8, 4, PHOTOMETRIC_MINISBLACK, COMPRESSION_NONE, false, false, 1, -1, 0},
         "samples a pixel, got 4"                                                                    },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        file_bytes f = make_tiff(cases[k].s);
        hg_error err;
        assert_int_equal(decode(f.data, f.size, &err), HG_ERR_DATA);
        if (!strstr(err.message, cases[k].sentence)) fail_msg("%s", err.message);
        free(f.data);
    }
}

// The value of a 32-bit field (little-endian, classic) of the first page.
static uint8_t *find_value(const file_bytes *f, uint16_t tag) {
    uint32_t at;
    memcpy(&at, f->data + 4, 4);
    for (at += 2; at + 12 <= f->size; at += 12) {
        if (memcmp(f->data + at, &tag, 2) == 0) return f->data + at + 8;
    }
    fail_msg("no tag %d", tag);
    return NULL;
}

static void lying_sizes_are_refused_before_memory_is_taken(void **state) {
    (void)state;
    const uint32_t wide = 2000, huge = 100000, nothing = 0, many = 0x7ffffff0;
    hg_error err;
    file_bytes f = make_tiff(kinds[0]), g = make_tiff(kinds[8]);
    memcpy(find_value(&f, TIFFTAG_IMAGEWIDTH), &wide, 2);
    assert_refused(&f, "some.file: expected 34000 bytes of pixels, got a TIFF file of 591 bytes");
    memcpy(find_value(&f, TIFFTAG_IMAGEWIDTH), &nothing, 2);
    assert_int_equal(decode(f.data, f.size, &err), HG_ERR_DATA);
    find_value(&f, TIFFTAG_IMAGEWIDTH)[-6] = TIFF_LONG;
    memcpy(find_value(&f, TIFFTAG_IMAGEWIDTH), &huge, 4);
    find_value(&f, TIFFTAG_IMAGELENGTH)[-6] = TIFF_LONG;
    memcpy(find_value(&f, TIFFTAG_IMAGELENGTH), &huge, 4);
    assert_refused(&f, "some.file: expected at most 4194304 pixels, got 100000 x 100000");
    find_value(&g, TIFFTAG_TILEWIDTH)[-6] = TIFF_LONG;
    memcpy(find_value(&g, TIFFTAG_TILEWIDTH), &many, 4);
    assert_int_equal(decode(g.data, g.size, &err), HG_ERR_DATA);
    free(f.data);
    free(g.data);
}

// A page that is followed by itself.
static void pages_in_a_circle_end_where_they_began(void **state) {
    (void)state;
    file_bytes f = make_tiff(kinds[0]);
    uint32_t at;
    uint16_t fields;
    memcpy(&at, f.data + 4, 4);
    memcpy(&fields, f.data + at, 2);
    memcpy(f.data + at + 2 + 12 * (size_t)fields, &at, 4);
    assert_whole(&f, 1);
    free(f.data);
}

static void a_file_cut_off_anywhere_fails_or_says_so(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS; k += k < 18 ? 1 : 4) {
        file_bytes f = make_tiff(kinds[k]);
        assert_cuts_are_told(&f);
        free(f.data);
    }
}

static void any_bit_turned_round_is_a_result_or_a_sentence(void **state) {
    (void)state;
    for (size_t k = 0; k < KINDS;
         k += k < 18 ? 1 : 4) { // the later ones differ in their types alone
        file_bytes f = make_tiff(kinds[k]);
        assert_true(count_flips_refused(&f, f.size) > 50);
        free(f.data);
    }
}

static void the_pages_and_bit_depths_of_shared_files_are_read(void **state) {
    (void)state;
    static const struct {
        const char *name;
        int pages, depth;
    } files[] = {
        {"skimage/multipage.tif",               2,  HG_U8 },
        {"skimage/_blobs_3d_fiji_skeleton.tif", 30, HG_U8 },
        {"skimage/chessboard_GRAY_U16.tif",     1,  HG_U16},
        {"skimage/chessboard_GRAY_U16B.tif",    1,  HG_U16},
    };
    for (size_t k = 0; k < sizeof files / sizeof *files; k++) {
        file_bytes f = load_shared(files[k].name), g = copy_like(&f, NULL);
        assert_whole(&f, files[k].pages);
        assert_whole(&g, files[k].pages);
        hg__image_info i, j;
        uint8_t *a = decode_first(&f, &i), *b = decode_first(&g, &j);
        assert_int_equal(i.dtype, files[k].depth);
        assert_int_equal(j.dtype, files[k].depth);
        assert_memory_equal(a, b, hg__image_line_bytes(&i) * (size_t)i.height);
        free(a);
        free(b);
        free(f.data);
        free(g.data);
    }
}

static void a_new_file_has_the_shape_it_was_given(void **state) {
    (void)state;
    const hg__dtype types[] = {HG_U8,  HG_U16, HG_F32, HG_I16, HG_I32, HG_U32,
                               HG_F64, HG_I8,  HG_F16, HG_U64, HG_I64};
    for (int k = 0; k < 11; k++) {
        char path[128];
        hg_error err = {0};
        const hg__image_info info = {.width = 3,
                                     .height = 2,
                                     .channels = 3,
                                     .alpha = true,
                                     .dtype = types[k],
                                     .orientation = 3,
                                     .pages = 1};
        uint8_t pixels[3 * 2 * 4 * 8];
        for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i + 1);
        hg__image_writer *w = hg__image_create_new(case_path(path, "new.tif"), &info, &err);
        assert_non_null(w);
        assert_int_equal(hg__image_write_lines(w, pixels, 2, &err), HG_OK);
        assert_int_equal(hg__image_commit(w, &err), HG_OK);
        file_bytes f = take_file(path);
        hg__image_info read;
        uint8_t *back = decode_first(&f, &read);
        assert_int_equal(read.orientation, 3);
        assert_int_equal(read.dtype, types[k]);
        assert_true(read.alpha);
        assert_memory_equal(back, pixels, hg__image_line_bytes(&info) * 2);
        free(back);
        free(f.data);
    }
}

static void a_pipe_is_refused(void **state) {
    (void)state;
    const hg__image_info info = {
        .width = 3, .height = 2, .channels = 1, .dtype = HG_U8, .orientation = 1, .pages = 1};
    file_bytes f = make_tiff(kinds[0]);
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(f.data, f.size, "some.file", &err);
    assert_non_null(r);
    assert_null(hg__image_create("/dev/null", r, &err));
    assert_string_equal(err.message, "/dev/null: expected a file for TIFF, got a device or pipe");
    assert_null(hg__image_create_new("/nowhere/at/all.tif", &info, &err));
    assert_int_equal(err.code, HG_ERR_IO);
    hg__image_close(r);
    free(f.data);
}

static void an_abandoned_file_leaves_no_trace(void **state) {
    (void)state;
    file_bytes f = make_tiff(kinds[6]);
    char path[128], line[WIDTH * 2];
    hg__image_reader *r = hg__image_open_bytes(f.data, f.size, "some.file", NULL);
    hg__image_writer *w = hg__image_create(case_path(path, "left.tif"), r, NULL);
    assert_non_null(w);
    assert_int_equal(hg__image_read_lines(r, line, 1, NULL), HG_OK);
    assert_int_equal(hg__image_write_lines(w, line, 1, NULL), HG_OK);
    hg__image_abort(w); // remove_case_folder() sees whether anything is left
    hg__image_close(r);
    free(f.data);
}

static void a_failing_disk_or_no_memory_leaves_the_old_file(void **state) {
    (void)state;
    expect_old_or_new(make_tiff(kinds[6]));
}

int main(int count, char **words) {
    (void)words;
    if (count > 1) return copy_as_child();
    hg__image_limit.pixels = 1 << 22;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_gives_its_pixels),
        cmocka_unit_test(a_copy_keeps_pixels_bits_compression_order_and_tags),
        cmocka_unit_test(a_copy_keeps_tags_nobody_here_knows),
        cmocka_unit_test(one_bit_is_written_as_the_nearer_of_two),
        cmocka_unit_test(jpeg_within_is_read_and_written_without_loss),
        cmocka_unit_test(what_is_not_taken_is_refused_in_one_sentence),
        cmocka_unit_test(lying_sizes_are_refused_before_memory_is_taken),
        cmocka_unit_test(pages_in_a_circle_end_where_they_began),
        cmocka_unit_test(a_file_cut_off_anywhere_fails_or_says_so),
        cmocka_unit_test(any_bit_turned_round_is_a_result_or_a_sentence),
        cmocka_unit_test(the_pages_and_bit_depths_of_shared_files_are_read),
        cmocka_unit_test(a_new_file_has_the_shape_it_was_given),
        cmocka_unit_test(a_pipe_is_refused),
        cmocka_unit_test(an_abandoned_file_leaves_no_trace),
        cmocka_unit_test(a_failing_disk_or_no_memory_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, make_case_folder, remove_case_folder);
}
