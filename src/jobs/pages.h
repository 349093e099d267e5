// SPDX-License-Identifier: Apache-2.0
// pages.h - page= of jobs that look at what is there: rows judged, scores held against labels, detectors beside each other, images
// cleaned. Each file adds sections to a page (report/page.h); here is what all of them have in common.
#ifndef HG_JOBS_PAGES_H
#define HG_JOBS_PAGES_H
#include "detect/metrics.h"
#include "jobs/compare.h"
#include "jobs/feed.h"
#include "jobs/val.h"
#include "report/page.h"

// page= is none of the files that are read or written, and can be made; HG_OK where it was not set.
int hg__job_page_check(const hg_options *o, hg_error *err);
// The same where it may also be a picture (.svg): of signals.
int hg__job_figure_check(const hg_options *o, hg_error *err);

// The last section, how to do it again, and the file. model: what was looked at with, or NULL; fingerprint: of the data, "".
int hg__job_page_save(hg__page *p, const hg_options *o, const hg__page_head *head,
                      const hg_model *model, const char *fingerprint, hg_error *err);

// table_page.c: rows of a table, as they are scored. All of it is nothing for NULL.

enum { HG_PAGE_REASONS = 3 };

typedef struct hg__shown_reason {
    char column[64], observed[64], expected[64];
    double part; // of the score
} hg__shown_reason;

typedef struct hg__shown_row {
    int64_t row;
    double score, p; // p: NaN without thresholds
    bool is_alarm;
    char group[64];
    hg__shown_reason reason[HG_PAGE_REASONS]; // column "": no more
} hg__shown_row;

typedef struct hg__table_page hg__table_page;
hg__table_page *hg__table_page_new(hg_error *err);
void hg__table_page_free(hg__table_page *t);
// Whether the row is one that the page shows, if it comes now: its reasons are wanted then.
bool hg__table_page_wants(const hg__table_page *t, double score);
void hg__table_page_add(hg__table_page *t, const hg__shown_row *row);
int hg__table_page_save(const hg__table_page *t, const hg_options *o, const hg__scored_rows *in,
                        const hg_result *r, bool by_fdr, hg_error *err);

// labels_page.c: scores and labels (rows); at: the threshold, or NULL.
int hg__labels_page_save(const hg_options *o, const hg__scored_rows *in, const hg__metrics *m,
                         const float *score, int64_t rows, hg_error *err);

// images_page.c: images as they are measured; part: what went in, what came out and what is clean, (height, width, channels) each;
// quality: of the first two. The first few are shown.
typedef struct hg__images_page hg__images_page;
hg__images_page *hg__images_page_new(hg_error *err);
void hg__images_page_free(hg__images_page *p);
int hg__images_page_add(hg__images_page *p, const char *name, const hg__frame *f,
                        const float *const part[3], const hg__quality quality[2], hg_error *err);
int hg__images_page_save(const hg__images_page *p, const hg__val_sheet *s, const hg_options *o,
                         const hg_model *model, uint64_t fingerprint, hg_error *err);

// The middle of images of one shape, (height, width, channels) each, side by side on a new canvas.
int hg__draw_middles(hg__canvas *c, const hg__frame *f, const float *const *part, int32_t parts,
                     hg_error *err);

// denoise_page.c: images that were cleaned, each with the file that came of it. The first few are shown. All of it is nothing for NULL.
typedef struct hg__denoise_page hg__denoise_page;
hg__denoise_page *hg__denoise_page_new(hg_error *err);
void hg__denoise_page_free(hg__denoise_page *p);
int hg__denoise_page_add(hg__denoise_page *p, const char *in, const char *out, hg_error *err);
int hg__denoise_page_save(const hg__denoise_page *p, const hg_options *o, const hg_model *model,
                          const hg_result *r, hg_error *err);

// compare_page.c
int hg__compare_page_save(const hg__comparison *c, const hg_options *o, hg_error *err);
#endif
