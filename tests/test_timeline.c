// SPDX-License-Identifier: Apache-2.0
// test_timeline.c - rows with times as steps that lie equally far apart: gaps, late rows, clocks set back, averages.
#include "base/mem.h"
#include "recording_case.h"
#include "signal/timeline.h"

#define CSV(text, says) expect_recording(BYTES(text), "x.csv", NULL, says)
#define WITH(text, says, ...)                       \
 do {                                               \
  const hg__recording_options o = {__VA_ARGS__};    \
  expect_recording(BYTES(text), "x.csv", &o, says); \
 } while (0)

static void a_gap_is_bridged(void **state) {
    (void)state;
    CSV("t,a\n0,1\n1,2\n4,3\n5,4\n",
        "# a\n*0@0 '0': 1\n1@1 '1': 2\n-@2 '': ?\n-@3 '': ?\n2@4 '4': 3\n3@5 '5': 4\n"
        "(time column 't'; a step every 1 s; 1 gap (the longest 3 s))\n");
    // Less than one step and a half is none.
    CSV("t,a\n0,1\n1,2\n2.4,3\n3.4,4\n4.4,4\n5.4,4\n6.4,4\n7.4,4\n8.4,4\n9.4,4\n10.4,4\n11.4,4\n12."
        "4,4\n13.4,4\n14.4,4\n"
        "15.4,4\n16.4,4\n17.4,4\n18.4,4\n19.4,4\n20.4,4\n21.4,4\n",
        "# a\n*0@0 '0': 1\n1@1 '1': 2\n2@2.4 '2.4': 3\n3@3.4 '3.4': 4\n4@4.4 '4.4': 4\n5@5.4 "
        "'5.4': 4\n"
        "6@6.4 '6.4': 4\n7@7.4 '7.4': 4\n8@8.4 '8.4': 4\n9@9.4 '9.4': 4\n10@10.4 '10.4': "
        "4\n11@11.4 "
        "'11.4': 4\n12@12.4 '12.4': 4\n13@13.4 '13.4': 4\n14@14.4 '14.4': 4\n15@15.4 '15.4': 4\n"
        "16@16.4 '16.4': 4\n17@17.4 '17.4': 4\n18@18.4 '18.4': 4\n19@19.4 '19.4': 4\n20@20.4 "
        "'20.4': "
        "4\n21@21.4 '21.4': 4\n(time column 't'; a step every 1 s)\n");
}

static void a_long_gap_begins_anew(void **state) {
    (void)state;
    CSV("t,a\n0,1\n1,2\n19,3\n20,4\n",
        "# a\n*0@0 '0': 1\n1@1 '1': 2\n*2@19 '19': 3\n3@20 '20': 4\n"
        "(time column 't'; a step every 1 s; 1 gap (the longest 18 s))\n");
    WITH("t,a\n0,1\n1,2\n4,3\n5,4\n",
         "# a\n*0@0 '0': 1\n1@1 '1': 2\n*2@4 '4': 3\n3@5 '5': 4\n"
         "(time column 't'; a step every 1 s; 1 gap (the longest 3 s))\n",
         .bridge = 1);
    WITH("t,a\n0,1\n1,2\n3,3\n",
         "# a\n*0@0 '0': 1\n1@1 '1': 2\n*2@3 '3': 3\n"
         "(time column 't'; a step every 1 s; 1 gap (the longest 2 s))\n",
         .bridge = -1);
}

static void a_step_that_is_known_is_kept(void **state) {
    (void)state;
    WITH("t,a\n0,1\n2,2\n4,3\n",
         "# a\n*0@0 '0': 1\n-@1 '': ?\n1@2 '2': 2\n-@3 '': ?\n2@4 '4': 3\n"
         "(time column 't'; a step every 1 s; 2 gaps (the longest 2 s))\n",
         .step = 1);
}

