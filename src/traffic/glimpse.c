// SPDX-License-Identifier: Apache-2.0
// glimpse.c - asks the protocols of protocols.def, and measures how varied bytes are.
#include "traffic/glimpse.h"

#define PROTOCOL(name) PROTOCOL_##name,
enum {
#include "traffic/protocols.def"
    PROTOCOLS
};
#undef PROTOCOL
#define PROTOCOL(name) &hg__protocol_##name,
static const hg__protocol *const protocols[PROTOCOLS] = {
#include "traffic/protocols.def"
};
#undef PROTOCOL

void hg__glimpse_take(hg__glimpse *g, const hg__packet *p, uint16_t server) {
    *g = (hg__glimpse){0};
    if (p->payload_captured == 0) return;
    for (size_t i = 0; i < PROTOCOLS; i++) {
        if (protocols[i]->look(p, server, g)) {
            g->protocol = protocols[i];
            g->place = (uint32_t)i + 1;
            return;
        }
        *g = (hg__glimpse){0};
    }
}

// n log2 n in 1/256, n up to 256: of the counts of at most so many bytes.
enum { MOST = 256 };
// clang-format off
static const uint32_t n_log_n[MOST + 1] = {
    0, 0, 512, 1217, 2048, 2972, 3971, 5031, 6144, 7304, 8504, 9742, 11013, 12315, 13646, 15002,
    16384, 17789, 19215, 20662, 22128, 23613, 25116, 26635, 28170, 29721, 31286, 32866, 34459,
    36066, 37685, 39317, 40960, 42615, 44281, 45958, 47646, 49344, 51052, 52769, 54497, 56233,
    57978, 59732, 61495, 63266, 65045, 66833, 68628, 70431, 72241, 74059, 75884, 77716, 79556,
    81402, 83254, 85114, 86979, 88851, 90730, 92614, 94505, 96402, 98304, 100212, 102126, 104046,
    105971, 107901, 109837, 111778, 113724, 115675, 117632, 119593, 121560, 123531, 125507, 127488,
    129473, 131463, 133458, 135457, 137460, 139468, 141481, 143497, 145518, 147543, 149572, 151606,
    153643, 155684, 157730, 159779, 161832, 163889, 165950, 168014, 170083, 172155, 174230, 176310,
    178393, 180479, 182569, 184662, 186759, 188859, 190963, 193070, 195180, 197294, 199411, 201531,
    203655, 205781, 207911, 210044, 212180, 214319, 216461, 218606, 220754, 222905, 225059, 227216,
    229376, 231539, 233704, 235873, 238044, 240218, 242395, 244575, 246757, 248942, 251130, 253320,
    255514, 257709, 259908, 262109, 264312, 266518, 268727, 270938, 273152, 275368, 277587, 279808,
    282031, 284257, 286486, 288717, 290950, 293185, 295423, 297664, 299906, 302151, 304398, 306648,
    308899, 311153, 313410, 315668, 317929, 320192, 322457, 324724, 326993, 329265, 331538, 333814,
    336092, 338372, 340654, 342938, 345225, 347513, 349803, 352096, 354390, 356686, 358985, 361285,
    363587, 365892, 368198, 370506, 372816, 375128, 377442, 379758, 382076, 384395, 386717, 389040,
    391365, 393693, 396021, 398352, 400685, 403019, 405355, 407693, 410033, 412375, 414718, 417063,
    419410, 421758, 424109, 426461, 428814, 431170, 433527, 435886, 438246, 440608, 442972, 445338,
    447705, 450074, 452444, 454816, 457190, 459565, 461942, 464321, 466701, 469083, 471466, 473851,
    476238, 478626, 481015, 483407, 485799, 488194, 490589, 492987, 495386, 497786, 500188, 502591,
    504996, 507402, 509810, 512220, 514630, 517043, 519456, 521871, 524288
};
// clang-format on

uint32_t hg__variety(const uint8_t *bytes, uint32_t count) {
    uint16_t times[256] = {0};
    const uint32_t n = count < MOST ? count : MOST;
    uint32_t sum = 0;
    if (n < 2) return 0;
    for (uint32_t i = 0; i < n; i++) times[bytes[i]]++;
    for (uint32_t i = 0; i < n; i++) { // each value once: where it is first met
        sum += n_log_n[times[bytes[i]]];
        times[bytes[i]] = 0;
    }
    return (n_log_n[n] - sum) / (32 * n);
}

static int32_t hex_digit(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool is_special(int32_t c) {
    static const char these[] = "\"'`<>(){}[];|\\^$";
    if (c < ' ' || c >= 127) return true;
    for (const char *at = these; *at; at++) {
        if (c == *at) return true;
    }
    return false;
}

uint32_t hg__special(const uint8_t *bytes, uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++) {
        int32_t c = bytes[i];
        if (c == '%' && i + 2 < count) {
            const int32_t high = hex_digit(bytes[i + 1]), low = hex_digit(bytes[i + 2]);
            if (high >= 0 && low >= 0) {
                c = high * 16 + low;
                i += 2;
            }
        }
        sum += is_special(c);
    }
    return sum;
}
