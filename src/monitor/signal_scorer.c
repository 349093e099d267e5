// SPDX-License-Identifier: Apache-2.0
// signal_scorer.c - a model of a recording at work: what is waiting, windows cut from it, and scores of steps made of theirs.
//
//   stretch   [ given | final | steps whose windows are not all there | room ]
//                             next window of each detector              held
//
// A detector's windows begin at every `stride` steps of a stretch, so that which they are depends on nothing else; where a stretch ends
// one more lies at its end. Of a stretch that is shorter than its windows a detector says nothing, but for the autoencoder, for which
// what is missing of them is missing.
#include "monitor/signal_scorer.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "monitor/novelty.h"
#include "monitor/usual.h"
#include "monitor/window_detector.h"

enum { LEAST_ROOM = 2048 }; // steps
// Novelty that is told: where it begins a step's score is that much above 10, and all else stays below.
static const float told = 1.9F, below = 10;
// Of what a detector says that speaks alone: one is as high as this more often than a mean of several is.
static const float alone_share = 0.75F;

// A detector at work.
typedef struct watcher {
    hg__window_detector detector; // owned
    float *sum;                   // owned, (room): what windows say
    int32_t *windows;             // owned, (room): how many each step lies in
    float *ended; // owned, (room): what the window says that ends with it; NaN: none does
    float latest; // of them, by the step that was scored last; NaN: none yet
    float *x;     // owned, (HG_WINDOWS_AT_ONCE, N * C)
    bool
        sees_all; // steps as they are, so that windows without missing values are looked at where they stand
    bool in_place; // those at hand do
    int32_t start[HG_WINDOWS_AT_ONCE];
    int32_t last; // where one begins that a stretch's end has, beside the others; -1: none
    int32_t cut;  // windows at hand
    int32_t next; // where the next begins
    bool has_cut; // one was cut of this stretch
} watcher;

struct hg__signal_scorer {
    hg__signal signal;   // owned
    hg__novelty novelty; // owned
    bool has_novelty;
    watcher watcher[HG_WINDOW_DETECTORS];
    int32_t watchers;                 // detectors of other kinds of recordings are not there
    int32_t row[HG_WINDOW_DETECTORS]; // of the table, of each
    int32_t room, longest;            // steps; of a window
    // The stretch at hand, owned, (room, ...):
    float *value;          // (room, C) as they came
    float *seen;           // (room, C) scaled and limited, where a detector sees all
    uint8_t *lacks;        // (room) 1: some are missing
    hg__scored_step *step; // (room)
    float *made; // (room, C) sums over windows: what the autoencoder makes of each, as it sees them
    float *error;    // (room, C) sums over windows: squared differences
    float *observed; // (room, C) live: what the autoencoder compared with what it made
    float *most;     // owned, (C)
    float *y;        // owned, (HG_WINDOWS_AT_ONCE, width)
    int32_t given, final, held;
    int32_t explained; // the first of those given last
    bool is_new;       // nothing of the stretch was scored yet
    bool has_ended, is_live;
    bool is_alone; // no detector is prompt: all count
};

void hg__signal_scorer_free(hg__signal_scorer *s) {
    if (!s) return;
    for (int32_t i = 0; i < s->watchers; i++) {
        watcher *w = &s->watcher[i];
        hg__window_detector_clear(&w->detector);
        hg__free(w->sum);
        hg__free(w->windows);
        hg__free(w->ended);
        hg__free(w->x);
    }
    hg__signal_clear(&s->signal);
    hg__novelty_clear(&s->novelty);
    hg__free(s->value);
    hg__free(s->seen);
    hg__free(s->lacks);
    hg__free(s->step);
    hg__free(s->made);
    hg__free(s->error);
    hg__free(s->observed);
    hg__free(s->most);
    hg__free(s->y);
    hg__free(s);
}

