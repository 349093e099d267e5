// SPDX-License-Identifier: Apache-2.0
// pages.c - what pages of jobs have in common: where they go, and how to do it again.
#include "jobs/pages.h"

#include <string.h>

#include "base/file.h"
#include "base/show.h"
#include "jobs/packet_page.h"

int hg__job_page_check(const hg_options *o, hg_error *err) {
    return *o->values.page ? hg__packet_page_check(o, err) : HG_OK;
}

int hg__job_page_save(hg__page *p, const hg_options *o, const hg__page_head *head,
                      const hg_model *model, const char *fingerprint, hg_error *err) {
    hg__text command = {0};
    hg__options_format_command(o, &command);
    hg__page_section(p, "again", "How to do it again");
    hg__page_paragraph(p,
                       "The same files, options and version give the same page but for times, with "
                       "any number of threads and on any processor:");
    if (command.data) hg__page_code(p, command.data);
    hg__page_begin_list(p, false);
    hg__page_fact(p, "Version", "hourglass %s", hg_version());
    if (*fingerprint) hg__page_fact(p, "Fingerprint of the data", "%s", fingerprint);
    if (model && model->fingerprint[0]) {
        hg__page_fact(p, "Fingerprint of the training data", "%s", model->fingerprint);
    }
    if (model && model->run[0]) hg__page_fact(p, "Run of the model", "%s", model->run);
    if (model) hg__page_fact(p, "Network", "%s", model->net.spec.text);
    hg__page_end_list(p);
    const bool failed = command.failed;
    hg__text_clear(&command);
    if (failed) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", o->values.page);
    return hg__page_save(p, o->values.page, head, err);
}
