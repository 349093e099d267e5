// SPDX-License-Identifier: Apache-2.0
// denoise_frame.c - cleans a frame in memory, as in front of a detector: no file, no option, nothing allocated per frame.
//
//   denoise_frame [MODEL] < noisy.ppm > clean.ppm      PPM of 8 bits; several, one behind the other, are frames of a stream
#include <hourglass.h>
#include <stdio.h>
#include <stdlib.h>

// The next frame into *bytes, which grows; false at the end.
static bool read_frame(hg_pixels *p, unsigned char **bytes) {
    int width, height;
    // NOLINTNEXTLINE(cert-err34-c): what is too large is refused below
    if (scanf("P6 %d %d 255", &width, &height) != 2 || getchar() == EOF) return false;
    if (width < 1 || height < 1 || width > 20000 || height > 20000) return false;
    const size_t size = 3 * (size_t)width * (size_t)height;
    if (width != p->width || height != p->height) {
        free(*bytes);
        *bytes = malloc(size);
    }
    *p = (hg_pixels){.data = *bytes, .width = width, .height = height, .layout = HG_PIXELS_RGB};
    return *bytes && fread(*bytes, 1, size, stdin) == size;
}

static int clean_all(hg_denoiser *d, hg_error *err) {
    hg_pixels frame = {0};
    unsigned char *bytes = NULL;
    int code = HG_OK;
    while (code == HG_OK && read_frame(&frame, &bytes)) {
        code = hg_denoise_pixels(d, &frame, &frame, err); // in place
        if (code < 0) break;
        // Here the frame would go to the detector.
        printf("P6\n%d %d\n255\n", (int)frame.width, (int)frame.height);
        fwrite(bytes, 3 * (size_t)frame.width, (size_t)frame.height, stdout);
    }
    free(bytes);
    return code;
}

int main(int argc, char **argv) {
    hg_error err = {0};
    hg_model *m = argc > 1 ? hg_model_load(argv[1], &err) : hg_model_load_shipped("denoise", &err);
    hg_denoiser *d = m ? hg_denoiser_new(m, 0, 0, &err) : NULL;
    const int code = d ? clean_all(d, &err) : (int)err.code;
    hg_denoiser_free(d);
    hg_model_free(m);
    if (code == HG_OK) return 0;
    fprintf(stderr, "%s\n", err.message);
    return 1;
}
