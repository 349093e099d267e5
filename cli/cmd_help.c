// SPDX-License-Identifier: Apache-2.0
// cmd_help.c - what there is, from the tables: for a terminal, as docs/COMMAND.md and as a man page.
#include <string.h>

#include "cli.h"

// ---- what the tables say ------------------------------------------------------------------------

static bool is_needed(const hg_job_info *mode, const char *name) {
    size_t length = strlen(name);
    for (const char *at = mode->needs; (at = strstr(at, name)) != NULL; at += length) {
        bool starts = at == mode->needs || at[-1] == ' ';
        if (starts && (at[length] == ' ' || !at[length])) return true;
    }
    return false;
}

// "data=... model=..."
static void print_needs(const hg_job_info *mode, const char *before) {
    hg_option_info o = {.size = sizeof o};
    for (size_t i = 0; hg_option_at(mode->name, i, &o); i++) {
        if (is_needed(mode, o.name)) printf("%s%s=...", before, o.name);
    }
}

static const char *const flags[][2] = {
    {"-q, --quiet",   "no progress, no notes"             },
    {"-v, --verbose", "prints the options in force first" },
    {"--json",        "one JSON object on standard output"},
    {"-h, --help",    "what a mode takes"                 },
};

static const char *const statuses[][2] = {
    {"0",        "done"                                                                           },
    {"1",        "failed"                                                                         },
    {"2",        "an option or argument that cannot be meant"                                     },
    {"3",        "anomalies found, where that was asked for"                                      },
    {"4",        "bad data"                                                                       },
    {"5",        "model file refused"                                                             },
    {"6",        "a device or library is missing"                                                 },
    {"130, 143", "stopped by a signal, after writing a checkpoint; a second signal leaves at once"},
};

static const char *const examples[][2] = {
    {"hourglass train data=fashion model=ae latent=64",                           "learns the built-in images"      },
    {"hourglass val model=runs/train/weights/best.safetensors data=fashion-test", "measures it"                     },
    {"hourglass predict model=best.safetensors data=new.csv out=-",               "scores rows"                     },
    {"hourglass cfg train lr=0.01 > mine.yaml",                                   "keeps settings for cfg=mine.yaml"},
};

// Options whose values are little languages.
static const char *const languages[] = {"model", "noise", "loss"};

enum { FLAGS = 4, STATUSES = 8, EXAMPLES = 4, LANGUAGES = 3 };

static const char usage[] =
    "hourglass MODE [key=value | --key value | --key=value ...] [-q|-v] [--json]";
static const char precedence[] =
    "The command line goes before HG_* in the environment (HG_LR for lr), that before the file "
    "cfg= names, that "
    "before hourglass.yaml in the folder, and that before the defaults.";

// ---- for a terminal -----------------------------------------------------------------------------

static void print_overview(void) {
    printf("Hourglass %s: learns what normal data looks like, then finds what does not fit.\n\n"
           "  %s\n\nModes\n",
           hg_version(), usage);
    cli_command c;
    for (size_t i = 0; cli_command_at(i, &c); i++) printf("  %-12s %s\n", c.name, c.summary);
    printf("\nFlags\n");
    for (size_t i = 0; i < FLAGS; i++) printf("  %-14s %s\n", flags[i][0], flags[i][1]);
    printf("\nExamples\n");
    for (size_t i = 0; i < EXAMPLES; i++) printf("  %s\n", examples[i][0]);
    printf("\n`hourglass help MODE` lists a mode's options, `hourglass help model` presets and "
           "layers, "
           "`hourglass help noise`\nkinds of noise, `hourglass help loss` losses, `hourglass help "
           "OPTION` any option. Exit "
           "status: 0 done, 1 failed, 2 usage, "
           "4 bad data,\n5 model file refused, 6 something is missing, 130 or 143 stopped by a "
           "signal.\n");
}

// " [0 to 100, epochs]": what values there are, and of what.
static void format_range(const hg_option_info *o, char text[160]) {
    const char *comma = o->range[0] && o->unit[0] ? ", " : "";
    text[0] = '\0';
    if (o->range[0] || o->unit[0]) snprintf(text, 160, " [%s%s%s]", o->range, comma, o->unit);
}

