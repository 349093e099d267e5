// SPDX-License-Identifier: Apache-2.0
// mlflow.c - a run of a training on an MLflow tracking server.
#include "logs/mlflow.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/show.h"
#include "base/system.h"
#include "logs/http.h"

enum {
    WAIT = 5,           // seconds for an answer
    MOST_AT_ONCE = 500, // numbers, or params, a request: MLflow takes 1000, and 100
    PARAMS_AT_ONCE = 100,
    MOST_KEPT = 1 << 17, // numbers of a server that is down
    VALUE = 500          // bytes of a param or tag that every version takes
};

static const double send_every = 1, first_pause = 10, longest_pause = 300; // seconds

// ---- the address --------------------------------------------------------------------------------

static int hex(char c) {
    return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

// %20 and its like, in place.
static void decode(char *text) {
    char *to = text;
    for (const char *c = text; *c; c++) {
        const bool is_code =
            *c == '%' && isxdigit((unsigned char)c[1]) && isxdigit((unsigned char)c[2]);
        char own = *c;
        if (is_code) {
            own = (char)(hex(c[1]) << 4 | hex(c[2]));
            c += 2;
        }
        *to++ = own;
    }
    *to = '\0';
}

static void encode(hg__text *t, const char *text) {
    for (const char *c = text; *c; c++) {
        const bool is_plain = isalnum((unsigned char)*c) || strchr("-._~/", *c);
        hg__text_add(t, is_plain ? "%c" : "%%%02X", (unsigned char)*c);
    }
}

static void take(char to[HG_MLFLOW_TEXT], const char *from, size_t size) {
    snprintf(to, HG_MLFLOW_TEXT, "%.*s", (int)size, from);
}

static void take_variable(char to[HG_MLFLOW_TEXT], const char *name) {
    const char *value = getenv(name);
    if (value) snprintf(to, HG_MLFLOW_TEXT, "%s", value);
}

// What is between :// and @.
static void take_credentials(hg__mlflow *m, const char *from, size_t size) {
    const char *colon = memchr(from, ':', size);
    const size_t user = colon ? (size_t)(colon - from) : size;
    take(m->user, from, user);
    if (colon) take(m->password, colon + 1, size - user - 1);
    decode(m->user);
    decode(m->password);
}

int hg__mlflow_parse(hg__mlflow *m, const char *address, hg_error *err) {
    const char *host = strstr(address, "://");
    const bool is_web = host && (strncasecmp(address, "http://", 7) == 0 ||
                                 strncasecmp(address, "https://", 8) == 0);
    const bool has_host = host && host[3] && !strchr("/#?@:", host[3]);
    if (!is_web || !has_host || strlen(address) >= HG_MLFLOW_TEXT || strchr(address, '?')) {
        const char *shown =
            host ? NULL : strrchr(address, '@'); // with :// sentences hide what is in front
        return hg__fail(err, HG_ERR_USAGE,
                        "mlflow: expected the address of a tracking server and the name of an "
                        "experiment, http://host:5000/name, got '%.200s'",
                        shown ? shown + 1 : address);
    }
    host += 3;
    const char *at = host + strcspn(host, "/#"), *sign = memrchr(host, '@', (size_t)(at - host));
    if (sign && strncmp(sign - (sign - host < 3 ? sign - host : 3), "***", 3) == 0) {
        return hg__fail(err, HG_ERR_USAGE,
                        "mlflow: its password was not kept: expected mlflow= once more");
    }
    if (sign) take_credentials(m, host, (size_t)(sign - host));
    if (!sign) {
        take_variable(m->user, "MLFLOW_TRACKING_USERNAME");
        take_variable(m->password, "MLFLOW_TRACKING_PASSWORD");
        take_variable(m->token, "MLFLOW_TRACKING_TOKEN");
    }
    // Of a path without # the last word is the name.
    const char *hash = strchr(at, '#'), *slash = hash ? hash : strrchr(at, '/');
    const char *end = slash ? slash : at + strlen(at);
    snprintf(m->base, sizeof m->base, "%.*s%.*s", (int)(host - address), address,
             (int)(end - (sign ? sign + 1 : host)), sign ? sign + 1 : host);
    for (size_t n = strlen(m->base); n && m->base[n - 1] == '/';) m->base[--n] = '\0';
    snprintf(m->name, sizeof m->name, "%s", slash && slash[1] ? slash + 1 : "Default");
    decode(m->name);
    return HG_OK;
}

// ---- a question and its answer ------------------------------------------------------------------

// The answer as JSON in *answer, NULL: not wanted. HG_ERR_MISSING: nobody answered. *status: what the server says.
static int ask(const hg__mlflow *m, hg__http_request *r, const char *path, int32_t *status,
               hg__json **answer, hg_error *err) {
    hg__text url = {0}, text = {0};
    hg_error why = {0};
    hg__text_add(&url, "%s/%s", m->base, path);
    r->url = url.data;
    r->user = m->user, r->password = m->password, r->token = m->token;
    int code = url.failed ? hg__fail(&why, HG_ERR_MEMORY, "out of memory")
                          : hg__http_send(r, status, &text, &why);
    if (code == HG_ERR_IO) {
        code =
            hg__fail(err, HG_ERR_MISSING, "mlflow: %s does not answer: %s", m->base, why.message);
    } else if (code < 0) {
        hg__fail(err, code, "%s", why.message);
    } else if (answer) {
        *answer = hg__json_read(text.length ? text.data : "{}", text.length ? text.length : 2,
                                m->base, err);
        if (!*answer) {
            code =
                hg__fail(err, HG_ERR_IO,
                         "mlflow: expected a tracking server at %s, got an answer that is no JSON "
                         "(status %d)",
                         m->base, (int)*status);
        }
    }
    hg__text_clear(&url);
    hg__text_clear(&text);
    return code;
}

static int refuse(const hg__mlflow *m, const char *what, int32_t status, const hg__json *answer,
                  hg_error *err) {
    const char *why = hg__json_string_value(hg__json_object_get(answer, "message"));
    return hg__fail(err, HG_ERR_IO, "mlflow: %s: %s: refused with status %d%s%.300s", m->base, what,
                    (int)status, why ? ": " : "", why ? why : "");
}

// Sends an object, which is taken over (NULL: without memory), to a way of the interface. *answer may be NULL.
static int post(const hg__mlflow *m, const char *way, hg__json *object, hg__json **answer,
                hg_error *err) {
    char path[128];
    int32_t status = 0;
    hg__json *got = NULL;
    char *body = object ? hg__json_text(object, err) : NULL;
    hg__json_free(object);
    if (!body) return hg__fail(err, HG_ERR_MEMORY, "mlflow: out of memory");
    snprintf(path, sizeof path, "api/2.0/mlflow/%s", way);
    hg__http_request r = {.method = "POST",
                          .type = "application/json",
                          .body = body,
                          .size = strlen(body),
                          .seconds = WAIT};
    int code = ask(m, &r, path, &status, &got, err);
    if (code == HG_OK && status != 200) code = refuse(m, way, status, got, err);
    hg__free(body);
    if (code == HG_OK && answer) {
        *answer = got;
    } else {
        hg__json_free(got);
    }
    return code;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// A text of an object within `answer`.
static int take_text(const hg__mlflow *m, const hg__json *object, const char *key, char *to,
                     size_t size, hg_error *err) {
    const char *value = hg__json_string_value(hg__json_object_get(object, key));
    if (value && *value && strlen(value) < size) {
        snprintf(to, size, "%s", value);
        return HG_OK;
    }
    return hg__fail(err, HG_ERR_IO, "mlflow: %s: expected %s in the answer, got none", m->base,
                    key);
}

// ---- the experiment and the run -----------------------------------------------------------------

static int make_experiment(hg__mlflow *m, hg_error *err) {
    hg__json *answer = NULL;
    HG_TRY(post(m, "experiments/create", hg__json_pack("{s:s}", "name", m->name), &answer, err));
    const int code =
        take_text(m, answer, "experiment_id", m->experiment, sizeof m->experiment, err);
    hg__json_free(answer);
    return code;
}

static int find_experiment(hg__mlflow *m, hg_error *err) {
    int32_t status = 0;
    hg__json *answer = NULL;
    hg__text path = {0};
    hg__text_add(&path, "api/2.0/mlflow/experiments/get-by-name?experiment_name=");
    encode(&path, m->name);
    hg__http_request r = {.method = "GET", .type = "application/json", .seconds = WAIT};
    int code = path.failed ? hg__fail(err, HG_ERR_MEMORY, "mlflow: out of memory")
                           : ask(m, &r, path.data, &status, &answer, err);
    const hg__json *found = hg__json_object_get(answer, "experiment");
    const char *why = hg__json_string_value(hg__json_object_get(answer, "error_code"));
    if (code == HG_OK && status == 200) {
        code = take_text(m, found, "experiment_id", m->experiment, sizeof m->experiment, err);
    } else if (code == HG_OK && why && strcmp(why, "RESOURCE_DOES_NOT_EXIST") == 0) {
        code = make_experiment(m, err);
    } else if (code == HG_OK) {
        code = refuse(m, "experiments/get-by-name", status, answer, err);
    }
    hg__text_clear(&path);
    hg__json_free(answer);
    return code;
}

int hg__mlflow_open(hg__mlflow *m, const char *address, hg_error *err) {
    HG_TRY(hg__mlflow_parse(m, address, err));
    return find_experiment(m, err);
}

// Of runs/create, runs/update: number, and where its artifacts lie.
static int take_run(hg__mlflow *m, const hg__json *info, hg_error *err) {
    static const char proxy[] = "mlflow-artifacts:";
    const char *uri = hg__json_string_value(hg__json_object_get(info, "artifact_uri"));
    HG_TRY(take_text(m, info, "run_id", m->run, sizeof m->run, err));
    if (!uri || strncmp(uri, proxy, sizeof proxy - 1) != 0) return HG_OK;
    uri += sizeof proxy - 1;
    if (strncmp(uri, "//", 2) == 0) uri += 2 + strcspn(uri + 2, "/"); // a host: this one
    snprintf(m->artifacts, sizeof m->artifacts, "%s", uri + strspn(uri, "/"));
    return HG_OK;
}

int hg__mlflow_start(hg__mlflow *m, const char *run_name, hg_error *err) {
    hg__json *answer = NULL;
    hg__json *tags = hg__json_array();
    int bad = hg__json_append(
        tags, hg__json_pack("{s:s, s:s}", "key", "mlflow.source.name", "value", "hourglass"));
    bad |= hg__json_append(
        tags, hg__json_pack("{s:s, s:s}", "key", "mlflow.source.type", "value", "LOCAL"));
    bad |= hg__json_append(tags,
                           hg__json_pack("{s:s, s:s}", "key", "mlflow.runName", "value", run_name));
    hg__json *run = hg__json_pack("{s:s, s:s, s:I, s:o}", "experiment_id", m->experiment,
                                  "run_name", run_name, "start_time", now_ms(), "tags", tags);
    if (bad) {
        hg__json_free(run);
        return hg__fail(err, HG_ERR_MEMORY, "mlflow: out of memory");
    }
    HG_TRY(post(m, "runs/create", run, &answer, err));
    const hg__json *info = hg__json_object_get(hg__json_object_get(answer, "run"), "info");
    const int code = take_run(m, info, err);
    hg__json_free(answer);
    return code;
}

int hg__mlflow_resume(hg__mlflow *m, const char *run, hg_error *err) {
    hg__json *answer = NULL;
    HG_TRY(post(m, "runs/update", hg__json_pack("{s:s, s:s}", "run_id", run, "status", "RUNNING"),
                &answer, err));
    const int code = take_run(m, hg__json_object_get(answer, "run_info"), err);
    hg__json_free(answer);
    return code;
}

// ---- params and tags ----------------------------------------------------------------------------

// From the i-th member on as many as may go at once, as MLflow has them.
static hg__json *list_members(const hg__json *members, size_t i) {
    hg__json *list = hg__json_array();
    for (size_t n = 0; n < PARAMS_AT_ONCE && i + n < hg__json_object_size(members); n++) {
        char value[VALUE + 1];
        const char *text = hg__json_string_value(hg__json_object_value(members, i + n));
        snprintf(value, sizeof value, "%s", text ? text : "");
        hg__cut_partial(value);
        hg__json *pair =
            hg__json_pack("{s:s, s:s}", "key", hg__json_object_key(members, i + n), "value", value);
        if (hg__json_append(list, pair) == HG_OK) continue;
        hg__json_free(list);
        return NULL;
    }
    return list;
}

// what: "params", "tags".
static int set_members(hg__mlflow *m, const char *what, hg__json *members, hg_error *err) {
    int code = members ? HG_OK : hg__fail(err, HG_ERR_MEMORY, "mlflow: out of memory");
    for (size_t i = 0; code == HG_OK && i < hg__json_object_size(members); i += PARAMS_AT_ONCE) {
        hg__json *batch =
            hg__json_pack("{s:s, s:o}", "run_id", m->run, what, list_members(members, i));
        code = post(m, "runs/log-batch", batch, NULL, err);
    }
    hg__json_free(members);
    return code;
}

int hg__mlflow_set_params(hg__mlflow *m, hg__json *params, hg_error *err) {
    return set_members(m, "params", params, err);
}

int hg__mlflow_set_tags(hg__mlflow *m, hg__json *tags, hg_error *err) {
    return set_members(m, "tags", tags, err);
}

// ---- numbers ------------------------------------------------------------------------------------

void hg__mlflow_add(hg__mlflow *m, const char *key, double value, int64_t step) {
    if (!isfinite(value)) return; // JSON has none
    if (m->metrics == m->room) {
        const size_t room = m->room ? 2 * m->room : 64;
        hg__mlflow_metric *grown =
            room <= MOST_KEPT ? hg__grow(m->metric, room, sizeof *grown, NULL) : NULL;
        if (!grown) {
            m->lost++;
            return;
        }
        m->metric = grown;
        m->room = room;
    }
    m->metric[m->metrics++] = (hg__mlflow_metric){key, value, step, now_ms()};
}

static hg__json *list_metrics(const hg__mlflow *m, size_t count) {
    hg__json *list = hg__json_array();
    for (size_t i = 0; i < count; i++) {
        const hg__mlflow_metric *x = &m->metric[i];
        hg__json *one = hg__json_pack("{s:s, s:f, s:I, s:I}", "key", x->key, "value", x->value,
                                      "timestamp", x->time_ms, "step", x->step);
        if (hg__json_append(list, one) == HG_OK) continue;
        hg__json_free(list);
        return NULL;
    }
    return list;
}

static int send_all(hg__mlflow *m, hg_error *err) {
    while (m->metrics) {
        const size_t n = m->metrics < MOST_AT_ONCE ? m->metrics : MOST_AT_ONCE;
        hg__json *batch =
            hg__json_pack("{s:s, s:o}", "run_id", m->run, "metrics", list_metrics(m, n));
        HG_TRY(post(m, "runs/log-batch", batch, NULL, err));
        m->metrics -= n;
        memmove(m->metric, m->metric + n, m->metrics * sizeof *m->metric);
    }
    return HG_OK;
}

bool hg__mlflow_send(hg__mlflow *m, hg_error *err) {
    const bool was_down = m->is_down;
    const double since = hg__seconds() - m->sent;
    if (m->metrics == 0 || since < (was_down ? m->pause : send_every)) return true;
    m->is_down = send_all(m, err) < 0;
    m->sent = hg__seconds();
    m->pause = was_down ? fmin(2 * m->pause, longest_pause) : first_pause;
    return !m->is_down || was_down;
}

// ---- the end ------------------------------------------------------------------------------------

int hg__mlflow_upload(hg__mlflow *m, const char *folder, const char *name, hg_error *err) {
    char path[1024];
    int32_t status = 0;
    hg__content file;
    hg__text way = {0};
    HG_TRY(hg__join_path(path, sizeof path, folder, name, err));
    HG_TRY(hg__content_read(&file, path, err));
    hg__text_add(&way, "api/2.0/mlflow-artifacts/artifacts/");
    encode(&way, m->artifacts);
    hg__text_add(&way, "/%s", name);
    hg__http_request r = {
        .method = "PUT", .type = "application/octet-stream", .body = file.data, .size = file.size};
    int code = way.failed ? hg__fail(err, HG_ERR_MEMORY, "mlflow: out of memory")
                          : ask(m, &r, way.data, &status, NULL, err);
    if (code == HG_OK && status / 100 != 2) code = refuse(m, name, status, NULL, err);
    hg__text_clear(&way);
    hg__content_free(&file);
    return code;
}

int hg__mlflow_end(hg__mlflow *m, const char *status, hg_error *err) {
    HG_TRY(send_all(m, err));
    return post(
        m, "runs/update",
        hg__json_pack("{s:s, s:s, s:I}", "run_id", m->run, "status", status, "end_time", now_ms()),
        NULL, err);
}

void hg__mlflow_clear(hg__mlflow *m) {
    hg__free(m->metric);
    *m = (hg__mlflow){0};
}
