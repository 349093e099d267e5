// SPDX-License-Identifier: Apache-2.0
// signal_page.h - what page= shows of a recording that is judged, gathered step by step, in memory that does not grow.
#ifndef HG_JOBS_SIGNAL_PAGE_H
#define HG_JOBS_SIGNAL_PAGE_H
#include "jobs/signal_tally.h"
#include "report/page.h"

typedef struct hg__signal_page hg__signal_page;

// *p is NULL where page= is not set: the calls below then do nothing. j and o live as long as *p does.
int hg__signal_page_open(hg__signal_page **p, const hg__signal_judging *j, const hg_options *o,
                         hg_error *err);
void hg__signal_page_free(hg__signal_page *p); // NULL is fine
// Every step that hg__signal_judging_next() gave, in order: j is its i-th. Never fails, allocates nothing.
void hg__signal_page_add(hg__signal_page *p, const hg__judged_step *j, int32_t i);
// Writes it, whole or not at all. m: what labels say of it, or NULL.
int hg__signal_page_save(hg__signal_page *p, const hg__signal_measured *m, hg_error *err);
// signal_page_figures.c: what of that comes first, and all of its figures as a table.
void hg__signal_page_add_figures(hg__page *to, const hg__signal_measured *m);
void hg__signal_page_add_table(hg__page *to, const hg__series_metrics *m);
#endif
