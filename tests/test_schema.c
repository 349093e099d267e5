// SPDX-License-Identifier: Apache-2.0
// test_schema.c - what a column is taken for, and what a person may say about it.
#include <math.h>
#include <unistd.h>

#include "base/real.h"
#include "base/rng.h"
#include "schema_case.h"

static const hg__schema_options plain = {0};

// A column of each kind, and awkward ones.
static void write_kinds(int64_t row, int32_t column, char text[64]) {
    static const char *const colours[] = {"red", "green", "red", "blue", "red"};
    const int r = (int)row;
    switch (column) {
    case 0: snprintf(text, 64, "%d", r + 100); break;              // counter
    case 1: snprintf(text, 64, "%.2f", r * 7 % 50 * 0.25); break;  // amount
    case 2: snprintf(text, 64, "%s", colours[r % 5]); break;       // colour
    case 3: snprintf(text, 64, "%s", r % 3 ? "yes" : "No"); break; // paid
    case 4: snprintf(text, 64, "2024-0%d-%02d %02d:30", 1 + r % 9, 1 + r % 28, r % 24); break;
    case 5: snprintf(text, 64, "x"); break;                                           // same
    case 6: text[0] = '\0'; break;                                                    // empty
    case 7: snprintf(text, 64, "a%d-%d", r * 7919 % 10007, r); break;                 // token
    case 8: snprintf(text, 64, "%d", r % 2); break;                                   // bit
    case 9: snprintf(text, 64, "%d", 1 + r % 4); break;                               // doors
    case 10: snprintf(text, 64, "%d", (r * 7919 + 13) % 100003); break;               // order_id
    case 11: snprintf(text, 64, "word %d", r % 300); break;                           // remark
    case 12: snprintf(text, 64, "%s", r % 10 ? "7" : ""); break;                      // sometimes
    default: snprintf(text, 64, "%s", r == 17 ? "Inf?" : r % 2 ? "3.5" : "4"); break; // slip
    }
}

static const char *const names =
    "counter amount colour paid when same empty token bit doors order_id remark sometimes slip";

static void kinds_follow_from_what_the_cells_hold(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, names, 0, 1200, write_kinds);
    const hg__schema_options o = {.on_bad = "score_missing"};
    hg__schema *s = case_infer(&c, &o);
    static const struct {
        const char *name;
        hg__column_kind kind;
        int32_t width;
    } expected[] = {
        {"counter",   HG_COLUMN_ID,       0},
        {"amount",    HG_COLUMN_NUMBER,   1},
        {"colour",    HG_COLUMN_CATEGORY, 4},
        {"paid",      HG_COLUMN_BOOLEAN,  1},
        {"when",      HG_COLUMN_TIME,     4},
        {"same",      HG_COLUMN_CONSTANT, 1}, // 1 where it is not the same
        {"empty",     HG_COLUMN_CONSTANT, 0},
        {"token",     HG_COLUMN_ID,       0},
        {"bit",       HG_COLUMN_BOOLEAN,  1},
        {"doors",     HG_COLUMN_NUMBER,   1}, // few whole numbers stay a number
        {"order_id",  HG_COLUMN_ID,       0},
        {"remark",    HG_COLUMN_TEXT,     0},
        {"sometimes", HG_COLUMN_NUMBER,   2}, // one value, but not always
        {"slip",      HG_COLUMN_NUMBER,   2},
    };
    int32_t first = 0;
    assert_int_equal(s->columns, 14);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const hg__column *k = case_column(s, expected[i].name);
        if (k->kind != expected[i].kind) print_error("%s\n", k->name);
        assert_int_equal(k->kind, expected[i].kind);
        assert_int_equal(k->width, expected[i].width);
        assert_int_equal(k->first, first);
        assert_int_equal(k->position, (int)i);
        first += k->width;
    }
    assert_int_equal(s->width, first);
    assert_int_equal(s->table_columns, 14);
    const hg__column *colour = case_column(s, "colour");
    assert_string_equal(colour->level[0], "red"); // the most frequent; then by their bytes
    assert_string_equal(colour->level[1], "blue");
    assert_string_equal(colour->level[2], "green");
    assert_string_equal(case_column(s, "paid")->level[0], "No");
    assert_true(case_column(s, "empty")->missing == 1);
    assert_int_equal(c.next, 0); // rewound
    hg__schema_free(s);
}

