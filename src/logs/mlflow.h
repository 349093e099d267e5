// SPDX-License-Identifier: Apache-2.0
// mlflow.h - a run of a training on an MLflow tracking server, by its REST interface (mlflow.org/docs/latest/rest-api.html).
//
//   open     the address; the experiment of that name, made where there is none      a server that is down: a failure
//   start    the run                                                                 a failure
//   params, tags
//   add      numbers, kept here, and sent together now and then                      waits for no server that is down: what
//   end      the last of them, and how it ended                                      could not be sent is counted
//
// One thread at a time.
#ifndef HG_LOGS_MLFLOW_H
#define HG_LOGS_MLFLOW_H
#include "base/json.h"

enum { HG_MLFLOW_ID = 64, HG_MLFLOW_TEXT = 1024 };

typedef struct hg__mlflow_metric {
    const char *key; // borrowed for ever: a literal
    double value;
    int64_t step, time_ms; // since 1970
} hg__mlflow_metric;

typedef struct hg__mlflow {
    char base[HG_MLFLOW_TEXT],
        name[HG_MLFLOW_TEXT]; // "http://host:5000" without credentials; the experiment
    char user[HG_MLFLOW_TEXT], password[HG_MLFLOW_TEXT], token[HG_MLFLOW_TEXT];
    char experiment[HG_MLFLOW_ID], run[HG_MLFLOW_ID]; // their numbers
    char artifacts
        [HG_MLFLOW_TEXT]; // the run's folder behind the server's mlflow-artifacts proxy; "": it has none
    hg__mlflow_metric *metric; // owned, (metrics): not sent yet
    size_t metrics, room;
    int64_t lost; // values for which there was no room
    double sent,
        pause; // when a server was asked last, on hg__seconds(); seconds from then on without a question
    bool is_down; // it did not answer then
} hg__mlflow;

// "http://host:5000/name", "http://host/prefix#name"; https, and user:password@ in front of the host. Of MLflow's own
// variables MLFLOW_TRACKING_USERNAME, _PASSWORD and _TOKEN, where the address has none. HG_ERR_USAGE.
int hg__mlflow_parse(hg__mlflow *m, const char *address, hg_error *err);
// The same, and the experiment. HG_ERR_MISSING: no server there, or no libcurl; HG_ERR_IO: one that refuses.
int hg__mlflow_open(hg__mlflow *m, const char *address, hg_error *err);
int hg__mlflow_start(hg__mlflow *m, const char *run_name, hg_error *err);
// Goes on with a run of the server's; HG_ERR_IO where it has none of that number.
int hg__mlflow_resume(hg__mlflow *m, const char *run, hg_error *err);
// Both are taken over: objects of texts. Params stay what they were first set to.
int hg__mlflow_set_params(hg__mlflow *m, hg__json *params, hg_error *err);
int hg__mlflow_set_tags(hg__mlflow *m, hg__json *tags, hg_error *err);
// A number of a step; what is not finite is none.
void hg__mlflow_add(hg__mlflow *m, const char *key, double value, int64_t step);
// Sends what was added, where a second has gone by since the last time and, of a server that is down, as long as it was
// last waited for, twice. False: it did not answer, and did so before; err says why.
bool hg__mlflow_send(hg__mlflow *m, hg_error *err);
// Lets a file of a folder go to the run's artifacts.
int hg__mlflow_upload(hg__mlflow *m, const char *folder, const char *name, hg_error *err);
// What is left, and how it ended: "FINISHED", "FAILED", "KILLED". On failure m->metrics are not sent.
int hg__mlflow_end(hg__mlflow *m, const char *status, hg_error *err);
void hg__mlflow_clear(hg__mlflow *m); // {0} is fine
#endif
