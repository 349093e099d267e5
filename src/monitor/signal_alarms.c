// SPDX-License-Identifier: Apache-2.0
// signal_alarms.c - from scores over time to alarms.
#include "monitor/signal_alarms.h"

#include <math.h>

#include "base/json.h"
#include "base/mem.h"
#include "detect/table_model.h"

// An event raises the threshold by so much; drift is followed as far as this, up or down.
static const double rise = 1.1, farthest = 32;
static const double lower_share = 2; // the lower threshold is that of so many times the rate
static const double most_share = 0.5;
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

int hg__signal_alarms_ask(hg__signal_alarms *a, double fpr, hg_error *err) {
    hg__threshold low;
    if (!hg__signal_alarms_has(a)) return HG_OK;
    const double sure = sure_share(fpr, a->stretches);
    HG_TRY(hg__thresholds_ask(&a->thresholds, sure, err));
    const double often = sure * lower_share < most_share ? sure * lower_share : most_share;
    HG_TRY(hg__calibration_threshold(whole(a)->held, often, &low, err));
    const double high = whole(a)->at.value;
    a->lower = high > 0 && low.value < high ? low.value / high : 1;
    a->sink = 1 - (rise - 1) * fpr / a->length;
    a->counts_events = false;
    return HG_OK;
}

int hg__signal_alarms_ask_events(hg__signal_alarms *a, double per_step, hg_error *err) {
    const double fpr = per_step * a->length;
    HG_TRY(hg__signal_alarms_ask(a, fpr < most_share ? fpr : most_share, err));
    a->counts_events = true;
    return HG_OK;
}

int hg__signal_alarms_init(hg__signal_alarms *a, const hg_model *m, const char *where,
                           hg_error *err) {
    const hg__json *own = hg__json_object_get(hg__model_detector(m), key);
    *a = (hg__signal_alarms){.state.drift = 1};
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
    if (code == HG_OK) code = hg__signal_alarms_ask(a, fpr, err);
    a->counts_events = hg__json_is_true(hg__json_object_get(own, "counted"));
    if (code < 0) hg__signal_alarms_clear(a);
    return code;
}

static void move(hg__signal_alarms *a, double by) {
    const double drift = a->state.drift * by, least = a->counts_events ? 1 / farthest : 1;
    a->state.drift = drift > farthest ? farthest : drift < least ? least : drift;
}

static void begin(hg__signal_alarms *a) {
    a->state.is_on = true;
    a->state.quiet = 0;
    a->state.events++;
    if (!a->is_fixed) move(a, rise);
}

// level: the score over the threshold as it is now.
static void go_on(hg__signal_alarms *a, double level) {
    hg__alarm_state *s = &a->state;
    if (!s->is_on && level > 1) {
        begin(a);
    } else if (s->is_on && level <= a->lower) {
        s->is_on = ++s->quiet < a->hold;
    } else if (s->is_on) {
        s->quiet = 0;
        if (!a->is_fixed) move(a, 2 - a->sink);
    } else if (!a->is_fixed) {
        move(a, a->sink);
    }
}

hg__alarm hg__signal_alarms_take(hg__signal_alarms *a, const hg__scored_step *step) {
    hg__alarm out = {.p = (double)NAN};
    if (!hg__signal_alarms_has(a)) return out;
    if (step->begins) a->state.is_on = false;
    if (!isnan(step->now)) {
        const double score = (double)step->now / a->state.drift;
        out.p = hg__calibration_p_near(whole(a)->held, score, &a->near);
        go_on(a, whole(a)->at.value > 0 ? score / whole(a)->at.value : score > 0 ? 2 : 0);
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
    a->state = (hg__alarm_state){.drift = 1};
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
        HG_TRY(hg__signal_alarms_ask(a, share < most_share ? share : most_share, err));
        const int64_t steps = count_alarms(a, held);
        const double events = (double)a->state.events;
        a->length = events > 0 ? (double)steps / events : a->hold;
    } while (a->state.events < ENOUGH && share < most_share);
    return hg__signal_alarms_ask(a, fpr, err);
}

static int save(const hg__signal_alarms *a, double fpr, hg_model *m, hg__json *detector,
                hg_error *err) {
    HG_TRY(hg__thresholds_save(&a->thresholds, m, detector, err));
    hg__json *own =
        hg__json_pack("{s:f, s:f, s:f, s:i, s:b}", "fpr", fpr, "length", a->length, "stretches",
                      a->stretches, "hold", a->hold, "counted", a->counts_events);
    if (hg__json_set(detector, key, own) == 0) return HG_OK;
    return hg__fail(err, HG_ERR_MEMORY, "out of memory while keeping thresholds");
}

int hg__signal_alarms_fit(hg_model *m, const hg__held_steps *held, const hg__alarm_rate *rate,
                          hg__json *detector, hg_error *err) {
    hg__signal_alarms a = {.length = 1,
                           .stretches = (double)held->count / (double)held->memory,
                           .hold = rate->hold,
                           .state.drift = 1};
    const hg__held_out all = {.score = held->score, .rows = held->count, .column = ""};
    double fpr = rate->fpr;
    HG_TRY(hg__thresholds_fit(&a.thresholds, &all, fpr, err));
    int code = find_length(&a, held, fpr, err);
    // how long events are depends on the threshold, and the threshold for a number of events on that
    for (int32_t round = 0; round < 3 && rate->events > 0 && code == HG_OK; round++) {
        fpr = fmin(rate->events * a.length, most_share);
        code = find_length(&a, held, fpr, err);
    }
    a.counts_events = rate->events > 0;
    if (code == HG_OK) code = save(&a, fpr, m, detector, err);
    hg__signal_alarms_clear(&a);
    return code;
}
