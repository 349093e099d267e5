// SPDX-License-Identifier: Apache-2.0
// test_logs.c - messages and records of event files byte by byte, addresses of tracking servers, and what is told where nobody
// answers. That TensorBoard and MLflow read them: test_logs.sh.
#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "faults.h"
#include "logs/curl_api.h"
#include "logs/event_file.h"
#include "logs/http.h"
#include "logs/mlflow.h"
#include "logs/proto.h"

#include <cmocka.h>

#if __has_include(<curl/curl.h>)
# include <curl/curl.h>
_Static_assert((int)HG_CURL_POST_SIZE == (int)CURLOPT_POSTFIELDSIZE, "");
_Static_assert((int)HG_CURL_LOW_SPEED_LIMIT == (int)CURLOPT_LOW_SPEED_LIMIT, "");
_Static_assert((int)HG_CURL_LOW_SPEED_TIME == (int)CURLOPT_LOW_SPEED_TIME, "");
_Static_assert((int)HG_CURL_NO_SIGNAL == (int)CURLOPT_NOSIGNAL, "");
_Static_assert((int)HG_CURL_HTTP_AUTH == (int)CURLOPT_HTTPAUTH, "");
_Static_assert((int)HG_CURL_TIMEOUT_MS == (int)CURLOPT_TIMEOUT_MS, "");
_Static_assert((int)HG_CURL_CONNECT_TIMEOUT_MS == (int)CURLOPT_CONNECTTIMEOUT_MS, "");
_Static_assert((int)HG_CURL_WRITE_DATA == (int)CURLOPT_WRITEDATA, "");
_Static_assert((int)HG_CURL_URL == (int)CURLOPT_URL, "");
_Static_assert((int)HG_CURL_POST_FIELDS == (int)CURLOPT_POSTFIELDS, "");
_Static_assert((int)HG_CURL_USER_AGENT == (int)CURLOPT_USERAGENT, "");
_Static_assert((int)HG_CURL_HEADERS == (int)CURLOPT_HTTPHEADER, "");
_Static_assert((int)HG_CURL_METHOD == (int)CURLOPT_CUSTOMREQUEST, "");
_Static_assert((int)HG_CURL_USER == (int)CURLOPT_USERNAME, "");
_Static_assert((int)HG_CURL_PASSWORD == (int)CURLOPT_PASSWORD, "");
_Static_assert((int)HG_CURL_WRITE == (int)CURLOPT_WRITEFUNCTION, "");
_Static_assert((int)HG_CURL_RESPONSE_CODE == (int)CURLINFO_RESPONSE_CODE, "");
_Static_assert((int)HG_CURL_BASIC == (int)CURLAUTH_BASIC && (int)HG_CURL_ALL == CURL_GLOBAL_ALL,
               "");
#endif

static void expect_bytes(hg__text *t, const char *bytes, size_t size) {
    assert_false(t->failed);
    assert_int_equal(t->length, size);
    assert_memory_equal(t->data, bytes, size);
    hg__text_clear(t);
}

// The first two examples are those of protobuf.dev/programming-guides/encoding.
static void fields_are_written_as_protocol_buffers_have_them(void **state) {
    (void)state;
    hg__text t = {0}, inner = {0};
    hg__proto_add_integer(&t, 1, 150);
    expect_bytes(&t, "\x08\x96\x01", 3);
    hg__proto_add_string(&t, 2, "testing");
    expect_bytes(&t, "\x12\x07testing", 9);
    hg__proto_add_integer(&t, 1, -1);
    expect_bytes(&t, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11);
    hg__proto_add_double(&t, 1, 1);
    expect_bytes(&t, "\x09\0\0\0\0\0\0\xf0\x3f", 9);
    hg__proto_add_float(&t, 2, -2);
    expect_bytes(&t, "\x15\0\0\0\xc0", 5);
    hg__proto_add_integer(&inner, 1, 150);
    hg__proto_add_message(&t, 3, &inner);
    expect_bytes(&t, "\x1a\x03\x08\x96\x01", 5);
    hg__proto_add_integer(&t, 16, 0);
    expect_bytes(&t, "\x80\x01\0", 3);
}

// RFC 3720, appendix B.4, and the usual check value; masking: tensorflow/core/lib/hash/crc32c.h.
static void checksums_are_those_of_records(void **state) {
    (void)state;
    const uint8_t zeros[32] = {0};
    assert_int_equal(hg__crc32c("123456789", 9), 0xE3069283);
    assert_int_equal(hg__crc32c(zeros, sizeof zeros), 0x8A9136AA);
    assert_int_equal(hg__crc32c_masked("123456789", 9), 0xC78AB0E5);
}

typedef struct address_case {
    const char *address, *base, *name, *user, *password; // base NULL: refused
} address_case;

