// SPDX-License-Identifier: Apache-2.0
// test_helper.c - work in a process of its own: what it makes, what it says, and what becomes of it when it does neither.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/system.h"
#include "sanitized.h"

#include <cmocka.h>

static int write_five(void *context, int fd, hg_error *err) {
    printf("nothing of this is seen\n");
    (void)fflush(stdout);
    return hg__spill(fd, context, 5, err);
}

static int complain(void *context, int fd, hg_error *err) {
    (void)context, (void)fd;
    return hg__fail(err, HG_ERR_USAGE, "x: expected this, got that");
}

static int crash(void *context, int fd, hg_error *err) {
    (void)context, (void)fd, (void)err;
    (void)raise(SIGSEGV);
    return HG_OK;
}

static int run_for_ever(void *context, int fd, hg_error *err) {
    (void)context, (void)fd, (void)err;
    for (volatile uint64_t i = 0; i < UINT64_MAX; i++) continue;
    return HG_OK;
}

static int take_all(void *context, int fd, hg_error *err) {
    (void)context, (void)fd;
    static volatile size_t sum;
    for (int i = 0; i < 64; i++) {
        volatile char *block = malloc((size_t)32 << 20); // or clang does without it
        if (!block) return hg__fail(err, HG_ERR_MEMORY, "no more");
        for (size_t k = 0; k < (size_t)32 << 20; k += 4096) block[k] = 1, sum += (size_t)block[k];
    }
    return HG_OK;
}

static int run(int (*work)(void *, int, hg_error *), int *fd, hg_error *err) {
    char five[] = "12345";
    const hg__helper h = {.memory = 128 << 20,
                          .seconds = 1,
                          .path = "x.mat",
                          .what = "somebody",
                          .work = work,
                          .context = five};
    return hg__helper_run(&h, fd, err);
}

static void what_it_makes_comes_back(void **state) {
    (void)state;
    char got[8] = "";
    int fd;
    hg_error err = {0};
    assert_int_equal(run(write_five, &fd, &err), HG_OK);
    assert_int_equal(pread(fd, got, sizeof got, 0), 5);
    assert_string_equal(got, "12345");
    close(fd);
}

static void its_sentence_comes_back(void **state) {
    (void)state;
    int fd;
    hg_error err = {0};
    assert_int_equal(run(complain, &fd, &err), HG_ERR_USAGE);
    assert_string_equal(err.message, "x: expected this, got that");
    assert_int_equal(err.code, HG_ERR_USAGE);
    assert_int_equal(fd, -1);
    assert_int_equal(run(complain, &fd, NULL), HG_ERR_USAGE);
}

static void expect_end(int (*work)(void *, int, hg_error *), hg_code code, const char *says) {
    int fd;
    hg_error err = {0};
    assert_int_equal(run(work, &fd, &err), code);
    assert_string_equal(err.message, says);
    assert_int_equal(fd, -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); // none is left
}

static void it_may_crash_run_for_ever_or_take_all_there_is(void **state) {
    (void)state;
    static const char says[] =
        "x.mat: expected somebody to read it within 128 MB and 1 s, but it did not: the "
        "file is damaged, or made to harm";
    expect_end(crash, HG_ERR_DATA, says);
    expect_end(run_for_ever, HG_ERR_DATA, says);
    // a sanitizer's allocator ends the process
    if (!IS_SANITIZED) expect_end(take_all, HG_ERR_MEMORY, "no more");
}

static void a_host_that_waits_for_all_its_children_does_no_harm(void **state) {
    (void)state;
    void (*before)(int) = signal(SIGCHLD, SIG_IGN);
    its_sentence_comes_back(state);
    expect_end(
        crash, HG_ERR_DATA,
        "x.mat: expected somebody to read it within 128 MB and 1 s, but it did not: the file "
        "is damaged, or made to harm");
    (void)signal(SIGCHLD, before);
}

// What is not ours must not end up in our files, nor our pipe be taken for a stream.
static int without_streams(void) {
    int fd[2];
    hg_error err = {0};
    hg__writer w = {0};
    for (int i = 0; i <= STDERR_FILENO; i++) close(i);
    fd[0] = hg__open_read("/dev/null", &err);
    fd[1] = hg__open_spill(&err);
    const int code = hg__writer_open(&w, "/tmp/hourglass_test_helper", &err);
    const bool clear = code == HG_OK && fd[0] > 2 && fd[1] > 2 && w.fd > 2;
    hg__writer_abort(&w);
    return clear && run(write_five, &fd[0], &err) == HG_OK ? 7 : 1;
}

static void a_host_may_have_closed_its_standard_streams(void **state) {
    (void)state;
    int status;
    const pid_t child = fork();
    if (child == 0) _exit(without_streams());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_makes_comes_back),
        cmocka_unit_test(its_sentence_comes_back),
        cmocka_unit_test(it_may_crash_run_for_ever_or_take_all_there_is),
        cmocka_unit_test(a_host_that_waits_for_all_its_children_does_no_harm),
        cmocka_unit_test(a_host_may_have_closed_its_standard_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
