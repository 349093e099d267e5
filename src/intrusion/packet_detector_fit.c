// SPDX-License-Identifier: Apache-2.0
// packet_detector_fit.c - what is usual of normal packets: counted, measured by folds that a packet is not in, and held out the same way.
//
// Folds are pieces of the capture, one after the other: packets that come together are never measured by each other. The thresholds are
// of all packets, each scored so (packet_detector_calibrate.c).
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "base/real.h"
#include "base/rng.h"
#include "intrusion/packet_detector_internal.h"

enum {
    ENTRY_BYTES = 200,     // that an entry of counts takes while tables grow
    EVIDENCE_ROWS = 20000, // that a kind's calibration keeps
    LEAST_PACKETS = 20
};
static const double least_deviation = 0.3; // of log2(1 + bits)

// ---- passes -------------------------------------------------------------------------------------

static int32_t fold_of(const hg__packet_source *s, int64_t number) {
    const int64_t fold = number * HG_FOLDS / s->packets;
    return fold < HG_FOLDS ? (int32_t)fold : HG_FOLDS - 1;
}

static int check_stop(hg__meter *meter, int64_t done, hg_error *err) {
    if (done % HG_VERDICTS != 0) return HG_OK;
    hg__meter_add(meter, HG_VERDICTS);
    if (!hg__meter_is_stopped(meter)) return HG_OK;
    return hg__fail(err, HG_ERR_STOPPED, "stopped on request while packets were read");
}

// Each packet once, in order.
typedef struct pass {
    int (*take)(struct pass *p, const hg__packet *packet, hg_error *err);
    hg__packet_fit *f;
    const hg__packet_source *s;
    hg__observer *observer; // NULL: take does without
    hg__meter *meter;
    int64_t number; // of the packet at hand
    int64_t stride; // every so many become a row
    // of the last pass
    hg__packet_detector *d;
    hg__held_packets *held;
    int64_t judged;
} pass;

static int walk(pass *p, hg_error *err) {
    hg__packet packet;
    int more;
    HG_TRY(p->s->rewind(p->s->context, err));
    p->number = 0;
    while ((more = p->s->next(p->s->context, &packet, err)) > 0 && p->number < p->s->packets) {
        HG_TRY(p->take(p, &packet, err));
        p->number++;
        HG_TRY(check_stop(p->meter, p->number, err));
    }
    return more < 0 ? more : HG_OK;
}

static int count(pass *p, const hg__packet *packet, hg_error *err) {
    hg__observation seen;
    hg__observer_run(p->observer, packet, &seen);
    return hg__profile_add(&p->f->profile, &seen, fold_of(p->s, p->number), err);
}

static int measure(pass *p, const hg__packet *packet, hg_error *err) {
    hg__packet_fit *f = p->f;
    hg__observation seen;
    float bits[HG_MOST_LEVELS];
    (void)err;
    hg__observer_run(p->observer, packet, &seen);
    if (p->number % p->stride != 0) return HG_OK;
    hg__profile_measure(&f->profile, &seen, fold_of(p->s, p->number), bits);
    memcpy(f->row + f->rows * hg__level_count, bits, (size_t)hg__level_count * sizeof *bits);
    hg__levels_sum(bits, f->summed + f->rows * HG_EVIDENCE_COUNT);
    f->rows++;
    return HG_OK;
}

// ---- rows ---------------------------------------------------------------------------------------

