// SPDX-License-Identifier: Apache-2.0
// test_table_arrow_refused.c - tables in memory that are none, or that hold what is no cell: each is refused with its sentence.
#include "arrow_case.h"

#include <cmocka.h>

static void types_that_are_no_cells_are_named(void **state) {
    (void)state;
    static const struct {
        const char *format, *says;
    } bad[] = {
        {"+l",        "got Arrow's format '+l' (nested: give what counts of it as columns)"},
        {"+s",        "got Arrow's format '+s' (a struct: give its fields as columns)"     },
        {"+r",        "got Arrow's format '+r' (run-end encoded: decode it)"               },
        {"z",         "got Arrow's format 'z' (bytes)"                                     },
        {"w:16",      "got Arrow's format 'w:16' (bytes)"                                  },
        {"tiM",       "got Arrow's format 'tiM' (a calendar's interval)"                   },
        {"tsx:",      "got Arrow's format 'tsx:'"                                          },
        {"tss",       "got Arrow's format 'tss'"                                           },
        {"tDmx",      "got Arrow's format 'tDmx'"                                          },
        {"d:10",      "got Arrow's format 'd:10'"                                          },
        {"d:10,2,65", "got Arrow's format 'd:10,2,65'"                                     },
        {"d:99,2",    "got Arrow's format 'd:99,2'"                                        },
        {"",          "got Arrow's format ''"                                              },
        {"x\x1b[1m",  "got Arrow's format 'x?[1m'"                                         },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char says[300];
        snprintf(says, sizeof says,
                 "! table: column 'x': expected numbers, texts, booleans or times, %s",
                 bad[i].says);
        const drawn all[] = {
            {"x", bad[i].format, {NULL, says}, 2, 1, 0, NULL}
        };
        EXPECT(all, 1, says);
    }
    const drawn none[] = {
        {"x", NULL, {NULL}, 2, 1, 0, NULL}
    };
    EXPECT(none, 1, "! table: column 'x': expected a format, got none");
}

static void dictionaries_of_dictionaries_or_by_floats_are_refused(void **state) {
    (void)state;
    const int8_t index[] = {0};
    const drawn inner = ALL("", "c", 1, index);
    const drawn middle = {
        "", "c", {NULL, index},
          2, 1, 0, &inner
    };
    const drawn twice[] = {
        {"x", "c", {NULL, index}, 2, 1, 0, &middle}
    };
    EXPECT(twice, 1,
           "! table: column 'x': expected a dictionary of values, not of another dictionary, got "
           "Arrow's format 'c'");
    const drawn floats[] = {
        {"x", "f", {NULL, index}, 2, 1, 0, &inner}
    };
    EXPECT(floats, 1,
           "! table: column 'x': expected whole numbers as a dictionary's indices, got Arrow's "
           "format 'f'");
}

static void buffers_that_do_not_fit_are_refused(void **state) {
    (void)state;
    const int32_t falls[] = {0, 3, 2}, below[] = {-1, 0, 2}, good[] = {0, 1, 2};
    const int64_t huge[] = {0, 1, INT64_MAX};
    const struct {
        drawn column;
        const char *says;
    } bad[] = {
        {{"x", "i", {NULL, good}, 3, 2, 0, NULL},          "expected the buffers of that format, got 3"},
        {{"x", "i", {NULL, good}, 2, 1, 0, NULL},
         "expected as many elements as there are rows, got 1"                                          },
        {{"x", "i", {NULL, good}, 2, 2, -1, NULL},         "expected an offset from 0, got -1"         },
        {{"x", "i", {NULL, good}, 2, INT64_MAX, 0, NULL},
         "expected as many elements as there are rows, got 9223372036854775807"                        },
        {{"x", "i", {NULL, NULL}, 2, 2, 0, NULL},          "expected a buffer of values, got 0"        },
        {{"x", "u", {NULL, falls, "abc"}, 3, 2, 0, NULL},
         "expected offsets that do not fall, got 2"                                                    },
        {{"x", "u", {NULL, below, "abc"}, 3, 2, 0, NULL},  "expected offsets from 0, got -1"           },
        {{"x", "u", {NULL, good, NULL}, 3, 2, 0, NULL},    "expected a buffer of texts, got 0"         },
        {{"x", "U", {NULL, huge, "abc"}, 3, 2, 0, NULL},
         "expected texts below 2 GB, got 9223372036854775806"                                          },
        {{"x", "u", {NULL, good, "a\xff"}, 3, 2, 0, NULL},
         "expected texts in UTF-8 alone; other bytes are in element, got 1"                            },
        {{"x", "u", {NULL, good, "\0b"}, 3, 2, 0, NULL},
         "expected texts without a zero byte; there is one in element, got 0"                          },
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char says[300];
        snprintf(says, sizeof says, "! table: column 'x' (Arrow's format '%s'): %s",
                 bad[i].column.format, bad[i].says);
        expect_columns(&bad[i].column, 1, 2, says);
    }
}

static void batches_and_streams_that_are_none_are_refused(void **state) {
    (void)state;
    const int8_t x[] = {1, 2};
    const uint8_t valid[] = {0x01};
    const drawn all[] = {ALL("x", "c", 2, x)};
    const drawn_batch good = {.column = all, .rows = 2}, null = {all, 2, 0, valid},
                      below = {all, -1, 0, NULL};
    drawn_table flat = {.batch = &good, .batches = 1, .columns = 1, .format = "i"};
    expect_drawn(&flat,
                 "! table: expected batches of 1 to 65536 columns, got 1 of Arrow's format 'i'");
    drawn_table empty = {.batch = &good, .batches = 1, .columns = 0};
    expect_drawn(&empty,
                 "! table: expected batches of 1 to 65536 columns, got 0 of Arrow's format '+s'");
    drawn_table nulls = {.batch = &null, .batches = 1, .columns = 1};
    expect_drawn(&nulls, "! table: expected rows, got one that is null as a whole");
    drawn_table negative = {.batch = &below, .batches = 1, .columns = 1};
    expect_drawn(&negative,
                 "! table: expected batches of 1 columns, got one of 1, of -1 rows from 0 on");
    drawn_table cut = {.batch = &good, .batches = 1, .columns = 1, .fail_at = 2};
    expect_drawn(&cut, "! table: rows cannot be had: the stream says: the wire was cut");
    struct ArrowArrayStream taken = {0};
    hg_error err = {0};
    assert_null(hg_table_new(&taken, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_null(hg_table_new(NULL, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_that_are_no_cells_are_named),
        cmocka_unit_test(dictionaries_of_dictionaries_or_by_floats_are_refused),
        cmocka_unit_test(buffers_that_do_not_fit_are_refused),
        cmocka_unit_test(batches_and_streams_that_are_none_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
