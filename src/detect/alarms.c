// SPDX-License-Identifier: Apache-2.0
// alarms.c - "2/day" over "1000/min".
#include "detect/alarms.h"

#include "base/text.h"

static const struct unit {
    const char *name;
    double seconds;
} units[] = {
    {"s",      1     },
    {"sec",    1     },
    {"second", 1     },
    {"min",    60    },
    {"minute", 60    },
    {"h",      3600  },
    {"hour",   3600  },
    {"d",      86400 },
    {"day",    86400 },
    {"week",   604800},
};

// "2/day": 2 and 86400 seconds.
static int parse(const char *option, const char *text, double *count, double *seconds,
                 hg_error *err) {
    const char *stroke = strchr(text, '/');
    char number[64];
    if (stroke && (size_t)(stroke - text) < sizeof number) {
        snprintf(number, sizeof number, "%.*s", (int)(stroke - text), text);
        *seconds = 0;
        for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
            if (strcmp(stroke + 1, units[i].name) == 0) *seconds = units[i].seconds;
        }
        if (*seconds > 0 && hg__parse_float(number, count) && *count > 0) return HG_OK;
    }
    return hg__fail(
        err, HG_ERR_USAGE,
        "%s=%.60s: expected a number above 0 and a time (s, min, h, day, week), such as "
        "2/day",
        option, text);
}

int hg__alarms_fpr(const char *alarms, const char *rate, double *fpr, hg_error *err) {
    double wanted = 0, wanted_s = 1, rows = 1, rows_s = 1;
    HG_TRY(parse("alarms", alarms, &wanted, &wanted_s, err));
    HG_TRY(parse("rate", rate, &rows, &rows_s, err));
    const double share = (wanted * rows_s) / (rows * wanted_s);
    if (!(share > 0 && share < 1)) {
        return hg__fail(
            err, HG_ERR_USAGE,
            "alarms=%.60s rate=%.60s: expected fewer alarms than rows, got %g alarms a row", alarms,
            rate, share);
    }
    *fpr = share;
    return HG_OK;
}
