// SPDX-License-Identifier: Apache-2.0
// test_gallery.c - the page of what was judged: its words, its pictures read back out of it, names that would be HTML.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "image/image.h"
#include "judged_case.h"
#include "own_folder.h"
#include "report/gallery.h"

#include <cmocka.h>

static const char evil[] = "\"><script src=http://x/>' & \xff\x1b[2J.png";

static void write_page(const char *path) {
    judged_case c;
    hg__gallery g;
    assert_int_equal(judged_init(&c, evil, "<b>"), 0);
    const hg__judged_head head = {"A & B", hg__heat_of(1), 1.5};
    hg__judged good = c.is;
    good.file = "good.png";
    good.kind = "";
    good.is_alarm = false;
    good.p_value = (double)NAN;
    good.reconstruction = NULL;
    assert_int_equal(hg__gallery_open(&g, path, &head, NULL), HG_OK);
    hg__gallery_start_group(&g, "worst");
    assert_int_equal(hg__gallery_show(&g, &c.is, NULL), HG_OK);
    hg__gallery_start_group(&g, "best");
    assert_int_equal(hg__gallery_show(&g, &good, NULL), HG_OK);
    hg__gallery_list(&g, &c.is);
    hg__gallery_list(&g, &good);
    assert_false(hg__is_file(path)); // not before it is whole
    assert_int_equal(hg__gallery_commit(&g, NULL), HG_OK);
    judged_clear(&c);
}

static char *read_page(const char *name) {
    hg__content c;
    hg__text t = {0};
    assert_int_equal(hg__content_read(&c, at(name), NULL), HG_OK);
    hg__text_add_bytes(&t, (const char *)c.data, c.size);
    hg__content_free(&c);
    char *page = hg__text_take(&t, NULL);
    assert_non_null(page);
    return page;
}

static int32_t count(const char *text, const char *word) {
    int32_t n = 0;
    for (const char *p = strstr(text, word); p; p = strstr(p + 1, word)) n++;
    return n;
}

static void names_are_escaped_and_nothing_is_fetched(void **state) {
    (void)state;
    write_page(at("page.html"));
    char *page = read_page("page.html");
    static const char shown[] = "&quot;&gt;&lt;script src=http://x/&gt;&#39; &amp; ??[2J.png";
    assert_int_equal(count(page, shown), 2 + 4); // its words, the table; four panels
    assert_int_equal(count(page, "<script"), 0);
    assert_int_equal(count(page, "&lt;b&gt;"), 2);
    assert_non_null(strstr(page, "<title>A &amp; B</title>"));
    assert_int_equal(count(page, " src=\""), 4 + 3);
    assert_int_equal(count(page, " src=\"data:image/jpeg;base64,"), 4 + 3);
    assert_int_equal(count(page, "<section>"), 3);
    assert_int_equal(count(page, "</section>"), 3);
    assert_non_null(strstr(page, "Alarm above a score of 1.5."));
    assert_non_null(strstr(page, "<p>2, 1 of them with an alarm.</p>"));
    assert_non_null(strstr(page, "<td class=\"right\">3.25</td><td class=\"right\">0.0125</td>"));
    assert_non_null(
        strstr(page, "<td class=\"right\">3.25</td><td class=\"right\"></td><td></td>"));
    hg__free(page);
}

static int32_t digit_of(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *found = memchr(digits, c, sizeof digits - 1);
    return found ? (int32_t)(found - digits) : -1;
}

static void its_pictures_are_the_panels(void **state) {
    (void)state;
    static uint8_t bytes[1 << 16];
    write_page(at("panels.html"));
    char *page = read_page("panels.html");
    const char *p = strstr(page, "base64,") + 7;
    size_t size = 0;
    uint32_t word = 0, bits = 0;
    for (int32_t d = digit_of(*p); d >= 0; d = digit_of(*++p)) {
        word = word << 6 | (uint32_t)d;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        assert_true(size < sizeof bytes);
        bytes[size++] = (uint8_t)(word >> bits);
    }
    hg__image image;
    assert_int_equal(hg__image_load_bytes(&image, bytes, size, "panel", true, NULL), HG_OK);
    assert_int_equal(image.info.width, 4 * CASE_W);
    assert_int_equal(image.info.height, 4 * CASE_H);
    const uint8_t *spot =
        (const uint8_t *)image.pixels +
        ((size_t)4 * (CASE_TOP + 4) * 4 * CASE_W + (size_t)4 * (CASE_LEFT + 4)) * 3;
    assert_true(spot[0] > 245 && spot[1] > 245 && spot[2] > 245);
    hg__image_clear(&image);
    hg__free(page);
}

static void nothing_is_left_of_a_page_that_was_aborted(void **state) {
    (void)state;
    const hg__judged_head head = {"", hg__heat_of(1), (double)NAN};
    hg__gallery g;
    assert_int_equal(hg__gallery_open(&g, at("gone.html"), &head, NULL), HG_OK);
    hg__gallery_start_group(&g, "worst");
    hg__gallery_abort(&g);
    hg__gallery_abort(&g);
    assert_false(hg__is_file(at("gone.html")));
    assert_int_equal(hg__gallery_open(&g, at("no/folder.html"), &head, NULL), HG_ERR_IO);
    hg__gallery_abort(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_escaped_and_nothing_is_fetched),
        cmocka_unit_test(its_pictures_are_the_panels),
        cmocka_unit_test(nothing_is_left_of_a_page_that_was_aborted),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