static int open_detectors(hg__signal_scorer *s, const hg_model *m, hg__pool *pool,
                          const char *where, hg_error *err) {
    for (int32_t i = 0; i < HG_WINDOW_DETECTORS; i++) {
        watcher *w = &s->watcher[s->watchers];
        w->detector = hg__window_detector_make(i, &s->signal, pool);
        if (!w->detector.is_there) continue;
        s->row[s->watchers++] = i;
        if (w->detector.weight > 0 && w->detector.is_prompt) s->is_alone = false;
        HG_TRY(w->detector.type->load(&w->detector, m, where, err));
        if (!s->signal.is_plain) {
            HG_TRY(hg__window_detector_load_usual(&w->detector, m, where, err));
        }
        s->longest = hg__max(s->longest, w->detector.view.length);
        w->sees_all = w->detector.view.every == 1 && !w->detector.view.is_normalised;
    }
    return HG_OK;
}

static int make_room(hg__signal_scorer *s, hg_error *err) {
    s->room = hg__max(LEAST_ROOM, 4 * s->longest);
    const size_t room = (size_t)s->room, all = room * (size_t)s->signal.channels;
    for (int32_t i = 0; i < s->watchers; i++) {
        watcher *w = &s->watcher[i];
        const hg__window_view *v = &w->detector.view;
        const size_t numbers = (size_t)v->length * (size_t)v->channels;
        w->sum = hg__alloc(room, sizeof *w->sum, err);
        if (w->sum) w->windows = hg__alloc(room, sizeof *w->windows, err);
        if (w->windows) w->ended = hg__alloc(room, sizeof *w->ended, err);
        if (w->ended) w->x = hg__alloc(HG_WINDOWS_AT_ONCE, numbers * sizeof *w->x, err);
        if (!w->x) return HG_ERR_MEMORY;
    }
    const size_t width = (size_t)s->watcher[0].detector.width;
    s->value = hg__alloc(all, sizeof *s->value, err);
    if (s->value) s->made = hg__alloc(all, sizeof *s->made, err);
    if (s->made) s->error = hg__alloc(all, sizeof *s->error, err);
    if (s->error) s->observed = hg__alloc(all, sizeof *s->observed, err);
    if (s->observed) s->seen = hg__alloc(all, sizeof *s->seen, err);
    if (s->seen) s->lacks = hg__alloc(room, sizeof *s->lacks, err);
    if (s->lacks) s->most = hg__alloc((size_t)s->signal.channels, sizeof *s->most, err);
    if (s->most) s->step = hg__alloc(room, sizeof *s->step, err);
    if (s->step) s->y = hg__alloc(HG_WINDOWS_AT_ONCE, width * sizeof *s->y, err);
    return s->y ? HG_OK : HG_ERR_MEMORY;
}

static void begin_stretch(hg__signal_scorer *s) {
    s->given = s->final = s->held = 0;
    s->is_new = true;
    s->has_ended = false;
    for (int32_t i = 0; i < s->watchers; i++) {
        s->watcher[i].next = 0;
        s->watcher[i].has_cut = false;
        s->watcher[i].latest = NAN;
    }
}

static int open_novelty(hg__signal_scorer *s, const hg_model *m, const char *where, hg_error *err) {
    s->has_novelty = s->signal.channels == 1 && hg__novelty_is_in(m);
    return s->has_novelty ? hg__novelty_load(&s->novelty, m, where, err) : HG_OK;
}

hg__signal_scorer *hg__signal_scorer_new(const hg_model *m, hg__pool *pool, const char *where,
                                         hg_error *err) {
    hg__signal_scorer *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    s->is_alone = true;
    int code = hg__signal_load(&s->signal, m, where, err);
    if (code == HG_OK) code = open_detectors(s, m, pool, where, err);
    if (code == HG_OK) code = make_room(s, err);
    if (code == HG_OK) code = open_novelty(s, m, where, err);
    begin_stretch(s);
    if (code == HG_OK) return s;
    hg__signal_scorer_free(s);
    return NULL;
}

const hg__signal *hg__signal_scorer_signal(const hg__signal_scorer *s) {
    return &s->signal;
}

bool hg__signal_scorer_has_novelty(const hg__signal_scorer *s) {
    return s->has_novelty;
}

int32_t hg__signal_scorer_delay(const hg__signal_scorer *s) {
    return s->longest - 1;
}

int32_t hg__signal_scorer_room(const hg__signal_scorer *s) {
    return s->room;
}

// ---- steps in -----------------------------------------------------------------------------------

static void shift(void *all, size_t size, int32_t by, int32_t left) {
    memmove(all, (char *)all + (size_t)by * size, (size_t)left * size);
}

