// SPDX-License-Identifier: Apache-2.0
// test_image_list.c - which images a folder, a file or a list of paths stands for.
#include "image_samples.h"

static void put_file(const char *name, const char *text) {
    assert_int_equal(hg__write_file(at(name), text, strlen(text), NULL), HG_OK);
}

static int fill_folder(void **state) {
    if (make_folder(state) != 0) return -1;
    static const char *folders[] = {"a/deep/er", "b", "none", ".hidden"};
    static const char *files[] = {"z.PNG",       "a/2.jpg.png",   "a/10.webp", "a/deep/er/x.pgm",
                                  "b/notes.txt", ".hidden/x.png", "a/._y.png", "m.ppm"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(hg__make_folder(at(folders[i]), NULL), HG_OK);
    }
    for (size_t i = 0; i < 8; i++) put_file(files[i], "x");
    assert_int_equal(symlink(at("m.ppm"), at("b/link.png")), 0);
    assert_int_equal(symlink(folder, at("b/loop")), 0); // never followed
    assert_int_equal(symlink("nowhere", at("b/broken.png")), 0);
    return 0;
}

static void expect_list(const char *path, const char *wanted_folder, const char *const *wanted) {
    hg__image_list list;
    hg_error err = {0};
    if (hg__image_list_open(&list, path, &err) != HG_OK) print_error("%s\n", err.message);
    assert_string_equal(list.folder, wanted_folder);
    int32_t n = 0;
    for (; wanted[n]; n++) {
        assert_true(n < list.count);
        assert_string_equal(list.name[n], wanted[n]);
    }
    assert_int_equal(list.count, n);
    hg__image_list_clear(&list);
}

static void expect_no_list(const char *path, const char *sentence) {
    hg__image_list list;
    hg_error err = {0};
    assert_true(hg__image_list_open(&list, path, &err) < 0);
    assert_string_equal(err.message, sentence);
    assert_null(list.name);
}

static void a_folder_is_walked_and_sorted_by_name(void **state) {
    (void)state;
    static const char *const all[] = {
        "a/10.webp", "a/2.jpg.png", "a/deep/er/x.pgm", "b/link.png", "m.ppm", "z.PNG", NULL};
    expect_list(folder, folder, all);
    char path[200];
    snprintf(path, sizeof path, "%s//", folder);
    expect_list(path, folder, all);
}

static void a_file_is_a_list_of_one(void **state) {
    (void)state;
    expect_list(at("m.ppm"), folder, (const char *const[]){"m.ppm", NULL});
    put_file("odd.name", "P5\n1 1\n255\nx"); // an image by its content
    expect_list(at("odd.name"), folder, (const char *const[]){"odd.name", NULL});
}

// A DICOM file as far as its class: what a CD's directory, a report or a picture says it is.
static void put_dicom(const char *name, const char *class) {
    char bytes[300] = {[128] = 'D', [129] = 'I', [130] = 'C', [131] = 'M'};
    snprintf(bytes + 160, 100, "%s", class);
    assert_int_equal(hg__write_file(at(name), bytes, sizeof bytes, NULL), HG_OK);
}

static void images_of_any_name_are_known_by_their_content(void **state) {
    (void)state;
    assert_int_equal(hg__make_folder(at("odd"), NULL), HG_OK);
    put_dicom("odd/IM000001", "1.2.840.10008.5.1.4.1.1.2");
    put_dicom("odd/1.2.840.113619.2", "1.2.840.10008.5.1.4.1.1.4");
    put_dicom("odd/DICOMDIR", "1.2.840.10008.1.3.10");
    put_dicom("odd/report", "1.2.840.10008.5.1.4.1.1.88.11");
    put_file("odd/a.IMA", "P5\n1 1\n255\nx");
    put_file("odd/b.jfif", "nothing of an image");
    put_file("odd/readme", "P2 is a format\n");
    put_file("odd/columns.csv", "P1\nP2\n");
    put_file("odd/empty", "");
    put_file("odd/.DS_Store", "P5\n1 1\n255\nx");
    put_file("odd/list", "IM000001\na.IMA\n");
    hg__image_list list;
    hg_error err = {0};
    expect_list(at("odd"), at("odd"),
                (const char *const[]){"1.2.840.113619.2", "IM000001", "a.IMA", "b.jfif", NULL});
    assert_int_equal(hg__image_list_open(&list, at("odd"), &err), HG_OK);
    assert_int_equal(list.others, 6);
    hg__image_list_clear(&list);
    expect_list(at("odd/list"), at("odd"), (const char *const[]){"IM000001", "a.IMA", NULL});
    assert_true(hg__image_is_named(at("odd/list"), "a.IMA"));
    assert_false(hg__image_is_named(at("odd/list"), "readme"));
}

static void a_text_file_names_images_in_its_own_order(void **state) {
    (void)state;
    put_file("list.txt", "z.PNG\r\n\na/10.webp\nm.ppm");
    expect_list(at("list.txt"), folder, (const char *const[]){"z.PNG", "a/10.webp", "m.ppm", NULL});
    put_file("list.txt", "/data/x.png\n/y.png\n");
    expect_list(at("list.txt"), "", (const char *const[]){"data/x.png", "y.png", NULL});
}

static void what_lists_no_images_is_refused(void **state) {
    (void)state;
    char sentence[400];
    snprintf(sentence, sizeof sentence, "%s: expected image files, got none", at("none"));
    expect_no_list(at("none"), sentence);
    put_file("bad.txt", "x.png\n/y.png\n");
    snprintf(sentence, sizeof sentence,
             "%s:2: expected paths that are all relative or all absolute", at("bad.txt"));
    expect_no_list(at("bad.txt"), sentence);
    put_file("bad.txt", "1,2,3\n");
    snprintf(sentence, sizeof sentence,
             "%s:1: expected the path of an image, got \"1,2,3\"; a text is read as a list of "
             "images, a path a line",
             at("bad.txt"));
    expect_no_list(at("bad.txt"), sentence);
    assert_int_equal(hg__write_file(at("bad.txt"), "a\0b", 3, NULL), HG_OK);
    snprintf(sentence, sizeof sentence,
             "%s: expected an image (png, jpeg, tiff, webp, pgm, ppm, dicom, nifti), got a file "
             "that begins "
             "with 61 00 62",
             at("bad.txt"));
    expect_no_list(at("bad.txt"), sentence);
    put_file("bad.txt", "GIF89a, no path");
    snprintf(
        sentence, sizeof sentence,
        "%s: expected an image (png, jpeg, tiff, webp, pgm, ppm, dicom, nifti), got a GIF file; "
        "convert it to PNG or TIFF first",
        at("bad.txt"));
    expect_no_list(at("bad.txt"), sentence);
    snprintf(sentence, sizeof sentence, "%s: cannot open: No such file or directory",
             at("missing"));
    expect_no_list(at("missing"), sentence);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_is_walked_and_sorted_by_name),
        cmocka_unit_test(a_file_is_a_list_of_one),
        cmocka_unit_test(images_of_any_name_are_known_by_their_content),
        cmocka_unit_test(a_text_file_names_images_in_its_own_order),
        cmocka_unit_test(what_lists_no_images_is_refused),
    };
    return cmocka_run_group_tests(tests, fill_folder, remove_folder);
}
