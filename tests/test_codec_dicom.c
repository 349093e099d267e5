// SPDX-License-Identifier: Apache-2.0
// test_codec_dicom.c - DICOM files of pydicom and DCMTK's own tools (tests/fuzz/make_image_corpus.py), whole and broken.
// The plug-in is looked for in HG_PLUGINS, which tools/run_tests.sh sets.
#include <sys/wait.h>

#include "codec_case.h"
#include "image/dicom.h"

enum { WIDTH = 11, HEIGHT = 9 };

static const char *const seeds[] = {"u12",      "s16",      "rle",      "jpegls",
                                    "lossless", "baseline", "deflated", "planes",
                                    "palette",  "half",     "bare"};
enum {
    SEEDS = sizeof seeds / sizeof *seeds,
    PLAIN_SEEDS = 2,
    BASELINE = 5,
    GREY_SEEDS = 6,
    DEFLATED = 6,
    PLANES,
    PALETTE,
    HALF,
    BARE
};

static file_bytes load_seed(size_t k) {
    char path[128];
    hg__content m;
    snprintf(path, sizeof path, "tests/fuzz/corpus/image/good_%s.dcm", seeds[k]);
    assert_int_equal(hg__content_read(&m, path, NULL), HG_OK);
    file_bytes f = {malloc(m.size), m.size};
    assert_non_null(f.data);
    memcpy(f.data, m.data, m.size);
    hg__content_free(&m);
    return f;
}

// Without DCMTK there is nothing to test but the sentence that says so.
static void need_dicom(void) {
    if (!hg__image_dicom_version()[0]) skip();
}

// What make_image_corpus.py drew.
static int find_wanted(size_t k, int page, int x, int y) {
    const int grey = 20 + 15 * x + 8 * y;
    switch (k) {
    case 0: return 4095 - 16 * grey;                       // MONOCHROME1
    case 1: return 16 * grey - 2000 + 32768;               // signed
    case BASELINE: return (page ? 255 - grey : grey) - 20; // dcmcjpeg takes off the smallest
    default: return 16 * grey + page;
    }
}

static void assert_frame(size_t k, hg__image_reader *r, int page) {
    const hg__image_info *i = hg__image_info_of(r);
    uint16_t line[WIDTH];
    assert_int_equal(i->width, WIDTH);
    assert_int_equal(i->height, HEIGHT);
    assert_int_equal(i->channels, 1);
    assert_int_equal(i->dtype, k == BASELINE ? HG_U8 : HG_U16);
    assert_true(i->white == (k == BASELINE ? 255 : k == 1 ? 65535 : 4095));
    assert_int_equal(i->page, page);
    for (int y = 0; y < HEIGHT; y++) {
        assert_int_equal(hg__image_read_lines(r, line, 1, NULL), HG_OK);
        for (int x = 0; x < WIDTH; x++) {
            const int got = k == BASELINE ? ((const uint8_t *)line)[x] : line[x];
            assert_in_range(got + 10 - find_wanted(k, page, x, y), k == BASELINE ? 0 : 10,
                            k == BASELINE ? 20 : 10);
        }
    }
}

static void assert_frames(size_t k, const file_bytes *f) {
    hg_error err = {0};
    hg__image_reader *r = hg__image_open_bytes(f->data, f->size, "some.file", &err);
    if (!r) fail_msg("%s: %s", seeds[k], err.message);
    const int frames = k < PLAIN_SEEDS ? 1 : 2;
    assert_int_equal(hg__image_info_of(r)->pages, frames);
    for (int page = 0; page < frames; page++) {
        assert_frame(k, r, page);
        assert_int_equal(hg__image_next_page(r, &err), page + 1 < frames);
    }
    hg__image_close(r);
}

static void every_syntax_gives_its_pixels_and_so_does_a_copy(void **state) {
    (void)state;
    need_dicom();
    for (size_t k = 0; k < GREY_SEEDS; k++) {
        file_bytes f = load_seed(k), g = copy_like(&f, NULL);
        assert_frames(k, &f);
        assert_frames(k, &g);
        assert_non_null(memmem(g.data, g.size, "1.2.840.10008.1.2.1\0", 20)); // not compressed
        assert_non_null(memmem(g.data, g.size, "A^B ", 4));                   // the patient
        assert_non_null(memmem(g.data, g.size, "nested", 6));
        free(f.data);
        free(g.data);
    }
}

