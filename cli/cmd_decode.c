// SPDX-License-Identifier: Apache-2.0
// cmd_decode.c - codes to rows.
#include "cli.h"

int cmd_decode(const cli_line *line) {
    return cli_run_job(line, hg_decode);
}