// Rows a second apart, but for two.
static void what_comes_late_is_passed_over(void **state) {
    (void)state;
    WITH("t,a\n0,1\n1,2\n2,3\n3,4\n2,5\n3,6\n4,7\n5,8\n6,8\n7,8\n8,8\n9,8\n10,8\n11,8\n12,8\n",
         "# a\n*0@0 '0': 1\n1@1 '1': 2\n2@2 '2': 3\n3@3 '3': 4\n6@4 '4': "
         "7\n7@5 '5': 8\n8@6 '6': 8\n9@7 '7': 8\n10@8 '8': 8\n11@9 '9': 8\n12@10 '10': 8\n13@11 "
         "'11': "
         "8\n14@12 '12': 8\n(time column 't'; a step every 1 s; 1 row comes twice; "
         "1 row is late)\n",
         .time = "t");
}

static void a_clock_set_back_begins_anew(void **state) {
    (void)state;
    WITH("t,a\n100,1\n101,2\n102,3\n10,4\n11,5\n12,6\n",
         "# a\n*0@100 '100': 1\n1@101 '101': 2\n2@102 '102': 3\n*3@10 '10': 4\n4@11 '11': 5\n5@12 "
         "'12': 6\n(time column 't'; a step every 1 s; 1 time the clock was set back)\n",
         .time = "t");
}

// Rows that a broker was not sure of; their values tell them from those of a clock that was set back.
static void what_is_sent_again_is_passed_over(void **state) {
    (void)state;
    WITH("t,a\n1,1\n2,2\n3,3\n4,4\n5,5\n2,2\n3,3\n4,4\n5,5\n6,6\n",
         "# a\n*0@1 '1': 1\n1@2 '2': 2\n2@3 '3': 3\n3@4 '4': 4\n4@5 '5': 5\n9@6 '6': 6\n"
         "(time column 't'; a step every 1 s; 3 rows come twice; 1 row is "
         "late)\n",
         .time = "t", .bridge = 1, .step = 1);
    WITH("t,a\n1,1\n2,2\n3,3\n4,4\n5,5\n2,7\n3,3\n",
         "# a\n*0@1 '1': 1\n1@2 '2': 2\n2@3 '3': 3\n3@4 '4': 4\n4@5 '5': 5\n*5@2 '2': 7\n6@3 '3': "
         "3\n(time column 't'; a step every 1 s; 1 time the clock was set back)\n",
         .time = "t", .bridge = 1, .step = 1);
}

static void times_that_stand_still_are_passed_on(void **state) {
    (void)state;
    CSV("time,a\n2024-01-01 00:00:00,1\n2024-01-01 00:00:00,2\n2024-01-01 00:00:01,3\n"
        "2024-01-01 00:00:01,4\n2024-01-01 00:00:02,5\n",
        "# a\n*0@1.7040672e+09 '2024-01-01 00:00:00': 1\n1@1.7040672e+09 '2024-01-01 00:00:00': 2\n"
        "2@1.7040672e+09 '2024-01-01 00:00:01': 3\n3@1.7040672e+09 '2024-01-01 00:00:01': 4\n"
        "4@1.7040672e+09 '2024-01-01 00:00:02': 5\n(time column 'time'; a step every 0.5 s; its "
        "times "
        "stand still too often: steps are taken as they come (groupby=, where recordings are "
        "mixed))\n");
}

static void irregular_times_make_nothing_up(void **state) {
    (void)state;
    CSV("t,a\n0,1\n1,2\n2.4,3\n4.9,4\n5.3,5\n100,6\n",
        "# a\n*0@0 '0': 1\n1@1 '1': 2\n2@2.4 '2.4': 3\n3@4.9 '4.9': 4\n4@5.3 '5.3': 5\n*5@100 "
        "'100': 6\n"
        "(time column 't'; a step every 1.4 s; irregular sampling (resample= averages over steps "
        "of "
        "one length); 1 gap (the longest 94.7 s))\n");
}

static void a_missing_time_is_a_step_behind(void **state) {
    (void)state;
    CSV("t,a\n0,1\n1,2\n,3\n3,4\n", "# a\n*0@0 '0': 1\n1@1 '1': 2\n2@2 '': 3\n3@3 '3': 4\n"
                                    "(time column 't'; a step every 1 s)\n");
}

// ---- averages -----------------------------------------------------------------------------------