// What was given makes room, but for the steps of a window: the one at the end may need them.
static void move_up(hg__signal_scorer *s) {
    const int32_t spare = s->held - s->longest;
    const int32_t by = spare > 0 ? hg__min(s->given, spare) : 0, left = s->held - by;
    const size_t row = (size_t)s->signal.channels * sizeof(float);
    if (by < s->room / 2 && s->held < s->room) return; // not for a few
    shift(s->value, row, by, left);
    shift(s->seen, row, by, left);
    shift(s->lacks, sizeof *s->lacks, by, left);
    shift(s->made, row, by, left);
    shift(s->error, row, by, left);
    shift(s->observed, row, by, left);
    shift(s->step, sizeof *s->step, by, left);
    for (int32_t i = 0; i < s->watchers; i++) {
        watcher *w = &s->watcher[i];
        shift(w->sum, sizeof *w->sum, by, left);
        shift(w->windows, sizeof *w->windows, by, left);
        shift(w->ended, sizeof *w->ended, by, left);
        w->next -= by;
    }
    s->given -= by;
    s->final -= by;
    s->held = left;
}

// Of `count` steps from `first` on nothing was said yet.
static void clear_rows(hg__signal_scorer *s, int32_t first, int32_t count) {
    const size_t C = (size_t)s->signal.channels, from = (size_t)first * C;
    const size_t bytes = (size_t)count * C * sizeof(float);
    memset(s->made + from, 0, bytes);
    memset(s->error + from, 0, bytes);
    memset(s->observed + from, 0, bytes);
    for (int32_t i = 0; i < s->watchers; i++) {
        watcher *w = &s->watcher[i];
        for (int32_t t = first; t < first + count; t++) {
            w->sum[t] = 0;
            w->windows[t] = 0;
            w->ended[t] = NAN;
        }
    }
}

// All detectors see a step with the same scale and limit.
static void see(hg__signal_scorer *s, int32_t first, int32_t count) {
    const size_t C = (size_t)s->signal.channels, from = (size_t)first * C;
    const float *value = s->value + from;
    hg__window_scale(&s->watcher[0].detector.view, value, count, s->seen + from);
    for (int32_t t = first; t < first + count; t++, value += C) {
        int32_t missing = 0;
        for (size_t c = 0; c < C; c++) missing += value[c] != value[c];
        s->lacks[t] = missing > 0;
    }
}

static void add_step(hg__signal_scorer *s, const hg__steps *from, int32_t i) {
    const hg__signal *d = &s->signal;
    const size_t C = (size_t)d->channels, at = (size_t)s->held;
    const float *value = from->value + (size_t)i * (size_t)d->read;
    hg__scored_step *step = &s->step[s->held];
    for (size_t c = 0; c < C; c++) s->value[at * C + c] = value[d->pick[c]];
    clear_rows(s, s->held, 1);
    see(s, s->held, 1);
    *step = (hg__scored_step){.row = from->row[i],
                              .file = from->file,
                              .label = from->label ? from->label[i] : 0,
                              .begins = s->is_new && s->held == 0,
                              .time = from->time ? from->time[i] : (double)NAN};
    if (from->when && from->when[i]) {
        const size_t size = strnlen(from->when[i], HG_WHEN - 1);
        memcpy(step->when, from->when[i], size);
    }
    if (s->has_novelty && !isnan(s->value[at])) {
        const hg__channel_scale *scale = &d->scale[0];
        step->novelty =
            hg__novelty_take(&s->novelty, (s->value[at] - scale->centre) * scale->inverse);
    }
    s->held++;
}

int32_t hg__signal_scorer_take(hg__signal_scorer *s, const hg__steps *from, int32_t first) {
    int32_t i = first;
    if (s->has_ended && s->given < s->held) return 0;
    if (s->has_ended) begin_stretch(s);
    move_up(s);
    for (; i < from->count && s->held < s->room; i++) {
        if (from->begins[i] && (s->held > 0 || !s->is_new)) {
            s->has_ended = true; // what waits is scored first
            break;
        }
        add_step(s, from, i);
    }
    return i - first;
}

void hg__signal_scorer_end(hg__signal_scorer *s) {
    s->has_ended = true;
}

// ---- windows ------------------------------------------------------------------------------------

