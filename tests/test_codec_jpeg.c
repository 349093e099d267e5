// SPDX-License-Identifier: Apache-2.0
// test_codec_jpeg.c - JPEG files as libjpeg itself writes them, whole and broken.
#include "codec_faults.h"
// jpeglib.h needs stdio.h before it
#include <jpeglib.h>

#include "image/codec.h"

enum { WIDTH = 21, HEIGHT = 19 };

typedef struct settings {
    J_COLOR_SPACE colours;
    int samples, quality, sampling; // of the first component, both ways
    bool progressive;
    int orientation; // 0: no EXIF
} settings;

static uint8_t draw(int x, int y, int k) {
    return (uint8_t)(30 + 4 * x + 3 * y + 20 * k + (x / 4 + y / 4) % 2 * 20);
}

static file_bytes make_jpeg(settings s) {
    struct jpeg_compress_struct c;
    struct jpeg_error_mgr errors;
    unsigned char *made = NULL;
    unsigned long size = 0;
    c.err = jpeg_std_error(&errors);
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, &made, &size);
    c.image_width = WIDTH;
    c.image_height = HEIGHT;
    c.input_components = s.samples;
    c.in_color_space = s.colours;
    jpeg_set_defaults(&c);
    jpeg_set_quality(&c, s.quality, TRUE);
    c.comp_info[0].h_samp_factor = c.comp_info[0].v_samp_factor = s.sampling;
    c.density_unit = 1;
    c.X_density = 300;
    c.Y_density = 150;
    if (s.progressive) jpeg_simple_progression(&c);
    jpeg_start_compress(&c, TRUE);
    if (s.orientation) {
        uint8_t marker[6 + HG_EXIF_SIZE] = "Exif";
        hg__exif_make(marker + 6, s.orientation);
        jpeg_write_marker(&c, JPEG_APP0 + 1, marker, sizeof marker);
    }
    jpeg_write_marker(&c, JPEG_COM, (const JOCTET *)"a remark", 8);
    for (int y = 0; y < HEIGHT; y++) {
        uint8_t line[WIDTH * 4], *row = line;
        for (int i = 0; i < WIDTH * s.samples; i++) line[i] = draw(i / s.samples, y, i % s.samples);
        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    return (file_bytes){made, size};
}

static const settings grey = {JCS_GRAYSCALE, 1, 95, 1, false, 0};
static const settings colour = {JCS_RGB, 3, 90, 2, false, 6};
static const settings progressive = {JCS_RGB, 3, 90, 2, true, 0};

// The first marker of a kind: where its segment begins, 0xff included.
static uint8_t *find_marker(const file_bytes *f, uint8_t kind) {
    for (size_t at = 2; at + 4 < f->size;) {
        if (f->data[at + 1] == kind) return f->data + at;
        at += 2 + (size_t)(f->data[at + 2] << 8 | f->data[at + 3]);
    }
    fail_msg("no marker %02x", kind);
    return NULL;
}

static void grey_and_colour_files_give_their_pixels(void **state) {
    (void)state;
    const settings all[] = {grey, colour, progressive};
    for (size_t k = 0; k < 3; k++) {
        file_bytes f = make_jpeg(all[k]);
        hg__image_info i;
        uint8_t *pixels = decode_first(&f, &i);
        assert_int_equal(i.width, WIDTH);
        assert_int_equal(i.height, HEIGHT);
        assert_int_equal(i.channels, all[k].samples);
        assert_int_equal(i.dtype, HG_U8);
        assert_int_equal(i.orientation, all[k].orientation ? all[k].orientation : 1);
        double sum = 0;
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH * i.channels; x++) {
                const int wanted = draw(x / i.channels, y, x % i.channels);
                sum += fabs((double)pixels[y * WIDTH * i.channels + x] - wanted);
            }
        }
        assert_true(sum / (WIDTH * HEIGHT * i.channels) < 4); // quality 90, colours halved
        free(pixels);
        free(f.data);
    }
}

