// SPDX-License-Identifier: Apache-2.0
// val_parts_sheet.c - figures of pictures of parts as lines and as one JSON object.
#include "jobs/val_parts_sheet.h"

#include <math.h>
#include <string.h>

#include "base/json.h"

// ---- one list of all that is measured -----------------------------------------------------------

typedef struct figure {
    const char *key, *title;
    hg__interval of;
} figure;

enum { IMAGE = 8 };

static void list_image(const hg__part_figures *f, figure to[IMAGE]) {
    const hg__metrics *m = &f->image;
    const hg__interval f1 = {f->f1, (double)NAN, (double)NAN};
    const figure all[IMAGE] = {
        {"image_auroc",         "image AUROC",             m->auroc           },
        {"image_ap",            "image average precision", m->ap              },
        {"image_best_f1",       "image best F1",           m->best_f1         },
        {"image_fpr_at_95_tpr", "image FPR at 95 % TPR",   m->fpr_at_95_tpr   },
        {"false_alarm_rate",    "false-alarm rate",        m->false_alarm_rate},
        {"image_recall",        "image recall",            m->recall          },
        {"image_precision",     "image precision",         m->precision       },
        {"image_f1",            "image F1",                f1                 },
    };
    memcpy(to, all, sizeof all);
}

// Figure i of those of images, of pixels, of regions, in this order; false behind the last.
static bool figure_at(const hg__part_figures *f, int32_t i, figure *to) {
    static const char *const title[] = {
        "pixel AUROC",  "pixel average precision", "AUPRO to 30 %", "AUPRO to 5 %",
        "AUPIMO",       "pixel best F1",           "pixel F1",      "pixel precision",
        "pixel recall", "pixel false alarms",      "with any alarm"};
    static const char *const box_title[] = {"defects hit", "false regions/picture",
                                            "good with regions"};
    figure image[IMAGE];
    list_image(f, image);
    if (i < IMAGE) {
        *to = image[i];
        return true;
    }
    i -= IMAGE;
    if (f->has_map) {
        if (hg__map_metrics_at(&f->map, i, &to->key, &to->of)) {
            to->title = i < (int32_t)(sizeof title / sizeof *title) ? title[i] : to->key;
            return true;
        }
        i -= (int32_t)(sizeof title / sizeof *title);
    }
    if (i == 0) {
        *to = (figure){
            "hit_at_1_false", "hit at 1 false region", {f->hit, (double)NAN, (double)NAN}
        };
        return true;
    }
    i--;
    if (!f->has_box || !hg__box_metrics_at(&f->box, i, &to->key, &to->of)) return false;
    to->title = i < (int32_t)(sizeof box_title / sizeof *box_title) ? box_title[i] : to->key;
    return true;
}

// ---- JSON ---------------------------------------------------------------------------------------

static void add_finite(hg__json_writer *w, const char *key, double x) {
    if (isfinite(x)) hg__json_add_real(w, key, 9, x);
}

static void add_figures(hg__json_writer *w, const hg__part_figures *f) {
    figure at;
    for (int32_t i = 0; figure_at(f, i, &at); i++) {
        if (!isfinite(at.of.value)) continue;
        hg__json_begin(w, at.key, '{');
        add_finite(w, "value", at.of.value);
        add_finite(w, "low", at.of.low);
        add_finite(w, "high", at.of.high);
        hg__json_end(w, '}');
    }
}

static void write_json(const hg__part_sheet *s, hg__text *t) {
    const hg__part_figures *m = &s->of[0];
    hg__json_writer w = {.to = t};
    hg__json_begin(&w, NULL, '{');
    hg__json_add_integer(&w, "good", m->image.normal);
    hg__json_add_integer(&w, "defects", m->image.anomalies);
    hg__json_add_integer(&w, "unlabelled", s->unlabelled);
    hg__json_add_boolean(&w, "taken_as_good", s->taken_as_good);
    hg__json_add_boolean(&w, "rests_as_good", s->has_rests);
    if (m->has_map) {
        hg__json_add_integer(&w, "pictures_of_maps", m->map.good_pictures + m->map.defect_pictures);
        hg__json_add_integer(&w, "regions", m->map.regions);
        hg__json_add_integer(&w, "unseen", s->unseen);
        hg__json_add_integer(&w, "without_mask", s->without_mask);
    }
    if (s->at) {
        add_finite(&w, "fpr", s->at->fpr);
        add_finite(&w, "threshold", s->at->value);
    }
    add_finite(&w, "pixel_threshold", s->pixel_threshold);
    add_finite(&w, "region_low", s->region_low);
    add_figures(&w, m);
    hg__json_begin(&w, "baselines", '{');
    for (int32_t k = 1; k < s->methods; k++) {
        hg__json_begin(&w, s->of[k].name, '{');
        add_figures(&w, &s->of[k]);
        hg__json_end(&w, '}');
    }
    hg__json_end(&w, '}');
    hg__json_end(&w, '}');
    hg__text_add(t, "\n");
}

