// SPDX-License-Identifier: Apache-2.0
// test_watch_filter.c - what a watcher may still ask of the kernel: each question in a process of its own.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "jobs/watch.h"
#include "sanitized.h"

#include <cmocka.h>

enum { NO_FILTER = 77, IS_AS_WANTED = 0, IS_NOT = 1 };

static bool is_refused(int result) {
    return result == -1 && errno == EPERM;
}

// The wait status of a process that filters its calls and then answers.
static int ask(const hg__watch_needs *n, bool (*question)(void)) {
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        hg_error err = {0};
        const int code = hg__watch_filter(n, &err);
        if (code == HG_ERR_MISSING) _exit(NO_FILTER);
        _exit(code == HG_OK && question() ? IS_AS_WANTED : IS_NOT);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void expect_yes(const hg__watch_needs *n, bool (*question)(void)) {
    const int status = ask(n, question);
    if (IS_SANITIZED || (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)) skip();
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), IS_AS_WANTED);
}

static const hg__watch_needs least = {.syslog = -1};
static char place[] = "/tmp/hourglass-filter-XXXXXX";

// ---- questions ----------------------------------------------------------------------------------

static bool no_socket(void) {
    return is_refused(socket(AF_INET, SOCK_STREAM, 0)) &&
           is_refused(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static bool no_connection(void) {
    const struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    return is_refused(connect(0, (const struct sockaddr *)&at, sizeof at));
}

static bool connection_of_three(void) {
    const struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    const bool is_asked =
        connect(3, (const struct sockaddr *)&at, sizeof at) == 0 || errno != EPERM;
    return is_asked && is_refused(connect(4, (const struct sockaddr *)&at, sizeof at));
}

static bool files_are_read_only(void) {
    const int fd = open(place, O_RDONLY | O_CLOEXEC);
    char byte;
    return fd >= 0 && read(fd, &byte, 1) == 1 && close(fd) == 0 &&
           is_refused(open(place, O_WRONLY | O_CLOEXEC)) &&
           is_refused(open(place, O_RDONLY | O_CREAT | O_CLOEXEC, 0600)) &&
           is_refused(open(place, O_RDONLY | O_TRUNC | O_CLOEXEC)) &&
           is_refused(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) &&
           is_refused(unlink(place)) && is_refused(rename(place, "/tmp/another"));
}

static bool files_are_saved(void) {
    char path[] = "/tmp/hourglass-saved-XXXXXX", next[64];
    const int fd = mkstemp(path);
    snprintf(next, sizeof next, "%s.new", path);
    return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && rename(path, next) == 0 &&
           unlink(next) == 0 && close(fd) == 0;
}

static bool no_code_from_data(void) {
    const size_t size = 4096;
    void *page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const bool is_kept =
        page != MAP_FAILED && is_refused(mprotect(page, size, PROT_READ | PROT_EXEC));
    void *code = mmap(NULL, size, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return is_kept && code == MAP_FAILED && errno == EPERM;
}

static bool no_process(void) {
    return is_refused(fork());
}

static void *double_it(void *context) {
    int *number = context;
    *number *= 2;
    return NULL;
}

static bool threads_and_memory(void) {
    pthread_t thread;
    int number = 21;
    volatile char *block = malloc(64 << 20);
    if (!block) return false;
    block[0] = block[(64 << 20) - 1] = 1;
    free((void *)block);
    return pthread_create(&thread, NULL, double_it, &number) == 0 &&
           pthread_join(thread, NULL) == 0 && number == 42;
}

static bool another_program(void) {
    execl("/bin/true", "true", (char *)NULL);
    return true;
}

// ---- tests --------------------------------------------------------------------------------------

static void makes_no_socket(void **state) {
    (void)state;
    expect_yes(&least, no_socket);
}

static void connects_syslogs_socket_alone(void **state) {
    const hg__watch_needs needs = {.syslog = 3};
    (void)state;
    expect_yes(&least, no_connection);
    expect_yes(&needs, connection_of_three);
}

static void reads_files_and_writes_none(void **state) {
    (void)state;
    expect_yes(&least, files_are_read_only);
}

static void saves_files_where_that_is_needed(void **state) {
    const hg__watch_needs needs = {.syslog = -1, .saves_files = true};
    (void)state;
    expect_yes(&needs, files_are_saved);
}

static void makes_no_code_of_data(void **state) {
    (void)state;
    expect_yes(&least, no_code_from_data);
}

static void has_threads_and_memory_but_no_other_process(void **state) {
    (void)state;
    expect_yes(&least, threads_and_memory);
    expect_yes(&least, no_process);
}

static void ends_where_another_program_is_to_start(void **state) {
    (void)state;
    const int status = ask(&least, another_program);
    if (IS_SANITIZED || (WIFEXITED(status) && WEXITSTATUS(status) == NO_FILTER)) skip();
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static int make_file(void **state) {
    (void)state;
    const int fd = mkstemp(place);
    return fd >= 0 && write(fd, "x", 1) == 1 ? close(fd) : -1;
}

static int remove_file(void **state) {
    (void)state;
    return unlink(place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(makes_no_socket),
        cmocka_unit_test(connects_syslogs_socket_alone),
        cmocka_unit_test(reads_files_and_writes_none),
        cmocka_unit_test(saves_files_where_that_is_needed),
        cmocka_unit_test(makes_no_code_of_data),
        cmocka_unit_test(has_threads_and_memory_but_no_other_process),
        cmocka_unit_test(ends_where_another_program_is_to_start),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
