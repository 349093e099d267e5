// SPDX-License-Identifier: Apache-2.0
// cmd_version.c - which version this is.
#include "cli.h"

int cmd_version(const cli_line *line) {
    if (line->words) {
        return cli_fail_usage(line, "expected no word behind it, got '%.60s'", line->word[0]);
    }
    if (line->json) {
        const cli_field version = {"version", CLI_TEXT, .text = hg_version()};
        cli_print_object(stdout, &version, 1);
    } else {
        printf("hourglass %s\n", hg_version());
    }
    return CLI_DONE;
}
