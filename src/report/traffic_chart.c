// SPDX-License-Identifier: Apache-2.0
// traffic_chart.c - scores and packets over time, as SVG that is stretched to its place, with words of HTML at its axes.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "report/html.h"
#include "report/traffic_page.h"

// Of the SVG's own coordinates.
enum { WIDE = 10000, HIGH = 1000 };
#define SECOND INT64_C(1000000000)
#define DAY    (86400 * SECOND)

// ---- time ---------------------------------------------------------------------------------------

static int64_t floor_to(int64_t ns, int64_t step) {
    const int64_t rest = ns % step;
    return ns - (rest < 0 ? rest + step : rest);
}

// Broken down, UTC; all 0 where there is no such year.
static struct tm parts_of(int64_t ns) {
    const time_t when = (time_t)(floor_to(ns, SECOND) / SECOND);
    struct tm parts;
    return gmtime_r(&when, &parts) ? parts : (struct tm){.tm_mday = 1};
}

static void add_part(hg__text *t, int64_t ns, int decimals) {
    char digits[12];
    if (decimals <= 0) return;
    snprintf(digits, sizeof digits, "%09" PRId64, ns - floor_to(ns, SECOND));
    hg__text_add(t, ".%.*s", decimals, digits);
}

void hg__traffic_add_time(hg__text *t, int64_t ns, int decimals) {
    const struct tm at = parts_of(ns);
    hg__text_add(t, "%04d-%02d-%02d %02d:%02d:%02d", at.tm_year + 1900, at.tm_mon + 1, at.tm_mday,
                 at.tm_hour, at.tm_min, at.tm_sec);
    add_part(t, ns, decimals);
}

// ---- axes ---------------------------------------------------------------------------------------

typedef struct frame {
    const hg__series *s;
    double low, top, bend; // bend > 0: an axis of logarithms of 1 + value / bend; else even from 0
} frame;

static int at_bin(const frame *f, double bin) {
    return (int)lround(bin / f->s->bins * WIDE);
}

static double share(const frame *f, double value) {
    if (value <= 0) return 0;
    const double part =
        f->bend > 0 ? log1p(value / f->bend) / log1p(f->top / f->bend) : value / f->top;
    return part < 1 ? part : 1;
}

static int at_value(const frame *f, double value) {
    return (int)lround((1 - share(f, value)) * HIGH);
}

static void add_y_tick(hg__text *t, const frame *f, double value) {
    static const char *const unit[] = {"", "k", "M", "G"};
    const double place = 100 * (1 - share(f, value));
    int i = 0;
    for (; value >= 1000 && i < 3; i++) value /= 1000;
    hg__text_add(t, "<span class=\"y\" style=\"top:%.2f%%\">%.3g%s</span>", place, value, unit[i]);
}

static void add_grid(hg__text *t, const frame *f, double value) {
    const int y = at_value(f, value);
    hg__text_add(t, "M0 %dH%d", y, WIDE);
}

// Values of a vertical axis: at most 7, of which the words do not overlap.
static int y_values(const frame *f, double value[16]) {
    int n = 0;
    value[n++] = 0;
    if (f->bend > 0) {
        double last = 0;
        for (int power = -9; n < 15; power++) {
            const double ten = pow(10, power);
            if (ten >= f->top) break;
            for (int k = 1; k <= 3 && n < 15; k += 2) {
                const double place = share(f, k * ten);
                if (place > 0.88 || place - last < 0.12) continue;
                last = place;
                value[n++] = k * ten;
            }
        }
        value[n++] = f->top;
        return n;
    }
    const double rough = f->top / 5, ten = pow(10, floor(log10(rough)));
    const double ratio = rough / ten;
    const double step = ten * (ratio < 1.5 ? 1 : ratio < 3.5 ? 2 : ratio < 7.5 ? 5 : 10);
    for (int k = 1; k * step <= f->top && n < 16; k++) value[n++] = k * step;
    return n;
}

// The distance of two times on the axis: of this list the first with which there are no more than most.
static int64_t time_step(int64_t span, int most) {
    static const int64_t ms[] = {1,       2,       5,        10,       20,      50,     100,
                                 200,     500,     1000,     2000,     5000,    10000,  15000,
                                 30000,   60000,   120000,   300000,   600000,  900000, 1800000,
                                 3600000, 7200000, 10800000, 21600000, 43200000};
    for (size_t i = 0; i < sizeof ms / sizeof *ms; i++) {
        if (span / (ms[i] * 1000000) < most) return ms[i] * 1000000;
    }
    int64_t days = 1;
    while (span / (days * DAY) >= most) days *= 2;
    return days * DAY;
}

