// SPDX-License-Identifier: Apache-2.0
// signal_alarms.c - from scores over time to alarms.
#include "monitor/signal_alarms.h"

#include <math.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/real.h"
#include "detect/table_model.h"
#include "monitor/usual.h"

// An event raises the logarithm of the threshold by so much; of events that are counted the first more, this over the root of their number.
static const double rise = 0.1, first_rise = 0.3;
static const double novel_rise =
    0.4; // of the threshold of novelty, by an event of it; every other one takes `rise` from it
// What an event adds to the trend, in what it raises the threshold by, and how far that goes in the time of one event.
static const double learned = 0.2, most_trend = 0.2;
static const double most_time = 0.05; // that events may take, so that a trend is learned
static const double most_lengths = 8; // an event that lasts longer ends by a threshold that rises
static const double faster = 4;       // so many times as fast as it sinks
static const double farthest = 256;   // drift is followed as far as this, up or down
// The lower threshold is that of twice the rate, as long as this is at most that share of the steps.
static const double lower_share = 2, often_enough = 0.1, most_share = 0.5;
static const double part_of_rest =
    16; // below it an event ends after no more than this part of the time of one event
static const char key[] = "events";
enum { ENOUGH = 8 }; // events, of which to say how long they are

void hg__signal_alarms_clear(hg__signal_alarms *a) {
    hg__thresholds_clear(&a->thresholds);
    *a = (hg__signal_alarms){0};
}

bool hg__signal_alarms_has(const hg__signal_alarms *a) {
    return a->thresholds.groups > 0;
}

static const hg__threshold_group *whole(const hg__signal_alarms *a) {
    return &a->thresholds.group[0];
}

// The share p for which p + sqrt(p / n) / 2 is fpr.
static double sure_share(double fpr, double n) {
    const double half = 0.5 / sqrt(n), root = (sqrt(half * half + 4 * fpr) - half) / 2;
    const double share = root * root;
    return share > 1e-9 ? share : 1e-9;
}

static int ask(hg__signal_alarms *a, double fpr, hg_error *err) {
    hg__threshold low;
    const double sure = sure_share(fpr, a->stretches);
    HG_TRY(hg__thresholds_ask(&a->thresholds, sure, err));
    const double often = fmax(sure, fmin(sure * lower_share, often_enough));
    HG_TRY(hg__calibration_threshold(whole(a)->held, often, &low, err));
    a->threshold = hg__usual_expand(whole(a)->at.value);
    a->lower = a->threshold > 0 ? fmin(hg__usual_expand(low.value) / a->threshold, 1) : 1;
    a->rate = fpr / a->length;
    return HG_OK;
}

// Half of the events may be of novelty.
static void ask_novelty(hg__signal_alarms *a) {
    const double k = floor(a->rate / 2 * a->told.steps);
    a->novel = 1;
    if (k < a->told.count && a->threshold > 0) {
        a->novel = fmax(1, hg__usual_expand((double)a->told.value[(int32_t)k]) / a->threshold);
    }
    a->state.novel = a->novel;
}

int hg__signal_alarms_ask(hg__signal_alarms *a, double fpr, hg_error *err) {
    if (!hg__signal_alarms_has(a)) return HG_OK;
    a->counts_events = false;
    a->rest = a->hold;
    HG_TRY(ask(a, fpr, err));
    ask_novelty(a);
    return HG_OK;
}

int hg__signal_alarms_ask_events(hg__signal_alarms *a, double per_step, hg_error *err) {
    if (!hg__signal_alarms_has(a)) return HG_OK;
    const double rest = 1 / (part_of_rest * per_step);
    a->counts_events = true;
    a->rest = rest < 1 ? 1 : rest < a->hold ? (int32_t)rest : a->hold;
    HG_TRY(ask(a, fmin(per_step * a->length, most_share), err));
    a->rate = per_step;
    ask_novelty(a);
    return HG_OK;
}

