// SPDX-License-Identifier: Apache-2.0
// ending.c - what is done for a job beside running it: a row for each that has a word of its own before or behind it.
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

// ---- train: says what came of it, draws its pictures --------------------------------------------

// How the loss of training went, for a terminal.
static void print_spark(const cli_progress *p) {
    char spark[CLI_SPARK_BYTES];
    cli_spark_format(&p->spark, CLI_SPARKS, p->unicode, spark);
    if (!p->terminal || p->style != CLI_BAR || !*spark) return;
    fprintf(stderr, "loss %s%s%s from %.6g to %.6g\n", p->colour ? "\033[36m" : "", spark,
            p->colour ? "\033[0m" : "", p->spark.first, p->spark.last);
}

static void print_trained(const cli_progress *p, const hg_result *r) {
    char took[32], rate[32];
    cli_format_seconds(took, r->seconds);
    cli_format_rate(rate, r->rows_per_second);
    fprintf(stderr, "%s: ", r->exit_reason);
    if (r->epochs > 0) {
        fprintf(stderr, "%d epochs in %s", r->epochs, took);
    } else { // solved, not trained
        fprintf(stderr, "%lld rows in %s", (long long)r->rows, took);
    }
    if (r->rows_per_second > 0) fprintf(stderr, ", %s rows/s", rate);
    if (r->epochs > 0) fprintf(stderr, ", best epoch %d", r->best_epoch);
    fputc('\n', stderr);
    print_spark(p);
    if (isfinite(r->val_mse)) fprintf(stderr, "validation MSE %.6g", r->val_mse);
    if (isfinite(r->val_mse) && isfinite(r->pca_mse)) {
        fprintf(stderr, ", PCA with the same code size %.6g", r->pca_mse);
    }
    if (isfinite(r->val_mse)) fputc('\n', stderr);
    char folder[sizeof r->folder];
    snprintf(folder, sizeof folder, "%s", r->folder);
    cli_show(folder);
    if (folder[0]) fprintf(stderr, "results in %s\n", folder);
}

static void print_trained_json(const hg_result *r) {
    const cli_field fields[] = {
        {"folder",          CLI_TEXT,   .text = r->folder           },
        {"exit_reason",     CLI_TEXT,   .text = r->exit_reason      },
        {"epochs",          CLI_WHOLE,  .whole = r->epochs          },
        {"best_epoch",      CLI_WHOLE,  .whole = r->best_epoch      },
        {"rows",            CLI_WHOLE,  .whole = r->rows            },
        {"parameters",      CLI_WHOLE,  .whole = r->parameters      },
        {"train_loss",      CLI_NUMBER, .number = r->train_loss     },
        {"best_val_loss",   CLI_NUMBER, .number = r->best_val_loss  },
        {"val_mse",         CLI_NUMBER, .number = r->val_mse        },
        {"pca_mse",         CLI_NUMBER, .number = r->pca_mse        },
        {"seconds",         CLI_NUMBER, .number = r->seconds        },
        {"rows_per_second", CLI_NUMBER, .number = r->rows_per_second},
    };
    cli_print_object(stdout, fields, sizeof fields / sizeof *fields);
}

// How many samples to draw. A resumed run has its own wish, unless the caller has one.
static int32_t samples_of(hg_options *o, const char *folder) {
    char path[1100];
    hg_options *run = hg_options_new("train", NULL);
    snprintf(path, sizeof path, "%s/args.yaml", folder);
    bool ask_run = run && !hg_options_is_set(o, "samples") && hg_options_load(run, path, NULL) == 0;
    const char *wish = hg_options_get(ask_run ? run : o, "samples");
    int32_t n = wish ? (int32_t)strtol(wish, NULL, 10) : 0;
    hg_options_free(run);
    return n;
}

static int draw_pictures(hg_options *o, const hg_result *r, hg_error *err) {
    if (!r->folder[0]) return HG_OK;
    int32_t n = samples_of(o, r->folder);
    int code = n > 0 ? hg_report_samples(r->folder, n, err) : HG_OK;
    return code < 0 ? code : hg_report_training(r->folder, err);
}

static void end_train(cli_run *r, hg_error *err) {
    if (r->code < 0) return;
    if (!r->line->quiet) print_trained(&r->progress, &r->result);
    if (r->line->json) print_trained_json(&r->result);
    r->code = draw_pictures(r->o, &r->result, err);
}

// ---- predict ------------------------------------------------------------------------------------

static int prefer_json(cli_run *r, hg_error *err) {
    if (!r->line->json || hg_options_is_set(r->o, "format")) return HG_OK;
    return hg_options_set(r->o, "format", "json", err);
}

