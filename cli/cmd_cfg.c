// SPDX-License-Identifier: Apache-2.0
// cmd_cfg.c - the options a mode would run with, as YAML: `hourglass cfg train lr=0.01 > mine.yaml`.
#include <string.h>

#include "cli.h"

int cmd_cfg(const cli_line *line) {
    bool named = line->words > 0 && !strchr(line->word[0], '=') && line->word[0][0] != '-';
    hg_options *o;
    int status = cli_options(line, named ? line->word[0] : "train", named ? 1 : 0, &o);
    if (status != CLI_DONE) return status;
    hg_error err = {0};
    char *text = hg_options_format(o, &err);
    hg_options_free(o);
    if (!text) return cli_fail(line, &err);
    cli_print_text(text);
    hg_text_free(text);
    return CLI_DONE;
}
