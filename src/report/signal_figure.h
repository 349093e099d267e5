// SPDX-License-Identifier: Apache-2.0
// signal_figure.h - the overview of a recording that was judged as one picture of SVG, for papers and reports.
#ifndef HG_REPORT_SIGNAL_FIGURE_H
#define HG_REPORT_SIGNAL_FIGURE_H
#include "report/signal_chart.h"

bool hg__is_figure_path(const char *path); // ends in .svg
// All of the file is there, or none.
int hg__signal_figure_save(const char *path, const char *title, const hg__signal_shown *s,
                           hg_error *err);
#endif
