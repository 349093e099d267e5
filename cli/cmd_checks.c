// SPDX-License-Identifier: Apache-2.0
// cmd_checks.c - what this machine and this build have.
#include "cli.h"

int cmd_checks(const cli_line *line) {
    return cli_run_text_job(line, hg_checks);
}
