// SPDX-License-Identifier: Apache-2.0
// fieldbus.h - the protocols of the s7 scene, each by the same five functions; `count` is its own counter on a connection.
#ifndef FIELDBUS_H
#define FIELDBUS_H
#include "plant.h"

typedef struct fieldbus {
    const char *name;
    int port;
    void (*begin)(tcp *k, int *count); // after TCP's handshake
    void (*read)(tcp *k, int *count, poll p);
    void (*write)(tcp *k, int *count, poll p, int value); // as an operator does
    void (*attack)(tcp *k, int *count);                   // what no operator ever sent
} fieldbus;

const fieldbus *fieldbus_of(const world *w);
unsigned field_value(const tcp *k, int at); // drifts slowly about what is its own

void s7_begin(tcp *k, int *reference);
void s7_read(tcp *k, int *reference, poll p);
void s7_write(tcp *k, int *reference, poll p, int value);
void s7_attack(tcp *k, int *reference);
void dnp3_begin(tcp *k, int *sequence);
void dnp3_read(tcp *k, int *sequence, poll p);
void dnp3_write(tcp *k, int *sequence, poll p, int value);
void dnp3_attack(tcp *k, int *sequence);
void iec104_begin(tcp *k, int *count);
void iec104_read(tcp *k, int *count, poll p);
void iec104_write(tcp *k, int *count, poll p, int value);
void iec104_attack(tcp *k, int *count);

#endif
