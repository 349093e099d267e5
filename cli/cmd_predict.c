// SPDX-License-Identifier: Apache-2.0
// cmd_predict.c - a score for each row.
#include "cli.h"

int cmd_predict(const cli_line *line) {
    return cli_run_job(line, hg_predict);
}
