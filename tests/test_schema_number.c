// SPDX-License-Identifier: Apache-2.0
// test_schema_number.c - columns of numbers in other clothes: formats found, kept, read when scoring; what stays a text; what
// a quarter of texts makes of a column.
#include <math.h>

#include "schema_case.h"

enum { ROWS = 400 };

static const hg__schema_options plain = {0};

// A number that varies, and the same with a mark of thousands.
static int value(int r) {
    return (r * 7919 + 13) % 9000 + 1;
}

static void thousands(int x, const char *mark, char text[32]) {
    if (x < 1000) {
        snprintf(text, 32, "%d", x);
    } else {
        snprintf(text, 32, "%d%s%03d", x / 1000, mark, x % 1000);
    }
}

enum {
    PRICE,
    PAID,
    EUROS,
    SHARE,
    TEILE,
    CHANGE,
    WEIGHT,
    HEAT,
    SWISS,
    FRENCH,
    INDIAN,
    MINUS,
    EXCEL,
    SPEED,
    CODE,
    COLUMNS
};
static const char *const names =
    "price paid euros share teile change weight heat swiss french indian minus excel speed code";

static void write_money(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row, x = value(r);
    char marked[32];
    thousands(x,
              column == EUROS    ? "."
              : column == FRENCH ? "\xe2\x80\xaf"
              : column == SWISS  ? "'"
                                 : ",",
              marked);
    switch (column) {
    case PRICE: snprintf(text, 64, "%s", marked); break;
    case PAID: snprintf(text, 64, "%s$%s.%02d", r % 9 ? "" : "-", marked, r % 100); break;
    case EUROS: snprintf(text, 64, "%s,%02d \xe2\x82\xac", marked, r % 100); break;
    case SHARE: snprintf(text, 64, "%d.%d%%", x % 60, r % 10); break;
    case TEILE: snprintf(text, 64, "%d,%d %%", x % 60, r % 10); break;
    case CHANGE: snprintf(text, 64, r % 3 ? "%d.%02d" : "(%d.%02d)", x % 10, r % 97 + 1); break;
    case WEIGHT: snprintf(text, 64, "%d.%d kg", 60 + x % 20, r % 10); break;
    case HEAT:
        snprintf(text, 64,
                 "%d\xc2\xb0"
                 "C",
                 x % 30 - 5);
        break;
    case SWISS: snprintf(text, 64, "%s.%02d", marked, r % 100); break;
    case FRENCH: snprintf(text, 64, "%s,%d", marked, r % 10); break;
    case INDIAN:
        snprintf(text, 64, "\xe2\x82\xb9 %d,%02d,%03d", 1 + x % 90, r % 100, x % 1000);
        break;
    case MINUS: snprintf(text, 64, r % 2 ? "%d" : "\xe2\x88\x92%d", x); break;
    case EXCEL: snprintf(text, 64, r % 5 ? "'%d" : "%d-", x); break;
    case SPEED: snprintf(text, 64, "%d km/h", x); break;
    default: snprintf(text, 64, "%d", 80 + r % 3); break;
    }
}

static void numbers_in_other_clothes_are_numbers(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, names, 0, ROWS, write_money);
    hg__schema *s = case_infer(&c, &plain);
    static const struct {
        const char *name, *example;
        int32_t decimals;
    } expected[] = {
        {"price",  " such as 1,234.5,",              0},
        {"paid",   " such as $1,234.5,",             2},
        {"euros",  " such as 1.234,5 \xe2\x82\xac,", 2},
        {"share",  " such as 1,234.5%,",             1},
        {"teile",  " such as 1.234,5%,",             1},
        {"change", " such as 1,234.5,",              2},
        {"weight", " such as 1,234.5 kg,",           1},
        {"heat",
         " such as 1,234.5\xc2\xb0"
         "C,",                                       0},
        {"swiss",  " such as 1,234.5,",              2},
        {"french", " such as 1.234,5,",              1},
        {"indian",
         " such as \xe2\x82\xb9"
         "1,234.5,",                                 0},
        {"minus",  " such as 1,234.5,",              0},
        {"excel",  " such as 1,234.5,",              0},
        {"speed",  " such as 1,234.5 km/h,",         0},
        {"code",   "number, standard",               0},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        char line[300];
        const hg__column *k = case_column(s, expected[i].name);
        hg__column_describe(k, line, sizeof line);
        if (k->kind != HG_COLUMN_NUMBER || !strstr(line, expected[i].example)) {
            print_error("%s\n", line);
        }
        assert_int_equal(k->kind, HG_COLUMN_NUMBER);
        assert_non_null(strstr(line, expected[i].example));
        assert_int_equal(k->decimals, expected[i].decimals);
    }
    assert_true(case_column(s, "price")->most > 8000);
    assert_true(case_column(s, "euros")->most > 8000 && case_column(s, "euros")->most < 9002);
    assert_true(case_column(s, "change")->least < -9 && case_column(s, "excel")->least < -8000);
    assert_non_null(strstr(case_column(s, "price")->hint, "'1,234' is taken for 1234"));
    assert_null(case_column(s, "paid")->hint);
    hg__schema_free(s);
}