// The numbers of window i of those at hand.
static hg__seen_windows seen_windows(const hg__signal_scorer *s, const watcher *w) {
    const size_t C = (size_t)w->detector.view.channels;
    if (!w->in_place) return (hg__seen_windows){w->x, (size_t)w->detector.width, w->cut};
    return (hg__seen_windows){s->seen + (size_t)w->start[0] * C, (size_t)w->detector.stride * C,
                              w->cut};
}

// What the autoencoder, y (width), says of each value of the window x that begins at `start`, from step `first` on. Where a window's steps
// are means of several, each of them has their error.
static void add_errors(hg__signal_scorer *s, const watcher *w, const float *x, const float *y,
                       int32_t start, int32_t first) {
    const hg__window_view *v = &w->detector.view;
    const size_t C = (size_t)v->channels;
    const int32_t there = hg__min(v->length, s->held - start);
    for (int32_t t = first - start; t < there; t++) {
        const size_t from = (size_t)(t / v->every) * C, to = (size_t)(start + t) * C;
        const float *value = s->value + to;
        float *made = s->made + to, *error = s->error + to;
        for (size_t c = 0; c < C; c++) {
            const bool is_there = !isnan(value[c]) && !isnan(x[from + c]);
            const float r = is_there ? x[from + c] - y[from + c] : 0;
            made[c] += y[from + c];
            error[c] += r * r;
        }
    }
}

// Live, a window says which channels are odd at its end, and what comes later changes nothing of that: all of its errors, and of each
// channel the step that is furthest off.
static void keep_errors(hg__signal_scorer *s, const watcher *w, const float *x, const float *y,
                        int32_t start) {
    const hg__window_view *v = &w->detector.view;
    const size_t C = (size_t)v->channels, end = (size_t)(start + v->length - 1) * C;
    float *error = s->error + end, *made = s->made + end, *observed = s->observed + end;
    for (size_t c = 0; c < C; c++) {
        error[c] = 0;
        s->most[c] = -1;
    }
    for (int32_t t = w->detector.first; t < v->length; t++) {
        const size_t seen = (size_t)(t / v->every) * C;
        const float *value = s->value + (size_t)(start + t) * C;
        for (size_t c = 0; c < C; c++) {
            const float r = x[seen + c] - y[seen + c], square = r * r;
            const bool is_there = !isnan(value[c]) && !isnan(x[seen + c]);
            const bool is_most = is_there && square > s->most[c];
            error[c] += is_there ? square : 0;
            s->most[c] = is_most ? square : s->most[c];
            made[c] = is_most ? y[seen + c] : made[c];
            observed[c] = is_most ? value[c] : observed[c];
        }
    }
}

static void add_evidence(const hg__signal_scorer *s, watcher *w, int32_t i, int32_t first,
                         float evidence) {
    const int32_t end = hg__min(w->start[i] + w->detector.view.length, s->held);
    for (int32_t t = s->is_live ? end : first; t < end; t++) {
        w->sum[t] += evidence;
        w->windows[t]++;
    }
    if (w->start[i] != w->last) w->ended[end - 1] = evidence;
}

static void run_windows(hg__signal_scorer *s, watcher *w) {
    const bool has_errors = w == &s->watcher[0];
    float far[HG_WINDOWS_AT_ONCE];
    if (w->cut == 0) return;
    const hg__seen_windows seen = seen_windows(s, w);
    const hg__window_said said = {far, has_errors ? s->y : NULL};
    w->detector.type->measure(&w->detector, &seen, &said);
    for (int32_t i = 0; i < w->cut; i++) {
        const float *x = seen.x + (size_t)i * seen.pitch;
        const float *y = s->y + (size_t)i * (size_t)w->detector.width;
        // Steps before the next window may have been given: the one at the end is of those behind it.
        const int32_t end = hg__min(w->start[i] + w->detector.view.length, s->held);
        const int32_t behind = hg__max(w->start[i] == w->last ? w->next : w->start[i],
                                       w->start[i] + w->detector.first);
        const int32_t first = w->detector.type->is_of_end ? end - 1 : behind;
        if (has_errors && s->is_live) keep_errors(s, w, x, y, w->start[i]);
        if (has_errors && !s->is_live) add_errors(s, w, x, y, w->start[i], first);
        add_evidence(s, w, i, first,
                     s->signal.is_plain ? far[i] : hg__usual_evidence(&w->detector.usual, far[i]));
    }
    w->cut = 0;
}

