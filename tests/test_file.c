// SPDX-License-Identifier: Apache-2.0
// test_file.c - files: whole or not at all, also where writing fails.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "base/file.h"
#include "base/system.h"
#include "faults.h"
#include "own_folder.h"

#include <cmocka.h>

static void write_text(const char *name, const char *text) {
    hg_error err = {0};
    if (hg__write_file(at(name), text, strlen(text), &err) < 0) fail_msg("%s", err.message);
}

static void expect_text(const char *name, const char *text) {
    hg__content m;
    hg_error err = {0};
    if (hg__content_read(&m, at(name), &err) < 0) fail_msg("%s", err.message);
    assert_int_equal(m.size, strlen(text));
    assert_memory_equal(m.data, text, m.size);
    hg__content_free(&m);
}

static void expect_no_temporary(void) {
    char command[128];
    snprintf(command, sizeof command, "test -z \"$(find %s -name '*.tmp')\"", folder);
    assert_int_equal(system(command), 0);
}

// ---- writing ------------------------------------------------------------------------------------

static void a_file_is_what_was_added(void **state) {
    (void)state;
    enum { PARTS = 300, PART = 1000, LARGE = 200000 };
    static char all[PARTS * PART + LARGE];
    hg__writer w;
    for (size_t i = 0; i < sizeof all; i++) all[i] = (char)(i * 7 + i / 251);
    assert_int_equal(hg__writer_open(&w, at("parts"), NULL), HG_OK);
    for (int i = 0; i < PARTS; i++) {
        assert_int_equal(hg__writer_add(&w, all + i * PART, PART, NULL), HG_OK);
    }
    assert_int_equal(hg__writer_add(&w, NULL, 0, NULL), HG_OK);
    assert_int_equal(hg__writer_add(&w, all + PARTS * PART, LARGE, NULL), HG_OK);
    assert_false(hg__is_file(at("parts"))); // not before it is whole
    assert_int_equal(hg__writer_commit(&w, NULL), HG_OK);
    hg__content m;
    assert_int_equal(hg__content_read(&m, at("parts"), NULL), HG_OK);
    assert_int_equal(m.size, sizeof all);
    assert_memory_equal(m.data, all, sizeof all);
    hg__content_free(&m);
    hg__content_free(&m); // {0} is fine
    expect_no_temporary();
}

static void a_writer_to_memory_adds_to_a_text_and_makes_no_file(void **state) {
    (void)state;
    enum { LARGE = 200000 };
    static char all[LARGE];
    hg__text t = {0};
    hg__writer w;
    for (size_t i = 0; i < sizeof all; i++) all[i] = (char)(i * 7 + i / 251);
    hg__text_add(&t, "before");
    assert_int_equal(hg__writer_open_memory(&w, at("none"), &t, NULL), HG_OK);
    assert_int_equal(hg__writer_add(&w, all, 10, NULL), HG_OK);
    assert_int_equal(hg__writer_add(&w, all + 10, LARGE - 20, NULL), HG_OK);
    assert_int_equal(hg__writer_add(&w, all + LARGE - 10, 10, NULL), HG_OK);
    assert_int_equal(hg__writer_commit(&w, NULL), HG_OK);
    assert_int_equal(t.length, 6 + sizeof all);
    assert_memory_equal(t.data, "before", 6);
    assert_memory_equal(t.data + 6, all, sizeof all);
    assert_false(hg__is_file(at("none")));
    expect_no_temporary();
    hg_error err;
    t.failed = true;
    assert_int_equal(hg__writer_open_memory(&w, "-", &t, &err), HG_OK);
    assert_int_equal(hg__writer_add(&w, all, 10, &err), HG_OK);
    assert_int_equal(hg__writer_commit(&w, &err), HG_ERR_MEMORY);
    hg__text_clear(&t);
}

static void an_old_file_stands_until_the_new_one_is_whole(void **state) {
    (void)state;
    hg__writer w;
    write_text("old", "old");
    assert_int_equal(hg__writer_open(&w, at("old"), NULL), HG_OK);
    assert_int_equal(hg__writer_add(&w, "new", 3, NULL), HG_OK);
    expect_text("old", "old");
    hg__writer_abort(&w);
    hg__writer_abort(&w); // {0} is fine
    expect_text("old", "old");
    expect_no_temporary();
    write_text("old", "new");
    expect_text("old", "new");
    write_text("old", "");
    expect_text("old", "");
}

