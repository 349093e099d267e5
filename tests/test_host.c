// SPDX-License-Identifier: Apache-2.0
// test_host.c - the library in somebody else's program: its locale, floating point, signals, forks, small stacks, pipes and
// cancelled threads. Every job runs in each of them, on a few rows.
#include <dirent.h>
#include <fcntl.h>
#include <fenv.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hourglass.h"

#include "base/file.h"
#include "base/host.h"
#include "base/mem.h"
#include "base/text.h"
#include "own_folder.h"
#include "sanitized.h"

#include <cmocka.h>

enum { ROWS = 300, STACK = IS_SANITIZED ? 4 << 20 : 128 << 10 };

// ---- what is read -------------------------------------------------------------------------------

static int make_files(void **state) {
    (void)state;
    if (!mkdtemp(folder)) return -1;
    hg__text table = {0}, numbers = {0}, image = {0};
    hg__text_add(&table, "size,kind,when,odd\n");
    for (int i = 0; i < ROWS; i++) {
        const int odd = i % 60 == 7, tenths = (i * 37) % 100 + (odd ? 4000 : 0);
        hg__text_add(&table, "%d.%d,%s,2024-03-%02d 10:%02d,%d\n", 10 + tenths / 10, tenths % 10,
                     i % 3 ? "box" : "bag", 1 + i % 28, i % 60, odd);
        for (int c = 0; c < 5; c++) {
            hg__text_add(&numbers, "0.%02d%s", (i * 7 + c * 13) % 100, c < 4 ? "," : "\n");
        }
    }
    hg__text_add(&image, "P5\n24 24\n255\n");
    for (int i = 0; i < 24 * 24; i++) hg__text_add(&image, "%c", ' ' + (i / 24 * 3 + i % 7) % 90);
    int code = hg__make_folder(at("images"), NULL);
    if (code == HG_OK) code = hg__write_file(at("t.csv"), table.data, table.length, NULL);
    if (code == HG_OK) code = hg__write_file(at("x.csv"), numbers.data, numbers.length, NULL);
    for (int i = 0; i < 3 && code == HG_OK; i++) {
        const char *const names[] = {"images/a.pgm", "images/b.pgm", "images/c.pgm"};
        code = hg__write_file(at(names[i]), image.data, image.length, NULL);
    }
    hg__text_clear(&table);
    hg__text_clear(&numbers);
    hg__text_clear(&image);
    return code;
}

// ---- every job ----------------------------------------------------------------------------------

// The decimal sign that callbacks see: the host's.
static char seen;

static void see_train(void *context, const hg_train_event *event) {
    (void)context, (void)event;
    seen = *localeconv()->decimal_point;
}

static void see_sentence(void *context, const char *sentence) {
    hg__text_add(context, "note: %s\n", sentence);
    seen = *localeconv()->decimal_point;
}

// Whose text says the same every time.
static bool repeats(const char *job) {
    static const char *const timed[] = {"checks", "bench", "compare"};
    for (size_t i = 0; i < sizeof timed / sizeof *timed; i++) {
        if (strcmp(timed[i], job) == 0) return false;
    }
    return true;
}

