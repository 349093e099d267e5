// SPDX-License-Identifier: Apache-2.0
// mat_signal.c - which arrays of a MATLAB file are a signal, and how many rows a second it has.
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "table/mat.h"

// Whether one number of that name is a rate: "SampleFrequency", "fs".
static bool is_rate_name(const char *name) {
    static const char *const names[] = {"fs",
                                        "sr",
                                        "sfreq",
                                        "SampleFrequency",
                                        "SamplingFrequency",
                                        "sampling_frequency",
                                        "SampleRate",
                                        "sample_rate",
                                        "SamplingRate",
                                        "sampling_rate"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcasecmp(name, names[i]) == 0) return true;
    }
    return false;
}

void hg__mat_signal_look(hg__mat_signal *s, const hg__mat_array *a) {
    const bool is_small = a->dim[0] <= UINT32_MAX && a->dim[1] <= UINT32_MAX;
    const uint64_t count = is_small ? a->dim[0] * a->dim[1] : UINT64_MAX;
    if (count == 1 && !s->has_rate && is_rate_name(a->name)) {
        s->rate = *a;
        s->has_rate = true;
    }
    if (count > s->most) {
        s->second = s->most;
        s->most = count;
        s->largest = *a;
        s->mosts = s->lines = 0;
    } else if (count < s->most && count > s->second) {
        s->second = count;
    }
    if (count < s->most) return;
    s->mosts++;
    const bool is_line = a->dim[0] == 1 || a->dim[1] == 1;
    if (is_line && s->lines < HG_MAT_LINES) s->line[s->lines++] = *a;
}

bool hg__mat_signal_has_largest(const hg__mat_signal *s) {
    return s->mosts == 1 && s->second > 0 && s->most / 10 > s->second;
}

bool hg__mat_signal_has_lines(const hg__mat_signal *s) {
    return s->mosts > 1 && s->mosts == s->lines && s->most / 10 > s->second && s->most <= INT32_MAX;
}

// What all names begin with, up to and with its last "_"; 0 where no digit is in it.
static size_t common_size(const hg__mat_signal *s) {
    const char *first = s->line[0].name;
    size_t size = strlen(first);
    for (int32_t i = 1; i < s->lines; i++) {
        size_t same = 0;
        while (same < size && first[same] == s->line[i].name[same]) same++;
        size = same;
    }
    while (size > 0 && first[size - 1] != '_') size--;
    return strcspn(first, "0123456789") < size ? size : 0;
}

void hg__mat_signal_name(const hg__mat_signal *s, char name[HG_MAT_LINES][64]) {
    const size_t common = common_size(s);
    for (int32_t i = 0; i < s->lines; i++) {
        char shown[64];
        hg__mat_show_name(&s->line[i], shown);
        const bool is_longer = strlen(shown) > common;
        snprintf(name[i], 64, "%s", is_longer ? shown + common : shown);
    }
}