static void a_format_is_kept_and_read_when_scoring(void **state) {
    (void)state;
    schema_case c;
    hg_error err = {0};
    case_open(&c, names, 0, ROWS, write_money);
    hg__schema *s = case_infer(&c, &plain);
    hg__json *json = hg__schema_to_json(s, &err);
    hg__schema *back = hg__schema_from_json(json, "m", &err);
    assert_non_null(back);
    hg__json_free(json);
    for (int64_t row = 0; row < 40; row++) {
        float x[64], y[64];
        hg__encoding_notes notes = {0};
        assert_int_equal(case_encode(&c, s, row, false, x, &notes, &err), HG_OK);
        assert_int_equal(case_encode(&c, back, row, false, y, &notes, &err), HG_OK);
        assert_memory_equal(x, y, (size_t)s->width * sizeof *x);
        double price, euros;
        assert_true(hg__column_number(case_column(s, "price"), x, &price));
        assert_true(hg__column_number(case_column(s, "euros"), x, &euros));
        assert_true(fabs(price - value((int)row)) < 0.01);
        assert_true(fabs(euros - value((int)row) - (double)(row % 100) / 100) < 0.01);
    }
    float x[64];
    char text[64];
    hg__encoding_notes notes = {0};
    assert_int_equal(case_encode(&c, s, 0, false, x, &notes, &err), HG_OK);
    hg__column_decode_own(case_column(s, "euros"), x, text, sizeof text);
    assert_string_equal(text, "14,00 \xe2\x82\xac");
    hg__column_decode_own(case_column(s, "price"), x, text, sizeof text);
    assert_string_equal(text, "14");
    hg__schema_free(back);
    hg__schema_free(s);
}

// ---- what decides -------------------------------------------------------------------------------

enum { ONLY_THIRDS, ONE_DECIMAL, DOT_THIRDS, MIXED, SLIPS, FORCED };

static void write_points(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row, x = value(r);
    switch (column) {
    case ONLY_THIRDS: snprintf(text, 64, "%d,%03d", 1 + x / 1000, x % 1000); break;
    case ONE_DECIMAL:
        snprintf(text, 64, r == 77 ? "3,14" : "%d,%03d", 1 + x / 1000, x % 1000);
        break;
    case DOT_THIRDS:
        if (r % 50) snprintf(text, 64, "%d.%03d", 1 + x / 1000, x % 1000);
        if (r % 50 == 0) snprintf(text, 64, "1.%03d.%03d", x % 1000, r);
        break;
    case MIXED:
        snprintf(text, 64, r % 200 ? "%d.5" : "1,%03d.5", x % 1000);
        break; // one in 200 above 1000
    case SLIPS: snprintf(text, 64, r == 9 ? "$ten" : "$%d", x); break;
    default: snprintf(text, 64, "%d apples", x); break;
    }
}

static const char *const point_names = "thirds one dots mixed slips apples";

static void open_dollars(schema_case *c) { // those of one country
    static const int32_t order[] = {ONLY_THIRDS, MIXED, SLIPS, FORCED};
    case_open(c, "thirds mixed slips apples", 0, ROWS, write_points);
    memcpy(c->order, order, sizeof order);
}

static void one_cell_decides_what_a_comma_is(void **state) {
    (void)state;
    schema_case c;
    const hg__schema_options o = {.on_bad = "score_missing"};
    case_open(&c, "one dots", 0, ROWS, write_points);
    c.order[0] = ONE_DECIMAL;
    c.order[1] = DOT_THIRDS;
    hg__schema *s = case_infer(&c, &o);
    assert_true(case_column(s, "one")->most < 11);
    assert_true(case_column(s, "dots")->least >= 1000 && case_column(s, "dots")->most > 1e6);
    hg__schema_free(s);
    open_dollars(&c);
    s = case_infer(&c, &o);
    assert_true(case_column(s, "thirds")->most > 1000);
    assert_true(case_column(s, "mixed")->most > 1000 &&
                case_column(s, "mixed")->format.point == '.');
    const hg__column *slips = case_column(s, "slips"), *apples = case_column(s, "apples");
    assert_int_equal(slips->kind, HG_COLUMN_NUMBER);
    assert_true(slips->may_miss && slips->missing == 1.0 / ROWS);
    assert_int_equal(apples->kind, HG_COLUMN_ID);
    assert_string_equal(
        apples->hint,
        "looks like numbers with 'apples' behind; columns=\"apples number\" makes them so");
    hg__schema_free(s);
}

