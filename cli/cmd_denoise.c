// SPDX-License-Identifier: Apache-2.0
// cmd_denoise.c - cleans images, folders of images, and video on its way through.
#include <string.h>

#include "cli.h"

static void print_json(const hg_denoise_result *r) {
    const cli_field fields[] = {
        {"images",  CLI_WHOLE,  .whole = r->images  },
        {"failed",  CLI_WHOLE,  .whole = r->failed  },
        {"frames",  CLI_WHOLE,  .whole = r->frames  },
        {"pixels",  CLI_WHOLE,  .whole = r->pixels  },
        {"seconds", CLI_NUMBER, .number = r->seconds},
    };
    cli_print_object(stdout, fields, sizeof fields / sizeof *fields);
}

static void print_done(const cli_progress *p, const hg_denoise_result *r, const char *out) {
    char took[32], more[48];
    cli_format_seconds(took, r->seconds);
    snprintf(more, sizeof more, " in %s", took);
    cli_print_done(p, r->frames ? (long long)r->frames : r->images, r->frames ? "frames" : "images",
                   more, out);
}

int cmd_denoise(const cli_line *line) {
    hg_options *o;
    int status = cli_begin(line, &o);
    if (status != CLI_DONE) return status;
    cli_watch w;
    const hg_listener l = cli_listen(&w, line, o);
    hg_denoise_result result = {0};
    hg_error err = {0};
    const char *out = hg_options_get(o, "out");
    const bool is_stream = strcmp(out, "-") == 0;
    if (is_stream) signal(SIGPIPE, SIG_IGN); // a reader that left is a failed write, and said so
    const int code = hg_denoise(o, &l, &result, &err);
    cli_progress_close(&w.progress);
    if (code < 0) {
        status = cli_fail(line, &err);
    } else if (!line->quiet) {
        print_done(&w.progress, &result, hg_options_get(o, "out"));
    }
    if (line->json && !is_stream && result.images + result.frames > 0) print_json(&result);
    hg_options_free(o);
    return status;
}
