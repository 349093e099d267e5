// SPDX-License-Identifier: Apache-2.0
// test_table_arrow.c - tables in memory: what each type's cells are, slices, batches and dictionaries, who releases what;
// models of them, the same bits as of a CSV file.
#include <math.h>
#include <pthread.h>

#include "arrow_case.h"
#include "faults.h"
#include "model/model.h"
#include "own_folder.h"

#include <cmocka.h>

// ---- cells --------------------------------------------------------------------------------------

static void whole_numbers_of_every_width_are_numbers(void **state) {
    (void)state;
    const int8_t c[] = {-128, 127};
    const uint8_t big_c[] = {0, 255};
    const int16_t s[] = {-32768, 32767};
    const uint16_t big_s[] = {1, 65535};
    const int32_t i[] = {INT32_MIN, 5};
    const uint32_t big_i[] = {0, UINT32_MAX};
    const int64_t l[] = {-9007199254740993, 3};
    const uint64_t big_l[] = {UINT64_MAX, 0};
    const drawn all[] = {ALL("c", "c", 2, c),     ALL("C", "C", 2, big_c), ALL("s", "s", 2, s),
                         ALL("S", "S", 2, big_s), ALL("i", "i", 2, i),     ALL("I", "I", 2, big_i),
                         ALL("l", "l", 2, l),     ALL("L", "L", 2, big_l)};
    EXPECT(all, 2,
           "# c|C|s|S|i|I|l|L\n"
           "-128|0|-32768|1|-2147483648|0|-9007199254740992|1.8446744073709552e+19\n"
           "127|255|32767|65535|5|4294967295|3|0\n");
}

static void floats_are_the_numbers_their_shortest_digits_say(void **state) {
    (void)state;
    const uint16_t e[] = {0x2e66, 0x7e00, 0xfc00, 0x0001, 0x8000};
    const float f[] = {0.1F, NAN, INFINITY, 16777216.0F, -1.17549435e-38F};
    const double g[] = {0.1, (double)NAN, -(double)INFINITY, 1e300, 5e-324};
    const drawn all[] = {ALL("e", "e", 5, e), ALL("f", "f", 5, f), ALL("g", "g", 5, g)};
    EXPECT(all, 5,
           "# e|f|g\n0.1|0.1|0.1\n?|?|?\n'-inf'|'inf'|'-inf'\n"
           "6e-08|16777216|1e+300\n-0|-1.1754944e-38|4.94065645841247e-324\n");
}

static void booleans_texts_and_nothing(void **state) {
    (void)state;
    const uint8_t bits[] = {0x05}, valid[] = {0x0b};
    const int32_t offsets[] = {0, 3, 6, 9, 16};
    const int64_t large[] = {2, 2, 5, 7, 8};
    const drawn all[] = {
        {"b", "b", {valid, bits},                          2, 4, 0, NULL},
        {"u", "u", {NULL, offsets, "tcp12 NA  a\"b\" x "}, 3, 4, 0, NULL},
        {"U", "U", {NULL, large, "  1e5\xc3\xa4x"},        3, 4, 0, NULL},
        {"n", "n", {NULL},                                 0, 4, 0, NULL}
    };
    EXPECT(all, 4,
           "# b|u|U|n\n'True'|'tcp'|?|?\n'False'|12|100000|?\n?|?|'\xc3\xa4'|?\n'False'|'a\"b\" "
           "x'|'x'|?\n");
}

static void views_lie_in_the_row_or_in_buffers(void **state) {
    (void)state;
    struct {
        int32_t size;
        char text[4];
        int32_t buffer, at;
    } view[3] = {{0}};
    const int64_t sizes[] = {4, 20};
    view[0].size = 12, memcpy(view[0].text, "twel", 4);
    view[0].buffer = 0x62206576, view[0].at = 0x73657479; // "ve bytes"
    view[1].size = 13, view[1].buffer = 1, view[1].at = 2;
    const drawn all[] = {
        {"v", "vu", {NULL, view, "none", "a longer text of it.", sizes}, 5, 3, 0, NULL}
    };
    EXPECT(all, 3, "# v\n'twelve bytes'\n'longer text o'\n?\n");
    view[1].at = 8;
    EXPECT(all, 3,
           "! table: column 'v' (Arrow's format 'vu'): expected views that end within their "
           "buffer, got 21");
    view[1].buffer = 2;
    EXPECT(all, 3,
           "! table: column 'v' (Arrow's format 'vu'): expected views into buffers that are there, "
           "got 2");
    view[1].size = -1;
    EXPECT(all, 3,
           "! table: column 'v' (Arrow's format 'vu'): expected texts of at least 0 bytes, got -1");
}

