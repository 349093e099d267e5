// SPDX-License-Identifier: Apache-2.0
// alarms.c - "2/day" over "1000/min".
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "detect/calibration.h"

static const struct unit {
    const char *names; // with blanks between and around them
    double seconds;
} units[] = {
    {" s sec second seconds ",      1     },
    {" m min mins minute minutes ", 60    },
    {" h hr hour hours ",           3600  },
    {" d day days ",                86400 },
    {" w week weeks ",              604800},
};

// The seconds of a unit, with blanks before it or not; 0 for none.
static double seconds_of(const char *word) {
    char among[24];
    word += strspn(word, " ");
    const int length = snprintf(among, sizeof among, " %s ", word);
    for (size_t i = 0; i < sizeof units / sizeof *units && length > 2; i++) {
        if ((size_t)length < sizeof among && strstr(units[i].names, among)) return units[i].seconds;
    }
    return 0;
}

// "2", "1.5k", "3 M": rows are counted in thousands, not in 1024s. False where it is no number above 0.
static bool parse_count(const char *text, size_t size, double *count) {
    char number[64];
    double times = 1;
    while (size && text[size - 1] == ' ') size--;
    if (size && strchr("kKM", text[size - 1])) times = text[--size] == 'M' ? 1e6 : 1e3;
    while (size && text[size - 1] == ' ') size--;
    if (size == 0 || size >= sizeof number) return false;
    snprintf(number, sizeof number, "%.*s", (int)size, text);
    if (!hg__parse_float(number, count) || *count <= 0) return false;
    *count *= times;
    return true;
}

// "2/day": 2 and 86400 seconds.
static int parse(const char *option, const char *text, double *count, double *seconds,
                 hg_error *err) {
    const char *stroke = strchr(text, '/'), *per = strstr(text, " per ");
    const char *end = stroke ? stroke : per;
    if (end) {
        *seconds = seconds_of(end + (stroke ? 1 : 5));
        if (*seconds > 0 && parse_count(text, (size_t)(end - text), count)) return HG_OK;
    }
    return hg__fail(
        err, HG_ERR_USAGE,
        "%s=%.60s: expected a number above 0 and a time (s, min, h, day, week), such as "
        "%s",
        option, text, strcmp(option, "rate") == 0 ? "1000/min" : "2/day");
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