static void lines_for_people_say_what_a_column_became(void **state) {
    (void)state;
    schema_case c;
    char line[300];
    case_open(&c, names, 0, 1200, write_kinds);
    const hg__schema_options o = {.on_bad = "score_missing"};
    hg__schema *s = case_infer(&c, &o);
    // clang-format off
    static const struct {
        const char *name, *line;
    } expected[] = {
        {"counter",   "counter  id, left out"                                                     },
        {"amount",    "amount  number, standard: centre 6.125, scale 3.608"                       },
        {"colour",    "colour  category, 3 levels: red, blue, green"                              },
        {"paid",      "paid  boolean, No or yes"                                                  },
        {"when",      "when  time, 2024-01-01 00:30 to 2024-09-28 23:30: day of the week, hour of the day"},
        {"same",      "same  constant, always 'x'"                                      },
        {"empty",     "empty  constant, always missing, left out"                                 },
        {"sometimes", "sometimes  number, standard: centre 7, scale 7, 10 % missing"              },
    };
    // clang-format on
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        hg__column_describe(case_column(s, expected[i].name), line, sizeof line);
        assert_string_equal(line, expected[i].line);
    }
    hg__schema_free(s);
}

static void a_text_among_numbers_ends_it_with_its_place(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, names, 0, 1200, write_kinds);
    case_refused(
        &c, &plain,
        "x.csv:19: column 'slip': expected a number, got 'Inf?'; columns=\"slip category\" or "
        "on_bad=score_missing takes it");
    const hg__schema_options o = {.override = "slip category"};
    hg__schema *s = case_infer(&c, &o);
    assert_int_equal(case_column(s, "slip")->kind, HG_COLUMN_CATEGORY);
    assert_int_equal(case_column(s, "slip")->levels, 2); // 'Inf?' came once: one of the others
    hg__schema_free(s);
}

static void what_a_person_says_goes_before_what_was_measured(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, names, 0, 1200, write_kinds);
    const hg__schema_options o = {
        .override =
            "doors category, amount log robust,counter number, colour ignore, \"slip\" text, "
            "3 ignore, order_id linear quantile",
        .ignore = "bit,paid"};
    hg__schema *s = case_infer(&c, &o);
    assert_int_equal(s->columns, 11);
    const hg__column *doors = case_column(s, "doors"), *amount = case_column(s, "amount");
    assert_int_equal(doors->kind, HG_COLUMN_CATEGORY);
    assert_int_equal(doors->levels, 4);
    assert_string_equal(doors->level[0], "1");
    assert_true(amount->log && amount->scaling == HG_SCALE_ROBUST);
    assert_int_equal(case_column(s, "counter")->kind, HG_COLUMN_NUMBER);
    assert_int_equal(case_column(s, "slip")->kind, HG_COLUMN_TEXT);
    assert_int_equal(case_column(s, "order_id")->scaling, HG_SCALE_QUANTILE);
    hg__schema_free(s);
}

static void a_yaml_file_says_the_same(void **state) {
    (void)state;
    char path[] = "/tmp/hourglass-test-XXXXXX.yaml";
    const int fd = mkstemps(path, 5);
    static const char text[] = "doors: category\n\"amount\": log robust\ncolour: ignore\n";
    assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    schema_case c;
    case_open(&c, names, 0, 1200, write_kinds);
    const hg__schema_options o = {.override = path, .ignore = "slip"};
    hg__schema *s = case_infer(&c, &o);
    assert_int_equal(s->columns, 12);
    assert_int_equal(case_column(s, "doors")->kind, HG_COLUMN_CATEGORY);
    assert_true(case_column(s, "amount")->log);
    hg__schema_free(s);
    unlink(path);
}

