// SPDX-License-Identifier: Apache-2.0
// affiliation.c - zones, and integrals of distances over them, piece by piece: all are straight lines between a few places.
#include "monitor/affiliation.h"

#include <math.h>
#include <stdbool.h>

#include "base/mem.h"

typedef struct span {
    double from, to; // half open
} span;

static double length(span x) {
    return x.to > x.from ? x.to - x.from : 0;
}

static span cut(span x, span by) {
    return (span){x.from > by.from ? x.from : by.from, x.to < by.to ? x.to : by.to};
}

static double smaller(double a, double b) {
    return a < b ? a : b;
}

// ---- one interval -------------------------------------------------------------------------------

// The integral over x, from 0 at least, of min(x, most).
static double capped(span x, double most) {
    const double low_from = smaller(x.from, most), low_to = smaller(x.to, most);
    return (low_to * low_to - low_from * low_from) / 2 + most * (length(x) - (low_to - low_from));
}

// Of an alarm on one side of the event: the integral over its distances of the probability that a random place of the zone is as far
// at least: 1 - (min(d, m) + d + the event's length) / the zone's, m the shorter of the zone's two margins.
static double beside(span distance, span event, span zone) {
    const double margin = smaller(event.from - zone.from, zone.to - event.to);
    const double sum =
        capped(distance, margin) + capped(distance, distance.to) + length(event) * length(distance);
    return length(distance) - sum / length(zone);
}

static double precision_of(span alarm, span event, span zone) {
    const span in = cut(alarm, event);
    double sum = length(in);
    if (alarm.from < event.from) {
        const double nearest = event.from - smaller(alarm.to, event.from);
        sum += beside((span){nearest, event.from - alarm.from}, event, zone);
    }
    if (alarm.to > event.to) {
        const double nearest = (alarm.from > event.to ? alarm.from : event.to) - event.to;
        sum += beside((span){nearest, alarm.to - event.to}, event, zone);
    }
    return sum;
}

// min(d, m) + d at place t: d to `pivot`, the nearest place of the alarm, m to the nearer end of the zone.
static double two_distances(double t, double pivot, span zone) {
    const double d = fabs(t - pivot), m = smaller(t - zone.from, zone.to - t);
    return smaller(d, m) + d;
}

// The integral over places t of `part`, of an event, of the probability that a random place of the zone is as far from t at least as the
// alarm is. Straight lines between the zone's middle and the places as far from an end as from the alarm.
static double apart(span part, double pivot, span zone) {
    if (length(part) == 0 || pivot <= zone.from || pivot >= zone.to) return 0;
    const double low = (zone.from + pivot) / 2, high = (zone.to + pivot) / 2;
    const double bend[] = {low, (zone.from + zone.to) / 2, high, part.to};
    double sum = 0, from = part.from;
    for (int32_t i = 0; i < 4; i++) {
        const double to = smaller(bend[i], part.to);
        if (to <= from) continue;
        sum +=
            (to - from) * (two_distances(from, pivot, zone) + two_distances(to, pivot, zone)) / 2;
        from = to;
    }
    return length(part) - sum / length(zone);
}

static double recall_of(span event, span alarm, span zone) {
    return length(cut(event, alarm)) +
           apart((span){event.from, smaller(event.to, alarm.from)}, alarm.from, zone) +
           apart((span){event.from > alarm.to ? event.from : alarm.to, event.to}, alarm.to, zone);
}

// ---- one event ----------------------------------------------------------------------------------

typedef struct sums {
    double precision, recall;
    int64_t with_alarms;
} sums;

static span span_of(hg__event e) {
    return (span){(double)e.first, (double)e.last + 1};
}

// The alarms that reach into the zone, at (count); each is nearest to the steps up to halfway to its neighbours.
static void add_event(const hg__event *alarm, int64_t count, span event, span zone, sums *to) {
    double precision = 0, recall = 0, total = 0;
    span owned = {zone.from, 0};
    for (int64_t i = 0; i < count; i++) {
        const span a = cut(span_of(alarm[i]), zone);
        owned.to = i + 1 < count ? (a.to + span_of(alarm[i + 1]).from) / 2 : zone.to;
        precision += precision_of(a, event, zone);
        total += length(a);
        const span nearest = cut(event, owned);
        if (length(nearest) > 0) recall += recall_of(nearest, a, zone);
        owned.from = owned.to;
    }
    to->recall += recall / length(event);
    if (count == 0) return;
    to->precision += precision / total;
    to->with_alarms++;
}

// ---- the whole ----------------------------------------------------------------------------------

// The time nearer to event i than to its neighbours of the same series [from, end).
static span zone_of(const hg__events *e, int64_t i, int64_t from, int64_t end) {
    span zone = {(double)from, (double)end};
    if (i > 0 && e->at[i - 1].last >= from) {
        zone.from = (span_of(e->at[i - 1]).to + (double)e->at[i].first) / 2;
    }
    if (i + 1 < e->count && e->at[i + 1].first < end) {
        zone.to = (span_of(e->at[i]).to + (double)e->at[i + 1].first) / 2;
    }
    return zone;
}

static void add_events(const hg__scored_series *s, const hg__events *events,
                       const hg__events *alarms, sums *to) {
    int64_t from = 0, end = hg__series_end(s, 0), next = 0;
    for (int64_t i = 0; i < events->count; i++) {
        while (end <= events->at[i].first) {
            from = end;
            end = hg__series_end(s, from);
        }
        const span zone = zone_of(events, i, from, end);
        while (next < alarms->count && span_of(alarms->at[next]).to <= zone.from) next++;
        int64_t count = 0;
        while (next + count < alarms->count && (double)alarms->at[next + count].first < zone.to) {
            count++;
        }
        add_event(alarms->at + next, count, span_of(events->at[i]), zone, to);
    }
}

int hg__affiliation_of(const hg__scored_series *s, hg__affiliation *to, hg_error *err) {
    *to = (hg__affiliation){0, (double)NAN, (double)NAN, (double)NAN};
    HG_TRY(hg__scored_series_check(s, err));
    hg__events events = {0}, alarms = {0};
    int code = hg__events_init(&events, s, s->label, err);
    if (code == HG_OK) code = hg__events_init(&alarms, s, s->alarm, err);
    if (code == HG_OK && events.count) {
        sums sum = {0};
        add_events(s, &events, &alarms, &sum);
        to->events = events.count;
        to->recall = sum.recall / (double)events.count;
        if (sum.with_alarms) to->precision = sum.precision / (double)sum.with_alarms;
        const double both = to->precision + to->recall;
        to->f1 = both == 0 ? 0 : 2 * to->precision * to->recall / both;
    }
    hg__events_clear(&alarms);
    hg__events_clear(&events);
    return code;
}
