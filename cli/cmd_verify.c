// SPDX-License-Identifier: Apache-2.0
// cmd_verify.c - whether a model file is whole.
#include "cli.h"

int cmd_verify(const cli_line *line) {
    return cli_run_text_job(line, hg_verify);
}