static void slips_in_what_a_person_says_are_named(void **state) {
    (void)state;
    // clang-format off
    static const struct {
        const char *said, *sentence;
    } slips[] = {
        {"door category",
         "x.csv: columns=door: expected the name of a column or a number from 1 to 14; did you mean 'doors'?"},
        {"doors categry",
         "columns=: column 'doors': expected number, category, boolean, time, id, text or ignore, and for a "
         "number standard, robust or quantile, log or linear, decimal_point or decimal_comma, for a time its format; "
         "got 'categry'; did you mean 'category'?"},
        {"doors category log",
         "columns=: column 'doors': expected one kind, a scaling for a number only, a format for a "
         "time, got 'category log'"},
        {"doors", "columns=: column 'doors': expected a kind, such as 'category', got nothing"},
        {"colour number",
         "x.csv:2: column 'colour': expected a number, got 'red'; columns=\"colour category\" or "
         "on_bad=score_missing takes it"},
        {"colour time",
         "x.csv:2: column 'colour': expected a date such as 2024-05-31 or 2024-05-31 14:30:00, got 'red'; "
         "columns=\"colour category\" or on_bad=score_missing takes it"},
    };
    // clang-format on
    for (size_t i = 0; i < sizeof slips / sizeof *slips; i++) {
        schema_case c;
        case_open(&c, names, 0, 1200, write_kinds);
        const hg__schema_options o = {.override = slips[i].said, .ignore = "slip"};
        case_refused(&c, &o, slips[i].sentence);
    }
}

// ---- levels -------------------------------------------------------------------------------------

static void write_levels(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row;
    if (column == 0) snprintf(text, 64, "s%d", r % 7 ? r % 6 : r % 420); // 6 often, many rare
    if (column == 1) snprintf(text, 64, "%s", r < 1000 ? "usual" : r < 1004 ? "rare" : "5 times");
    if (column == 2) snprintf(text, 64, "%d", r % 3); // numbers, or texts that look like none
}

static void rare_levels_are_left_to_the_others(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "service state three", 0, 1009, write_levels);
    const hg__schema_options o = {.max_levels = 6, .override = "three category"};
    hg__schema *s = case_infer(&c, &o);
    const hg__column *service = case_column(s, "service"), *place = case_column(s, "state");
    assert_int_equal(service->kind, HG_COLUMN_CATEGORY); // six levels are most of the rows
    assert_int_equal(service->levels, 6);
    assert_int_equal(service->width, 7);
    assert_int_equal(place->levels, 2);
    assert_string_equal(place->level[1], "5 times");
    float x[32];
    hg__encoding_notes notes = {0};
    assert_int_equal(case_encode(&c, s, 1001, false, x, &notes, NULL), HG_OK);
    assert_true(x[place->first + 2] == 1 && notes.unseen > 0); // "rare" is one of the others
    hg__schema_free(s);
}

// ---- numbers ------------------------------------------------------------------------------------

static void write_shapes(int64_t row, int32_t column, char text[64]) {
    const double z = hg__normal_quantile(((double)(row * 1000 % 2001) + 0.5) / 2001);
    switch (column) {
    case 0: snprintf(text, 64, "%.12g", 5 + 2 * z); break;
    case 1: snprintf(text, 64, "%.12g", row == 7 ? 1e300 : z); break;
    case 2: snprintf(text, 64, "%.12g", 1000 * exp(2.5 * z)); break;
    case 3: snprintf(text, 64, "%.12g", row % 50 ? z : 15 * z); break;
    default: snprintf(text, 64, "%d", row % 100 ? 0 : (int)row); break;
    }
}

