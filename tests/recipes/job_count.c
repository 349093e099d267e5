// SPDX-License-Identifier: Apache-2.0
// job_count.c - how many rows data= has, and how many numbers a row.
#include "base/host.h"
#include "base/text.h"
#include "jobs/job.h"
#include "rows/dataset.h"

int hg__job_count(const hg_options *o, const hg_listener *l, hg_result *r, hg_error *err) {
    const struct hg__values *v = &o->values;
    const hg__data_options how = {.label = "",
                                  .ignore = "",
                                  .on_bad = v->on_bad,
                                  .memory = (size_t)v->max_mem,
                                  .header = {.say = v->header},
                                  .listener = l};
    hg__text text = {0};
    hg__dataset *d = hg__dataset_open(v->data, &how, NULL, err);
    if (!d) return err->code;
    r->rows = d->source.rows;
    r->width = d->source.width;
    hg__dataset_close(d);
    hg__text_add(&text, r->json ? "{\"rows\":%lld,\"width\":%d}\n" : "%lld rows of %d numbers\n",
                 (long long)r->rows, (int)r->width);
    r->text = hg__text_take(&text, err);
    return r->text ? HG_OK : HG_ERR_MEMORY;
}
