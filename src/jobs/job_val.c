// SPDX-License-Identifier: Apache-2.0
// job_val.c - how well a model does: at judging parts, at finding faults in signals, at cleaning images, at finding labelled anomalies, or else at giving back a file's rows.
#include <string.h>
#include <strings.h>

#include "base/show.h"
#include "detect/table_model.h"
#include "jobs/job.h"
#include "jobs/judge_parts.h"
#include "jobs/judge_signal.h"
#include "jobs/packet_page.h"
#include "jobs/pages.h"
#include "jobs/val.h"

// What only hg__val_images() can do must not be passed over.
static int check_options(const hg_options *o, hg_error *err) {
    const struct hg__values *v = &o->values;
    const char *what = v->target[0] ? "target" : v->out[0] ? "out" : NULL;
    if (!what && v->noise[0] && hg__dataset_is_pictures(v->data)) what = "noise";
    if (!what) return HG_OK;
    char data[HG_MAX_VALUE], model[HG_MAX_VALUE];
    hg__mask_secrets(v->data, data, sizeof data); // whole, before a message cuts it
    hg__mask_secrets(v->model, model, sizeof model);
    return hg__fail(err, HG_ERR_USAGE,
                    "%s: expected images, and a model that takes them in any size, got data=%.200s "
                    "and model=%.200s",
                    what, data, model);
}

// A sheet by its name, which only pictures of parts go into.
static bool is_sheet(const char *out) {
    static const char *const ends[] = {".csv", ".txt", ".json", ".jsonl"};
    const size_t length = strlen(out);
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        const size_t own = strlen(ends[k]);
        if (length > own && strcasecmp(out + length - own, ends[k]) == 0) return true;
    }
    return false;
}

static bool has_labels(const hg_model *m, const hg_options *o) {
    return *o->values.label && hg__model_schema(m);
}

static int val_signal(hg_model *m, const hg_options *o, const hg_listener *l, hg_result *r,
                      hg_error *err) {
    const int code = check_options(o, err);
    if (code == HG_OK) return hg__val_signal(m, o, l, r, err);
    hg_model_free(m);
    return code;
}

int hg__job_val(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    hg_model *m = hg__model_load_named(o->values.model, err);
    if (!m) return (int)err->code;
    if (hg__is_packet_model(m)) return hg__val_packets(m, o, l, r, err);
    if (hg__is_signal_model(m)) return val_signal(m, o, l, r, err);
    const bool has_page =
        has_labels(m, o) || (!hg__is_part_model(m) && hg__val_cleans_images(m, o));
    const int fits = has_page ? hg__job_page_check(o, err) : hg__packet_page_refuse(o, err);
    if (fits < 0) {
        hg_model_free(m);
        return fits;
    }
    if (hg__is_part_model(m)) return hg__val_parts(m, o, l, r, err);
    if (hg__val_cleans_images(m, o) && is_sheet(o->values.out)) {
        hg_model_free(m);
        return hg__fail(err, HG_ERR_USAGE,
                        "out: expected a folder for pictures, got %.150s, a table as text",
                        o->values.out);
    }
    if (hg__val_cleans_images(m, o)) return hg__val_images(m, o, l, r, err);
    if (has_labels(m, o)) return hg__val_labels(m, o, l, r, err);
    const int code = check_options(o, err);
    if (code == HG_OK) return hg__val_rows(m, o, l, r, err);
    hg_model_free(m);
    return code;
}
