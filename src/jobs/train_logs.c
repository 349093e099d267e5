// SPDX-License-Identifier: Apache-2.0
// train_logs.c - what else hears of a training: TensorBoard's event file (tensorboard=), an MLflow tracking server (mlflow=).
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "jobs/trainer.h"
#include "logs/event_file.h"
#include "logs/mlflow.h"

typedef struct hg__run_logs {
    hg__event_file events;
    hg__mlflow mlflow;
} hg__run_logs;

// The server's numbers of the run, for resume=.
static const char record_name[] = "mlflow.json";

int hg__logs_open(hg__train_run *r, hg_error *err) {
    const struct hg__values *v = &r->t.o.values;
    if (!v->tensorboard && !*v->mlflow) return HG_OK;
    r->logs = hg__alloc(1, sizeof *r->logs, err);
    if (!r->logs) return HG_ERR_MEMORY;
    r->logs->events.fd = -1;
    return *v->mlflow ? hg__mlflow_open(&r->logs->mlflow, v->mlflow, err) : HG_OK;
}

void hg__logs_clear(hg__train_run *r) {
    if (!r->logs) return;
    hg__event_file_close(&r->logs->events);
    hg__mlflow_clear(&r->logs->mlflow);
    hg__free(r->logs);
    r->logs = NULL;
}

// ---- what is told once --------------------------------------------------------------------------

// What the run is, beside its options. NULL without memory.
static hg__json *facts_of(const hg__train_run *r) {
    const hg__trainer *t = &r->t;
    char fingerprint[32];
    hg__text command = {0};
    hg__options_format_command(&t->o, &command);
    snprintf(fingerprint, sizeof fingerprint, "%016llx", (unsigned long long)t->data->fingerprint);
    hg__json *facts =
        command.failed
            ? NULL
            : hg__json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "hourglass.version", hg_version(),
                            "hourglass.fingerprint", fingerprint, "hourglass.command", command.data,
                            "hourglass.model", t->model->net.spec.text, "hourglass.run",
                            t->model->run, "hourglass.folder", r->folder);
    hg__text_clear(&command);
    return facts;
}

// An object of texts as a table of Markdown.
static void add_table(hg__text *t, const hg__json *members, const char *key) {
    hg__text_add(t, "| %s | value |\n|---|---|\n", key);
    for (size_t i = 0; i < hg__json_object_size(members); i++) {
        const char *value = hg__json_string_value(hg__json_object_value(members, i));
        hg__text_add(t, "| %s | ", hg__json_object_key(members, i));
        for (const char *c = value ? value : ""; *c; c++) {
            hg__text_add(t, *c == '|' ? "\\%c" : "%c", *c == '\n' ? ' ' : *c);
        }
        hg__text_add(t, " |\n");
    }
}

static int add_facts(hg__train_run *r, int64_t step, hg_error *err) {
    hg__text text = {0};
    hg__json *facts = facts_of(r), *options = hg__options_json(&r->t.o);
    add_table(&text, facts, "run");
    hg__text_add(&text, "\n");
    add_table(&text, options, "option");
    int code = facts && options && !text.failed
                   ? HG_OK
                   : hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", r->logs->events.path);
    if (code == HG_OK) {
        code = hg__event_file_add_text(&r->logs->events, step, "hyperparameters", text.data, err);
    }
    hg__json_free(facts);
    hg__json_free(options);
    hg__text_clear(&text);
    return code;
}

// ---- the run on the server ----------------------------------------------------------------------

static int write_record(const hg__train_run *r, hg_error *err) {
    char path[1024];
    const hg__mlflow *m = &r->logs->mlflow;
    HG_TRY(hg__join_path(path, sizeof path, r->folder, record_name, err));
    hg__json *record = hg__json_pack("{s:s, s:s, s:s}", "server", m->base, "experiment_id",
                                     m->experiment, "run_id", m->run);
    char *text = record ? hg__json_lines(record, 9, err) : NULL;
    hg__json_free(record);
    if (!text) return hg__fail(err, HG_ERR_MEMORY, "%s: out of memory", path);
    const int code = hg__write_file(path, text, strlen(text), err);
    hg__free(text);
    return code;
}