// As left by a killed process that had our number: in a container numbers come back.
static void a_left_over_temporary_file_is_no_obstacle(void **state) {
    (void)state;
    char name[64];
    snprintf(name, sizeof name, "again.%ld.tmp", (long)getpid());
    write_text(name, "half of a fi");
    write_text("again", "whole");
    expect_text("again", "whole");
    expect_text(name, "half of a fi"); // it may be somebody's
    unlink(at(name));
}

static void two_writers_of_one_file_do_not_meet(void **state) {
    (void)state;
    hg__writer a, b;
    assert_int_equal(hg__writer_open(&a, at("two"), NULL), HG_OK);
    assert_int_equal(hg__writer_open(&b, at("two"), NULL), HG_OK);
    assert_int_equal(hg__writer_add(&a, "first", 5, NULL), HG_OK);
    assert_int_equal(hg__writer_add(&b, "second", 6, NULL), HG_OK);
    assert_int_equal(hg__writer_commit(&a, NULL), HG_OK);
    expect_text("two", "first");
    assert_int_equal(hg__writer_commit(&b, NULL), HG_OK);
    expect_text("two", "second");
    expect_no_temporary();
}

static void a_file_that_cannot_be_made_is_an_error(void **state) {
    (void)state;
    hg__writer w;
    hg_error err = {0};
    char path[1200];
    memset(path, 'x', sizeof path);
    path[1024] = '\0';
    assert_int_equal(hg__writer_open(&w, path, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "expected a path of at most 1023 bytes, got 1024"));
    path[1023] = '\0'; // fits, but no file system takes such a name
    assert_int_equal(hg__writer_open(&w, path, &err), HG_ERR_IO);
    assert_int_equal(hg__writer_open(&w, at("no/such/folder"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "no/such/folder: cannot create: there is no folder "));
    assert_int_equal(hg__make_folder(at("a_folder"), NULL), HG_OK);
    assert_int_equal(hg__write_file(at("a_folder"), "x", 1, &err), HG_ERR_IO);
    assert_true(hg__is_folder(at("a_folder")));
    expect_no_temporary();
    if (access("/dev/full", W_OK) == 0) {
        assert_int_equal(hg__write_file("/dev/full", "x", 1, &err), HG_ERR_IO);
        assert_non_null(strstr(err.message, "No space left"));
    }
    assert_int_equal(hg__write_file("/dev/null", "x", 1, &err), HG_OK);
}

static void lines_are_appended(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg__append_line(at("log"), "one\n", &err), HG_OK);
    assert_int_equal(hg__append_line(at("log"), "two\n", &err), HG_OK);
    expect_text("log", "one\ntwo\n");
    assert_int_equal(hg__append_line(at("missing/log"), "one\n", &err), HG_ERR_IO);
}

// ---- reading ------------------------------------------------------------------------------------

static void what_is_no_file_is_not_read_whole(void **state) {
    (void)state;
    hg__content m;
    hg_error err = {0};
    assert_int_equal(hg__content_read(&m, at("missing"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "missing: cannot open: No such file or directory"));
    assert_int_equal(hg__content_read(&m, folder, &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "expected a file, got a folder"));
    assert_int_equal(hg__content_read(&m, "/dev/zero", &err), HG_ERR_DATA);
    assert_string_equal(err.message, "/dev/zero: expected a file or a pipe, got a device");
    assert_true(!m.size && !m.data);
    assert_int_equal(hg__content_read(&m, "/dev/null", &err), HG_OK);
    assert_true(m.size == 0 && m.data != NULL);
    write_text("empty", "");
    assert_int_equal(hg__content_read(&m, at("empty"), &err), HG_OK);
    assert_true(m.size == 0 && m.data != NULL);
    hg__content_free(&m);
}

static void bytes_are_read_where_they_are(void **state) {
    (void)state;
    hg_error err = {0};
    char got[4] = "";
    write_text("digits", "0123456789");
    const int fd = hg__open_read(at("digits"), &err);
    assert_true(fd >= 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_int_equal(hg__read_at(fd, got, 3, 7, "digits", &err), HG_OK);
    assert_string_equal(got, "789");
    assert_int_equal(hg__read_at(fd, got, 0, 99, "digits", &err), HG_OK);
    assert_int_equal(hg__read_at(fd, got, 3, 8, "digits", &err), HG_ERR_IO);
    assert_string_equal(err.message, "digits: expected 1 more bytes, got the end of the file");
    close(fd);
    assert_int_equal(hg__read_at(fd, got, 3, 0, "digits", &err), HG_ERR_IO);
}

static void a_spill_has_no_name(void **state) {
    (void)state;
    hg_error err = {0};
    struct stat s;
    setenv("TMPDIR", folder, 1);
    const int fd = hg__open_spill(&err);
    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &s), 0);
    assert_int_equal(s.st_nlink, 0);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    close(fd);
    setenv("TMPDIR", at("missing"), 1);
    assert_int_equal(hg__open_spill(&err), HG_ERR_IO);
    unsetenv("TMPDIR");
}

