// SPDX-License-Identifier: Apache-2.0
// cmd_completion.c - completion scripts for bash, zsh and fish, from the tables.
#include <string.h>

#include "cli.h"

static void print_modes(void) {
    cli_command c;
    for (size_t i = 0; cli_command_at(i, &c); i++) printf("%s%s", i ? " " : "", c.name);
}

// "data= epochs= ...", or "--data --epochs ..."
static void print_keys(const char *mode, const char *before, const char *behind) {
    hg_option_info o = {.size = sizeof o};
    for (size_t i = 0; hg_option_at(mode, i, &o); i++) {
        printf("%s%s%s%s", i ? " " : "", before, o.name, behind);
        if (o.alias[0]) printf(" %s%s%s", before, o.alias, behind);
    }
}

static bool has_choices(const hg_option_info *o) {
    return strcmp(o->type, "choice") == 0 || strcmp(o->type, "bool") == 0;
}

static bool is_path(const hg_option_info *o) {
    return strcmp(o->unit, "file") == 0 || strcmp(o->unit, "folder") == 0;
}

// Presets name what is to be made: not for modes that need a model that is there.
static bool has_words(const hg_job_info *mode, const hg_option_info *o) {
    hg_word_info w = {.size = sizeof w};
    const bool is_made = strcmp(mode->name, "train") == 0 || strcmp(mode->name, "import") == 0;
    return hg_word_at(o->name, 0, &w) && (is_made || strcmp(w.list, "presets") != 0);
}

// The values of an option with blanks between them: the words between the bars, or those of the first list of its language.
static void print_values(const hg_option_info *o) {
    hg_word_info w = {.size = sizeof w};
    const char *list = NULL, *range = has_choices(o) ? o->range : "";
    for (const char *c = range; *c; c++) putchar(*c == '|' ? ' ' : *c);
    for (size_t i = 0; !*range && hg_word_at(o->name, i, &w); i++) {
        if (list && strcmp(list, w.list) != 0) return;
        printf("%s%s", list ? " " : "", w.name);
        list = w.list;
    }
}

// The branches of a `case MODE.key in` for every option with values that can be listed (of which paths may be others), or, with
// `paths`, for those that are paths.
static void print_cases(const char *before, const char *after, const char *path, bool paths) {
    hg_job_info mode = {.size = sizeof mode};
    hg_option_info o = {.size = sizeof o};
    for (size_t m = 0; hg_job_at(m, &mode); m++) {
        for (size_t i = 0; hg_option_at(mode.name, i, &o); i++) {
            const bool listed = has_choices(&o) || has_words(&mode, &o);
            if (!(paths ? is_path(&o) && !listed : listed)) continue;
            printf("    %s.%s", mode.name, o.name);
            if (o.alias[0]) printf(" | %s.%s", mode.name, o.alias);
            fputs(") ", stdout);
            if (listed) {
                fputs(before, stdout);
                print_values(&o);
                fputs(after, stdout);
            }
            printf("%s%s ;;\n", listed && is_path(&o) ? "; " : "", is_path(&o) ? path : "");
        }
    }
}

