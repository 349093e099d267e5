// SPDX-License-Identifier: Apache-2.0
// cmd_bench.c - the speed of this machine.
#include "cli.h"

int cmd_bench(const cli_line *line) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    hg_listener l = cli_listen(line);
    hg_error err = {0};
    char *text = NULL;
    if (hg_bench(o, &l, line->json, &text, &err) < 0) {
        status = cli_fail(line, &err);
    } else {
        cli_print_text(text);
    }
    hg_text_free(text);
    hg_options_free(o);
    return status;
}
