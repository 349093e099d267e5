// SPDX-License-Identifier: Apache-2.0
// test_file_list.c - files of a folder that somebody wants, in the order of their names, behind those that were named.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "files/file_list.h"
#include "own_folder.h"

#include <cmocka.h>

static const char letter_b[] = "b";

static int make_files(void **state) {
    static const char *const names[] = {"c2", "b1", "c1", ".c0", "b2"};
    if (make_folder(state) != 0) return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        FILE *f = fopen(at(names[i]), "w");
        if (!f) return -1;
        (void)fclose(f);
    }
    return 0;
}

// Those that begin with the letter; x is an error.
static int begins_with(void *context, const char *path, const void **kind, hg_error *err) {
    const char wanted = *(const char *)context, *name = strrchr(path, '/') + 1;
    if (wanted == 'x') return hg__fail(err, HG_ERR_IO, "%s: damaged", name);
    *kind = letter_b;
    return *name == wanted;
}

static void those_of_a_folder_come_by_name(void **state) {
    (void)state;
    hg_error err = {0};
    hg__file_list l = {0};
    assert_int_equal(hg__file_list_add(&l, "z", NULL, false, &err), HG_OK);
    assert_int_equal(
        hg__file_list_read_folder(&l, folder, begins_with, (char[]){"b"}, INT32_MAX, &err), 0);
    assert_int_equal(
        hg__file_list_read_folder(&l, folder, begins_with, (char[]){"c"}, INT32_MAX, &err), 0);
    assert_int_equal(l.count, 5);
    const char *const want[] = {"z", at("b1"), at("b2"), at("c1"), at("c2")};
    for (int32_t i = 0; i < l.count; i++) {
        assert_string_equal(l.file[i].path, want[i]);
        assert_int_equal(l.file[i].from_folder, i > 0);
        assert_ptr_equal(l.file[i].kind, i > 0 ? letter_b : NULL);
    }
    hg__file_list_clear(&l);
}

static void no_more_are_read_than_are_wanted(void **state) {
    (void)state;
    hg_error err = {0};
    hg__file_list l = {0};
    assert_int_equal(hg__file_list_read_folder(&l, folder, begins_with, (char[]){"c"}, 1, &err),
                     HG_OK);
    assert_int_equal(l.count, 1);
    hg__file_list_clear(&l);
}

static void what_cannot_be_read_is_told(void **state) {
    (void)state;
    hg_error err = {0};
    hg__file_list l = {0};
    assert_int_equal(hg__file_list_read_folder(&l, folder, begins_with, (char[]){"x"}, 9, &err),
                     HG_ERR_IO);
    assert_non_null(strstr(err.message, ": damaged"));
    assert_int_equal(hg__file_list_read_folder(&l, at("no"), begins_with, (char[]){"b"}, 9, &err),
                     HG_ERR_IO);
    assert_non_null(strstr(err.message, "no: cannot read the folder"));
    hg__file_list_clear(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(those_of_a_folder_come_by_name),
        cmocka_unit_test(no_more_are_read_than_are_wanted),
        cmocka_unit_test(what_cannot_be_read_is_told),
    };
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
