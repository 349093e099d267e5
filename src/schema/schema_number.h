// SPDX-License-Identifier: Apache-2.0
// schema_number.h - how a column's numbers are written, from its texts.
#ifndef HG_SCHEMA_SCHEMA_NUMBER_H
#define HG_SCHEMA_SCHEMA_NUMBER_H
#include "csv/number_text.h"
#include "table/table.h"

enum { HG_LOOKS = 8, HG_FEW_WORDS = 8 };

// Texts with the same before and behind their numbers.
typedef struct hg__number_look {
    char prefix[HG_AFFIX], suffix[HG_AFFIX];
    bool close;       // once without a blank before the suffix
    int64_t count;    // texts
    int64_t reads[2]; // of them: numbers where the point is '.', ','
} hg__number_look;

// What the texts of a column say about numbers in it.
typedef struct hg__number_texts {
    hg__number_look look[HG_LOOKS];
    int32_t looks;
    int64_t marked;              // texts that no table reads as plain numbers: "1,234", "$5"
    int64_t certain;             // numbers with one point only: "3,14", "1,234.5"
    int64_t unsure;              // "1,234": of another value with the other point
    int64_t spaced;              // "600 123 456": a blank before each three digits,
    int32_t spaced_digits;       // so many in all of them; -1: not the same
    int64_t words, limited;      // other texts; of those, numbers with a remark: "<0.01", "1.2*"
    uint64_t word[HG_FEW_WORDS]; // hashes of the different ones
    int32_t different;           // HG_FEW_WORDS + 1: more than there is room for
} hg__number_texts;

void hg__number_texts_add(hg__number_texts *n, const hg__cell *cell, char point);
// Whether what is no number are a few different words ("sold out"), or numbers with a remark.
bool hg__number_texts_are_few(const hg__number_texts *n);

// Cells that the table reads as numbers.
typedef struct hg__plain_numbers {
    int64_t count;
    int64_t pointed[2]; // with '.', ',' in them,
    int64_t thirds[2];  // which may be one of thousands
    int64_t codes;      // written as a number is not: 007, 1E5
} hg__plain_numbers;

// Counts the cell's mark; how many decimals it has.
int hg__plain_number_add(hg__plain_numbers *n, const hg__cell *cell);

// The format that reads the most cells.
typedef struct hg__number_choice {
    hg__number_format format; // point 0: numbers as the table reads them
    int64_t numbers;          // cells it reads
    bool sure;                // what stands before and behind is known for a currency or a unit
    bool certain;             // some cells can be read with this point only
    bool either;    // the other point reads as many, and not the same: '.' and ',' are a guess
    bool telephone; // as many digits in each, in threes
} hg__number_choice;

// texts may be NULL; point: the table's, or what a person says where `said`.
hg__number_choice hg__number_choose(const hg__number_texts *texts, const hg__plain_numbers *plain,
                                    char point, bool said);

// "kg, g" where numbers have several units that are known and hardly any other text is there; else "".
void hg__number_units(const hg__number_texts *texts, int64_t values, char *list, size_t size);
#endif