// bash takes `=` for a word of its own: `lr=1` is three words. Names of files alone are quoted for the shell: of `lr=` the sign
// would be too.
static void print_bash(void) {
    hg_job_info mode = {.size = sizeof mode};
    printf("# hourglass completion bash > /etc/bash_completion.d/hourglass\n"
           "_hourglass() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} key= words= "
           "files= IFS=$' \\n'\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"");
    print_modes();
    printf("\" -- \"$cur\"))\n"
           "        return\n"
           "    fi\n"
           "    if [ \"$cur\" = = ]; then key=$prev; cur=\n"
           "    elif [ \"$prev\" = = ]; then key=${COMP_WORDS[COMP_CWORD-2]}\n"
           "    elif [[ $prev == --* && $cur != --* ]]; then key=$prev\n"
           "    fi\n"
           "    key=${key#--}; key=${key//-/_}\n"
           "    case $cur in --*) key=--; esac\n"
           "    case ${COMP_WORDS[1]}.$key in\n");
    for (size_t m = 0; hg_job_at(m, &mode); m++) {
        printf("    %s.) compopt -o nospace 2>/dev/null; words=\"", mode.name);
        print_keys(mode.name, "", "=");
        printf("\" ;;\n    %s.--) words=\"", mode.name);
        print_keys(mode.name, "--", "");
        printf(" --quiet --verbose --json --help\" ;;\n");
    }
    print_cases("words=\"", "\"", "files=1", false);
    print_cases("", "", "files=1", true);
    printf("    help. | cfg.) words=\"");
    print_modes();
    printf(" model noise\" ;;\n"
           "    completion.) words=\"bash zsh fish\" ;;\n"
           "    esac\n"
           "    [ -z \"$words\" ] || COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "    [ -n \"$files\" ] || return 0\n"
           "    cur=${cur#[\\\"\\']}\n"
           "    compopt -o filenames 2>/dev/null\n"
           "    IFS=$'\\n'\n"
           "    case $key in\n"
           "    model | pretrained) COMPREPLY+=($(compgen -d -- \"$cur\"; compgen -f -X "
           "'!*.safetensors' -- \"$cur\")) ;;\n"
           "    *) COMPREPLY+=($(compgen -f -- \"$cur\")) ;;\n"
           "    esac\n"
           "}\n"
           "complete -F _hourglass hourglass\n");
}

static void print_zsh(void) {
    hg_job_info mode = {.size = sizeof mode};
    printf("#compdef hourglass\n"
           "# hourglass completion zsh > a folder of $fpath/_hourglass\n"
           "_hourglass() {\n"
           "    local current=$words[CURRENT] before=$words[CURRENT-1] key=\n"
           "    if (( CURRENT == 2 )); then\n"
           "        compadd ");
    print_modes();
    printf("\n        return\n"
           "    fi\n"
           "    if [[ $current == *=* ]]; then\n"
           "    key=${${current%%%%=*}#--}\n"
           "    compset -P '*='\n"
           "    elif [[ $before == --* && $before != *=* && $current != --* ]]; then\n"
           "    key=${before#--}\n"
           "    fi\n"
           "    if [[ -n $key ]]; then\n"
           "    case $words[2].${key//-/_} in\n");
    print_cases("compadd ", "", "_files", false);
    print_cases("", "", "_files", true);
    printf("    esac\n"
           "    return\n"
           "    fi\n"
           "    case $words[2] in\n");
    for (size_t m = 0; hg_job_at(m, &mode); m++) {
        printf("    %s) if [[ $current == --* ]]; then compadd -- ", mode.name);
        print_keys(mode.name, "--", "");
        printf(" --quiet --verbose --json --help; else compadd -S '' -- ");
        print_keys(mode.name, "", "=");
        printf("; fi ;;\n");
    }
    printf("    help | cfg) compadd ");
    print_modes();
    printf(" model noise ;;\n"
           "    completion) compadd bash zsh fish ;;\n"
           "    esac\n"
           "}\n"
           "_hourglass \"$@\"\n");
}

// fish has single quotes only; a quote or backslash in them takes a backslash.
static void print_quoted(const char *text) {
    putchar('\'');
    for (; *text; text++) printf("%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    putchar('\'');
}

// A line for `key=`, or for each of its values; and one for `--key`, with the values it takes.
static void print_fish_option(const hg_job_info *mode, const hg_option_info *o, const char *name) {
    const char *choices = has_choices(o) ? o->range : "";
    const bool listed = *choices || has_words(mode, o);
    do {
        size_t length = strcspn(choices, "|");
        printf("complete -c hourglass -n '__fish_seen_subcommand_from %s' -a '%s=%.*s' -d ",
               mode->name, name, (int)length, choices);
        print_quoted(o->help);
        putchar('\n');
        choices += length + (choices[length] == '|');
    } while (*choices);
    printf("complete -c hourglass -n '__fish_seen_subcommand_from %s' -l %s -r%s", mode->name, name,
           is_path(o) ? " -F" : " -f");
    if (listed) {
        printf(" -a '");
        print_values(o);
        putchar('\'');
    }
    putchar('\n');
}

static void print_fish(void) {
    hg_job_info mode = {.size = sizeof mode};
    hg_option_info o = {.size = sizeof o};
    printf("# hourglass completion fish > ~/.config/fish/completions/hourglass.fish\n"
           "complete -c hourglass -n __fish_use_subcommand -f -a '");
    print_modes();
    printf("'\n");
    for (size_t m = 0; hg_job_at(m, &mode); m++) {
        for (size_t i = 0; hg_option_at(mode.name, i, &o); i++) {
            print_fish_option(&mode, &o, o.name);
            if (o.alias[0]) print_fish_option(&mode, &o, o.alias);
        }
    }
}

int cmd_completion(const cli_line *line) {
    static const struct {
        const char *name;
        void (*print)(void);
    } shells[] = {
        {"bash", print_bash},
        {"zsh",  print_zsh },
        {"fish", print_fish}
    };
    const char *wish = line->words == 1 ? line->word[0] : "";
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, wish) != 0) continue;
        shells[i].print();
        return CLI_DONE;
    }
    return cli_fail_usage(line, "expected bash, zsh or fish, got %s",
                          line->words ? line->word[0] : "nothing");
}
