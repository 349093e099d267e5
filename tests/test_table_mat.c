// SPDX-License-Identifier: Apache-2.0
// test_table_mat.c - MATLAB files as tables: which matrix, its numbers, and files that are none.
#include <math.h>
#include <stddef.h>
#include <sys/resource.h>

#include "base/mem.h"
#include "faults.h"
#include "table/mat.h"
#include "table_case.h"

#if __has_include(<matio.h>)
# include <matio.h>
_Static_assert(offsetof(hg__mat_variable, bytes) == offsetof(matvar_t, nbytes), "bytes");
_Static_assert(offsetof(hg__mat_variable, rank) == offsetof(matvar_t, rank), "rank");
_Static_assert(offsetof(hg__mat_variable, element) == offsetof(matvar_t, data_size), "element");
_Static_assert(offsetof(hg__mat_variable, class) == offsetof(matvar_t, class_type), "class");
_Static_assert(offsetof(hg__mat_variable, is_complex) == offsetof(matvar_t, isComplex), "complex");
_Static_assert(offsetof(hg__mat_variable, dim) == offsetof(matvar_t, dims), "dim");
_Static_assert(offsetof(hg__mat_variable, name) == offsetof(matvar_t, name), "name");
_Static_assert(offsetof(hg__mat_variable, data) == offsetof(matvar_t, data), "data");
_Static_assert((int)HG_MAT_CHAR == (int)MAT_C_CHAR && (int)HG_MAT_SPARSE == (int)MAT_C_SPARSE,
               "classes");
_Static_assert((int)HG_MAT_DOUBLE == (int)MAT_C_DOUBLE && (int)HG_MAT_INT8 == (int)MAT_C_INT8,
               "classes");
_Static_assert((int)HG_MAT_UINT32 == (int)MAT_C_UINT32 && (int)HG_MAT_UINT64 == (int)MAT_C_UINT64,
               "classes");
_Static_assert((int)MAT_ACC_RDONLY == 0 && MATIO_MAJOR_VERSION == 1 && MATIO_MINOR_VERSION == 5,
               "1.5");
#endif

#define NO_X "! x.mat: expected a matrix 'X', or one single matrix of numbers, got "

static void expect_seed(const char *seed, const char *array, const char *says) {
    char path[64];
    uint8_t bytes[4096];
    const hg__table_options o = {.table = array};
    snprintf(path, sizeof path, "table_mat/%s", seed);
    expect_table(bytes, read_seed(path, bytes, sizeof bytes), "x.mat", &o, says);
}

static void matrices_are_rows_of_numbers(void **state) {
    (void)state;
    static const char both[] = "# column 1|column 2|y\n0.1|2|0\n3|?|1\n5|-6|0\n";
    expect_seed("good_plain.mat", "", both);
    expect_seed("good_packed.mat", "", both);
    expect_seed("good_plain.mat", "X", "0.1|2\n3|?\n5|-6\n");
    expect_seed("good_packed.mat", "y", "0\n1\n0\n");
    expect_seed("good_single.mat", "",
                "1|2.5|3\n! x.mat, row 2: column 3: expected a finite number, got inf\n");
    expect_seed("good_bytes_of_doubles.mat", "", "1|2\n3|4\n");
    expect_seed("good_rows.mat.gz", "", "-7\n1073741824\n");
    expect_seed("two.mat", "b", "0|0\n0|0\n");
}

static void version_7_3_is_read_and_libhdf5_says_nothing(void **state) {
    (void)state;
    if (!*hg__mat_version()) skip(); // libmatio is not installed
    static uint8_t bytes[4096];
    const size_t size = read_seed("table_mat/good_hdf5.mat", bytes, sizeof bytes);
    char noise[16];
    const int before = dup(STDERR_FILENO), heard = make_file("", 0);
    assert_int_equal(dup2(heard, STDERR_FILENO), STDERR_FILENO);
    expect_table(bytes, size, "x.mat", NULL, "# column 1|column 2|y\n1|2|0\n3|4|1\n5|6|0\n");
    expect_seed("good_hdf5.mat", "X", "1|2\n3|4\n5|6\n");
    expect_table(bytes, 1500, "x.mat", NULL,
                 "! x.mat: expected a matrix 'X', or one single matrix of numbers, got none");
    assert_int_equal(dup2(before, STDERR_FILENO), STDERR_FILENO);
    assert_int_equal(pread(heard, noise, sizeof noise, 0), 0);
    close(before);
    close(heard);
}

