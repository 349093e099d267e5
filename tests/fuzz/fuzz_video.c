// SPDX-License-Identifier: Apache-2.0
// fuzz_video.c - bytes as YUV4MPEG2 video, frame by frame through a small grey model and a small colour one to nowhere.
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "image/image.h"
#include "jobs/denoise.h"
#include "model/model.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is the fuzzer's
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void make_model(hg__denoise_work *d, int32_t channels) {
    static const char spec[] = "keep 1, conv 2 k3 p1 relu | conv input k3 p1, add 1";
    const hg__shape shape = {
        3, {8, 8, channels}
    };
    d->model = hg__model_from_spec(spec, &shape, 0, 5, NULL);
    if (!d->model) abort();
    d->denoiser = hg__denoiser_new(&d->model->net, 1, 1 << 24, 0, NULL);
    if (!d->denoiser) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size) {
    static hg__denoise_work made[2];
    hg__image_limit.pixels = 1 << 14;
    if (!made[0].model) {
        make_model(&made[0], 1);
        make_model(&made[1], 3);
    }
    char path[64];
    const int fd = (int)syscall(SYS_memfd_create, "fuzz", 0U);
    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    for (int i = 0; i < 2; i++) {
        hg__denoise_work d = made[i];
        hg_result result = {.size = sizeof result};
        hg_error err = {0};
        d.result = &result;
        const int code = hg__denoise_video(&d, path, "/dev/null", &err);
        if (code < 0 && !err.message[0]) abort();
        if (code == HG_OK && result.pixels < result.frames) abort();
    }
    close(fd);
    return 0;
}
