// SPDX-License-Identifier: Apache-2.0
// label_spans.h - which stretches of a recording are anomalies, where something other than a column says so: labels=.
//
//   windows.json   {"a/b.csv": [["2014-04-10 07:15:00", "2014-04-11 16:45:00"], ...], ...} from the first to the last step of each, as the
//                  Numenta Anomaly Benchmark has them; a list alone is of every file; one time stands
//                  for a single step; numbers are rows, from 0
//   name           the end of the file's name: x_35000_52000_52620.txt, as the UCR Anomaly Archive has them (Wu & Keogh, 2021): rows
//                  that are for training, the first and the last one of the anomaly, from 1
#ifndef HG_SIGNAL_LABEL_SPANS_H
#define HG_SIGNAL_LABEL_SPANS_H
#include "base/json.h"
#include "signal/recording.h"

typedef struct hg__label_spans {
    const char *labels; // borrowed: the option; "": there are none
    hg__json *windows;  // owned: of all files; NULL: their names say it
    double (*at)[2];    // owned, (count): first and last, rising and apart
    int64_t count;
    bool is_time;       // `at` is in seconds since 1970, else in rows from 0
    int64_t train_rows; // that are for training; 0: nobody says
} hg__label_spans;

// labels "": s is empty, and has no spans.
int hg__label_spans_open(hg__label_spans *s, const char *labels, hg_error *err);
void hg__label_spans_close(hg__label_spans *s); // {0} is fine
// From now on those of this file.
int hg__label_spans_of(hg__label_spans *s, const char *path, hg_error *err);
// label (steps->count). A step that the file lacks is what the one before it is.
void hg__label_spans_mark(const hg__label_spans *s, const hg__steps *steps, uint8_t *label);
#endif