static void names_may_be_in_any_encoding(void **state) {
    (void)state;
    static const char numbers[] = "1|2\n3|4\n";
    expect_seed("good_latin.mat", "", numbers);
    expect_seed("good_utf8.mat", "", numbers);
    expect_seed("good_gbk.mat", "", numbers);
    expect_seed("good_latin.mat", "gr\u00f6\u00dfe", numbers); // as one types it
    expect_seed("good_utf8.mat", "gr\u00f6\u00dfe", numbers);
    expect_seed("good_latin.mat", "gr?\?e", numbers); // as it was shown
    expect_seed("good_gbk.mat", "?\?\?\?", numbers);
    expect_seed("three_names.mat", "gr?\?e", numbers);
    expect_seed("three_names.mat", "",
                "! x.mat: expected a matrix 'X', or one single matrix of numbers, got 'gr?\?e', "
                "'gr\u00f6\u00dfe', '?\?\?\?'");
    expect_seed("three_names.mat", "gr\u00f6\u00dfe", numbers); // to the byte
    expect_seed("good_latin.mat", "gr\u00f6\u00dfen",
                "! x.mat: expected an array 'gr\u00f6\u00dfen', got 'gr?\?e'");
}

static void other_headers_and_byte_orders_are_read(void **state) {
    (void)state;
    expect_seed("good_foreign.mat", "", "1|2\n3|4\n");
    expect_seed("good_big_endian.mat", "", "1|2\n3|4\n");
}

static void version_4_is_read(void **state) {
    (void)state;
    uint8_t bytes[4096];
    expect_seed("good_old.mat", "", "# column 1|column 2|y\n0.5|2|0\n3|4|1\n5|-6|0\n");
    expect_seed("good_old.mat", "y", "0\n1\n0\n");
    expect_seed("good_old.mat", "note",
                "! x.mat: expected 'note' to be a matrix of numbers, got text");
    expect_seed("good_old_swapped.mat", "", "1|-2\n3|4\n");
    expect_seed("old_complex.mat", "",
                "! x.mat: expected 'X' to be a matrix of numbers, got complex numbers");
    expect_seed("old_cut.mat", "",
                "! x.mat: expected an array at byte 25 that ends within the file, got the end of "
                "the file at byte 94");
    const size_t size = read_seed("table_mat/good_old.mat", bytes, sizeof bytes);
    for (size_t cut = 1; cut < size; cut++) {
        const sample_file f = save_sample(bytes, cut, "x.mat");
        hg_error err = {0};
        hg__table *t = hg__table_open(f.path, NULL, &err);
        assert_true(t ? !t->named : err.code < 0 && err.message[0]); // between arrays: one less
        hg__table_close(t);
        remove_sample(&f);
    }
    damage_table("table_mat/good_old.mat", "x.mat");
}

static void others_are_refused_with_a_sentence(void **state) {
    (void)state;
    expect_seed("two.mat", "",
                "! x.mat: expected a matrix 'X', or one single matrix of numbers, got 'a', 'b'");
    expect_seed("good_plain.mat", "Z", "! x.mat: expected an array 'Z', got 'X', 'y'");
    expect_seed("none.mat", "",
                "! x.mat: expected a matrix 'X', or one single matrix of numbers, got none");
    expect_seed("short_y.mat", "",
                "! x.mat: expected y to be 3 numbers, one for each row of X, got 1 x 2");
    expect_seed("text.mat", "", "! x.mat: expected 'X' to be a matrix of numbers, got text");
    expect_seed("cube.mat", "",
                "! x.mat: expected 'X' to be a matrix of numbers, got 3 dimensions");
    expect_seed("complex.mat", "",
                "! x.mat: expected 'X' to be a matrix of numbers, got complex numbers");
    expect_seed("complex_alone.mat", "",
                "! x.mat: expected a matrix 'X', or one single matrix of numbers, got 'M' (complex "
                "numbers)");
    expect_seed("huge.mat", "",
                "! x.mat: 'X' (1073741824 x 1048576) is larger than its file can hold");
    expect_seed("short_data.mat", "", "! x.mat: expected 3 x 2 numbers in 'X', got fewer");
    expect_table(BYTES("MATLAB 5.0 MAT-file"), "x.mat", NULL,
                 "! x.mat: expected a header of 128 bytes, got 19");
}

