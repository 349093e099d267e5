// SPDX-License-Identifier: Apache-2.0
// job.c - runs a job of the library: options in, signals and notes during, its text and exit status out.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

volatile sig_atomic_t cli_stop, cli_report, cli_reload;

static void stop(int signal_number) {
    if (cli_stop) _exit(128 + signal_number);
    cli_stop = signal_number;
}

static void print_note(void *context, const char *sentence) {
    cli_run *r = context;
    cli_progress_close(&r->progress);
    if (!r->line->quiet) fprintf(stderr, "hourglass %s: note: %s\n", r->line->command, sentence);
}

static void print_detail(void *context, const char *sentence) {
    cli_run *r = context;
    cli_progress_close(&r->progress);
    fprintf(stderr, "hourglass %s: %s\n", r->line->command, sentence);
}

static void show_epoch(void *context, const hg_train_event *e) {
    cli_progress_train(&((cli_run *)context)->progress, e);
}

static void show_stage(void *context, const hg_progress_event *e) {
    cli_progress_stage(&((cli_run *)context)->progress, e);
}

// A job that would be over before it asks is left to the signal's own ways.
static void catch_signals(const char *job) {
    hg_job_info info = {.size = sizeof info};
    struct sigaction action;
    if (!cli_find_job(job, &info) || !info.stops) return;
    memset(&action, 0, sizeof action);
    action.sa_handler = stop;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

// Prints notes and progress (unless quiet), and stops on SIGINT and SIGTERM. A second signal leaves at once.
static hg_listener listen(cli_run *r) {
    const char *style = hg_options_get(r->o, "progress");
    r->progress = cli_progress_init(style ? style : "none", r->line->quiet);
    catch_signals(r->line->command);
    return (hg_listener){.size = sizeof(hg_listener),
                         .context = r,
                         .train = show_epoch,
                         .progress = show_stage,
                         .note = print_note,
                         .stop = &cli_stop,
                         .report = &cli_report,
                         .reload = &cli_reload,
                         .detail = r->line->verbose ? print_detail : NULL};
}

// The options, checked, and printed where that was asked for.
static int begin(const cli_line *line, hg_options **options) {
    char sentence[HG_SENTENCE];
    for (size_t i = 0; !line->quiet && hg_environment_at(i, sentence); i++) {
        fprintf(stderr, "hourglass %s: note: %s\n", line->command, sentence);
    }
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

int cli_run_job(const cli_line *line) {
    cli_run r = {
        .line = line, .result = {.size = sizeof r.result, .json = line->json}
    };
    int status = begin(line, &r.o);
    if (status != CLI_DONE) return status;
    hg_error err = {0};
    const cli_ending *ending = cli_find_ending(line->command);
    const hg_listener l = listen(&r);
    r.code = ending->prepare ? ending->prepare(&r, &err) : HG_OK;
    if (r.code == HG_OK) r.code = hg_run(r.o, &l, &r.result, &err);
    cli_progress_close(&r.progress);
    if (r.code == HG_OK && r.result.text) cli_print_text(r.result.text);
    ending->end(&r, &err);
    if (r.code < 0) status = cli_fail(line, &err);
    if (r.code == HG_OK && r.has_anomalies) status = CLI_ANOMALIES;
    hg_text_free(r.result.text);
    hg_options_free(r.o);
    return status;
}
