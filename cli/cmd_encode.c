// SPDX-License-Identifier: Apache-2.0
// cmd_encode.c - rows to codes.
#include "cli.h"

int cmd_encode(const cli_line *line) {
    return cli_run_job(line, hg_encode);
}
