// SPDX-License-Identifier: Apache-2.0
// cmd_info.c - what is in a model file.
#include "cli.h"

int cmd_info(const cli_line *line) {
    return cli_run_text_job(line, hg_info);
}