static void end_predict(cli_run *r, hg_error *err) {
    const hg_result *result = &r->result;
    char more[48] = "";
    (void)err;
    if (r->code < 0) return;
    if (result->has_thresholds) {
        snprintf(more, sizeof more, ", %lld alarm%s", (long long)result->alarms,
                 result->alarms == 1 ? "" : "s");
    }
    if (!r->line->quiet) {
        const bool is_stream = result->frames && !hg_options_is_set(r->o, "out"); // of video
        cli_print_done(&r->progress, result->rows, r->progress.unit, more,
                       is_stream ? "-" : hg_options_get(r->o, "out"));
    }
    r->has_anomalies =
        result->alarms && strcmp(hg_options_get(r->o, "fail_on_anomaly"), "true") == 0;
}

// ---- denoise ------------------------------------------------------------------------------------

static bool is_stream(cli_run *r) {
    return strcmp(hg_options_get(r->o, "out"), "-") == 0;
}

// A reader that left is a failed write, and said so.
static int keep_pipe(cli_run *r, hg_error *err) {
    (void)err;
    if (is_stream(r)) signal(SIGPIPE, SIG_IGN);
    return HG_OK;
}

static void print_denoised_json(const hg_result *r) {
    const cli_field fields[] = {
        {"images",  CLI_WHOLE,  .whole = r->images  },
        {"failed",  CLI_WHOLE,  .whole = r->failed  },
        {"frames",  CLI_WHOLE,  .whole = r->frames  },
        {"pixels",  CLI_WHOLE,  .whole = r->pixels  },
        {"seconds", CLI_NUMBER, .number = r->seconds},
        {"level",   CLI_NUMBER, .number = r->level  },
    };
    const size_t count = sizeof fields / sizeof *fields; // a level only where there is one
    cli_print_object(stdout, fields, isnan(r->level) ? count - 1 : count);
}

static void end_denoise(cli_run *r, hg_error *err) {
    const hg_result *result = &r->result;
    char took[32], more[48];
    (void)err;
    if (r->code == HG_OK && !r->line->quiet) {
        cli_format_seconds(took, result->seconds);
        snprintf(more, sizeof more, " in %s", took);
        cli_print_done(&r->progress, result->frames ? (long long)result->frames : result->images,
                       result->frames ? "frames" : "images", more, hg_options_get(r->o, "out"));
    }
    if (r->line->json && !is_stream(r) && result->images + result->frames > 0) {
        print_denoised_json(result);
    }
}

// ---- watch --------------------------------------------------------------------------------------

static void count_signal(int signal_number) {
    volatile sig_atomic_t *count = signal_number == SIGHUP ? &cli_reload : &cli_report;
    *count = *count < 1000000 ? *count + 1 : 0;
}

// What nohup has ignored stays so.
static int hear_signals(cli_run *r, hg_error *err) {
    struct sigaction action, old;
    memset(&action, 0, sizeof action);
    action.sa_handler = count_signal;
    action.sa_flags = SA_RESTART;
    sigaction(SIGUSR1, &action, NULL);
    const bool is_ignored = sigaction(SIGHUP, NULL, &old) == 0 && old.sa_handler == SIG_IGN;
    if (!is_ignored) sigaction(SIGHUP, &action, NULL);
    return keep_pipe(r, err);
}

static void end_watch(cli_run *r, hg_error *err) {
    char more[48];
    const char *what = r->result.width ? "steps" : "packets";
    (void)err;
    if (r->code < 0) return;
    snprintf(more, sizeof more, ", %lld alert%s", (long long)r->result.alarms,
             r->result.alarms == 1 ? "" : "s");
    if (!r->line->quiet) {
        cli_print_done(&r->progress, r->result.rows, what, more, hg_options_get(r->o, "out"));
    }
    r->has_anomalies =
        r->result.alarms && strcmp(hg_options_get(r->o, "fail_on_anomaly"), "true") == 0;
}

// ---- all others ---------------------------------------------------------------------------------

// How much of what went where.
static void end_other(cli_run *r, hg_error *err) {
    const cli_progress *p = &r->progress;
    const char *out = hg_options_get(r->o, "out");
    (void)err;
    if (!out) out = hg_options_get(r->o, "model"); // calibrate
    if (r->code < 0 || r->line->quiet || !p->done || !out || !*out) return;
    cli_print_done(p, p->done, p->unit, "", out);
}

// -------------------------------------------------------------------------------------------------

const cli_ending *cli_find_ending(const char *job) {
    static const cli_ending endings[] = {
        {"train",   NULL,         end_train  },
        {"predict", prefer_json,  end_predict},
        {"denoise", keep_pipe,    end_denoise},
        {"watch",   hear_signals, end_watch  },
        {NULL,      NULL,         end_other  },
    };
    const cli_ending *e = endings;
    while (e->job && strcmp(e->job, job) != 0) e++;
    return e;
}
