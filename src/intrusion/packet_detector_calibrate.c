// SPDX-License-Identifier: Apache-2.0
// packet_detector_calibrate.c - from the scores of normal packets, each by the pieces of the capture that it is not in, to thresholds.
//
// Packets are not exchangeable: those of a talk share their score, and how long a talk is that nobody knew is chance. Ten new talks of
// ten packets and a copied file in between look alike to the model, but the file is most of the packets. So of the talks that are in as
// many pieces of the capture each counts alike, whatever its length, and together they are the share of the packets that they were:
//
//   weight of a packet = share of all packets that talks in m pieces are / talks in m pieces / packets of its talk
//
// What is to be judged may be of one more talk that is in one piece alone, as what is new is. Its weight is 1 / worth, and no p-value is
// below that of a conformal one with a test point of that weight (Tibshirani, Barber, Candes, Ramdas, "Conformal prediction under
// covariate shift", 2019), unless a tail is fitted. So the weighted scores are kept as `worth` equal ones, their quantiles.
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "intrusion/packet_detector_internal.h"

enum {
    MOST_SCORES = 1 << 22,
    TALKS =
        1
        << 16, // that are told apart at a time; one that was silent for longer is new when it comes again
    SOURCES = 4096 // whose minutes are remembered, as alerts.h has it
};
#define MINUTE INT64_C(60000000000) // ns

enum { OPENING_SCORES = 8 }; // of a source within the time that opens an alert

// A source in its minute. Opening: the highest threshold at which its packets would have opened an alert.
typedef struct source_minute {
    int64_t number;
    float opening;
    int32_t count;
    float score[OPENING_SCORES]; // (count) of the last seconds, descending
    int64_t time[OPENING_SCORES];
} source_minute;

// ---- kept ---------------------------------------------------------------------------------------

static void end_minute(void *context, const void *key, void *entry) {
    hg__held_packets *h = context;
    (void)key;
    const source_minute *m = entry;
    if (h->openings++ % h->opening_stride != 0) return;
    if (h->stored == h->room) {
        for (int64_t i = 0; 2 * i < h->stored; i++) h->opening[i] = h->opening[2 * i];
        h->stored = (h->stored + 1) / 2;
        h->opening_stride *= 2;
        if ((h->openings - 1) % h->opening_stride != 0) return;
    }
    h->opening[h->stored++] = m->opening;
}

hg__held_packets *hg__held_packets_new(const hg__siphash_key *key, int64_t packets, hg_error *err) {
    hg__held_packets *h = hg__alloc(1, sizeof *h, err);
    if (!h) return NULL;
    const hg__lru_options talks = {
        .key_bytes = sizeof(uint64_t), .entry_bytes = sizeof(uint32_t), .capacity = TALKS};
    const hg__lru_options sources = {.key_bytes = sizeof(hg__verdict_source),
                                     .entry_bytes = sizeof(source_minute),
                                     .capacity = SOURCES,
                                     .forget = end_minute,
                                     .context = h};
    h->alert = hg__alerts_usual();
    h->stride = packets / MOST_SCORES + 1;
    h->opening_stride = 1;
    h->latest = h->minute = INT64_MIN;
    h->room = packets / h->stride + 1;
    h->numbers = hg__lru_new(&talks, key, err);
    if (h->numbers) h->minutes = hg__lru_new(&sources, key, err);
    if (h->minutes) h->kept = hg__alloc((size_t)h->room, sizeof *h->kept, err);
    if (h->kept) h->opening = hg__alloc((size_t)h->room, sizeof *h->opening, err);
    if (h->opening) return h;
    hg__held_packets_free(h);
    return NULL;
}

void hg__held_packets_free(hg__held_packets *h) {
    if (!h) return;
    hg__lru_free(h->numbers);
    hg__lru_free(h->minutes);
    hg__free(h->kept);
    hg__free(h->talk);
    hg__free(h->opening);
    hg__free(h);
}

static int find_talk(hg__held_packets *h, uint64_t key, uint32_t *number, hg_error *err) {
    bool is_new;
    uint32_t *known = hg__lru_find_or_add(h->numbers, &key, &is_new);
    if (is_new) {
        if (h->talks == h->talk_room) {
            const size_t room = h->talk_room ? 2 * h->talk_room : 1024;
            hg__held_talk *more = hg__grow(h->talk, room, sizeof *more, err);
            if (!more) return HG_ERR_MEMORY;
            h->talk = more;
            h->talk_room = room;
        }
        *known = (uint32_t)h->talks;
        h->talk[h->talks++] = (hg__held_talk){0};
    }
    *number = *known;
    return HG_OK;
}

// The score that as many of the source's packets reached as open an alert, within the time for it; 0: there were not as many.
static float find_opening(source_minute *m, const hg__alerts_options *o, float score, int64_t now) {
    int32_t count = 0;
    for (int32_t i = 0; i < m->count; i++) {
        if (now - m->time[i] > o->within) continue;
        m->score[count] = m->score[i];
        m->time[count++] = m->time[i];
    }
    int32_t at = count;
    while (at > 0 && m->score[at - 1] < score) at--;
    if (at < OPENING_SCORES) {
        if (count < OPENING_SCORES) count++;
        const size_t behind = (size_t)(count - 1 - at);
        memmove(m->score + at + 1, m->score + at, behind * sizeof *m->score);
        memmove(m->time + at + 1, m->time + at, behind * sizeof *m->time);
        m->score[at] = score;
        m->time[at] = now;
    }
    m->count = count;
    return count >= o->needed ? m->score[o->needed - 1] : 0;
}

