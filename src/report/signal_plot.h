// SPDX-License-Identifier: Apache-2.0
// signal_plot.h - one of the plots of a recording that was judged: what is drawn in it, as paths of SVG, and where its axes have numbers.
// A page stretches it and puts words around (signal_chart.c), a picture has it where it stands (signal_figure.c).
#ifndef HG_REPORT_SIGNAL_PLOT_H
#define HG_REPORT_SIGNAL_PLOT_H
#include "report/axis.h"
#include "report/signal_chart.h"

// All borrowed.
typedef struct hg__signal_plot {
    hg__text *to;
    const hg__signal_shown *shown;
    const hg__signal_series *series;
    int32_t each, columns;        // bins of a column
    hg__axis y;                   // hg__signal_plot_score(), hg__signal_plot_channel()
    double left, top, wide, high; // where it lies
    double grain;                 // parts of a unit that places are rounded to
    double band;                  // how high labels are
} hg__signal_plot;

// At most so many columns, each a unit wide; `high` units.
hg__signal_plot hg__signal_plot_of(hg__text *to, const hg__signal_shown *shown,
                                   const hg__signal_series *s, int32_t most);
bool hg__signal_plot_has_bands(const hg__signal_plot *o); // columns are wider than a step
// A model that looks at shapes alone expects no values.
bool hg__signal_has_expected(const hg__signal_shown *s);

// What the axis goes over, of the score or of a channel; what is to be seen, in a sentence.
void hg__signal_plot_score(hg__signal_plot *o, char *sense, size_t size);
void hg__signal_plot_channel(hg__signal_plot *o, int32_t channel, char *sense, size_t size);
double hg__signal_plot_y(const hg__signal_plot *o, double value);

// Rules, gaps, events and labels; and the lines before them.
void hg__signal_plot_add_ground(const hg__signal_plot *o);
void hg__signal_plot_add_score(const hg__signal_plot *o);
void hg__signal_plot_add_channel(const hg__signal_plot *o, int32_t channel);

// Where time, or the number of steps, has a name; how many.
typedef struct hg__signal_tick {
    double share; // of the width
    char words[HG_SIGNAL_TIME];
} hg__signal_tick;
int32_t hg__signal_plot_ticks(const hg__signal_plot *o, hg__signal_tick tick[HG_TICKS]);
bool hg__signal_plot_is_timed(const hg__signal_plot *o); // they are times
#endif
