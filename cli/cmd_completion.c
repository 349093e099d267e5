// SPDX-License-Identifier: Apache-2.0
// cmd_completion.c - completion scripts for bash, zsh and fish, from the tables.
#include <string.h>

#include "cli.h"

static void print_modes(void) {
    for (const cli_command *c = cli_commands; c->name; c++) {
        printf("%s%s", c == cli_commands ? "" : " ", c->name);
    }
}

// "data= epochs= ..."
static void print_keys(const char *mode) {
    hg_option_info o;
    for (size_t i = 0; hg_option_at(mode, i, &o); i++) printf("%s%s=", i ? " " : "", o.name);
}

// "mse mae bce": the words between the bars.
static void print_choices(const char *range) {
    for (; *range; range++) putchar(*range == '|' ? ' ' : *range);
}

static bool has_choices(const hg_option_info *o) {
    return strcmp(o->type, "choice") == 0 || strcmp(o->type, "bool") == 0;
}

// The branches of a `case MODE.key in` for every option with choices.
static void print_cases(const char *before, const char *after) {
    hg_mode_info mode;
    hg_option_info o;
    for (size_t m = 0; hg_mode_at(m, &mode); m++) {
        for (size_t i = 0; hg_option_at(mode.name, i, &o); i++) {
            if (!has_choices(&o)) continue;
            printf("    %s.%s) %s", mode.name, o.name, before);
            print_choices(o.range);
            printf("%s ;;\n", after);
        }
    }
}

// bash takes `=` for a word of its own: `lr=1` is three words.
static void print_bash(void) {
    hg_mode_info mode;
    printf("# hourglass completion bash > /etc/bash_completion.d/hourglass\n"
           "_hourglass() {\n"
           "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} key= words=\n"
           "    COMPREPLY=()\n"
           "    if [ \"$COMP_CWORD\" = 1 ]; then\n"
           "        COMPREPLY=($(compgen -W \"");
    print_modes();
    printf("\" -- \"$cur\"))\n"
           "        return\n"
           "    fi\n"
           "    if [ \"$cur\" = = ]; then key=$prev; cur=\n"
           "    elif [ \"$prev\" = = ]; then key=${COMP_WORDS[COMP_CWORD-2]}\n"
           "    fi\n"
           "    key=${key#--}\n"
           "    case ${COMP_WORDS[1]}.$key in\n");
    for (size_t m = 0; hg_mode_at(m, &mode); m++) {
        printf("    %s.) compopt -o nospace 2>/dev/null; words=\"", mode.name);
        print_keys(mode.name);
        printf("\" ;;\n");
    }
    print_cases("words=\"", "\"");
    printf("    help. | cfg.) words=\"");
    print_modes();
    printf("\" ;;\n"
           "    completion.) words=\"bash zsh fish\" ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$cur\")); return ;;\n"
           "    esac\n"
           "    COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
           "}\n"
           "complete -o filenames -F _hourglass hourglass\n");
}

static void print_zsh(void) {
    hg_mode_info mode;
    printf("#compdef hourglass\n"
           "# hourglass completion zsh > a folder of $fpath/_hourglass\n"
           "_hourglass() {\n"
           "    local current=$words[CURRENT]\n"
           "    if (( CURRENT == 2 )); then\n"
           "        compadd ");
    print_modes();
    printf("\n        return\n"
           "    fi\n"
           "    if [[ $current == *=* ]]; then\n"
           "    compset -P '*='\n"
           "    case $words[2].${${current%%%%=*}#--} in\n");
    print_cases("compadd ", "");
    printf("    *) _files ;;\n"
           "    esac\n"
           "    return\n"
           "    fi\n"
           "    case $words[2] in\n");
    for (size_t m = 0; hg_mode_at(m, &mode); m++) {
        printf("    %s) compadd -S '' -- ", mode.name);
        print_keys(mode.name);
        printf(" ;;\n");
    }
    printf("    help | cfg) compadd ");
    print_modes();
    printf(" ;;\n"
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

static void print_fish_option(const char *mode, const hg_option_info *o) {
    const char *choices = has_choices(o) ? o->range : "";
    do {
        size_t length = strcspn(choices, "|");
        printf("complete -c hourglass -n '__fish_seen_subcommand_from %s' -a '%s=%.*s' -d ", mode,
               o->name, (int)length, choices);
        print_quoted(o->help);
        putchar('\n');
        choices += length + (choices[length] == '|');
    } while (*choices);
}

static void print_fish(void) {
    hg_mode_info mode;
    hg_option_info o;
    printf("# hourglass completion fish > ~/.config/fish/completions/hourglass.fish\n"
           "complete -c hourglass -n __fish_use_subcommand -f -a '");
    print_modes();
    printf("'\n");
    for (size_t m = 0; hg_mode_at(m, &mode); m++) {
        for (size_t i = 0; hg_option_at(mode.name, i, &o); i++) print_fish_option(mode.name, &o);
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
