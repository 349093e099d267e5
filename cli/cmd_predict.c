// SPDX-License-Identifier: Apache-2.0
// cmd_predict.c - a score for each row.
#include <string.h>

#include "cli.h"

int cmd_predict(const cli_line *line) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    cli_watch w;
    const hg_listener l = cli_listen(&w, line, o);
    hg_predict_result result = {0};
    hg_error err = {0};
    int code = HG_OK;
    if (line->json && !hg_options_is_set(o, "format")) {
        code = hg_options_set(o, "format", "json", &err);
    }
    if (code == HG_OK) code = hg_predict(o, &l, &result, &err);
    cli_progress_close(&w.progress);
    if (code == HG_OK && !line->quiet) {
        char more[48] = "";
        if (result.judged) {
            snprintf(more, sizeof more, ", %lld alarm%s", (long long)result.alarms,
                     result.alarms == 1 ? "" : "s");
        }
        cli_print_done(&w.progress, result.rows, w.progress.unit, more, hg_options_get(o, "out"));
    }
    if (code < 0) {
        status = cli_fail(line, &err);
    } else if (result.alarms && strcmp(hg_options_get(o, "fail_on_anomaly"), "true") == 0) {
        status = CLI_ANOMALIES;
    }
    hg_options_free(o);
    return status;
}
