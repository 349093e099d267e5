// SPDX-License-Identifier: Apache-2.0
// test_tiff_kind.c - TIFF files whose picture is not simply in their first directory, and fields that are odd.
#include "codec_case.h"

enum { WIDTH = 5, HEIGHT = 4, PLANE = WIDTH * HEIGHT, MOST_TAGS = 24 };
enum { BYTE = 1, ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5 };

// A TIFF made byte by byte: classic, of either byte order.
typedef struct made {
    uint8_t bytes[1 << 14];
    size_t size;
    bool big;
} made;

typedef struct tag {
    uint16_t number, type;
    uint32_t count, value; // value: itself, or where it lies
} tag;

static void add(made *m, uint64_t value, size_t size) {
    for (size_t i = 0; i < size; i++) {
        const size_t shift = 8 * (m->big ? size - 1 - i : i);
        m->bytes[m->size++] = (uint8_t)(value >> shift);
    }
}

static void start(made *m, bool big) {
    *m = (made){.big = big};
    add(m, big ? 0x4D4D : 0x4949, 2);
    add(m, 42, 2);
    add(m, 0, 4); // the first directory: point_to()
}

static void point_to(made *m, size_t at, size_t to) {
    const size_t size = m->size;
    m->size = at;
    add(m, to, 4);
    m->size = size;
}

static uint32_t add_text(made *m, const char *text) {
    const size_t at = m->size;
    memcpy(m->bytes + m->size, text, strlen(text) + 1);
    m->size += strlen(text) + 1 + strlen(text) % 2;
    return (uint32_t)at;
}

// A directory; where its link to the next one stands.
static size_t add_directory(made *m, const tag *tags, size_t count) {
    add(m, count, 2);
    for (size_t i = 0; i < count; i++) {
        add(m, tags[i].number, 2);
        add(m, tags[i].type, 2);
        add(m, tags[i].count, 4);
        const bool is_short = tags[i].type == SHORT && tags[i].count == 1;
        add(m, tags[i].value, is_short ? 2 : 4);
        if (is_short) add(m, 0, 2);
    }
    add(m, 0, 4);
    return m->size - 4;
}

static int compare_tags(const void *a, const void *b) {
    return ((const tag *)a)->number - ((const tag *)b)->number;
}

// A grey picture of width x HEIGHT whose `planes` of `bits` lie at `at`; and some more tags. Its link's place.
static size_t add_picture(made *m, uint32_t width, uint16_t bits, uint32_t at, const tag *more,
                          size_t count) {
    tag tags[MOST_TAGS] = {
        {256, LONG,  1, width                     },
        {257, LONG,  1, HEIGHT                    },
        {258, SHORT, 1, bits                      },
        {259, SHORT, 1, 1                         },
        {262, SHORT, 1, 1                         },
        {273, LONG,  1, at                        },
        {278, LONG,  1, HEIGHT                    },
        {279, LONG,  1, width * HEIGHT * bits / 8U},
    };
    size_t used = 8;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < used && tags[k].number != more[i].number) k++;
        tags[k] = more[i];
        used += k == used;
    }
    qsort(tags, used, sizeof *tags, compare_tags);
    return add_directory(m, tags, used);
}

static uint32_t add_planes(made *m, int planes, int bits, uint32_t first) {
    const size_t at = m->size;
    for (int i = 0; i < planes * PLANE; i++) add(m, first + (uint32_t)i * 3, (size_t)bits / 8);
    return (uint32_t)at;
}

static hg__image_reader *open_made(const made *m) {
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(m->bytes, m->size, "some.file", &err);
    if (!r) fail_msg("%s", err.message);
    return r;
}

static void expect_refused(const made *m, const char *words) {
    hg_error err;
    assert_int_equal(decode(m->bytes, m->size, &err), HG_ERR_DATA);
    if (!strstr(err.message, words)) fail_msg("%s", err.message);
}

// ---- cameras ------------------------------------------------------------------------------------

#define RAW "got a camera's raw file"

