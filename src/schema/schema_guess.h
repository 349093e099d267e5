// SPDX-License-Identifier: Apache-2.0
// schema_guess.h - what the other columns of a sample of rows let expect of one: a linear guess, quickly.
#ifndef HG_SCHEMA_SCHEMA_GUESS_H
#define HG_SCHEMA_SCHEMA_GUESS_H
#include "schema/schema.h"

#define HG_TRIED_MOST 1e150 // so that squares are finite

typedef struct hg__guesser hg__guesser;

// Over the first `positions` columns of the table. cell (positions, rows): numbers, else NaN, of whose bits each text has its own.
hg__guesser *hg__guesser_new(const hg__schema *s, const double *cell, int32_t positions,
                             int64_t rows, hg_error *err);
void hg__guesser_free(hg__guesser *g); // NULL is fine

// guess (rows): of y (rows; NaN: nothing), some form of column `column` of the schema, of mean 0. Rows of one half are guessed
// from what the other half teaches.
void hg__guesser_run(hg__guesser *g, int32_t column, const double *y, double *guess);
#endif
