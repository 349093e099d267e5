// SPDX-License-Identifier: Apache-2.0
// signal_page_figures.c - what labels say of a model of a recording, as a section of a page.
#include <math.h>

#include "jobs/signal_page.h"
#include "report/svg.h"

static void add_counts(hg__page *to, const hg__series_metrics *m) {
    hg__page_begin_list(to, true);
    hg__page_fact(to, "Normal steps", "%lld", (long long)(m->steps - m->anomalies));
    hg__page_fact(to, "Anomalous steps", "%lld", (long long)m->anomalies);
    if (m->has_alarms) {
        hg__page_fact(to, "Labelled events", "%lld", (long long)m->event.events);
        hg__page_fact(to, "Found", "%lld", (long long)m->event.found);
        hg__page_fact(to, "Alarms", "%lld", (long long)m->event.alarms);
        hg__page_fact(to, "False alarms", "%lld", (long long)m->event.false_alarms);
    }
    hg__page_end_list(to);
}

void hg__signal_page_add_table(hg__page *to, const hg__series_metrics *m) {
    static const char *const column[] = {"figure", "value", "95 % interval"};
    const char *title;
    hg__interval x;
    hg__page_section(to, "figures", "All figures");
    hg__page_begin_table(to, "Figures of the model's scores and alarms", column, 3, 6);
    for (size_t i = 0; hg__series_metrics_at(m, i, &title, &x); i++) {
        if (!isfinite(x.value)) continue;
        hg__page_row(to);
        hg__page_cell(to, "%s", title);
        hg__page_cell(to, "%.5g", x.value);
        if (isfinite(x.low)) {
            hg__page_cell(to, "%.5g to %.5g", x.low, x.high);
        } else {
            hg__page_cell(to, "–");
        }
    }
    hg__page_end_table(to);
    hg__page_note(to, "Delays are in steps%s; false alarms in 10^6 normal steps.",
                  isfinite(m->vus.pr) ? ", VUS is over windows of 0 steps to those of a period"
                                      : "");
}

static void add_alone(hg__page *to, const hg__signal_measured *m) {
    hg__bar bar[HG_WINDOW_DETECTORS + 1] = {
        {"the model", m->all.vus.pr, (double)NAN, (double)NAN, 1}
    };
    int32_t bars = 1;
    for (int32_t row = 0; row < HG_WINDOW_DETECTORS; row++) {
        if (!isfinite(m->alone[row])) continue;
        bar[bars++] =
            (hg__bar){hg__window_detector_title(row), m->alone[row], (double)NAN, (double)NAN, 2};
    }
    if (bars == 1) return;
    hg__page_begin_figure(to);
    hg__svg_bars(to, "VUS-PR", "VUS-PR of the model and of each of its detectors alone.", bar,
                 bars);
    hg__page_end_figure(to, "The model and each of its detectors alone. Longer is better.");
}

void hg__signal_page_add_figures(hg__page *to, const hg__signal_measured *m) {
    hg__page_section(to, "labels", "Beside the labels");
    add_counts(to, &m->all);
    if (*m->sentence) hg__page_paragraph(to, "%s.", m->sentence);
    add_alone(to, m);
}