// job, options between semicolons (@ is the folder), the file that comes of it
static const char *const steps[][3] = {
    {"train",
     "data=@t.csv;label=odd;project=@;name=table;exist_ok=true;steps=60;lr=0.002;threads=2;val=0.3",    ""             },
    {"train",
     "data=@x.csv;project=@;name=dense;exist_ok=true;epochs=2;noise=gaussian "
     "0.5;threads=2;lr=2e-3;model=dense 4 relu, dropout 0.25 | dense input",                            ""             },
    {"train",
     "data=@images;project=@;name=image;exist_ok=true;epochs=1;noise=gaussian "
     "10.5;crop=16;threads=2;model=keep 1, conv 4 k3 p1 relu | conv input k3 p1, add 1",                ""             },
    {"train",       "data=@x.csv;project=@;name=pca;exist_ok=true;model=pca;latent=2;threads=2",        ""             },
    {"train",       "resume=@dense;epochs=3",                                                           ""             },
    {"predict",     "model=@table/weights/best.safetensors;data=@t.csv;label=odd;out=@s.csv;threads=2",
     "s.csv"                                                                                                           },
    {"predict",
     "model=@table/weights/best.safetensors;data=@t.csv;label=odd;out=@s.jsonl;threads=2",              "s.jsonl"      },
    {"predict",     "model=@dense/weights/best.safetensors;data=@x.csv;out=@d.csv",                     "d.csv"        },
    {"predict",     "model=@pca/weights/best.safetensors;data=@x.csv;out=@p.csv",                       "p.csv"        },
    {"reconstruct", "model=@table/weights/best.safetensors;data=@t.csv;label=odd;out=@r.csv",
     "r.csv"                                                                                                           },
    {"reconstruct", "model=@dense/weights/best.safetensors;data=@x.csv;out=@rd.csv",                    "rd.csv"       },
    {"encode",      "model=@dense/weights/best.safetensors;data=@x.csv;out=@e.csv",                     "e.csv"        },
    {"decode",      "model=@dense/weights/best.safetensors;data=@e.csv;out=@de.csv",                    "de.csv"       },
    {"val",         "model=@dense/weights/best.safetensors;data=@x.csv;noise=gaussian 0.5",             ""             },
    {"val",         "model=@image/weights/best.safetensors;data=@images;noise=gaussian 12.5;threads=2", ""             },
    {"val",         "model=@table/weights/best.safetensors;data=@t.csv;label=odd;resamples=20",         ""             },
    {"denoise",     "model=@image/weights/best.safetensors;data=@images/a.pgm;out=@a.pgm;threads=2",
     "a.pgm"                                                                                                           },
    {"denoise",     "model=@image/weights/best.safetensors;data=@images;out=@clean;threads=2",
     "clean/b.pgm"                                                                                                     },
    {"import",
     "source=@dense/weights/best.safetensors;model=dense 4 relu, dropout 0.25 | dense "
     "input;input=5;out=@i.safetensors",                                                                "i.safetensors"},
    {"info",        "model=@table/weights/best.safetensors",                                            ""             },
    {"verify",      "model=@dense/weights/best.safetensors",                                            ""             },
    {"checks",      "",                                                                                 ""             },
    {"bench",       "what=kernels;only=exp;seconds=0.001;threads=2",                                    ""             },
    {"calibrate",   "model=@table/weights/best.safetensors;data=@t.csv;label=odd;fpr=0.05",             ""             },
    {"compare",     "data=@t.csv;label=odd;seeds=1;steps=5;out=@c.csv;threads=2",                       ""             },
 // and what is refused, in which words
    {"predict",     "model=@table/weights/best.safetensors;data=@none.csv;out=@s.csv",                  ""             },
    {"train",       "data=@x.csv;lr=0,25",                                                              ""             },
};

static hg_options *make_options(const char *mode, const char *text, hg_error *err) {
    hg_options *o = hg_options_new(mode, err);
    while (o && *text) {
        char name[32], value[256];
        size_t used = 0;
        const size_t length = strcspn(text, "="), end = strcspn(text, ";");
        snprintf(name, sizeof name, "%.*s", (int)length, text);
        for (const char *c = text + length + 1; c < text + end; c++) {
            if (*c == '@') {
                used += (size_t)snprintf(value + used, sizeof value - used, "%s/", folder);
            } else {
                value[used++] = *c;
            }
        }
        value[used] = '\0';
        text += end + (text[end] == ';');
        if (hg_options_set(o, name, value, err) == HG_OK) continue;
        hg_options_free(o);
        return NULL;
    }
    return o;
}

static void tell_file(hg__text *told, const char *name) {
    hg__content m;
    if (hg__content_read(&m, at(name), NULL) < 0) return;
    hg__text_add(told, "%s:\n", name);
    hg__text_add_bytes(told, (const char *)m.data, m.size);
    hg__content_free(&m);
}