static void darken(uint8_t *line, size_t n) {
    memset(line, 0, n);
}

static void a_copy_has_the_new_pixels(void **state) {
    (void)state;
    need_dicom();
    for (size_t k = 0; k < SEEDS; k++) {
        file_bytes f = load_seed(k), g = copy_like(&f, darken);
        hg__image_info i;
        uint8_t *pixels = decode_first(&g, &i);
        for (size_t j = 0; j < WIDTH * HEIGHT * hg__dtype_size(i.dtype); j++) {
            assert_int_equal(pixels[j], 0);
        }
        free(pixels);
        free(f.data);
        free(g.data);
    }
}

static void assert_same_pixels(const file_bytes *a, const file_bytes *b) {
    hg__image_info i, j;
    uint8_t *from = decode_first(a, &i), *to = decode_first(b, &j);
    assert_int_equal(i.channels, j.channels);
    assert_int_equal(i.dtype, j.dtype);
    assert_memory_equal(from, to, hg__image_line_bytes(&i) * (size_t)i.height);
    free(from);
    free(to);
}

static void colours_come_as_red_green_and_blue(void **state) {
    (void)state;
    need_dicom();
    for (size_t k = PLANES; k <= HALF; k++) {
        file_bytes f = load_seed(k), g = copy_like(&f, NULL);
        hg__image_info i;
        uint8_t *pixels = decode_first(&f, &i);
        assert_int_equal(i.channels, 3);
        assert_int_equal(i.dtype, HG_U8);
        assert_true(i.white == 255);
        for (int at = 0; k != HALF && at < WIDTH * HEIGHT * 3;
             at++) { // as make_image_corpus.py drew
            const int x = at / 3 % WIDTH, y = at / 3 / WIDTH, c = at % 3, index = (1 + x + y) % 11;
            const int entry = index < 1 ? 0 : index > 9 ? 8 : index - 1;
            const int wanted =
                k == PLANES ? 20 + 15 * x + 8 * y + 10 * c : 20 + 15 * entry + 40 * c;
            assert_int_equal(pixels[at], wanted % 256);
        }
        // Y 20 and 30, Cb 40, Cr 35, by BT.601
        static const uint8_t first[6] = {0, 117, 0, 0, 127, 0};
        if (k == HALF) assert_memory_equal(pixels, first, 6);
        assert_same_pixels(&f, &g);
        assert_non_null(memmem(g.data, g.size, "RGB ", 4));
        assert_null(memmem(g.data, g.size, "\x88\x00\x00\x02SQ", 6)); // an icon
        free(pixels);
        free(f.data);
        free(g.data);
    }
}

static void what_lies_in_front_does_not_matter(void **state) {
    (void)state;
    need_dicom();
    static const char signs[][16] = {"II*\0T\x18\x08", "\x89PNG\r\n\x1a\n", "\xff\xd8\xff\xe0",
                                     "P5 3 2 255\n", "MM\0*"};
    file_bytes f = load_seed(0), bare = load_seed(BARE), deflated = load_seed(DEFLATED);
    assert_same_pixels(&f, &deflated);
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        file_bytes g = load_seed(0);
        memcpy(g.data, signs[i], 8);
        assert_same_pixels(&f, &g);
        free(g.data);
    }
    const file_bytes mark = {f.data + 128, f.size - 128}, header = {f.data + 132, f.size - 132};
    assert_same_pixels(&f, &mark);
    assert_same_pixels(&f, &header);
    hg__image_info i;
    free(decode_first(&bare, &i));
    assert_int_equal(i.width, WIDTH);
    free(f.data);
    free(bare.data);
    free(deflated.data);
}