// A window from step `start` on, of which `there` are held.
static void cut_window(hg__signal_scorer *s, watcher *w, int32_t start, int32_t there) {
    const hg__window_view *v = &w->detector.view;
    const size_t C = (size_t)v->channels, numbers = (size_t)v->length * C;
    const bool in_place =
        w->sees_all && there == v->length && !memchr(s->lacks + start, 1, (size_t)there);
    if (in_place != w->in_place) run_windows(s, w);
    w->in_place = in_place;
    if (!in_place) {
        float *x = w->x + (size_t)w->cut * (size_t)w->detector.width;
        memcpy(x, s->value + (size_t)start * C, (size_t)there * C * sizeof *x);
        for (size_t i = (size_t)there * C; i < numbers; i++) x[i] = NAN;
        hg__window_see(v, x, x); // behind it is room for the last one's steps
    }
    w->start[w->cut++] = start;
    w->has_cut = true;
    if (w->cut == HG_WINDOWS_AT_ONCE) run_windows(s, w);
}

static void cut_windows(hg__signal_scorer *s, watcher *w) {
    const int32_t N = w->detector.view.length, stride = w->detector.stride;
    w->last = -1;
    for (; w->next + N <= s->held; w->next += stride) cut_window(s, w, w->next, N);
    run_windows(s, w);
    if (s->has_ended && s->held > 0 && !s->is_live) {
        const bool is_first = w == &s->watcher[0];
        if (!w->has_cut && s->is_new && is_first && s->held < N) cut_window(s, w, 0, s->held);
        if (w->has_cut && w->next - stride + N < s->held && s->held >= N) {
            w->last = s->held - N;
            cut_window(s, w, w->last, N);
        }
    }
    run_windows(s, w);
}

static void run_all(hg__signal_scorer *s) {
    int32_t final = s->held;
    for (int32_t i = 0; i < s->watchers; i++) {
        cut_windows(s, &s->watcher[i]);
        final = hg__min(final, s->watcher[i].next);
    }
    s->final = s->has_ended || s->is_live ? s->held : final;
}

// ---- scores out ---------------------------------------------------------------------------------

static float score_of(const hg__signal_scorer *s, int32_t t) {
    float sum = 0, weight = 0;
    for (int32_t i = 0; i < s->watchers; i++) {
        const watcher *w = &s->watcher[i];
        if (w->windows[t] == 0) continue;
        sum += w->detector.weight * w->sum[t] / (float)w->windows[t];
        weight += w->detector.weight;
    }
    return weight > 0 ? sum / weight : NAN;
}

int32_t hg__signal_scorer_detectors(const hg__signal_scorer *s) {
    return s->watchers;
}

int32_t hg__signal_scorer_row(const hg__signal_scorer *s, int32_t k) {
    return s->row[k];
}

float hg__signal_scorer_says(const hg__signal_scorer *s, int32_t i, int32_t k) {
    const watcher *w = &s->watcher[k];
    const int32_t t = s->explained + i;
    return w->windows[t] ? w->sum[t] / (float)w->windows[t] : NAN;
}

// Steps come in order.
static float score_now(hg__signal_scorer *s, int32_t t) {
    float sum = 0, weight = 0, alone = 0;
    for (int32_t i = 0; i < s->watchers; i++) {
        watcher *w = &s->watcher[i];
        if (!isnan(w->ended[t])) w->latest = w->ended[t];
        if (isnan(w->latest) || w->detector.weight == 0) continue;
        if (!w->detector.is_prompt && !s->is_alone) continue;
        if (w->detector.speaks_alone) {
            alone = alone_share * (float)hg__usual_expand((double)w->latest);
            continue;
        }
        sum += w->detector.weight * w->latest;
        weight += w->detector.weight;
    }
    alone = (float)hg__usual_compress((double)alone);
    return weight > 0 ? fmaxf(sum / weight, alone) : NAN;
}

// As it is up to 5, then ever slower up to 10.
static float bounded(float score) {
    return score > below / 2 ? below - below * below / 4 / score : score;
}

static void add_novelty(hg__scored_step *step) {
    if (isnan(step->score)) return;
    step->score = step->novelty > told ? below + step->novelty : bounded(step->score);
}