// Headers that promise more than the file holds: sizes of cells, a name of gigabytes, numbers of which there are none.
static void nothing_is_taken_on_a_files_word(void **state) {
    (void)state;
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    static const char damaged[] = "! x.mat: the array that ends at byte 208 is damaged";
    expect_seed(
        "cells_of_cells.mat", "",
        "! x.mat: expected a matrix 'X', or one single matrix of numbers, got 'c' (cells or "
        "structures)");
    expect_seed("cells_negative.mat", "", damaged);
    expect_seed("long_name.mat", "", "! x.mat: the array that ends at byte 200 is damaged");
    expect_seed("many_sizes.mat", "", damaged);
    expect_seed("packed_bomb.mat", "",
                "! x.mat: 'X' (16777216 x 1) is larger than its file can hold");
    expect_seed("packed_short.mat", "", "! x.mat: the array that ends at byte 175 is damaged");
    expect_seed("no_numbers.mat", "", damaged);
    expect_seed("good_beside_objects.mat", "", "1|2\n3|4\n");
    expect_seed("good_small_element.mat", "", "7\n8\n");
    getrusage(RUSAGE_SELF, &after);
    assert_true(after.ru_maxrss - before.ru_maxrss < 16 << 10); // KB
}

static void more_arrays_than_anybody_has_are_refused(void **state) {
    (void)state;
    enum { MANY = 1100, EACH = 16 };
    static uint8_t bytes[128 + MANY * EACH] = "MATLAB 5.0 MAT-file";
    static const uint8_t mark[] = {0, 1, 'I', 'M'}, tag[] = {14, 0, 0, 0, 8, 0, 0, 0};
    memcpy(bytes + 124, mark, sizeof mark);
    for (int i = 0; i < MANY; i++) memcpy(bytes + 128 + i * EACH, tag, sizeof tag);
    expect_table(bytes, sizeof bytes, "x.mat", NULL,
                 "! x.mat: the array that ends at byte 144 is damaged");
    for (int i = 0; i < MANY; i++) bytes[128 + i * EACH] = 1; // not arrays: passed over
    expect_table(bytes, sizeof bytes, "x.mat", NULL,
                 "! x.mat: expected a matrix 'X', or one single matrix of numbers, got none");
}

// The child of the test below: reads the file at the path that is its name.
static int run_scenario(const char *path) {
    hg_error err = {0};
    hg__table *t = hg__table_open(path, NULL, &err);
    const bool is_fine = t || (err.code < 0 && err.message[0]);
    const int code = t ? CHILD_WORKED : CHILD_FAILED_WELL;
    hg__table_close(t);
    return is_fine ? code : CHILD_FAILED_BADLY;
}

static void every_allocation_and_every_read_may_fail(void **state) {
    (void)state;
    static const char *const seeds[] = {"good_plain.mat", "good_packed.mat", "good_old.mat",
                                        "good_rows.mat.gz", "good_hdf5.mat"};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds - !*hg__mat_version(); i++) {
        char seed[64];
        uint8_t bytes[4096];
        snprintf(seed, sizeof seed, "table_mat/%s", seeds[i]);
        const sample_file f = save_sample(bytes, read_seed(seed, bytes, sizeof bytes), "x.mat");
        assert_true(count_faults(f.path, "HG_FAIL_ALLOC", "") > 2);
        assert_true(count_faults(f.path, "HG_FAIL_IO", "") > 2);
        remove_sample(&f);
    }
}

// Arrays of version 4 with no numbers in them, by their names; rows and columns of each.
static void expect_arrays(int count, const char *name, const int32_t sizes[][2], const char *says) {
    static uint8_t bytes[1 << 16];
    size_t size = 0;
    for (int i = 0; i < count; i++) {
        char own[64];
        snprintf(own, sizeof own, "%s%d", name, i);
        const int32_t rows = sizes[i % 4][0], width = sizes[i % 4][1];
        const int32_t head[] = {50, rows, width, 0, (int32_t)strlen(own) + 1}; // of bytes
        memcpy(bytes + size, head, sizeof head);
        memcpy(bytes + size + sizeof head, own, strlen(own) + 1);
        size += sizeof head + strlen(own) + 1;
        memset(bytes + size, 1, (size_t)rows * (size_t)width);
        size += (size_t)rows * (size_t)width;
    }
    expect_table(bytes, size, "x.mat", NULL, says);
}