// The words of an option's own little language, list by list.
static void print_words(const char *option) {
    hg_word_info w = {.size = sizeof w};
    const char *list = "";
    for (size_t i = 0; hg_word_at(option, i, &w); i++) {
        if (strcmp(list, w.list) != 0) printf("\n%s of %s=\n", w.list, option);
        list = w.list;
        char left[80];
        snprintf(left, sizeof left, "%s%s%s", w.name, w.takes[0] && w.takes[0] != '(' ? " " : "",
                 strcmp(w.list, "layers") == 0 ? w.takes : "");
        printf("  %-28s %s", left, w.summary);
        if (strcmp(w.list, "layers") != 0 && w.takes[0]) printf(" [%s]", w.takes);
        const bool is_layer = strcmp(w.list, "layers") == 0;
        if (is_layer && strcmp(w.example, w.name) != 0) printf(" (%s)", w.example);
        putchar('\n');
    }
}

static void print_option(const hg_job_info *mode, const hg_option_info *o) {
    char left[64], range[160];
    hg_word_info word = {.size = sizeof word};
    snprintf(left, sizeof left, "%s=%s", o->name, o->standard);
    format_range(o, range);
    printf("  %-20s %s%s", left, o->help, range);
    if (mode && is_needed(mode, o->name) && !o->standard[0]) printf(" (needed)");
    if (o->alias[0]) printf(" (also %s=)", o->alias);
    if (mode && hg_word_at(o->name, 0, &word)) printf(" (`hourglass help %s`)", o->name);
    putchar('\n');
}

// The options of one group, a title before them and examples behind; nothing where the mode has none.
static void print_group(const hg_job_info *mode, const hg_group_info *group) {
    hg_option_info o = {.size = sizeof o};
    hg_example_info e = {.size = sizeof e};
    bool begun = false;
    for (size_t i = 0; hg_option_at(mode->name, i, &o); i++) {
        if (strcmp(o.group, group->name) != 0) continue;
        if (!begun) printf("\n%s\n", group->title);
        begun = true;
        print_option(mode, &o);
    }
    for (size_t i = 0; begun && hg_example_at(i, &e); i++) {
        if (strcmp(e.job, mode->name) != 0 || strcmp(e.group, group->name) != 0) continue;
        printf("  $ %s\n      %s\n", e.line, e.summary);
    }
}

// One option, in every mode that has it.
static bool print_one_option(const char *name) {
    hg_job_info mode = {.size = sizeof mode};
    hg_option_info o = {.size = sizeof o};
    bool found = false;
    for (size_t m = 0; hg_job_at(m, &mode); m++) {
        for (size_t i = 0; hg_option_at(mode.name, i, &o); i++) {
            if (strcmp(o.name, name) != 0 && strcmp(o.alias, name) != 0) continue;
            if (!found) {
                print_option(NULL, &o);
                printf("  taken by: %s", mode.name);
                name = o.name;
            } else {
                printf(", %s", mode.name);
            }
            found = true;
        }
    }
    if (!found) return false;
    putchar('\n');
    print_words(name);
    return true;
}

// The library names what is nearest: a mode, or an option of training.
static int fail_unknown(const cli_line *line, const char *name) {
    static const char hint[] = "; did you mean ";
    hg_error err = {0};
    hg_options_free(hg_options_new(name, &err));
    if (!strstr(err.message, hint)) {
        hg_options *o = hg_options_new("train", NULL);
        if (o) (void)hg_options_set(o, name, "", &err);
        hg_options_free(o);
    }
    const char *near = strstr(err.message, hint);
    return cli_fail_usage(line, "there is no mode or option '%.60s'%s", name,
                          near ? near : " (`hourglass help` lists the modes)");
}

static int print_command(const cli_line *line, const char *name) {
    cli_command c;
    hg_job_info mode = {.size = sizeof mode};
    hg_group_info group = {.size = sizeof group};
    if (!cli_find_command(name, &c)) {
        return print_one_option(name) ? CLI_DONE : fail_unknown(line, name);
    }
    printf("hourglass %s: %s\n\n", name, c.summary);
    if (!cli_find_job(name, &mode)) {
        printf("  hourglass %s%s%s\n", name, c.words[0] ? " " : "", c.words);
        return CLI_DONE;
    }
    printf("  hourglass %s", name);
    print_needs(&mode, " ");
    printf(" [key=value ...]\n");
    for (size_t i = 0; hg_group_at(i, &group); i++) print_group(&mode, &group);
    return CLI_DONE;
}

