// SPDX-License-Identifier: Apache-2.0
// cli.h - what the command's files share. They see nothing of the library but hourglass.h.
#ifndef HG_CLI_CLI_H
#define HG_CLI_CLI_H
#include <stdio.h>

#include "hourglass.h"

// Exit statuses. After a signal: 128 + its number.
enum { CLI_DONE, CLI_FAILED, CLI_USAGE, CLI_ANOMALIES, CLI_DATA, CLI_MODEL, CLI_MISSING };

// The command line: `hourglass COMMAND word ... ` with the flags taken out.
typedef struct cli_line {
    const char *command;
    bool quiet, verbose, json, help;
    char **word; // borrowed, (words): what follows the command and is no flag
    int words;
} cli_line;

typedef struct cli_command {
    const char *name, *words, *summary;
    int (*run)(const cli_line *line); // the exit status
} cli_command;

// The i-th word that `hourglass` takes first: jobs, then commands.def. false past the last.
bool cli_command_at(size_t i, cli_command *command);
bool cli_find_command(const char *name, cli_command *command);
bool cli_find_job(const char *name, hg_job_info *job);

#define COMMAND(name, words, summary) int cmd_##name(const cli_line *line);
#include "commands.def"
#undef COMMAND

// Takes argv apart. argv's order is changed.
void cli_parse_line(cli_line *line, int argc, char **argv);

// The options of the job `mode` as the folder, cfg=, the environment and line->word from `first` on say, in that
// order: CLI_DONE and *options for hg_options_free(), or the exit status after printing why not.
int cli_options(const cli_line *line, const char *mode, int first, hg_options **options);

// "; did you mean data=normal.csv?" for a word of `mode` that is no key=value; before, next: the words beside it, or NULL. "" where
// nothing comes to mind.
void cli_suggest(const char *mode, const char *word, const char *before, const char *next,
                 char suggestion[160]);

// Prints "hourglass COMMAND: sentence" and gives the exit status that fits.
int cli_fail(const cli_line *line, const hg_error *err);
int cli_fail_usage(const cli_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// ---- progress.c: one line an epoch, and a bar a stage, on stderr --------------------------------

typedef enum cli_style { CLI_NONE, CLI_BAR, CLI_LINES, CLI_JSON } cli_style;

// The losses of a training so far as a line of blocks: neighbours are made one where there are too many.
enum { CLI_SPARKS = 24, CLI_SPARK_BYTES = CLI_SPARKS * 3 + 1 };
typedef struct cli_spark {
    double loss[2 * CLI_SPARKS]; // (points): means of so many epochs each
    int points;
    long long each, pending; // epochs a point; those of the next one so far
    double sum;              // of those
    double first, last;
    long long epochs;
} cli_spark;

typedef struct cli_progress {
    cli_style style;
    bool colour, unicode, open; // open: an unfinished line is on the screen
    bool terminal;              // stderr is one
    cli_spark spark;
    double shown;   // seconds of the event that was drawn last; below 0: none of this stage
    long long done; // of the last stage that ended
    char unit[16];
} cli_progress;

cli_progress cli_progress_init(const char *style, bool quiet); // style: what progress= says
void cli_progress_train(cli_progress *p, const hg_train_event *e);
void cli_progress_stage(cli_progress *p, const hg_progress_event *e);
void cli_progress_close(cli_progress *p); // before anything else is printed

// spark.c. An epoch's loss; what is not finite is left out.
void cli_spark_add(cli_spark *s, double loss);
// At most `width` blocks, the height of each the loss by its logarithm; "" with fewer than three points.
void cli_spark_format(const cli_spark *s, int width, bool unicode, char text[CLI_SPARK_BYTES]);

// "1000 rows, 12 alarms -> scores.csv" at the end of a job. more: what stands behind the count; "".
void cli_print_done(const cli_progress *p, long long count, const char *unit, const char *more,
                    const char *out);

// ---- job.c, ending.c: a job of the library ------------------------------------------------------

typedef struct cli_run {
    const cli_line *line;
    hg_options *o;
    cli_progress progress;
    hg_result result;
    int code;           // what hg_run() gave; an ending may find more that went wrong
    bool has_anomalies; // and that is to be the exit status
} cli_run;

typedef struct cli_ending {
    const char *job;                           // NULL: all others
    int (*prepare)(cli_run *r, hg_error *err); // before the job, or NULL
    void (*end)(cli_run *r, hg_error *err);    // behind it, also where it failed
} cli_ending;

const cli_ending *cli_find_ending(const char *job); // never NULL

int cli_run_job(const cli_line *line); // the exit status

extern volatile sig_atomic_t cli_stop;   // the signal that came, or 0
extern volatile sig_atomic_t cli_report; // how often SIGUSR1 came
extern volatile sig_atomic_t cli_reload; // how often SIGHUP came

// ---- output.c: JSON and numbers for people ------------------------------------------------------

void cli_show(char *text);             // made fit for a terminal, on one line, in place
void cli_print_text(const char *text); // on stdout, ends in a new line

typedef struct cli_field {
    const char *key;
    enum { CLI_TEXT, CLI_NUMBER, CLI_WHOLE, CLI_TRUTH } type;
    bool truth;
    const char *text;
    double number; // null where it is not finite
    long long whole;
} cli_field;
void cli_print_object(FILE *f, const cli_field *field, size_t count); // {"key":"value","epoch":3}

void cli_format_rate(char buffer[32], double per_second); // "1.25 M"
void cli_format_seconds(char buffer[32], double seconds); // "12.3 s", "2:05", "1:02:05"
#endif
