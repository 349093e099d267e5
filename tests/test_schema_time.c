// SPDX-License-Identifier: Apache-2.0
// test_schema_time.c - dates and times in all the ways they are written, and columns that only move forward.
#include <math.h>
#include <time.h>

#include "base/real.h"
#include "schema_case.h"

enum { DAY = 86400, ROWS = 600, NEXT = 200 };

// ---- a text -------------------------------------------------------------------------------------

// The names of the formats it reads by, each with a blank behind.
static void read_formats(const char *text, hg__time_reading *r, char formats[200]) {
    size_t n = 0;
    hg__time_read_text(text, strlen(text), r);
    formats[0] = '\0';
    for (int f = 0; f < HG_TIME_FORMATS; f++) {
        if (!(r->formats & 1U << f)) continue;
        n += (size_t)snprintf(formats + n, 200 - n, "%s ", hg__time_types[f].name);
    }
}

#define JAN_31        1706659200.0 // 2024
#define HALF_PAST_TWO (JAN_31 + 52200)

// clang-format off
static const struct {
    const char *text, *formats;
    double seconds; // of the first
} spelt[] = {
    {"2024-01-31T14:30:00Z",                                               "iso ",         HALF_PAST_TWO        },
    {"2024/1/31 14:30",                                                    "ymd ",         HALF_PAST_TWO        },
    {"2024.01.31",                                                         "ymd ", JAN_31},
    {"20240131T143000",                                                    "ymd ",         HALF_PAST_TWO        },
    {"20240131143000",                                                     "ymd ",         HALF_PAST_TWO        },
    {"20240131-14:30:00.250",                                              "ymd ",         HALF_PAST_TWO + 0.25 },
    {"2024-01-31 14:30:00 UTC",                                            "ymd ",         HALF_PAST_TWO        },
    {"2024-01-31 14",                                                      "ymd ",         HALF_PAST_TWO - 1800 },
    {"2024-01-31 14:30:00 CET",                                            "ymd ",         HALF_PAST_TWO        },
    {"2024-01-31T14:30:00+01:00[Europe/Berlin]",                           "ymd ",         HALF_PAST_TWO - 3600 },
    {"2024-01-31-14.30.00.000000",                                         "ymd ",         HALF_PAST_TWO        },
    {"2024-01-31 2:30 PM",                                                 "ymd ",         HALF_PAST_TWO        },
    {"2024-W05-3",                                                         "ymd ", JAN_31},
    {"2024\xe5\xb9\xb4"
     "1\xe6\x9c\x88"
     "31\xe6\x97\xa5",                                            "ymd ", JAN_31},
    {"31.01.2024",                                                         "dmy ", JAN_31},
    {"31. 1. 2024.",                                                       "dmy ", JAN_31},
    {"31-01-69",                                                           "dmy ",         -28944000            },
    {"31/01/2024 14:30",                                                   "dmy ",         HALF_PAST_TWO        },
    {"14:30 31.01.2024",                                                   "dmy ",         HALF_PAST_TWO        },
    {"Mi, 31.01.2024",                                                     "dmy ", JAN_31},
    {"31.01.24",                                                           "yymd dmy ",    1926979200           },
    {"1/31/2024",                                                          "mdy ", JAN_31},
    {"1/31/24, 2:30 p.m.",                                                 "mdy ",         HALF_PAST_TWO        },
    {"2/1/2024",                                                           "dmy mdy ",     JAN_31 - 29 * DAY       },
    {"Jan 31 2024",                                                        "named_month ", JAN_31},
    {"31 jan. 2024",                                                       "named_month ", JAN_31},
    {"31-JAN-24",                                                          "named_month ", JAN_31},
    {"31-JAN-24 02.30.15.500000 PM",                                       "named_month ", HALF_PAST_TWO + 15.5 },
    {"January 31st, 2024 at 2:30\xe2\x80\xafPM",                           "named_month ", HALF_PAST_TWO        },
    {"Wed, 31 Jan 2024 14:30:00 +0100",                                    "named_month ", HALF_PAST_TWO - 3600 },
    {"Wed Jan 31 14:30:00 2024",                                           "named_month ", HALF_PAST_TWO        },
    {"Wed Jan 31 14:30:00 CET 2024",                                       "named_month ", HALF_PAST_TWO        },
    {"Wed Jan 31 2024 14:30:00 GMT+0100 (Central European Standard Time)", "named_month ",
     HALF_PAST_TWO - 3600                                                                                       },
    {"31/Jan/2024:14:30:00 -0500",                                         "named_month ", HALF_PAST_TWO + 18000},
    {"[31/Jan/2024:14:30:00 -0500]",                                       "named_month ", HALF_PAST_TWO + 18000},
    {"31. Januar 2024",                                                    "named_month ", JAN_31},
    {"5. M\xc3\xa4rz 2024",                                                "named_month ", JAN_31 + 34 * DAY       },
    {"1er ao\xc3\xbbt 2024",                                               "named_month ", JAN_31 + 183 * DAY      },
    {"31 de enero de 2024",                                                "named_month ", JAN_31},
    {"31 stycznia 2024 r.", "named_month ", JAN_31},
    {"31 \xd1\x8f\xd0\xbd\xd0\xb2\xd0\xb0\xd1\x80\xd1\x8f 2024 \xd0\xb3.", "named_month ", JAN_31},
    {"2024-01",                                                            "year_month ",  JAN_31 - 30 * DAY       },
    {"January 2024",                                                       "year_month ",  JAN_31 - 30 * DAY       },
    {"2024-Q1",                                                            "year_month ",  JAN_31 - 30 * DAY       },
    {"Jan 31 14:30:00",                                                    "no_year ",     65664000 + 52200     },
    {"14:30:15.25",                                                        "clock ",       52215.25             },
    {"2:30 PM",                                                            "clock ",       52200                },
    {"12:00 AM",                                                           "clock ",       0                    },
    {"12:30 p. m.",                                                        "clock ",       45000                },
    {"1706711400",                                                         "epoch ",       HALF_PAST_TWO        },
    {"1706711400000",                                                      "epoch_ms ",    HALF_PAST_TWO        },
    {"1.2.3",                                                              "",             0                    },
    {"192.168.1.24",                                                       "",             0                    },
    {"31/02/2024",                                                         "",             0                    },
    {"2024-01-31 14:30 later",                                             "",             0                    },
    {"2024-01-31-",                                                        "",             0                    },
    {"25:00",                                                              "",             0                    },
    {"12-34-56",                                                           "",             0                    },
    {"16:9",                                                               "",             0                    },
    {"user 17",                                                            "",             0                    },
    {"Wed 31",                                                             "",             0                    },
    {"2024-031",                                                           "ymd ", JAN_31},
    {"2024-366",                                                           "ymd ", JAN_31 + 335 * DAY},
    {"2024-367", "", 0},
    {"2023-366", "", 0},
    {"2024-000", "", 0},
    {"2024_01_31", "ymd ", JAN_31},
    {"31_01_2024", "dmy ", JAN_31},
    {"31 01 2024", "dmy ", JAN_31},
    {"31 01 24", "", 0},
    {"2024-01-31 (Wed)", "ymd ", JAN_31},
    {"31.01.", "no_year ", 65664000},
    {"Wed 01/31", "no_year ", 65664000},
    {"31/32", "", 0},
    {"1-800-555",                                                          "",             0                    },
    {"4-2024-31-1",                                                        "",             0                    },
    {"2024-01/31",                                                         "",             0                    },
};
// clang-format on

