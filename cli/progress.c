// SPDX-License-Identifier: Apache-2.0
// progress.c - a job as it goes, on stderr: a live bar on a terminal, else a line an epoch or, of stages that take long, now and then.
//
//   scoring  ██████████▌···············  1.25 M of 2.00 M  310.2 k rows/s  left 2.4 s
//   epoch  3/20  ██████████▌···············  loss 0.01234 █▅▃▂▁  1.21 M rows/s   left 0:12 min
//   epoch  3/20  loss 0.01234  val 0.01301 *  1.21 M rows/s  4.21 s      (* = the best so far; of a long epoch also steps)
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli.h"

enum { BAR_WIDTH = 24, BAR_LEAST = 6, BAR_BYTES = BAR_WIDTH * 4 + 16, COLUMNS = 80 };

static bool is_unicode(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return strstr(value, "UTF-8") || strstr(value, "utf8");
    }
    return false;
}

cli_progress cli_progress_init(const char *style, bool quiet) {
    cli_progress p = {.shown = -1};
    const char *term = getenv("TERM"), *no_colour = getenv("NO_COLOR");
    bool terminal = isatty(STDERR_FILENO) && !(term && strcmp(term, "dumb") == 0);
    p.terminal = terminal;
    p.colour = terminal && !(no_colour && *no_colour);
    p.unicode = is_unicode();
    if (strcmp(style, "auto") == 0) style = terminal ? "bar" : "lines";
    p.style = strcmp(style, "bar") == 0     ? CLI_BAR
              : strcmp(style, "lines") == 0 ? CLI_LINES
              : strcmp(style, "json") == 0  ? CLI_JSON
                                            : CLI_NONE;
    if (quiet) p.style = CLI_NONE;
    return p;
}

// Wipes the bar, so that a finished line can take its place.
void cli_progress_close(cli_progress *p) {
    if (p->open) fputs("\r\033[K", stderr);
    p->open = false;
}

static void print_json(const hg_train_event *e) {
    const cli_field fields[] = {
        {"epoch",           CLI_WHOLE,  .whole = e->epoch           },
        {"epochs",          CLI_WHOLE,  .whole = e->epochs          },
        {"train_loss",      CLI_NUMBER, .number = e->train_loss     },
        {"val_loss",        CLI_NUMBER, .number = e->val_loss       },
        {"best",            CLI_TRUTH,  .truth = e->is_best         },
        {"lr",              CLI_NUMBER, .number = e->lr             },
        {"seconds",         CLI_NUMBER, .number = e->seconds        },
        {"rows_per_second", CLI_NUMBER, .number = e->rows_per_second},
    };
    cli_print_object(stderr, fields, sizeof fields / sizeof *fields);
}

static int digits(int32_t n) {
    return snprintf(NULL, 0, "%d", n);
}

static void print_epoch(const cli_progress *p, const hg_train_event *e) {
    char rate[32], took[32], val[48] = "";
    cli_format_rate(rate, e->rows_per_second);
    cli_format_seconds(took, e->seconds);
    const char *bold = p->colour && e->is_best ? "\033[1m" : "", *plain = *bold ? "\033[0m" : "";
    if (isfinite(e->val_loss)) {
        snprintf(val, sizeof val, "  val %-9.6g%s", e->val_loss, e->is_best ? " *" : "  ");
    }
    fprintf(stderr, "epoch %*d/%d  loss %-9.6g%s%s%s  %s rows/s  %s\n", digits(e->epochs), e->epoch,
            e->epochs, e->train_loss, bold, val, plain, rate, took);
}

// One cell of the bar, filled to so many eighths.
static const char *cell_of(const cli_progress *p, int eighths) {
    static const char *const part[] = {"·", "▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"};
    if (!p->unicode) return eighths >= 8 ? "#" : ".";
    return part[eighths < 0 ? 0 : eighths > 8 ? 8 : eighths];
}

