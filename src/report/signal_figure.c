// SPDX-License-Identifier: Apache-2.0
// signal_figure.c - score and channels below each other, with a legend, in one file of SVG that needs nothing else.
//
//   legend
//   score ───────── threshold, events, labels
//   channel ─────── observed, expected
//   ...
//   time
#include "report/signal_figure.h"

#include <math.h>
#include <string.h>
#include <strings.h>

#include "report/signal_plot.h"

enum { WIDTH = 1000, LEFT = 64, RIGHT = 24, BOX = WIDTH - LEFT - RIGHT, TOP = 34, COLUMNS = BOX };
enum { SCORE_HIGH = 150, CHANNEL_HIGH = 64, NAME = 26, BELOW = 50, BAND = 5 };
enum { NAME_MOST = 110, WORDS = 400 }; // characters of a name

// The page's colours (page_style.c), each as it is: few programs but browsers know variables.
#define COLOURS(ink, faint, rule, ground, now, fill, limit, whole, made, event, label) \
 ".ground{fill:" ground "}text{fill:" faint "}.name{fill:" ink "}"                     \
 ".rule,.gap{stroke:" rule "}.gap{fill:" rule "}.edge{stroke:" faint "}"               \
 ".now,.seen{stroke:" now "}.area.now,.area.seen{fill:" fill "}"                       \
 ".limit{stroke:" limit "}.whole{stroke:" whole "}.area.whole{fill:" rule "}"          \
 ".made{stroke:" made "}.area.made{fill:" made "}"                                     \
 ".event{fill:" event ";stroke:" event "}.label{fill:" label ";stroke:" label "}\n"

static const char style[] =
    "text{font:12px \"Helvetica Neue\",Helvetica,Arial,\"Liberation Sans\",\"DejaVu Sans\","
    "sans-serif}.name{font-weight:bold}\n"
    "path{fill:none;stroke-width:1}.line{stroke-width:1.2;stroke-linejoin:round}"
    ".limit{stroke-width:1.5;stroke-dasharray:6 3}\n"
    ".area{stroke-width:.8}.area.now,.area.seen{fill-opacity:.6}.area.made{fill-opacity:.3}"
    ".event{fill-opacity:.2;stroke-opacity:.4}.gap{opacity:.6}\n" //
    COLOURS("#14161a", "#565a60", "#d8dbe0", "#fff", "#0a5fa4", "#a9cbe8", "#b83a00", "#5a5e64",
            "#7d5800", "#b83a00", "#8f3f78") //
    "@media screen and (prefers-color-scheme:dark){\n" COLOURS(
        "#e8eaee", "#a7acb4", "#363a42", "#121417", "#7ab8f0", "#2f6391", "#ff8f5a", "#a8adb5",
        "#f0c14a", "#ff8f5a", "#e59ccb") "}\n";

static void add_text(hg__text *t, double x, double y, const char *more, const char *words) {
    hg__text_add(t, "<text x=\"%.6g\" y=\"%.6g\"%s>", x, y, more);
    hg__html_add(t, words);
    hg__text_add(t, "</text>\n");
}

// Cut where it would not fit.
static void add_name(hg__text *t, double y, const char *name) {
    size_t at = 0, left = strlen(name), length;
    hg__text cut = {0};
    for (int32_t i = 0; i < NAME_MOST && left; i++) {
        length = hg__utf8_length(name + at, left);
        if (length == 0) length = 1;
        at += length;
        left -= length;
    }
    hg__text_add_bytes(&cut, name, at);
    if (left) hg__text_add(&cut, "…");
    add_text(t, LEFT, y, " class=\"name\"", cut.data ? cut.data : "");
    if (cut.failed) t->failed = true;
    hg__text_clear(&cut);
}

// ---- legend -------------------------------------------------------------------------------------

static double add_key(hg__text *t, double x, const char *kind, const char *words) {
    const bool is_line = strchr(kind, ' ') != NULL;
    hg__text_add(t, "<path class=\"%s\" d=\"M%.6g %sh22%s\"/>\n", kind, x, is_line ? "16" : "12",
                 is_line ? "" : "v8h-22z");
    add_text(t, x + 28, 20, "", words);
    return x + 28 + 6.2 * (double)strlen(words) + 18;
}

static void add_keys(hg__text *t, const hg__signal_shown *s) {
    const bool has_alarms = !isnan(s->threshold);
    const struct {
        const char *kind, *words;
        bool is_there;
    } key[] = {
        {"line now",   "score as a step came",     true                      },
        {"line whole", "score by all its windows", true                      },
        {"line limit", "threshold",                has_alarms                },
        {"line seen",  "observed",                 s->overviews > 0          },
        {"line made",  "expected",                 hg__signal_has_expected(s)},
        {"event",      "event",                    has_alarms                },
        {"gap",        "missing",                  s->missing > 0            },
        {"label",      "labelled",                 s->has_labels             },
    };
    double x = LEFT;
    for (size_t i = 0; i < sizeof key / sizeof *key; i++) {
        if (key[i].is_there) x = add_key(t, x, key[i].kind, key[i].words);
    }
}

