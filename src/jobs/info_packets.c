// SPDX-License-Identifier: Apache-2.0
// info_packets.c - what `info` says of a model of packets.
#include "base/show.h"
#include "jobs/job.h"
#include "jobs/judge_packets.h"

typedef struct told {
    char what[200];
    hg__thresholds all; // owned
} told;

static int tell(told *t, const hg__packet_judge_type *type, const hg_model *m, const char *where,
                hg_error *err) {
    *t = (told){0};
    HG_TRY(type->describe(m, where, t->what, sizeof t->what, err));
    return hg__thresholds_load(&t->all, m, where, err);
}

int hg__info_packets_text(hg__text *t, const hg_model *m, const char *where, hg_error *err) {
    const hg__packet_judge_type *type = hg__packet_judge_of(m);
    told own;
    if (!type) return HG_OK;
    HG_TRY(tell(&own, type, m, where, err));
    hg__text_add(t, "packets     %s\n", own.what);
    hg__thresholds_write(&own.all, "packets", "            ", t);
    hg__thresholds_clear(&own.all);
    return HG_OK;
}

int hg__info_packets_json(hg__json *to, const hg_model *m, const char *where, hg_error *err) {
    const hg__packet_judge_type *type = hg__packet_judge_of(m);
    told own;
    if (!type) return HG_OK;
    HG_TRY(tell(&own, type, m, where, err));
    hg__json *o = hg__json_object();
    int bad = hg__json_set(o, "what", hg__json_string(own.what, err));
    if (own.all.groups) {
        hg__json *whole = hg__info_threshold_json(&own.all, 0, err);
        bad |= hg__json_update(o, whole);
        hg__json_free(whole);
    }
    hg__thresholds_clear(&own.all);
    bad |= hg__json_set(to, "packets", o);
    return bad ? hg__fail(err, HG_ERR_MEMORY, "out of memory while writing JSON") : HG_OK;
}
