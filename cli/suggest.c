// SPDX-License-Identifier: Apache-2.0
// suggest.c - what a word that is no key=value was probably meant as: `hourglass train normal.csv`.
#include <string.h>
#include <unistd.h>

#include "cli.h"

static bool has_option(const char *mode, const char *name) {
    hg_option_info info = {.size = sizeof info};
    for (size_t i = 0; hg_option_at(mode, i, &info); i++) {
        if (strcmp(info.name, name) == 0 || strcmp(info.alias, name) == 0) return true;
    }
    return false;
}

static bool ends_in(const char *word, const char *end) {
    const size_t length = strlen(word), size = strlen(end);
    return length > size && strcmp(word + length - size, end) == 0;
}

static bool is_name_of(const char *option, const char *word) {
    hg_word_info info = {.size = sizeof info};
    for (size_t i = 0; hg_word_at(option, i, &info); i++) {
        if (strcmp(info.list, "presets") == 0 && strcmp(info.name, word) == 0) return true;
    }
    return false;
}

// What the modes work on: the first of these that a mode has.
static const char *main_input(const char *mode) {
    static const char *const inputs[] = {"data", "source", "model"};
    if (strcmp(mode, "denoise") == 0) return "source"; // as its examples say
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        if (has_option(mode, inputs[i])) return inputs[i];
    }
    return NULL;
}

static const char *input_for(const char *mode, const char *word) {
    const bool is_model = ends_in(word, ".safetensors") || strncmp(word, "runs/", 5) == 0 ||
                          is_name_of("model", word);
    const bool is_yaml = ends_in(word, ".yaml") || ends_in(word, ".yml");
    if (strcmp(mode, "import") != 0 && is_model && has_option(mode, "model")) return "model";
    return is_yaml && has_option(mode, "cfg") ? "cfg" : main_input(mode);
}

// noise=gaussian 25: the shell parted one value. A word that names a file is more likely one that lacks its key.
static bool is_rest_of_value(const char *mode, const char *before, const char *word) {
    char name[64];
    const size_t length = strcspn(before, "=");
    if (!before[length] || !before[length + 1] || length >= sizeof name) return false;
    if (*word == '-' || *word == '=' || strchr("\"'", before[length + 1])) return false;
    const char *bare = before + strspn(before, "-");
    snprintf(name, sizeof name, "%.*s", (int)(before + length - bare), bare);
    return has_option(mode, name) && access(word, F_OK) != 0;
}

void cli_suggest(const char *mode, const char *word, const char *before, const char *next,
                 char suggestion[160]) {
    const char *quote = strpbrk(word, " |;&'\"") ? "\"" : "";
    const char *bare = word + strspn(word, "-"), *input = input_for(mode, bare);
    suggestion[0] = '\0';
    if (*word == '-' && word[1] && strcspn(bare, "=") < 64 && *bare) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)strcspn(bare, "="), bare);
        if (has_option(mode, name)) snprintf(suggestion, 160, "; did you mean --%.100s?", bare);
    } else if (has_option(mode, word)) {
        const bool is_spaced = next && *next == '=';
        snprintf(suggestion, 160,
                 is_spaced ? "; did you mean %.60s=VALUE, without blanks around =?"
                           : "; did you mean %.60s=VALUE?",
                 word);
    } else if (is_rest_of_value(mode, before, word)) {
        const int length = (int)strcspn(before, "=");
        snprintf(suggestion, 160, "; did you mean %.*s=\"%.60s %.40s%s\"?", length, before,
                 before + length + 1, word, next && !strchr(next, '=') ? " ..." : "");
    } else if (*word && *word != '=' && *word != '-' && input) {
        snprintf(suggestion, 160, "; did you mean %s=%s%.100s%s?", input, quote, word, quote);
    }
}
