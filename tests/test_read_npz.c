// SPDX-License-Identifier: Apache-2.0
// test_read_npz.c - the .npz reader: which array it takes, and archives that are none.
#include "data_samples.h"

static void expect_seed(const char *name, int64_t rows, int32_t width) {
    static const float values[] = {1, 2, 3, 4, 5, 6};
    uint8_t bytes[2048];
    expect_rows(bytes, read_seed(name, bytes, sizeof bytes), "x.npz", &in_memory, rows, width,
                values);
}

static void it_takes_x_or_the_only_matrix(void **state) {
    (void)state;
    expect_seed("npz/good_x.npz", 3, 2);
    expect_seed("npz/good_stored.npz", 3, 2);
    expect_seed("npz/good_matrix.npz", 3, 2);
    expect_seed("gz/good.npz.gz", 3, 2);
}

static void others_are_refused_with_a_sentence(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *seed, *sentence;
    } bad[] = {
        {"npz/two.npz", "x.npz: expected an array 'X' or one single array with rows, got 'a', 'b'"},
        {"npz/none.npz", "x.npz: expected rows of numbers, got only a header"},
        {"npz/texts.zip", "x.npz: expected a table or arrays, got a zip archive of 2 files (a.csv, ...): unpack it"},
        {"npz/book.xlsx", "x.npz: expected a table or arrays, got an Excel workbook (.xlsx): save it as CSV"},
        {"npz/bomb.npz", "x.npz: expected at most 1100 bytes unpacked for each of the archive, got more"},
        {"npz/empty.npz", "x.npz: expected a table or arrays, got an empty zip archive"},
        {"npz/nested.npz", "x.npz: expected NumPy's magic bytes in the .npy header"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint8_t bytes[2048];
        expect_refusal(bytes, read_seed(bad[i].seed, bytes, sizeof bytes), "x.npz", &in_memory,
                       bad[i].sentence);
    }
    expect_refusal(BYTES("PK\3\4rubbish"), "x.npz", &in_memory,
                   "x.npz: expected a zip archive of .npy files (Not a zip archive)");
    expect_refusal(BYTES("\1\2\3\4"), "x.npz", &in_memory,
                   "x.npz: expected a zip archive of .npy files (Not a zip archive)");
}

static void a_wrong_checksum_is_found(void **state) {
    (void)state;
    uint8_t bytes[2048];
    const size_t size = read_seed("npz/good_stored.npz", bytes, sizeof bytes);
    const uint8_t six[] = {0, 0, 0xc0, 0x40}; // 6.0F, the last number
    size_t at = 0;
    while (at + 4 < size && memcmp(bytes + at, six, 4) != 0) at++;
    bytes[at + 2] ^= 1;
    expect_refusal(bytes, size, "x.npz", &in_memory, "x.npz: the archive is damaged (CRC error)");
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_seed("npz/good_x.npz");
    damage_seed("npz/good_stored.npz");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_takes_x_or_the_only_matrix),
        cmocka_unit_test(others_are_refused_with_a_sentence),
        cmocka_unit_test(a_wrong_checksum_is_found),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
