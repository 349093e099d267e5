// SPDX-License-Identifier: Apache-2.0
// anonymise.c - each bit is turned or not, as a keyed hash of the bits before it says.
#include "traffic/anonymise.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"

enum { LEAST = 16, MOST = 4096 };

int hg__anonymiser_init(hg__anonymiser *a, const char *path, hg_error *err) {
    uint8_t bytes[MOST];
    *a = (hg__anonymiser){0};
    if (!*path) return HG_OK;
    const int fd = hg__open_read(path, err);
    if (fd < 0) return fd;
    size_t size = 0;
    const int code = hg__read_some(fd, bytes, sizeof bytes, &size, NULL, path, err);
    close(fd);
    HG_TRY(code);
    if (size < LEAST) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected %d secret bytes or more, got %d", path,
                        (int)LEAST, (int)size);
    }
    const hg__siphash_key first = {1, 0}, second = {2, 0};
    a->key.k0 = hg__siphash(&first, bytes, size);
    a->key.k1 = hg__siphash(&second, bytes, size);
    a->is_on = true;
    return HG_OK;
}

// kind: what the bits are of, so that an address of one kind says nothing of one of another.
static void turn(const hg__anonymiser *a, uint8_t kind, uint8_t *bits, int32_t count) {
    uint8_t in[16] = {0}, before[18] = {kind};
    memcpy(in, bits, (size_t)count / 8);
    for (int32_t i = 0; i < count; i++) {
        const uint8_t bit = (uint8_t)(128 >> i % 8);
        before[1] = (uint8_t)i;
        if (hg__siphash(&a->key, before, sizeof before) & 1) bits[i / 8] ^= bit;
        before[2 + i / 8] |= in[i / 8] & bit;
    }
}

static bool is_zero(const uint8_t *bytes, size_t size) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i]) return false;
    }
    return true;
}

void hg__anonymise_address(const hg__anonymiser *a, uint8_t address[16]) {
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (is_zero(address, 16)) return;
    if (memcmp(address, mapped, sizeof mapped) != 0) {
        turn(a, 6, address, 128);
    } else if (!is_zero(address + 12, 4)) {
        turn(a, 4, address + 12, 32);
    }
}

void hg__anonymise_mac(const hg__anonymiser *a, uint8_t mac[6]) {
    static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    const uint8_t low = mac[0] & 3; // group, and locally administered
    if (is_zero(mac, 6) || memcmp(mac, broadcast, 6) == 0) return;
    turn(a, 2, mac, 48);
    mac[0] = (uint8_t)((mac[0] & ~3U) | low);
}

void hg__anonymise_packet(const hg__anonymiser *a, hg__packet *p) {
    if (!a->is_on) return;
    hg__anonymise_address(a, p->from);
    hg__anonymise_address(a, p->to);
    hg__anonymise_mac(a, p->mac_from);
    hg__anonymise_mac(a, p->mac_to);
    hg__anonymise_mac(a, p->arp_mac_from);
    hg__anonymise_mac(a, p->arp_mac_to);
}