static void raw_files_of_cameras_are_refused_by_name(void **state) {
    (void)state;
    static const struct {
        const char *maker;
        uint16_t photometric, compression;
        bool is_dng;
        const char *words;
    } cases[] = {
        {"Some Maker",        32803, 1,     true,  RAW " (DNG); develop it to TIFF first"},
        {"NIKON CORPORATION", 32803, 34713, false, RAW " (NEF);"                         },
        {"SONY",              32803, 32767, false, RAW " (ARW);"                         },
        {"PENTAX",            2,     65535, false, RAW " (PEF);"                         },
        {"Nobody knows",      34892, 1,     false, RAW ";"                               },
    };
    for (size_t k = 0; k < 2 * sizeof cases / sizeof *cases; k++) {
        made m;
        start(&m, k % 2);
        const uint32_t maker = add_text(&m, cases[k / 2].maker), pixels = add_planes(&m, 2, 8, 0);
        const uint32_t sub = (uint32_t)m.size;
        const tag raw[] = {
            {262, SHORT, 1, cases[k / 2].photometric},
            {259, SHORT, 1, cases[k / 2].compression}
        };
        (void)add_picture(&m, WIDTH * 2, 8, pixels, raw, 2);
        const tag first[] = {
            {254,   LONG,  1,                                        1    },
            {271,   ASCII, (uint32_t)strlen(cases[k / 2].maker) + 1, maker},
            {330,   LONG,  1,                                        sub  },
            {50706, BYTE,  4,                                        1    }
        };
        point_to(&m, 4, m.size);
        (void)add_picture(&m, WIDTH, 8, pixels, first, cases[k / 2].is_dng ? 4 : 3);
        expect_refused(&m, cases[k / 2].words);
    }
    made m;
    start(&m, false);
    memcpy(m.bytes + m.size, "CR\2\0\0\0\0\0", 8);
    m.size += 8;
    const uint32_t pixels = add_planes(&m, 1, 8, 0);
    point_to(&m, 4, m.size);
    (void)add_picture(&m, WIDTH, 8, pixels, NULL, 0);
    expect_refused(&m, RAW " (CR2)");
}

// ---- SubIFDs ------------------------------------------------------------------------------------

// Two pages: the first with a SubIFD `width` pixels wide.
static void make_with_sub(made *m, uint32_t width) {
    start(m, false);
    const uint32_t pixels = add_planes(m, 2, 8, 7), sub = (uint32_t)m->size;
    (void)add_picture(m, width, 8, pixels, NULL, 0);
    const tag more[] = {
        {330, LONG, 1, sub}
    };
    point_to(m, 4, m->size);
    const size_t link = add_picture(m, WIDTH, 8, pixels, more, 1);
    point_to(m, link, m->size);
    (void)add_picture(m, WIDTH, 8, pixels + 1, NULL, 0);
}

static void smaller_copies_are_left_out_and_a_note_says_so(void **state) {
    (void)state;
    made m;
    make_with_sub(&m, 2);
    hg__image_reader *r = open_made(&m);
    assert_int_equal(hg__image_info_of(r)->width, WIDTH);
    assert_string_equal(hg__image_note(r),
                        "its SubIFDs (smaller copies of the picture, as a rule) are left out");
    hg__image_close(r);
    const file_bytes f = {m.bytes, m.size};
    file_bytes g = copy_like(&f, NULL);
    r = hg__image_open_bytes(g.data, g.size, "copy", NULL);
    assert_string_equal(hg__image_note(r), "");
    hg__image_close(r);
    free(g.data);
}

static void behind_a_thumbnail_the_picture_is_taken(void **state) {
    (void)state;
    made m;
    make_with_sub(&m, 2 * WIDTH);
    hg__image_reader *r = open_made(&m);
    const hg__image_info *i = hg__image_info_of(r);
    uint8_t line[2 * WIDTH * HEIGHT];
    assert_int_equal(i->width, 2 * WIDTH);
    assert_int_equal(i->pages, 2);
    assert_non_null(strstr(hg__image_note(r), "thumbnail"));
    assert_int_equal(hg__image_read_lines(r, line, HEIGHT, NULL), HG_OK);
    assert_int_equal(line[2 * WIDTH], 7 + 2 * WIDTH * 3);
    assert_int_equal(hg__image_next_page(r, NULL), 1); // the chain goes on where it was left
    assert_int_equal(i->width, WIDTH);
    assert_string_equal(hg__image_note(r), "");
    assert_int_equal(hg__image_read_lines(r, line, HEIGHT, NULL), HG_OK);
    assert_int_equal(line[0], 10);
    assert_int_equal(hg__image_next_page(r, NULL), 0);
    hg__image_close(r);
}