static void of_many_arrays_one_is_meant(void **state) {
    (void)state;
    static const int32_t none[4][2] =
        {
            {0, 3},
            {3, 0},
            {0, 0},
            {0, 1}
    },
                         one[4][2] = {{2, 2}, {1, 3}, {3, 1}, {1, 1}},
                         lone[4][2] = {{3, 1}, {0, 1}, {1, 0}, {0, 0}};
    expect_arrays(1, "a", lone, "1\n1\n1\n");
    expect_arrays(4, "a", lone, "1\n1\n1\n");
    expect_arrays(4, "a", one, "1|1\n1|1\n");
    expect_arrays(3, "an_array_whose_name_is_long_and_that_is_empty_", none,
                  "! x.mat: expected a matrix 'X', or one single matrix of numbers, got "
                  "'an_array_whose_name_is_long_and_that_is_empty_0' (0 x 3), "
                  "'an_array_whose_name_is_long_and_that_is_empty_1' (3 x 0), "
                  "'an_array_whose_name_is_long_and_that_is_empty_2' (0 x 0)");
    expect_arrays(1030, "a", none, "! x.mat: expected at most 1024 arrays, got more");
    expect_arrays(1, "an_array_with_a_name_of_62_letters_which_is_all_MATLAB_has_fo", lone,
                  "1\n1\n1\n");
}

// An element of version 5: its tag, its bytes, and zeros up to the next eight bytes.
static void add_element(hg__text *to, uint32_t type, const void *bytes, size_t size) {
    const uint32_t tag[] = {type, (uint32_t)size};
    hg__text_add_bytes(to, (const char *)tag, sizeof tag);
    hg__text_add_bytes(to, bytes, size);
    while (to->length % 8) hg__text_add_bytes(to, "", 1);
}

// An array of version 5, behind the header where it is the first; its numbers are bytes.
static void add_array(hg__text *to, uint32_t class, int32_t rows, int32_t width, const char *name,
                      const char *numbers) {
    static const char header[124] = "MATLAB 5.0 MAT-file";
    const uint32_t flags[] = {class, 0};
    const int32_t sizes[] = {rows, width};
    hg__text own = {0};
    add_element(&own, 6, flags, sizeof flags);
    add_element(&own, 5, sizes, sizeof sizes);
    add_element(&own, 1, name, strlen(name));
    add_element(&own, 2, numbers, strlen(numbers));
    if (to->length == 0) {
        hg__text_add_bytes(to, header, sizeof header);
        hg__text_add_bytes(to, "\0\1IM", 4);
    }
    add_element(to, 14, own.data, own.length);
    hg__text_clear(&own);
}

// What was added, and is no more after it.
static void expect_added(hg__text *file, const char *array, const char *says) {
    const hg__table_options o = {.table = array};
    expect_table(file->data, file->length, "x.mat", &o, says);
    hg__text_clear(file);
    *file = (hg__text){0};
}

static void what_leaves_a_doubt_is_listed(void **state) {
    (void)state;
    hg__text file = {0}, name = {0}, says = {0};
    add_array(&file, 6, 1, 2, "gr\xf6\xdf\x65", "12"); // in two code pages
    add_array(&file, 6, 1, 2, "gr\x94\xe1\x65", "34");
    expect_added(&file, "gr?\?e", "! x.mat: expected one array 'gr?\?e', got 'gr?\?e', 'gr?\?e'");
    add_array(&file, 6, 1, 3, "a", "123"); // which of them is a row of numbers, and which labels?
    add_array(&file, 6, 1, 3, "y", "456");
    expect_added(&file, "", NO_X "'a', 'y'");
    add_array(&file, 6, 1, 2, "", "12");
    expect_added(&file, "Z", "! x.mat: expected an array 'Z', got ''");
    add_array(&file, 0, 2, 2, "a", "1234");
    expect_added(&file, "", NO_X "'a' (an array that says no class)");
    hg__text_add(&name, "an");
    for (int i = 0; i < 40; i++) hg__text_add(&name, "\u00e9");
    hg__text_add(&says, NO_X "'%.62s' (0 x 2)", name.data); // whole letters of it
    add_array(&file, 6, 0, 2, name.data, "");
    expect_added(&file, "", says.data);
    hg__text_clear(&name);
    hg__text_clear(&says);
}

