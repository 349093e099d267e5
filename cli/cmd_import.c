// SPDX-License-Identifier: Apache-2.0
// cmd_import.c - another program's weights to a model file.
#include "cli.h"

int cmd_import(const cli_line *line) {
    return cli_run_job(line, hg_import);
}
