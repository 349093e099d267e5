// SPDX-License-Identifier: Apache-2.0
// test_region_sheet.c - two pictures' regions in each of the formats, to the byte; nothing where it was not committed.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "jobs/region_sheet.h"
#include "own_folder.h"

#include <cmocka.h>

// A map of 4 x 2 over a picture of 8 x 4: one region of two pixels and one of one; and a picture without.
static void write_sheet(const char *path, hg__region_format format) {
    float at_map[8] = {0, 0, 3, 2, 0, 0, 0, 0}, blank[8] = {0};
    at_map[4] = 1.5F;
    const hg__raster map = {2, 4, 1, at_map}, none = {2, 4, 1, blank};
    const hg__region_options o = {.threshold = 1, .background = NAN};
    static const double p_value[] = {0.001, (double)NAN};
    hg__regions r, empty;
    hg__region_sheet s;
    assert_int_equal(hg__regions_find(&r, &map, &o, NULL), HG_OK);
    assert_int_equal(hg__regions_find(&empty, &none, &o, NULL), HG_OK);
    const hg__map_frame frame = hg__map_frame_over(4, 2, 8, 4);
    const hg__region_rows bad = {"=a,\"b\".png", &r, frame, p_value},
                          good = {"c.png", &empty, frame, NULL};
    assert_int_equal(hg__region_sheet_open(&s, path, format, NULL), HG_OK);
    assert_int_equal(hg__region_sheet_add(&s, &bad, NULL), HG_OK);
    assert_int_equal(hg__region_sheet_add(&s, &good, NULL), HG_OK);
    assert_false(hg__is_file(path)); // not before it is whole
    assert_int_equal(hg__region_sheet_commit(&s, NULL), HG_OK);
    hg__regions_clear(&r);
    hg__regions_clear(&empty);
}

static void assert_sheet(hg__region_format format, const char *expected) {
    const char *path = at("sheet");
    hg__content c;
    write_sheet(path, format);
    assert_int_equal(hg__content_read(&c, path, NULL), HG_OK);
    assert_int_equal(c.size, strlen(expected));
    assert_memory_equal(c.data, expected, c.size);
    hg__content_free(&c);
    assert_int_equal(unlink(path), 0);
}

static void csv_has_a_line_a_region(void **state) {
    (void)state;
    assert_sheet(HG_REGIONS_CSV, "file,region,left,top,width,height,area,peak,p_value\n"
                                 "\"'=a,\"\"b\"\".png\",1,4,0,4,2,8,3,0.001\n"
                                 "\"'=a,\"\"b\"\".png\",2,0,2,2,2,4,1.5,\n");
}

static void json_lines_have_the_outline_too(void **state) {
    (void)state;
    assert_sheet(
        HG_REGIONS_JSON,
        "{\"file\":\"=a,\\\"b\\\".png\",\"region\":1,\"left\":4,\"top\":0,\"width\":4,"
        "\"height\":2,\"area\":8,\"peak\":3,\"p_value\":0.001,\"mean\":2.5,\"peak_x\":5.000,"
        "\"peak_y\":1.000,\"x\":6.000,\"y\":1.000,\"outline\":[[4,0],[8,0],[8,2],[4,2]]}\n"
        "{\"file\":\"=a,\\\"b\\\".png\",\"region\":2,\"left\":0,\"top\":2,\"width\":2,"
        "\"height\":2,\"area\":4,\"peak\":1.5,\"mean\":1.5,\"peak_x\":1.000,\"peak_y\":3.000,"
        "\"x\":1.000,\"y\":3.000,\"outline\":[[0,2],[2,2],[2,4],[0,4]]}\n");
}

static void coco_has_every_picture(void **state) {
    (void)state;
    assert_sheet(
        HG_REGIONS_COCO,
        "{\"annotations\":[\n"
        "{\"id\":1,\"image_id\":1,\"category_id\":1,\"bbox\":[4,0,4,2],\"area\":8,\"score\":3,"
        "\"p_value\":0.001,\"iscrowd\":0,\"segmentation\":[[4,0,8,0,8,2,4,2]]},\n"
        "{\"id\":2,\"image_id\":1,\"category_id\":1,\"bbox\":[0,2,2,2],\"area\":4,\"score\":1.5,"
        "\"iscrowd\":0,\"segmentation\":[[0,2,2,2,2,4,0,4]]}\n"
        "],\n"
        "\"images\":[\n"
        "{\"id\":1,\"file_name\":\"=a,\\\"b\\\".png\",\"width\":8,\"height\":4},\n"
        "{\"id\":2,\"file_name\":\"c.png\",\"width\":8,\"height\":4}\n"
        "],\n"
        "\"categories\":[{\"id\":1,\"name\":\"anomaly\"}]}\n");
}

static void results_of_coco_are_a_list(void **state) {
    (void)state;
    assert_sheet(HG_REGIONS_COCO_RESULTS,
                 "[\n"
                 "{\"image_id\":1,\"category_id\":1,\"bbox\":[4,0,4,2],\"area\":8,\"score\":3,"
                 "\"p_value\":0.001,\"file_name\":\"=a,\\\"b\\\".png\","
                 "\"segmentation\":[[4,0,8,0,8,2,4,2]]},\n"
                 "{\"image_id\":1,\"category_id\":1,\"bbox\":[0,2,2,2],\"area\":4,\"score\":1.5,"
                 "\"file_name\":\"=a,\\\"b\\\".png\",\"segmentation\":[[0,2,2,2,2,4,0,4]]}\n"
                 "]\n");
}

static void nothing_is_left_of_a_sheet_that_was_aborted(void **state) {
    (void)state;
    hg__region_sheet s;
    assert_int_equal(hg__region_sheet_open(&s, at("gone"), HG_REGIONS_COCO, NULL), HG_OK);
    hg__region_sheet_abort(&s);
    hg__region_sheet_abort(&s);
    assert_false(hg__is_file(at("gone")));
}

static void the_format_is_the_words_or_the_names(void **state) {
    (void)state;
    hg_error err;
    assert_int_equal(hg__region_format_find("x.csv", "auto", NULL), HG_REGIONS_CSV);
    assert_int_equal(hg__region_format_find("x.JSONL", "auto", NULL), HG_REGIONS_JSON);
    assert_int_equal(hg__region_format_find("x.json", "auto", NULL), HG_REGIONS_COCO);
    assert_int_equal(hg__region_format_find("x.json", "coco-results", NULL),
                     HG_REGIONS_COCO_RESULTS);
    assert_int_equal(hg__region_format_find("x", "yolo", &err), HG_ERR_USAGE);
    assert_string_equal(err.message,
                        "regions: expected auto, csv, json, coco or coco-results, got yolo");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_has_a_line_a_region),
        cmocka_unit_test(json_lines_have_the_outline_too),
        cmocka_unit_test(coco_has_every_picture),
        cmocka_unit_test(results_of_coco_are_a_list),
        cmocka_unit_test(nothing_is_left_of_a_sheet_that_was_aborted),
        cmocka_unit_test(the_format_is_the_words_or_the_names),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
