// SPDX-License-Identifier: Apache-2.0
// test_watch_kafka.c - `hourglass watch` of a topic of Kafka: killed at any moment, and while the broker was away, out= is that of a watched file.
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/real.h"
#include "base/rng.h"
#include "kafka_case.h"

#include <cmocka.h>

enum {
    ROWS = 4000,
    LAST = 3500,
    LINE = 64,
    BATCH = 50,
    KILLS = 12
}; // LAST: rows from there on come last

static char folder[] = "/tmp/hourglass-kafka-XXXXXX";
static char row[ROWS + 1][LINE]; // a header, and rows of a machine with a fault now and then
static const char *rows[ROWS + 1];

static const char *in_folder(const char *name) {
    static char path[8][200];
    static int at;
    at = (at + 1) % 8;
    snprintf(path[at], sizeof path[at], "%s/%s", folder, name);
    return path[at];
}

static double noise(uint32_t seed, int i, uint32_t channel) {
    return (double)hg__unit_float(hg__philox_run(seed, (uint32_t)i, channel, 0, 0).word[0]) - 0.5;
}

static void draw(const char *name, uint32_t seed, bool has_faults) {
    FILE *f = fopen(in_folder(name), "w");
    assert_non_null(f);
    snprintf(row[0], LINE, "time,a,b");
    for (int i = 0; i < ROWS; i++) {
        const double fault = has_faults && i % 1000 > 900 && i % 1000 < 960 ? 2 : 0;
        snprintf(row[i + 1], LINE, "%d,%.4f,%.4f", 1700000000 + i,
                 hg__sin_turn(i / 40.0) + 0.2 * noise(seed, i, 0),
                 hg__sin_turn(i / 40.0 + 0.3) + 0.2 * noise(seed, i, 1) + fault);
    }
    for (int i = 0; i <= ROWS; i++) fprintf(f, "%s\n", rows[i] = row[i]);
    fclose(f);
}

static const char *command(void) {
    const char *own = getenv("HOURGLASS");
    return own && *own ? own : "build/hourglass";
}

// Begins the command with these options, NULL behind them.
static pid_t begin(char *const *option) {
    char name[300], *all[16] = {name};
    snprintf(name, sizeof name, "%s", command());
    for (size_t i = 1; *option && i < 15; i++) all[i] = *option++;
    fflush(NULL);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid > 0) return pid;
    const int quiet = open("/dev/null", O_WRONLY);
    dup2(quiet, STDERR_FILENO);
    execv(name, all);
    _exit(127);
}

