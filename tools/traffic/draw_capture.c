// SPDX-License-Identifier: Apache-2.0
// draw_capture.c - packets in the order of their times, as a pcap file, and their labels as CSV.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

static int by_time(const void *a, const void *b) {
    const row *x = a, *y = b;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

// IP ids of hosts that count packets are known only when the order is. ids: of those before, by row.order
static void finish(world *w, const row *r, uint16_t *ids) {
    uint8_t *f = w->bytes + r->at, *ip = f + 14;
    if (f[12] != 8 || f[13] != 0) return;
    uint16_t id = (uint16_t)(ip[4] << 8 | ip[5]);
    if (r->counter >= 0) id = ++w->hosts[r->counter].ip_id;
    if (r->twin) id = ids[r->twin - 1];
    ids[r->order] = id;
    ip[4] = (uint8_t)(id >> 8), ip[5] = (uint8_t)id;
    uint32_t sum = 0;
    for (int i = 0; i < 20; i += 2) sum += (uint32_t)ip[i] << 8 | ip[i + 1];
    sum = (sum & 0xFFFF) + (sum >> 16), sum = (sum & 0xFFFF) + (sum >> 16);
    ip[10] = (uint8_t)(~sum >> 8), ip[11] = (uint8_t)~sum;
}

bool capture_order(world *w) {
    uint16_t *ids = calloc(w->rows_n + 1, sizeof *ids);
    if (!ids) return false;
    if (w->rows_n) qsort(w->rows, w->rows_n, sizeof *w->rows, by_time);
    for (size_t i = 0; i < w->rows_n; i++) finish(w, &w->rows[i], ids);
    free(ids);
    return true;
}

static void low32(uint8_t *p, uint32_t v) {
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (8 * i));
}

static bool closed(FILE *f) {
    const bool good = !ferror(f);
    return fclose(f) == 0 && good;
}

bool capture_write(const world *w, const char *path, bool nanoseconds) {
    FILE *f = fopen(path, "wb");
    if (!f) return false;
    uint8_t head[24] = {0};
    low32(head, nanoseconds ? 0xA1B23C4DU : 0xA1B2C3D4U);
    head[4] = 2, head[6] = 4;
    low32(head + 16, 262144), low32(head + 20, 1); // Ethernet
    fwrite(head, 1, sizeof head, f);
    for (size_t i = 0; i < w->rows_n; i++) {
        const row *r = &w->rows[i];
        uint8_t h[16];
        low32(h, (uint32_t)(r->time / SECOND));
        low32(h + 4, (uint32_t)(r->time % SECOND / (nanoseconds ? 1 : US)));
        low32(h + 8, r->size), low32(h + 12, r->size);
        fwrite(h, 1, sizeof h, f);
        fwrite(w->bytes + r->at, 1, r->size, f);
    }
    return closed(f);
}

bool labels_write(const world *w, const char *path, const attack *attacks) {
    FILE *f = fopen(path, "w");
    if (!f) return false;
    fputs("row,label,attack,source\n", f);
    for (size_t i = 0; i < w->rows_n; i++) {
        const row *r = &w->rows[i];
        if (!r->attack) {
            fprintf(f, "%zu,0,,\n", i);
            continue;
        }
        const uint32_t a = r->source;
        fprintf(f, "%zu,1,%s,%u.%u.%u.%u\n", i, attacks[r->attack - 1].name, a >> 24, a >> 16 & 255,
                a >> 8 & 255, a & 255);
    }
    return closed(f);
}