static void texts_read_by_every_format_that_gives_a_day(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof spelt / sizeof *spelt; i++) {
        hg__time_reading r;
        char formats[200];
        read_formats(spelt[i].text, &r, formats);
        if (strcmp(formats, spelt[i].formats) != 0) print_error("%s: %s\n", spelt[i].text, formats);
        assert_string_equal(formats, spelt[i].formats);
        int first = 0;
        while (first < HG_TIME_FORMATS && !(r.formats & 1U << first)) first++;
        if (first == HG_TIME_FORMATS) continue;
        const double got = r.seconds[first];
        if (got != spelt[i].seconds) print_error("%s: %f\n", spelt[i].text, got);
        assert_true(got == spelt[i].seconds);
    }
}

static void months_and_weekdays_have_names_in_six_languages(void **state) {
    (void)state;
    static const char *const months[] = {
        "january february march april may june july august september october november december",
        "jan feb mar apr may jun jul aug sept oct nov dec",
        "januar februar m\xc3\xa4rz april mai juni juli august september oktober november dezember",
        "janvier f\xc3\xa9vrier mars avril mai juin juillet ao\xc3\xbbt septembre octobre novembre "
        "d\xc3\xa9"
        "cembre",
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "janeiro fevereiro mar\xc3\xa7o abril maio junho julho agosto setembro outubro novembro "
        "dezembro"};
    static const char *const days =
        "mon tuesday WED Thu friday sat Sunday montag mi donnerstag sonntag lundi mercredi "
        "dimanche "
        "lunes mi\xc3\xa9rcoles viernes luned\xc3\xac gioved\xc3\xac sabato domingo";
    char list[200], text[200], formats[200], *save;
    hg__time_reading r;
    for (size_t i = 0; i < sizeof months / sizeof *months; i++) {
        snprintf(list, sizeof list, "%s", months[i]);
        int month = 1;
        for (char *p = strtok_r(list, " ", &save); p; p = strtok_r(NULL, " ", &save), month++) {
            double seconds;
            snprintf(text, sizeof text, "5 %s 2024", p);
            read_formats(text, &r, formats);
            if (strcmp(formats, "named_month ") != 0) print_error("%s\n", text);
            assert_string_equal(formats, "named_month ");
            assert_true(hg__time_of_day(2024, month, 5, &seconds));
            assert_true(r.seconds[HG_TIME_NAMED] == seconds);
        }
        assert_int_equal(month, 13);
    }
    snprintf(list, sizeof list, "%s", days);
    for (char *p = strtok_r(list, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
        snprintf(text, sizeof text, "%s, 31/01/2024", p);
        read_formats(text, &r, formats);
        if (strcmp(formats, "dmy ") != 0) print_error("%s\n", text);
        assert_string_equal(formats, "dmy ");
    }
}

static void every_cut_of_a_text_is_a_time_or_none(void **state) {
    (void)state;
    static const char *const texts[] = {
        "Wed Jan 31 2024 14:30:00 GMT+0100 (CET)", "31-JAN-24 02.30.15.123456 PM +01:00",
        "2024-W05-3T14:30:00.5Z", "[31/Jan/2024:14:30:00 +0100]", "20240131143000.25"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        for (size_t n = 0; n <= strlen(texts[i]); n++) {
            char *cut = malloc(n + 1); // what lies behind is not ours
            memcpy(cut, texts[i], n);
            hg__time_reading r;
            hg__time_read_text(cut, n, &r);
            for (int f = 0; f < HG_TIME_FORMATS; f++) {
                if (r.formats & 1U << f) assert_true(r.seconds[f] >= 0 && r.seconds[f] < 3e9);
            }
            free(cut);
        }
    }
}

// ---- a column: a month of rows, and the next ones ----------------------------------------------

// Row `row` of ROWS of January 2024, then of the days behind it.
static struct tm moment(int64_t row, double *seconds) {
    const time_t at = 1704067200 + (time_t)(row * 30 * DAY / ROWS + row * 7919 % 300);
    struct tm tm;
    gmtime_r(&at, &tm);
    *seconds = (double)at;
    return tm;
}

static const struct spelling {
    const char *format, *pattern; // of strftime; "%": a number of that format
    bool clock;
} spellings[] = {
    {"dmy",         "%d.%m.%Y",                    false},
    {"dmy",         "%d/%m/%Y",                    false},
    {"dmy",         "%d-%m-%y",                    false},
    {"dmy",         "%d%m%Y",                      false},
    {"mdy",         "%m/%d/%Y",                    false},
    {"mdy",         "%m/%d/%y %I:%M:%S %p",        true },
    {"ymd",         "%Y/%m/%d",                    false},
    {"ymd",         "%Y%m%d",                      false},
    {"ymd",         "%Y%m%dT%H%M%S",               true },
    {"ymd",         "%Y%m%d%H%M%S",                true },
    {"ymd",         "%Y-%m-%d %H:%M:%S UTC",       true },
    {"named_month", "%b %d %Y",                    false},
    {"named_month", "%d-%b-%y",                    false},
    {"named_month", "%B %d, %Y",                   false},
    {"named_month", "%a, %d %b %Y %H:%M:%S +0000", true },
    {"named_month", "%a %b %d %H:%M:%S %Y",        true },
    {"named_month", "%d/%b/%Y:%H:%M:%S +0000",     true },
    {"epoch",       "%",                           true },
    {"epoch_ms",    "%",                           true },
    {"epoch_us",    "%",                           true },
    {"epoch_ns",    "%",                           true },
    {"serial",      "%",                           true },
    {"julian",      "%",                           true },
};
static int spelling_now;

static void write_spelling(int64_t row, int32_t column, char text[64]) {
    const struct spelling *way = &spellings[spelling_now];
    double seconds;
    const struct tm tm = moment(row, &seconds);
    const hg__time_type *type = &hg__time_types[hg__time_find(way->format, strlen(way->format))];
    if (column == 1) {
        strftime(text, 64, way->clock ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d", &tm);
    } else if (strcmp(way->pattern, "%") != 0) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        strftime(text, 64, way->pattern, &tm);
#pragma GCC diagnostic pop
    } else {
        snprintf(text, 64, "%.17g", seconds * type->per / type->unit + type->origin);
    }
}

static void a_month_and_the_next_are_the_same_floats_as_iso_dates(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        schema_case c;
        hg__encoding_notes notes = {0};
        float x[16] = {0};
        spelling_now = (int)i;
        case_open(&c, "order_date iso", 0, ROWS, write_spelling);
        hg__schema *s = case_infer(&c, &(hg__schema_options){0});
        const hg__column *k = &s->column[0], *iso = &s->column[1];
        if (k->kind != HG_COLUMN_TIME) print_error("%s\n", spellings[i].pattern);
        assert_int_equal(k->kind, HG_COLUMN_TIME);
        assert_string_equal(hg__time_types[k->time_format].name, spellings[i].format);
        assert_true(k->week && k->clock == spellings[i].clock && k->width == iso->width &&
                    !k->unsure);
        c.count += NEXT;
        for (int64_t row = 0; row < c.count; row++) {
            assert_int_equal(case_encode(&c, s, row, false, x, &notes, NULL), HG_OK);
            for (int32_t f = 0; f < k->width; f++) {
                assert_true(fabs((double)(x[f] - x[iso->first + f])) < 1e-6);
            }
        }
        assert_int_equal(notes.strange + notes.missing + notes.unseen + notes.changed, 0);
        hg__schema_free(s);
    }
}