int hg__signal_alarms_init(hg__signal_alarms *a, const hg_model *m, const char *where,
                           hg_error *err) {
    const hg__json *own = hg__json_object_get(hg__model_detector(m), key);
    *a = (hg__signal_alarms){
        .state = {.drift = 1, .novel = 1}
    };
    HG_TRY(hg__novelty_told_load(&a->told, m, where, err));
    HG_TRY(hg__thresholds_load(&a->thresholds, m, where, err));
    if (!hg__signal_alarms_has(a)) return HG_OK;
    a->length = hg__json_number_value(hg__json_object_get(own, "length"));
    a->stretches = hg__json_number_value(hg__json_object_get(own, "stretches"));
    const double fpr = hg__json_number_value(hg__json_object_get(own, "fpr"));
    const int64_t hold = hg__json_integer_value(hg__json_object_get(own, "hold"));
    int code = HG_OK;
    if (!(a->length >= 1 && a->stretches > 0 && fpr > 0 && fpr < 1) || hold < 1 ||
        hold > INT32_MAX) {
        code = hg__fail(err, HG_ERR_MODEL,
                        "%s: events: expected lengths of at least one step and a rate", where);
    }
    a->hold = (int32_t)hold;
    const bool is_counted = hg__json_is_true(hg__json_object_get(own, "counted"));
    if (code == HG_OK && is_counted) {
        code = hg__signal_alarms_ask_events(a, fpr / a->length, err);
    } else if (code == HG_OK) {
        code = hg__signal_alarms_ask(a, fpr, err);
    }
    if (code < 0) hg__signal_alarms_clear(a);
    return code;
}

// ---- at work ------------------------------------------------------------------------------------

static void move(hg__signal_alarms *a, double by) {
    const double drift = a->state.drift * by, least = a->counts_events ? 1 / farthest : 1;
    a->state.drift = drift > farthest ? farthest : drift < least ? least : drift;
}

// What event number k raises the threshold by.
static double rise_of(const hg__signal_alarms *a, double k) {
    return a->counts_events && k > 0 ? fmax(rise, first_rise / sqrt(k)) : rise;
}

// Few events leave the threshold behind; of many, which are soon too close to come apart, a trend would only make it sink.
static bool has_trend(const hg__signal_alarms *a) {
    return a->counts_events && a->rate * a->length < most_time;
}

static double within(double x, double most) {
    return x > most ? most : x < -most ? -most : x;
}

static void move_novelty(hg__signal_alarms *a, bool is_novel) {
    hg__alarm_state *s = &a->state;
    if (is_novel) {
        s->novel *= 1 + hg__expm1(novel_rise);
    } else {
        s->novel /= 1 + hg__expm1(rise);
    }
    s->novel = fmax(a->novel, fmin(s->novel, a->novel * farthest));
}

static void begin(hg__signal_alarms *a, bool is_novel) {
    hg__alarm_state *s = &a->state;
    s->is_on = true;
    s->quiet = s->lasted = 0;
    s->events++;
    if (a->is_fixed) return;
    const double by = rise_of(a, (double)s->events);
    move(a, 1 + hg__expm1(by));
    if (has_trend(a)) s->trend = within(s->trend + learned * by, most_trend);
    if (a->told.steps > 0) move_novelty(a, is_novel);
}

// What a step takes from the threshold, or in an event that lasts adds to it, and the trend.
static void follow(hg__signal_alarms *a) {
    hg__alarm_state *s = &a->state;
    const double by = a->rate * rise_of(a, (double)s->events);
    const bool is_long = s->is_on && s->lasted > most_lengths * a->length;
    if (has_trend(a) && !is_long) s->trend = within(s->trend - learned * by, most_trend);
    move(a, 1 + (is_long ? faster * by : -by) + s->trend * a->rate);
}

// level: the score over the threshold as it is now.
static void go_on(hg__signal_alarms *a, double level, bool is_novel) {
    hg__alarm_state *s = &a->state;
    if (!s->is_on && level > 1) {
        begin(a, is_novel);
    } else if (s->is_on && level <= a->lower) {
        s->is_on = ++s->quiet < a->rest;
    } else {
        s->quiet = 0;
    }
    if (s->is_on && s->lasted < INT32_MAX) s->lasted++;
    if (!a->is_fixed) follow(a);
}

double hg__signal_alarms_threshold(const hg__signal_alarms *a, double drift) {
    return hg__usual_compress(a->threshold * drift);
}