static void sizes_are_held_against_one_another(void **state) {
    (void)state;
    hg__text file = {0};
    add_array(&file, 6, 4, 2, "X", "12345678");
    add_array(&file, 6, 2, 2, "y", "1234"); // as many as rows, but no list
    expect_added(&file, "",
                 "! x.mat: expected y to be 4 numbers, one for each row of X, got 2 x 2");
    add_array(&file, 6, 1, (1 << 24) + 1, "X", "12");
    expect_added(&file, "", "! x.mat: 'X' (1 x 16777217) is larger than its file can hold");
    expect_table(BYTES("MATLAB 7.3 MAT-file"), "x.mat", NULL,
                 "! x.mat: expected a header of 128 bytes, got 19");
    static const struct {
        int32_t head[5];
        char name[4];
        double number[2];
    } endless = {
        {0,  2, 1, 0, 4},
        "low", {1, (double)-INFINITY}
    }; // version 4
    expect_table(&endless, sizeof endless, "x.mat", NULL,
                 "1\n! x.mat, row 2: column 1: expected a finite number, got -inf\n");
}

// X of 3 x 2 and what is called y.
static void expect_with_y(int32_t class, int32_t rows, int32_t width, const char *says) {
    const int32_t x[] = {50, 3, 2, 0, 2}, y[] = {50 + class, rows, width, 0, 2};
    uint8_t bytes[128];
    memset(bytes, 1, sizeof bytes);
    memcpy(bytes, x, sizeof x);
    memcpy(bytes + 20, "X", 2);
    memcpy(bytes + 28, y, sizeof y);
    memcpy(bytes + 48, "y", 2);
    expect_table(bytes, 50 + (size_t)(rows * width), "x.mat", NULL, says);
}

static void y_is_a_number_for_each_row(void **state) {
    (void)state;
    static const char good[] = "# column 1|column 2|y\n1|1|1\n1|1|1\n1|1|1\n";
    expect_with_y(0, 3, 1, good);
    expect_with_y(0, 1, 3, good);
#define NO_Y "! x.mat: expected y to be 3 numbers, one for each row of X, got "
    expect_with_y(0, 2, 1, NO_Y "2 x 1");
    expect_with_y(0, 0, 3, NO_Y "0 x 3");
    expect_with_y(1, 1, 3, NO_Y "text");
}

static void a_cut_file_is_refused(void **state) {
    (void)state;
    static const char *const seeds[] = {"table_mat/good_plain.mat", "table_mat/good_packed.mat"};
    for (int k = 0; k < 2; k++) {
        uint8_t bytes[4096];
        const size_t size = read_seed(seeds[k], bytes, sizeof bytes);
        for (size_t cut = 129; cut < size; cut++) {
            const sample_file f = save_sample(bytes, cut, "x.mat");
            hg_error err = {0};
            hg__table *t = hg__table_open(f.path, NULL, &err);
            // Where it ends between two arrays, the file is one of fewer arrays.
            assert_true(!t || !t->named || t->columns == 1);
            assert_true(t || (err.code < 0 && err.message[0]));
            hg__table_close(t);
            remove_sample(&f);
        }
    }
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_table("table_mat/good_plain.mat", "x.mat");
    damage_table("table_mat/good_packed.mat", "x.mat");
}

int main(int argc, char **argv) {
    if (argc == 3) return run_scenario(argv[2]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matrices_are_rows_of_numbers),
        cmocka_unit_test(names_may_be_in_any_encoding),
        cmocka_unit_test(other_headers_and_byte_orders_are_read),
        cmocka_unit_test(version_4_is_read),
        cmocka_unit_test(version_7_3_is_read_and_libhdf5_says_nothing),
        cmocka_unit_test(others_are_refused_with_a_sentence),
        cmocka_unit_test(nothing_is_taken_on_a_files_word),
        cmocka_unit_test(more_arrays_than_anybody_has_are_refused),
        cmocka_unit_test(every_allocation_and_every_read_may_fail),
        cmocka_unit_test(of_many_arrays_one_is_meant),
        cmocka_unit_test(what_leaves_a_doubt_is_listed),
        cmocka_unit_test(sizes_are_held_against_one_another),
        cmocka_unit_test(y_is_a_number_for_each_row),
        cmocka_unit_test(a_cut_file_is_refused),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
