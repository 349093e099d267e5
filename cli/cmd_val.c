// SPDX-License-Identifier: Apache-2.0
// cmd_val.c - how well a model gives back the rows of a file, or cleans images.
#include "cli.h"

static void print_json(const hg_val_result *r) {
    const cli_field fields[] = {
        {"rows",           CLI_WHOLE,  .whole = r->rows           },
        {"width",          CLI_WHOLE,  .whole = r->width          },
        {"mse",            CLI_NUMBER, .number = r->mse           },
        {"mae",            CLI_NUMBER, .number = r->mae           },
        {"row_mse_median", CLI_NUMBER, .number = r->row_mse_median},
        {"row_mse_max",    CLI_NUMBER, .number = r->row_mse_max   },
        {"input_mse",      CLI_NUMBER, .number = r->input_mse     },
    };
    cli_print_object(stdout, fields, sizeof fields / sizeof *fields - !(r->input_mse > 0));
}

static void print_lines(const hg_val_result *r) {
    printf("rows            %lld\n", (long long)r->rows);
    printf("width           %d\n", r->width);
    printf("mse             %.9g\n", r->mse);
    printf("mae             %.9g\n", r->mae);
    printf("row mse median  %.9g\n", r->row_mse_median);
    printf("row mse max     %.9g\n", r->row_mse_max);
    if (r->input_mse > 0) printf("input mse       %.9g\n", r->input_mse);
}

int cmd_val(const cli_line *line) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    cli_watch w;
    const hg_listener l = cli_listen(&w, line, o);
    hg_val_result result = {0};
    hg_error err = {0};
    char *text = NULL;
    int code = hg_val_images(o, &l, line->json, &text, &err);
    if (code == HG_OK && !text) code = hg_val_labels(o, &l, line->json, &text, &err);
    if (code == HG_OK && !text) code = hg_val(o, &l, &result, &err);
    cli_progress_close(&w.progress);
    if (code < 0) {
        status = cli_fail(line, &err);
    } else if (text) {
        cli_print_text(text);
    } else if (line->json) {
        print_json(&result);
    } else {
        print_lines(&result);
    }
    const char *out = hg_options_get(o, "out");
    if (code == HG_OK && *out && !line->quiet) {
        cli_print_done(&w.progress, w.progress.done, w.progress.unit, "", out);
    }
    hg_text_free(text);
    hg_options_free(o);
    return status;
}