// ---- paths --------------------------------------------------------------------------------------

static void folders_are_made_with_their_parents(void **state) {
    (void)state;
    hg_error err = {0};
    char endless[1100];
    assert_int_equal(hg__make_folder(at("one/two/three"), &err), HG_OK);
    assert_true(hg__is_folder(at("one/two/three")) && !hg__is_file(at("one/two/three")));
    assert_int_equal(hg__make_folder(at("one/two/three"), &err), HG_OK);
    assert_int_equal(hg__make_folder(at("one//two/four/"), &err), HG_OK);
    assert_true(hg__is_folder(at("one/two/four")));
    write_text("one/file", "x");
    assert_true(hg__is_file(at("one/file")) && !hg__is_folder(at("one/file")));
    assert_int_equal(hg__make_folder(at("one/file/below"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "one/file: expected a folder, got a file"));
    assert_int_equal(symlink("nowhere", at("one/link")), 0);
    assert_int_equal(hg__make_folder(at("one/link"), &err), HG_ERR_IO);
    assert_non_null(
        strstr(err.message, "one/link: expected a folder, got a link that leads to none"));
    assert_int_equal(hg__make_folder("", &err), HG_ERR_USAGE);
    memset(endless, '/', sizeof endless);
    endless[1024] = '\0';
    assert_int_equal(hg__make_folder(endless, &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "expected a path of 1 to 1023 bytes, got 1024"));
}

// Permissions do not bind root, but nobody makes folders in /sys.
static void a_folder_that_cannot_be_made_says_why(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg__make_folder(at("closed"), &err), HG_OK);
    assert_int_equal(chmod(at("closed"), 0555), 0);
    if (geteuid() != 0) {
        assert_int_equal(hg__make_folder(at("closed/runs"), &err), HG_ERR_IO);
        assert_non_null(strstr(err.message, "closed/runs: cannot create: no permission"));
    }
    if (hg__is_folder("/sys/kernel")) {
        assert_int_equal(hg__make_folder("/sys/kernel/runs", &err), HG_ERR_IO);
        assert_null(strstr(err.message, "No such file"));
    }
}