static void add_clock(hg__text *t, int64_t at, int64_t step) {
    const struct tm parts = parts_of(at);
    if (step >= DAY) return;
    hg__text_add(t, "%02d:%02d", parts.tm_hour, parts.tm_min);
    if (step < 60 * SECOND) hg__text_add(t, ":%02d", parts.tm_sec);
    if (step < SECOND) add_part(t, at, 3);
}

static void add_day(hg__text *t, int64_t at) {
    static const char *const month[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const struct tm parts = parts_of(at);
    hg__text_add(t, "%d %s", parts.tm_mday, month[parts.tm_mon]);
}

// Every other one stands back where there is no room. The day is said where it begins.
static void add_x_ticks(hg__text *t, const hg__series *s) {
    const int64_t span = s->step * s->bins, step = time_step(span, 8);
    int64_t at = floor_to(s->start, step), day = INT64_MIN;
    for (int n = 0; at <= s->start + span; at += step) {
        if (at < s->start) continue;
        const double place = 100 * (double)(at - s->start) / (double)span;
        const bool is_new = floor_to(at, DAY) != day;
        day = floor_to(at, DAY);
        hg__text_add(t, "<span class=\"x%s%s%s\" style=\"left:%.2f%%\">", n % 2 ? " odd" : "",
                     place < 4 ? " first" : "", place > 96 ? " last" : "", place);
        add_clock(t, at, step);
        if (is_new && step < DAY) hg__text_add(t, "<br/>");
        if (is_new) add_day(t, at);
        hg__text_add(t, "</span>");
        n++;
    }
}

// ---- curves -------------------------------------------------------------------------------------

static double highest_of(const hg__series *s, int32_t bin) {
    return (double)s->bin[bin].highest;
}

static double median_of(const hg__series *s, int32_t bin) {
    return (double)hg__series_median(s, bin);
}

// Broken where nothing came.
static void add_curve(hg__text *t, const frame *f, const char *name,
                      double (*value)(const hg__series *s, int32_t bin)) {
    bool follows = false;
    hg__text_add(t, "<path class=\"%s\" d=\"", name);
    for (int32_t i = 0; i < f->s->bins; i++) {
        const bool is_there = f->s->bin[i].packets > 0;
        if (is_there) {
            hg__text_add(t, "%s%d %d", follows ? "L" : "M", at_bin(f, i + 0.5),
                         at_value(f, value(f->s, i)));
        }
        if (is_there && !follows) hg__text_add(t, "h0"); // a dot, where it stands alone
        follows = is_there;
    }
    hg__text_add(t, "\"/>\n");
}

static double rate_of(const hg__series *s, uint64_t packets) {
    return (double)packets * 1e9 / (double)s->step;
}

// From 0, with a step a bin. Few alarms among many packets are to be seen, too.
static void add_steps(hg__text *t, const frame *f, const char *name, bool of_alarms) {
    enum { LEAST = 12 };
    int last = HIGH;
    hg__text_add(t, "<path class=\"%s\" d=\"M0 %d", name, HIGH);
    for (int32_t i = 0; i < f->s->bins; i++) {
        const hg__series_bin *b = &f->s->bin[i];
        const uint64_t count = of_alarms ? b->alarms : b->packets;
        int y = at_value(f, rate_of(f->s, count));
        if (count && y > HIGH - LEAST) y = HIGH - LEAST;
        if (y != last) hg__text_add(t, "H%dV%d", at_bin(f, i), y);
        last = y;
    }
    hg__text_add(t, "H%dV%dZ\"/>\n", WIDE, HIGH);
}

static void add_dots(hg__text *t, const frame *f) {
    hg__text_add(t, "<path class=\"dots\" d=\"");
    for (int32_t i = 0; i < f->s->bins; i++) {
        if (f->s->bin[i].alarms == 0) continue;
        hg__text_add(t, "M%d %dh0", at_bin(f, i + 0.5), at_value(f, highest_of(f->s, i)));
    }
    hg__text_add(t, "\"/>\n");
}

// Where packets are labelled as attacks: the whole height, and below a line for those who see no colours.
static void add_attacks(hg__text *t, const frame *f) {
    for (int32_t i = 0; i < f->s->bins; i++) {
        int32_t end = i;
        while (end < f->s->bins && f->s->bin[end].attacks > 0) end++;
        if (end == i) continue;
        const int from = at_bin(f, i), to = at_bin(f, end);
        hg__text_add(t, "<path class=\"attack\" d=\"M%d 0H%dV%dH%dZ\"/>", from, to, HIGH, from);
        hg__text_add(t, "<path class=\"strip\" d=\"M%d %dH%d\"/>\n", from, HIGH - 12, to);
        i = end;
    }
}

static void begin(hg__text *t, const frame *f, const char *words) {
    double value[16];
    const int values = y_values(f, value);
    hg__text_add(t,
                 "<div class=\"plot\"><svg role=\"img\" aria-label=\"%s\" viewBox=\"0 0 %d %d\" "
                 "preserveAspectRatio=\"none\">\n<path class=\"grid\" d=\"",
                 words, WIDE, HIGH);
    for (int i = 0; i < values; i++) add_grid(t, f, value[i]);
    hg__text_add(t, "\"/>\n");
}

static void end(hg__text *t, const frame *f) {
    double value[16];
    const int values = y_values(f, value);
    hg__text_add(t, "</svg>\n");
    for (int i = 0; i < values; i++) add_y_tick(t, f, value[i]);
    add_x_ticks(t, f->s);
    hg__text_add(t, "</div>\n");
}

static void add_key(hg__text *t, const char *name, const char *words) {
    hg__text_add(t,
                 "<span><svg class=\"key\" viewBox=\"0 0 24 12\" aria-hidden=\"true\"><path "
                 "class=\"%s\" d=\"%s\"/></svg>%s</span>\n",
                 name,
                 name[0] == 'd'                     ? "M12 6h0"
                 : name[0] == 'r' || name[0] == 'b' ? "M2 2H22V10H2Z"
                                                    : "M1 6H23",
                 words);
}

static void add_attack_key(hg__text *t) {
    hg__text_add(t, "<span><svg class=\"key\" viewBox=\"0 0 24 12\" aria-hidden=\"true\"><path "
                    "class=\"attack\" d=\"M1 0H23V12H1Z\"/><path class=\"strip\" d=\"M1 10H23\"/>"
                    "</svg>labelled as an attack</span>\n");
}

static void add_bin_words(hg__text *t, const hg__series *s) {
    hg__text_add(t, "<span class=\"faint\">a point is ");
    hg__html_add_span(t, (double)s->step / 1e9);
    hg__text_add(t, "; times are UTC</span>");
}

// The next round number.
static double round_up(double x) {
    static const double times[] = {1, 1.5, 2, 3, 5, 7, 10};
    const double ten = pow(10, floor(log10(x)));
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        if (x <= times[i] * ten) return times[i] * ten;
    }
    return 10 * ten;
}

