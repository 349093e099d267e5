// SPDX-License-Identifier: Apache-2.0
// cmd_compare.c - detectors side by side.
#include "cli.h"

int cmd_compare(const cli_line *line) {
    return cli_run_long_job(line, hg_compare);
}
