// SPDX-License-Identifier: Apache-2.0
// fuzz_schema.c - any bytes as a schema: one that survives writing and encodes any cells to finite floats, or one sentence.
#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "schema/schema.h"

// NOLINTNEXTLINE(readability-identifier-naming)
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST_COLUMNS = 64, MOST_FLOATS = 4096 };

static void check_writing(const hg__schema *s) {
    hg__json *json = hg__schema_to_json(s, NULL);
    if (!json) abort();
    char *text = hg__json_text(json, NULL);
    hg__schema *back = hg__schema_from_json(json, "again", NULL);
    hg__json *second = back ? hg__schema_to_json(back, NULL) : NULL;
    char *again = second ? hg__json_text(second, NULL) : NULL;
    if (!text || !again || strcmp(text, again) != 0) abort();
    hg__free(text);
    hg__free(again);
    hg__json_free(json);
    hg__json_free(second);
    hg__schema_free(back);
}

// Every column given the same cell, and the row said in words.
static void check_encoding(const hg__schema *s, const hg__cell *one) {
    static int32_t from[MOST_COLUMNS];
    static float x[MOST_FLOATS];
    char text[64];
    hg__encoding_notes notes = {0};
    const hg__table table = {.path = "fuzz"};
    for (int32_t i = 0; i < s->columns; i++) from[i] = 0;
    if (hg__schema_encode(s, &table, from, one, true, x, &notes, NULL) < 0) abort();
    for (int32_t i = 0; i < s->width; i++) {
        if (!isfinite(x[i]) || fabsf(x[i]) > (float)HG_SCALED_LIMIT) abort();
    }
    for (int32_t i = 0; i < s->columns; i++) {
        hg__column_decode(&s->column[i], x, text, sizeof text);
        hg__column_decode_own(&s->column[i], x, text, sizeof text);
        hg__column_describe(&s->column[i], text, sizeof text);
    }
}

static void check(const hg__schema *s) {
    static const hg__cell cells[] = {
        {HG_CELL_MISSING, 0,  0,          NULL                          },
        {HG_CELL_NUMBER,  0,  0,          NULL                          },
        {HG_CELL_NUMBER,  0,  1,          NULL                          },
        {HG_CELL_NUMBER,  0,  -1.7e308,   NULL                          },
        {HG_CELL_NUMBER,  0,  1e-320,     NULL                          },
        {HG_CELL_NUMBER,  2,  80,         "80"                          },
        {HG_CELL_TEXT,    0,  0,          ""                            },
        {HG_CELL_TEXT,    1,  0,          "x"                           },
        {HG_CELL_TEXT,    13, 0,          "-$ 1,234.50kg"               },
        {HG_CELL_TEXT,    8,  0,          "1.234,5%"                    },
        {HG_CELL_TEXT,    5,  0,          "1e999"                       },
        {HG_CELL_TEXT,    10, 0,          "2024-02-29"                  },
        {HG_CELL_TEXT,    16, 0,          "9999-12-31 23:59"            },
        {HG_CELL_TEXT,    16, 0,          "0000-01-01 00:00"            },
        {HG_CELL_TEXT,    10, 0,          "31/12/9999"                  },
        {HG_CELL_TEXT,    8,  0,          "12:00 AM"                    },
        {HG_CELL_TEXT,    28, 0,          "Wed Jan 31 14:30:00 CET 2024"},
        {HG_CELL_NUMBER,  8,  20240131,   "20240131"                    },
        {HG_CELL_NUMBER,  0,  1706711400, NULL                          }
    };
    check_writing(s);
    if (s->columns > MOST_COLUMNS || s->width > MOST_FLOATS) return;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) check_encoding(s, &cells[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    hg_error err = {0};
    hg__json *json = hg__json_read((const char *)data, size, "fuzz", NULL);
    if (!json) return 0;
    hg__schema *s = hg__schema_from_json(json, "fuzz", &err);
    hg__json_free(json);
    if (!s && (err.code != HG_ERR_MODEL || !err.message[0])) abort();
    if (s) check(s);
    hg__schema_free(s);
    return 0;
}