// A text joins what was told: lines, then JSON.
static void run_step(hg__text *told, const char *const step[3]) {
    const char *job = step[0];
    hg_error err = {0};
    const hg_listener listener = {
        .size = sizeof listener, .context = told, .train = see_train, .note = see_sentence};
    hg_options *o = make_options(job, step[1], &err);
    hg_result result = {.size = sizeof result};
    if (o) (void)hg_run(o, &listener, &result, &err);
    if (result.text && repeats(job)) hg__text_add(told, "%s\n", result.text);
    if (result.text) {
        hg_text_free(result.text);
        result.json = true;
        (void)hg_run(o, &listener, &result, &err);
        if (result.text && repeats(job)) hg__text_add(told, "%s\n", result.text);
        hg_text_free(result.text);
    }
    hg__text_add(told, "%s %s: exit %d %s\n", job, step[1], err.code, err.message);
    if (step[2][0]) tell_file(told, step[2]);
    char *yaml = o ? hg_options_format(o, NULL) : NULL;
    if (yaml) hg__text_add(told, "%s", yaml);
    hg_text_free(yaml);
    hg_options_free(o);
}

static void add_bits(hg__text *told, const void *number, size_t size) {
    const uint8_t *bytes = number;
    for (size_t i = 0; i < size; i++) hg__text_add(told, "%02x", bytes[i]);
    hg__text_add(told, "\n");
}

// A picture's bytes, as digits: what is told is text.
static void tell_picture(hg__text *told, const char *name) {
    hg__content m;
    hg__text_add(told, "%s:\n", name);
    if (hg__content_read(&m, at(name), NULL) < 0) return;
    add_bits(told, m.data, m.size);
    hg__content_free(&m);
}

static void run_reports(hg__text *told) {
    hg__text_add(told, "samples %d\n", hg_report_samples(at("dense"), 4, NULL));
    tell_picture(told, "dense/samples.png");
    hg__text_add(told, "training %d\n", hg_report_training(at("table"), NULL));
    tell_picture(told, "table/training.png");
}

static void run_rows(hg__text *told) {
    hg_error err = {0};
    hg_model *m = hg_model_load(at("table/weights/best.safetensors"), &err);
    hg_detector *d = m ? hg_detector_new(m, NULL, 0, 0, 1, &err) : NULL;
    const char *const cell[] = {"12.5", "box", "2024-03-02 10:05", "no"};
    hg_verdict v = {.size = sizeof v};
    const int code = d ? hg_detect_text(d, cell, &v, &err) : -1;
    hg__text_add(told, "detect %d %s\n", code, err.message);
    add_bits(told, &v.score, sizeof v.score);
    add_bits(told, &v.p_value, sizeof v.p_value);
    hg_detector_free(d);
    hg_model_free(m);
    m = hg_model_load(at("dense/weights/best.safetensors"), &err);
    hg_scorer *s = m ? hg_scorer_new(m, 2, &err) : NULL;
    float x[64 * 5], score[64] = {0};
    for (int i = 0; i < 64 * 5; i++) x[i] = (float)(i % 17) / 32;
    if (s) hg_score(s, x, 64, score);
    add_bits(told, score, sizeof score);
    hg_scorer_free(s);
    hg_model_free(m);
}

static void *run_all(void *context) {
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) run_step(context, steps[i]);
    run_rows(context);
    run_reports(context);
    return context;
}

static hg__text expected; // what all jobs tell in the C locale

static void all_jobs_run(void **state) {
    (void)state;
    run_all(&expected);
    assert_false(expected.failed);
    for (const char *line = expected.data; *line; line += strcspn(line, "\n") + 1) {
        const char *code = memmem(line, strcspn(line, "\n"), "exit -", 6);
        const bool refused = strstr(line, "none.csv") || strstr(line, "lr=0,25");
        if (code && !refused) fail_msg("%.*s", (int)strcspn(line, "\n"), line);
    }
    assert_int_equal(seen, '.');
}

static void expect_the_same(const hg__text *told) {
    size_t i = 0;
    while (i < told->length && told->data[i] == expected.data[i]) i++;
    if (i == expected.length && i == told->length) return;
    while (i > 0 && expected.data[i - 1] != '\n') i--;
    fail_msg("expected: %.300s\ngot: %.300s", expected.data + i, told->data + i);
}

// ---- the host's settings ------------------------------------------------------------------------

