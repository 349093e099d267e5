// SPDX-License-Identifier: Apache-2.0
// signal_scorer.c - a model of a recording at work: what is waiting, windows cut from it, and scores of steps made of theirs.
//
//   stretch   [ given | final | steps whose windows are not all there | room ]
//               0       given   next                                    held
//
// Windows begin at every `stride` steps of a stretch, so that which they are depends on nothing else; where a stretch ends one more lies
// at its end. A stretch shorter than a window is one window with values missing.
#include "monitor/signal_scorer.h"

#include <math.h>
#include <string.h>

#include "base/int.h"
#include "base/mem.h"
#include "monitor/signal_evidence.h"

enum { AT_ONCE = 64, LEAST_ROOM = 2048 }; // windows; steps

struct hg__signal_scorer {
    hg__signal signal;            // owned
    hg__signal_evidence evidence; // owned
    int32_t room;                 // steps
    // The stretch at hand, owned, (room, ...):
    float *value;          // (room, C) as they came
    hg__scored_step *step; // (room)
    float *made;      // (room, C) sums over windows: what the autoencoder makes of each, scaled
    float *error;     // (room, C) sums over windows: squared differences, scaled
    float *near;      // (room) sums over windows
    int32_t *windows; // (room) that each step lies in
    int32_t given, final, held, next;
    int32_t explained; // the first of those given last
    bool is_new;       // nothing of the stretch was scored yet
    bool has_ended;
    // Windows at hand, owned: (AT_ONCE, N * C)
    float *x, *y;
    float far[AT_ONCE]; // each window's distance
    int32_t start[AT_ONCE];
    int32_t cut;
};

void hg__signal_scorer_free(hg__signal_scorer *s) {
    if (!s) return;
    hg__signal_evidence_clear(&s->evidence);
    hg__signal_clear(&s->signal);
    hg__free(s->value);
    hg__free(s->step);
    hg__free(s->made);
    hg__free(s->error);
    hg__free(s->near);
    hg__free(s->windows);
    hg__free(s->x);
    hg__free(s->y);
    hg__free(s);
}

static int make_room(hg__signal_scorer *s, hg_error *err) {
    const hg__signal *d = &s->signal;
    s->room = hg__max(LEAST_ROOM, 4 * d->length);
    const size_t room = (size_t)s->room, width = (size_t)d->length * (size_t)d->channels;
    const size_t all = room * (size_t)d->channels;
    s->value = hg__alloc(all, sizeof *s->value, err);
    if (s->value) s->made = hg__alloc(all, sizeof *s->made, err);
    if (s->made) s->error = hg__alloc(all, sizeof *s->error, err);
    if (s->error) s->near = hg__alloc(room, sizeof *s->near, err);
    if (s->near) s->windows = hg__alloc(room, sizeof *s->windows, err);
    if (s->windows) s->step = hg__alloc(room, sizeof *s->step, err);
    if (s->step) s->x = hg__alloc(AT_ONCE * width, sizeof *s->x, err);
    if (s->x) s->y = hg__alloc(AT_ONCE * width, sizeof *s->y, err);
    return s->y ? HG_OK : HG_ERR_MEMORY;
}

hg__signal_scorer *hg__signal_scorer_new(const hg_model *m, hg__pool *pool, const char *where,
                                         hg_error *err) {
    hg__signal_scorer *s = hg__alloc(1, sizeof *s, err);
    if (!s) return NULL;
    int code = hg__signal_load(&s->signal, m, where, err);
    if (code == HG_OK) {
        code = hg__signal_evidence_init(&s->evidence, m, &s->signal, AT_ONCE, pool, where, err);
    }
    if (code == HG_OK) code = make_room(s, err);
    s->is_new = true;
    if (code == HG_OK) return s;
    hg__signal_scorer_free(s);
    return NULL;
}

const hg__signal *hg__signal_scorer_signal(const hg__signal_scorer *s) {
    return &s->signal;
}

int32_t hg__signal_scorer_room(const hg__signal_scorer *s) {
    return s->room;
}

// ---- steps in -----------------------------------------------------------------------------------

// What was given makes room, but for the steps of a window: the one at the end may need them.
static void move_up(hg__signal_scorer *s) {
    const int32_t spare = s->held - s->signal.length;
    const int32_t by = spare > 0 ? hg__min(s->given, spare) : 0, left = s->held - by,
                  C = s->signal.channels;
    const size_t row = (size_t)C * sizeof(float), from = (size_t)by * (size_t)C;
    if (by == 0) return;
    memmove(s->value, s->value + from, (size_t)left * row);
    memmove(s->made, s->made + from, (size_t)left * row);
    memmove(s->error, s->error + from, (size_t)left * row);
    memmove(s->near, s->near + by, (size_t)left * sizeof *s->near);
    memmove(s->windows, s->windows + by, (size_t)left * sizeof *s->windows);
    memmove(s->step, s->step + by, (size_t)left * sizeof *s->step);
    s->given -= by;
    s->final -= by;
    s->next -= by;
    s->held = left;
}

static void begin_stretch(hg__signal_scorer *s) {
    s->given = s->final = s->held = s->next = 0;
    s->is_new = true;
    s->has_ended = false;
}

