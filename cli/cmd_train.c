// SPDX-License-Identifier: Apache-2.0
// cmd_train.c - trains, shows how it goes, says what came of it, draws its pictures.
#include <math.h>
#include <stdlib.h>

#include "cli.h"

static void print_summary(const hg_train_result *r) {
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

static void print_json(const hg_train_result *r) {
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

static int draw_pictures(hg_options *o, const hg_train_result *r, hg_error *err) {
    if (!r->folder[0]) return HG_OK;
    int32_t n = samples_of(o, r->folder);
    int code = n > 0 ? hg_report_samples(r->folder, n, err) : HG_OK;
    return code < 0 ? code : hg_report_training(r->folder, err);
}

int cmd_train(const cli_line *line) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    cli_watch w;
    const hg_listener l = cli_listen(&w, line, o);
    hg_train_result result = {0};
    hg_error err = {0};
    int code = hg_train(o, &l, &result, &err);
    cli_progress_close(&w.progress);
    if (code == HG_OK && !line->quiet) print_summary(&result);
    if (code == HG_OK && line->json) print_json(&result);
    if (code == HG_OK) code = draw_pictures(o, &result, &err);
    if (code < 0) status = cli_fail(line, &err);
    hg_options_free(o);
    return status;
}
