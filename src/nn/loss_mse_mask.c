// SPDX-License-Identifier: Apache-2.0
// loss_mse_mask.c - images that a network is to repair and whose damage it is to mark: of each pixel the last channel is a mask, which
// comes out as logits, the others are what the picture should be.
//
//   sum over pixels of: sum over colours (y - t)^2 + weight bce(sigmoid(y mask), t mask)
#include "nn/layer.h"
#include "nn/loss.h"

static size_t pixels_of(const hg__loss_rows *r) {
    const hg__extent e = hg__extent_of(&r->shape);
    return (size_t)e.H * (size_t)e.W;
}

static size_t mask_room(const hg__loss_rows *r) {
    return hg__whole_vectors(pixels_of(r));
}

static void gather(const hg__real *from, size_t pixels, size_t step, hg__real *to) {
    for (size_t i = 0; i < pixels; i++) to[i] = from[i * step + step - 1];
}

static double colours(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                      hg__real scale) {
    const size_t step = (size_t)hg__extent_of(&r->shape).C, pixels = pixels_of(r);
    double sum = 0;
    for (size_t i = 0; i < pixels; i++) {
        for (size_t c = 0; c + 1 < step; c++) {
            const size_t at = i * step + c;
            const hg__real error = y[at] - t[at];
            sum += (double)error * (double)error;
            if (dy) dy[at] = 2 * scale * error;
        }
    }
    return sum;
}

static double row(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                  hg__real scale, hg__real arg, hg__real *scratch) {
    const size_t step = (size_t)hg__extent_of(&r->shape).C, pixels = pixels_of(r);
    hg__real *logit = scratch, *mask = logit + mask_room(r), *slope = mask + mask_room(r);
    gather(y, pixels, step, logit);
    gather(t, pixels, step, mask);
    double sum = colours(r, dy, y, t, scale);
    sum += (double)arg *
           r->k->loss_bce_logits(dy ? slope : NULL, logit, mask, scale * arg, 0, (int32_t)pixels);
    if (!dy) return sum;
    for (size_t i = 0; i < pixels; i++) dy[i * step + step - 1] = slope[i];
    hg__zero_padding(dy, r->n);
    return sum;
}

static size_t scratch(const hg__loss_rows *r) {
    return 3 * mask_room(r);
}

static int check(const hg__loss_rows *r, hg_error *err) {
    HG_TRY(hg__loss_images(r, 1, err));
    if (hg__extent_of(&r->shape).C >= 2) return HG_OK;
    return hg__fail(
        err, HG_ERR_USAGE,
        "loss=mse_mask: expected images of two channels or more, the last a mask, got 1");
}

extern const hg__loss hg__loss_mse_mask;
const hg__loss hg__loss_mse_mask = {
    .name = "mse_mask",
    .formula =
        "(y - t)^2 of all channels but the last, and delta bce(sigmoid(y), t) of that, a mask",
    .standard_arg = 0.1,
    .row = row,
    .check = check,
    .scratch = scratch,
};