// Whole seconds: more would flicker.
static void format_left(char buffer[32], double seconds) {
    if (seconds >= 0 && seconds < 59) {
        snprintf(buffer, 32, "%d s", (int)seconds + 1);
    } else {
        cli_format_seconds(buffer, seconds);
    }
}

static void make_bar(const cli_progress *p, double part, int width, char bar[BAR_BYTES]) {
    int filled = (int)(part * width * 8);
    size_t used = (size_t)snprintf(bar, BAR_BYTES, "%s", p->colour ? "\033[36m" : "");
    for (int i = 0; i < width; i++) {
        used += (size_t)snprintf(bar + used, BAR_BYTES - used, "%s", cell_of(p, filled - 8 * i));
    }
    snprintf(bar + used, BAR_BYTES - used, "%s", p->colour ? "\033[0m" : "");
}

// Columns of the terminal.
static int columns_of(void) {
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
    return COLUMNS;
}

// What a line of `words` columns leaves to a bar and, behind it, a sparkline: half each.
static void share_room(int words, int *bar, int *spark) {
    const int room = columns_of() - 1 - words;
    *bar = room / 2 > BAR_WIDTH ? BAR_WIDTH : room / 2;
    if (*bar < BAR_LEAST) *bar = room < BAR_LEAST ? 0 : BAR_LEAST;
    *spark = room - *bar - 1 < 0 ? 0 : room - *bar - 1;
}

static void draw_bar(cli_progress *p, const hg_train_event *e) {
    double part = e->steps > 0 ? (double)e->step / (double)e->steps : 0;
    char rate[32], left[32], bar[BAR_BYTES], spark[CLI_SPARK_BYTES], head[64], tail[96];
    int bar_width, spark_width;
    double done = (e->epoch - 1 + part) / (e->epochs > 0 ? e->epochs : 1);
    cli_format_rate(rate, e->rows_per_second);
    format_left(left, done > 0 ? e->seconds * (1 - done) / done : -1);
    snprintf(head, sizeof head, "epoch %*d/%d  ", digits(e->epochs), e->epoch, e->epochs);
    snprintf(tail, sizeof tail, "  %s rows/s  left %s", rate, left);
    char loss[48];
    snprintf(loss, sizeof loss, "loss %.6g", e->train_loss);
    if ((int)(strlen(head) + strlen(loss) + strlen(tail)) >= columns_of()) tail[0] = '\0';
    share_room((int)(strlen(head) + 2 + strlen(loss) + strlen(tail)), &bar_width, &spark_width);
    make_bar(p, part, bar_width, bar);
    cli_spark_format(&p->spark, spark_width, p->unicode, spark);
    fprintf(stderr, "\r\033[K%s%s%s%s%s%s%s", head, bar, bar_width ? "  " : "", loss,
            *spark ? " " : "", spark, tail);
    fflush(stderr);
    p->open = true;
    p->shown = e->seconds;
}

// "epoch 1/1  step 400 of 1000  loss 0.01234  1.21 k rows/s  12.1 s"
static void print_step(cli_progress *p, const hg_train_event *e) {
    char rate[32], took[32];
    cli_format_rate(rate, e->rows_per_second);
    cli_format_seconds(took, e->seconds);
    fprintf(stderr, "epoch %*d/%d  step %lld of %lld  loss %.6g  %s rows/s  %s\n",
            digits(e->epochs), e->epoch, e->epochs, (long long)e->step, (long long)e->steps,
            e->train_loss, rate, took);
    p->shown = e->seconds;
}

void cli_progress_train(cli_progress *p, const hg_train_event *e) {
    static const double bar_every = 0.1, line_every = 10; // seconds: nobody waits longer for a line
    if (e->epoch_end) cli_spark_add(&p->spark, e->train_loss);
    if (p->style == CLI_NONE) return;
    if (!e->epoch_end) {
        const double silent = e->seconds - (p->shown < 0 ? 0 : p->shown);
        if (p->style == CLI_BAR && (silent >= bar_every || p->shown < 0)) draw_bar(p, e);
        if (p->style == CLI_LINES && silent >= line_every) print_step(p, e);
        return;
    }
    p->shown = e->seconds;
    cli_progress_close(p);
    if (p->style == CLI_JSON) {
        print_json(e);
    } else {
        print_epoch(p, e);
    }
}