static void a_progressive_file_says_what_it_holds(void **state) {
    (void)state;
    file_bytes f = make_jpeg(progressive), g = make_jpeg(colour);
    hg__image_reader *a = hg__image_open_bytes(f.data, f.size, "a", NULL);
    hg__image_reader *b = hg__image_open_bytes(g.data, g.size, "b", NULL);
    assert_non_null(a);
    assert_non_null(b);
    assert_true(hg__image_held(a) >= (size_t)WIDTH * HEIGHT * 2);
    assert_int_equal(hg__image_held(b), 0);
    hg__image_close(a);
    hg__image_close(b);
    free(f.data);
    free(g.data);
}

static void cmyk_is_refused(void **state) {
    (void)state;
    file_bytes f = make_jpeg((settings){JCS_CMYK, 4, 90, 1, false, 0});
    assert_refused(&f, "some.file: expected a grey or colour JPEG, got CMYK");
    free(f.data);
}

static void twelve_bits_are_refused(void **state) {
    (void)state;
    file_bytes f = make_jpeg(grey);
    find_marker(&f, 0xc0)[4] = 12;
    assert_refused(&f, "some.file: expected a JPEG of 8 bits a sample, got 12");
    free(f.data);
}

static void lossless_files_and_lying_sizes_are_refused(void **state) {
    (void)state;
    file_bytes f = make_jpeg(grey);
    uint8_t *frame = find_marker(&f, 0xc0);
    frame[1] = 0xc3; // lossless
    hg_error err;
    assert_int_equal(decode(f.data, f.size, &err), HG_ERR_DATA);
    frame[1] = 0xc0;
    frame[5] = frame[6] = 0; // no height
    assert_int_equal(decode(f.data, f.size, &err), HG_ERR_DATA);
    frame[5] = frame[6] = frame[7] = frame[8] = 0xff; // 65535 x 65535 in some hundred bytes
    assert_int_equal(decode(f.data, f.size, &err), HG_ERR_DATA);
    free(f.data);
}

static void too_many_scans_are_refused(void **state) {
    (void)state;
    file_bytes f = make_jpeg(progressive);
    uint8_t *scan = find_marker(&f, 0xda), *next = scan + 2;
    while (next[0] != 0xff || next[1] == 0) next++;
    const size_t before = (size_t)(scan - f.data), length = (size_t)(next - scan), copies = 600;
    file_bytes g = {NULL, f.size + copies * length};
    g.data = malloc(g.size);
    assert_non_null(g.data);
    memcpy(g.data, f.data, before);
    for (size_t i = 0; i < copies; i++) memcpy(g.data + before + i * length, scan, length);
    memcpy(g.data + before + copies * length, scan, f.size - before);
    hg_error err;
    assert_int_equal(decode(g.data, g.size, &err), HG_ERR_DATA);
    free(f.data);
    free(g.data);
}

