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
    cli_watch *w = context;
    cli_progress_close(&w->progress);
    if (!w->line->quiet) fprintf(stderr, "hourglass %s: note: %s\n", w->line->command, sentence);
}

static void print_detail(void *context, const char *sentence) {
    cli_watch *w = context;
    cli_progress_close(&w->progress);
    fprintf(stderr, "hourglass %s: %s\n", w->line->command, sentence);
}

static void show_epoch(void *context, const hg_train_event *e) {
    cli_progress_train(&((cli_watch *)context)->progress, e);
}

static void show_stage(void *context, const hg_progress_event *e) {
    cli_progress_stage(&((cli_watch *)context)->progress, e);
}

hg_listener cli_listen(cli_watch *w, const cli_line *line, hg_options *o) {
    const char *style = hg_options_get(o, "progress");
    *w = (cli_watch){line, cli_progress_init(style ? style : "none", line->quiet)};
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = stop;
    action.sa_flags = SA_RESTART;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    return (hg_listener){.context = w,
                         .train = show_epoch,
                         .progress = show_stage,
                         .note = print_note,
                         .stop = &cli_stop,
                         .detail = line->verbose ? print_detail : NULL};
}

int cli_begin(const cli_line *line, hg_options **options) {
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

// Of a job that says itself what it made of how much.
static void print_done(const cli_watch *w, hg_options *o) {
    const cli_progress *p = &w->progress;
    const char *out = hg_options_get(o, "out");
    if (!out) out = hg_options_get(o, "model"); // calibrate
    if (!w->line->quiet && p->done && out && *out) cli_print_done(p, p->done, p->unit, "", out);
}

int cli_run_job(const cli_line *line, cli_job *job) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    cli_watch w;
    hg_listener l = cli_listen(&w, line, o);
    hg_error err = {0};
    const int code = job(o, &l, &err);
    cli_progress_close(&w.progress);
    if (code < 0) {
        status = cli_fail(line, &err);
    } else {
        print_done(&w, o);
    }
    hg_options_free(o);
    return status;
}

int cli_run_long_job(const cli_line *line, cli_long_job *job) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    cli_watch w;
    const hg_listener l = cli_listen(&w, line, o);
    hg_error err = {0};
    char *text = NULL;
    const int code = job(o, &l, line->json, &text, &err);
    cli_progress_close(&w.progress);
    if (code < 0) {
        status = cli_fail(line, &err);
    } else {
        cli_print_text(text);
        print_done(&w, o);
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
