// SPDX-License-Identifier: Apache-2.0
// fuzz_recording.c - any bytes as a table that is a recording: steps as they are, averaged, and in groups.
#include "recording_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    const hg__recording_options plain = {.bridge = 3},
                                average = {.on_bad = "score_missing", .resample = 7},
                                groups = {.group = "1", .on_bad = "skip"};
    if (size >= 4 && (memcmp(bytes, "RIFF", 4) == 0 || memcmp(bytes, "fLaC", 4) == 0)) {
        return 0; // libsndfile's own to fuzz
    }
    read_as_recording(bytes, size, &plain);
    read_as_recording(bytes, size, &average);
    read_as_recording(bytes, size, &groups);
    return 0;
}
