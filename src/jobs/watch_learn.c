// SPDX-License-Identifier: Apache-2.0
// watch_learn.c - the model at work goes on learning: lessons of what was judged, and what was learned taken over.
#include "jobs/watch_learn.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"

enum {
    SOURCES = 4096,       // that are left out, of which so many are remembered
    LEAST_PACKETS = 1000, // of a period, which else goes on
    MOST_ALARMS = 20 // times as many as were asked for: the period is not what the model is for
};
static const double least_gate = 0.01; // share of alarms that is borne in any case
static const double ns_per_hour = 3600e9;
static const int64_t quiet = INT64_C(600000000000);  // ns without a packet that count
static const int64_t silence = INT64_C(60000000000); // ns after a left-out source's last alarm

// The detector of another model is not ours, and may be of another kind.
static void stop_learning(hg__watch_learn *w) {
    if (w->is_learning && w->generation == w->in->generation) {
        hg__packet_detector_listen(w->in->detector, NULL);
    }
    w->is_learning = false;
}

static void say_end(const hg__watch_learn *w, const hg_error *why) {
    char line[sizeof why->message + 40];
    snprintf(line, sizeof line, "nothing is learned from here on: %s", why->message);
    hg__tell(w->listener, line);
}

static void note(hg__watch_learn *w) {
    char line[sizeof w->trouble.message + 40];
    pthread_mutex_lock(&w->mutex);
    const hg_error e = w->trouble;
    const bool has_failed = w->has_failed;
    w->trouble.code = HG_OK;
    pthread_mutex_unlock(&w->mutex);
    if (e.code == HG_OK) return;
    if (has_failed && w->is_learning) {
        stop_learning(w);
        say_end(w, &e);
        return;
    }
    snprintf(line, sizeof line, "not kept: %s", e.message);
    hg__tell(w->listener, line);
}

static double threshold_of(const hg__watch_learn *w) {
    return hg__packet_judging_thresholds(w->in)->group[0].at.value;
}

// 1 where another threshold is in use now.
static int take_over(hg__watch_learn *w, hg_error *err) {
    pthread_mutex_lock(&w->mutex);
    hg__packet_detector *next = w->next;
    const int64_t learned = w->learned, crowded = w->crowded;
    const bool is_answered = w->is_answered;
    w->next = NULL;
    w->is_answered = false;
    pthread_mutex_unlock(&w->mutex);
    if (is_answered) w->is_ending = false;
    if (!next) return HG_OK;
    const double before = threshold_of(w);
    char line[200];
    hg__packet_detector_adopt(w->in->detector, next);
    hg__packet_detector_free(next);
    HG_TRY(hg__packet_judging_ask(w->in, err));
    snprintf(line, sizeof line, "learned %lld packets; threshold %.4g, was %.4g",
             (long long)learned, threshold_of(w), before);
    hg__tell(w->listener, line);
    atomic_fetch_add(&w->count->learned, (uint64_t)learned);
    atomic_fetch_add(&w->count->crowded, (uint64_t)crowded);
    atomic_fetch_add(&w->count->periods, 1);
    return 1;
}

static void forget_quiet(hg__watch_learn *w) {
    int64_t *last = hg__lru_oldest(w->left_out);
    while (last) {
        int64_t *after = hg__lru_younger(w->left_out, last);
        if (w->clock - *last > silence) hg__lru_remove(w->left_out, last);
        last = after;
    }
}

// Whether this batch will not be lost: only the other thread adds spares.
static bool has_room(hg__watch_learn *w) {
    pthread_mutex_lock(&w->mutex);
    const bool has = !w->is_live || w->spares > 0;
    pthread_mutex_unlock(&w->mutex);
    return has;
}

static hg__watch_order order_of(hg__watch_learn *w) {
    const bool is_over = (double)(w->clock - w->began) >= w->period && w->packets >= LEAST_PACKETS;
    if (!is_over || w->is_ending || !has_room(w)) return HG_WATCH_GO_ON;
    const double asked = MOST_ALARMS * hg__packet_judging_fpr(w->in);
    const double gate = asked > least_gate ? asked : least_gate;
    const double share = (double)w->alarms / (double)w->packets;
    const bool is_strange = share > gate;
    if (is_strange) {
        char line[200];
        snprintf(line, sizeof line,
                 "nothing was learned: %lld of %lld packets raised an alarm, more than the %g that "
                 "is borne",
                 (long long)w->alarms, (long long)w->packets, gate);
        hg__tell(w->listener, line);
        atomic_fetch_add(&w->count->discarded, 1);
    }
    w->is_ending = true;
    w->began = w->clock;
    w->packets = w->alarms = 0;
    forget_quiet(w);
    return is_strange ? HG_WATCH_DISCARD : HG_WATCH_END;
}

// A packet with a wrong time is no hours, in whichever direction; a network may be quiet for minutes.
static void pass(hg__watch_learn *w, int64_t time) {
    if (time > w->last) w->clock += time - w->last < quiet ? time - w->last : quiet;
    if (time > w->last || w->last - time > quiet) w->last = time;
}