static void scale_rows(hg__packet_fit *f) {
    const int32_t levels = hg__level_count;
    float one[HG_MOST_LEVELS][2], row[HG_MOST_LEVELS];
    double sum[HG_MOST_LEVELS] = {0}, squares[HG_MOST_LEVELS] = {0};
    for (int32_t i = 0; i < levels; i++) one[i][0] = 0, one[i][1] = 1;
    for (int64_t r = 0; r < f->rows; r++) {
        hg__levels_to_row(f->row + r * levels, (const float(*)[2])one, row);
        for (int32_t i = 0; i < levels; i++) {
            sum[i] += (double)row[i];
            squares[i] += (double)row[i] * (double)row[i];
        }
    }
    for (int32_t i = 0; i < levels; i++) {
        const double n = (double)f->rows, mean = sum[i] / n;
        const double variance = squares[i] / n - mean * mean;
        f->scale[i][0] = (float)mean;
        f->scale[i][1] = (float)(sqrt(variance > 0 ? variance : 0) + least_deviation);
    }
    for (int64_t r = 0; r < f->rows; r++) {
        hg__levels_to_row(f->row + r * levels, (const float(*)[2])f->scale, row);
        memcpy(f->row + r * levels, row, (size_t)levels * sizeof *row);
    }
}

static int make_rows(hg__packet_fit *f, const hg__packet_source *s, size_t max_bytes,
                     int64_t *stride, hg_error *err) {
    const size_t row_bytes = (size_t)(hg__level_count + HG_EVIDENCE_COUNT) * sizeof(float);
    const int64_t most = (int64_t)(max_bytes / row_bytes) + 1;
    *stride = (s->packets + most - 1) / most;
    const size_t rows = (size_t)((s->packets + *stride - 1) / *stride);
    f->row = hg__alloc(rows * (size_t)hg__level_count, sizeof *f->row, err);
    f->summed = hg__alloc(rows * HG_EVIDENCE_COUNT, sizeof *f->summed, err);
    return f->row && f->summed ? HG_OK : HG_ERR_MEMORY;
}

// Hashes are of the seed and of the capture: a model's counts mean the same wherever it is loaded, and who does not have the capture cannot
// choose what collides.
static hg__siphash_key key_of(const hg__packet_fit_options *o) {
    const hg__philox a = hg__philox_run(o->seed, HG_STREAM_PACKETS, (uint32_t)o->fingerprint,
                                        (uint32_t)(o->fingerprint >> 32), 0);
    return (hg__siphash_key){(uint64_t)a.word[0] << 32 | a.word[1],
                             (uint64_t)a.word[2] << 32 | a.word[3]};
}

static int walk_observed(pass *p, size_t max_bytes, hg_error *err) {
    p->observer = hg__observer_new(&p->f->key, max_bytes, err);
    const int code = p->observer ? walk(p, err) : HG_ERR_MEMORY;
    hg__observer_free(p->observer);
    p->observer = NULL;
    return code;
}

