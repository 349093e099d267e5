// SPDX-License-Identifier: Apache-2.0
// number_text.h - numbers as people write them: "$1,234.50", "1.234,50 €", "40.1%", "70.2 kg", "(3.20)", "1'234.-".
//
//   '  (  -  $  1,234.50  kg  -  )      an apostrophe before all of it is a spreadsheet's; brackets and a sign behind
//            └── body ──┘               mean below zero; what stands before and behind the body is the same in a column
//
// Which of "," and "." divides thousands no single text can say: "1,234". That is the column's to decide: its format.
#ifndef HG_CSV_NUMBER_TEXT_H
#define HG_CSV_NUMBER_TEXT_H
#include <stdbool.h>
#include <stddef.h>

enum { HG_AFFIX = 16 }; // bytes of what stands before or behind, with its zero

// How a column's numbers are written. Thousands are marked by the other of "." and ",", by blanks of any kind or by
// apostrophes, or not at all.
typedef struct hg__number_format {
    char point; // '.' or ',': before the decimals; 0: no format, numbers as the table reads them
    char prefix[HG_AFFIX], suffix[HG_AFFIX]; // "$", "kg", "%"; ""
} hg__number_format;

// A text taken apart.
typedef struct hg__number_text {
    const char *body; // digits and marks
    size_t size;
    char prefix[HG_AFFIX], suffix[HG_AFFIX];
    bool gap;            // a blank before the suffix
    bool negative, plus; // plus: said so
    bool odd;            // with an apostrophe, brackets, or a minus that is behind or not ASCII
} hg__number_text;

typedef struct hg__number_value {
    double x;
    int decimals; // digits behind the point that matter
    char mark;    // of thousands: ',' '.' ' ' '\''; 0: none
    int digits;
} hg__number_value;

// False where the text has no number in it, or more than one.
bool hg__number_scan(const char *text, size_t size, hg__number_text *n);
// The number, finite; false where the body is none with that point. Takes the C locale for granted.
bool hg__number_value_of(const hg__number_text *n, char point, hg__number_value *v);

// The number of a text in that format. One without what the others have before and behind it is fine; of percent, 0 alone.
bool hg__number_read(const hg__number_format *f, const char *text, size_t size,
                     hg__number_value *v);
// A number without anything before or behind it that can be read in one way only: "1,234.50", not "1,234".
bool hg__number_read_sure(const char *text, size_t size, double *x);
// Whether it reads as a number that is infinite, or too large for a double: "inf", "1e999".
bool hg__number_is_endless(const char *text, size_t size);

// "$1,234.5"
void hg__number_example(const hg__number_format *f, char *text, size_t size);
// "a number", "a number such as $1,234.5", "a finite number": what a cell ought to have been.
void hg__number_expected(const hg__number_format *f, bool endless, char *text, size_t size);
// plain ("-1234.5") in that format, without marks of thousands.
void hg__number_write(const hg__number_format *f, const char *plain, char *text, size_t size);

// Whether it is known for a currency ("$", "EUR", "kr") or for a unit. gap: a blank stands before it; one capital alone
// ("10A") is no unit without.
bool hg__is_currency(const char *word);
bool hg__is_unit(const char *word, bool gap);
#endif
