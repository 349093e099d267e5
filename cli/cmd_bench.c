// SPDX-License-Identifier: Apache-2.0
// cmd_bench.c - the speed of this machine.
#include "cli.h"

int cmd_bench(const cli_line *line) {
    return cli_run_long_job(line, hg_bench);
}