// ---- day or month first -------------------------------------------------------------------------

static int order_now;
static const char *const order_texts[][24] = {
  // In the order of rows: the first to the twelfth of February, then of March.
    {"01/02/2024", "02/02/2024", "03/02/2024", "04/02/2024", "05/02/2024", "06/02/2024",
     "07/02/2024", "08/02/2024", "09/02/2024", "10/02/2024", "11/02/2024", "12/02/2024",
     "01/03/2024", "02/03/2024", "03/03/2024", "04/03/2024", "05/03/2024", "06/03/2024",
     "07/03/2024", "08/03/2024", "09/03/2024", "10/03/2024", "11/03/2024", "12/03/2024"},
 // Twelve days, or a year.
    {"02/01/2024", "02/05/2024", "02/03/2024", "02/08/2024", "02/06/2024", "02/07/2024",
     "02/02/2024", "02/09/2024", "02/04/2024", "02/11/2024", "02/12/2024", "02/10/2024",
     "02/01/2024", "02/05/2024", "02/03/2024", "02/08/2024", "02/06/2024", "02/07/2024",
     "02/02/2024", "02/09/2024", "02/04/2024", "02/11/2024", "02/12/2024", "02/10/2024"},
    {"02/01/2024", "05/01/2023", "01/05/2023", "01/02/2024", "11/12/2023", "12/11/2023",
     "07/08/2023", "08/07/2023", "03/09/2023", "09/03/2023", "04/10/2023", "10/04/2023",
     "02/01/2024", "05/01/2023", "01/05/2023", "01/02/2024", "11/12/2023", "12/11/2023",
     "07/08/2023", "08/07/2023", "03/09/2023", "09/03/2023", "04/10/2023", "10/04/2023"},
};

