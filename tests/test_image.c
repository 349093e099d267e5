// SPDX-License-Identifier: Apache-2.0
// test_image.c - files as images: what is none, limits, turning, numbers, failing memory and disks.
#include <math.h>

#include "faults.h"
#include "image_samples.h"

static void put_grey(sample *s, int32_t width, int32_t height) {
    char header[64];
    s->size = 0;
    snprintf(header, sizeof header, "P5\n%d %d\n255\n", width, height);
    put_text(s, header);
    for (int i = 0; i < width * height; i++) put(s, &(uint8_t){(uint8_t)(i + 1)}, 1);
}

#define CONVERT     "; convert it to PNG or TIFF first"
#define HEAD(bytes) bytes, sizeof(bytes) - 1

static void what_is_no_image_is_named(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        const char *got;
    } others[] = {
        {HEAD(""),                                                               "an empty file"                      },
        {HEAD("hello\nworld"),                                                   "text"                               },
        {HEAD("GIF89a...."),                                                     "a GIF file" CONVERT                 },
        {HEAD("\0\0\0\x18"
              "ftypheic"),
         "a HEIC file" CONVERT                                                                                        },
        {HEAD("\0\0\0\x1c"
              "ftypmif1\0\0\0\0mif1avif"),
         "an AVIF file" CONVERT                                                                                       },
        {HEAD("BM\66\3\0\0\0\0\0\0\66\0\0\0\50\0\0\0"),                          "a BMP file" CONVERT                 },
        {HEAD("BMI,age\n30,41\n22,18\n"),                                        "text"                               },
        {HEAD("\0\0\0\14jP  \r\n\x87\n"),                                        "a JPEG 2000 file" CONVERT           },
        {HEAD("\xff\x4f\xff\x51\0\51"),                                          "a JPEG 2000 file" CONVERT           },
        {HEAD("\xff\x0a\1\2\0"),                                                 "a JPEG XL file" CONVERT             },
        {HEAD("\xff\xd8\xff\xf7\0\13\10"),                                       "a JPEG-LS file" CONVERT             },
        {HEAD("8BPS\0\1\0\0"),                                                   "a Photoshop file (PSD)" CONVERT     },
        {HEAD("P7\nWIDTH 2\nHEIGHT 2\nDEPTH 1\nMAXVAL 255\nENDHDR\n"),           "a PAM file (P7)" CONVERT            },
        {HEAD("P7\nP8\nP9\n"),                                                   "text"                               },
        {HEAD("\0\0\0\x18"
              "ftypcrx "),
         "a camera's raw file (CR3); develop it to TIFF first"                                                        },
        {HEAD("RIFF\1\2\3\4AVI LIST"),
         "an AVI video; give it as \"ffmpeg -v error -i FILE -f yuv4mpegpipe - | hourglass denoise "
         "source=- out=clean.y4m\""                                                                                   },
        {HEAD("\n <?xml version=\"1.0\"?>\n<svg/>"),                             "an SVG drawing" CONVERT             },
        {HEAD("\xef\xbb\xbf<svg/>"),                                             "an SVG drawing" CONVERT             },
        {HEAD("\0\0\2\0\0\0\0\0\0\0\0\0\4\0\4\0\40\0"),                          "a TGA file" CONVERT                 },
        {HEAD("\0\0\x08\3\0\0\0\2\0\0\0\2\0\0\0\2\1\2"),                         "a file that begins with 00 00 08 03"},
        {HEAD("PK\3\4\24\0\6\0\10\0....[Content_Types].xml....xl/workbook.xml"),
         "an Excel workbook (.xlsx); save it as CSV first"                                                            },
        {HEAD("PK\3\4\24\0\6\0\10\0....a.txt"),                                  "a zip archive; unpack it first"     },
        {HEAD("\x1f\x8b\x08\0"),                                                 "a gzip file; unpack it first"       },
        {HEAD("MZ,year\n1,2\n"),                                                 "text"                               },
        {HEAD("<!DOCTYPE html>"),                                                "a web page"                         },
        {HEAD("version https://git-lfs"),
         "a Git LFS pointer, not the file itself; fetch it with \"git lfs pull\""                                     },
        {HEAD("\1\2\3\4\5"),                                                     "a file that begins with 01 02 03 04"},
        {HEAD("\xfe"),                                                           "text"                               },
        {HEAD("\0"),                                                             "a file that begins with 00"         },
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        sample s = {.size = 0};
        char sentence[300];
        put(&s, others[i].bytes, others[i].size);
        assert_false(hg__image_sniff(s.bytes, s.size));
        snprintf(sentence, sizeof sentence,
                 "x.png: expected an image (png, jpeg, tiff, webp, pgm, ppm, dicom, nifti), got %s",
                 others[i].got);
        expect_refusal(&s, "x.png", sentence);
    }
}