static void times_are_iso_texts(void **state) {
    (void)state;
    const int32_t days[] = {19874, -1}, clock[] = {52200, 1};
    const int64_t ms[] = {1717113600000, -86400000}, ns[] = {52200000000001, 1000},
                  s[] = {1717165800, 0}, us[] = {1717165800500000, -1},
                  midnight[] = {1717113600000000000, -86400000000000}, length[] = {1500, -1};
    const drawn all[] = {ALL("tdD", "tdD", 2, days),      ALL("tdm", "tdm", 2, ms),
                         ALL("tts", "tts", 2, clock),     ALL("ttn", "ttn", 2, ns),
                         ALL("tss", "tss:", 2, s),        ALL("tsu", "tsu:Europe/Berlin", 2, us),
                         ALL("tsn", "tsn:", 2, midnight), ALL("tDm", "tDm", 2, length)};
    EXPECT(all, 2,
           "# tdD|tdm|tts|ttn|tss|tsu|tsn|tDm\n"
           "'2024-05-31'|'2024-05-31'|'14:30:00'|'14:30:00.000000001'|'2024-05-31 14:30:00'|"
           "'2024-05-31 14:30:00.500000+00:00'|'2024-05-31'|1.5\n"
           "'1969-12-31'|'1969-12-31'|'00:00:01'|'00:00:00.000001'|'1970-01-01 00:00:00'|"
           "'1969-12-31 23:59:59.999999+00:00'|'1969-12-31'|-0.001\n");
}

static void decimals_are_numbers(void **state) {
    (void)state;
    const uint64_t d[][2] = {
        {12345,        0         },
        {(uint64_t)-5, UINT64_MAX},
        {0,            1         }
    };
    const int32_t narrow[] = {-1200, 0, 7};
    const drawn all[] = {ALL("d", "d:20,2", 3, d), ALL("n", "d:9,-2,32", 3, narrow)};
    EXPECT(all, 3, "# d|n\n123.45|-120000\n-0.05|0\n1.8446744073709552e+17|700\n");
}

static void dictionaries_give_their_values(void **state) {
    (void)state;
    const int32_t offsets[] = {0, 3, 6, 8};
    const uint8_t valid[] = {0x05}, rows[] = {0x17};
    const int8_t index[] = {2, 0, 1, 99, 0};
    const uint32_t wide[] = {0, 1, 1, 0, 1};
    const double number[] = {9, 1.5, 2.5};
    const drawn texts = {
        "", "u", {valid, offsets, "tcpudp17"},
          3, 3, 0, NULL
    };
    const drawn numbers = {
        "", "g", {NULL, number},
          2, 2, 1, NULL
    };
    const drawn all[] = {
        {"texts",   "c", {rows, index}, 2, 5, 0, &texts  },
        {"numbers", "I", {NULL, wide},  2, 5, 0, &numbers}
    };
    EXPECT(all, 5, "# texts|numbers\n17|1.5\n'tcp'|2.5\n?|2.5\n?|1.5\n'tcp'|2.5\n");
    const uint8_t all_valid[] = {0x1f};
    const drawn bad[] = {
        {"texts", "c", {all_valid, index}, 2, 5, 0, &texts}
    };
    EXPECT(bad, 5,
           "! table: column 'texts' (Arrow's format 'c'): expected indices within the dictionary, "
           "got 99");
}

