// SPDX-License-Identifier: Apache-2.0
// kitsune_run.c - Kitsune's features of drawn or real packets, for comparison with NumPy, and how fast they come:
//
//   kitsune_run features sound|published BYTES PACKETS drawn|CAPTURE > ROWS
//   kitsune_run bench    sound|published BYTES PACKETS SOCKETS
//
// ROWS: a packet each, as struct row and then its features as floats.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "drawn_traffic.h"
#include "packets/capture.h"
#include "traffic/kitsune_features.h"

// What a comparison needs to know of a packet.
typedef struct {
    int64_t time;
    uint32_t length;
    uint16_t layers, port_from, port_to;
    uint8_t version, protocol, mac_from[6], mac_to[6], from[16], to[16];
} row;

static void write_row(const hg__packet *p, const float *out, int32_t count) {
    row r = {p->time,     p->length, p->layers, p->port_from, p->port_to, p->version,
             p->protocol, {0},       {0},       {0},          {0}};
    memcpy(r.mac_from, p->mac_from, 6);
    memcpy(r.mac_to, p->mac_to, 6);
    memcpy(r.from, p->from, 16);
    memcpy(r.to, p->to, 16);
    fwrite(&r, sizeof r, 1, stdout);
    fwrite(out, sizeof *out, (size_t)count, stdout);
}

// capture NULL: drawn.
static int next_packet(hg__capture *capture, drawn_traffic *d, hg__packet *p, hg_error *err) {
    if (capture) return hg__capture_next(capture, p, err);
    draw_packet(d, p);
    return 1;
}

static int write_features(hg__kitsune_mode mode, size_t bytes, long packets, hg__capture *capture,
                          hg_error *err) {
    float out[HG_KITSUNE_FEATURES];
    drawn_traffic d = {1, 1700000000000000000, 60, 400};
    hg__packet p;
    hg__kitsune_features *k = hg__kitsune_features_new(mode, bytes, err);
    int code = k ? 1 : HG_ERR_MEMORY;
    for (long i = 0; code > 0 && i < packets; i++) {
        code = next_packet(capture, &d, &p, err);
        if (code <= 0) break;
        hg__kitsune_features_run(k, &p, out);
        write_row(&p, out, hg__kitsune_features_count(mode));
    }
    hg__kitsune_features_free(k);
    return code < 0 ? code : HG_OK;
}

static int features(hg__kitsune_mode mode, size_t bytes, long packets, const char *from,
                    hg_error *err) {
    hg__capture *capture = NULL;
    if (strcmp(from, "drawn") != 0) {
        capture = hg__capture_open(from, &(hg__capture_options){0}, err);
        if (!capture) return HG_ERR_DATA;
    }
    const int code = write_features(mode, bytes, packets, capture, err);
    hg__capture_close(capture);
    return code;
}

static double processor_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Packets a second of processor time, over packets that are drawn beforehand.
static double measure(hg__kitsune_features *k, const hg__packet *packets, long count) {
    float out[HG_KITSUNE_FEATURES], sum = 0;
    const double start = processor_seconds();
    for (long i = 0; i < count; i++) {
        hg__kitsune_features_run(k, packets + i, out);
        sum += out[0];
    }
    const double seconds = processor_seconds() - start;
    return sum >= 0 ? (double)count / seconds : 0;
}

static int bench(hg__kitsune_mode mode, size_t bytes, long packets, long sockets, hg_error *err) {
    hg__packet *p = hg__alloc((size_t)packets, sizeof *p, err);
    hg__kitsune_features *k = p ? hg__kitsune_features_new(mode, bytes, err) : NULL;
    if (k) {
        drawn_traffic d = {1, 1700000000000000000, (uint32_t)sockets / 4 + 4, (uint32_t)sockets};
        for (long i = 0; i < packets; i++) draw_packet(&d, p + i);
        for (int i = 0; i < 3; i++) {
            printf("%.0f packets/s, %llu forgotten\n", measure(k, p, packets),
                   (unsigned long long)hg__kitsune_features_forgotten(k));
        }
    }
    hg__kitsune_features_free(k);
    hg__free(p);
    return k ? HG_OK : HG_ERR_MEMORY;
}

int main(int argc, char **argv) {
    hg_error err = {0};
    if (argc != 6) return 2;
    const hg__kitsune_mode mode =
        strcmp(argv[2], "sound") == 0 ? HG_KITSUNE_SOUND : HG_KITSUNE_PUBLISHED;
    const size_t bytes = strtoull(argv[3], NULL, 10);
    const long packets = strtol(argv[4], NULL, 10);
    const int code = strcmp(argv[1], "bench") == 0
                         ? bench(mode, bytes, packets, strtol(argv[5], NULL, 10), &err)
                         : features(mode, bytes, packets, argv[5], &err);
    if (code < 0) fprintf(stderr, "%s\n", err.message);
    return code < 0;
}
