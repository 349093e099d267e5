// SPDX-License-Identifier: Apache-2.0
// main.c - finds the command and runs it.
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cli.h"

// clang-format off
const cli_command cli_commands[] = {
#define COMMAND(name, words, summary) {#name, words, summary, cmd_##name},
#include "commands.def"
#undef COMMAND
    {NULL, NULL, NULL, NULL},
};
// clang-format on

const cli_command *cli_find_command(const char *name) {
    for (const cli_command *c = cli_commands; c->name; c++) {
        if (strcmp(c->name, name) == 0) return c;
    }
    return NULL;
}

static int fail_unknown(const cli_line *line) {
    hg_error err = {0};
    hg_options_free(hg_options_new(line->command, &err)); // its sentence names the nearest mode
    fprintf(stderr, "hourglass: %s (`hourglass help` lists them)\n", err.message);
    return CLI_USAGE;
}

// Data that did not reach standard output is a failure, however well the rest went.
static int finish(const cli_line *line, int status) {
    if (fflush(stdout) == 0 && !ferror(stdout)) return status;
    fprintf(stderr, "hourglass %s: standard output: cannot write: %s\n", line->command,
            strerror(errno));
    return status == CLI_DONE ? CLI_FAILED : status;
}

int main(int argc, char **argv) {
    cli_line line;
    signal(SIGXFSZ, SIG_IGN); // a file too large (ulimit -f) is a failed write, and said so
    cli_parse_line(&line, argc, argv);
    if (!line.command) {
        fprintf(stderr, "hourglass: expected a mode, as in `hourglass train data=fashion`; "
                        "`hourglass help` lists them\n");
        return CLI_USAGE;
    }
    const cli_command *command = cli_find_command(line.command);
    if (!command) return fail_unknown(&line);
    if (line.help && command->run != cmd_help) { // `hourglass train --help`
        line = (cli_line){.command = "help", .word = line.word - 1, .words = 1};
        command = cli_find_command("help");
    }
    return finish(&line, command->run(&line));
}