static void a_mask_is_told_from_a_picture(void **state) {
    (void)state;
    for (int k = 0; k < 3; k++) {
        made m;
        start(&m, k == 1);
        const uint32_t pixels = add_planes(&m, 1, 8, 0);
        const tag more[] = {
            {(uint16_t)(k == 0 ? 262 : 254), k == 0 ? SHORT : LONG, 1, k == 2 ? 1 : 4}
        };
        point_to(&m, 4, m.size);
        (void)add_picture(&m, WIDTH, 8, pixels, more, 1);
        const file_bytes f = {m.bytes, m.size};
        file_bytes g = copy_like(&f, NULL);
        for (int copied = 0; copied < 2; copied++) {
            hg__image_reader *r =
                copied ? hg__image_open_bytes(g.data, g.size, "copy", NULL) : open_made(&m);
            assert_int_equal(hg__image_info_of(r)->is_mask, k < 2);
            assert_int_equal(hg__image_info_of(r)->channels, 1);
            hg__image_close(r);
        }
        free(g.data);
    }
}

static void what_photoshop_would_show_instead_is_left_out(void **state) {
    (void)state;
    made m;
    start(&m, false);
    const uint32_t pixels = add_planes(&m, 1, 8, 0), layers = add_text(&m, "layers, old pixels");
    const tag more[] = {
        {37724, 7, 18, layers}
    };
    point_to(&m, 4, m.size);
    (void)add_picture(&m, WIDTH, 8, pixels, more, 1);
    hg__image_reader *r = open_made(&m);
    assert_string_equal(hg__image_note(r), "its Photoshop layers are left out");
    hg__image_close(r);
    const file_bytes f = {m.bytes, m.size};
    file_bytes g = copy_like(&f, NULL);
    assert_null(memmem(g.data, g.size, "old pixels", 10));
    free(g.data);
}

// ---- stacks -------------------------------------------------------------------------------------

// One directory, `there` planes of 16 bits behind one another, and a description.
static void make_stack(made *m, bool big, int there, const char *text, const tag *more,
                       size_t count) {
    start(m, big);
    const uint32_t words = add_text(m, text), pixels = add_planes(m, there, 16, 1000);
    tag tags[4] = {
        {270, ASCII, (uint32_t)strlen(text) + 1, words}
    };
    for (size_t i = 0; i < count; i++) tags[1 + i] = more[i];
    // The directory lies before the pixels, as ImageJ has it: what is behind them would be another plane.
    made head;
    start(&head, big);
    const size_t body = m->size - 8;
    (void)add_picture(&head, WIDTH, 16, 0, tags, 1 + count); // how long it is
    const size_t shift = head.size - 8;
    start(&head, big);
    tags[0].value = (uint32_t)(words + shift);
    point_to(&head, 4, 8);
    (void)add_picture(&head, WIDTH, 16, (uint32_t)(pixels + shift), tags, 1 + count);
    memcpy(head.bytes + head.size, m->bytes + 8, body);
    head.size += body;
    *m = head;
}

static void expect_planes(const uint8_t *bytes, size_t size, int planes) {
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(bytes, size, "some.file", &err);
    if (!r) fail_msg("%s", err.message);
    assert_int_equal(hg__image_info_of(r)->pages, planes);
    for (int p = 0; p < planes; p++) {
        uint16_t plane[PLANE];
        assert_int_equal(hg__image_info_of(r)->page, p);
        assert_int_equal(hg__image_read_lines(r, plane, HEIGHT, &err), HG_OK);
        for (int i = 0; i < PLANE; i++) assert_int_equal(plane[i], 1000 + 3 * (p * PLANE + i));
        assert_int_equal(hg__image_next_page(r, &err), p + 1 < planes);
    }
    hg__image_close(r);
}

#define IMAGEJ "ImageJ=1.53t\nimages=3\nslices=3\n"
#define SHAPED "{\"shape\": [3, 4, 5], \"truncated\": true}"

