// SPDX-License-Identifier: Apache-2.0
// test_codec_nifti.c - NIfTI-1, plain and gzipped: samples, pages, writing alike, refusals, damage.
#include "image_samples.h"

enum { SAMPLES = 352, EXTENSION = 16 };

static void put_value(sample *s, size_t at, uint32_t value, size_t size, bool is_big) {
    for (size_t i = 0; i < size; i++) {
        s->bytes[at + (is_big ? size - 1 - i : i)] = (uint8_t)(value >> 8 * i);
    }
}

// 3 x 2 x 2 voxels, byte i of them being i, behind an extension.
static void make(sample *s, int code, int bits, bool is_big) {
    static const uint8_t none[SAMPLES + EXTENSION] = {0};
    const uint32_t dims[] = {3, 3, 2, 2};
    const float offset = SAMPLES + EXTENSION;
    uint32_t word;
    s->size = 0;
    put(s, none, sizeof none);
    put_value(s, 0, 348, 4, is_big);
    for (size_t i = 0; i < 4; i++) put_value(s, 40 + 2 * i, dims[i], 2, is_big);
    put_value(s, 70, (uint32_t)code, 2, is_big);
    put_value(s, 72, (uint32_t)bits, 2, is_big);
    memcpy(&word, &offset, sizeof word);
    put_value(s, 108, word, 4, is_big);
    memcpy(s->bytes + 344, "n+1", 4);
    s->bytes[348] = 1;
    memcpy(s->bytes + SAMPLES + 8, "keep me", 8);
    for (int i = 0; i < 12 * bits / 8; i++) put(s, &(uint8_t){(uint8_t)i}, 1);
}

static void pack(sample *s) {
    sample packed;
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = s->bytes;
    z.avail_in = (uInt)s->size;
    z.next_out = packed.bytes;
    z.avail_out = sizeof packed.bytes;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.size = sizeof packed.bytes - z.avail_out;
    deflateEnd(&z);
    *s = packed;
}

// All pages through, line by line; the code.
static int pass(const sample *s, const char *name, hg_error *err) {
    uint8_t line[64];
    hg__image_reader *r = hg__image_open_bytes(s->bytes, s->size, name, err);
    if (!r) return (int)err->code;
    hg__image_writer *w = hg__image_create(at(name), r, err);
    int more = w ? 1 : (int)err->code;
    while (more > 0) {
        for (int y = 0; y < 2 && more > 0; y++) {
            int code = hg__image_read_lines(r, line, 1, err);
            if (code == HG_OK) code = hg__image_write_lines(w, line, 1, err);
            if (code < 0) more = code;
        }
        if (more > 0) more = hg__image_next_page(r, err);
        if (more > 0 && hg__image_start_page(w, r, err) < 0) more = (int)err->code;
    }
    if (more == 0) {
        more = hg__image_commit(w, err);
    } else {
        hg__image_abort(w);
    }
    hg__image_close(r);
    return more;
}

static const struct {
    int code, bits;
    hg__dtype type;
    int channels;
    bool alpha;
} kinds[] = {
    {2,    8,  HG_U8,  1, false},
    {4,    16, HG_I16, 1, false},
    {8,    32, HG_I32, 1, false},
    {16,   32, HG_F32, 1, false},
    {64,   64, HG_F64, 1, false},
    {128,  24, HG_U8,  3, false},
    {256,  8,  HG_I8,  1, false},
    {512,  16, HG_U16, 1, false},
    {768,  32, HG_U32, 1, false},
    {1024, 64, HG_I64, 1, false},
    {1280, 64, HG_U64, 1, false},
    {2304, 32, HG_U8,  3, true },
};