static void write_german(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row, x = value(r);
    if (column == 0) snprintf(text, 64, "%d,%02d", x % 50, r % 100);
    if (column == 1) snprintf(text, 64, "%d.%03d", 1 + x / 1000, x % 1000);
    if (column == 2) snprintf(text, 64, "%d,%03d", 1 + x / 1000, x % 1000);
    if (column == 3) snprintf(text, 64, "%d.%02d", x % 50, r % 100);
}

static void other_columns_decide_where_a_column_cannot(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "price dots commas", 0, ROWS, write_german);
    c.table.point = '.';
    hg__schema *s = case_infer(&c, &plain);
    const hg__column *dots = case_column(s, "dots"), *commas = case_column(s, "commas");
    assert_true(dots->least >= 1000 && dots->format.point == ',');
    assert_string_equal(dots->hint,
                        "'1.234' is taken for 1234; columns=\"dots decimal_point\" says otherwise");
    assert_true(commas->most < 11 && commas->format.point == ',');
    hg__schema_free(s);
    case_open(&c, "cents dots commas", 0, ROWS, write_german); // here points come before decimals
    c.order[0] = 3;
    c.table.point = '.';
    s = case_infer(&c, &plain);
    assert_true(case_column(s, "dots")->most < 11 && !case_column(s, "dots")->format.point);
    assert_true(case_column(s, "commas")->least >= 1000);
    hg__schema_free(s);
}

static void a_person_may_say_what_it_is(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, point_names, 0, ROWS, write_points);
    const hg__schema_options o = {
        .on_bad = "score_missing",
        .override = "thirds decimal_comma, apples number, dots decimal_comma log"};
    hg__schema *s = case_infer(&c, &o);
    assert_true(case_column(s, "thirds")->most < 11 && !case_column(s, "thirds")->hint);
    assert_int_equal(case_column(s, "apples")->kind, HG_COLUMN_NUMBER);
    assert_string_equal(case_column(s, "apples")->format.suffix, "apples");
    assert_true(case_column(s, "dots")->log);
    hg__schema_free(s);
    const hg__schema_options texts = {.on_bad = "score_missing",
                                      .override = "thirds text, slips category"};
    s = case_infer(&c, &texts);
    assert_int_equal(case_column(s, "thirds")->kind, HG_COLUMN_TEXT);
    assert_int_equal(case_column(s, "slips")->kind, HG_COLUMN_CATEGORY);
    hg__schema_free(s);
}

static void what_is_no_number_in_a_format_is_named(void **state) {
    (void)state;
    schema_case c;
    open_dollars(&c);
    case_refused(&c, &plain,
                 "x.csv:11: column 'slips': expected a number such as $1,234.5, got '$ten'; "
                 "columns=\"slips category\" or on_bad=score_missing takes it");
}

static void write_partly(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row, x = value(r);
    if (column == 0) snprintf(text, 64, r % 5 ? "%d.5%%" : "%d.5", x);
    if (column == 1) snprintf(text, 64, "%d.%d%c", x % 900, x % 10, "KM"[r % 2]);
    if (column == 2) snprintf(text, 64, "%d", x);
}

static void the_way_to_have_numbers_is_said(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "rate views x", 0, ROWS, write_partly);
    static char rate[] = "Rate (mean)";
    c.table.name[0] = rate;
    hg__schema *s = case_infer(&c, &plain);
    assert_string_equal(s->column[0].hint,
                        "80 in 100 cells are numbers; columns=\"\\\"Rate (mean)\\\" number\" with "
                        "on_bad=score_missing takes the others as missing");
    assert_string_equal(s->column[1].hint, "looks like numbers with several units (K, M)");
    hg__schema_free(s);
}

// ---- what stays as it is ------------------------------------------------------------------------

