// SPDX-License-Identifier: Apache-2.0
// protocol_modbus.c - Modbus/TCP: unit, function, address and how many (MODBUS Messaging on TCP/IP Implementation Guide V1.0b).
#include <stdio.h>

#include "traffic/glimpse.h"
#include "traffic/mix.h"

enum { HEADER = 8, SMALLEST_LENGTH = 2, LARGEST_LENGTH = 254, PORT = 502, EXCEPTION = 128 };

// transaction 2, protocol 2 (0), length 2 (of what follows), unit 1, function 1; in what is asked: address 2, count or value 2
static bool look(const hg__packet *p, uint16_t server, hg__glimpse *g) {
    const uint8_t *b = p->payload;
    if (!(p->layers & HG_LAYER_TCP) || p->payload_captured < HEADER) return false;
    const uint32_t length = (uint32_t)b[4] << 8 | b[5];
    const bool is_header =
        b[2] == 0 && b[3] == 0 && length >= SMALLEST_LENGTH && length <= LARGEST_LENGTH;
    if (!is_header || (server != PORT && length + 6 != p->payload_length)) return false;
    g->action = b[7];
    g->object = 1 + b[6];
    g->size = length;
    if (p->port_to == server && p->payload_captured >= HEADER + 4) {
        g->object = hg__mix(1 + b[6], (uint64_t)b[8] << 8 | b[9]);
        g->size = (uint32_t)b[10] << 8 | b[11];
    }
    return true;
}

static void describe(uint32_t action, char *text, size_t size) {
    const bool is_exception = action & EXCEPTION;
    snprintf(text, size, "%sfunction %u", is_exception ? "exception to " : "",
             (unsigned)(action & (EXCEPTION - 1)));
}

const hg__protocol hg__protocol_modbus = {"Modbus", describe, look};
