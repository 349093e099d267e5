// SPDX-License-Identifier: Apache-2.0
// fuzz_packet.c - any bytes as a packet: the first two choose the link type and how much of it was captured.
#include <stdlib.h>
#include <string.h>

#include "packets/packet.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is the fuzzer's
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void check_text(const uint8_t address[16]) {
    char text[HG_ADDRESS_TEXT];
    hg__address_format(address, text);
    if (strlen(text) < 2 || strlen(text) >= HG_ADDRESS_TEXT) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static const int links[] = {1,   0,   9,   12,  14,  50,  101, 104, 105,
                                108, 113, 127, 192, 228, 229, 276, 147};
    if (size < 2) return 0;
    const uint8_t *packet = bytes + 2;
    const uint32_t captured = (uint32_t)size - 2;
    hg__packet p = {.time = 7, .length = captured + bytes[1], .captured = captured};
    hg__packet_read(&p, links[bytes[0] % (sizeof links / sizeof *links)], packet);
    if (p.time != 7 || p.captured != captured) abort();
    if (p.payload < packet || p.payload > packet + captured) abort();
    if (p.payload_captured > (size_t)(packet + captured - p.payload)) abort();
    if (p.payload_captured > p.payload_length || p.payload_length > p.length) abort();
    if (p.layers & HG_LAYER_IP && p.version != 4 && p.version != 6) abort();
    if (!(p.layers & HG_LAYER_IP) && (p.version || p.port_from || p.port_to)) abort();
    check_text(p.from);
    check_text(p.to);
    return 0;
}
