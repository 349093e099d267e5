// SPDX-License-Identifier: Apache-2.0
// training_page.h - report.html of a training: what was learned of what, how well, what the code holds, how to do it again.
//
// What is not known or does not apply is 0 or NULL, and its section is left out.
#ifndef HG_REPORT_TRAINING_PAGE_H
#define HG_REPORT_TRAINING_PAGE_H
#include "base/tensor.h"
#include "detect/thresholds.h"
#include "report/loss_curve.h"
#include "report/svg.h"

// A name and what is said of it.
typedef struct hg__stated {
    char name[64];
    char text[1200];
} hg__stated;

typedef struct hg__stated_list {
    hg__stated *of; // owned, (count)
    int32_t count, capacity;
    bool failed; // memory was out
} hg__stated_list;
void hg__state(hg__stated_list *l, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void hg__stated_clear(hg__stated_list *l);

// Rows of one shape; width numbers each.
typedef struct hg__some_rows {
    float *x; // owned, (count, width)
    int32_t count;
} hg__some_rows;

// Numbers of the code, each moved over its range while the others stay: pictures of what is decoded then.
enum { HG_SLIDERS = 16, HG_SLIDER_STEPS = 11 };
typedef struct hg__code_moves {
    int32_t units;
    int32_t unit[HG_SLIDERS];                  // which number of the code
    int32_t at[HG_SLIDERS];                    // the step at which it is the row's own
    double value[HG_SLIDERS][HG_SLIDER_STEPS]; //
    float *picture;                            // owned, (units, HG_SLIDER_STEPS, width)
    int64_t row;                               // whose code it is
} hg__code_moves;

// Where codes lie.
typedef struct hg__code_map {
    hg__map_point *point; // owned, (points)
    int64_t points;
    char words[HG_MAP_CLASSES][32];
    const char *name[HG_MAP_CLASSES]; // (classes): of points' classes
    int32_t classes;                  // 0: none are known
    const char *method;               // "t-SNE"
    hg__some_rows tile;               // of points 0 .. count-1
    int64_t of;                       // rows there were
} hg__code_map;

typedef struct hg__training_page {
    char title[256], lead[600];
    hg__stated_list tiles, data, quality, repeat, columns;
    double mse, pca_mse;     // NaN: not known
    const char *error_words; // what the two are
    hg__loss_curve losses;   // owned
    const char *loss;        // its name
    hg__drawn_layer *layer;  // owned, (layers)
    int32_t layers;
    const char *spec; // borrowed
    hg__shape shape;  // of a row
    int32_t width, code;
    hg__some_rows in, out, clean; // samples, as many of each; clean: where rows are corrupted
    hg__code_moves moves;
    hg__some_rows drawn;   // from the prior
    hg__some_rows between; // decoded on the way from one row's code to another's
    hg__code_map map;
    const hg__thresholds *thresholds; // borrowed; NULL without
    const char *command;              // borrowed
    // The model card.
    const char *card; // borrowed: what the user says; NULL: nothing
    hg__stated_list about, limits;
} hg__training_page;

void hg__training_page_clear(hg__training_page *p);
int hg__training_page_save(const hg__training_page *p, const char *path, hg_error *err);

// training_code.c: the sections of the samples and of the code.
int hg__training_page_samples(hg__page *to, const hg__training_page *p, hg_error *err);
int hg__training_page_code(hg__page *to, const hg__training_page *p, hg_error *err);
#endif
