// SPDX-License-Identifier: Apache-2.0
// info_parts.c - what `info` says of a model of parts: how pictures are seen, what speaks for a defect, what is an alarm.
#include "base/json.h"
#include "base/mem.h"
#include "base/show.h"
#include "detect/table_model.h"
#include "detect/thresholds.h"
#include "inspect/inspector.h"
#include "inspect/regions.h"
#include "jobs/job.h"

static const char indent[] = "            "; // as wide as the other lines' first words

static const hg__json *parts_of(const hg_model *m) {
    return hg__json_object_get(hg__model_detector(m), "parts");
}

static int64_t rows_of(const hg_model *m, const char *name) {
    const hg__tensor *t = hg__model_part(m, name);
    return t && t->shape.rank > 0 ? t->shape.dim[0] : 0;
}

// ---- for people ---------------------------------------------------------------------------------

static void add_view(hg__text *t, const hg__part_view *v) {
    hg__text_add(t, "parts       %s", v->channels == 1 ? "grey" : "in colour");
    if (v->width) {
        hg__text_add(t, ", pictures of %d x %d pixels", v->width, v->height);
    } else {
        hg__text_add(t, ", pictures of several sizes");
    }
    hg__text_add(t, ", seen at %.4g of their size\n", v->factor);
    if (v->crop.width) {
        hg__text_add(t, "%scrop of %d x %d pixels from %d, %d on\n", indent, v->crop.width,
                     v->crop.height, v->crop.left, v->crop.top);
    }
    if (v->region.run) hg__text_add(t, "%sa region of interest\n", indent);
    if (!hg__alignment_has(&v->alignment)) return;
    hg__text_add(t,
                 "%saligned: the mean part explains %.0f %% of good pictures, without it %.0f %%\n",
                 indent, 100 * v->alignment.after, 100 * v->alignment.before);
}

static void add_clues(hg__text *t, const hg__json *parts) {
    const char *kind = hg__json_string_value(hg__json_object_get(parts, "kind"));
    const bool has_pairs = hg__json_is_true(hg__json_object_get(parts, "pairs"));
    const double share = hg__json_number_value(hg__json_object_get(parts, "share"));
    hg__text_add(t, "%skind %s; a score is ", indent, kind ? kind : "?");
    if (share > 0) {
        hg__text_add(t, "the mean of the highest %.3g %% of a map", 100 * share);
    } else {
        hg__text_add(t, "a map's highest cell");
    }
    hg__text_add(t, "%s\n", has_pairs ? "; pictures are judged beside their templates" : "");
    const char *backbone = hg__json_string_value(hg__json_object_get(parts, "backbone"));
    const char *stages = hg__json_string_value(hg__json_object_get(parts, "stages"));
    const char *features = hg__json_string_value(hg__json_object_get(parts, "features"));
    if (backbone && stages && features) {
        hg__text_add(t, "%sfeatures of a ", indent);
        hg__text_add_shown(t, backbone);
        hg__text_add(t, ", ");
        hg__text_add_shown(t, stages);
        hg__text_add(t, ", by ");
        hg__text_add_shown(t, features);
        hg__text_add(t, "\n");
    }
}

static void add_region_low(hg__text *t, const hg_model *m, double threshold) {
    const hg__tensor *part = hg__model_part(m, "detector.background");
    if (!part || part->dtype != HG_F32 || rows_of(m, "detector.background") != 1) return;
    const float low = hg__region_low(*(const float *)part->data, (float)threshold);
    hg__text_add(t, "%swhere there are some, they reach as far as pixels are above %.6g\n", indent,
                 (double)low);
}

// The pictures' thresholds, and that of pixels.
static int add_thresholds(hg__text *t, const hg_model *m, const char *where, hg_error *err) {
    hg__thresholds all;
    hg__threshold pixel;
    hg__calibration peaks = {0};
    HG_TRY(hg__thresholds_load(&all, m, where, err));
    hg__text_add(t, "%s%lld pictures held out\n", indent,
                 (long long)(all.groups ? all.held.whole.count : 0));
    hg__thresholds_write(&all, "pictures", indent, t);
    const hg__tensor *part = hg__model_part(m, "detector.peaks");
    int code = HG_OK;
    if (all.groups && part && part->dtype == HG_F32 && rows_of(m, "detector.peaks") > 0) {
        code = hg__calibration_init(&peaks, part->data, part->shape.dim[0], err);
        if (code == HG_OK) code = hg__calibration_threshold(&peaks, all.fpr, &pixel, err);
        if (code == HG_OK) {
            hg__text_add(
                t, "%spixels above %.6g are defects: a share of %g of good pictures has any\n",
                indent, pixel.value, all.fpr);
            add_region_low(t, m, pixel.value);
        }
    }
    hg__calibration_clear(&peaks);
    hg__thresholds_clear(&all);
    return code;
}

static void add_needs(hg__text *t, const hg__inspector_needs *n, size_t max_mem) {
    if (!n->training) return;
    hg__text_add(t, "%swith max_mem=%zuM training takes at most %.0f MB in all", indent,
                 max_mem >> 20, (double)n->training / 1e6);
    if (n->judging) hg__text_add(t, ", judging such pictures %.0f", (double)n->judging / 1e6);
    hg__text_add(t, "\n");
}

int hg__info_parts_text(hg__text *t, const hg__info_parts *p, hg_error *err) {
    const hg_model *m = p->model;
    const char *where = p->where;
    hg__inspector_needs needs;
    const hg__json *parts = parts_of(m);
    hg__part_view view;
    if (!parts) return HG_OK;
    HG_TRY(hg__part_view_parse(&view, hg__json_object_get(parts, "view"), where, err));
    add_view(t, &view);
    hg__part_view_clear(&view);
    add_clues(t, parts);
    HG_TRY(hg__inspector_measure(m, p->threads, p->plan, p->max_mem, where, &needs, err));
    add_needs(t, &needs, p->max_mem);
    return add_thresholds(t, m, where, err);
}

// ---- for programs -------------------------------------------------------------------------------

int hg__info_parts_json(hg__json *to, const hg__info_parts *p, hg_error *err) {
    const hg_model *m = p->model;
    const char *where = p->where;
    hg__thresholds all;
    hg__inspector_needs needs;
    if (!parts_of(m)) return HG_OK;
    HG_TRY(hg__inspector_measure(m, p->threads, p->plan, p->max_mem, where, &needs, err));
    HG_TRY(hg__thresholds_load(&all, m, where, err));
    int bad = hg__json_set(to, "parts", hg__json_copy(parts_of(m)));
    if (needs.training) {
        bad |= hg__json_set(to, "peak_training", hg__json_integer((int64_t)needs.training));
    }
    if (needs.judging) {
        bad |= hg__json_set(to, "peak_judging", hg__json_integer((int64_t)needs.judging));
    }
    bad |= hg__json_set(to, "held_out",
                        hg__json_integer(all.groups ? (int64_t)all.held.whole.count : 0));
    if (all.groups) {
        bad |= hg__json_set(to, "threshold", hg__json_real(all.group[0].at.value));
        bad |= hg__json_set(to, "fpr", hg__json_real(all.fpr));
    }
    hg__thresholds_clear(&all);
    return bad ? hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON") : HG_OK;
}
