// SPDX-License-Identifier: Apache-2.0
// cmd_reconstruct.c - rows through the model and back.
#include "cli.h"

int cmd_reconstruct(const cli_line *line) {
    return cli_run_job(line, hg_reconstruct);
}