// ---- plots --------------------------------------------------------------------------------------

static void begin_plot(hg__signal_plot *o, const char *name, const char *sense) {
    hg__text *t = o->to;
    double tick[HG_TICKS];
    const bool is_score = o->high > CHANNEL_HIGH;
    const int32_t ticks = hg__axis_ticks(&o->y, tick);
    hg__text_add(t, "<g><title>");
    hg__html_add(t, sense);
    hg__text_add(t, "</title>\n");
    add_name(t, o->top - 7, name);
    for (int32_t i = 0; i < ticks; i++) {
        char words[32];
        if (!is_score && i > 0 && i + 1 < ticks) continue;
        snprintf(words, sizeof words, "%.5g", tick[i]);
        add_text(t, LEFT - 7, hg__signal_plot_y(o, tick[i]) + 4, " text-anchor=\"end\"", words);
    }
    hg__signal_plot_add_ground(o);
}

static void end_plot(hg__signal_plot *o) {
    hg__text_add(o->to, "<path class=\"edge\" d=\"M%d %.6gv%.6gh%d\"/>\n</g>\n", (int)LEFT, o->top,
                 o->high, (int)BOX);
    o->top += o->high + NAME;
}

static void add_plots(hg__signal_plot *o, const hg__signal_shown *s) {
    char sense[WORDS];
    o->high = SCORE_HIGH;
    hg__signal_plot_score(o, sense, sizeof sense);
    begin_plot(o, "score", sense);
    hg__signal_plot_add_score(o);
    end_plot(o);
    o->high = CHANNEL_HIGH;
    for (int32_t i = 0; i < s->overviews; i++) {
        hg__signal_plot_channel(o, s->overview[i], sense, sizeof sense);
        begin_plot(o, s->name[s->overview[i]], sense);
        hg__signal_plot_add_channel(o, s->overview[i]);
        end_plot(o);
    }
}

// Below the last plot.
static void add_times(const hg__signal_plot *o, const hg__signal_shown *s, double foot) {
    hg__signal_tick tick[HG_TICKS];
    const int32_t ticks = hg__signal_plot_ticks(o, tick);
    const char *name = !hg__signal_plot_is_timed(o) ? "step" : s->is_date ? "time" : "time (s)";
    for (int32_t i = 0; i < ticks; i++) {
        const double x = floor(10 * (LEFT + tick[i].share * BOX) + 0.5) / 10;
        hg__text_add(o->to, "<path class=\"edge\" d=\"M%.6g %.6gv4\"/>\n", x, foot);
        add_text(o->to, x, foot + 18, " text-anchor=\"middle\"", tick[i].words);
    }
    add_text(o->to, LEFT + BOX / 2.0, foot + 38, " class=\"name\" text-anchor=\"middle\"", name);
}

static void draw(hg__text *t, const char *title, const hg__signal_shown *s) {
    const int32_t foot = TOP + NAME + SCORE_HIGH + s->overviews * (NAME + CHANNEL_HIGH);
    hg__signal_plot o = hg__signal_plot_of(t, s, s->series, COLUMNS);
    o.left = LEFT;
    o.top = TOP + NAME;
    o.wide = BOX;
    o.grain = 10;
    o.band = BAND;
    hg__text_add(t,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
                 "viewBox=\"0 0 %d %d\" role=\"img\" aria-labelledby=\"title\">\n"
                 "<title id=\"title\">",
                 (int)WIDTH, (int)(foot + BELOW), (int)WIDTH, (int)(foot + BELOW));
    hg__html_add(t, title);
    hg__text_add(t, "</title>\n<style>\n%s</style>\n", style);
    hg__text_add(t, "<rect class=\"ground\" width=\"100%%\" height=\"100%%\"/>\n");
    add_keys(t, s);
    add_plots(&o, s);
    add_times(&o, s, foot);
    hg__text_add(t, "</svg>\n");
}

// ---- the file -----------------------------------------------------------------------------------

bool hg__is_figure_path(const char *path) {
    const size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".svg") == 0;
}

int hg__signal_figure_save(const char *path, const char *title, const hg__signal_shown *s,
                           hg_error *err) {
    hg__text t = {0};
    if (hg__signal_series_bins(s->series) == 0) {
        return hg__fail(err, HG_ERR_DATA, "%s: expected at least 1 step to draw, got none", path);
    }
    draw(&t, title, s);
    const int code = hg__page_write(path, &t, err);
    hg__text_clear(&t);
    return code;
}