// Counts begin with nothing, or with those of a model, by the key of its hashes.
static int begin_counts(hg__packet_fit *f, const hg__packet_fit_options *o, hg_error *err) {
    const int64_t most = (int64_t)(o->max_bytes / ENTRY_BYTES);
    f->key = key_of(o);
    f->counted = f->packets;
    if (!o->former) return hg__profile_init(&f->profile, most, err);
    hg__packet_detector *d = hg__packet_knowledge_new(err);
    int code = d ? hg__packet_detector_load(d, o->former, "pretrained", err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = hg__profile_thaw(&f->profile, &d->own, false, most, err);
    if (code == HG_OK) {
        f->key = d->key;
        f->counted += d->counted;
    }
    hg__packet_detector_free(d);
    return code;
}

int hg__packet_fit_open(hg__packet_fit *f, const hg__packet_source *s,
                        const hg__packet_fit_options *o, hg__meter *meter, hg_error *err) {
    pass p = {.f = f, .s = s, .meter = meter, .take = count};
    if (s->packets < LEAST_PACKETS) {
        return hg__fail(err, HG_ERR_DATA, "expected %d packets or more to learn from, got %lld",
                        (int)LEAST_PACKETS, (long long)s->packets);
    }
    f->packets = s->packets;
    HG_TRY(begin_counts(f, o, err));
    HG_TRY(walk_observed(&p, o->max_bytes, err));
    hg__profile_freeze(&f->profile);
    HG_TRY(make_rows(f, s, o->max_bytes / 2, &p.stride, err));
    p.take = measure;
    HG_TRY(walk_observed(&p, o->max_bytes, err));
    scale_rows(f);
    return HG_OK;
}

void hg__packet_fit_clear(hg__packet_fit *f) {
    hg__profile_clear(&f->profile);
    hg__free(f->row);
    hg__free(f->summed);
    *f = (hg__packet_fit){0};
}

// ---- the detector -------------------------------------------------------------------------------

// The autoencoder's errors of all rows, as evidence. error: (rows)
static void measure_errors(const hg__packet_fit *f, hg__packet_detector *d, float *error) {
    for (int64_t first = 0; first < f->rows; first += HG_VERDICTS) {
        const int64_t some = f->rows - first < HG_VERDICTS ? f->rows - first : HG_VERDICTS;
        memcpy(d->row, f->row + first * hg__level_count,
               (size_t)(some * hg__level_count) * sizeof *d->row);
        const hg__input in = {.row = d->pointer, .count = some, .dtype = HG_F32, .scale = 1};
        hg__run(d->plan, HG_SCORE, &in, error + first);
    }
    for (int64_t i = 0; i < f->rows; i++) error[i] = hg__error_evidence(error[i]);
}

// Every so many of the rows calibrate each kind.
static int fit_evidence(const hg__packet_fit *f, hg__packet_detector *d, hg_error *err) {
    const int64_t stride = f->rows / EVIDENCE_ROWS + 1;
    float *error = hg__alloc((size_t)f->rows, sizeof *error, err);
    float *some = error ? hg__alloc((size_t)f->rows, sizeof *some, err) : NULL;
    int code = some ? HG_OK : HG_ERR_MEMORY;
    if (some) measure_errors(f, d, error);
    for (int32_t k = 0; code == HG_OK && k < HG_KINDS; k++) {
        int64_t n = 0;
        for (int64_t r = 0; r < f->rows; r += stride) {
            some[n++] = k < HG_EVIDENCE_COUNT ? f->summed[r * HG_EVIDENCE_COUNT + k] : error[r];
        }
        code = hg__calibration_init(&d->evidence[k], some, n, err);
    }
    hg__free(error);
    hg__free(some);
    return code;
}

static int keep_scores(pass *p, hg_error *err) {
    int32_t waiting;
    const hg__verdict *v = hg__packet_detector_judge(p->d, &waiting);
    for (int32_t i = 0; i < waiting; i++) {
        const hg__scored_packet x = hg__scored_packet_of(&v[i]);
        HG_TRY(hg__held_packets_add(p->held, &x, fold_of(p->s, p->judged++), err));
    }
    return HG_OK;
}

static int score(pass *p, const hg__packet *packet, hg_error *err) {
    p->d->without = fold_of(p->s, p->number);
    return hg__packet_detector_take(p->d, packet) ? keep_scores(p, err) : HG_OK;
}

static int fit_thresholds(pass *p, double fpr, hg_error *err) {
    p->held = hg__held_packets_new(&p->f->key, p->s->packets, err);
    int code = p->held ? walk(p, err) : HG_ERR_MEMORY;
    if (code == HG_OK) code = keep_scores(p, err);
    if (code == HG_OK) code = hg__held_packets_fit(p->held, fpr, p->d, err);
    hg__held_packets_free(p->held);
    return code;
}

int hg__packet_fit_end(hg__packet_fit *f, const hg__packet_source *s,
                       const hg__packet_fit_options *o, hg__meter *meter, hg_model *m,
                       hg__pool *pool, hg_error *err) {
    hg__packet_detector *d = hg__packet_detector_begin(m, pool, &f->key, o->max_bytes, err);
    if (!d) return HG_ERR_MEMORY;
    pass p = {.f = f, .s = s, .meter = meter, .take = score, .d = d};
    d->profile = &f->profile;
    d->counted = d->memory = f->counted;
    memcpy(d->scale, f->scale, sizeof d->scale);
    int code = fit_evidence(f, d, err);
    if (code == HG_OK) code = fit_thresholds(&p, o->fpr, err);
    if (code == HG_OK) code = hg__packet_detector_save(d, m, err);
    hg__packet_detector_free(d);
    return code;
}