static void what_cannot_be_written_is_told_before(void **state) {
    (void)state;
    hg_error err = {0};
    assert_int_equal(hg__check_creatable(at("new.csv"), &err), HG_OK);
    assert_int_equal(hg__check_creatable("-", &err), HG_OK);
    assert_int_equal(hg__check_creatable("/dev/null", &err), HG_OK);
    assert_int_equal(hg__check_creatable(at("none/new.csv"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "there is no folder"));
    assert_int_equal(hg__write_file(at("plain"), "x", 1, &err), HG_OK);
    assert_int_equal(hg__check_creatable(at("plain"), &err), HG_OK);
    assert_int_equal(hg__check_creatable(at("plain/new.csv"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "expected a folder, got"));
    assert_int_equal(hg__check_folder_creatable(at("a/b/c"), &err), HG_OK);
    assert_int_equal(hg__check_folder_creatable(at("plain/b"), &err), HG_ERR_IO);
    assert_int_equal(hg__make_folder(at("shut"), &err), HG_OK);
    assert_int_equal(chmod(at("shut"), 0555), 0);
    if (geteuid() == 0) return; // whom permissions do not bind
    assert_int_equal(hg__check_creatable(at("shut/new.csv"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "no permission to write into"));
    assert_int_equal(hg__check_folder_creatable(at("shut/a/b"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "no permission to write into"));
}

static void the_nearest_file_is_named(void **state) {
    (void)state;
    hg_error err = {0};
    char wrong[1200];
    assert_int_equal(hg__write_file(at("normal.csv"), "x", 1, &err), HG_OK);
    assert_int_equal(hg__open_read(at("norml.csv"), &err), HG_ERR_IO);
    assert_non_null(strstr(err.message, "No such file or directory; did you mean "));
    assert_non_null(strstr(err.message, "normal.csv?"));
    assert_int_equal(hg__open_read(at("norml.txt"), &err), HG_ERR_IO);
    assert_null(strstr(err.message, "did you mean"));
    memset(wrong, 'n', sizeof wrong);
    wrong[sizeof wrong - 1] = '\0';
    assert_int_equal(hg__open_read(wrong, &err), HG_ERR_IO);
}

static void a_file_is_itself_by_any_path(void **state) {
    (void)state;
    assert_int_equal(hg__make_folder(at("same/below"), NULL), HG_OK);
    write_text("same/x", "1");
    write_text("same/y", "1");
    assert_int_equal(symlink("x", at("same/link")), 0);
    assert_int_equal(symlink("..", at("same/below/up")), 0);
    assert_int_equal(link(at("same/x"), at("same/hard")), 0);
    static const char *const same[] = {"same/x",    "same/./x",        "same/link",
                                       "same/hard", "same/below/../x", "same/below/up/x"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        assert_true(hg__is_same_file(at("same/x"), at(same[i])));
        assert_true(hg__is_same_file(at(same[i]), at("same/x")));
    }
    assert_false(hg__is_same_file(at("same/x"), at("same/y")));
    assert_false(hg__is_same_file(at("same/x"), at("same/new")));
    assert_false(hg__is_same_file(at("same/new"), at("same/new")));
    assert_false(hg__is_same_file(at("same"), at("same"))); // a folder
    assert_false(hg__is_same_file("/dev/null", "/dev/null"));
}

static void a_name_may_be_as_long_as_names_are(void **state) {
    (void)state;
    char name[256];
    memset(name, 'n', sizeof name);
    for (size_t length = 215; length < 256; length++) {
        char path[512];
        hg_error err = {0};
        snprintf(path, sizeof path, "%s/%.*s", folder, (int)length, name);
        if (hg__write_file(path, "long", 4, &err) < 0) fail_msg("%s", err.message);
        assert_true(hg__is_file(path));
        unlink(path);
    }
    expect_no_temporary();
}

static void descriptors_are_written_into_and_not_replaced(void **state) {
    (void)state;
    char path[32], got[8] = "";
    const int fd = open(at("through"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "a", 1), 1);
    snprintf(path, sizeof path, "/dev/fd/%d", fd);
    assert_int_equal(hg__write_file(path, "b", 1, NULL), HG_OK);
    assert_int_equal(write(fd, "c", 1), 1);
    assert_int_equal(pread(fd, got, sizeof got, 0), 3);
    assert_string_equal(got, "abc");
    close(fd);
    assert_int_equal(hg__named_descriptor("/dev/stdout"), 1);
    assert_int_equal(hg__named_descriptor("/proc/self/fd/63"), 63);
    assert_int_equal(hg__named_descriptor("/dev/fd/"), -1);
    assert_int_equal(hg__named_descriptor("/dev/fd/1/x"), -1);
    hg_error err = {0};
    assert_int_equal(hg__write_file("", "x", 1, &err), HG_ERR_USAGE);
}

// ---- streams ------------------------------------------------------------------------------------

// A process of its own, as a pipe holds little, writes `size` bytes and ends.
static void write_from_a_child(int to, char byte, size_t size) {
    char block[4096];
    memset(block, byte, sizeof block);
    const pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0) return;
    for (size_t left = size; left;) {
        const ssize_t n = write(to, block, left < sizeof block ? left : sizeof block);
        if (n <= 0) _exit(1);
        left -= (size_t)n;
    }
    _exit(0);
}

static void expect_bytes(const char *path, char byte, size_t size) {
    hg__content m;
    hg_error err = {0};
    if (hg__content_read(&m, path, &err) < 0) fail_msg("%s", err.message);
    assert_int_equal(m.size, size);
    for (size_t i = 0; i < size; i++) assert_int_equal(m.data[i], byte);
    hg__content_free(&m);
}

static void a_pipe_is_read_as_often_as_one_likes(void **state) {
    (void)state;
    enum { MUCH = 1000000 };
    char path[32];
    int end[2];
    assert_int_equal(pipe(end), 0);
    write_from_a_child(end[1], 'p', MUCH);
    close(end[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", end[0]);
    assert_true(hg__is_stream(path));
    assert_int_equal(hg__stream_keep(path, state, NULL), HG_OK);
    assert_int_equal(hg__stream_keep(path, state, NULL), HG_OK);
    for (int i = 0; i < 3; i++) expect_bytes(path, 'p', MUCH);
    hg__stream_forget(state);
    expect_bytes(path, 'p', 0); // all of it was read
    close(end[0]);
    assert_int_equal(wait(NULL) > 0, 1);
}

static void a_named_pipe_is_another_the_next_time(void **state) {
    (void)state;
    assert_int_equal(mkfifo(at("fifo"), 0600), 0);
    for (const char *byte = "abc"; *byte; byte++) {
        const pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
            const int to = open(at("fifo"), O_WRONLY | O_CLOEXEC); // waits for its reader
            _exit(write(to, byte, 1) == 1 ? 0 : 1);
        }
        assert_int_equal(hg__stream_keep(at("fifo"), state, NULL), HG_OK);
        expect_bytes(at("fifo"), *byte, 1);
        expect_bytes(at("fifo"), *byte, 1);
        hg__stream_forget(state);
        assert_int_equal(wait(NULL), pid);
    }
}

static void a_stream_that_failed_once_has_failed(void **state) {
    (void)state;
    char path[32];
    int end[2];
    hg__content m;
    hg_error err = {0};
    assert_int_equal(pipe(end), 0);
    assert_int_equal(write(end[1], "1,2\n", 4), 4);
    close(end[1]);
    snprintf(path, sizeof path, "/dev/fd/%d", end[0]);
    assert_int_equal(hg__stream_keep(path, state, NULL), HG_OK);
    setenv("TMPDIR", at("missing"), 1);
    assert_int_equal(hg__content_read(&m, path, &err), HG_ERR_IO);
    unsetenv("TMPDIR");
    err = (hg_error){0};
    assert_int_equal(hg__content_read(&m, path, &err), HG_ERR_IO); // what is left may not be all
    assert_non_null(strstr(err.message, "cannot make a temporary file"));
    hg__stream_forget(state);
    close(end[0]);
}

static void standard_input_that_is_a_file_is_that_file(void **state) {
    (void)state;
    char path[256];
    write_text("input", "sssss");
    snprintf(path, sizeof path, "%s", at("input"));
    const int before = dup(STDIN_FILENO), fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    assert_true(hg__is_same_file("-", path));
    expect_bytes("-", 's', 5);
    expect_bytes("-", 's', 5);
    assert_int_equal(lseek(STDIN_FILENO, 2, SEEK_SET), 2); // somebody read a part
    expect_bytes("-", 's', 3);
    assert_int_equal(dup2(before, STDIN_FILENO), STDIN_FILENO);
    close(before);
    close(fd);
}

static void a_path_fits_or_is_an_error(void **state) {
    (void)state;
    hg_error err = {0};
    char path[8];
    assert_int_equal(hg__join_path(path, sizeof path, "abc", "def", &err), HG_OK);
    assert_string_equal(path, "abc/def");
    assert_int_equal(hg__join_path(path, sizeof path, "abc", "defg", &err), HG_ERR_USAGE);
    assert_non_null(strstr(err.message, "longer than 7 bytes"));
}

// ---- faults -------------------------------------------------------------------------------------

// Writes one file over an old one in several pieces.
static int child(void) {
    static char piece[70000];
    hg__writer w;
    hg_error err = {0};
    snprintf(folder, sizeof folder, "%s", getenv("HG_TEST_FOLDER"));
    memset(piece, 'n', sizeof piece);
    int code = hg__writer_open(&w, at("target"), &err);
    if (code == HG_OK) {
        code = hg__writer_add(&w, piece, 40000, &err);
        if (code == HG_OK) code = hg__writer_add(&w, piece, 40000, &err);
        if (code == HG_OK) code = hg__writer_add(&w, piece, sizeof piece, &err);
        if (code == HG_OK) {
            code = hg__writer_commit(&w, &err);
        } else {
            hg__writer_abort(&w);
        }
    }
    if (code == HG_OK) return CHILD_WORKED;
    return code == err.code && *err.message ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void a_write_that_fails_leaves_the_old_file_and_nothing_else(void **state) {
    (void)state;
    const char *const variables[] = {"HG_FAIL_IO", "HG_FAIL_ALLOC"};
    setenv("HG_TEST_FOLDER", folder, 1);
    for (int v = 0; v < 2; v++) {
        int met = 0;
        for (int n = 1;; n++) {
            char value[16];
            snprintf(value, sizeof value, "%d", n);
            write_text("target", "old");
            const int status = run_child("write", variables[v], value);
            if (status == CHILD_WORKED) break;
            assert_int_equal(status, CHILD_FAILED_WELL);
            expect_text("target", "old");
            expect_no_temporary();
            met++;
        }
        assert_true(met >= (v == 0 ? 5 : 1)); // open, writes, sync, rename
        struct stat s;
        assert_int_equal(stat(at("target"), &s), 0);
        assert_int_equal(s.st_size, 150000);
    }
}

// ---- who may read it, and where it goes -----------------------------------------------------------

static mode_t mode_of(const char *name) {
    struct stat s;
    assert_int_equal(stat(at(name), &s), 0);
    return s.st_mode & 07777;
}

static void a_replaced_file_passes_on_who_may_read_it(void **state) {
    (void)state;
    static const mode_t modes[] = {0600, 0640, 0644, 0444, 0666, 0200};
    hg__writer w;
    struct stat s;
    const mode_t mask = umask(022);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        write_text("mine", "old");
        assert_int_equal(chmod(at("mine"), modes[i]), 0);
        assert_int_equal(hg__writer_open(&w, at("mine"), NULL), HG_OK);
        assert_int_equal(fstat(w.fd, &s), 0);
        assert_int_equal(s.st_mode & 0777, modes[i]); // before it has a byte
        assert_int_equal(hg__writer_add(&w, "new", 3, NULL), HG_OK);
        assert_int_equal(hg__writer_commit(&w, NULL), HG_OK);
        assert_int_equal(mode_of("mine"), modes[i]);
    }
    write_text("fresh", "new");
    assert_int_equal(mode_of("fresh"), 0644);
    umask(mask);
}

static void a_private_file_is_private_from_its_birth(void **state) {
    (void)state;
    static const struct {
        hg__file_mode wanted;
        mode_t mode;
    } kinds[] = {
        {HG_MODE_PRIVATE, 0600},
        {HG_MODE_OPEN,    0644},
        {HG_MODE_PRIVATE, 0600}, // whatever was there
    };
    hg__writer w;
    struct stat s;
    const mode_t mask = umask(022);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_int_equal(hg__writer_open_mode(&w, at("rows"), kinds[i].wanted, NULL), HG_OK);
        assert_int_equal(fstat(w.fd, &s), 0);
        assert_int_equal(s.st_mode & 0777, kinds[i].mode);
        assert_int_equal(hg__writer_commit(&w, NULL), HG_OK);
        assert_int_equal(mode_of("rows"), kinds[i].mode);
    }
    umask(mask);
}

static void attributes_are_passed_on_where_there_are_any(void **state) {
    (void)state;
    char value[8] = "";
    write_text("marked", "old");
    if (setxattr(at("marked"), "user.note", "kept", 5, 0) != 0) return; // none on this file system
    write_text("marked", "new");
    assert_int_equal(getxattr(at("marked"), "user.note", value, sizeof value), 5);
    assert_string_equal(value, "kept");
}

static void a_link_stays_one_to_what_is_replaced(void **state) {
    (void)state;
    struct stat s;
    assert_int_equal(hg__make_folder(at("elsewhere"), NULL), HG_OK);
    write_text("elsewhere/target", "old");
    assert_int_equal(symlink("elsewhere/target", at("link")), 0);
    assert_int_equal(symlink("link", at("link2")), 0);
    write_text("link2", "new");
    expect_text("elsewhere/target", "new");
    assert_int_equal(symlink(at("elsewhere/none yet"), at("early")), 0); // leads to nothing yet
    write_text("early", "new");
    expect_text("elsewhere/none yet", "new");
    static const char *const links[] = {"link", "link2", "early"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(lstat(at(links[i]), &s), 0);
        assert_true(S_ISLNK(s.st_mode));
    }
    hg_error err = {0};
    assert_int_equal(symlink("circle", at("circle")), 0);
    assert_int_equal(hg__write_file(at("circle"), "x", 1, &err), HG_ERR_IO);
    expect_no_temporary();
}

// ---- what killed processes leave ----------------------------------------------------------------

static bool is_there(const char *name) {
    return access(at(name), F_OK) == 0;
}

static pid_t dead_process(void) {
    const pid_t pid = fork();
    if (pid == 0) _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static const char *left_by(const char *name, pid_t pid, const char *more) {
    static char text[8][64];
    static int next;
    next = (next + 1) % 8;
    snprintf(text[next], sizeof text[0], "%s.%ld%s.tmp", name, (long)pid, more);
    return text[next];
}

static void what_a_dead_process_left_is_taken_away_and_nothing_else(void **state) {
    (void)state;
    const pid_t dead = dead_process(), alive = getppid();
    const char *gone[] = {left_by("out.csv", dead, ""), left_by("out.csv", dead, ".3"),
                          left_by("out.csv", getpid(), "")};
    const char *kept[] = {left_by("out.csv", alive, ""), left_by("other.csv", dead, ""),
                          "out.csv.tmp", "out.csv.x.tmp", "out.csv.1.bak"};
    for (int i = 0; i < 3; i++) assert_int_equal(hg__append_line(at(gone[i]), "x", NULL), HG_OK);
    for (int i = 0; i < 5; i++) assert_int_equal(hg__append_line(at(kept[i]), "x", NULL), HG_OK);
    hg__sweep_beside(at("out.csv"));
    for (int i = 0; i < 3; i++) assert_false(is_there(gone[i]));
    for (int i = 0; i < 5; i++) {
        assert_true(is_there(kept[i]));
        unlink(at(kept[i]));
    }
}

// A number may be another process's today; a lock may not.
static void what_is_being_written_is_never_taken_away(void **state) {
    (void)state;
    const char *name = left_by("busy", getpid(), "");
    const int fd = open(at(name), O_RDWR | O_CREAT, 0666);
    assert_true(fd >= 0 && hg__lock_descriptor(fd));
    hg__sweep_beside(at("busy"));
    assert_true(is_there(name));
    close(fd);
    hg__sweep_beside(at("busy"));
    assert_false(is_there(name));
}

static void one_at_a_time_has_a_folder(void **state) {
    (void)state;
    hg__lock a, b;
    hg_error err = {0};
    char sentence[300];
    assert_int_equal(hg__make_folder(at("run"), NULL), HG_OK);
    assert_int_equal(hg__lock_check(at("run"), &err), HG_OK);
    assert_int_equal(hg__lock_folder(&a, at("run"), &err), HG_OK);
    assert_true(a.fd >= 0);
    snprintf(sentence, sizeof sentence, "%s: is being trained by process %ld", at("run"),
             (long)getpid());
    assert_int_equal(hg__lock_folder(&b, at("run"), &err), HG_ERR_IO); // in the same process, too
    assert_string_equal(err.message, sentence);
    assert_int_equal(hg__lock_check(at("run"), &err), HG_ERR_IO);
    hg__lock_release(&a);
    assert_false(is_there("run/.lock"));
    assert_int_equal(hg__lock_folder(&b, at("run"), &err), HG_OK);
    hg__lock_release(&b);
}

static void a_dead_process_has_no_folder(void **state) {
    (void)state;
    hg__lock l;
    hg_error err = {0};
    const pid_t pid = fork();
    if (pid == 0) _exit(hg__lock_folder(&l, at("run"), NULL) == HG_OK && l.fd >= 0 ? 0 : 1);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_true(is_there("run/.lock")); // but nobody holds it
    assert_int_equal(hg__lock_check(at("run"), &err), HG_OK);
    assert_int_equal(hg__lock_folder(&l, at("run"), &err), HG_OK);
    assert_true(l.fd >= 0);
    hg__lock_release(&l);
    assert_int_equal(hg__lock_folder(&l, at("no such run"), &err), HG_OK); // none to be had
    assert_true(l.fd < 0 && l.why);
}

static void a_file_that_shrinks_is_an_error_and_one_in_memory_stays(void **state) {
    (void)state;
    hg__content m;
    char byte[2] = "";
    hg_error err = {0};
    write_text("shrinks", "ab");
    const int fd = hg__open_read(at("shrinks"), &err);
    assert_int_equal(hg__content_read(&m, at("shrinks"), &err), HG_OK);
    assert_int_equal(truncate(at("shrinks"), 1), 0);
    assert_memory_equal(m.data, "ab", 2);
    hg__content_free(&m);
    assert_int_equal(hg__read_at(fd, byte, 2, 0, "shrinks", &err), HG_ERR_IO);
    assert_string_equal(err.message, "shrinks: expected 1 more bytes, got the end of the file");
    close(fd);
}

static void expect_list(const char *list, const char *const *want) {
    char path[300];
    while (hg__path_list_next(&list, path, sizeof path)) {
        assert_non_null(*want);
        assert_string_equal(path, *want++);
    }
    assert_null(*want);
}

static void a_list_of_paths_is_taken_apart_at_commas_that_no_name_has(void **state) {
    (void)state;
    char list[1000], a[300], b[300], comma[300];
    hg_error err;
    snprintf(a, sizeof a, "%s", at("list-a"));
    snprintf(b, sizeof b, "%s", at("list-b"));
    snprintf(comma, sizeof comma, "%s", at("list-a,b"));
    assert_int_equal(hg__write_file(comma, "x", 1, &err), HG_OK);
    const char *const none[] = {NULL}, *const two[] = {a, b, NULL}, *const one[] = {comma, NULL},
                      *const three[] = {a, comma, b, NULL}, *const bare[] = {"x", NULL};
    expect_list("", none);
    expect_list(",,", none);
    expect_list("x", bare);
    expect_list(",x,,", bare);
    snprintf(list, sizeof list, "%s,%s", a, b); // not there: said by who opens them
    expect_list(list, two);
    expect_list(comma, one);
    snprintf(list, sizeof list, "%s,%s,%s", a, comma, b);
    expect_list(list, three);
    char small[4];
    const char *rest = "abcdefg,h";
    assert_true(hg__path_list_next(&rest, small, sizeof small));
    assert_string_equal(small, "abc");
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "child") == 0) return child();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_written_is_told_before),
        cmocka_unit_test(the_nearest_file_is_named),
        cmocka_unit_test(a_list_of_paths_is_taken_apart_at_commas_that_no_name_has),
        cmocka_unit_test(a_file_is_what_was_added),
        cmocka_unit_test(a_writer_to_memory_adds_to_a_text_and_makes_no_file),
        cmocka_unit_test(an_old_file_stands_until_the_new_one_is_whole),
        cmocka_unit_test(a_left_over_temporary_file_is_no_obstacle),
        cmocka_unit_test(two_writers_of_one_file_do_not_meet),
        cmocka_unit_test(a_file_that_cannot_be_made_is_an_error),
        cmocka_unit_test(lines_are_appended),
        cmocka_unit_test(what_is_no_file_is_not_read_whole),
        cmocka_unit_test(bytes_are_read_where_they_are),
        cmocka_unit_test(a_spill_has_no_name),
        cmocka_unit_test(folders_are_made_with_their_parents),
        cmocka_unit_test(a_folder_that_cannot_be_made_says_why),
        cmocka_unit_test(a_file_is_itself_by_any_path),
        cmocka_unit_test(a_name_may_be_as_long_as_names_are),
        cmocka_unit_test(descriptors_are_written_into_and_not_replaced),
        cmocka_unit_test(a_pipe_is_read_as_often_as_one_likes),
        cmocka_unit_test(a_named_pipe_is_another_the_next_time),
        cmocka_unit_test(a_stream_that_failed_once_has_failed),
        cmocka_unit_test(standard_input_that_is_a_file_is_that_file),
        cmocka_unit_test(a_path_fits_or_is_an_error),
        cmocka_unit_test(a_replaced_file_passes_on_who_may_read_it),
        cmocka_unit_test(a_private_file_is_private_from_its_birth),
        cmocka_unit_test(attributes_are_passed_on_where_there_are_any),
        cmocka_unit_test(a_link_stays_one_to_what_is_replaced),
        cmocka_unit_test(what_a_dead_process_left_is_taken_away_and_nothing_else),
        cmocka_unit_test(what_is_being_written_is_never_taken_away),
        cmocka_unit_test(one_at_a_time_has_a_folder),
        cmocka_unit_test(a_dead_process_has_no_folder),
        cmocka_unit_test(a_file_that_shrinks_is_an_error_and_one_in_memory_stays),
        cmocka_unit_test(a_write_that_fails_leaves_the_old_file_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