static void every_type_is_read_and_written_to_the_bit(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * sizeof kinds / sizeof *kinds; i++) {
        sample s, again;
        hg_error err = {0};
        make(&s, kinds[i / 2].code, kinds[i / 2].bits, i % 2);
        hg__image_reader *r = hg__image_open_bytes(s.bytes, s.size, "x.nii", &err);
        assert_non_null(r);
        const hg__image_info *info = hg__image_info_of(r);
        assert_int_equal(info->dtype, kinds[i / 2].type);
        assert_int_equal(info->channels, kinds[i / 2].channels);
        assert_int_equal(info->alpha, kinds[i / 2].alpha);
        assert_int_equal(info->pages, 2);
        hg__image_close(r);
        assert_int_equal(pass(&s, "x.nii", &err), HG_OK);
        read_file(at("x.nii"), &again);
        assert_int_equal(again.size, s.size);
        assert_memory_equal(again.bytes, s.bytes, s.size);
    }
}

static void byte_order_is_the_file_s(void **state) {
    (void)state;
    for (int big = 0; big < 2; big++) {
        sample s;
        hg__image image;
        make(&s, 512, 16, big);
        load(&image, &s, "x.nii");
        assert_int_equal(((const uint16_t *)image.pixels)[1], big ? 0x203 : 0x302);
        hg__image_clear(&image);
    }
}

static void a_gzipped_file_is_gzipped_again(void **state) {
    (void)state;
    sample plain, s, again;
    hg_error err = {0};
    make(&plain, 4, 16, false);
    s = plain;
    pack(&s);
    assert_int_equal(pass(&s, "x.nii.gz", &err), HG_OK);
    read_file(at("x.nii.gz"), &again);
    assert_int_equal(again.bytes[0], 0x1f);
    assert_int_equal(pass(&again, "y.nii", &err), HG_OK); // the name says plain
    read_file(at("y.nii"), &again);
    assert_int_equal(again.size, plain.size);
    assert_memory_equal(again.bytes, plain.bytes, plain.size);
    assert_true(hg__image_is_image_path("brain.nii.gz"));
    assert_false(hg__image_is_image_path("table.csv.gz"));
}

static void bad_files_are_refused_with_their_sentence(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        size_t at;
        uint32_t value;
        const char *sentence;
    } bad[] = {
        {70, 32, "x.nii: expected whole numbers or floats of 8 to 64 bits, RGB or RGBA, got NIfTI data type 32"},
        {72, 8, "x.nii: expected 16 bits a voxel of data type 4, got 8"},
        {40, 8, "x.nii: expected 1 to 7 dimensions, got 8"},
        {44, 0, "x.nii: expected dimension 2 of 1 at least, got 0"},
        {46, 3, "x.nii: expected 36 bytes of pixels, got 24: it is cut off"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        sample s;
        make(&s, 4, 16, false);
        put_value(&s, bad[i].at, bad[i].value, 2, false);
        expect_refusal(&s, "x.nii", bad[i].sentence);
    }
    sample s;
    hg_error err = {0};
    make(&s, 4, 16, false);
    put(&s, "more", 4);
    assert_int_equal(pass(&s, "x.nii", &err), HG_ERR_DATA);
    assert_string_equal(err.message,
                        "x.nii: expected the end of the file behind the pixels, got more");
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    sample s;
    make(&s, 4, 16, false);
    damage(&s, "x.nii", true, false);
    pack(&s);
    damage(&s, "x.nii", false, false);
}

// Cut anywhere, all of it is not read.
static void cut_volumes_are_found(void **state) {
    (void)state;
    sample s;
    make(&s, 4, 16, false);
    pack(&s);
    while (s.size-- > 1) {
        hg_error err = {0};
        assert_int_equal(pass(&s, "x.nii.gz", &err), HG_ERR_DATA);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read_and_written_to_the_bit),
        cmocka_unit_test(byte_order_is_the_file_s),
        cmocka_unit_test(a_gzipped_file_is_gzipped_again),
        cmocka_unit_test(bad_files_are_refused_with_their_sentence),
        cmocka_unit_test(damaged_files_are_survived),
        cmocka_unit_test(cut_volumes_are_found),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