static void write_order(int64_t row, int32_t column, char text[64]) {
    snprintf(text, 64, "%s", column ? (row % 2 ? "a" : "b") : order_texts[order_now][row % 24]);
}

static void order_case(int texts, const char *said, const char *line) {
    schema_case c;
    char got[300];
    order_now = texts;
    case_open(&c, "when x", 0, 24, write_order);
    hg__schema *s = case_infer(&c, &(hg__schema_options){.override = said});
    hg__column_describe(&s->column[0], got, sizeof got);
    assert_string_equal(got, line);
    hg__schema_free(s);
}

static void the_column_says_whether_day_or_month_comes_first(void **state) {
    (void)state;
    order_case(0, "",
               "when  time, day first, 2024-02-01 00:00 to 2024-03-12 00:00: day of the week");
    order_case(1, "",
               "when  time, month first, 2024-02-01 00:00 to 2024-02-12 00:00: too short a time to "
               "learn from, left out");
    order_case(2, "",
               "when  time, month first (day first fits as well; columns=\"when dmy\" says so), "
               "2023-01-05 00:00 to 2024-02-01 00:00: day of the week");
    order_case(2, "when dmy",
               "when  time, day first, 2023-01-05 00:00 to 2024-02-01 00:00: day of the week");
    order_case(2, "when mdy time",
               "when  time, month first, 2023-01-05 00:00 to 2024-02-01 00:00: day of the week");
}