// ---- the pictures -------------------------------------------------------------------------------

void hg__traffic_add_score_chart(hg__text *t, const hg__traffic_page *p) {
    const hg__series *s = p->series;
    const bool has_threshold = !isnan(p->threshold) && p->threshold > 0;
    double top = has_threshold ? 1.2 * p->threshold : 0;
    for (int32_t i = 0; i < s->bins; i++) top = fmax(top, highest_of(s, i));
    if (top <= 0) top = 1;
    top = round_up(top);
    const frame f = {.s = s, .top = top, .bend = (has_threshold ? p->threshold : top) / 30};
    hg__text_add(t, "<figure>\n<figcaption>Score</figcaption>\n");
    begin(t, &f, "Highest and median score over time, with the threshold");
    if (p->has_labels) add_attacks(t, &f);
    add_curve(t, &f, "median", median_of);
    add_curve(t, &f, "highest", highest_of);
    if (has_threshold) {
        hg__text_add(t, "<path class=\"threshold\" d=\"M0 %dH%d\"/>\n", at_value(&f, p->threshold),
                     WIDE);
        add_dots(t, &f);
    }
    end(t, &f);
    hg__text_add(t, "<p class=\"keys\">");
    add_key(t, "highest", "highest");
    add_key(t, "median", "median");
    if (has_threshold) {
        add_key(t, "threshold", "threshold");
        add_key(t, "dots", "with an alarm");
    }
    if (p->has_labels) add_attack_key(t);
    add_bin_words(t, s);
    hg__text_add(t, "</p>\n</figure>\n");
}

void hg__traffic_add_rate_chart(hg__text *t, const hg__traffic_page *p) {
    const hg__series *s = p->series;
    double top = 0;
    for (int32_t i = 0; i < s->bins; i++) top = fmax(top, rate_of(s, s->bin[i].packets));
    const frame f = {.s = s, .top = round_up(top > 0 ? top : 1)};
    hg__text_add(t, "<figure>\n<figcaption>Packets a second</figcaption>\n");
    begin(t, &f, "Packets a second over time, and those that raised an alarm");
    if (p->has_labels) add_attacks(t, &f);
    add_steps(t, &f, "rate", false);
    add_steps(t, &f, "bad", true);
    end(t, &f);
    hg__text_add(t, "<p class=\"keys\">");
    add_key(t, "rate", "packets");
    if (!isnan(p->threshold)) add_key(t, "bad", "alarms");
    if (p->has_labels) add_attack_key(t);
    add_bin_words(t, s);
    hg__text_add(t, "</p>\n</figure>\n");
}