static void batches_and_slices_are_one_table(void **state) {
    (void)state;
    const int32_t x[] = {1, 2, 3, 4, 5, 6};
    const int32_t offsets[] = {0, 1, 2, 3, 4, 5, 6};
    const uint8_t valid[] = {0x2f};
    const drawn first[] = {
        {"x",   "i", {valid, x},                2, 4, 2, NULL},
        {" t ", "u", {NULL, offsets, "abcdef"}, 3, 5, 0, NULL}
    };
    const drawn second[] = {
        {"x",   "i", {NULL, x},                 2, 1, 0, NULL},
        {" t ", "u", {NULL, offsets, "xyz456"}, 3, 1, 3, NULL}
    };
    const drawn_batch batch[] = {
        {first,  3, 1, NULL},
        {second, 0, 0, NULL},
        {second, 1, 0, NULL}
    };
    drawn_table t = {.batch = batch, .batches = 3, .columns = 2};
    expect_drawn(&t, "# x|t\n4|'b'\n?|'c'\n6|'d'\n1|4\n");
}

static void names_are_told_apart_and_a_table_may_be_empty(void **state) {
    (void)state;
    const int8_t x[] = {1};
    const drawn all[] = {ALL("x", "c", 1, x), ALL("x", "c", 1, x), ALL(NULL, "c", 1, x)};
    EXPECT(all, 1, "# x|x.2|column 3\n1|1|1\n");
    EXPECT(all, 0, "# x|x.2|column 3\n");
    const drawn_batch batch = {.column = all, .rows = 1};
    drawn_table t = {.batch = &batch, .batches = 1, .columns = 3};
    hg_error err = {0};
    hg_table *made = take_drawn(&t, &err);
    assert_int_equal(hg_table_columns(made), 3);
    assert_string_equal(hg_table_column_at(made, 1), "x.2");
    assert_null(hg_table_column_at(made, 3));
    assert_null(hg_table_column_at(made, -1));
    hg_table_free(made);
    hg_table_free(NULL);
}

// Every float between two of these as its shortest digits, read back.
static void a_single_reads_back_as_itself_in_the_fewest_digits(void **state) {
    (void)state;
    uint32_t bits = 0x00800000;
    for (int i = 0; i < 200000; i++, bits += 10007) {
        float x;
        char text[32] = "";
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x)) break;
        for (int digits = 1; digits <= 9; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, (double)x);
            if (strtof(text, NULL) == x) break;
        }
        const double want = strtod(text, NULL), got = hg__arrow_single(x);
        if (got != want) fail_msg("%s is %.17g", text, got);
    }
}

// ---- models -------------------------------------------------------------------------------------

enum { ROWS = 700, COLUMNS = 7, TEXT = 40 };

// Readings as columns, and the texts that a file has of them. Every 7th size is null, kinds are a dictionary.
static struct {
    int64_t count[ROWS], when[ROWS];
    double size[ROWS];
    float weight[ROWS];
    uint8_t on[ROWS / 8 + 1], valid[ROWS / 8 + 1];
    int8_t kind[ROWS];
    int32_t offset[ROWS + 1];
    char site[8 * ROWS];
    char text[ROWS][COLUMNS][TEXT];
} data;

static const char *const names[COLUMNS] = {"count", "size", "weight", "on", "kind", "site", "when"};
static const int32_t kind_offset[] = {0, 3, 6, 10};
static const drawn kinds = {
    "", "u", {NULL, kind_offset, "boxbagcrate"},
      3, 3, 0, NULL
};

static void draw_row(int i) {
    static const char *const kind[] = {"box", "bag", "crat"}, *const site[] = {"north", "south",
                                                                               "4"};
    char(*text)[TEXT] = data.text[i];
    const int s = i % 5 ? i % 2 : 2;
    data.count[i] = i % 13 + 20 * (i % 2);
    data.size[i] = 10 + 0.25 * (i % 17) + (double)(i * 7919 % 1000) / 7000;
    data.weight[i] = (float)(i % 29) / 10 + 3;
    data.kind[i] = (int8_t)(i * i % 7 % 3);
    data.when[i] = 1700000000000000 + 3607000000LL * i;
    if (i % 3) data.on[i / 8] |= (uint8_t)(1U << i % 8);
    if (i % 7) data.valid[i / 8] |= (uint8_t)(1U << i % 8);
    const size_t at = (size_t)data.offset[i], length = strlen(site[s]);
    memcpy(data.site + at, site[s], length);
    data.offset[i + 1] = (int32_t)(at + length);
    snprintf(text[0], TEXT, "%lld", (long long)data.count[i]);
    if (i % 7) snprintf(text[1], TEXT, "%.17g", data.size[i]);
    snprintf(text[2], TEXT, "%.9g", hg__arrow_single(data.weight[i]));
    snprintf(text[3], TEXT, "%s", i % 3 ? "True" : "False");
    snprintf(text[4], TEXT, "%s", kind[data.kind[i]]);
    snprintf(text[5], TEXT, "%s", site[s]);
    const time_t second = (time_t)(data.when[i] / 1000000);
    struct tm day;
    (void)gmtime_r(&second, &day);
    strftime(text[6], TEXT, "%Y-%m-%d %H:%M:%S", &day);
}

