// SPDX-License-Identifier: Apache-2.0
// mel.c - the mel scale, and bands of three kinds as short lists of weights.
#include "signal/mel.h"

#include <math.h>

#include "base/int.h"
#include "base/mem.h"
#include "base/real.h"

#define HZ_A_MEL   (200.0 / 3)
#define BEND_HZ    1000.0
#define BEND_MEL   (BEND_HZ / HZ_A_MEL)
#define LOG_RATIO  1.8562979903656263 // log 6.4
#define MELS_RATIO 27.0

double hg__mel_from_hz(double hz) {
    if (hz < BEND_HZ) return hz / HZ_A_MEL;
    return BEND_MEL + hg__log(hz / BEND_HZ) * (MELS_RATIO / LOG_RATIO);
}

double hg__hz_from_mel(double mel) {
    if (mel < BEND_MEL) return mel * HZ_A_MEL;
    return BEND_HZ * (hg__expm1((mel - BEND_MEL) * (LOG_RATIO / MELS_RATIO)) + 1);
}

// ---- edges: the i-th of `parts` + 1 from low to high --------------------------------------------

static double edge_mel(double low, double high, double share) {
    const double from = hg__mel_from_hz(low), to = hg__mel_from_hz(high);
    return hg__hz_from_mel(from + (to - from) * share);
}

static double edge_even(double low, double high, double share) {
    return low + (high - low) * share;
}

static double edge_octave(double low, double high, double share) {
    return low * (hg__expm1((hg__log(high) - hg__log(low)) * share) + 1);
}

// ---- weights of the bin at `hz`, `step` Hz wide ---------------------------------------------------

// A triangle over [low, high] with its tip at the middle edge, of area 1 Hz (Slaney's norm).
static double weigh_mel(const double edge[3], double hz, double step) {
    (void)step;
    const double up = (hz - edge[0]) / (edge[1] - edge[0]);
    const double down = (edge[2] - hz) / (edge[2] - edge[1]);
    return fmax(0, fmin(up, down)) * (2 / (edge[2] - edge[0]));
}

// The share of the bin that lies in the band.
static double weigh_share(const double edge[3], double hz, double step) {
    const double from = fmax(edge[0], hz - step / 2), to = fmin(edge[1], hz + step / 2);
    return fmax(0, to - from) / step;
}

typedef struct band_kind {
    double (*edge)(double low, double high, double share);
    double (*weigh)(const double edge[3], double hz, double step);
    int32_t edges; // of a band
} band_kind;

static const band_kind kinds[HG_FRAME_KIND_COUNT] = {
    [HG_FRAMES_LOGMEL] = {edge_mel,    weigh_mel,   3},
    [HG_FRAMES_SPECTRUM] = {edge_even,   weigh_share, 2},
    [HG_FRAMES_OCTAVES] = {edge_octave, weigh_share, 2},
};

static void find_edges(const hg__frames_setup *s, int32_t band, double edge[3]) {
    const band_kind *kind = &kinds[s->kind];
    const int32_t parts = s->bands + kind->edges - 2;
    for (int32_t i = 0; i < 3; i++) {
        edge[i] = kind->edge(s->low, s->high, (double)(band + i) / parts);
    }
}

void hg__frames_band(const hg__frames_setup *s, int32_t band, double *low, double *high) {
    double edge[3];
    find_edges(s, band, edge);
    *low = edge[0];
    *high = edge[kinds[s->kind].edges - 1];
}

// Bins with both edges of a band between them and more: `from` to `to`.
static void find_bins(const hg__frames_setup *s, int32_t band, int32_t *from, int32_t *to) {
    double low, high;
    hg__frames_band(s, band, &low, &high);
    const double step = s->rate / s->fft;
    *from = (int32_t)fmax(0, floor(low / step - 1));
    *to = (int32_t)fmin(s->fft / 2.0, ceil(high / step + 1));
}

// Squared magnitudes become mean squares: both halves of the spectrum, over the window's own (3/8 n) and Parseval's n.
static double share_of_bin(const hg__frames_setup *s, int32_t bin) {
    if (s->kind == HG_FRAMES_LOGMEL) return 1;
    const double n = s->fft, once = 8 / (3 * n * n);
    return bin == 0 || bin == s->fft / 2 ? once : 2 * once;
}

static int fill_band(hg__bands *b, const hg__frames_setup *s, int32_t band, hg_error *err) {
    double edge[3];
    int32_t from, to;
    find_edges(s, band, edge);
    find_bins(s, band, &from, &to);
    const double step = s->rate / s->fft;
    int32_t at = b->start[band];
    b->first[band] = from;
    for (int32_t bin = from; bin <= to; bin++) {
        const double w = kinds[s->kind].weigh(edge, bin * step, step) * share_of_bin(s, bin);
        if (!(w > 0) && at == b->start[band]) {
            b->first[band] = bin + 1;
        } else {
            b->weight[at++] = w;
        }
    }
    while (at > b->start[band] && !(b->weight[at - 1] > 0)) at--;
    b->start[band + 1] = at;
    if (at > b->start[band]) return HG_OK;
    return hg__fail(
        err, HG_ERR_USAGE,
        "frames: expected bands that hold a frequency of the transform each, got none in band %d "
        "of %d (%.4g to %.4g): fewer bands, or a longer fft than %d",
        band + 1, s->bands, edge[0], edge[kinds[s->kind].edges - 1], s->fft);
}

int hg__bands_init(hg__bands *b, const hg__frames_setup *s, hg_error *err) {
    *b = (hg__bands){.count = s->bands};
    size_t most = 0;
    for (int32_t i = 0; i < s->bands; i++) {
        int32_t from, to;
        find_bins(s, i, &from, &to);
        most += (size_t)hg__max(0, to - from + 1);
    }
    b->first = hg__alloc((size_t)s->bands, sizeof *b->first, err);
    b->start = hg__alloc((size_t)s->bands + 1, sizeof *b->start, err);
    b->weight = hg__alloc(most, sizeof *b->weight, err);
    int code = b->first && b->start && b->weight ? HG_OK : HG_ERR_MEMORY;
    for (int32_t i = 0; i < s->bands && code == HG_OK; i++) code = fill_band(b, s, i, err);
    if (code < 0) hg__bands_clear(b);
    return code;
}

void hg__bands_clear(hg__bands *b) {
    hg__free(b->first);
    hg__free(b->start);
    hg__free(b->weight);
    *b = (hg__bands){0};
}

void hg__bands_run(const hg__bands *b, const double *x, double *out) {
    for (int32_t i = 0; i < b->count; i++) {
        const double *at = x + b->first[i];
        double sum = 0;
        for (int32_t k = b->start[i]; k < b->start[i + 1]; k++) sum += b->weight[k] * *at++;
        out[i] = sum;
    }
}