static void keep_minute(hg__held_packets *h, const hg__scored_packet *x) {
    bool is_new;
    if (x->time > h->latest) h->latest = x->time;
    const int64_t number = h->latest / MINUTE;
    h->minutes_seen += number != h->minute;
    h->minute = number;
    source_minute *m = hg__lru_find_or_add(h->minutes, &x->source, &is_new);
    if (!is_new && m->number != number) {
        end_minute(h, &x->source, m);
        m->opening = 0;
    }
    m->number = number;
    const float opening = find_opening(m, &h->alert, x->score, h->latest);
    if (opening > m->opening) m->opening = opening;
}

// Every second stays. Talks of which none does are no talks any more.
static void thin(hg__held_packets *h) {
    int64_t count = 0;
    for (int64_t i = 0; i < h->count; i++) {
        if (i % 2 == 0) {
            h->kept[count++] = h->kept[i];
        } else {
            h->talk[h->kept[i].talk].packets--;
        }
    }
    h->count = count;
    h->stride *= 2;
}

int hg__held_packets_add(hg__held_packets *h, const hg__scored_packet *x, int32_t piece,
                         hg_error *err) {
    keep_minute(h, x);
    if (h->seen % h->stride == 0 && h->count == h->room) thin(h);
    if (h->seen++ % h->stride != 0) return HG_OK;
    hg__kept_score *s = &h->kept[h->count];
    HG_TRY(find_talk(h, x->talk, &s->talk, err));
    s->score = x->score;
    h->talk[s->talk].packets++;
    h->talk[s->talk].pieces |= UINT32_C(1) << piece;
    h->count++;
    return HG_OK;
}

// ---- weighed ------------------------------------------------------------------------------------

// Of the talks that are in as many pieces.
typedef struct stratum {
    double talks, packets;
} stratum;

static int32_t pieces_of(const hg__held_talk *t) {
    int32_t count = 0;
    for (uint32_t rest = t->pieces; rest; rest &= rest - 1) count++;
    return count;
}

// Descending; that of equal ones the order is the same everywhere, sums are.
static int by_score(const void *a, const void *b) {
    const hg__kept_score *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->talk > y->talk) - (x->talk < y->talk);
}

static int64_t worth_of(const hg__held_packets *h, const stratum *in) {
    const int64_t most = h->count < HG_CALIBRATION_MOST ? h->count : HG_CALIBRATION_MOST;
    if (in[1].talks < 1) return most; // nothing was new
    const double worth = (double)h->count * in[1].talks / in[1].packets;
    return worth < (double)most ? (int64_t)worth : most;
}

// score (worth), descending
static void take_quantiles(const hg__held_packets *h, const stratum *in, int64_t worth,
                           float *score) {
    double above = 0;
    int64_t next = 0;
    for (int64_t i = 0; i < h->count && next < worth; i++) {
        const hg__held_talk *t = &h->talk[h->kept[i].talk];
        const stratum *s = &in[pieces_of(t)];
        above += s->packets / (s->talks * (double)t->packets * (double)h->count);
        while (next < worth && ((double)next + 0.5) / (double)worth <= above) {
            score[next++] = h->kept[i].score;
        }
    }
    while (next < worth) score[next++] = h->kept[h->count - 1].score; // of rounding
}

static int fit_packets(hg__held_packets *h, double fpr, hg__packet_detector *d, hg_error *err) {
    stratum in[HG_FOLDS + 1] = {{0}};
    if (h->count == 0) return hg__fail(err, HG_ERR_DATA, "expected packets to calibrate by, got 0");
    for (size_t i = 0; i < h->talks; i++) {
        if (h->talk[i].packets == 0) continue;
        stratum *s = &in[pieces_of(&h->talk[i])];
        s->talks++;
        s->packets += h->talk[i].packets;
    }
    const int64_t worth = worth_of(h, in);
    float *score = hg__alloc((size_t)worth, sizeof *score, err);
    if (!score) return HG_ERR_MEMORY;
    qsort(h->kept, (size_t)h->count, sizeof *h->kept, by_score);
    take_quantiles(h, in, worth, score);
    const hg__held_out held = {.score = score, .rows = worth};
    const int code = hg__thresholds_fit(&d->thresholds, &held, fpr, err);
    d->median = (double)h->kept[h->count / 2].score;
    hg__free(score);
    return code;
}

// Minutes that are not over count, too. Time in which there was nothing to see is none: one clock that is wrong makes no years.
static int fit_alerts(hg__held_packets *h, hg__packet_detector *d, hg_error *err) {
    for (void *m = hg__lru_oldest(h->minutes); m; m = hg__lru_younger(h->minutes, m)) {
        end_minute(h, NULL, m);
    }
    hg__lru_clear(h->minutes);
    HG_TRY(hg__calibration_init(&d->alerts, h->opening, h->stored, err));
    const double part = (double)d->alerts.count / (double)h->openings;
    d->seconds = (double)h->minutes_seen * ((double)MINUTE / 1e9) * part;
    return HG_OK;
}

int hg__held_packets_fit(hg__held_packets *h, double fpr, hg__packet_detector *d, hg_error *err) {
    HG_TRY(fit_alerts(h, d, err));
    return fit_packets(h, fpr, d, err);
}