// In two batches, the second of which begins within its buffers.
static void draw_readings(drawn_table *t, drawn column[2][COLUMNS], drawn_batch batch[2],
                          bool turned) {
    enum { FIRST = 256 };
    for (int b = 0; b < 2; b++) {
        const int64_t at = b ? FIRST : 0, rows = b ? ROWS - FIRST : FIRST;
        const drawn own[COLUMNS] = {
            {names[0], "l",    {NULL, data.count},             2, rows, at, NULL  },
            {names[1], "g",    {data.valid, data.size},        2, rows, at, NULL  },
            {names[2], "f",    {NULL, data.weight},            2, rows, at, NULL  },
            {names[3], "b",    {NULL, data.on},                2, rows, at, NULL  },
            {names[4], "c",    {NULL, data.kind},              2, rows, at, &kinds},
            {names[5], "u",    {NULL, data.offset, data.site}, 3, rows, at, NULL  },
            {names[6], "tsu:", {NULL, data.when},              2, rows, at, NULL  },
        };
        for (int i = 0; i < COLUMNS; i++) column[b][turned ? COLUMNS - 1 - i : i] = own[i];
        batch[b] = (drawn_batch){.column = column[b], .rows = rows};
    }
    *t = (drawn_table){.batch = batch, .batches = 2, .columns = COLUMNS};
}

typedef struct readings {
    drawn_table drawn;
    drawn column[2][COLUMNS];
    drawn_batch batch[2];
    hg_table *table;
} readings;

static readings *open_readings(bool turned) {
    readings *r = calloc(1, sizeof *r);
    assert_non_null(r);
    draw_readings(&r->drawn, r->column, r->batch, turned);
    hg_error err = {0};
    r->table = take_drawn(&r->drawn, &err);
    if (!r->table) fail_msg("%s", err.message);
    return r;
}

static void close_readings(readings *r) {
    hg_table_free(r->table);
    assert_int_equal(r->drawn.alive, 0);
    free(r);
}

static int make_files(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    FILE *f = fopen(at("x.csv"), "w");
    assert_non_null(f);
    for (int i = 0; i < COLUMNS; i++) fprintf(f, "%s%s", i ? "," : "", names[i]);
    for (int i = 0; i < ROWS; i++) {
        draw_row(i);
        for (int k = 0; k < COLUMNS; k++) fprintf(f, "%s%s", k ? "," : "\n", data.text[i][k]);
    }
    fputs("\n", f);
    return fclose(f);
}

static hg_options *new_options(const char *more) {
    char text[256], *rest = text;
    hg_error err = {0};
    hg_options *o = hg_options_new("train", &err);
    snprintf(text, sizeof text, "steps=60 threads=2 %s", more);
    for (char *word; (word = strsep(&rest, " "));) {
        char *value = strchr(word, '=');
        if (!value) continue;
        *value++ = '\0';
        if (hg_options_set(o, word, value, &err) < 0) fail_msg("%s", err.message);
    }
    return o;
}