static void addresses_are_a_server_and_an_experiment(void **state) {
    static const address_case cases[] = {
        {"http://host:5000/first%20try", "http://host:5000",    "first try", "",   ""   },
        {"https://host/prefix/#a/b",     "https://host/prefix", "a/b",       "",   ""   },
        {"https://host/prefix/name",     "https://host/prefix", "name",      "",   ""   },
        {"http://me:a%40b@host:5000/x",  "http://host:5000",    "x",         "me", "a@b"},
        {"http://me@host#x",             "http://host",         "x",         "me", ""   },
        {"http://host:5000",             "http://host:5000",    "Default",   "",   ""   },
        {"http://host:5000/",            "http://host:5000",    "Default",   "",   ""   },
        {"me:xyz@host/x",                NULL,                  NULL,        NULL, NULL },
        {"http://",                      NULL,                  NULL,        NULL, NULL },
        {"http:///x",                    NULL,                  NULL,        NULL, NULL },
        {"host:5000/x",                  NULL,                  NULL,        NULL, NULL },
        {"file:///tmp/runs",             NULL,                  NULL,        NULL, NULL },
        {"http://host/x?a=b",            NULL,                  NULL,        NULL, NULL },
        {"http://me:***@host/x",         NULL,                  NULL,        NULL, NULL },
    };
    (void)state;
    unsetenv("MLFLOW_TRACKING_USERNAME");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const address_case *c = &cases[i];
        hg__mlflow m = {0};
        hg_error err = {0};
        const int code = hg__mlflow_parse(&m, c->address, &err);
        if (!c->base) {
            assert_int_equal(code, HG_ERR_USAGE);
            assert_null(strstr(err.message, ":x"));
            continue;
        }
        assert_int_equal(code, HG_OK);
        assert_string_equal(m.base, c->base);
        assert_string_equal(m.name, c->name);
        assert_string_equal(m.user, c->user);
        assert_string_equal(m.password, c->password);
    }
}

static void mlflows_own_variables_say_who_asks(void **state) {
    (void)state;
    hg__mlflow m = {0};
    setenv("MLFLOW_TRACKING_USERNAME", "me", 1);
    setenv("MLFLOW_TRACKING_PASSWORD", "secret", 1);
    assert_int_equal(hg__mlflow_parse(&m, "http://host/x", NULL), HG_OK);
    assert_string_equal(m.user, "me");
    assert_string_equal(m.password, "secret");
    unsetenv("MLFLOW_TRACKING_USERNAME");
    unsetenv("MLFLOW_TRACKING_PASSWORD");
}

static void a_server_that_is_down_is_named(void **state) {
    (void)state;
    hg__mlflow m = {0};
    hg_error err = {0};
    if (!hg__curl_get("", NULL)) skip();
    assert_int_equal(hg__mlflow_open(&m, "http://127.0.0.1:1/x", &err), HG_ERR_MISSING);
    assert_non_null(strstr(err.message, "mlflow: http://127.0.0.1:1 does not answer: "));
    snprintf(m.run, sizeof m.run, "1");
    hg__mlflow_add(&m, "loss", 1, 1);
    hg__mlflow_add(&m, "loss", (double)NAN, 2);
    assert_int_equal(m.metrics, 1);
    assert_false(hg__mlflow_send(&m, &err)); // told once
    assert_true(hg__mlflow_send(&m, &err));
    assert_int_equal(hg__mlflow_end(&m, "FINISHED", &err), HG_ERR_MISSING);
    assert_int_equal(m.metrics, 1);
    hg__mlflow_clear(&m);
}

static void remove_files(const char *folder) {
    char path[1300];
    DIR *dir = opendir(folder);
    for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        unlink(path);
    }
    if (dir) closedir(dir);
}

static int write_all(const char *folder, hg_error *err) {
    hg__event_file f = {.fd = -1};
    const hg__scalar scalar = {"a", 1};
    const hg__picture picture = {"png", 3, 1, 1, 3};
    int code = hg__event_file_open(&f, folder, 0, err);
    if (code == HG_OK) code = hg__event_file_add_scalars(&f, 1, &scalar, 1, err);
    if (code == HG_OK) code = hg__event_file_add_text(&f, 1, "b", "text", err);
    if (code == HG_OK) code = hg__event_file_add_picture(&f, 1, "c", &picture, err);
    hg__event_file_close(&f);
    return code;
}

// A whole file in a folder of its own.
static int run_scenario(void) {
    char folder[] = "/tmp/hg-logs-XXXXXX";
    hg_error err = {0};
    if (!mkdtemp(folder)) return CHILD_FAILED_BADLY;
    const int code = write_all(folder, &err);
    remove_files(folder);
    rmdir(folder);
    if (code == HG_OK) return CHILD_WORKED;
    return err.message[0] ? CHILD_FAILED_WELL : CHILD_FAILED_BADLY;
}

static void a_file_fails_with_a_sentence_where_memory_or_room_does(void **state) {
    (void)state;
    assert_true(count_faults("file", "HG_FAIL_ALLOC", "") > 10);
    assert_true(count_faults("file", "HG_FAIL_IO", "") >= 6);
}

int main(int argc, char **argv) {
    if (argc > 2 && strcmp(argv[1], "child") == 0) return run_scenario();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_written_as_protocol_buffers_have_them),
        cmocka_unit_test(checksums_are_those_of_records),
        cmocka_unit_test(addresses_are_a_server_and_an_experiment),
        cmocka_unit_test(mlflows_own_variables_say_who_asks),
        cmocka_unit_test(a_server_that_is_down_is_named),
        cmocka_unit_test(a_file_fails_with_a_sentence_where_memory_or_room_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