static void write_others(int64_t row, int32_t column, char text[64]) {
    static const char *const ends[] = {"st", "nd", "rd", "th"};
    const int r = (int)row, x = value(r);
    switch (column) {
    case 0: snprintf(text, 64, "%d.%d.%d", r % 3, x % 20, r % 10); break;             // version
    case 1: snprintf(text, 64, "192.168.%d.%d", 100 + r % 100, 100 + x % 150); break; // address
    case 2: snprintf(text, 64, "600 %03d %03d", x % 1000, r); break;                  // phone
    case 3: snprintf(text, 64, "A%d", x); break;                                      // code
    case 4: snprintf(text, 64, "%d-%d", r % 9, r % 9 + x % 20); break;                // range
    case 5: snprintf(text, 64, "SN%04d", x); break;                                   // serial
    case 6: snprintf(text, 64, "%d%c", r % 30, 'A' + x % 6); break;                   // seat
    case 7: snprintf(text, 64, "%d%s", r % 40, ends[r % 4]); break;                   // place
    case 8: snprintf(text, 64, r % 3 ? "%d kg" : "%d g", x); break;                   // load
    case 9: snprintf(text, 64, "#%d", x); break;                                      // hash
    case 10: snprintf(text, 64, "Room %d", r % 20); break;                            // room
    case 11: snprintf(text, 64, "%02d:%02d", r % 24, x % 60); break;                  // clock
    case 12: snprintf(text, 64, "$5"); break;                                         // always
    default: snprintf(text, 64, "%d", x); break;                                      // number
    }
}

static void codes_addresses_and_serials_stay_texts(void **state) {
    (void)state;
    schema_case c;
    case_open(
        &c, "version address phone code range serial seat place load hash room clock always number",
        0, ROWS, write_others);
    hg__schema *s = case_infer(&c, &plain);
    for (int32_t i = 0; i < 13; i++) {
        const hg__column *k = &s->column[i];
        if (k->kind == HG_COLUMN_NUMBER || k->format.point) print_error("%s\n", k->name);
        assert_true(k->kind != HG_COLUMN_NUMBER && !k->format.point);
        assert_true(i == 8 || !k->hint);
    }
    assert_string_equal(case_column(s, "load")->hint,
                        "looks like numbers with several units (g, kg)");
    assert_int_equal(case_column(s, "always")->kind, HG_COLUMN_CONSTANT);
    hg__schema_free(s);
}

// ---- texts among numbers ------------------------------------------------------------------------

static int every; // one cell in so many is a text
static bool various;

static void write_mixture(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row, x = value(r);
    const bool is_text = column == 0 && r % every == every - 1;
    if (is_text) {
        snprintf(text, 64, various ? "A/%d %d" : "sold out", r % 50, x);
    } else {
        snprintf(text, 64, "%d.%d", x, column);
    }
}

static void a_quarter_of_texts_makes_a_column_of_texts(void **state) {
    (void)state;
    static const struct {
        int every;
        bool various;
        const char *on_bad;
        int kind; // -1: refused
    } cases[] = {
        {4,   true,  "stop",          HG_COLUMN_ID    },
        {4,   false, "stop",          HG_COLUMN_TEXT  },
        {9,   false, "stop",          HG_COLUMN_TEXT  },
        {10,  false, "stop",          -1              }, // nine in ten are numbers: they are not dropped
        {10,  true,  "stop",          HG_COLUMN_ID    }, // but codes are
        {50,  false, "stop",          -1              },
        {100, true,  "stop",          -1              }, // a slip
        {4,   false, "score_missing", HG_COLUMN_NUMBER}, // who says so may miss half
        {100, true,  "score_missing", HG_COLUMN_NUMBER},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        schema_case c;
        hg_error err = {0};
        every = cases[i].every;
        various = cases[i].various;
        case_open(&c, "mixture number", 0, 1000, write_mixture);
        const hg__schema_options o = {.on_bad = cases[i].on_bad};
        hg__schema *s = hg__schema_infer(&c.table, &o, NULL, &err);
        const int kind = s ? (int)s->column[0].kind : -1;
        if (kind != cases[i].kind) print_error("case %zu: kind %d\n", i, kind);
        assert_int_equal(kind, cases[i].kind);
        if (!s) assert_non_null(strstr(err.message, "on_bad=score_missing takes it"));
        hg__schema_free(s);
    }
}

// ---- codes that read as numbers -----------------------------------------------------------------

static const char *odd;

