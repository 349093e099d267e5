// SPDX-License-Identifier: Apache-2.0
// loss_gaussian.c - the negative log-likelihood of a row under normal distributions round the outputs, in nats:
//
//   sum over numbers of: (y - t)^2 / (2 v) + log(2 pi v) / 2
//
// v is the variance of the last layer, `variance`, of all numbers or of each; 1 where there is no such layer.
#include "base/real.h"
#include "nn/loss.h"

static const double log_two_pi = 1.8378770664093454836;

static double of_each(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                      hg__real scale) {
    double sum = 0;
    for (int32_t i = 0; i < r->n; i++) {
        const double v = (double)r->variance[i], error = (double)y[i] - (double)t[i];
        sum += error * error / v + hg__log(v);
        if (dy) dy[i] = (hg__real)((double)scale * error / v);
    }
    if (dy) hg__zero_padding(dy, r->n);
    return (sum + log_two_pi * r->n) / 2;
}

static double row(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                  // NOLINTNEXTLINE(readability-non-const-parameter): a loss's type
                  hg__real scale, hg__real arg, hg__real *scratch) {
    (void)arg, (void)scratch;
    if (r->variances > 1) return of_each(r, dy, y, t, scale);
    const double v = r->variance ? (double)r->variance[0] : 1;
    const hg__real by = (hg__real)((double)scale / (2 * v));
    return r->k->loss_mse(dy, y, t, by, 0, r->n) / (2 * v) + (hg__log(v) + log_two_pi) / 2 * r->n;
}

extern const hg__loss hg__loss_gaussian;
const hg__loss hg__loss_gaussian = {
    .name = "gaussian",
    .formula = "(y - t)^2 / (2 v) + log(2 pi v) / 2, v the variance of the layer `variance` at the "
               "end, else 1",
    .row = row,
};
