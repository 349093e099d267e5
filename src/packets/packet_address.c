// SPDX-License-Identifier: Apache-2.0
// packet_address.c - addresses as people write them.
#include <string.h>

#include "packets/packet.h"

static char *add_decimal(char *to, int n) {
    if (n >= 100) *to++ = (char)('0' + n / 100);
    if (n >= 10) *to++ = (char)('0' + n / 10 % 10);
    *to++ = (char)('0' + n % 10);
    return to;
}

static void format_4(const uint8_t address[4], char *to) {
    for (int i = 0; i < 4; i++) {
        if (i) *to++ = '.';
        to = add_decimal(to, address[i]);
    }
    *to = '\0';
}

// Lower case, without leading zeros (RFC 5952, 4.1 and 4.3).
static char *add_hexadecimal(char *to, int n) {
    static const char digits[] = "0123456789abcdef";
    int shift = 12;
    while (shift > 0 && n >> shift == 0) shift -= 4;
    for (; shift >= 0; shift -= 4) *to++ = digits[n >> shift & 15];
    return to;
}

// The longest run of zero groups, the first of equal ones, of two at least (4.2); its length.
static int find_zeros(const int group[8], int *start) {
    int most = 1;
    *start = 8;
    for (int i = 0, run = 0; i < 8; i++) {
        run = group[i] ? 0 : run + 1;
        if (run <= most) continue;
        most = run;
        *start = i - run + 1;
    }
    return *start < 8 ? most : 0;
}

void hg__address_format(const uint8_t address[16], char text[HG_ADDRESS_TEXT]) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (memcmp(address, mapped, sizeof mapped) == 0) {
        format_4(address + 12, text);
        return;
    }
    int group[8], start;
    for (int i = 0; i < 8; i++) group[i] = address[2 * i] << 8 | address[2 * i + 1];
    const int zeros = find_zeros(group, &start);
    char *to = text;
    for (int i = 0; i < 8; i++) {
        if (zeros && i == start) {
            *to++ = ':';
            *to++ = ':';
            i += zeros - 1;
            continue;
        }
        if (i && to[-1] != ':') *to++ = ':';
        to = add_hexadecimal(to, group[i]);
    }
    *to = '\0';
}

void hg__mac_format(const uint8_t mac[6], char text[HG_ADDRESS_TEXT]) {
    static const char digits[] = "0123456789abcdef";
    char *to = text;
    for (int i = 0; i < 6; i++) {
        if (i) *to++ = ':';
        *to++ = digits[mac[i] >> 4];
        *to++ = digits[mac[i] & 15];
    }
    *to = '\0';
}