// ---- as docs/COMMAND.md -------------------------------------------------------------------------

// A table cell: bars would end it.
static void print_cell(const char *text) {
    for (; *text; text++) printf("%s%c", *text == '|' ? "\\" : "", *text);
}

static void print_markdown_option(const hg_option_info *o) {
    printf("| `%s` | %s%s%s | %s", o->name, o->standard[0] ? "`" : "", o->standard,
           o->standard[0] ? "`" : "", o->type);
    printf("%s", o->range[0] ? ": " : "");
    print_cell(o->range);
    printf("%s%s | ", o->unit[0] ? ", " : "", o->unit);
    print_cell(o->help);
    if (o->alias[0]) printf(" (also `%s`)", o->alias);
    printf(" |\n");
}

static void print_markdown_group(const hg_job_info *mode, const hg_group_info *group) {
    hg_option_info o = {.size = sizeof o};
    hg_example_info e = {.size = sizeof e};
    bool begun = false;
    for (size_t i = 0; hg_option_at(mode->name, i, &o); i++) {
        if (strcmp(o.group, group->name) != 0) continue;
        if (!begun) {
            printf("\n%s\n\n| option | default | takes | meaning |\n|---|---|---|---|\n",
                   group->title);
        }
        begun = true;
        print_markdown_option(&o);
    }
    for (size_t i = 0; begun && hg_example_at(i, &e); i++) {
        if (strcmp(e.job, mode->name) != 0 || strcmp(e.group, group->name) != 0) continue;
        printf("\n`%s`: %s.\n", e.line, e.summary);
    }
}

static void print_markdown_mode(const hg_job_info *mode) {
    hg_group_info group = {.size = sizeof group};
    printf("\n## %s\n\n`hourglass %s", mode->name, mode->name);
    print_needs(mode, " ");
    printf("` %s.\n", mode->summary);
    for (size_t i = 0; hg_group_at(i, &group); i++) print_markdown_group(mode, &group);
}

static void print_markdown_words(const char *option) {
    hg_word_info w = {.size = sizeof w};
    const char *list = "";
    for (size_t i = 0; hg_word_at(option, i, &w); i++) {
        if (strcmp(list, w.list) != 0) {
            printf("\n## %s of `%s=`\n\n| name | takes | meaning | %s |\n|---|---|---|---|\n",
                   w.list, option, strcmp(w.list, "presets") == 0 ? "spec" : "example");
        }
        list = w.list;
        printf("| `%s` | ", w.name);
        print_cell(w.takes);
        printf(" | ");
        print_cell(w.summary);
        printf(" | %s", w.example[0] ? "`" : "");
        print_cell(w.example);
        printf("%s |\n", w.example[0] ? "`" : "");
    }
}

static void print_markdown(void) {
    hg_job_info mode = {.size = sizeof mode};
    cli_command c;
    printf("# The command\n\nWritten by `hourglass help --markdown` from the option table; a test "
           "keeps it true.\n\n```\n%s\n```\n\n| mode | does |\n|---|---|\n",
           usage);
    for (size_t i = 0; cli_command_at(i, &c); i++) {
        printf("| `%s%s", c.name, c.words[0] ? " " : "");
        print_cell(c.words);
        printf("` | %s |\n", c.summary);
    }
    printf("\n| flag | does |\n|---|---|\n");
    for (size_t i = 0; i < FLAGS; i++) printf("| `%s` | %s |\n", flags[i][0], flags[i][1]);
    printf("\n%s\n\n| exit status | means |\n|---|---|\n", precedence);
    for (size_t i = 0; i < STATUSES; i++) printf("| %s | %s |\n", statuses[i][0], statuses[i][1]);
    for (size_t i = 0; hg_job_at(i, &mode); i++) print_markdown_mode(&mode);
    for (size_t i = 0; i < LANGUAGES; i++) print_markdown_words(languages[i]);
}