static void content_decides_not_the_name(void **state) {
    (void)state;
    sample s;
    hg__image image;
    put_grey(&s, 3, 2);
    load(&image, &s, "photo.jpg");
    assert_string_equal(image.info.format, "pnm");
    hg__image_clear(&image);
    assert_true(hg__image_is_image_path("a/b.PNG") && hg__image_is_image_path("x.y.webp"));
    assert_false(hg__image_is_image_path("a.png/b") || hg__image_is_image_path("png") ||
                 hg__image_is_image_path("x.pn") || hg__image_is_image_path("x."));
}

static void limits_hold_before_memory_is_taken(void **state) {
    (void)state;
    const hg__image_limits kept = hg__image_limit;
    sample s;
    hg__image image;
    put_grey(&s, 6, 4);
    hg__image_limit.pixels = 24;
    load(&image, &s, "x.pgm");
    hg__image_clear(&image);
    hg__image_limit.pixels = 23;
    expect_refusal(&s, "x.pgm", "x.pgm: expected at most 23 pixels, got 6 x 4");
    hg__image_limit = kept;
    hg__image_limit.side = 5;
    expect_refusal(&s, "x.pgm", "x.pgm: expected at most 5 pixels across and down, got 6 x 4");
    hg__image_limit = kept;
    hg__image_limit.pages = 0;
    expect_refusal(&s, "x.pgm", "x.pgm: expected at most 0 pages, got 1");
    hg__image_limit = kept;
}

// By EXIF's table: 6 is "the stored first line is the right side, the first column the top".
static void all_eight_orientations_come_upright(void **state) {
    (void)state;
    static const char *upright[] = {"abcdef", "cbafed", "fedcba", "defabc",
                                    "adbecf", "daebfc", "fcebda", "cfbead"};
    for (int32_t orientation = 1; orientation <= 8; orientation++) {
        uint8_t pixels[] = "abcdef"; // abc over def
        const hg__image image = {
            {.width = 3,
             .height = 2,
             .channels = 1,
             .dtype = HG_U8,
             .white = 255,
             .orientation = orientation},
            pixels
        };
        hg__image again;
        assert_int_equal(hg__image_save(&image, at("turn.png"), NULL), HG_OK);
        assert_int_equal(hg__image_load(&again, at("turn.png"), true, NULL), HG_OK);
        assert_int_equal(again.info.orientation, 1);
        assert_int_equal(again.info.width, orientation < 5 ? 3 : 2);
        assert_int_equal(again.info.height, orientation < 5 ? 2 : 3);
        assert_memory_equal(again.pixels, upright[orientation - 1], 6);
        hg__image_clear(&again);
    }
}

static void turning_moves_whole_pixels(void **state) {
    (void)state;
    uint16_t pixels[] = {1, 2, 3, 4, 5, 6}, turned[] = {4, 5, 6, 1, 2, 3}; // two pixels of three
    const hg__image image = {
        {.width = 1, .height = 2, .channels = 3, .dtype = HG_U16, .white = 65535, .orientation = 6},
        pixels
    };
    hg__image again;
    assert_int_equal(hg__image_save(&image, at("turn16.png"), NULL), HG_OK);
    assert_int_equal(hg__image_load(&again, at("turn16.png"), true, NULL), HG_OK);
    assert_int_equal(again.info.width, 2);
    assert_memory_equal(again.pixels, turned, sizeof turned);
    hg__image_clear(&again);
}

