// SPDX-License-Identifier: Apache-2.0
// test_codec_dicom.c - DICOM files of pydicom and DCMTK's own tools (tests/fuzz/make_image_corpus.py), whole and broken.
// The plug-in is looked for in HG_PLUGINS, which tools/run_tests.sh sets.
#include <sys/wait.h>

#include "codec_case.h"

enum { WIDTH = 11, HEIGHT = 9 };

static const char *const seeds[] = {"u12", "s16", "rle", "jpegls", "lossless", "baseline"};
enum { SEEDS = sizeof seeds / sizeof *seeds, PLAIN_SEEDS = 2, BASELINE = 5 };

static file_bytes load_seed(size_t k) {
    char path[128];
    hg__map m;
    snprintf(path, sizeof path, "tests/fuzz/corpus/image/good_%s.dcm", seeds[k]);
    assert_int_equal(hg__map_open(&m, path, NULL), HG_OK);
    file_bytes f = {malloc(m.size), m.size};
    assert_non_null(f.data);
    memcpy(f.data, m.data, m.size);
    hg__map_close(&m);
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
    for (size_t k = 0; k < SEEDS; k++) {
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
    const size_t at = f.size - WIDTH * HEIGHT * 2 - 14,
                 levels = 100000; // 12 + 2: PixelData's header, a byte pair
    uint8_t *deep = malloc(f.size + levels * sizeof start);
    assert_non_null(deep);
    memcpy(deep, f.data, at);
    for (size_t i = 0; i < levels; i++) memcpy(deep + at + i * sizeof start, start, sizeof start);
    const file_bytes g = {deep, at + levels * sizeof start};
    assert_refused(&g, "some.file: expected DICOM sequences nested at most 32 deep, got more or "
                       "damaged ones");
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
        cmocka_unit_test(a_file_cut_off_anywhere_fails),
        cmocka_unit_test(any_bit_turned_round_is_a_result_or_a_sentence),
        cmocka_unit_test(sequences_in_sequences_without_end_are_refused),
        cmocka_unit_test(dicom_is_only_written_like_dicom),
        cmocka_unit_test(without_the_plug_in_one_sentence_names_the_package),
    };
    return cmocka_run_group_tests(tests, make_case_folder, remove_case_folder);
}
