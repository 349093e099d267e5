// SPDX-License-Identifier: Apache-2.0
// job.c - runs a job of the library: options in, signals and notes during, exit status out.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

volatile sig_atomic_t cli_stop;

static void stop(int signal_number) {
    if (cli_stop) _exit(128 + signal_number);
    cli_stop = signal_number;
}

static void print_note(void *context, const char *sentence) {
    const cli_line *line = context;
    if (!line->quiet) fprintf(stderr, "hourglass %s: note: %s\n", line->command, sentence);
}

static void print_detail(void *context, const char *sentence) {
    const cli_line *line = context;
    fprintf(stderr, "hourglass %s: %s\n", line->command, sentence);
}

hg_listener cli_listen(const cli_line *line) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = stop;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return (hg_listener){.context = (void *)line,
                         .note = print_note,
                         .stop = &cli_stop,
                         .detail = line->verbose ? print_detail : NULL};
}

int cli_begin(const cli_line *line, hg_options **options) {
    int status = cli_options(line, line->command, 0, options);
    if (status != CLI_DONE) return status;
    hg_error err = {0};
    if (hg_options_check(*options, &err) < 0) status = cli_fail(line, &err);
    char *text = line->verbose && status == CLI_DONE ? hg_options_format(*options, NULL) : NULL;
    if (text) fputs(text, stderr);
    hg_text_free(text);
    if (status != CLI_DONE) hg_options_free(*options);
    return status;
}

int cli_run_job(const cli_line *line, cli_job *job) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    hg_listener l = cli_listen(line);
    hg_error err = {0};
    if (job(o, &l, &err) < 0) status = cli_fail(line, &err);
    hg_options_free(o);
    return status;
}

int cli_run_long_job(const cli_line *line, cli_long_job *job) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    const hg_listener l = cli_listen(line);
    hg_error err = {0};
    char *text = NULL;
    if (job(o, &l, line->json, &text, &err) < 0) {
        status = cli_fail(line, &err);
    } else {
        cli_print_text(text);
    }
    hg_text_free(text);
    hg_options_free(o);
    return status;
}

int cli_run_text_job(const cli_line *line, cli_text_job *job) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    hg_error err = {0};
    char *text = NULL;
    if (job(o, line->json, &text, &err) < 0) {
        status = cli_fail(line, &err);
    } else {
        cli_print_text(text);
    }
    hg_text_free(text);
    hg_options_free(o);
    return status;
}
