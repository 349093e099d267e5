// SPDX-License-Identifier: Apache-2.0
// frames_run.c - windows of frames of a clip, as MLPerf Tiny's anomaly detection has them: frames_run CLIP.wav SKIP MOST > WINDOWS.npy
//
// Log-mel frames SKIP .. SKIP + MOST - 1 (MOST 0: to the end), in windows of five that begin a frame apart: float32 (windows, 640).
#include "signal/frames.h"
#include "sound_case.h"

enum { WINDOW = 5 };

static bool write_windows(const float *frame, int32_t frames, int32_t width) {
    const int32_t windows = frames < WINDOW ? 0 : frames - WINDOW + 1;
    char head[119];
    snprintf(head, sizeof head, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d), }",
             windows, WINDOW * width);
    bool good = fwrite("\x93NUMPY\x01\x00\x76\x00", 1, 10, stdout) == 10;
    good = printf("%-117s\n", head) == 118 && good;
    const size_t count = WINDOW * (size_t)width;
    for (int32_t w = 0; w < windows; w++) {
        good = fwrite(frame + (size_t)w * (size_t)width, sizeof *frame, count, stdout) == count &&
               good;
    }
    return fflush(stdout) == 0 && good;
}

int main(int argc, char **argv) {
    int32_t count = 0, taken;
    if (argc != 4) return 2;
    float *x = read_clip(argv[1], &count);
    if (!x) return 1;
    hg__frames_setup s = hg__frames_setup_default(HG_FRAMES_LOGMEL, 16000);
    s.skip = (int32_t)strtol(argv[2], NULL, 10);
    s.most = (int32_t)strtol(argv[3], NULL, 10);
    hg__frames *f = hg__frames_new(&s, 1, NULL);
    const int32_t width = s.bands, room = count / s.hop + 2;
    float *out = hg__alloc((size_t)room * (size_t)width, sizeof *out, NULL);
    if (!f || !out) return 1;
    int32_t made = hg__frames_push(f, x, count, out, room, &taken);
    made += hg__frames_flush(f, out + (size_t)made * (size_t)width, room - made);
    const bool good = write_windows(out, made, width);
    hg__free(x);
    hg__free(out);
    hg__frames_free(f);
    return good ? 0 : 1;
}