// ---- as a man page ------------------------------------------------------------------------------

// Text in troff: backslashes and hyphens are escaped, a line may not begin with a dot or quote.
static void print_man_text(const char *text) {
    if (*text == '.' || *text == '\'') fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\' || *text == '-') putchar('\\');
        putchar(*text == '\\' ? 'e' : *text);
    }
}

static void print_man_item(const char *left, const char *right) {
    fputs(".TP\n\\fB", stdout);
    print_man_text(left);
    fputs("\\fR\n", stdout);
    print_man_text(right);
    putchar('\n');
}

static void print_man_group(const hg_job_info *mode, const hg_group_info *group) {
    hg_option_info o = {.size = sizeof o};
    hg_example_info e = {.size = sizeof e};
    bool begun = false;
    for (size_t i = 0; hg_option_at(mode->name, i, &o); i++) {
        char left[64], right[600], range[160];
        if (strcmp(o.group, group->name) != 0) continue;
        if (!begun) {
            fputs(".PP\n", stdout);
            print_man_text(group->title);
            putchar('\n');
        }
        begun = true;
        format_range(&o, range);
        snprintf(left, sizeof left, "%s=%s", o.name, o.standard);
        snprintf(right, sizeof right, "%s%s", o.help, range);
        print_man_item(left, right);
    }
    for (size_t i = 0; begun && hg_example_at(i, &e); i++) {
        if (strcmp(e.job, mode->name) != 0 || strcmp(e.group, group->name) != 0) continue;
        print_man_item(e.line, e.summary);
    }
}

static void print_man_mode(const hg_job_info *mode) {
    hg_group_info group = {.size = sizeof group};
    printf(".SS %s\n", mode->name);
    print_man_text(mode->summary);
    putchar('\n');
    for (size_t i = 0; hg_group_at(i, &group); i++) print_man_group(mode, &group);
}

static void print_man_words(const char *option) {
    hg_word_info w = {.size = sizeof w};
    const char *list = "";
    for (size_t i = 0; hg_word_at(option, i, &w); i++) {
        char left[120];
        if (strcmp(list, w.list) != 0) printf(".SS %s of %s=\n", w.list, option);
        list = w.list;
        snprintf(left, sizeof left, "%s%s%s%s", w.name, w.takes[0] ? " [" : "", w.takes,
                 w.takes[0] ? "]" : "");
        print_man_item(left, w.summary);
    }
}

static void print_man(void) {
    hg_job_info mode = {.size = sizeof mode};
    cli_command c;
    printf(".TH HOURGLASS 1 \"\" \"Hourglass %s\"\n.SH NAME\nhourglass \\- trains autoencoders and "
           "puts them to work\n.SH SYNOPSIS\n",
           hg_version());
    print_man_text(usage);
    printf("\n.SH MODES\n");
    for (size_t i = 0; cli_command_at(i, &c); i++) print_man_item(c.name, c.summary);
    printf(".SH FLAGS\n");
    for (size_t i = 0; i < FLAGS; i++) print_man_item(flags[i][0], flags[i][1]);
    printf(".SH OPTIONS\n");
    print_man_text(precedence);
    putchar('\n');
    for (size_t i = 0; hg_job_at(i, &mode); i++) print_man_mode(&mode);
    for (size_t i = 0; i < LANGUAGES; i++) print_man_words(languages[i]);
    printf(".SH EXIT STATUS\n");
    for (size_t i = 0; i < STATUSES; i++) print_man_item(statuses[i][0], statuses[i][1]);
    printf(".SH EXAMPLES\n");
    for (size_t i = 0; i < EXAMPLES; i++) print_man_item(examples[i][0], examples[i][1]);
}

int cmd_help(const cli_line *line) {
    if (line->words > 1) {
        return cli_fail_usage(line, "expected one mode, got '%.60s' behind it", line->word[1]);
    }
    if (line->words == 0) {
        print_overview();
    } else if (strcmp(line->word[0], "--markdown") == 0) {
        print_markdown();
    } else if (strcmp(line->word[0], "--man") == 0) {
        print_man();
    } else {
        return print_command(line, line->word[0]);
    }
    return CLI_DONE;
}
