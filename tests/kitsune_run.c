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

#include "base/mem.h"
#include "base/system.h"
#include "drawn_traffic.h"
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

static int features(hg__kitsune_mode mode, size_t bytes, long packets, const char *from,
                    hg_error *err) {
    float out[HG_KITSUNE_FEATURES];
    (void)from;
    hg__kitsune_features *k = hg__kitsune_features_new(mode, bytes, err);
    if (!k) return HG_ERR_MEMORY;
    drawn_traffic d = {1, 1700000000000000000, 60, 400};
    for (long i = 0; i < packets; i++) {
        hg__packet p;
        draw_packet(&d, &p);
        hg__kitsune_features_run(k, &p, out);
        write_row(&p, out, hg__kitsune_features_count(mode));
    }
    hg__kitsune_features_free(k);
    return HG_OK;
}

// Packets a second on this thread, over packets that are drawn beforehand.
static double measure(hg__kitsune_features *k, const hg__packet *packets, long count) {
    float out[HG_KITSUNE_FEATURES], sum = 0;
    const double start = hg__seconds();
    for (long i = 0; i < count; i++) {
        hg__kitsune_features_run(k, packets + i, out);
        sum += out[0];
    }
    const double seconds = hg__seconds() - start;
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
