// SPDX-License-Identifier: Apache-2.0
// watch_learn_thread.c - learns what the job's thread gives it, and writes what must outlive the process, so that packets do not wait.
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "jobs/watch_learn.h"

enum { SAVE_SECONDS = 60 };

static int save(const hg__watch_learn *w, const hg_model *m, const char *name, hg_error *err) {
    char path[1024];
    HG_TRY(hg__join_path(path, sizeof path, w->folder, name, err));
    return hg__model_save(m, path, NULL, err);
}

static int save_period(hg__watch_learn *w, hg_error *err) {
    w->saved = hg__seconds();
    HG_TRY(hg__packet_learner_save(w->learner, w->unfinished, err));
    return save(w, w->unfinished, HG_WATCH_PERIOD, err);
}

static int end_period(hg__watch_learn *w, hg_error *err) {
    const hg__learned all = hg__packet_learner_period(w->learner);
    hg__packet_detector *next = hg__packet_learner_end(w->learner, w->model, err);
    if (!next) return err->code ? (int)err->code : (int)HG_ERR_MEMORY;
    const int code = save(w, w->model, HG_WATCH_MODEL, err); // first: who takes it over may read it
    pthread_mutex_lock(&w->mutex);
    w->next = next;
    w->learned = all.counted;
    w->crowded = all.lost;
    pthread_mutex_unlock(&w->mutex);
    HG_TRY(code);
    return save_period(w, err); // that of before is no longer one of this model
}

static int learn(hg__watch_learn *w, const hg__watch_batch *b, hg_error *err) {
    const int code = hg__packet_learner_take(w->learner, &b->lessons, err);
    if (code < 0) { // for good: what it has is not whole
        hg__packet_learner_free(w->learner);
        w->learner = NULL;
        pthread_mutex_lock(&w->mutex);
        w->has_failed = true;
        pthread_mutex_unlock(&w->mutex);
        return code;
    }
    if (b->order == HG_WATCH_END) return end_period(w, err);
    if (b->order == HG_WATCH_DISCARD) {
        HG_TRY(hg__packet_learner_discard(w->learner, err));
        return save_period(w, err);
    }
    return hg__seconds() - w->saved < SAVE_SECONDS ? HG_OK : save_period(w, err);
}

// What fails is said, and tried again when its time comes.
static void say_trouble(hg__watch_learn *w, const hg_error *e) {
    pthread_mutex_lock(&w->mutex);
    w->trouble = *e;
    pthread_mutex_unlock(&w->mutex);
}

static void do_batch(hg__watch_learn *w, const hg__watch_batch *b) {
    hg_error e = {0};
    if (w->learner && learn(w, b, &e) < 0) say_trouble(w, &e);
    if (b->order == HG_WATCH_GO_ON) return;
    pthread_mutex_lock(&w->mutex);
    w->is_answered = true;
    pthread_mutex_unlock(&w->mutex);
}

static void write_alerts(hg__watch_learn *w, const char *text) {
    hg_error e = {0};
    char path[1024];
    int code = hg__join_path(path, sizeof path, w->folder, HG_WATCH_ALERTS, &e);
    if (code == HG_OK) code = hg__write_file(path, text, strlen(text), &e);
    if (code == HG_OK) return;
    say_trouble(w, &e);
    pthread_mutex_lock(&w->mutex);
    w->has_lost = true;
    pthread_mutex_unlock(&w->mutex);
}

// The next thing to do: a batch, or a text; false: there is nothing more, and none will come.
static bool wait_for_work(hg__watch_learn *w, hg__watch_batch **b, char **text) {
    pthread_mutex_lock(&w->mutex);
    while (!w->queued && !w->alerts && !w->is_closing) pthread_cond_wait(&w->changed, &w->mutex);
    *text = w->alerts;
    w->alerts = NULL;
    *b = w->queued ? w->queue[0] : NULL;
    if (*b) memmove(w->queue, w->queue + 1, (size_t)--w->queued * sizeof(hg__watch_batch *));
    pthread_mutex_unlock(&w->mutex);
    return *b || *text;
}

void *hg__watch_learn_run(void *context) {
    hg__watch_learn *w = context;
    hg__watch_batch *b;
    char *text;
    while (wait_for_work(w, &b, &text)) {
        if (text) write_alerts(w, text);
        hg__free(text);
        if (!b) continue;
        do_batch(w, b);
        pthread_mutex_lock(&w->mutex);
        w->spare[w->spares++] = b;
        pthread_cond_broadcast(&w->changed);
        pthread_mutex_unlock(&w->mutex);
    }
    hg_error e = {0};
    if (w->learner && save_period(w, &e) < 0) say_trouble(w, &e);
    return NULL;
}