static void rows_to_come_are_read_in_the_order_of_training(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int reads;
        double seconds;
    } cells[] = {
        {"02/03/2024", 1,  1709337600},
        {"2.3.24",     1,  1709337600},
        {"2024-03-02", 1,  1709337600},
        {"03/13/2024", -1, 0         },
        {"2 Mar 2024", -1, 0         },
        {"00/00/0000", 0,  0         },
        {"soon",       -1, 0         },
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        const hg__cell cell = {HG_CELL_TEXT, (int32_t)strlen(cells[i].text), 0, cells[i].text};
        double seconds = 0;
        assert_int_equal(hg__time_read_as(HG_TIME_DMY, &cell, &seconds), cells[i].reads);
        if (cells[i].reads == 1) assert_true(seconds == cells[i].seconds);
    }
    const hg__cell zero = {HG_CELL_NUMBER, 0, 0, NULL}, late = {HG_CELL_NUMBER, 0, 1e300, NULL};
    double seconds;
    assert_int_equal(hg__time_read_as(HG_TIME_EPOCH, &zero, &seconds), 0);
    assert_int_equal(hg__time_read_as(HG_TIME_EPOCH, &late, &seconds), -1);
}

// ---- what is a time, and what is none -----------------------------------------------------------

static void write_columns(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row, mixed = r * 607 % 1000; // no order
    switch (column) {
    case 0: snprintf(text, 64, "%d", 1704067200 + mixed * 3600); break;               // created_at
    case 1: snprintf(text, 64, "%d", r % 9 ? 1704067200 + r * 3600 : 0); break;       // closedTime
    case 2: snprintf(text, 64, "%d", 1704067200 + mixed * 3600); break;               // amount
    case 3: snprintf(text, 64, "%d", 40000 + mixed); break;                           // Datum
    case 4: snprintf(text, 64, "%d", 40001 + mixed); break;                           // price
    case 5: snprintf(text, 64, "%d", 20000000 + mixed * 1000); break;                 // salary
    case 6: snprintf(text, 64, "1.%d.%d", 1 + r % 3, 10 + mixed % 7); break;          // release
    case 7: snprintf(text, 64, "Set %d", 1 + mixed % 9); break;                       // group
    case 8: snprintf(text, 64, "%02d:%02d", mixed % 24, mixed % 60); break;           // opens
    case 9: snprintf(text, 64, "Jan %02d %02d:00:00", 1 + r % 30, mixed % 24); break; // logged
    case 10: snprintf(text, 64, "2024-%02d", 1 + r / 300); break;                     // period
    case 11: snprintf(text, 64, "%s", r % 5 ? "31.12.2023" : "0000-00-00"); break;    // until
    case 12: snprintf(text, 64, "2024/01/31"); break;                                 // made
    case 13: snprintf(text, 64, "%d", 2024 + r / 700); break;                         // year
    case 14: snprintf(text, 64, "%d", 2024001 + mixed % 366); break;                  // day
    case 15: snprintf(text, 64, "202401"); break;                                     // jour
    case 16: snprintf(text, 64, "%d", r % 5 ? 20240101 + mixed % 31 : 99991231); break; // valid_to
    case 17: snprintf(text, 64, "%lld", 1704067200000 + mixed * 3600000LL); break;      // x
    case 18: snprintf(text, 64, "%d:%02d:%02d", mixed % 5, r % 60, mixed % 60); break;  // duration
    case 19: snprintf(text, 64, "%d/%d", 1 + r % 9, 2 + mixed % 7); break;              // size
    case 20: snprintf(text, 64, "%d/%d", 1 + r % 12, 1 + mixed % 28); break;            // dia
    default: snprintf(text, 64, "%d.1.2024", 1 + mixed % 31); break;
    }
    if (column == 21 && r % 9 == 0) snprintf(text, 64, "open"); // closes
}