static hg_model *train_on_file(const char *more) {
    hg_error err = {0};
    hg_options *o = new_options(more);
    hg_options_set(o, "data", at("x.csv"), &err);
    hg_options_set(o, "project", folder, &err);
    hg_options_set(o, "name", "run", &err);
    hg_options_set(o, "exist_ok", "true", &err);
    if (hg_run(o, NULL, NULL, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    hg_model *m = hg_model_load(at("run/weights/best.safetensors"), &err);
    assert_non_null(m);
    return m;
}

static hg_model *train_on_table(const char *more, const hg_table *t, hg_result *r) {
    hg_error err = {0};
    hg_options *o = new_options(more);
    hg_model *m = hg_fit_table(o, t, NULL, r, &err);
    if (!m) fail_msg("%s", err.message);
    hg_options_free(o);
    return m;
}

static void expect_same_verdict(const hg_verdict *a, const hg_verdict *b) {
    assert_memory_equal(&a->score, &b->score, sizeof a->score);
    assert_memory_equal(&a->p_value, &b->p_value, sizeof a->p_value);
    assert_memory_equal(&a->threshold, &b->threshold, sizeof a->threshold);
    assert_string_equal(a->reason, b->reason);
    assert_string_equal(a->expected, b->expected);
    assert_int_equal(a->alarm, b->alarm);
    assert_int_equal(a->missing, b->missing);
    assert_int_equal(a->unseen, b->unseen);
}

// Those of a's rows as texts and of b's as a table.
static void expect_same_scores(const hg_model *a, const hg_model *b, const hg_table *t) {
    static hg_verdict v[ROWS];
    hg_error err = {0};
    hg_detector *text = hg_detector_new(a, names, COLUMNS, 0, 1, &err);
    hg_detector *table = hg_detector_new(b, names, COLUMNS, 0, 2, &err);
    if (!text || !table) fail_msg("%s", err.message);
    v[0].size = sizeof *v;
    assert_int_equal(hg_detect_table(table, t, 0, ROWS, v, &err), HG_OK);
    for (int i = 0; i < ROWS; i++) {
        const char *cell[COLUMNS];
        hg_verdict one = {.size = sizeof one};
        for (int k = 0; k < COLUMNS; k++) cell[k] = data.text[i][k];
        assert_int_equal(hg_detect_text(text, cell, &one, &err), HG_OK);
        expect_same_verdict(&v[i], &one);
    }
    hg_detector_free(text);
    hg_detector_free(table);
}

static void a_table_and_a_file_of_it_give_the_same_model(void **state) {
    (void)state;
    static const char *const settings[] = {"", "groupby=site fpr=0.05",
                                           "ignore=when label=on normal=True val=0.3",
                                           "contamination=0.05 seed=3"};
    readings *r = open_readings(false);
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
        hg_result result = {.size = sizeof result};
        hg_model *file = train_on_file(settings[i]);
        hg_model *table = train_on_table(settings[i], r->table, &result);
        assert_int_equal(file->net.spec.params, table->net.spec.params);
        assert_memory_equal(file->net.params, table->net.params,
                            file->net.spec.params * sizeof *file->net.params);
        assert_string_equal(result.exit_reason, "done");
        assert_true(result.rows > 300);
        expect_same_scores(file, table, r->table);
        hg_model_free(file);
        hg_model_free(table);
    }
    close_readings(r);
}

static hg_model *model; // of the readings

static void columns_are_found_by_name_and_named_where_missing(void **state) {
    (void)state;
    static hg_verdict v[2][ROWS];
    hg_error err = {0};
    readings *r = open_readings(false), *turned = open_readings(true);
    if (!model) model = train_on_table("", r->table, NULL);
    hg_detector *d = hg_detector_new(model, names, COLUMNS, 0, 1, &err);
    v[0][0].size = v[1][0].size = sizeof **v;
    assert_int_equal(hg_detect_table(d, r->table, 0, ROWS, v[0], &err), HG_OK);
    assert_int_equal(hg_detect_table(d, turned->table, 0, ROWS, v[1], &err), HG_OK);
    for (int i = 0; i < ROWS; i++) expect_same_verdict(&v[0][i], &v[1][i]);
    const drawn_batch few = {.column = r->column[0], .rows = 10};
    drawn_table short_table = {.batch = &few, .batches = 1, .columns = 3};
    hg_table *made = take_drawn(&short_table, &err);
    assert_int_equal(hg_detect_table(d, made, 0, 10, v[1], &err), HG_ERR_DATA);
    assert_string_equal(err.message, "table: expected a column 'on' as in training, got none");
    hg_detector *unnamed = hg_detector_new(model, NULL, 0, 0, 1, &err);
    assert_int_equal(hg_detect_table(unnamed, made, 0, 10, v[1], &err), HG_ERR_DATA);
    assert_string_equal(err.message, "table: expected 7 columns, as the detector has, got 3");
    assert_int_equal(hg_detect_table(unnamed, r->table, 0, ROWS, v[1], &err), HG_OK);
    for (int i = 0; i < ROWS; i++) expect_same_verdict(&v[0][i], &v[1][i]);
    assert_int_equal(hg_detect_table(unnamed, r->table, 500, 100, v[1], &err), HG_OK);
    for (int i = 0; i < 100; i++) expect_same_verdict(&v[0][500 + i], &v[1][i]);
    assert_int_equal(hg_detect_table(unnamed, r->table, 1, ROWS, v[1], &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "table: expected some of its 700 rows, got 700 from 1 on");
    hg_table_free(made);
    hg_detector_free(unnamed);
    hg_detector_free(d);
    close_readings(turned);
    close_readings(r);
}

static void shares_say_how_much_of_a_score_each_column_has(void **state) {
    (void)state;
    static hg_verdict v[ROWS];
    static float share[ROWS][COLUMNS];
    hg_error err = {0};
    readings *r = open_readings(false);
    hg_detector *d = hg_detector_new(model, names, COLUMNS, 0, 2, &err);
    v[0].size = sizeof *v;
    const int columns = hg_detector_columns(d);
    assert_int_equal(columns, COLUMNS);
    assert_int_equal(hg_explain_table(d, r->table, 0, ROWS, v, share[0], &err), HG_OK);
    for (int i = 0; i < ROWS; i++) {
        const float *own = share[0] + (ptrdiff_t)i * columns;
        double sum = 0, most = 0;
        int best = 0;
        for (int k = 0; k < columns; k++) {
            sum += (double)own[k];
            if ((double)own[k] > most) most = (double)own[best = k];
        }
        assert_true(fabs(sum - 1) < 1e-5);
        assert_true((float)v[i].reason_share == own[best]);
        assert_string_equal(v[i].reason, hg_model_column_at(model, best));
    }
    assert_int_equal(hg_explain_table(d, r->table, 0, ROWS, NULL, share[0], &err), HG_OK);
    double x[2][COLUMNS] = {{0}};
    float of_numbers[2][COLUMNS];
    assert_int_equal(hg_explain(d, x[0], 2, v, of_numbers[0], &err), HG_OK);
    assert_true(of_numbers[0][0] == of_numbers[1][0]);
    hg_detector_free(d);
    close_readings(r);
}

static void rows_are_encoded_as_the_network_sees_them(void **state) {
    (void)state;
    hg_error err = {0};
    readings *r = open_readings(false);
    const size_t width = (size_t)hg_model_width(model);
    float *x[2];
    for (int k = 0; k < 2; k++) {
        x[k] = calloc(ROWS * width, sizeof **x);
        hg_detector *d = hg_detector_new(model, names, COLUMNS, 0, k ? 4 : 1, &err);
        assert_int_equal(hg_encode_table(d, r->table, 0, ROWS, x[k], &err), HG_OK);
        hg_detector_free(d);
    }
    assert_memory_equal(x[0], x[1], ROWS * width * sizeof **x);
    double sum = 0;
    for (size_t i = 0; i < ROWS * width; i++) sum += fabs((double)x[0][i]);
    assert_true(sum > ROWS);
    free(x[0]);
    free(x[1]);
    const int64_t shape = 3;
    hg_model *plain = hg_model_new("dense 2 | dense input", &shape, 1, 0, 1, &err);
    hg_detector *d = hg_detector_new(plain, NULL, 0, 0, 1, &err);
    assert_int_equal(hg_encode_table(d, r->table, 0, ROWS, NULL, &err), HG_ERR_MODEL);
    hg_detector_free(d);
    hg_model_free(plain);
    close_readings(r);
}

static void encoded_rows_are_decoded_to_what_they_were(void **state) {
    (void)state;
    hg_error err = {0};
    readings *r = open_readings(false);
    const size_t width = (size_t)hg_model_width(model);
    float *x = calloc(ROWS * width, sizeof *x);
    hg_detector *d = hg_detector_new(model, names, COLUMNS, 0, 1, &err);
    assert_int_equal(hg_encode_table(d, r->table, 0, ROWS, x, &err), HG_OK);
    struct ArrowArrayStream stream;
    assert_int_equal(hg_decode_table(model, x, ROWS, &stream, &err), HG_OK);
    free(x);
    hg_table *made = hg_table_new(&stream, &err);
    assert_non_null(made);
    assert_int_equal(hg_table_rows(made), ROWS);
    hg__table *own = hg__table_of_arrow(r->table, &err), *back = hg__table_of_arrow(made, &err);
    hg__cell cell[2][COLUMNS];
    for (int i = 0; i < ROWS; i++) {
        assert_int_equal(hg__table_next(own, cell[0], &err), 1);
        assert_int_equal(hg__table_next(back, cell[1], &err), 1);
        for (int k = 0; k < COLUMNS - 1; k++) { // of a time only the clock comes back
            assert_int_equal(cell[0][k].kind, cell[1][k].kind);
            if (cell[0][k].kind != HG_CELL_NUMBER) continue;
            assert_true(fabs(cell[0][k].number - cell[1][k].number) < 1e-4);
        }
        assert_int_equal(cell[0][4].size, cell[1][4].size);
        assert_memory_equal(cell[0][4].text, cell[1][4].text, (size_t)cell[0][4].size);
    }
    hg__table_close(own);
    hg__table_close(back);
    hg_table_free(made);
    hg_detector_free(d);
    close_readings(r);
}

static void what_names_files_is_refused_beside_a_table(void **state) {
    (void)state;
    static const char *const bad[][2] = {
        {"data=x.csv",   "data: expected none of it beside a table in memory"         },
        {"query=x",      "query: expected none of it beside a table in memory"        },
        {"prepare=none", "prepare: expected table for a table in memory, got none; hg_fit() takes "
                         "numbers as they are"                },
        {"val=x.csv",    "val: expected a fraction for a table in memory, got 'x.csv'"},
        {"label=colour", "label: expected one of its columns"                         },
    };
    readings *r = open_readings(false);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        hg_error err = {0};
        hg_options *o = new_options(bad[i][0]);
        assert_null(hg_fit_table(o, r->table, NULL, NULL, &err));
        if (i < 4) assert_string_equal(err.message, bad[i][1]);
        assert_true(err.code == HG_ERR_USAGE || i == 4);
        hg_options_free(o);
    }
    hg_error err = {0};
    hg_options *o = hg_options_new("predict", &err);
    assert_null(hg_fit_table(o, r->table, NULL, NULL, &err));
    assert_string_equal(err.message, "hg_fit_table: expected options of train, got predict");
    hg_options_free(o);
    close_readings(r);
}

// ---- several at once ----------------------------------------------------------------------------

typedef struct reader_thread {
    pthread_t thread;
    const hg_table *table;
    double score[ROWS];
    bool worked;
} reader_thread;

static void *detect_all(void *context) {
    reader_thread *r = context;
    hg_verdict *v = calloc(ROWS, sizeof *v);
    hg_detector *d = v ? hg_detector_new(model, names, COLUMNS, 0, 2, NULL) : NULL;
    if (d) {
        v[0].size = sizeof *v;
        r->worked = hg_detect_table(d, r->table, 0, ROWS, v, NULL) == HG_OK;
        for (int i = 0; i < ROWS; i++) r->score[i] = v[i].score;
    }
    hg_detector_free(d);
    free(v);
    return NULL;
}

static void several_read_one_table_at_once(void **state) {
    (void)state;
    static reader_thread t[4];
    readings *r = open_readings(false);
    for (int k = 0; k < 4; k++) {
        t[k].table = r->table;
        assert_int_equal(pthread_create(&t[k].thread, NULL, detect_all, &t[k]), 0);
    }
    for (int k = 0; k < 4; k++) {
        pthread_join(t[k].thread, NULL);
        assert_true(t[k].worked);
        assert_memory_equal(t[k].score, t[0].score, sizeof t[0].score);
    }
    close_readings(r);
}

// ---- faults: the scenario runs in a child -------------------------------------------------------

static int read_drawn(void) {
    const int32_t x[] = {1, 2};
    const drawn all[] = {ALL("x", "i", 2, x), ALL("x", "i", 2, x)};
    const drawn_batch batch = {.column = all, .rows = 2};
    drawn_table t = {.batch = &batch, .batches = 1, .columns = 2};
    struct ArrowArrayStream stream = draw_stream(&t);
    hg_error err = {0};
    hg_table *made = hg_table_new(&stream, &err);
    hg__table *reader = made ? hg__table_of_arrow(made, &err) : NULL;
    const bool worked = reader != NULL;
    hg__table_close(reader);
    hg_table_free(made);
    if (t.alive) return CHILD_FAILED_BADLY;
    if (worked) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

// The model at `path` judges readings and gives them back.
static int judge_drawn(const char *path) {
    static hg_verdict v[ROWS];
    hg_error err = {0};
    for (int i = 0; i < ROWS; i++) draw_row(i);
    drawn_table table;
    drawn column[2][COLUMNS];
    drawn_batch batch[2];
    draw_readings(&table, column, batch, false);
    hg_model *m = hg_model_load(path, &err);
    hg_table *t = m ? take_drawn(&table, &err) : NULL;
    hg_detector *d = t ? hg_detector_new(m, names, COLUMNS, 0, 1, &err) : NULL;
    float *x = m ? calloc(ROWS * (size_t)hg_model_width(m), sizeof *x) : NULL;
    struct ArrowArrayStream stream = {0};
    v[0].size = sizeof *v;
    const bool worked = d && x && hg_detect_table(d, t, 0, ROWS, v, &err) == HG_OK &&
                        hg_encode_table(d, t, 0, ROWS, x, &err) == HG_OK &&
                        hg_decode_table(m, x, ROWS, &stream, &err) == HG_OK;
    if (stream.release) stream.release(&stream);
    free(x);
    hg_detector_free(d);
    hg_table_free(t);
    hg_model_free(m);
    if (worked) return CHILD_WORKED;
    return err.code == HG_ERR_MEMORY && err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void every_failing_allocation_is_an_error(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg_model_save(model, at("m.safetensors"), &err), HG_OK);
    hg_model_free(model);
    assert_true(count_faults(at("m.safetensors"), "HG_FAIL_ALLOC", "") > 60);
    assert_true(count_faults("read", "HG_FAIL_ALLOC", "") > 8);
    assert_true(count_faults("read", "HG_FAIL_ALLOC", "+") > 8);
}

int main(int argc, char **argv) {
    if (argc == 3) return *argv[2] == '/' ? judge_drawn(argv[2]) : read_drawn();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_numbers_of_every_width_are_numbers),
        cmocka_unit_test(floats_are_the_numbers_their_shortest_digits_say),
        cmocka_unit_test(booleans_texts_and_nothing),
        cmocka_unit_test(views_lie_in_the_row_or_in_buffers),
        cmocka_unit_test(times_are_iso_texts),
        cmocka_unit_test(decimals_are_numbers),
        cmocka_unit_test(dictionaries_give_their_values),
        cmocka_unit_test(batches_and_slices_are_one_table),
        cmocka_unit_test(names_are_told_apart_and_a_table_may_be_empty),
        cmocka_unit_test(a_single_reads_back_as_itself_in_the_fewest_digits),
        cmocka_unit_test(a_table_and_a_file_of_it_give_the_same_model),
        cmocka_unit_test(columns_are_found_by_name_and_named_where_missing),
        cmocka_unit_test(shares_say_how_much_of_a_score_each_column_has),
        cmocka_unit_test(rows_are_encoded_as_the_network_sees_them),
        cmocka_unit_test(encoded_rows_are_decoded_to_what_they_were),
        cmocka_unit_test(what_names_files_is_refused_beside_a_table),
        cmocka_unit_test(several_read_one_table_at_once),
        cmocka_unit_test(every_failing_allocation_is_an_error),
    };
    return cmocka_run_group_tests(tests, make_files, remove_folder);
}