static void add_step(hg__signal_scorer *s, const hg__steps *from, int32_t i) {
    const size_t C = (size_t)s->signal.channels, at = (size_t)s->held;
    hg__scored_step *step = &s->step[s->held];
    memcpy(s->value + at * C, from->value + (size_t)i * C, C * sizeof *s->value);
    memset(s->made + at * C, 0, C * sizeof *s->made);
    memset(s->error + at * C, 0, C * sizeof *s->error);
    s->near[s->held] = 0;
    s->windows[s->held] = 0;
    *step = (hg__scored_step){.row = from->row[i],
                              .file = from->file,
                              .label = from->label ? from->label[i] : 0,
                              .begins = s->is_new && s->held == 0,
                              .time = from->time ? from->time[i] : (double)NAN};
    if (from->when && from->when[i]) {
        const size_t size = strnlen(from->when[i], HG_WHEN - 1);
        memcpy(step->when, from->when[i], size);
    }
    s->held++;
}

int32_t hg__signal_scorer_take(hg__signal_scorer *s, const hg__steps *from, int32_t first) {
    int32_t i = first;
    if (s->has_ended && s->given < s->held) return 0;
    if (s->has_ended) begin_stretch(s);
    move_up(s);
    for (; i < from->count && s->held < s->room; i++) {
        const bool is_next = from->begins[i] && (s->held > 0 || !s->is_new);
        if (is_next && i == first && s->given == s->held) {
            begin_stretch(s);
        } else if (is_next) {
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

// A window from step `start` on, of which `there` are held.
static void cut_window(hg__signal_scorer *s, int32_t start, int32_t there) {
    const hg__signal *d = &s->signal;
    const size_t width = (size_t)d->length * (size_t)d->channels;
    const size_t known = (size_t)there * (size_t)d->channels;
    const hg__window_view view = hg__signal_view(d);
    float *x = s->x + (size_t)s->cut * width;
    memcpy(x, s->value + (size_t)start * (size_t)d->channels, known * sizeof *x);
    for (size_t i = known; i < width; i++) x[i] = NAN;
    hg__window_see(&view, x);
    s->start[s->cut++] = start;
}

// What a window says of its steps. Values that are missing are nobody's error.
static void add_window(hg__signal_scorer *s, int32_t w) {
    const hg__signal *d = &s->signal;
    const size_t C = (size_t)d->channels, width = (size_t)d->length * C;
    const int32_t start = s->start[w], there = hg__min(d->length, s->held - start);
    const float *x = s->x + (size_t)w * width, *y = s->y + (size_t)w * width;
    const float *value = s->value + (size_t)start * C;
    float *made = s->made + (size_t)start * C, *error = s->error + (size_t)start * C;
    for (size_t i = 0; i < (size_t)there * C; i++) {
        const float r = isnan(value[i]) ? 0 : x[i] - y[i];
        made[i] += y[i];
        error[i] += r * r;
    }
    for (int32_t t = start; t < start + there; t++) {
        s->near[t] += s->far[w];
        s->windows[t]++;
    }
}

static void run_windows(hg__signal_scorer *s) {
    if (s->cut == 0) return;
    hg__signal_evidence_measure(&s->evidence, s->x, s->cut, s->y, s->far);
    for (int32_t w = 0; w < s->cut; w++) add_window(s, w);
    s->cut = 0;
}

static void cut_windows(hg__signal_scorer *s) {
    const int32_t N = s->signal.length, stride = s->signal.stride;
    for (; s->next + N <= s->held; s->next += stride) {
        cut_window(s, s->next, N);
        if (s->cut == AT_ONCE) run_windows(s);
    }
    const int32_t last = s->next - stride; // where the last one lies, if there was one
    const bool is_first = s->is_new && s->next == 0;
    if (s->has_ended && s->held > 0 && is_first) {
        cut_window(s, 0, s->held);
    } else if (s->has_ended && !is_first && last + N < s->held) {
        cut_window(s, s->held - N, N);
    }
    run_windows(s);
    s->final = s->has_ended ? s->held : hg__min(s->next, s->held);
}

// ---- scores out ---------------------------------------------------------------------------------

static void score_step(hg__signal_scorer *s, int32_t t) {
    const size_t C = (size_t)s->signal.channels, at = (size_t)t * C;
    const float over = s->windows[t] ? 1.0F / (float)s->windows[t] : 0;
    bool is_there = false;
    for (size_t c = 0; c < C; c++) is_there = is_there || !isnan(s->value[at + c]);
    for (size_t c = 0; c < C; c++) {
        s->made[at + c] *= over;
        s->error[at + c] *= over;
    }
    s->near[t] *= over;
    s->step[t].score = is_there && s->windows[t]
                           ? hg__signal_evidence_score(&s->evidence, s->error + at, s->near[t])
                           : NAN;
}

int32_t hg__signal_scorer_next(hg__signal_scorer *s, const hg__scored_step **step) {
    cut_windows(s);
    const int32_t first = s->given, count = s->final - first;
    for (int32_t t = first; t < s->final; t++) score_step(s, t);
    *step = s->step + first;
    s->explained = first;
    s->given = s->final;
    if (count > 0) s->is_new = false;
    return count;
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

int32_t hg__signal_scorer_explain(const hg__signal_scorer *s, int32_t i, int32_t most,
                                  hg__signal_reason *reason) {
    const hg__signal *d = &s->signal;
    const int32_t t = s->explained + i;
    const size_t at = (size_t)t * (size_t)d->channels;
    float sum = 0;
    int32_t n = 0;
    for (int32_t c = 0; c < d->channels && most > 0; c++) {
        const float e = s->error[at + (size_t)c] * s->evidence.weight[c];
        sum += e;
        if (e > 0) n = insert(reason, n, most, c, e);
    }
    for (int32_t k = 0; k < n; k++) {
        const int32_t c = reason[k].channel;
        const hg__channel_scale *scale = &d->scale[c];
        reason[k].share /= sum;
        reason[k].observed = s->value[at + (size_t)c];
        reason[k].expected = scale->centre + s->made[at + (size_t)c] / scale->inverse;
    }
    return n;
}