static void names_and_order_say_which_numbers_are_times(void **state) {
    (void)state;
    schema_case c;
    case_open(
        &c,
        "created_at closedTime amount Datum price salary release group opens logged period until "
        "made year day jour valid_to x duration size dia closes",
        0, 1000, write_columns);
    hg__schema *s = case_infer(&c, &(hg__schema_options){0});
    static const struct {
        const char *name;
        hg__column_kind kind;
        int format;
        int32_t width;
    } expected[] = {
        {"created_at", HG_COLUMN_TIME,     HG_TIME_EPOCH,    4  },
        {"closedTime", HG_COLUMN_TIME,     HG_TIME_EPOCH,    5  }, // 0: not closed
        {"amount",     HG_COLUMN_NUMBER,   0,                1  },
        {"Datum",      HG_COLUMN_TIME,     HG_TIME_SERIAL,   2  },
        {"price",      HG_COLUMN_NUMBER,   0,                1  },
        {"salary",     HG_COLUMN_NUMBER,   0,                1  },
        {"release",    HG_COLUMN_CATEGORY, 0,                22 },
        {"group",      HG_COLUMN_CATEGORY, 0,                10 },
        {"opens",      HG_COLUMN_TIME,     HG_TIME_CLOCK,    2  },
        {"logged",     HG_COLUMN_TIME,     HG_TIME_NO_YEAR,  2  },
        {"period",     HG_COLUMN_TIME,     HG_TIME_MONTH,    0  },
        {"until",      HG_COLUMN_TIME,     HG_TIME_DMY,      0  },
        {"made",       HG_COLUMN_TIME,     HG_TIME_YMD,      0  }, // tomorrow it is another day
        {"year",       HG_COLUMN_ID,       0,                0  },
        {"day",        HG_COLUMN_TIME,     HG_TIME_YMD,      2  },
        {"jour",       HG_COLUMN_TIME,     HG_TIME_MONTH,    0  },
        {"valid_to",   HG_COLUMN_TIME,     HG_TIME_YMD,      2  }, // for ever
        {"x",          HG_COLUMN_TIME,     HG_TIME_EPOCH_MS, 4  },
        {"duration",   HG_COLUMN_CATEGORY, 0,                129}, // no time of day
        {"size",       HG_COLUMN_CATEGORY, 0,                64 },
        {"dia",        HG_COLUMN_TIME,     HG_TIME_NO_YEAR,  0  },
        {"closes",     HG_COLUMN_TEXT,     0,                0  }, // no category: other days come tomorrow
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        const hg__column *k = case_column(s, expected[i].name);
        char line[300];
        hg__column_describe(k, line, sizeof line);
        if (k->kind != expected[i].kind || k->width != expected[i].width) print_error("%s\n", line);
        assert_int_equal(k->kind, expected[i].kind);
        assert_int_equal(k->width, expected[i].width);
        if (k->kind == HG_COLUMN_TIME) assert_int_equal(k->time_format, expected[i].format);
    }
    assert_true(fabs(case_column(s, "until")->missing - 0.2) < 1e-9);
    hg_error err = {0};
    hg__json *json = hg__schema_to_json(s, &err);
    hg__schema *back = hg__schema_from_json(json, "x", &err);
    assert_non_null(back);
    for (int32_t i = 0; i < s->columns; i++) {
        assert_int_equal(back->column[i].time_format, s->column[i].time_format);
        assert_int_equal(back->column[i].forward, s->column[i].forward);
    }
    hg__schema_free(back);
    hg__json *column = hg__json_array_get(hg__json_object_get(json, "columns"), 0);
    hg__json_set(column, "format", hg__json_string("moon", NULL));
    assert_null(hg__schema_from_json(json, "x", &err));
    assert_string_equal(err.message, "x: schema, column 1: expected a known word as 'format'");
    hg__json_free(json);
    hg__schema_free(s);
}

static void write_forward(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row;
    switch (column) {
    case 0: snprintf(text, 64, "%.1f", 0.1 * r); break;        // elapsed
    case 1: snprintf(text, 64, "%d", 5000 + r / 3); break;     // odometer
    case 2: snprintf(text, 64, "%d", 5000 - r); break;         // newest first
    case 3: snprintf(text, 64, "%d", r / 50); break;           // grade: sorted, but of few values
    case 4: snprintf(text, 64, "%d", r == 200 ? 0 : r); break; // fell once
    default: snprintf(text, 64, "%d", 1704067200 + r * 60); break;
    }
}