// Files that broke other programs: tests/museum/README.md says which and how.
static void every_piece_in_the_museum_is_refused_with_its_sentence(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *name, *sentence;
    } museum[] = {
        {"bomb.png", "expected at least 2454545 bytes for a picture of 30000 x 30000, got 69"},
        {"bomb.webp", "expected at least 732096 bytes for a picture of 16384 x 16384, got 30"},
        {"bomb_zeros.png", "expected at least 3904515 bytes for a picture of 1048576 x 1024, got 1096"},
        {"chunk_past_end.webp", "the WebP is damaged"},
        {"deflate_past_end.png", "the PNG is cut off after 65 bytes"},
        {"digits.pgm", "expected a width of at most 2147483647, got more"},
        {"endless_chunk.png", "the PNG is cut off after 81 bytes"},
        {"endless_comment.pgm", "expected a width, got the end of the file"},
        {"endless_header.png", "the PNG is cut off after 80 bytes"},
        {"huffman.webp", "the WebP is damaged"},
        {"large_palette.png", "the PNG is damaged: PLTE: invalid"},
        {"negative_width.png", "expected sides of at most 2147483647 pixels, got 4294967295 x 1"},
        {"no_palette.png", "the PNG is damaged: IDAT: Missing PLTE before IDAT"},
        {"page.png", "expected an image (png, jpeg, tiff, webp, pgm, ppm, dicom, nifti), got a web page"},
        {"size_overflow.ppm", "expected at most 1048576 pixels across and down, got 1431655766 x 2"},
        {"stride16_interlaced.png", "the PNG is damaged: Not enough image data"},
        {"stride16_short.png", "the PNG is damaged: Not enough image data"},
        {"stride_overflow.png", "expected at most 1048576 pixels across and down, got 536870913 x 4"},
        {"text.png", "expected an image (png, jpeg, tiff, webp, pgm, ppm, dicom, nifti), got text"},
        {"white_past_16.pgm", "expected a largest value of 1 to 65535, got 70000"},
        {"zero_by_zero.png", "expected a picture of at least 1 x 1 pixels, got 0 x 0"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof museum / sizeof *museum; i++) {
        char path[200], sentence[300];
        hg__image image;
        hg_error err = {0};
        snprintf(path, sizeof path, "tests/museum/%s", museum[i].name);
        snprintf(sentence, sizeof sentence, "%s: %s", path, museum[i].sentence);
        assert_int_equal(hg__image_load(&image, path, true, &err), HG_ERR_DATA);
        assert_string_equal(err.message, sentence);
        assert_null(image.pixels);
    }
}

// ---- numbers ------------------------------------------------------------------------------------

static void every_sample_comes_back_from_its_number(void **state) {
    (void)state;
    static const struct {
        hg__dtype dtype;
        int32_t white;
    } kinds[] = {
        {HG_U8,  255  },
        {HG_U8,  100  },
        {HG_U16, 4095 },
        {HG_U16, 65535}
    };
    static uint16_t words[65536], words_back[65536];
    static uint8_t bytes[256], bytes_back[256];
    static float x[65536];
    for (size_t k = 0; k < 4; k++) {
        const int32_t n = kinds[k].white + 1;
        const hg__image_info info = {.width = n,
                                     .height = 1,
                                     .channels = 1,
                                     .dtype = kinds[k].dtype,
                                     .white = (float)kinds[k].white};
        for (int32_t i = 0; i < 256; i++) bytes[i] = (uint8_t)i;
        for (int32_t i = 0; i < n; i++) words[i] = (uint16_t)i;
        const bool is_byte = kinds[k].dtype == HG_U8;
        hg__image_to_real(&info, is_byte ? (void *)bytes : words, 1, 1, x);
        assert_true(x[0] == 0 && x[n - 1] == 1);
        hg__image_from_real(&info, x, 1, 1, is_byte ? (void *)bytes_back : words_back);
        if (is_byte) assert_memory_equal(bytes, bytes_back, (size_t)n);
        if (!is_byte) assert_memory_equal(words, words_back, (size_t)n * 2);
    }
}