// What lessons are of: who is left out goes by all alarms of the batch, also later ones.
static void write_lessons(hg__watch_learn *w, const hg__verdict *v, int32_t count) {
    const double threshold = threshold_of(w);
    w->filled->lessons.count = count;
    for (int32_t i = 0; i < count; i++) {
        hg__lesson *x = &w->filled->lessons.lesson[i];
        const bool is_alarm = hg__packet_judging_is_alarm(w->in, (double)v[i].score);
        pass(w, v[i].packet.time);
        x->scored = hg__scored_packet_of(&v[i]);
        x->scored.time = w->clock;
        int64_t *last = hg__lru_peek(w->left_out, &x->scored.source);
        if (last && is_alarm) *last = w->clock;
        if (last && is_alarm) x->scored.score = fminf(x->scored.score, (float)threshold);
        x->is_counted = !last && !is_alarm;
        x->is_alarm = is_alarm;
        w->packets++;
        w->alarms += is_alarm;
    }
}

// Another batch to fill; of an interface there may be none, and the lessons of this one are lost.
static void pass_on(hg__watch_learn *w) {
    pthread_mutex_lock(&w->mutex);
    while (!w->is_live && w->spares == 0) pthread_cond_wait(&w->changed, &w->mutex);
    if (w->spares > 0) {
        w->queue[w->queued++] = w->filled;
        w->filled = w->spare[--w->spares];
        pthread_cond_broadcast(&w->changed);
    } else {
        atomic_fetch_add(&w->count->missed, (uint64_t)w->filled->lessons.count);
    }
    pthread_mutex_unlock(&w->mutex);
    hg__packet_detector_listen(w->in->detector, w->filled->lessons.answers);
}

static void wait_for_answer(hg__watch_learn *w) {
    pthread_mutex_lock(&w->mutex);
    while (!w->is_answered) pthread_cond_wait(&w->changed, &w->mutex);
    pthread_mutex_unlock(&w->mutex);
}

void hg__watch_learn_leave_out(hg__watch_learn *w, const hg__alert *a) {
    if (!w || w->period <= 0 || a->is_end) return;
    const hg__verdict_source key = hg__verdict_source_of(a->verdict);
    bool is_new;
    int64_t *last = hg__lru_find_or_add(w->left_out, &key, &is_new);
    *last = w->clock;
}

bool hg__watch_learn_keep(hg__watch_learn *w, hg__text *alerts) {
    char *text = hg__text_take(alerts, NULL);
    if (!text) return false;
    pthread_mutex_lock(&w->mutex);
    hg__free(w->alerts);
    w->alerts = text;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    return true;
}

bool hg__watch_learn_lost(hg__watch_learn *w) {
    pthread_mutex_lock(&w->mutex);
    const bool is_lost = w->has_lost;
    w->has_lost = false;
    pthread_mutex_unlock(&w->mutex);
    return is_lost;
}

// ---- from open to closed ----------------------------------------------------------------------------

// A period that was not over when the process before ended.
static void find_period(hg__watch_learn *w) {
    char path[1024], line[1200];
    hg_error e = {0};
    if (hg__join_path(path, sizeof path, w->folder, HG_WATCH_PERIOD, NULL) < 0) return;
    if (!hg__is_file(path)) return;
    hg_model *m = hg_model_load(path, &e);
    int code = m ? HG_OK : (int)e.code;
    if (m && hg__packet_learner_fits(w->learner, m)) {
        code = hg__packet_learner_load(w->learner, m, path, &e);
        if (code == HG_OK) {
            snprintf(line, sizeof line, "goes on learning behind %lld packets of before",
                     (long long)hg__packet_learner_period(w->learner).packets);
            hg__tell(w->listener, line);
        }
    }
    hg_model_free(m);
    if (code == HG_OK) return;
    snprintf(line, sizeof line, "a period begins anew: %s", e.message);
    hg__tell(w->listener, line);
}

static int check_kind(const hg__packet_judging *in, hg_error *err) {
    if (in->type->has_bits) return HG_OK;
    return hg__fail(err, HG_ERR_USAGE,
                    "learn: expected a model that counts what is usual, got one of KitNET");
}

// What was learned before is put aside, where it is of another model, once there is something to learn on from.
static int open_learner(hg__watch_learn *w, hg_error *err) {
    const char *from = w->kept->from;
    w->generation = w->in->generation;
    memcpy(w->digest, w->kept->digest, sizeof w->digest);
    HG_TRY(check_kind(w->in, err));
    w->model = hg_model_load(from, err);
    if (w->model) w->unfinished = hg_model_load(from, err);
    if (!w->unfinished) return (int)err->code;
    w->learner = hg__packet_learner_new(w->model, w->period, w->max_bytes, from, err);
    if (!w->learner) return (int)err->code;
    HG_TRY(hg__watch_settle(w->kept, err));
    find_period(w);
    w->has_begun = w->is_ending = w->is_answered = w->has_failed = false;
    const hg__learned before = hg__packet_learner_period(w->learner);
    w->packets = before.packets;
    w->alarms = before.alarms;
    w->began = w->clock - before.passed;
    w->saved = hg__seconds();
    hg__packet_detector_listen(w->in->detector, w->filled->lessons.answers);
    w->is_learning = true;
    return HG_OK;
}