static void a_number_that_only_moves_forward_is_left_out(void **state) {
    (void)state;
    schema_case c;
    char line[300];
    case_open(&c, "elapsed odometer newest grade fell x", 0, 300, write_forward);
    hg__schema *s = case_infer(&c, &(hg__schema_options){0});
    hg__column_describe(case_column(s, "elapsed"), line, sizeof line);
    assert_string_equal(line, "elapsed  id, only moves forward, left out; "
                              "columns=\"elapsed number\" keeps it");
    assert_true(case_column(s, "odometer")->forward);
    assert_int_equal(case_column(s, "newest")->kind, HG_COLUMN_ID);
    assert_int_equal(case_column(s, "grade")->kind, HG_COLUMN_NUMBER);
    assert_int_equal(case_column(s, "fell")->kind, HG_COLUMN_NUMBER);
    assert_int_equal(case_column(s, "x")->time_format, HG_TIME_EPOCH); // it rises
    hg__schema_free(s);
    s = case_infer(&c, &(hg__schema_options){.override = "odometer number, elapsed epoch"});
    assert_int_equal(case_column(s, "odometer")->kind, HG_COLUMN_NUMBER);
    assert_int_equal(case_column(s, "elapsed")->time_format, HG_TIME_EPOCH);
    assert_true(case_column(s, "elapsed")->most < 30);
    hg__schema_free(s);
}

// ---- what does not belong -----------------------------------------------------------------------

static void write_open(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row;
    if (column == 0) snprintf(text, 64, r % 9 ? "%02d.01.2024" : "open", 1 + r * 607 % 31);
    if (column == 2) snprintf(text, 64, "%d", r * 607 % 1000);
    if (column == 1) snprintf(text, 64, "1'704'%03d'%03d", r * 607 % 1000, r * 211 % 1000);
}

static void dates_among_other_texts_are_no_category(void **state) {
    (void)state;
    schema_case c;
    char line[300];
    case_open(&c, "closes ts x", 0, 300, write_open);
    hg__schema *s = case_infer(&c, &(hg__schema_options){0});
    hg__column_describe(case_column(s, "closes"), line, sizeof line);
    assert_string_equal(line, "closes  text, left out; 88 in 100 cells are dates; "
                              "columns=\"closes time\" with on_bad=score_missing takes the others "
                              "as missing");
    hg__schema_free(s);
    s = case_infer(&c, &(hg__schema_options){.on_bad = "score_missing"});
    assert_int_equal(case_column(s, "closes")->time_format, HG_TIME_DMY);
    assert_true(case_column(s, "closes")->missing > 0.1);
    assert_int_equal(case_column(s, "ts")->kind, HG_COLUMN_TEXT); // seconds since 1970
    hg__schema_free(s);
}

static void write_slip(int64_t row, int32_t column, char text[64]) {
    const int r = (int)row;
    const char *slip = r == 70 ? "31 Jan 2024" : r == 80 ? "soon" : NULL;
    snprintf(text, 64, "%02d.%02d.2024", 1 + r % 28, 1 + r / 28 % 12);
    if (column == 0 && slip) snprintf(text, 64, "%s", slip);
    if (column == 1) snprintf(text, 64, "%d", r == 90 ? 17 : 1704067200 + r * 7919 % 997 * 60);
}

static void a_cell_of_another_format_is_named_with_its_place(void **state) {
    (void)state;
    schema_case c;
    case_open(&c, "day created", 0, 300, write_slip);
    case_refused(&c, &(hg__schema_options){0},
                 "x.csv:72: column 'day': expected a date such as 31/05/2024, got '31 Jan 2024'; "
                 "columns=\"day category\" or on_bad=score_missing takes it");
    case_rewind(&c.table, NULL);
    case_refused(&c, &(hg__schema_options){.ignore = "day"},
                 "x.csv:92: column 'created': expected seconds since 1970, got '17'; "
                 "columns=\"created category\" or on_bad=score_missing takes it");
    hg__schema *s = case_infer(&c, &(hg__schema_options){.on_bad = "score_missing"});
    assert_true(fabs(s->column[0].missing - 2.0 / 300) < 1e-9);
    assert_true(fabs(s->column[1].missing - 1.0 / 300) < 1e-9);
    hg__schema_free(s);
}

// ---- what floats say ----------------------------------------------------------------------------