// ---- a stage of any job -------------------------------------------------------------------------

// Seconds to come; below 0 where nobody knows.
static double left_of(const hg_progress_event *e) {
    return e->part > 0 ? e->seconds * (1 - e->part) / e->part : -1;
}

static void print_stage_json(const hg_progress_event *e) {
    const double left = left_of(e);
    const cli_field fields[] = {
        {"stage",      CLI_TEXT,   .text = e->stage                        },
        {"unit",       CLI_TEXT,   .text = e->unit                         },
        {"done",       CLI_WHOLE,  .whole = e->done                        },
        {"total",      CLI_WHOLE,  .whole = e->total                       },
        {"seconds",    CLI_NUMBER, .number = e->seconds                    },
        {"per_second", CLI_NUMBER, .number = e->per_second                 },
        {"left",       CLI_NUMBER, .number = left >= 0 ? left : (double)NAN},
    };
    cli_print_object(stderr, fields, sizeof fields / sizeof *fields);
}

// "reading  BAR  1.25 M of 2.00 M  310.2 k rows/s  left 2.4 s"; where the end is not known, without a bar and with the time it took.
static void print_stage(const cli_progress *p, const hg_progress_event *e) {
    char done[32], total[32], rate[32], time[32], bar[BAR_BYTES] = "";
    cli_format_rate(done, (double)e->done);
    cli_format_rate(total, (double)e->total);
    cli_format_rate(rate, e->per_second);
    (e->part > 0 ? format_left : cli_format_seconds)(time, e->part > 0 ? left_of(e) : e->seconds);
    if (p->style == CLI_BAR && e->part >= 0) make_bar(p, e->part, BAR_WIDTH, bar);
    fprintf(stderr, "%s  %s%s%s%s%s  %s %s/s  %s%s", e->stage, bar, *bar ? "  " : "", done,
            e->total > 0 ? " of " : "", e->total > 0 ? total : "", rate, e->unit,
            e->part > 0 ? "left " : "", time);
}

void cli_progress_stage(cli_progress *p, const hg_progress_event *e) {
    static const double bar_from = 0.3, line_from = 10, line_every = 10; // seconds
    if (e->end) {
        p->done = e->done;
        snprintf(p->unit, sizeof p->unit, "%s", e->unit);
        p->shown = -1;
        cli_progress_close(p);
        return;
    }
    if (p->style == CLI_NONE) return;
    if (e->seconds < p->shown) p->shown = -1; // another one
    if (p->style == CLI_BAR) {
        if (e->seconds < bar_from) return;
        fputs("\r\033[K", stderr);
        print_stage(p, e);
        p->open = true;
    } else {
        if (e->seconds < (p->shown < 0 ? line_from : p->shown + line_every)) return;
        p->shown = e->seconds;
        if (p->style == CLI_JSON) {
            print_stage_json(e);
        } else {
            print_stage(p, e);
            fputc('\n', stderr);
        }
    }
    fflush(stderr);
}

void cli_print_done(const cli_progress *p, long long count, const char *unit, const char *more,
                    const char *out) {
    const bool is_secret = strncasecmp(out, "odbc:", 5) == 0; // there may be a password in it
    const size_t length = strlen(unit);
    const bool is_one = count == 1 && length && unit[length - 1] == 's';
    fprintf(stderr, "%lld %.*s%s %s %s\n", count, (int)(length - is_one), unit, more,
            p->unicode ? "→" : "->",
            strcmp(out, "-") == 0 ? "standard output"
            : is_secret           ? "the database"
                                  : out);
}