// A locale with a decimal comma and a point between thousands; false where the system has none and cannot make it.
static bool use_german(void) {
    if (setlocale(LC_ALL, "de_DE.UTF-8")) return true;
    char command[200];
    snprintf(command, sizeof command,
             "PATH=$PATH:/usr/sbin localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>/dev/null", folder);
    if (system(command) != 0) return false; // NOLINT(cert-env33-c): a folder of our own
    setenv("LOCPATH", folder, 1);
    return setlocale(LC_ALL, "de_DE.UTF-8") != NULL;
}

static void the_locale_changes_no_byte(void **state) {
    (void)state;
    if (!use_german()) {
        print_message("skipped: no locale with a decimal comma; apt-get install locales\n");
        skip();
    }
    hg__text told = {0};
    char digits[8];
    run_all(&told);
    snprintf(digits, sizeof digits, "%.1f", 0.5);
    const locale_t after = uselocale((locale_t)0);
    setlocale(LC_ALL, "C");
    unsetenv("LOCPATH");
    assert_string_equal(digits, "0,5"); // still the host's
    assert_ptr_equal(after, LC_GLOBAL_LOCALE);
    assert_int_equal(seen, ','); // and its callbacks' too
    expect_the_same(&told);
    hg__text_clear(&told);
}

static void the_rounding_changes_no_bit(void **state) {
    (void)state;
    hg__text told = {0};
    fesetround(FE_UPWARD);
    run_all(&told);
    const int mode = fegetround();
    fesetround(FE_TONEAREST);
    assert_int_equal(mode, FE_UPWARD);
    expect_the_same(&told);
    hg__text_clear(&told);
}

static void a_small_stack_is_enough(void **state) {
    (void)state;
    hg__text told = {0};
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    assert_int_equal(pthread_attr_setstacksize(&attributes, STACK), 0);
    assert_int_equal(pthread_create(&thread, &attributes, run_all, &told), 0);
    pthread_join(thread, NULL);
    pthread_attr_destroy(&attributes);
    expect_the_same(&told);
    hg__text_clear(&told);
}

// ---- threads, signals, forks --------------------------------------------------------------------

