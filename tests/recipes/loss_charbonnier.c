// SPDX-License-Identifier: Apache-2.0
// loss_charbonnier.c - sqrt((y - t)^2 + delta^2), the absolute error without its corner (Charbonnier, Blanc-Feraud, Aubert & Barlaud
// 1994).
#include <math.h>

#include "nn/layer.h"
#include "nn/loss.h"

// NOLINTBEGIN(readability-non-const-parameter): as all losses have it
static double row(const hg__loss_rows *r, hg__real *dy, const hg__real *y, const hg__real *t,
                  hg__real scale, hg__real arg, hg__real *scratch) {
    // NOLINTEND(readability-non-const-parameter)
    const double squared = (double)arg * (double)arg;
    double sum = 0;
    (void)scratch;
    for (int32_t i = 0; i < r->n; i++) {
        const double off = (double)y[i] - (double)t[i], length = sqrt(off * off + squared);
        sum += length;
        if (dy) dy[i] = (hg__real)((double)scale * off / length);
    }
    if (dy) hg__zero_padding(dy, r->n);
    return sum;
}

extern const hg__loss hg__loss_charbonnier;
const hg__loss hg__loss_charbonnier = {
    .name = "charbonnier",
    .formula = "sqrt((y - t)^2 + delta^2)",
    .standard_arg = 1e-3,
    .row = row,
};