static void write_codes(int64_t row, int32_t column, char text[64]) {
    static const char *const codes[] = {"1E5", "2B07", "100000", "INF", "1E464", "007", "7"};
    const int r = (int)row;
    if (column == 0) snprintf(text, 64, "%s", codes[r % 7]);
    if (column == 1) snprintf(text, 64, "%s", r == 30 ? odd : r % 2 ? "1" : "2.5");
    if (column == 2) snprintf(text, 64, "%s", r % 2 ? "080" : "80");
}

static void codes_that_read_as_numbers_keep_their_texts(void **state) {
    (void)state;
    schema_case c;
    float x[64];
    hg__encoding_notes notes = {0};
    hg_error err = {0};
    odd = "3";
    case_open(&c, "code number port", 0, 700, write_codes);
    const hg__schema_options o = {.override = "port category"};
    hg__schema *s = case_infer(&c, &o);
    const hg__column *code = case_column(s, "code");
    assert_true(code->kind == HG_COLUMN_CATEGORY && code->spelt);
    assert_int_equal(code->levels, 7); // 1E5 is not 100000, 007 is not 7
    const hg__column *port = case_column(s, "port");
    assert_true(port->levels == 1 && !port->spelt); // numbers alone have one form
    hg__json *json = hg__schema_to_json(s, &err);
    hg__schema *back = hg__schema_from_json(json, "m", &err);
    hg__json_free(json);
    for (int64_t row = 0; row < 7; row++) {
        char text[64], wanted[64];
        assert_int_equal(case_encode(&c, back, row, false, x, &notes, &err), HG_OK);
        hg__column_decode(case_column(back, "code"), x, text, sizeof text);
        write_codes(row, 0, wanted);
        assert_string_equal(text, wanted);
    }
    assert_int_equal(notes.unseen, 0);
    hg__schema_free(back);
    hg__schema_free(s);
}

static void an_infinity_among_numbers_is_named(void **state) {
    (void)state;
    schema_case c;
    odd = "1e999";
    case_open(&c, "code number port", 0, 700, write_codes);
    case_refused(&c, &plain,
                 "x.csv:32: column 'number': expected a finite number, got '1e999'; "
                 "columns=\"number category\" or on_bad=score_missing takes it");
    const hg__schema_options o = {.on_bad = "score_missing"};
    hg__schema *s = case_infer(&c, &o);
    const hg__column *k = case_column(s, "number");
    assert_true(k->kind == HG_COLUMN_NUMBER && k->may_miss && k->most == 2.5);
    float x[64];
    hg__encoding_notes notes = {0};
    hg_error err = {0};
    assert_int_equal(case_encode(&c, s, 30, false, x, &notes, &err), HG_ERR_DATA);
    assert_non_null(strstr(err.message, "column 'number': expected a finite number, got '1e999'"));
    assert_int_equal(case_encode(&c, s, 30, true, x, &notes, &err), HG_OK);
    assert_int_equal(notes.strange, 1);
    hg__schema_free(s);
}

// ---- in and out ---------------------------------------------------------------------------------

static void cells_are_shown_as_they_stand(void **state) {
    (void)state;
    static const struct {
        hg__cell cell;
        const char *text;
    } cases[] = {
        {{HG_CELL_MISSING, 2, 0, "NA"},                                                         "missing"            },
        {{HG_CELL_NUMBER, 8, 12345678, "12345678"},                                             "12345678"           },
        {{HG_CELL_NUMBER, 6, 2.1005e-06, "21e-07"},                                             "21e-07"             },
        {{HG_CELL_TEXT, 9, 0, "$1,234.50"},                                                     "$1,234.50"          },
        {{HG_CELL_TEXT, 5, 0,
          "a\nb\x1b"
          "c"},
         "a?b?c"                                                                                                     },
        {{HG_CELL_NUMBER, 0, 0.1, NULL},                                                        "0.1"                },
        {{HG_CELL_NUMBER, 0, 0.1 + 0.2, NULL},                                                  "0.30000000000000004"},
        {{HG_CELL_NUMBER, 0, (double)0.1F, NULL},                                               "0.10000000149011612"},
        {{HG_CELL_NUMBER, HG_CELL_SINGLE, (double)0.1F, NULL},                                  "0.1"                },
        {{HG_CELL_NUMBER, HG_CELL_SINGLE, (double)1234.56F, NULL},                              "1234.56"            },
        {{HG_CELL_NUMBER, HG_CELL_SINGLE, 123456784, NULL},                                     "123456784"          },
        {{HG_CELL_NUMBER, 0, -9999, NULL},                                                      "-9999"              },
        {{HG_CELL_NUMBER, 0, 1e300, NULL},                                                      "1e+300"             },
        {{HG_CELL_NUMBER, 0, -0.0, NULL},                                                       "0"                  },
        {{HG_CELL_TEXT, 34, 0,
          "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
          "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"},
         "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
         "\xc3\xa4\xc3\xa4\xc3\xa4..."                                                                               },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[32];
        hg__cell_write(&cases[i].cell, text, sizeof text);
        assert_string_equal(text, cases[i].text);
    }
}