// The run that resume= goes on with, where it is of this server and experiment. False: none.
static bool read_record(const hg__train_run *r, char run[HG_MLFLOW_ID]) {
    char path[1024];
    hg__content file;
    const hg__mlflow *m = &r->logs->mlflow;
    if (!*r->t.o.values.resume) return false;
    if (hg__join_path(path, sizeof path, r->folder, record_name, NULL) < 0) return false;
    if (!hg__is_file(path) || hg__content_read(&file, path, NULL) < 0) return false;
    hg__json *record = hg__json_read((const char *)file.data, file.size, path, NULL);
    const char *server = hg__json_string_value(hg__json_object_get(record, "server"));
    const char *experiment = hg__json_string_value(hg__json_object_get(record, "experiment_id"));
    const char *id = hg__json_string_value(hg__json_object_get(record, "run_id"));
    const bool is_same = server && experiment && id && strlen(id) < HG_MLFLOW_ID &&
                         strcmp(server, m->base) == 0 && strcmp(experiment, m->experiment) == 0;
    if (is_same) snprintf(run, HG_MLFLOW_ID, "%s", id);
    hg__json_free(record);
    hg__content_free(&file);
    return is_same;
}

static int begin_mlflow(hg__train_run *r, hg_error *err) {
    char run[HG_MLFLOW_ID];
    hg__mlflow *m = &r->logs->mlflow;
    const char *slash = strrchr(r->folder, '/');
    if (read_record(r, run) && hg__mlflow_resume(m, run, NULL) == HG_OK) return HG_OK;
    HG_TRY(hg__mlflow_start(m, slash ? slash + 1 : r->folder, err));
    HG_TRY(hg__mlflow_set_params(m, hg__options_json(&r->t.o), err));
    HG_TRY(hg__mlflow_set_tags(m, facts_of(r), err));
    return write_record(r, err);
}

int hg__logs_begin(hg__train_run *r, hg_error *err) {
    hg__run_logs *logs = r->logs;
    const int64_t step = hg__trainer_progress(&r->t)->step;
    if (!logs) return HG_OK;
    if (*r->t.o.values.mlflow) HG_TRY(begin_mlflow(r, err));
    if (!r->t.o.values.tensorboard) return HG_OK;
    HG_TRY(hg__event_file_open(&logs->events, r->folder, step ? step + 1 : 0, err));
    return add_facts(r, step, err);
}

// ---- numbers ------------------------------------------------------------------------------------

static int add_scalars(hg__train_run *r, const hg__scalar *scalar, size_t count, hg_error *err) {
    hg__run_logs *logs = r->logs;
    const int64_t step = hg__trainer_progress(&r->t)->step;
    for (size_t i = 0; *logs->mlflow.run && i < count; i++) {
        hg__mlflow_add(&logs->mlflow, scalar[i].tag, scalar[i].value, step);
    }
    return logs->events.fd >= 0
               ? hg__event_file_add_scalars(&logs->events, step, scalar, count, err)
               : HG_OK;
}

int hg__logs_epoch(hg__train_run *r, const hg_train_event *e, hg_error *err) {
    hg_error why = {0};
    char sentence[sizeof why.message + 100];
    const hg__scalar scalars[] = {
        {"train/loss",     e->train_loss     },
        {"val/loss",       e->val_loss       },
        {"lr",             e->lr             },
        {"rows/s",         e->rows_per_second},
        {"epoch",          e->epoch          },
        {"adversary/loss", e->adversary_loss }
    };
    if (!r->logs) return HG_OK;
    HG_TRY(add_scalars(r, scalars, sizeof scalars / sizeof *scalars, err));
    if (!*r->logs->mlflow.run || hg__mlflow_send(&r->logs->mlflow, &why)) return HG_OK;
    snprintf(sentence, sizeof sentence, "%s; training goes on, and it is tried again now and then",
             why.message);
    hg__trainer_note(&r->t, sentence);
    return HG_OK;
}

// ---- the end ------------------------------------------------------------------------------------