static void colour_becomes_grey_and_grey_colour(void **state) {
    (void)state;
    enum { PIXELS = 600 }; // more than are taken at once
    static uint8_t colour[PIXELS * 4];
    static float x[PIXELS * 3];
    for (size_t i = 0; i < sizeof colour; i++) colour[i] = (uint8_t)(i * 37);
    hg__image_info info = {.width = PIXELS / 2,
                           .height = 2,
                           .channels = 3,
                           .alpha = true,
                           .dtype = HG_U8,
                           .white = 255};
    hg__image_to_real(&info, colour, 2, 1, x);
    for (size_t p = 0; p < PIXELS; p++) {
        const uint8_t *c = colour + 4 * p;
        const int thousandths = 299 * c[0] + 587 * c[1] + 114 * c[2];
        assert_float_equal(x[p], (float)thousandths / 255e3F, 1e-6F);
    }
    hg__image_to_real(&info, colour, 2, 3, x);
    for (size_t i = 0; i < PIXELS * 3UL; i++) {
        const size_t at = i / 3 * 4 + i % 3;
        assert_float_equal(x[i], (float)colour[at] / 255, 1e-6F);
    }
    info.channels = 1;
    info.alpha = false;
    hg__image_to_real(&info, colour, 2, 3, x);
    for (size_t i = 0; i < PIXELS * 3UL; i++) {
        const size_t pixel = i / 3;
        assert_float_equal(x[i], (float)colour[pixel] / 255, 1e-6F);
    }
}

static void numbers_are_rounded_clipped_and_alpha_stays(void **state) {
    (void)state;
    const float x[] = {0.5F, -3, 2, (float)NAN, 0.25F, 0.0019F};
    hg__image_info info = {
        .width = 3, .height = 2, .channels = 1, .alpha = true, .dtype = HG_U8, .white = 255};
    uint8_t grey[12] = {9, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6};
    const uint8_t wanted[12] = {128, 1, 0, 2, 255, 3, 0, 4, 64, 5, 0, 6};
    hg__image_from_real(&info, x, 2, 1, grey);
    assert_memory_equal(grey, wanted, 12);
    // Three channels into a grey file: their mean.
    info = (hg__image_info){.width = 1, .height = 1, .channels = 1, .dtype = HG_U16, .white = 1000};
    uint16_t word;
    hg__image_from_real(&info, (const float[]){0.1F, 0.2F, 0.6F}, 1, 3, &word);
    assert_int_equal(word, 300);
    // One into a colour file: thrice.
    info.channels = 3;
    uint16_t words[3];
    hg__image_from_real(&info, (const float[]){0.5F}, 1, 1, words);
    assert_true(words[0] == 500 && words[1] == 500 && words[2] == 500);
}

static void real_samples_are_taken_as_they_are(void **state) {
    (void)state;
    const hg__image_info info = {
        .width = 4, .height = 1, .channels = 1, .dtype = HG_F32, .white = 1};
    const float from[] = {-0.5F, 3, (float)INFINITY, (float)NAN};
    float x[4], back[4];
    hg__image_to_real(&info, from, 1, 1, x);
    assert_true(x[0] == -0.5F && x[1] == 3 && x[2] == 0 && x[3] == 0);
    hg__image_from_real(&info, x, 1, 1, back);
    assert_memory_equal(back, x, sizeof x);
}

// ---- files --------------------------------------------------------------------------------------

static void samples_of_every_type_become_numbers_and_come_back(void **state) {
    (void)state;
    static const struct {
        hg__dtype type;
        double sample, number;
    } cases[] = {
        {HG_I8,  -128,          -128 / 127.0       },
        {HG_I16, -32768,        -32768 / 32767.0   },
        {HG_I16, 32767,         1                  },
        {HG_I16, -1024,         -1024 / 32767.0    },
        {HG_U32, 4294967040.0,  1                  },
        {HG_U32, 0,             0                  },
        {HG_I32, -2147483648.0, -1                 },
        {HG_I32, 1000,          1000 / 2147483648.0},
        {HG_U64, 0x1p63,        0.5                },
        {HG_F16, 0.5,           0.5                },
        {HG_F64, 1.5,           1.5                },
        {HG_F64, -3,            -3                 },
    };
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        const hg__dtype type = cases[k].type;
        const hg__image_info info = {.width = 1,
                                     .height = 1,
                                     .channels = 1,
                                     .dtype = type,
                                     .white = hg__image_white_of(type)};
        double from, back;
        float x;
        hg__image_set_sample(type, &from, 0, cases[k].sample);
        assert_true(hg__image_sample(type, &from, 0) == cases[k].sample);
        hg__image_to_real(&info, &from, 1, 1, &x);
        assert_true(fabs((double)x - cases[k].number) < 1e-6);
        hg__image_from_real(&info, &x, 1, 1, &back);
        const double got = hg__image_sample(type, &back, 0);
        assert_true(fabs(got - cases[k].sample) <= 1e-7 * fabs(cases[k].sample));
    }
}