static void other_bytes_are_not_taken_for_a_bare_data_set(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
    } others[] = {
        {"\x08\0\x05\0",                                                                         4 },
        {"\x08\0\x05\0\x02\0\0\0ab\x08\0\x06\0\x02\0\0\0ab",                                     20}, // two elements
        {"\x08\0\x05\0\x02\0\0\0ab\x08\0\x05\0\x02\0\0\0ab\x08\0\x05\0\x02\0\0\0ab",
         30                                                                                        }, // not in order
        {"\x08\0\x05\0\x03\0\0\0abc\x08\0\x06\0\x03\0\0\0abc\x08\0\x08\0\x03\0\0\0abc",          33}, // odd
        {"\x08\0\x05\0\0\0\xff\0ab\x08\0\x06\0\x02\0\0\0ab\x08\0\x08\0\x02\0\0\0ab",             30}, // long
        {"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x02\1\2\3\4\1\2\3\4",                           24}, // IDX
        {"\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0\x02\0",
         28                                                                                        }, // numbers
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(hg__image_sniff((const uint8_t *)others[i].bytes, others[i].size));
    }
    static const char bare[] =
        "\x08\0\x05\0\x02\0\0\0ab\x08\0\x06\0\x02\0\0\0ab\x08\0\x08\0\x02\0\0\0ab";
    assert_true(hg__image_sniff((const uint8_t *)bare, sizeof bare - 1));
}

static size_t count_text(const file_bytes *f, const char *text, size_t length) {
    size_t count = 0;
    const uint8_t *at = memmem(f->data, f->size, text, length);
    while (at) {
        count++;
        at++;
        at = memmem(at, f->size - (size_t)(at - f->data), text, length);
    }
    return count;
}

// SOPInstanceUID of the seeds is 1.2: only the source's reference may still have it.
static void a_copy_is_an_image_derived_from_the_file(void **state) {
    (void)state;
    need_dicom();
    for (size_t k = 0; k < SEEDS; k++) {
        file_bytes f = load_seed(k), g = copy_like(&f, NULL), h = copy_like(&f, NULL),
                   other = copy_like(&f, darken);
        const size_t sources = k == BASELINE ? 2 : 1; // dcmcjpeg names one
        assert_int_equal(g.size, h.size);
        assert_memory_equal(g.data, h.data, g.size); // the same again
        assert_memory_equal(g.data + 128, "DICM", 4);
        assert_non_null(memmem(g.data, g.size, "DERIVED\\", 8));
        assert_non_null(memmem(g.data, g.size, "Noise removed by Hourglass " HG_VERSION, 27));
        assert_int_equal(count_text(&g,
                                    "\x08\x00\x18\x00UI\x04\x00"
                                    "1.2\0",
                                    12),
                         0);
        assert_int_equal(count_text(&g, "\x08\x00\x50\x11UI", 6), sources);
        assert_int_equal(count_text(&g, "\x08\x00\x55\x11UI", 6), sources);
        const uint8_t *uid = memmem(g.data, g.size, "\x08\x00\x18\x00UI", 6);
        const uint8_t *header = memmem(g.data, g.size, "\x02\x00\x03\x00UI", 6);
        const uint8_t *others = memmem(other.data, other.size, "\x02\x00\x03\x00UI", 6);
        assert_true(uid && header && others);
        assert_memory_equal(uid + 8, "2.25.", 5);
        assert_memory_equal(uid + 6, header + 6, 30);
        assert_memory_not_equal(header + 8, others + 8, 30); // other pixels, another image
        free(f.data);
        free(g.data);
        free(h.data);
        free(other.data);
    }
}

static void uids_are_numbers_of_uuids(void **state) {
    (void)state;
    uint8_t bytes[200];
    char uid[HG_DICOM_UID];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)i;
    hg__dicom_uid(uid, "image", "1.2.3", bytes, sizeof bytes);
    assert_string_equal(uid, "2.25.163422819683445617278315911639261045989");
    hg__dicom_uid(uid, "a", "b", "", 0);
    assert_string_equal(uid, "2.25.191004135700780825255726766676780875037");
}

