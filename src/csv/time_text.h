// SPDX-License-Identifier: Apache-2.0
// time_text.h - times as people and machines write them: the formats, what a cell reads as, which format a column has.
//
//   cell ──hg__time_read──> every format it reads by ──> hg__times: how often, from when to when ──> the column's format
//   later cells of that column ──hg__time_read_as──> seconds
#ifndef HG_CSV_TIME_TEXT_H
#define HG_CSV_TIME_TEXT_H
#include "csv/cell.h"

typedef enum hg__time_format {
    HG_TIME_ISO,   // the first: what a schema without a format has
    HG_TIME_YMD,   // 2024/1/31, 20240131, 20240131T143000
    HG_TIME_YYMD,  // 24/01/31
    HG_TIME_DMY,   // 31.01.2024, 31/1/24, 31012024
    HG_TIME_MDY,   // 01/31/2024
    HG_TIME_NAMED, // 31 Jan 2024, January 31, 2024
    HG_TIME_MONTH, // 2024-01, Jan 2024, 2024-Q1: nothing to learn from
    HG_TIME_NO_YEAR,
    HG_TIME_CLOCK,
    HG_TIME_EPOCH, // numbers from here on
    HG_TIME_EPOCH_MS,
    HG_TIME_EPOCH_US,
    HG_TIME_EPOCH_NS,
    HG_TIME_SERIAL,
    HG_TIME_DATENUM,
    HG_TIME_JULIAN,
    HG_TIME_FILETIME,
    HG_TIME_TICKS,
    HG_TIME_FORMATS
} hg__time_format;

// What the name of a column says of its numbers.
enum { HG_SAYS_DATE = 1, HG_SAYS_TIME = 2 };

typedef struct hg__time_type {
    const char *name;    // in columns= and the model file
    const char *says;    // in the line about a column; "": nothing
    const char *example; // what is expected: "a date such as ..."
    // Numbers: seconds = (x - origin) * unit / per. In training those from least to most count, where the name says so (`any`:
    // or they come in order). unit 0: no such number.
    double origin, unit, per, least, most;
    bool has_day, has_clock;
    bool has_order; // the same digits may mean another day
    bool any;
} hg__time_type;

extern const hg__time_type hg__time_types[HG_TIME_FORMATS];

int hg__time_find(const char *name, size_t size); // the format of that name, -1: none

// ---- a cell -------------------------------------------------------------------------------------

typedef struct hg__time_reading {
    uint32_t formats;                // a bit each that it reads by
    bool zero;                       // 0000-00-00, 0: no date
    bool weak;                       // 1.2.24: as well a version
    bool half_day;                   // 2:30 PM
    char mark;                       // what stands between day, month and year; 0
    double seconds[HG_TIME_FORMATS]; // since 1970, of those
} hg__time_reading;

// A text. Another zone than UTC's is a label unless it is a number.
void hg__time_read_text(const char *text, size_t size, hg__time_reading *r);
// A number in a column whose name says this: HG_SAYS_DATE | HG_SAYS_TIME.
void hg__time_read_number(double x, int says, hg__time_reading *r);

// YYYY-MM-DD, then maybe T or a blank, HH:MM, :SS, a fraction, Z or an offset. Seconds since 1970 in UTC.
bool hg__parse_time(const char *text, size_t size, double *seconds);

// 1: the cell is a time of that format (or ISO); 0: it says that there is none; -1: neither.
int hg__time_read_as(int format, const hg__cell *cell, double *seconds);

// Seconds since 1970 of a day; false if there is no such day.
bool hg__time_of_day(int year, int month, int day, double *seconds);

// ---- a column -----------------------------------------------------------------------------------

typedef struct hg__time_span {
    int64_t count, weak;
    int64_t falls, rises; // against the one before
    double least, most, last;
    bool clock; // a time of day was seen
} hg__time_span;

typedef struct hg__time_miss { // the first cell that these formats do not read
    uint32_t formats;
    char *where; // owned
    char shown[48];
} hg__time_miss;

typedef struct hg__times {
    hg__time_span span[HG_TIME_FORMATS];
    int64_t zeros, texts, numbers;       // cells that read by any format; texts: or are zero
    int64_t dots, slashes, half_days;    // of the texts
    hg__time_miss miss[HG_TIME_FORMATS]; // (misses)
    uint32_t missed;
    int32_t misses;
} hg__times;

// What a name says: "order_date", "createdAt", "Datum", "fecha alta".
int hg__time_name(const char *name);
// Whether it says a length of time, or no time at all: "duration", "cpu_time".
bool hg__time_length_name(const char *name);
// Whether it is of a year, month, week or quarter, as a column of its own, and least and most may be such.
bool hg__time_part_name(const char *name, double least, double most);

void hg__times_clear(hg__times *t); // NULL is fine; frees t

// How many cells that format reads.
int64_t hg__times_read(const hg__times *t, int format);
// From the first to the last of them.
void hg__times_range(const hg__times *t, int format, double *least, double *most);
// The first cell that format does not read, or NULL.
const hg__time_miss *hg__times_find_miss(const hg__times *t, int format);
#endif
