// SPDX-License-Identifier: Apache-2.0
// watch_outputs.c - what a watcher is asked to write besides is none of what it keeps.
#include "base/file.h"
#include "jobs/watch.h"

int hg__watch_check_outputs(const hg_options *o, const char *folder, hg_error *err) {
    static const char *const names[] = {HG_WATCH_ALERTS, HG_WATCH_MODEL, HG_WATCH_BEFORE,
                                        HG_WATCH_DIGEST, HG_WATCH_PERIOD};
    const char *const outputs[][2] = {
        {"page", o->values.page},
        {"out",  o->values.out }
    };
    char path[1100];
    for (size_t i = 0; *folder && i < 2 * sizeof names / sizeof *names; i++) {
        const char *const *one = outputs[i % 2];
        HG_TRY(hg__join_path(path, sizeof path, folder, names[i / 2], err));
        if (!hg__path_is_same(one[1], path)) continue;
        return hg__fail(err, HG_ERR_USAGE,
                        "%s: expected another file than those of the watcher's own, got %s", one[0],
                        one[1]);
    }
    return HG_OK;
}
