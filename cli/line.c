// SPDX-License-Identifier: Apache-2.0
// line.c - the command line: flags, then options in any of their three spellings.
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

// ---- flags --------------------------------------------------------------------------------------

static bool take_flag(cli_line *line, const char *word) {
    static const struct {
        const char *name;
        size_t offset;
    } flags[] = {
        {"-q",        offsetof(cli_line, quiet)  },
        {"--quiet",   offsetof(cli_line, quiet)  },
        {"-v",        offsetof(cli_line, verbose)},
        {"--verbose", offsetof(cli_line, verbose)},
        {"--json",    offsetof(cli_line, json)   },
        {"-h",        offsetof(cli_line, help)   },
        {"--help",    offsetof(cli_line, help)   },
    };
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        if (strcmp(word, flags[i].name) != 0) continue;
        *((bool *)((char *)line + flags[i].offset)) = true;
        return true;
    }
    return false;
}

void cli_parse_line(cli_line *line, int argc, char **argv) {
    *line = (cli_line){.word = argv};
    int kept = 0;
    for (int i = 1; i < argc; i++) {
        if (!take_flag(line, argv[i])) argv[kept++] = argv[i];
    }
    if (kept > 0) {
        line->command = strcmp(argv[0], "--version") == 0 ? "version" : argv[0];
        line->word = argv + 1;
        line->words = kept - 1;
    } else if (line->help) {
        line->command = "help";
    }
}

// ---- errors -------------------------------------------------------------------------------------

static int status_of(hg_code code) {
    switch (code) {
    case HG_ERR_USAGE: return CLI_USAGE;
    case HG_ERR_DATA: return CLI_DATA;
    case HG_ERR_MODEL: return CLI_MODEL;
    case HG_ERR_MISSING: return CLI_MISSING;
    case HG_ERR_STOPPED: return 128 + (cli_stop ? (int)cli_stop : SIGINT);
    default: return CLI_FAILED;
    }
}

// Most sentences are the library's, which has made them fit for a terminal; the command's own name what was typed.
int cli_fail(const cli_line *line, const hg_error *err) {
    char sentence[sizeof err->message];
    snprintf(sentence, sizeof sentence, "%s", err->message);
    cli_show(sentence);
    size_t length = strlen(line->command);
    bool named = strncmp(sentence, line->command, length) == 0 && sentence[length] == ':';
    fprintf(stderr, "hourglass %s%s%s\n", named ? "" : line->command, named ? "" : ": ", sentence);
    return status_of(err->code);
}

int cli_fail_usage(const cli_line *line, const char *format, ...) {
    hg_error err = {.code = HG_ERR_USAGE};
    va_list args;
    va_start(args, format);
    vsnprintf(err.message, sizeof err.message, format, args);
    va_end(args);
    return cli_fail(line, &err);
}

// ---- options ------------------------------------------------------------------------------------

static bool is_bool(const char *mode, const char *name) {
    hg_option_info info = {.size = sizeof info};
    for (size_t i = 0; hg_option_at(mode, i, &info); i++) {
        if (strcmp(info.name, name) == 0) return strcmp(info.type, "bool") == 0;
    }
    return false;
}

static bool is_truth(const char *word) {
    static const char *const words[] = {"true", "false", "yes", "no", "on", "off", "1", "0"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(word, words[i]) == 0) return true;
    }
    return false;
}

static int fail(hg_error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(hg_error *err, const char *format, ...) {
    err->code = HG_ERR_USAGE;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return HG_ERR_USAGE;
}

// `--key value`, or `--key` alone for a bool. How many words it took, or a negative code.
static int set_dashed(hg_options *o, const char *mode, const char *name, const char *next,
                      hg_error *err) {
    int code;
    bool known = hg_options_get(o, name) != NULL;
    if (known && is_bool(mode, name) && !(next && is_truth(next))) {
        code = hg_options_set(o, name, "true", err);
        return code < 0 ? code : 1;
    }
    if (known && (!next || strncmp(next, "--", 2) == 0)) {
        return fail(err, "%s: expected a value behind --%s, got %s", name, name,
                    next ? next : "nothing");
    }
    code = hg_options_set(o, name, next ? next : "", err);
    return code < 0 ? code : 2;
}

// Sets the option that begins at word i. How many words it took, or a negative code.
static int set_word(hg_options *o, const char *mode, const cli_line *line, int i, hg_error *err) {
    const char *word = line->word[i];
    bool dashed = strncmp(word, "--", 2) == 0;
    const char *start = dashed ? word + 2 : word, *equals = strchr(start, '=');
    size_t length = equals ? (size_t)(equals - start) : strlen(start);
    char name[64];
    if ((!equals && !dashed) || length == 0 || length >= sizeof name) {
        char shown[256], suggestion[160];
        snprintf(shown, sizeof shown, "%s", word);
        cli_show(shown); // before it is cut
        char before[256] = "";
        snprintf(before, sizeof before, "%s", i > 0 ? line->word[i - 1] : "");
        cli_show(before);
        cli_suggest(mode, shown, before, i + 1 < line->words ? line->word[i + 1] : NULL,
                    suggestion);
        return fail(err, "expected key=value or --key value, got '%.60s'%s", shown, suggestion);
    }
    memcpy(name, start, length);
    name[length] = '\0';
    if (!equals) {
        return set_dashed(o, mode, name, i + 1 < line->words ? line->word[i + 1] : NULL, err);
    }
    int code = hg_options_set(o, name, equals + 1, err);
    return code < 0 ? code : 1;
}

static int set_words(hg_options *o, const char *mode, const cli_line *line, int first,
                     hg_error *err) {
    for (int i = first; i < line->words;) {
        int taken = set_word(o, mode, line, i, err);
        if (taken < 0) return taken;
        i += taken;
    }
    return HG_OK;
}

// The value of cfg=, which may itself come from any place but a cfg file.
static int find_cfg(const cli_line *line, const char *mode, int first, char cfg[1024],
                    hg_error *err) {
    hg_options *o = hg_options_new(mode, err);
    if (!o) return err->code;
    int code = hg_options_load_folder(o, err);
    if (code == HG_OK) code = hg_options_environment(o, err);
    if (code == HG_OK) code = set_words(o, mode, line, first, err);
    if (code == HG_OK) snprintf(cfg, 1024, "%s", hg_options_get(o, "cfg"));
    hg_options_free(o);
    return code;
}

static int set_all(hg_options *o, const cli_line *line, const char *mode, int first,
                   hg_error *err) {
    char cfg[1024] = "";
    int code = find_cfg(line, mode, first, cfg, err);
    if (code == HG_OK) code = hg_options_load_folder(o, err);
    if (code == HG_OK && cfg[0]) code = hg_options_load(o, cfg, err);
    if (code == HG_OK) code = hg_options_environment(o, err);
    return code == HG_OK ? set_words(o, mode, line, first, err) : code;
}

int cli_options(const cli_line *line, const char *mode, int first, hg_options **options) {
    hg_error err = {0};
    *options = hg_options_new(mode, &err);
    if (*options && set_all(*options, line, mode, first, &err) == HG_OK) return CLI_DONE;
    hg_options_free(*options);
    *options = NULL;
    return cli_fail(line, &err);
}