// ---- for people ---------------------------------------------------------------------------------

static void write_head(const hg__part_sheet *s, hg__text *t) {
    const hg__part_figures *m = &s->of[0];
    hg__text_add(t, "pictures                 %lld good%s, %lld with defects\n",
                 (long long)m->image.normal,
                 s->taken_as_good ? " (no labels: all taken as good)"
                 : s->has_rests   ? " (what lies away from the defects of the others)"
                                  : "",
                 (long long)m->image.anomalies);
    if (s->unlabelled && !s->taken_as_good) {
        hg__text_add(t, "not counted              %d without label\n", s->unlabelled);
    }
    if (s->without_mask) {
        hg__text_add(t, "without usable mask      %d, which count as pictures only\n",
                     s->without_mask);
    }
    if (s->unseen) {
        hg__text_add(t,
                     "outside of what is seen  the defects of %d, which count as pictures only\n",
                     s->unseen);
    }
}

static void write_figures(const hg__part_sheet *s, hg__text *t) {
    figure at;
    for (int32_t i = 0; figure_at(&s->of[0], i, &at); i++) {
        if (!isfinite(at.of.value)) continue;
        hg__text_add(t, "%-23s  %-8.5g", at.title, at.of.value);
        if (isfinite(at.of.low)) {
            hg__text_add(t, "  (95 %%: %.5g to %.5g)", at.of.low, at.of.high);
        }
        const bool is_rate =
            strcmp(at.key, "false_alarm_rate") == 0 || strcmp(at.key, "picture_false_alarms") == 0;
        if (is_rate && s->at) hg__text_add(t, "  asked for: %g", s->at->fpr);
        hg__text_add(t, "\n");
    }
}

static double value_of(const hg__part_figures *f, const char *key) {
    figure at;
    for (int32_t i = 0; figure_at(f, i, &at); i++) {
        if (strcmp(at.key, key) == 0) return at.of.value;
    }
    return (double)NAN;
}

// A line each of what does not depend on a threshold.
static void write_baselines(const hg__part_sheet *s, hg__text *t) {
    static const struct {
        const char *key, *title;
    } column[] = {
        {"image_auroc",    "image AUROC"},
        {"image_ap",       "image AP"   },
        {"hit_at_1_false", "hit at 1 fr"},
        {"pixel_auroc",    "pixel AUROC"},
        {"aupro_30",       "AUPRO 30 %" },
        {"aupro_5",        "AUPRO 5 %"  },
    };
    enum { COLUMNS = sizeof column / sizeof *column };
    const int columns = isfinite(s->of[0].map.auroc.value) ? COLUMNS
                        : isfinite(s->of[0].hit)           ? 3
                                                           : 2;
    hg__text_add(t, "\n%-14s", "beside it");
    for (int c = 0; c < columns; c++) hg__text_add(t, " %12s", column[c].title);
    for (int32_t k = 0; k < s->methods; k++) {
        hg__text_add(t, "\n%-14s", s->of[k].name);
        for (int c = 0; c < columns; c++) {
            const double value = value_of(&s->of[k], column[c].key);
            if (isfinite(value)) hg__text_add(t, " %12.4f", value);
            if (!isfinite(value)) hg__text_add(t, " %12s", "-");
        }
    }
    hg__text_add(t, "\n");
}

char *hg__part_sheet_format(const hg__part_sheet *s, bool json, hg_error *err) {
    hg__text t = {0};
    if (json) {
        write_json(s, &t);
    } else {
        write_head(s, &t);
        write_figures(s, &t);
        if (s->methods > 1 && isfinite(s->of[0].image.auroc.value)) write_baselines(s, &t);
        if (*s->note) hg__text_add(&t, "\n%s\n", s->note);
    }
    return hg__text_take(&t, err);
}
