// SPDX-License-Identifier: Apache-2.0
// cmd_calibrate.c - a new threshold from new normal rows.
#include "cli.h"

int cmd_calibrate(const cli_line *line) {
    return cli_run_long_job(line, hg_calibrate);
}