int hg__watch_learn_start(hg__watch_learn *w, hg_error *err) {
    if (!w) return HG_OK;
    w->is_closing = false;
    HG_TRY(hg__thread_start(&w->thread, hg__watch_learn_run, w, err));
    w->runs = true;
    return HG_OK;
}

// All that was given to it is learned, then, and the period is kept.
static void stop_thread(hg__watch_learn *w) {
    if (!w->runs) return;
    pthread_mutex_lock(&w->mutex);
    w->is_closing = true;
    pthread_cond_broadcast(&w->changed);
    pthread_mutex_unlock(&w->mutex);
    pthread_join(w->thread, NULL);
    w->runs = false;
}

static void close_learner(hg__watch_learn *w) {
    hg__packet_learner_free(w->learner);
    hg__packet_detector_free(w->next);
    hg_model_free(w->model);
    hg_model_free(w->unfinished);
    w->learner = NULL;
    w->next = NULL;
    w->model = w->unfinished = NULL;
}

// Another model judges now, or the same anew, which misses at most what was learned while it was read.
static int restart(hg__watch_learn *w, hg_error *err) {
    hg_error e = {0};
    int is_new = HG_OK;
    stop_thread(w);
    note(w);
    w->is_learning = false;
    if (w->in->type->has_bits && strcmp(w->digest, w->kept->digest) == 0) {
        is_new = take_over(w, err);
    }
    close_learner(w);
    HG_TRY(is_new);
    if (open_learner(w, &e) < 0) {
        close_learner(w);
        say_end(w, &e);
    }
    HG_TRY(hg__watch_learn_start(w, err));
    return is_new;
}

int hg__watch_learn_take(hg__watch_learn *w, const hg__verdict *v, int32_t count, hg_error *err) {
    if (!w) return HG_OK;
    if (w->period > 0 && w->in->generation != w->generation) return restart(w, err);
    note(w);
    if (!w->is_learning || count == 0) return HG_OK;
    if (!w->has_begun) w->last = v[0].packet.time;
    w->has_begun = true;
    write_lessons(w, v, count);
    w->filled->order = order_of(w);
    const bool waits = w->filled->order != HG_WATCH_GO_ON && !w->is_live;
    pass_on(w);
    if (waits) wait_for_answer(w);
    return w->is_ending ? take_over(w, err) : HG_OK;
}

static int make(hg__watch_learn *w, hg_error *err) {
    const hg__lru_options o = {.key_bytes = sizeof(hg__verdict_source),
                               .entry_bytes = sizeof(int64_t),
                               .capacity = SOURCES};
    hg__siphash_key key;
    HG_TRY(hg__make_folder(w->folder, err));
    HG_TRY(hg__lock_folder(&w->lock, w->folder, err));
    if (w->period <= 0) return HG_OK;
    HG_TRY(hg__siphash_key_draw(&key, err));
    w->left_out = hg__lru_new(&o, &key, err);
    if (!w->left_out) return HG_ERR_MEMORY;
    w->filled = hg__alloc(1, sizeof *w->filled, err);
    if (!w->filled) return HG_ERR_MEMORY;
    while (w->spares < HG_WATCH_BATCHES - 1) {
        hg__watch_batch *b = hg__alloc(1, sizeof *b, err);
        if (!b) return HG_ERR_MEMORY;
        w->spare[w->spares++] = b;
    }
    return HG_OK;
}

int hg__watch_learn_open(hg__watch_learn **to, const hg__watch_kept *kept, hg__packet_judging *in,
                         hg__watch_counters *count, hg_error *err) {
    const struct hg__values *v = &in->options->values;
    if (!*kept->folder) return HG_OK;
    if (v->learn > 0) HG_TRY(check_kind(in, err));
    hg__watch_learn *w = *to = hg__alloc(1, sizeof *w, err);
    if (!w) return HG_ERR_MEMORY;
    pthread_mutex_init(&w->mutex, NULL);
    pthread_cond_init(&w->changed, NULL);
    w->lock.fd = -1;
    w->in = in;
    w->listener = in->listener;
    w->count = count;
    w->is_live = hg__capture_is_live(in->capture);
    w->period = v->learn * ns_per_hour;
    w->max_bytes = (size_t)v->max_mem / 2;
    snprintf(w->folder, sizeof w->folder, "%s", kept->folder);
    w->kept = kept;
    HG_TRY(make(w, err));
    return w->period > 0 ? open_learner(w, err) : HG_OK;
}

void hg__watch_learn_close(hg__watch_learn *w) {
    if (!w) return;
    stop_thread(w);
    note(w);
    close_learner(w);
    for (int32_t i = 0; i < w->spares; i++) hg__free(w->spare[i]);
    hg__free(w->filled);
    hg__free(w->alerts);
    hg__lru_free(w->left_out);
    hg__lock_release(&w->lock);
    pthread_mutex_destroy(&w->mutex);
    pthread_cond_destroy(&w->changed);
    hg__free(w);
}
