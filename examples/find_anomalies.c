// SPDX-License-Identifier: Apache-2.0
// find_anomalies.c - learns what rows of a table usually look like, then scores other rows and says why:
//
//   find_anomalies normal.csv new.csv scores.csv fpr=0.01
#include <hourglass.h>
#include <stdio.h>
#include <string.h>

static void tell(void *context, const char *sentence) {
    (void)context;
    puts(sentence);
}

// Runs a job with options "name=value".
static int run(const char *job, const char *const *option, int options, const hg_listener *l,
               hg_result *result, hg_error *err) {
    char name[64];
    hg_options *o = hg_options_new(job, err);
    int code = o ? HG_OK : err->code;
    for (int i = 0; i < options && code == HG_OK; i++) {
        const char *equals = strchr(option[i], '=');
        snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - option[i]) : 60, option[i]);
        code = hg_options_set(o, name, equals ? equals + 1 : "", err);
    }
    if (code == HG_OK) code = hg_run(o, l, result, err);
    hg_options_free(o);
    return code;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        puts("usage: find_anomalies NORMAL.csv NEW.csv SCORES.csv [name=value ...]");
        return 0;
    }
    char normal[1100], new[1100], out[1100], model[1100];
    snprintf(normal, sizeof normal, "data=%s", argv[1]);
    snprintf(new, sizeof new, "data=%s", argv[2]);
    snprintf(out, sizeof out, "out=%s", argv[3]);
    argv[3] = normal;
    // A cell that makes no sense, or is missing where none was, counts as missing instead of ending the run.
    const char *const scoring[] = {model, new, out, "on_bad=score_missing"};
    const hg_listener l = {.size = sizeof l, .note = tell};
    hg_result trained = {.size = sizeof trained}, found = {.size = sizeof found};
    hg_error err = {0};
    int code = run("train", (const char *const *)argv + 3, argc - 3, &l, &trained, &err);
    snprintf(model, sizeof model, "model=%s/weights/best.safetensors", trained.folder);
    if (code == HG_OK) code = run("predict", scoring, 4, &l, &found, &err);
    if (code != HG_OK) return fprintf(stderr, "%s\n", err.message), 1;
    printf("%s: %lld rows, %lld alarms, %lld cells with a value never seen before\n", out + 4,
           (long long)found.rows, (long long)found.alarms, (long long)found.unseen);
    return 0;
}