static void score_step(hg__signal_scorer *s, int32_t t) {
    const size_t C = (size_t)s->signal.channels, at = (size_t)t * C;
    const int32_t windows = s->watcher[0].windows[t];
    const float over = windows ? 1.0F / (float)windows : 0, now = score_now(s, t);
    bool is_there = false;
    for (size_t c = 0; c < C; c++) {
        is_there = is_there || !isnan(s->value[at + c]);
        if (s->is_live) continue;
        s->made[at + c] *= over;
        s->error[at + c] *= over;
    }
    s->step[t].score = !is_there ? NAN : s->is_live ? now : score_of(s, t);
    s->step[t].now = is_there ? now : NAN;
    if (s->has_novelty && !s->is_live) add_novelty(&s->step[t]);
}

int32_t hg__signal_scorer_next(hg__signal_scorer *s, const hg__scored_step **step) {
    run_all(s);
    const int32_t first = s->given, count = s->final - first;
    for (int32_t t = first; t < s->final; t++) score_step(s, t);
    *step = s->step + first;
    s->explained = first;
    s->given = s->final;
    if (count > 0) s->is_new = false;
    return count;
}

void hg__signal_scorer_go_live(hg__signal_scorer *s) {
    s->is_live = true;
}

void hg__signal_scorer_leave_out(hg__signal_scorer *s, int32_t row) {
    for (int32_t i = 0; i < s->watchers; i++) {
        if (s->row[i] == row) s->watcher[i].detector.weight = 0;
    }
}

// ---- what the autoencoder makes of steps --------------------------------------------------------

void hg__signal_scorer_values(const hg__signal_scorer *s, int32_t i, float *observed,
                              float *expected) {
    const hg__signal *d = &s->signal;
    const int32_t step = s->explained + i;
    const size_t C = (size_t)d->channels, at = (size_t)step * C;
    const hg__window_view *v = &s->watcher[0].detector.view;
    const bool is_known = s->watcher[0].windows[step] > 0 && !v->is_normalised;
    for (size_t c = 0; c < C; c++) {
        const hg__channel_scale *scale = &d->scale[c];
        observed[c] = s->value[at + c];
        expected[c] = is_known ? scale->centre + s->made[at + c] / scale->inverse : NAN;
    }
}

float hg__signal_scorer_error(const hg__signal_scorer *s, int32_t i) {
    const size_t C = (size_t)s->signal.channels;
    const float *error = s->error + (size_t)(s->explained + i) * C;
    float sum = 0;
    for (size_t c = 0; c < C; c++) sum += error[c];
    return sum;
}

// ---- why ----------------------------------------------------------------------------------------

// Puts channel c, whose error is e, where it belongs among the n largest so far.
static int32_t insert(hg__signal_reason *reason, int32_t n, int32_t most, int32_t c, float e) {
    int32_t at = n < most ? n : most - 1;
    if (n == most && e <= reason[at].share) return n;
    for (; at > 0 && reason[at - 1].share < e; at--) reason[at] = reason[at - 1];
    reason[at] = (hg__signal_reason){.channel = c, .share = e};
    return n < most ? n + 1 : n;
}

// The step whose errors are the reasons of step t: itself, and live the end of the last window that had ended; -1: none had.
static int32_t speaker(const hg__signal_scorer *s, int32_t t) {
    while (s->is_live && t >= 0 && isnan(s->watcher[0].ended[t])) t--;
    return t;
}

int32_t hg__signal_scorer_explain(const hg__signal_scorer *s, int32_t i, int32_t most,
                                  hg__signal_reason *reason) {
    const hg__signal *d = &s->signal;
    const int32_t t = speaker(s, s->explained + i);
    if (t < 0) return 0;
    const size_t at = (size_t)t * (size_t)d->channels;
    const float *observed = s->is_live ? s->observed : s->value;
    const bool has_levels = !s->watcher[0].detector.view.is_normalised;
    float sum = 0;
    int32_t n = 0;
    for (int32_t c = 0; c < d->channels && most > 0; c++) {
        const float e = s->error[at + (size_t)c];
        sum += e;
        if (e > 0) n = insert(reason, n, most, c, e);
    }
    for (int32_t k = 0; k < n; k++) {
        const int32_t c = reason[k].channel;
        const hg__channel_scale *scale = &d->scale[c];
        reason[k].share /= sum;
        reason[k].channel = d->pick[c];
        reason[k].observed = observed[at + (size_t)c];
        reason[k].expected =
            has_levels ? scale->centre + s->made[at + (size_t)c] / scale->inverse : NAN;
    }
    return n;
}