hg__alarm hg__signal_alarms_take(hg__signal_alarms *a, const hg__scored_step *step) {
    hg__alarm out = {.score = NAN, .p = (double)NAN};
    if (!hg__signal_alarms_has(a)) return out;
    if (step->begins) a->state.is_on = false;
    if (!isnan(step->now)) {
        const double now = hg__usual_expand((double)step->now);
        const double novel = hg__usual_expand((double)step->novelty) / a->state.novel;
        const bool is_novel = a->told.steps > 0 && novel > now;
        const double score = (is_novel ? novel : now) / a->state.drift;
        out.score = is_novel ? (float)hg__usual_compress(novel) : step->now;
        out.p = hg__calibration_p_near(whole(a)->held, hg__usual_compress(score), &a->near);
        go_on(a, a->threshold > 0 ? score / a->threshold : score > 0 ? 2 : 0, is_novel);
    }
    out.is_alarm = a->state.is_on;
    out.event = out.is_alarm ? a->state.events : 0;
    return out;
}

// ---- fitted -------------------------------------------------------------------------------------

// How many of held-out steps lie in events.
static int64_t count_alarms(hg__signal_alarms *a, const hg__held_steps *held) {
    int64_t steps = 0;
    a->is_fixed = true;
    a->state = (hg__alarm_state){.drift = 1, .novel = 1};
    for (int64_t i = 0; i < held->count; i++) {
        const hg__scored_step step = {.now = held->score[i], .begins = held->begins[i]};
        steps += hg__signal_alarms_take(a, &step).is_alarm;
    }
    return steps;
}

// The mean length of the events that held-out steps have at fpr; where those are too few to say, at twice that, and so on.
static int find_length(hg__signal_alarms *a, const hg__held_steps *held, double fpr,
                       hg_error *err) {
    double share = fpr / 2;
    do {
        share *= 2;
        HG_TRY(ask(a, share < most_share ? share : most_share, err));
        const int64_t steps = count_alarms(a, held);
        const double events = (double)a->state.events;
        a->length = events > 0 ? (double)steps / events : a->rest;
    } while (a->state.events < ENOUGH && share < most_share);
    return HG_OK;
}

// How long events are depends on the threshold, and the threshold for a number of events on that.
static int find_threshold(hg__signal_alarms *a, const hg__held_steps *held,
                          const hg__alarm_rate *rate, hg_error *err) {
    HG_TRY(hg__signal_alarms_ask(a, rate->fpr, err));
    HG_TRY(find_length(a, held, rate->fpr, err));
    for (int32_t round = 0; round < 3 && rate->events > 0; round++) {
        HG_TRY(hg__signal_alarms_ask_events(a, rate->events, err));
        HG_TRY(find_length(a, held, fmin(rate->events * a->length, most_share), err));
    }
    if (rate->events > 0) return hg__signal_alarms_ask_events(a, rate->events, err);
    return hg__signal_alarms_ask(a, rate->fpr, err);
}

static int save(const hg__signal_alarms *a, hg_model *m, hg__json *detector, hg_error *err) {
    HG_TRY(hg__thresholds_save(&a->thresholds, m, detector, err));
    const double fpr = fmin(a->rate * a->length, most_share);
    hg__json *own =
        hg__json_pack("{s:f, s:f, s:f, s:i, s:b}", "fpr", fpr, "length", a->length, "stretches",
                      a->stretches, "hold", a->hold, "counted", a->counts_events);
    if (hg__json_set(detector, key, own) == 0) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping thresholds");
}

int hg__signal_alarms_fit(hg_model *m, const hg__held_steps *held, const hg__alarm_rate *rate,
                          hg__json *detector, hg_error *err) {
    hg__signal_alarms a = {
        .length = 1,
        .stretches = (double)held->count / (double)held->memory,
        .hold = rate->hold,
        .state = {.drift = 1, .novel = 1}
    };
    const hg__held_out all = {.score = held->score, .rows = held->count, .column = ""};
    HG_TRY(hg__thresholds_fit(&a.thresholds, &all, rate->fpr, err));
    int code = find_threshold(&a, held, rate, err);
    if (code == HG_OK) code = save(&a, m, detector, err);
    hg__signal_alarms_clear(&a);
    return code;
}
