// SPDX-License-Identifier: Apache-2.0
// recording_samples.h - small WAV and EDF files, made.
#ifndef HG_TESTS_RECORDING_SAMPLES_H
#define HG_TESTS_RECORDING_SAMPLES_H
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static inline void put_little(uint8_t *to, uint32_t x, int bytes) {
    for (int i = 0; i < bytes; i++) to[i] = (uint8_t)(x >> 8 * i);
}

static inline void put_bytes(uint8_t *to, const void *from, size_t size) {
    memcpy(to, from, size);
}

// 16-bit samples (frames, channels); bytes (44 + 2 * frames * channels). How many they are.
static inline size_t make_wav(uint8_t *bytes, const int16_t *sample, uint32_t frames,
                              uint32_t channels, uint32_t rate) {
    const uint32_t body = 2 * frames * channels;
    put_bytes(bytes, "RIFF....WAVEfmt ....", 20);
    put_little(bytes + 4, 36 + body, 4);
    put_little(bytes + 16, 16, 4);
    put_little(bytes + 20, 1, 2);
    put_little(bytes + 22, channels, 2);
    put_little(bytes + 24, rate, 4);
    put_little(bytes + 28, 2 * rate * channels, 4);
    put_little(bytes + 32, 2 * channels, 2);
    put_little(bytes + 34, 16, 2);
    put_bytes(bytes + 36, "data", 4);
    put_little(bytes + 40, body, 4);
    for (uint32_t i = 0; i < frames * channels; i++) {
        put_little(bytes + 44 + 2 * i, (uint16_t)sample[i], 2);
    }
    return 44 + body;
}

// One field of `size` bytes, blanks behind; where the next begins.
static inline uint8_t *put_field(uint8_t *to, const char *text, size_t size) {
    const size_t n = strlen(text);
    memset(to, ' ', size);
    memcpy(to, text, n < size ? n : size);
    return to + size;
}

typedef struct edf_sample {
    const char *version, *reserved, *records, *duration;
    int signals;
    // (signals)
    const char *label[4], *least[4], *most[4], *low[4], *high[4], *samples[4];
} edf_sample;

// Two signals, the second half as fast: +-1 mV in 12 bits, 2 and 1 samples a record of a second, two records.
static inline edf_sample plain_edf(void) {
    return (edf_sample){
        .version = "0",
        .reserved = "",
        .records = "2",
        .duration = "1",
        .signals = 2,
        .label = {"ECG",   "Resp"},
        .least = {"-1",    "0"   },
        .most = {"1",     "100" },
        .low = {"-2048", "0"   },
        .high = {"2047",  "1000"},
        .samples = {"2",     "1"   }
    };
}

// The header; how many bytes it has.
static inline size_t make_edf_header(uint8_t *bytes, const edf_sample *e) {
    static const char *const none[4] = {"", "", "", ""};
    char size[16], count[16];
    snprintf(size, sizeof size, "%d", 256 * (e->signals + 1));
    snprintf(count, sizeof count, "%d", e->signals);
    uint8_t *p = put_field(bytes, e->version, 8);
    p = put_field(p, "patient", 80);
    p = put_field(p, "recording", 80);
    p = put_field(p, "31.01.24", 8);
    p = put_field(p, "12.30.00", 8);
    p = put_field(p, size, 8);
    p = put_field(p, e->reserved, 44);
    p = put_field(p, e->records, 8);
    p = put_field(p, e->duration, 8);
    p = put_field(p, count, 4);
    const char *const *const column[] = {e->label, none,    none, e->least,   e->most,
                                         e->low,   e->high, none, e->samples, none};
    static const size_t bytes_of[] = {16, 80, 8, 8, 8, 8, 8, 80, 8, 32};
    for (size_t k = 0; k < sizeof bytes_of / sizeof *bytes_of; k++) {
        for (int i = 0; i < e->signals; i++) p = put_field(p, column[k][i], bytes_of[k]);
    }
    return (size_t)(p - bytes);
}
#endif