// ---- what outlives the process --------------------------------------------------------------------

static const uint32_t state_version = 2;

// The first step that is still needed: by a window to come, or as the reason of what comes next.
static int32_t first_needed(const hg__signal_scorer *s) {
    int32_t first = s->held;
    for (int32_t i = 0; i < s->watchers; i++) first = hg__min(first, s->watcher[i].next);
    const int32_t spoke = speaker(s, s->held - 1);
    return spoke >= 0 ? hg__min(first, spoke) : first;
}

void hg__signal_scorer_write(const hg__signal_scorer *s, hg__text *to) {
    assert(s->is_live && s->given == s->held);
    const int32_t first = first_needed(s), kept = s->held - first;
    const size_t C = (size_t)s->signal.channels, from = (size_t)first * C, all = (size_t)kept * C;
    const int32_t spoke = speaker(s, s->held - 1);
    HG_PUT(to, state_version);
    HG_PUT(to, s->watchers);
    HG_PUT(to, s->signal.channels);
    HG_PUT(to, kept);
    HG_PUT(to, s->is_new);
    hg__put(to, s->value + from, all * sizeof *s->value);
    for (int32_t i = 0; i < s->watchers; i++) {
        const watcher *w = &s->watcher[i];
        const int32_t next = w->next - first;
        HG_PUT(to, next);
        HG_PUT(to, w->latest);
    }
    if (s->has_novelty) hg__novelty_write(&s->novelty, to);
    const int32_t at = spoke < 0 ? -1 : spoke - first;
    HG_PUT(to, at);
    if (spoke < 0) return;
    const size_t row = (size_t)spoke * C, bytes = C * sizeof(float);
    HG_PUT(to, s->watcher[0].ended[spoke]);
    hg__put(to, s->made + row, bytes);
    hg__put(to, s->error + row, bytes);
    hg__put(to, s->observed + row, bytes);
}

static void clear_kept(hg__signal_scorer *s, int32_t kept) {
    clear_rows(s, 0, kept);
    for (int32_t t = 0; t < kept; t++) s->step[t] = (hg__scored_step){.score = NAN, .now = NAN};
}

static bool read_state(hg__signal_scorer *s, hg__bytes *from) {
    const size_t C = (size_t)s->signal.channels, bytes = C * sizeof(float);
    uint32_t version = 0;
    int32_t watchers = 0, channels = 0, kept = -1, at = -1;
    HG_GET(from, version);
    HG_GET(from, watchers);
    HG_GET(from, channels);
    HG_GET(from, kept);
    hg__get_bool(from, &s->is_new);
    if (from->failed || version != state_version || watchers != s->watchers ||
        channels != s->signal.channels || kept < 0 || kept > s->room - s->longest) {
        return false;
    }
    clear_kept(s, kept);
    hg__get(from, s->value, (size_t)kept * bytes);
    see(s, 0, kept);
    for (int32_t i = 0; i < s->watchers; i++) {
        watcher *w = &s->watcher[i];
        HG_GET(from, w->next);
        HG_GET(from, w->latest);
        if (w->next < 0 || w->next > kept + w->detector.stride) return false;
    }
    if (s->has_novelty && !hg__novelty_read(&s->novelty, from)) return false;
    HG_GET(from, at);
    if (from->failed || at < -1 || at >= kept) return false;
    s->held = s->final = s->given = kept;
    if (at < 0) return true;
    const size_t row = (size_t)at * C;
    HG_GET(from, s->watcher[0].ended[at]);
    hg__get(from, s->made + row, bytes);
    hg__get(from, s->error + row, bytes);
    hg__get(from, s->observed + row, bytes);
    return !from->failed;
}

bool hg__signal_scorer_read(hg__signal_scorer *s, hg__bytes *from) {
    assert(s->is_live);
    begin_stretch(s);
    if (read_state(s, from)) return true;
    begin_stretch(s);
    return false;
}