static void a_file_cut_off_anywhere_fails(void **state) {
    (void)state;
    need_dicom();
    for (size_t k = 0; k < SEEDS; k++) {
        file_bytes f = load_seed(k);
        assert_cuts_fail(&f);
        free(f.data);
    }
}

static void any_bit_turned_round_is_a_result_or_a_sentence(void **state) {
    (void)state;
    need_dicom();
    for (size_t k = 0; k < SEEDS; k++) {
        if (k >= GREY_SEEDS && k != PALETTE) continue; // enough is enough: fuzz_image has them all
        file_bytes f = load_seed(k);
        assert_true(count_flips_refused(&f, f.size) > 50);
        free(f.data);
    }
}

static void sequences_in_sequences_without_end_are_refused(void **state) {
    (void)state;
    need_dicom();
    static const uint8_t start[] = {0x40, 0,    0x60, 2,    'S', 'Q',  0,    0,    0xff, 0xff,
                                    0xff, 0xff, 0xfe, 0xff, 0,   0xe0, 0xff, 0xff, 0xff, 0xff};
    file_bytes f = load_seed(0);
    const size_t at = f.size - WIDTH * HEIGHT * 2 - 12,
                 levels = 100000; // 12: PixelData's header
    uint8_t *deep = malloc(f.size + levels * sizeof start);
    assert_non_null(deep);
    memcpy(deep, f.data, at);
    for (size_t i = 0; i < levels; i++) memcpy(deep + at + i * sizeof start, start, sizeof start);
    const file_bytes g = {deep, at + levels * sizeof start};
    assert_refused(&g, "some.file: expected DICOM sequences nested at most 32 deep, got more");
    free(deep);
    free(f.data);
}

static void dicom_is_only_written_like_dicom(void **state) {
    (void)state;
    char path[128];
    hg_error err = {0};
    const hg__image_info info = {
        .width = 3, .height = 2, .channels = 1, .dtype = HG_U16, .orientation = 1, .pages = 1};
    assert_null(hg__image_create_new(case_path(path, "new.dcm"), &info, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "DICOM is only written like a DICOM file"));
}

// As a child in a world without the plug-in.
static int be_without_plugin(void) {
    hg_error err = {0};
    hg__image_reader *r = hg__image_open("tests/fuzz/corpus/image/good_u12.dcm", &err);
    const char *wanted = "tests/fuzz/corpus/image/good_u12.dcm: DICOM needs hourglass-dicom.so, "
                         "which is not here; apt-get install libdcmtk-dev g++ and build again";
    const bool good = !r && err.code == HG_ERR_MISSING && strcmp(err.message, wanted) == 0;
    if (!good) fprintf(stderr, "%s\n", err.message);
    return good && hg__image_dicom_version()[0] == '\0' ? 0 : 1;
}

static void without_the_plug_in_one_sentence_names_the_package(void **state) {
    (void)state;
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) {
        setenv("HG_PLUGINS", "/nowhere", 1);
        execl("/proc/self/exe", "test", "without", (char *)NULL);
        _exit(2);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

int main(int count, char **words) {
    (void)words;
    if (count > 1) return be_without_plugin();
    hg__image_limit.pixels = 1 << 16;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_syntax_gives_its_pixels_and_so_does_a_copy),
        cmocka_unit_test(a_copy_has_the_new_pixels),
        cmocka_unit_test(colours_come_as_red_green_and_blue),
        cmocka_unit_test(what_lies_in_front_does_not_matter),
        cmocka_unit_test(other_bytes_are_not_taken_for_a_bare_data_set),
        cmocka_unit_test(a_copy_is_an_image_derived_from_the_file),
        cmocka_unit_test(uids_are_numbers_of_uuids),
        cmocka_unit_test(a_file_cut_off_anywhere_fails),
        cmocka_unit_test(any_bit_turned_round_is_a_result_or_a_sentence),
        cmocka_unit_test(sequences_in_sequences_without_end_are_refused),
        cmocka_unit_test(dicom_is_only_written_like_dicom),
        cmocka_unit_test(without_the_plug_in_one_sentence_names_the_package),
    };
    return cmocka_run_group_tests(tests, make_case_folder, remove_case_folder);
}
