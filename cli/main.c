// SPDX-License-Identifier: Apache-2.0
// main.c - finds the command and runs it.
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cli.h"

// clang-format off
static const cli_command others[] = {
#define COMMAND(name, words, summary) {#name, words, summary, cmd_##name},
#include "commands.def"
#undef COMMAND
};
// clang-format on

bool cli_command_at(size_t i, cli_command *command) {
    hg_job_info job = {.size = sizeof job};
    size_t jobs = 0;
    if (hg_job_at(i, &job)) {
        *command = (cli_command){job.name, "", job.summary, cli_run_job};
        return true;
    }
    while (hg_job_at(jobs, &job)) jobs++;
    if (i - jobs >= sizeof others / sizeof *others) return false;
    *command = others[i - jobs];
    return true;
}

bool cli_find_command(const char *name, cli_command *command) {
    for (size_t i = 0; cli_command_at(i, command); i++) {
        if (strcmp(command->name, name) == 0) return true;
    }
    return false;
}

bool cli_find_job(const char *name, hg_job_info *job) {
    for (size_t i = 0; hg_job_at(i, job); i++) {
        if (strcmp(job->name, name) == 0) return true;
    }
    return false;
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
    cli_command command;
    if (!cli_find_command(line.command, &command)) return fail_unknown(&line);
    if (line.help && command.run != cmd_help) { // `hourglass train --help`
        line = (cli_line){.command = "help", .word = line.word - 1, .words = 1};
        command.run = cmd_help;
    }
    return finish(&line, command.run(&line));
}