// samples.png, drawn from what the run has just written, as a summary.
static int add_samples(hg__train_run *r, hg_error *err) {
    enum { HEADER = 24 }; // of a PNG: width and height are its last 8 bytes
    char path[1024];
    hg__content file;
    const int64_t n = r->t.o.values.samples;
    HG_TRY(hg__join_path(path, sizeof path, r->folder, "samples.npy", err));
    if (n < 1 || !hg__is_file(path)) return HG_OK;
    HG_TRY(hg_report_samples(r->folder, (int32_t)n, err));
    if (r->logs->events.fd < 0) return HG_OK;
    HG_TRY(hg__join_path(path, sizeof path, r->folder, "samples.png", err));
    HG_TRY(hg__content_read(&file, path, err));
    int code = HG_OK;
    if (file.size > HEADER) {
        const uint8_t *size = file.data + HEADER - 8;
        const hg__picture picture = {
            .bytes = file.data,
            .size = file.size,
            .height = size[4] << 24 | size[5] << 16 | size[6] << 8 | size[7],
            .width = size[0] << 24 | size[1] << 16 | size[2] << 8 | size[3],
            .channels = 3};
        code = hg__event_file_add_picture(&r->logs->events, hg__trainer_progress(&r->t)->step,
                                          "samples", &picture, err);
    }
    hg__content_free(&file);
    return code;
}

static int add_results(hg__train_run *r, const hg_result *result, hg_error *err) {
    const hg__scalar scalars[] = {
        {"val/mse", result->val_mse},
        {"pca/mse", result->pca_mse}
    };
    if (isfinite(result->val_mse) || isfinite(result->pca_mse)) {
        HG_TRY(add_scalars(r, scalars, sizeof scalars / sizeof *scalars, err));
    }
    return add_samples(r, err);
}

// A model that holds training rows leaves this machine only where share=true says so.
static int upload(hg__train_run *r, hg_error *err) {
    static const char *const files[] = {"args.yaml",
                                        "run.json",
                                        "metrics.json",
                                        "results.csv",
                                        "samples.png",
                                        "report.html",
                                        "weights/best.safetensors"};
    const bool is_private = r->t.model->holds_rows && !r->t.o.values.share;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[1024];
        if (is_private && strncmp(files[i], "weights/", 8) == 0) continue;
        HG_TRY(hg__join_path(path, sizeof path, r->folder, files[i], err));
        if (!hg__is_file(path)) continue;
        HG_TRY(hg__mlflow_upload(&r->logs->mlflow, r->folder, files[i], err));
    }
    return HG_OK;
}

// Where the weights are, of a server that does not take files or is not given them.
static hg__json *weights_tag(const hg__train_run *r) {
    char path[1024];
    if (hg__folder_weights(r->folder, "best", path, NULL) < 0) return NULL;
    return hg__json_pack("{s:s}", "hourglass.weights", path);
}

// A server that has gone away by now takes nothing from the run.
static void end_mlflow(hg__train_run *r, int code) {
    hg__mlflow *m = &r->logs->mlflow;
    hg_error why = {0};
    char sentence[sizeof why.message + 100];
    const char *status = code == HG_OK ? "FINISHED" : code == HG_ERR_STOPPED ? "KILLED" : "FAILED";
    int sent = hg__mlflow_end(m, status, &why);
    const long long left = (long long)m->metrics + (long long)m->lost;
    if (sent == HG_OK && code == HG_OK) sent = hg__mlflow_set_tags(m, weights_tag(r), &why);
    if (sent == HG_OK && code == HG_OK && *m->artifacts) sent = upload(r, &why);
    if (sent < 0 && left) {
        snprintf(sentence, sizeof sentence, "%s; %lld numbers of this run were not logged there",
                 why.message, left);
    } else if (sent < 0) {
        snprintf(sentence, sizeof sentence, "%s; not all files of this run are there", why.message);
    } else if (left) {
        snprintf(sentence, sizeof sentence, "mlflow: %lld numbers of this run were not logged",
                 left);
    } else {
        return;
    }
    hg__trainer_note(&r->t, sentence);
}

int hg__logs_end(hg__train_run *r, const hg_result *result, int code, hg_error *err) {
    if (!r->logs) return HG_OK;
    const int added = code == HG_OK ? add_results(r, result, err) : HG_OK;
    if (*r->logs->mlflow.run) end_mlflow(r, code == HG_OK ? added : code);
    return added;
}