static void planes_behind_one_directory_are_pages(void **state) {
    (void)state;
    static const char *const texts[] = {IMAGEJ, SHAPED, "a stack"};
    for (int k = 0; k < 6; k++) {
        const tag uic = {33629, RATIONAL, 3, 8};
        made m;
        make_stack(&m, k % 2, 3, texts[k / 2], &uic, k / 2 == 2);
        expect_planes(m.bytes, m.size, 3);
        const file_bytes f = {m.bytes, m.size};
        file_bytes g = copy_like(&f, NULL); // a directory for each now
        expect_planes(g.data, g.size, 3);
        const bool is_imagej = memmem(g.data, g.size, "images=3", 8) != NULL;
        assert_int_equal(is_imagej, k / 2 == 0); // what spoke of the one directory is gone
        assert_null(memmem(g.data, g.size, "truncated", 9));
        free(g.data);
    }
}

// ImageJ looks at no directory but the first where nothing is compressed.
static void a_stack_written_for_imagej_is_compressed(void **state) {
    (void)state;
    made m;
    make_stack(&m, true, 3, IMAGEJ, NULL, 0);
    const file_bytes f = {m.bytes, m.size};
    file_bytes g = copy_like(&f, NULL);
    uint8_t planes[PLANE * 2 * 3];
    for (int i = 0; i < PLANE * 3; i++) {
        planes[2 * i] = (uint8_t)((1000 + 3 * i) >> 8);
        planes[2 * i + 1] = (uint8_t)(1000 + 3 * i);
    }
    assert_null(memmem(g.data, g.size, planes, PLANE * 2));
    free(g.data);
}

static void planes_that_are_not_there_are_an_error_or_one_plane(void **state) {
    (void)state;
    made m;
    make_stack(&m, false, 2, IMAGEJ, NULL, 0);
    expect_refused(&m, "expected the 3 planes of an ImageJ stack, got 2: cut off");
    make_stack(&m, false, 1, IMAGEJ, NULL, 0); // one that was taken out of a stack
    expect_planes(m.bytes, m.size, 1);
    hg__image_reader *r = open_made(&m);
    assert_string_equal(hg__image_note(r), "its description tells of 3 planes, one is there");
    hg__image_close(r);
    const tag twice = {279, LONG, 1, 3 * PLANE * 2};
    make_stack(&m, false, 3, "three planes in one strip", &twice, 1);
    expect_refused(&m, "got a stack whose 3 planes lie outside the directories");
}

static void an_ome_tiff_of_several_files_is_refused(void **state) {
    (void)state;
    made m;
    make_stack(&m, false, 1,
               "<?xml version=\"1.0\"?><OME><Image><Pixels SizeX=\"5\" SizeY=\"4\" SizeC=\"1\" "
               "SizeZ=\"3\" SizeT=\"1\"><TiffData FirstZ=\"1\"><UUID FileName=\"b.ome.tif\"/>"
               "</TiffData></Pixels></Image></OME>",
               NULL, 0);
    expect_refused(&m, "expected an OME-TIFF whose planes are all in it, got 1 of 3");
    make_stack(&m, false, 1,
               "<OME><Image><Pixels SizeC=\"1\" SizeZ=\"1\" SizeT=\"1\"/></Image></OME>", NULL, 0);
    expect_planes(m.bytes, m.size, 1);
}

// ---- odd fields ---------------------------------------------------------------------------------

// libtiff speaks of each of them, of some as of an error, and reads on.
static void odd_fields_do_not_matter(void **state) {
    (void)state;
    static const tag odd[] = {
        {274,   SHORT, 1, 0         }, // orientation
        {266,   SHORT, 1, 0         }, // order of bits
        {296,   SHORT, 1, 77        }, // unit of the resolution
        {282,   LONG,  1, 72        }, // a resolution that is no fraction
        {305,   ASCII, 0, 0         }, // an empty text
        {65000, 99,    1, 1         }, // a type nobody knows
        {306,   SHORT, 1, 3         }, // a date that is a number
        {301,   SHORT, 3, 8         }, // a transfer function of three values
        {700,   BYTE,  9, 4000000000}, // XMP behind the end of the file
    };
    for (size_t k = 0; k < sizeof odd / sizeof *odd; k++) {
        made m;
        make_stack(&m, k % 2, 1, "odd", &odd[k], 1);
        expect_planes(m.bytes, m.size, 1);
        hg__image_reader *r = open_made(&m);
        const bool is_lost = strstr(hg__image_note(r), "XML") != NULL;
        assert_int_equal(is_lost, odd[k].number == 700);
        hg__image_close(r);
    }
}