// Threads of this process; of those beside the first, whether each blocks `signal`. One that was joined may be listed for a moment.
static int count_threads(int signal, bool *blocked) {
    DIR *tasks = opendir("/proc/self/task");
    assert_non_null(tasks);
    int count = 0;
    *blocked = true;
    for (const struct dirent *e = readdir(tasks); e; e = readdir(tasks)) {
        char path[320], line[128];
        unsigned long long mask = 0;
        if (e->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/self/task/%s/status", e->d_name);
        FILE *f = fopen(path, "re");
        while (f && fgets(line, sizeof line, f)) {
            if (strncmp(line, "SigBlk:", 7) == 0) mask = strtoull(line + 7, NULL, 16);
        }
        if (f) fclose(f);
        count++;
        if (strtol(e->d_name, NULL, 10) != getpid()) *blocked &= mask >> (signal - 1) & 1;
    }
    closedir(tasks);
    return count;
}

// Whether no thread is left but the first, and a sanitizer's own: waits until it is so.
static bool is_alone(void) {
    enum { MS = 10000, OWN = 1 + IS_SANITIZED };
    bool blocked;
    for (int i = 0; i < MS; i++) {
        if (count_threads(SIGTERM, &blocked) <= OWN) return true;
        usleep(1000);
    }
    return false;
}

static hg_model *load(const char *name) {
    hg_error err = {0};
    hg_model *m = hg_model_load(at(name), &err);
    if (!m) fail_msg("%s", err.message);
    return m;
}

static void signals_stay_the_hosts(void **state) {
    (void)state;
    struct sigaction before[32], now;
    for (int i = 1; i < 32; i++) sigaction(i, NULL, &before[i]);
    assert_true(is_alone());
    hg_model *m = load("dense/weights/best.safetensors");
    hg_scorer *s = hg_scorer_new(m, 3, NULL);
    bool blocked;
    assert_true(count_threads(SIGTERM, &blocked) >= 3);
    if (!IS_SANITIZED) assert_true(blocked); // a sanitizer has threads of its own
    hg_scorer_free(s);
    hg_model_free(m);
    hg__text told = {0};
    run_step(&told, steps[0]);
    run_step(&told, steps[5]);
    hg__text_clear(&told);
    for (int i = 1; i < 32; i++) {
        sigaction(i, NULL, &now);
        assert_ptr_equal(now.sa_handler, before[i].sa_handler);
    }
}

static int use_in_child(hg_scorer *s, const float *x, const float *expect_score) {
    float score[64];
    hg_score(s, x, 64, score);
    hg_scorer_free(s);
    int wrong = 0;
    for (int i = 0; i < 64; i++) wrong += score[i] != expect_score[i];
    return wrong ? 1 : 0;
}

static void a_forked_child_uses_and_frees_the_parents_scorer(void **state) {
    (void)state;
    hg_model *m = load("dense/weights/best.safetensors");
    hg_scorer *s = hg_scorer_new(m, 3, NULL);
    float x[64 * 5], score[64];
    for (int i = 0; i < 64 * 5; i++) x[i] = (float)(i % 13) * 0.07F;
    hg_score(s, x, 64, score);
    for (int i = 0; i < 8; i++) {
        if (i % 2) usleep(2000); // asleep or still turning
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            alarm(60); // it hangs
            _exit(use_in_child(s, x, score));
        }
        int status;
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    hg_score(s, x, 64, score); // the parent's goes on
    hg_scorer_free(s);
    hg_model_free(m);
}

static void cancel_self(void *context, const hg_train_event *event) {
    (void)context;
    if (event->epoch_end) pthread_cancel(pthread_self());
}

static void *train_and_be_cancelled(void *context) {
    const hg_listener listener = {.size = sizeof listener, .train = cancel_self};
    hg_options *o = make_options("train", steps[1][1], NULL);
    *(int *)context = hg_run(o, &listener, NULL, NULL);
    hg_options_free(o);
    *(int *)context += 100;
    pthread_testcancel();
    return NULL;
}

static void a_cancelled_thread_ends_after_the_call(void **state) {
    (void)state;
    pthread_t thread;
    void *result;
    int got = -1;
    assert_true(is_alone());
    assert_int_equal(pthread_create(&thread, NULL, train_and_be_cancelled, &got), 0);
    pthread_join(thread, &result);
    assert_ptr_equal(result, PTHREAD_CANCELED);
    assert_int_equal(got, 100 + HG_OK);
    assert_true(is_alone());
}

// ---- pipes --------------------------------------------------------------------------------------

static int64_t rows_of_pipe(const char *path, int rows) {
    hg_error err = {0};
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const int to = open(path, O_WRONLY | O_CLOEXEC); // waits for its reader
        bool good = true;
        for (int i = 0; i < rows; i++) good &= write(to, "0.1,0.2,0.3,0.4,0.5\n", 20) == 20;
        _exit(good ? 0 : 1);
    }
    hg_result r = {.size = sizeof r};
    hg_options *o =
        make_options("predict", "model=@dense/weights/best.safetensors;out=@f.csv", &err);
    assert_int_equal(hg_options_set(o, "data", path, &err), HG_OK);
    if (hg_run(o, NULL, &r, &err) < 0) fail_msg("%s", err.message);
    hg_options_free(o);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return r.rows;
}

static void a_pipe_is_read_anew_by_other_options(void **state) {
    (void)state;
    hg_options *idle = hg_options_new("train", NULL); // a host may keep some for ever
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    assert_int_equal(rows_of_pipe(at("fifo"), 3), 3);
    assert_int_equal(rows_of_pipe(at("fifo"), 5), 5);
    hg_options_free(idle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_jobs_run),
        cmocka_unit_test(the_locale_changes_no_byte),
        cmocka_unit_test(the_rounding_changes_no_bit),
        cmocka_unit_test(a_small_stack_is_enough),
        cmocka_unit_test(signals_stay_the_hosts),
        cmocka_unit_test(a_forked_child_uses_and_frees_the_parents_scorer),
        cmocka_unit_test(a_cancelled_thread_ends_after_the_call),
        cmocka_unit_test(a_pipe_is_read_anew_by_other_options),
    };
    const int failed = cmocka_run_group_tests(tests, make_files, remove_folder);
    hg__text_clear(&expected);
    return failed;
}