static void numbers_beyond_a_type_are_its_ends(void **state) {
    (void)state;
    static const hg__dtype types[] = {HG_I8, HG_U16, HG_I16, HG_U32, HG_I32, HG_U64, HG_I64};
    for (size_t k = 0; k < sizeof types / sizeof *types; k++) {
        const hg__image_info info = {.width = 4,
                                     .height = 1,
                                     .channels = 1,
                                     .dtype = types[k],
                                     .white = hg__image_white_of(types[k])};
        const float x[4] = {3, -3, INFINITY, -INFINITY};
        uint64_t back[4];
        hg__image_from_real(&info, x, 1, 1, back);
        const double most = hg__image_sample(types[k], back, 0),
                     least = hg__image_sample(types[k], back, 1);
        assert_true((float)most == info.white);
        assert_true(hg__image_is_signed(types[k]) ? least <= -most : least == 0);
        assert_true(hg__image_sample(types[k], back, 2) == most &&
                    hg__image_sample(types[k], back, 3) == least);
    }
    hg__image_info info = {.width = 3, .height = 1, .channels = 1, .dtype = HG_F64, .white = 1};
    float x[3];
    hg__image_to_real(&info, (const double[]){1e300, -(double)INFINITY, (double)NAN}, 1, 1, x);
    assert_true(x[0] == 0 && x[1] == 0 && x[2] == 0); // what is no float is none
}

static void a_writer_that_is_given_up_leaves_no_trace(void **state) {
    (void)state;
    static const char *names[] = {"gone.png", "gone.pgm", "gone.webp"};
    for (int i = 0; i < 3; i++) {
        uint8_t line[] = {1, 2, 3};
        const hg__image_info info = {
            .width = 3, .height = 2, .channels = 1, .dtype = HG_U8, .white = 255};
        hg__image_writer *w = hg__image_create_new(at(names[i]), &info, NULL);
        assert_non_null(w);
        assert_int_equal(hg__image_write_lines(w, line, 1, NULL), HG_OK);
        hg__image_abort(w);
        char command[200];
        snprintf(command, sizeof command, "! ls %s | grep -q gone", folder);
        assert_int_equal(system(command), 0);
    }
}

static void a_picture_in_memory_is_the_file_it_would_be(void **state) {
    (void)state;
    static const char *names[] = {"same.png", "same.jpg", "same.webp", "same.ppm"};
    uint8_t pixels[5 * 4 * 3];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 4);
    const hg__image image = {
        {.width = 5, .height = 4, .channels = 3, .dtype = HG_U8, .white = 255, .orientation = 1},
        pixels
    };
    for (int i = 0; i < 4; i++) {
        hg__content c;
        hg__text t = {0};
        assert_int_equal(hg__image_save(&image, at(names[i]), NULL), HG_OK);
        assert_int_equal(hg__image_encode(&image, names[i], &t, NULL), HG_OK);
        assert_int_equal(hg__content_read(&c, at(names[i]), NULL), HG_OK);
        assert_int_equal(c.size, t.length);
        assert_memory_equal(c.data, t.data, t.length);
        hg__content_free(&c);
        hg__text_clear(&t);
    }
    hg_error err;
    hg__text t = {0};
    assert_int_equal(hg__image_encode(&image, "x.tif", &t, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "x.tif: expected a file for TIFF, got a device or pipe");
    assert_int_equal(hg__image_encode(&image, "x.bmp", &t, &err), HG_ERR_USAGE);
    hg__text_clear(&t);
}

static void one_page_formats_refuse_a_second(void **state) {
    (void)state;
    sample s;
    hg_error err = {0};
    uint8_t pixels[6];
    put_grey(&s, 3, 2);
    hg__image_reader *r = hg__image_open_bytes(s.bytes, s.size, "x.pgm", &err);
    hg__image_writer *w = hg__image_create(at("page.pgm"), r, &err);
    assert_int_equal(hg__image_read_lines(r, pixels, 2, &err), HG_OK);
    assert_int_equal(hg__image_write_lines(w, pixels, 2, &err), HG_OK);
    assert_int_equal(hg__image_start_page(w, r, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "page.pgm: expected one page: pnm files hold no more"));
    hg__image_abort(w);
    hg__image_close(r);
}