static void a_minute_is_the_nearest_of_all(void **state) {
    (void)state;
    enum { MINUTES = 1440 };
    const hg__column c = {.kind = HG_COLUMN_TIME, .clock = true, .width = 2};
    for (int i = 0; i < 2000; i++) {
        const double angle = i * 0.0031, size = i % 3 ? 1 : 1e-20 * (i + 1);
        const float x[] = {(float)(size * sin(angle)), (float)(size * cos(angle))};
        char text[32], expected[32];
        double most = -1;
        int best = 0;
        for (int m = 0; m < MINUTES; m++) {
            const double turn = (double)m / MINUTES;
            const double along =
                (double)x[0] * hg__sin_turn(turn) + (double)x[1] * hg__cos_turn(turn);
            if (along > most) {
                most = along;
                best = m;
            }
        }
        hg__column_decode(&c, x, text, sizeof text);
        snprintf(expected, sizeof expected, "%02d:%02d", best / 60, best % 60);
        assert_string_equal(text, expected);
    }
    const float nothing[] = {0, 0}, none[] = {NAN, NAN};
    char text[32];
    hg__column_decode(&c, nothing, text, sizeof text);
    assert_string_equal(text, "00:00");
    hg__column_decode(&c, none, text, sizeof text);
    assert_string_equal(text, "00:00");
}

static void an_expected_time_is_the_nearest_such_day(void **state) {
    (void)state;
    // A Sunday, six in the morning.
    const float sunday[] = {(float)hg__sin_turn(3 / 7.0), (float)hg__cos_turn(3 / 7.0), 1, 0};
    const struct {
        int format;
        bool week, clock;
        const char *cell, *expected;
    } cases[] = {
        {HG_TIME_ISO,   true,  true,  "2024-03-04 02:20",  "2024-03-03 06:00 (weekday and hour)"    },
        {HG_TIME_ISO,   true,  true,  "2024-02-29",        "2024-03-03 06:00 (weekday and hour)"    },
        {HG_TIME_ISO,   true,  true,  "2024-03-04T02:20Z", "2024-03-03 06:00 UTC (weekday and hour)"},
        {HG_TIME_ISO,   true,  false, "2024-03-03",        "2024-03-03 (weekday)"                   },
        {HG_TIME_DMY,   true,  true,  "31.12.1969 23:00",  "1969-12-28 06:00 (weekday and hour)"    },
        {HG_TIME_CLOCK, false, true,  "14:30",             "06:00"                                  },
        {HG_TIME_ISO,   true,  true,  "soon",              "Sun 06:00"                              },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const hg__column c = {.kind = HG_COLUMN_TIME,
                              .time_format = cases[i].format,
                              .week = cases[i].week,
                              .clock = cases[i].clock,
                              .width = 2 * (cases[i].week + cases[i].clock)};
        const hg__cell cell = {
            .kind = HG_CELL_TEXT, .text = cases[i].cell, .size = (int32_t)strlen(cases[i].cell)};
        hg__time_value when = {0};
        char text[64];
        if (!hg__column_time(&c, &cell, &when)) when.has_date = false;
        hg__column_decode_time(&c, sunday + (cases[i].week ? 0 : 2), &when, text, sizeof text);
        assert_string_equal(text, cases[i].expected);
    }
    const hg__column epoch = {
        .kind = HG_COLUMN_TIME, .time_format = HG_TIME_EPOCH, .clock = true, .width = 2};
    const hg__cell cell = {.kind = HG_CELL_NUMBER, .number = JAN_31};
    hg__time_value when = {0};
    char text[64];
    assert_true(hg__column_time(&epoch, &cell, &when));
    hg__column_decode_time(&epoch, sunday + 2, &when, text, sizeof text);
    assert_string_equal(text, "2024-01-31 06:00 UTC (hour)");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_read_by_every_format_that_gives_a_day),
        cmocka_unit_test(months_and_weekdays_have_names_in_six_languages),
        cmocka_unit_test(every_cut_of_a_text_is_a_time_or_none),
        cmocka_unit_test(a_month_and_the_next_are_the_same_floats_as_iso_dates),
        cmocka_unit_test(the_column_says_whether_day_or_month_comes_first),
        cmocka_unit_test(rows_to_come_are_read_in_the_order_of_training),
        cmocka_unit_test(names_and_order_say_which_numbers_are_times),
        cmocka_unit_test(a_number_that_only_moves_forward_is_left_out),
        cmocka_unit_test(dates_among_other_texts_are_no_category),
        cmocka_unit_test(a_cell_of_another_format_is_named_with_its_place),
        cmocka_unit_test(a_minute_is_the_nearest_of_all),
        cmocka_unit_test(an_expected_time_is_the_nearest_such_day),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