// Pages, and strips, that are the same bytes over and over.
static void what_is_shared_is_not_unpacked_for_ever(void **state) {
    (void)state;
    enum { PAGES = 40, WIDE = 64, STRIPS = 2000 };
    const hg__image_limits before = hg__image_limit;
    static made m;
    uint8_t pixels[WIDE * HEIGHT];
    start(&m, false);
    const uint32_t at = (uint32_t)m.size;
    for (uint32_t i = 0; i < sizeof pixels; i++) add(&m, i, 1);
    size_t link = 4;
    for (int i = 0; i < PAGES; i++) {
        point_to(&m, link, m.size);
        link = add_picture(&m, WIDE, 8, at, NULL, 0);
    }
    hg_error err = {0};
    assert_int_equal(decode(m.bytes, m.size, &err), PAGES);
    hg__image_limit.always = 1000;
    hg__image_limit.expansion = 2;
    hg__image_reader *r = open_made(&m);
    int code = 1;
    while (code > 0) {
        assert_int_equal(hg__image_read_lines(r, pixels, HEIGHT, &err), HG_OK);
        code = hg__image_next_page(r, &err);
    }
    hg__image_close(r);
    hg__image_limit = before;
    assert_int_equal(code, HG_ERR_DATA);
    assert_non_null(strstr(err.message, "for this and the pages before it"));
    start(&m, false);
    const uint32_t counts = (uint32_t)m.size;
    for (int i = 0; i < STRIPS; i++) add(&m, 60000, 2);
    const uint32_t offsets = (uint32_t)m.size;
    for (int i = 0; i < STRIPS; i++) add(&m, 8, 4);
    const tag tags[] = {
        {257, LONG,  1,      STRIPS },
        {278, LONG,  1,      1      },
        {259, SHORT, 1,      8      },
        {273, LONG,  STRIPS, offsets},
        {279, SHORT, STRIPS, counts }
    };
    point_to(&m, 4, m.size);
    add_picture(&m, 4, 8, 0, tags, 5);
    expect_refused(&m, "expected strips or tiles of their own, got");
}

static void flips_and_cuts_of_all_these_are_results_or_sentences(void **state) {
    (void)state;
    made m;
    hg_error err;
    for (int k = 0; k < 3; k++) {
        const tag uic = {33629, RATIONAL, 3, 8};
        if (k == 0) make_with_sub(&m, 2 * WIDTH);
        if (k == 1) make_stack(&m, true, 3, IMAGEJ, NULL, 0);
        if (k == 2) make_stack(&m, false, 3, "a stack", &uic, 1);
        file_bytes f = {m.bytes, m.size};
        assert_true(count_flips_refused(&f, f.size) > 50);
        for (size_t size = 0; size < m.size; size++) (void)decode(m.bytes, size, &err);
    }
}

int main(void) {
    hg__image_limit.pixels = 1 << 22;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(raw_files_of_cameras_are_refused_by_name),
        cmocka_unit_test(smaller_copies_are_left_out_and_a_note_says_so),
        cmocka_unit_test(behind_a_thumbnail_the_picture_is_taken),
        cmocka_unit_test(a_mask_is_told_from_a_picture),
        cmocka_unit_test(what_photoshop_would_show_instead_is_left_out),
        cmocka_unit_test(planes_behind_one_directory_are_pages),
        cmocka_unit_test(a_stack_written_for_imagej_is_compressed),
        cmocka_unit_test(planes_that_are_not_there_are_an_error_or_one_plane),
        cmocka_unit_test(an_ome_tiff_of_several_files_is_refused),
        cmocka_unit_test(odd_fields_do_not_matter),
        cmocka_unit_test(what_is_shared_is_not_unpacked_for_ever),
        cmocka_unit_test(flips_and_cuts_of_all_these_are_results_or_sentences),
    };
    return cmocka_run_group_tests(tests, make_case_folder, remove_case_folder);
}
