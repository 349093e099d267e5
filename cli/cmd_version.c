// SPDX-License-Identifier: Apache-2.0
// cmd_version.c - which version this is.
#include "cli.h"

int cmd_version(const cli_line *line) {
    if (line->words) {
        return cli_fail_usage(line, "expected no word behind it, got '%.60s'", line->word[0]);
    }
    if (line->json) {
        putchar('{');
        cli_json_text(stdout, "version", hg_version());
        puts("}");
    } else {
        printf("hourglass %s\n", hg_version());
    }
    return CLI_DONE;
}