static int end_of(pid_t pid) {
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void option(char *to, size_t size, const char *name, const char *value) {
    snprintf(to, size, "%s=%s", name, value);
}

// Watches `source`; what it says is in the file `out`, its state in the folder `state`.
static pid_t watch(const char *source, const char *out, const char *state) {
    static char model[300], data[300], to[300], kept[300];
    option(model, sizeof model, "model", in_folder("m"));
    option(data, sizeof data, "data", source);
    option(to, sizeof to, "out", in_folder(out));
    option(kept, sizeof kept, "state", in_folder(state));
    static char job[] = "watch", threads[] = "threads=1", quiet[] = "-q";
    char *const all[] = {job, model, data, to, kept, threads, quiet, NULL};
    return begin(all);
}

static size_t size_of(const char *name) {
    struct stat s;
    return stat(in_folder(name), &s) == 0 ? (size_t)s.st_size : 0;
}

static void expect_same(const char *one, const char *other) {
    char line[500];
    snprintf(line, sizeof line, "cmp %s %s", in_folder(one), in_folder(other));
    assert_int_equal(system(line), 0); // NOLINT(cert-env33-c)
}

static bool grows_to(const char *name, size_t size) {
    for (int i = 0; i < PATIENCE / 20; i++) {
        if (size_of(name) >= size) return true;
        usleep(20000);
    }
    return false;
}

static int set_up(void **state) {
    char data[300], project[300];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(start_broker(state), 0);
    if (!cluster) return 0;
    draw("normal.csv", 1, false);
    option(data, sizeof data, "data", in_folder("normal.csv"));
    option(project, sizeof project, "project", folder);
    static char job[] = "train", window[] = "window=32", steps[] = "steps=50",
                samples[] = "samples=0", threads[] = "threads=1", name[] = "name=m",
                report[] = "report=false", quiet[] = "-q";
    char *const train[] = {job,     data, project, window, steps, samples,
                           threads, name, report,  quiet,  NULL};
    assert_int_equal(end_of(begin(train)), 0);
    draw("new.csv", 2, true);
    assert_int_equal(end_of(watch(in_folder("new.csv"), "whole.json", "whole")), 0);
    assert_true(size_of("whole.json") > 1000);
    return 0;
}

static int tear_down(void **state) {
    char line[100];
    snprintf(line, sizeof line, "rm -rf %s", folder);
    return system(line) == 0 ? stop_broker(state) : -1; // NOLINT(cert-env33-c)
}

static void killed_at_any_moment_it_says_the_same(void **state) {
    (void)state;
    NEEDS_BROKER();
    static char source[300];
    uint32_t seed = 7;
    api.mock_topic_create(cluster, "rig", 1, 1);
    snprintf(source, sizeof source, "%s", address("rig?offset=earliest"));
    int given = 0;
    for (int k = 0; k < KILLS; k++) {
        const pid_t watcher = watch(source, "killed.json", "killed");
        for (int i = 0; i < 1 + LAST / BATCH / KILLS && given < LAST; i++) {
            publish("rig", 0, rows + given, BATCH);
            given += BATCH;
        }
        seed = seed * 1664525 + 1013904223;
        usleep(50000 + (seed >> 16) % 400000);
        if (k % 4 == 3) usleep(1200000); // a state was kept in passing
        kill(watcher, SIGKILL);
        assert_int_equal(end_of(watcher), -1);
    }
    assert_int_equal(given, LAST);
    const pid_t watcher = watch(source, "killed.json", "killed");
    publish("rig", 0, rows + LAST, ROWS + 1 - LAST);
    assert_true(grows_to("killed.json", size_of("whole.json")));
    kill(watcher, SIGTERM);
    assert_int_equal(end_of(watcher), 128 + SIGTERM);
    expect_same("whole.json", "killed.json");
}

// From now on, however early it is killed: where that is was kept at once.
static void what_comes_while_it_is_dead_is_not_lost(void **state) {
    (void)state;
    NEEDS_BROKER();
    static char source[300];
    api.mock_topic_create(cluster, "late", 1, 1);
    publish("late", 0, rows + 1, 500); // before it began: not its own
    snprintf(source, sizeof source, "%s", address("late"));
    pid_t watcher = watch(source, "late.json", "late");
    assert_true(grows_to("late/signal.state", 1));
    kill(watcher, SIGKILL);
    assert_int_equal(end_of(watcher), -1);
    publish("late", 0, rows, ROWS + 1);
    watcher = watch(source, "late.json", "late");
    assert_true(grows_to("late.json", size_of("whole.json")));
    kill(watcher, SIGTERM);
    assert_int_equal(end_of(watcher), 128 + SIGTERM);
    expect_same("whole.json", "late.json");
}

static void a_broker_that_was_away_changes_nothing(void **state) {
    (void)state;
    NEEDS_BROKER();
    static char source[300];
    api.mock_topic_create(cluster, "away", 1, 1);
    snprintf(source, sizeof source, "%s", address("away?offset=earliest"));
    const pid_t watcher = watch(source, "away.json", "away");
    publish("away", 0, rows, ROWS / 2);
    assert_true(grows_to("away.json", size_of("whole.json") / 3));
    assert_int_equal(api.mock_broker_set_down(cluster, 1), 0);
    usleep(1500000);
    assert_int_equal(api.mock_broker_set_up(cluster, 1), 0);
    publish("away", 0, rows + ROWS / 2 - 100, 100); // sent again, as one who was not sure
    publish("away", 0, rows + ROWS / 2, ROWS + 1 - ROWS / 2);
    assert_true(grows_to("away.json", size_of("whole.json")));
    kill(watcher, SIGTERM);
    assert_int_equal(end_of(watcher), 128 + SIGTERM);
    char line[600]; // numbers of rows count those that came twice
    snprintf(line, sizeof line,
             "sed 's/\"\\(row\\|first\\)\":[0-9]*,//g' %s >%s; sed "
             "'s/\"\\(row\\|first\\)\":[0-9]*,//g' %s >%s",
             in_folder("whole.json"), in_folder("whole.bare"), in_folder("away.json"),
             in_folder("away.bare"));
    assert_int_equal(system(line), 0); // NOLINT(cert-env33-c)
    expect_same("whole.bare", "away.bare");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_at_any_moment_it_says_the_same),
        cmocka_unit_test(what_comes_while_it_is_dead_is_not_lost),
        cmocka_unit_test(a_broker_that_was_away_changes_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