static void an_unknown_extension_is_refused(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__image_info info = {.width = 1, .height = 1, .channels = 1, .white = 255};
    assert_null(hg__image_create_new("x.gif", &info, &err));
    assert_string_equal(
        err.message, "x.gif: expected a name that ends in .png, .jpg, .tif, .webp, .pgm or .ppm");
    assert_null(hg__image_open("/nonexistent.png", &err));
    assert_int_equal(err.code, HG_ERR_IO);
}

// ---- faults -------------------------------------------------------------------------------------

// The child: a picture read and one like it written. Nothing may be left behind but the old file or the new one.
static int copy_image(const char *path) {
    hg_error err = {0};
    uint8_t line[64];
    hg__image_reader *r = hg__image_open(path, &err);
    hg__image_writer *w = r ? hg__image_create(path, r, &err) : NULL;
    int code = w ? HG_OK : (int)err.code;
    for (int32_t i = 0; w && i < hg__image_info_of(r)->height && code == HG_OK; i++) {
        code = hg__image_read_lines(r, line, 1, &err);
        if (code == HG_OK) code = hg__image_write_lines(w, line, 1, &err);
    }
    if (code == HG_OK) {
        code = hg__image_commit(w, &err);
    } else {
        hg__image_abort(w);
    }
    hg__image_close(r);
    if (code == HG_OK) return CHILD_WORKED;
    const bool is_right = code == HG_ERR_MEMORY || code == HG_ERR_IO;
    return is_right && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_failing_allocation_and_write_is_an_error(void **state) {
    (void)state;
    static const char *names[] = {"fault.png", "fault.ppm", "fault.webp"};
    uint8_t pixels[5 * 4 * 3];
    for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 41);
    const hg__image image = {
        {.width = 5, .height = 4, .channels = 3, .dtype = HG_U8, .white = 255, .orientation = 1},
        pixels
    };
    for (int i = 0; i < 3; i++) {
        hg__image again;
        char path[160];
        snprintf(path, sizeof path, "%s", at(names[i]));
        assert_int_equal(hg__image_save(&image, path, NULL), HG_OK);
        assert_true(count_faults(path, "HG_FAIL_ALLOC", "") >= 4);
        assert_true(count_faults(path, "HG_FAIL_ALLOC", "+") >= 4);
        assert_true(count_faults(path, "HG_FAIL_IO", "") >= 4);
        assert_int_equal(hg__image_load(&again, path, false, NULL), HG_OK);
        assert_memory_equal(again.pixels, pixels, sizeof pixels);
        hg__image_clear(&again);
    }
    char command[200];
    snprintf(command, sizeof command, "! ls %s | grep -q tmp", folder);
    assert_int_equal(system(command), 0);
}

int main(int argc, char **argv) {
    if (argc == 3) return copy_image(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_image_is_named),
        cmocka_unit_test(content_decides_not_the_name),
        cmocka_unit_test(limits_hold_before_memory_is_taken),
        cmocka_unit_test(all_eight_orientations_come_upright),
        cmocka_unit_test(turning_moves_whole_pixels),
        cmocka_unit_test(every_piece_in_the_museum_is_refused_with_its_sentence),
        cmocka_unit_test(every_sample_comes_back_from_its_number),
        cmocka_unit_test(colour_becomes_grey_and_grey_colour),
        cmocka_unit_test(numbers_are_rounded_clipped_and_alpha_stays),
        cmocka_unit_test(real_samples_are_taken_as_they_are),
        cmocka_unit_test(samples_of_every_type_become_numbers_and_come_back),
        cmocka_unit_test(numbers_beyond_a_type_are_its_ends),
        cmocka_unit_test(a_writer_that_is_given_up_leaves_no_trace),
        cmocka_unit_test(a_picture_in_memory_is_the_file_it_would_be),
        cmocka_unit_test(one_page_formats_refuse_a_second),
        cmocka_unit_test(an_unknown_extension_is_refused),
        cmocka_unit_test(every_failing_allocation_and_write_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
