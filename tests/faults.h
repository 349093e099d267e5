// SPDX-License-Identifier: Apache-2.0
// faults.h - runs this very test program again with HG_FAIL_ALLOC=n or HG_FAIL_IO=n, for n = 1, 2, ...
#ifndef HG_TESTS_FAULTS_H
#define HG_TESTS_FAULTS_H
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// Exit statuses of a child: the scenario worked, ended with an error and a sentence, or did something wrong.
enum { CHILD_WORKED = 0, CHILD_FAILED_WELL = 40, CHILD_FAILED_BADLY = 41 };

// This program as `program child SCENARIO` with the variable set; its exit status, or -1 for a crash.
static inline int run_child(const char *scenario, const char *variable, const char *value) {
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) {
        setenv(variable, value, 1);
        execl("/proc/self/exe", "test", "child", scenario, (char *)NULL);
        _exit(CHILD_FAILED_BADLY);
    }
    int status = 0;
    if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
    return WEXITSTATUS(status);
}

// Every n fails until the scenario works (three times in a row with "n": the rest is never reached). The
// number of faults that were met; negative where one went wrong.
static inline int count_faults(const char *scenario, const char *variable, const char *suffix) {
    int met = 0;
    for (int n = 1, worked = 0; n < 5000 && worked < 3; n++) {
        char value[32];
        snprintf(value, sizeof value, "%d%s", n, suffix);
        const int status = run_child(scenario, variable, value);
        worked = status == CHILD_WORKED ? worked + 1 : 0;
        met += status == CHILD_FAILED_WELL;
        if (status != CHILD_WORKED && status != CHILD_FAILED_WELL) {
            printf("%s with %s=%s: exit %d\n", scenario, variable, value, status);
            return -1;
        }
    }
    return met;
}
#endif