// A picture of 4 MB in 9 KB whose scans say nothing, in 18 bytes each: 64 of them are read, no more.
static void scans_that_say_nothing_are_few(void **state) {
    (void)state;
    enum { SIDE = 2048, BLOCKS = SIDE / 8 * SIDE / 8, SCANS = 70, FEW = 8 };
    // clang-format off
    static const uint8_t head[] = {0xff, 0xd8, 0xff, 0xdb, 0, 67, 0},
                         frame[] = {0xff, 0xc2, 0, 11, 8, SIDE >> 8, 0, SIDE >> 8, 0, 1, 1, 0x11, 0},
                         dc[] = {0xff, 0xc4, 0, 20, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                         ac[] = {0xff, 0xc4, 0, 20, 16, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xe0},
                         first[] = {0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0};
    // clang-format on
    static const struct {
        const uint8_t *at;
        size_t size;
    } parts[] = {
        {frame, sizeof frame},
        {dc,    sizeof dc   },
        {ac,    sizeof ac   },
        {first, sizeof first}
    };
    static uint8_t bytes[1 << 14];
    size_t size = sizeof head + 64;
    memcpy(bytes, head, sizeof head);
    memset(bytes + sizeof head, 1, 64);
    for (size_t i = 0; i < 4; i++) {
        memcpy(bytes + size, parts[i].at, parts[i].size);
        size += parts[i].size;
    }
    size += BLOCKS / 8; // a zero bit a block: no difference
    for (int i = 0; i < SCANS; i++) {
        const uint8_t k = (uint8_t)(1 + i % 63);
        const uint8_t scan[] = {0xff, 0xda, 0, 8, 1, 1, 0, k, k,
                                0,    0,    0, 0, 0, 0, 0, 0, 0x0f}; // 4 x 16384 blocks
        memcpy(bytes + size, scan, sizeof scan);
        size += sizeof scan;
    }
    memcpy(bytes + size, "\xff\xd9", 2);
    assert_refused(&(file_bytes){bytes, size + 2},
                   "some.file: expected a JPEG of at most 64 scans, got more");
    size -= (size_t)FEW * 18;
    memcpy(bytes + size, "\xff\xd9", 2);
    hg_error err = {0};
    if (decode(bytes, size + 2, &err) < 0) fail_msg("%s", err.message);
}

static void a_file_cut_off_anywhere_fails(void **state) {
    (void)state;
    const settings all[] = {grey, colour, progressive};
    for (size_t k = 0; k < 3; k++) {
        file_bytes f = make_jpeg(all[k]);
        assert_whole(&f, 1);
        assert_cuts_fail(&f);
        free(f.data);
    }
}

static void any_bit_turned_round_is_a_result_or_a_sentence(void **state) {
    (void)state;
    const settings all[] = {grey, colour, progressive};
    for (size_t k = 0; k < 3; k++) {
        file_bytes f = make_jpeg(all[k]);
        assert_true(count_flips_refused(&f, f.size) > 100);
        free(f.data);
    }
}

static void a_truncated_photograph_fails_in_one_sentence(void **state) {
    (void)state;
    file_bytes f = load_shared("skimage/truncated.jpg");
    assert_refused(&f, "some.file: expected a whole JPEG file, got one cut off");
    free(f.data);
}

// ---- writing ------------------------------------------------------------------------------------

typedef struct header {
    struct jpeg_decompress_struct jpeg;
    struct jpeg_error_mgr errors;
} header;

static void open_header(header *h, const file_bytes *f) {
    h->jpeg.err = jpeg_std_error(&h->errors);
    jpeg_create_decompress(&h->jpeg);
    jpeg_save_markers(&h->jpeg, JPEG_APP0 + 1, 0xffff);
    jpeg_save_markers(&h->jpeg, JPEG_COM, 0xffff);
    jpeg_mem_src(&h->jpeg, f->data, f->size);
    jpeg_read_header(&h->jpeg, TRUE);
}

static void a_copy_keeps_sampling_density_and_markers(void **state) {
    (void)state;
    file_bytes f = make_jpeg(colour), g = copy_like(&f, NULL);
    header h;
    open_header(&h, &g);
    assert_int_equal(h.jpeg.comp_info[0].h_samp_factor, 2);
    assert_int_equal(h.jpeg.comp_info[0].v_samp_factor, 2);
    assert_int_equal(h.jpeg.comp_info[1].h_samp_factor, 1);
    assert_int_equal(h.jpeg.density_unit, 1);
    assert_int_equal(h.jpeg.X_density, 300);
    assert_int_equal(h.jpeg.Y_density, 150);
    const struct jpeg_marker_struct *m = h.jpeg.marker_list;
    assert_int_equal(m->marker, JPEG_APP0 + 1);
    assert_int_equal(hg__exif_orientation(m->data + 6, m->data_length - 6), 6);
    m = m->next;
    assert_int_equal(m->marker, JPEG_COM);
    assert_memory_equal(m->data, "a remark", 8);
    assert_null(m->next);
    jpeg_destroy_decompress(&h.jpeg);
    free(f.data);
    free(g.data);
}

// The first table's first step: the mean of 8 x 8 pixels.
static int find_first_step(const file_bytes *f) {
    header h;
    open_header(&h, f);
    const int step = h.jpeg.quant_tbl_ptrs[0]->quantval[0];
    jpeg_destroy_decompress(&h.jpeg);
    return step;
}

static void a_copy_is_as_fine_as_its_original_and_never_coarser_than_quality_90(void **state) {
    (void)state;
    settings s = colour;
    const int quality[] = {40, 90, 97};
    int step[3], copied[3];
    for (int k = 0; k < 3; k++) {
        s.quality = quality[k];
        file_bytes f = make_jpeg(s), g = copy_like(&f, NULL);
        step[k] = find_first_step(&f);
        copied[k] = find_first_step(&g);
        free(f.data);
        free(g.data);
    }
    assert_true(step[0] > step[1] && step[1] > step[2]);
    assert_int_equal(copied[0], step[1]);
    assert_int_equal(copied[1], step[1]);
    assert_int_equal(copied[2], step[2]);
}

static void a_copy_of_a_photograph_is_close_to_it(void **state) {
    (void)state;
    file_bytes f = load_shared("sklearn/flower.jpg"), g = copy_like(&f, NULL);
    hg__image_info i, j;
    uint8_t *a = decode_first(&f, &i), *b = decode_first(&g, &j);
    assert_memory_equal(&i.width, &j.width, 2 * sizeof i.width);
    const size_t count = hg__image_line_bytes(&i) * (size_t)i.height;
    double sum = 0;
    for (size_t k = 0; k < count; k++) sum += pow((double)a[k] - b[k], 2);
    assert_true(sum / (double)count < 1); // over 48 dB
    free(a);
    free(b);
    free(f.data);
    free(g.data);
}

static void a_new_file_says_its_orientation(void **state) {
    (void)state;
    char path[128];
    hg_error err = {0};
    const hg__image_info info = {.width = WIDTH,
                                 .height = HEIGHT,
                                 .channels = 1,
                                 .dtype = HG_U8,
                                 .white = 255,
                                 .orientation = 8,
                                 .pages = 1};
    const uint8_t pixels[WIDTH * HEIGHT] = {0};
    hg__image_writer *w = hg__image_create_new(case_path(path, "new.jpg"), &info, &err);
    assert_non_null(w);
    assert_int_equal(hg__image_write_lines(w, pixels, HEIGHT, &err), HG_OK);
    assert_int_equal(hg__image_commit(w, &err), HG_OK);
    file_bytes f = take_file(path);
    hg__image_info read;
    free(decode_first(&f, &read));
    assert_int_equal(read.orientation, 8);
    assert_int_equal(read.channels, 1);
    free(f.data);
}

static void what_jpeg_cannot_hold_is_refused(void **state) {
    (void)state;
    char path[128], sentence[256];
    hg_error err = {0};
    hg__image_info info = {
        .width = 4, .height = 4, .channels = 3, .dtype = HG_U16, .orientation = 1, .pages = 1};
    assert_null(hg__image_create_new(case_path(path, "new.jpg"), &info, &err));
    snprintf(sentence, sizeof sentence,
             "%s: expected 8-bit samples without alpha for JPEG, got U16", path);
    assert_string_equal(err.message, sentence);
    info.dtype = HG_U8;
    info.alpha = true;
    assert_null(hg__image_create_new(path, &info, &err));
    info.alpha = false;
    info.width = 70000;
    assert_null(hg__image_create_new(path, &info, &err)); // JPEG's sides have 16 bits
    assert_int_equal(err.code, HG_ERR_DATA);
}

static void a_failing_disk_or_no_memory_leaves_the_old_file(void **state) {
    (void)state;
    expect_old_or_new(make_jpeg(colour));
}

int main(int count, char **words) {
    (void)words;
    if (count > 1) return copy_as_child();
    hg__image_limit.pixels = 1 << 22;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grey_and_colour_files_give_their_pixels),
        cmocka_unit_test(a_progressive_file_says_what_it_holds),
        cmocka_unit_test(cmyk_is_refused),
        cmocka_unit_test(twelve_bits_are_refused),
        cmocka_unit_test(lossless_files_and_lying_sizes_are_refused),
        cmocka_unit_test(too_many_scans_are_refused),
        cmocka_unit_test(scans_that_say_nothing_are_few),
        cmocka_unit_test(a_file_cut_off_anywhere_fails),
        cmocka_unit_test(any_bit_turned_round_is_a_result_or_a_sentence),
        cmocka_unit_test(a_truncated_photograph_fails_in_one_sentence),
        cmocka_unit_test(a_copy_keeps_sampling_density_and_markers),
        cmocka_unit_test(a_copy_is_as_fine_as_its_original_and_never_coarser_than_quality_90),
        cmocka_unit_test(a_copy_of_a_photograph_is_close_to_it),
        cmocka_unit_test(a_new_file_says_its_orientation),
        cmocka_unit_test(what_jpeg_cannot_hold_is_refused),
        cmocka_unit_test(a_failing_disk_or_no_memory_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, make_case_folder, remove_case_folder);
}