static void scaling_follows_from_the_shape(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "normal wild lognormal heavy zeros", 0, 2001, write_shapes);
    hg__schema *s = case_infer(&c, &plain);
    const hg__column *normal = case_column(s, "normal"), *wild = case_column(s, "wild");
    assert_true(!normal->log && normal->scaling == HG_SCALE_STANDARD);
    assert_true(fabs(normal->centre - 5) < 1e-3 && fabs(normal->scale - 2) < 0.01);
    assert_true(wild->log && wild->scaling == HG_SCALE_ROBUST && isfinite(wild->scale));
    assert_true(case_column(s, "lognormal")->log);
    float x[16] = {0};
    hg__encoding_notes notes = {0};
    double sum = 0, squares = 0;
    for (int64_t row = 0; row < c.count; row++) {
        assert_int_equal(case_encode(&c, s, row, false, x, &notes, NULL), HG_OK);
        for (int32_t i = 0; i < s->width; i++) {
            assert_true(isfinite(x[i]) && fabsf(x[i]) <= (float)HG_SCALED_LIMIT);
        }
        sum += (double)x[normal->first];
        squares += (double)x[normal->first] * (double)x[normal->first];
    }
    assert_true(fabs(sum) < 1e-3 && fabs(squares / (double)c.count - 1) < 1e-5);
    assert_int_equal(notes.missing + notes.strange + notes.unseen, 0);
    hg__schema_free(s);
}

static void quantiles_become_normal_scores_and_outliers_stay_visible(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "normal wild lognormal heavy zeros", 0, 2001, write_shapes);
    const hg__schema_options o = {.override =
                                      "normal quantile, lognormal quantile, zeros quantile"};
    hg__schema *s = case_infer(&c, &o);
    const hg__column *k = case_column(s, "lognormal");
    for (int i = -20; i <= 20; i++) { // the normal score of a lognormal value is its logarithm
        const double z = i * 0.1;
        assert_true(fabs((double)hg__scale_apply(k, 1000 * exp(2.5 * z)) - z) < 0.05);
    }
    const float top = hg__scale_apply(k, k->most), far = hg__scale_apply(k, k->most * 1e6);
    assert_true(far > top + 1 && hg__scale_apply(k, k->most * 1e9) > far);
    const hg__column *zeros = case_column(s, "zeros"); // 99 in 100 are one value: its mean rank
    assert_true(fabs((double)hg__scale_apply(zeros, 0)) < 0.1);
    assert_true(hg__scale_apply(zeros, 1900) > 2);
    for (int32_t i = 1; i < k->knots; i++) {
        assert_true(k->knot[i] > k->knot[i - 1] && k->score[i] > k->score[i - 1]);
    }
    hg__schema_free(s);
}

static void scaling_can_be_undone(void **state) {
    (void)state;
    static const char *const ways[] = {"normal standard linear", "normal robust", "normal quantile",
                                       "normal log", "normal quantile log"};
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        schema_case c;
        case_open(&c, "normal", 0, 2001, write_shapes);
        const hg__schema_options o = {.override = ways[w]};
        hg__schema *s = case_infer(&c, &o);
        for (int i = 0; i < 140; i++) {
            const double v = -20 + i * 0.37;
            const double back = hg__scale_invert(s->column, (double)hg__scale_apply(s->column, v));
            assert_true(fabs(back - v) < 1e-4 * (1 + fabs(v)));
        }
        hg__schema_free(s);
    }
}

static void the_sample_is_a_function_of_the_seed(void **state) {
    (void)state;
    double knot[3] = {0};
    static const uint64_t seeds[] = {1, 1, 2};
    for (int i = 0; i < 3; i++) {
        schema_case c;
        case_open(&c, "heavy_tail", 0, 40000, write_kinds);
        c.order[0] = 10;
        const hg__schema_options o = {.override = "1 quantile", .seed = seeds[i]};
        hg__schema *s = case_infer(&c, &o);
        knot[i] = s->column[0].knot[7];
        hg__schema_free(s);
    }
    assert_true(knot[0] == knot[1]);
    assert_true(knot[0] != knot[2]);
}

// ---- a log or none, by planted errors -----------------------------------------------------------

// A normal number of its own for each row and draw.
static double draw_normal(int64_t row, int draw) {
    const hg__philox r = hg__philox_run(5, HG_STREAM_SCHEMA, 0, (uint32_t)row, (uint32_t)draw);
    return hg__normal_quantile(((double)r.word[0] + 0.5) / 4294967296.0);
}

