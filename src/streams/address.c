// SPDX-License-Identifier: Apache-2.0
// address.c - the address of a topic at a broker, taken apart.
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "streams/messages_type.h"

bool hg__address_is(const char *source, const char *scheme) {
    const size_t size = strlen(scheme);
    return strncasecmp(source, scheme, size) == 0 && strncmp(source + size, "://", 3) == 0;
}

static int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char small = (char)(c | 0x20);
    return small >= 'a' && small <= 'f' ? small - 'a' + 10 : -1;
}

// [from, end) with %2F as a slash; false where it does not fit, or a zero byte or half a code is in it.
static bool decode(const char *from, const char *end, char *to, size_t room) {
    size_t n = 0;
    while (from < end && n + 1 < room) {
        char c = *from++;
        if (c == '%') {
            const int high = end - from < 2 ? -1 : digit_of(from[0]);
            const int low = high < 0 ? -1 : digit_of(from[1]);
            if (low < 0 || high + low == 0) return false;
            c = (char)(high * 16 + low);
            from += 2;
        }
        to[n++] = c;
    }
    to[n] = '\0';
    return from == end;
}

static int refuse(const char *form, const char *what, hg_error *err) {
    return hg__fail(err, HG_ERR_USAGE, "expected %s, got %s", form, what);
}

// user[:password]@ in front of the host; where the host begins, NULL on failure.
static const char *take_user(hg__address *a, const char *at, const char *slash) {
    const char *sign = memrchr(at, '@', (size_t)(slash - at));
    if (!sign) return at;
    const char *colon = memchr(at, ':', (size_t)(sign - at));
    a->has_user = true;
    a->has_password = colon != NULL;
    if (!decode(at, colon ? colon : sign, a->user, sizeof a->user)) return NULL;
    if (colon && !decode(colon + 1, sign, a->password, sizeof a->password)) return NULL;
    return sign + 1;
}

// host[:port], [::1]:port
static bool take_host(hg__address *a, const char *at, const char *slash) {
    const char *end = slash, *colon;
    if (*at == '[') {
        end = memchr(at, ']', (size_t)(slash - at));
        if (!end || !decode(at + 1, end, a->host, sizeof a->host)) return false;
        end++;
        colon = end < slash ? end : NULL;
    } else {
        colon = memchr(at, ':', (size_t)(slash - at));
        if (!decode(at, colon ? colon : slash, a->host, sizeof a->host)) return false;
    }
    if (!*a->host) return false;
    if (!colon) return true;
    int64_t port;
    char text[8] = "";
    if (*colon != ':' || slash - colon - 1 > 5) return false;
    memcpy(text, colon + 1, (size_t)(slash - colon - 1));
    if (!hg__parse_int(text, &port) || port < 1 || port > 65535) return false;
    a->port = (int32_t)port;
    return true;
}

static int take_option(hg__address *a, const char *at, const char *end, const char *form,
                       const char *const *keys, hg_error *err) {
    enum { OPTIONS = sizeof a->option / sizeof *a->option };
    const char *equals = memchr(at, '=', (size_t)(end - at));
    if (!equals || a->options == OPTIONS) return refuse(form, "something else behind the ?", err);
    char *key = a->option[a->options].key, *value = a->option[a->options].value;
    const bool fits = decode(at, equals, key, sizeof a->option->key) &&
                      decode(equals + 1, end, value, sizeof a->option->value);
    if (!fits) return refuse(form, "something else behind the ?", err);
    size_t count = 0, i = 0;
    while (keys[count]) count++;
    while (i < count && strcmp(keys[i], key) != 0) i++;
    a->options++;
    if (i < count) return HG_OK;
    char near[HG_SUGGESTED];
    hg__suggest(key, keys, count, near);
    return hg__fail(err, HG_ERR_USAGE, "expected %s, got '%s=' behind the ?%s", form, key, near);
}

int hg__address_parse(hg__address *a, const char *source, const char *form, const char *const *keys,
                      hg_error *err) {
    *a = (hg__address){0};
    const char *at = strstr(source, "://") + 3;
    const char *ask = strchr(at, '?'), *end = ask ? ask : at + strlen(at);
    const char *slash = memchr(at, '/', (size_t)(end - at));
    if (!slash) return refuse(form, "no topic", err);
    at = take_user(a, at, slash);
    if (!at) return refuse(form, "a user or password that is too long", err);
    if (!take_host(a, at, slash)) return refuse(form, "another host or port", err);
    if (!decode(slash + 1, end, a->topic, sizeof a->topic) || !*a->topic) {
        return refuse(form, slash + 1 == end ? "no topic" : "a topic that is too long", err);
    }
    while (ask && *ask) {
        at = ask + 1;
        ask = at + strcspn(at, "&");
        if (ask > at) HG_TRY(take_option(a, at, ask, form, keys, err));
    }
    return HG_OK;
}

const char *hg__address_option(const hg__address *a, const char *key) {
    for (int32_t i = 0; i < a->options; i++) {
        if (strcmp(a->option[i].key, key) == 0) return a->option[i].value;
    }
    return "";
}