static void write_precise(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row;
    if (column == 0) snprintf(text, 64, "%d", r * 7 % 50);
    if (column == 1) snprintf(text, 64, "%d.%02d", r * 7 % 50, r % 100);
    if (column == 2) snprintf(text, 64, "%d", 20000000 + r * 7919 % 100000);
    if (column == 3) snprintf(text, 64, "%de-%d", 1 + r % 9, 3 + r % 5);
    if (column == 4) snprintf(text, 64, "%d.%09d", r * 31 % 17, r * 7919);
}

static void expected_values_have_the_columns_own_precision(void **state) {
    (void)state;
    static const char *const wanted[] = {"7", "7.00", "20007919", "2e-04", "14.0000"};
    schema_case c;
    float x[64];
    hg__encoding_notes notes = {0};
    case_open(&c, "whole cents large small many", 0, 200, write_precise);
    hg__schema *s = case_infer(&c, &plain);
    assert_int_equal(case_encode(&c, s, 1, false, x, &notes, NULL), HG_OK);
    for (int32_t i = 0; i < 5; i++) {
        char text[64];
        const hg__column *k = &s->column[i];
        if (i < 2) x[k->first] += 1e-4F; // what a network makes of it
        hg__column_decode_own(k, x, text, sizeof text);
        if (i != 1 && i != 3) assert_string_equal(text, wanted[i]);
        if (i == 1) assert_true(strlen(strchr(text, '.')) == 3);
        if (i == 3) assert_true(strtod(text, NULL) > 1.9e-4 && strlen(text) < 12);
    }
    hg__column old = s->column[0];
    char text[64];
    old.decimals = -1; // of a model of version 0.1
    x[0] += 0.01F;
    hg__column_decode_own(&old, x, text, sizeof text);
    assert_non_null(strchr(text, '.'));
    hg__schema_free(s);
}

static void thousands_that_training_did_not_see_are_read_where_they_are_sure(void **state) {
    (void)state;
    schema_case c;
    float x[8];
    hg__encoding_notes notes = {0};
    case_open(&c, "cents", 0, 200, write_precise);
    c.order[0] = 1;
    hg__schema *s = case_infer(&c, &plain);
    const int32_t from = 0;
    const hg__cell sure = {HG_CELL_TEXT, 8, 0, "1,234.50"}, unsure = {HG_CELL_TEXT, 5, 0, "1,234"};
    double number;
    assert_int_equal(hg__schema_encode(s, &c.table, &from, &sure, false, x, &notes, NULL), HG_OK);
    assert_true(hg__column_number(s->column, x, &number) && fabs(number - 1234.5) < 0.01);
    assert_int_equal(hg__schema_encode(s, &c.table, &from, &unsure, false, x, &notes, NULL),
                     HG_ERR_DATA);
    s->column[0].decimals = -1; // a model of version 0.1 scores as it did
    assert_int_equal(hg__schema_encode(s, &c.table, &from, &sure, false, x, &notes, NULL),
                     HG_ERR_DATA);
    hg__schema_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_in_other_clothes_are_numbers),
        cmocka_unit_test(a_format_is_kept_and_read_when_scoring),
        cmocka_unit_test(one_cell_decides_what_a_comma_is),
        cmocka_unit_test(other_columns_decide_where_a_column_cannot),
        cmocka_unit_test(a_person_may_say_what_it_is),
        cmocka_unit_test(what_is_no_number_in_a_format_is_named),
        cmocka_unit_test(the_way_to_have_numbers_is_said),
        cmocka_unit_test(codes_addresses_and_serials_stay_texts),
        cmocka_unit_test(a_quarter_of_texts_makes_a_column_of_texts),
        cmocka_unit_test(codes_that_read_as_numbers_keep_their_texts),
        cmocka_unit_test(an_infinity_among_numbers_is_named),
        cmocka_unit_test(cells_are_shown_as_they_stand),
        cmocka_unit_test(expected_values_have_the_columns_own_precision),
        cmocka_unit_test(thousands_that_training_did_not_see_are_read_where_they_are_sure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