// A price follows its article, an amount price and number, a cost the sum of two; alone follows nothing.
static void write_prices(int64_t row, int32_t column, char text[64]) {
    const int article = (int)(row * 7919 % 20);
    const double price = exp(article * 0.25 + 0.08 * draw_normal(row, 0));
    const int number = 1 + (int)(row / 7 % 5);
    const double one = exp(draw_normal(row, 1)), two = exp(draw_normal(row, 2));
    switch (column) {
    case 0: snprintf(text, 64, "a%d", article); break;
    case 1: snprintf(text, 64, "%.2f", price); break;
    case 2: snprintf(text, 64, "%d", number); break;
    case 3: snprintf(text, 64, "%.2f", price * number); break;
    case 4: snprintf(text, 64, "%.3f", one); break;
    case 5: snprintf(text, 64, "%.3f", two); break;
    case 6: snprintf(text, 64, "%.3f", 2 * one + 3 * two); break;
    case 7: snprintf(text, 64, "%.2f", exp(3 + draw_normal(row, 3))); break;
    case 8: snprintf(text, 64, "%.2f", -exp(draw_normal(row, 4))); break;
    default: snprintf(text, 64, "%.4f", 50 + 5 * draw_normal(row, 5)); break;
    }
    if (column == 1 && row % 40 == 3) *text = 0; // a price here and there is missing
}

static const char *const price_names =
    "article price number amount one two cost alone below_zero usual";

static void a_log_is_taken_where_it_finds_more_errors(void **state) {
    (void)state;
    schema_case c;
    char line[300];
    for (int rows = 300; rows <= 5000; rows += 4700) {
        case_open(&c, price_names, 0, rows, write_prices);
        hg__schema *s = case_infer(&c, &plain);
        for (int32_t i = 1; i < s->columns; i++) {
            const hg__column *k = &s->column[i];
            const bool is_log = i == 1 || i == 3;
            if (k->log != is_log) print_error("%s of %d rows\n", k->name, rows);
            assert_true(k->log == is_log && k->scaling == HG_SCALE_STANDARD);
        }
        const hg__column *price = case_column(s, "price");
        hg__column_describe(price, line, sizeof line);
        assert_non_null(strstr(line, "number, log, standard: centre "));
        assert_non_null(strstr(line, " % of planted errors, "));
        // Ten times as much is as far from a low price as from a high one.
        const float low = hg__scale_apply(price, 20) - hg__scale_apply(price, 2);
        const float high = hg__scale_apply(price, 1000) - hg__scale_apply(price, 100);
        assert_true(low > 0.4F * high);
        assert_true(fabs(hg__scale_invert(price, (double)hg__scale_apply(price, 38.6)) - 38.6) <
                    1e-3);
        hg__schema_free(s);
    }
}

static void what_is_said_of_a_scale_goes_before_the_trial(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, price_names, 0, 1000, write_prices);
    const hg__schema_options o = {.override = "price linear, amount robust, alone log"};
    hg__schema *s = case_infer(&c, &o);
    assert_false(case_column(s, "price")->log);
    assert_false(case_column(s, "amount")->log);
    assert_int_equal(case_column(s, "amount")->scaling, HG_SCALE_ROBUST);
    assert_true(case_column(s, "alone")->log);
    hg__schema_free(s);
    case_open(&c, price_names, 0, 90, write_prices); // too few rows to try anything
    s = case_infer(&c, &plain);
    assert_false(case_column(s, "price")->log);
    hg__schema_free(s);
}

// ---- rows and columns that are not there --------------------------------------------------------

static void write_bad(int64_t row, int32_t column, char text[64]) {
    snprintf(text, 64, "%s", row % 2 ? "!" : "");
    if (row % 2 == 0) snprintf(text, 64, column ? "%d" : "k%d", (int)(row * row % 31));
}