static void steps_are_averaged(void **state) {
    (void)state;
    WITH("t,a,y\n0,1,0\n1,3,0\n2,,0\n3,5,1\n8,7,0\n9,9,0\n",
         "# a\n*0@0 '0': 2\n1@2 '2' !: 5\n2@4 '': ?\n3@6 '': ?\n4@8 '8': 8\n"
         "(time column 't'; averaged over 2 s; 1 gap (the longest 4 s); 1 missing cell)\n",
         .resample = 2, .label = "y");
    WITH("t,a\n0,1\n1,3\n100,5\n",
         "# a\n*0@0 '0': 2\n*1@100 '100': 5\n(time column 't'; averaged over 2 s; 1 gap (the "
         "longest "
         "98 s))\n",
         .resample = 2);
    WITH("t,a\n0,1\n2,3\n1,5\n4,9\n-90,2\n",
         "# a\n*0@0 '0': 1\n1@2 '2': 3\n2@4 '4': 9\n*3@-90 '-90': 2\n"
         "(time column 't'; averaged over 2 s; 1 row is late; 1 time the clock was set back)\n",
         .resample = 2, .time = "t");
    WITH("a\n1\n", "! x.csv: resample=: expected a file with times, got none", .resample = 2);
}

// Blocks end anywhere: within a gap, within an average.
static void blocks_do_not_show(void **state) {
    (void)state;
    enum { ROWS = 3 * HG_STEPS };
    hg__text text = {0};
    hg_error err = {0};
    hg__text_add(&text, "t,a\n");
    for (int i = 0; i < ROWS; i++) hg__text_add(&text, "%d,%d\n", i + 9 * (i / 100), i % 7);
    const sample_file f = save_sample(text.data, text.length, "x.csv");
    hg__recording *r = hg__recording_open(f.path, NULL, &err);
    assert_non_null(r);
    hg__steps s;
    int64_t row = 0, made = 0, steps = 0;
    double last = -1;
    while (hg__recording_next(r, &s, &err) == 1) {
        for (int32_t i = 0; i < s.count; i++, steps++) {
            assert_true(s.time[i] == last + 1);
            last = s.time[i];
            made += s.row[i] < 0;
            assert_true(isnan(s.value[i]) == (s.row[i] < 0));
            assert_int_equal(s.begins[i], steps == 0);
            if (s.row[i] < 0) continue;
            assert_int_equal(s.row[i], row);
            assert_true(s.value[i] == (float)(row % 7));
            row++;
        }
    }
    assert_int_equal(row, ROWS);
    assert_int_equal(made, 9 * ((ROWS - 1) / 100));
    hg__recording_close(r);
    hg__recording_options o = {.resample = 10};
    r = hg__recording_open(f.path, &o, &err);
    assert_non_null(r);
    steps = 0;
    while (hg__recording_next(r, &s, &err) == 1) {
        for (int32_t i = 0; i < s.count; i++, steps++) assert_true(s.time[i] == 10 * (double)steps);
    }
    assert_int_equal(steps, (int64_t)last / 10 + 1);
    hg__recording_close(r);
    hg__text_clear(&text);
    remove_sample(&f);
}

static void seconds_are_shown_in_the_largest_unit(void **state) {
    (void)state;
    static const struct {
        double seconds;
        const char *text;
    } cases[] = {
        {300,         "5 min"  },
        {0.004,       "0.004 s"},
        {86400,       "1 d"    },
        {76,          "76 s"   },
        {3661,        "1.02 h" },
        {5061 * 60.0, "3.51 d" },
        {90,          "90 s"   }
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        hg__seconds_show(cases[i].seconds, text);
        assert_string_equal(text, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_is_bridged),
        cmocka_unit_test(a_long_gap_begins_anew),
        cmocka_unit_test(a_step_that_is_known_is_kept),
        cmocka_unit_test(what_comes_late_is_passed_over),
        cmocka_unit_test(what_is_sent_again_is_passed_over),
        cmocka_unit_test(a_clock_set_back_begins_anew),
        cmocka_unit_test(times_that_stand_still_are_passed_on),
        cmocka_unit_test(irregular_times_make_nothing_up),
        cmocka_unit_test(a_missing_time_is_a_step_behind),
        cmocka_unit_test(steps_are_averaged),
        cmocka_unit_test(blocks_do_not_show),
        cmocka_unit_test(seconds_are_shown_in_the_largest_unit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