static bool first_half(const void *context, int64_t row) {
    return row < *(const int64_t *)context;
}

static void rows_that_cannot_be_read_stop_or_are_counted(void **state) {
    (void)state;
    schema_case c;
    hg_error err = {0};
    int64_t bad = 0;
    case_open(&c, "a b", 0, 100, write_bad);
    case_refused(&c, &plain, "x.csv:3: expected better");
    case_rewind(&c.table, NULL);
    const hg__schema_options o = {.on_bad = "skip"};
    hg__schema *s = hg__schema_infer(&c.table, &o, &bad, &err);
    assert_non_null(s);
    assert_int_equal(bad, 50);
    hg__schema_free(s);
}

static void columns_are_learned_from_the_rows_asked_for(void **state) {
    (void)state;
    schema_case c;
    const int64_t half = 600;
    case_open(&c, "counter amount same", 0, 1200, write_kinds);
    const hg__schema_options o = {
        .override = "counter number", .use = first_half, .use_context = &half};
    hg__schema *s = case_infer(&c, &o);
    assert_true(case_column(s, "counter")->most == 699);
    hg__schema_free(s);
    case_open(&c, "counter amount same", 0, 1200, write_kinds);
    c.order[2] = 3; // a label: 400 "No"
    const hg__schema_options label = {.override = "counter number", .label = "same"};
    s = case_infer(&c, &label);
    assert_int_equal(s->columns, 2);
    assert_int_equal(s->label, 2);
    assert_true(case_column(s, "counter")->most == 1297); // row 1197 is the last that is normal
    hg__schema_free(s);
}

static void tables_without_anything_to_learn_are_refused(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "counter same", 0, 100, write_kinds);
    c.order[1] = 5;
    case_refused(&c, &plain,
                 "x.csv: expected at least one column to learn from, got 2 that are ids, "
                 "constants, texts or "
                 "left out; columns=\"NAME number\" says otherwise");
    case_open(&c, "counter amount", 0, 0, write_kinds);
    case_refused(&c, &plain, "x.csv: expected rows, got none");
    case_open(&c, "counter amount colour", 0, 100, write_kinds);
    const hg__schema_options o = {.label = "colour", .normal = "violet"};
    case_refused(&c, &o,
                 "x.csv: label=colour: expected values that are normal=, at least one, got red, "
                 "green, blue");
}

static void one_row_makes_a_schema_if_it_is_told_what_to_keep(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "counter amount", 0, 1, write_kinds);
    const hg__schema_options o = {.override = "amount number"};
    hg__schema *s = case_infer(&c, &o);
    assert_int_equal(case_column(s, "amount")->width, 1);
    assert_true(hg__scale_apply(case_column(s, "amount"), 0) == 0);
    hg__schema_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_follow_from_what_the_cells_hold),
        cmocka_unit_test(lines_for_people_say_what_a_column_became),
        cmocka_unit_test(a_text_among_numbers_ends_it_with_its_place),
        cmocka_unit_test(what_a_person_says_goes_before_what_was_measured),
        cmocka_unit_test(a_yaml_file_says_the_same),
        cmocka_unit_test(slips_in_what_a_person_says_are_named),
        cmocka_unit_test(rare_levels_are_left_to_the_others),
        cmocka_unit_test(scaling_follows_from_the_shape),
        cmocka_unit_test(quantiles_become_normal_scores_and_outliers_stay_visible),
        cmocka_unit_test(scaling_can_be_undone),
        cmocka_unit_test(the_sample_is_a_function_of_the_seed),
        cmocka_unit_test(a_log_is_taken_where_it_finds_more_errors),
        cmocka_unit_test(what_is_said_of_a_scale_goes_before_the_trial),
        cmocka_unit_test(rows_that_cannot_be_read_stop_or_are_counted),
        cmocka_unit_test(columns_are_learned_from_the_rows_asked_for),
        cmocka_unit_test(tables_without_anything_to_learn_are_refused),
        cmocka_unit_test(one_row_makes_a_schema_if_it_is_told_what_to_keep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
