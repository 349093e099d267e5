// SPDX-License-Identifier: Apache-2.0
// draw_traffic.c - the command: draws a network's traffic as a capture, with a label a packet:
//
//   draw_traffic SCENE out.pcap [labels=out.csv] [seed=0] [seconds=600] [attacks=all|none|NAME,NAME] [start=UNIX TIME] [precision=us|ns]
//   draw_traffic list
//
// The seed says which network it is: hosts, systems, what polls what. Seed and start say what happens there: another start is
// another day of the same network. With and without attacks the everyday packets are the same.
//
// The same bytes everywhere: no function of libm that rounds, own random numbers, one thread.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "traffic.h"

static const scene *const scenes[] = {&scene_industrial, &scene_s7, &scene_office, &scene_iot,
                                      NULL};
enum { SLOW = 240 }; // seconds

typedef struct request {
    const scene *scene;
    const char *out, *labels, *attacks;
    int64_t seed, seconds, start;
    bool nanoseconds;
} request;

static int refuse(const char *what, const char *value) {
    fprintf(stderr, "draw_traffic: %s%s\n", what, value);
    return 1;
}

static int list(void) {
    for (int i = 0; scenes[i]; i++) {
        printf("%s: %s\n ", scenes[i]->name, scenes[i]->about);
        for (const attack *a = scenes[i]->attacks; a->name; a++) printf(" %s", a->name);
        printf("\n");
    }
    return 0;
}

// Whether the list "a,b,c" has this name.
static bool listed(const char *names, const char *name) {
    const size_t n = strlen(name);
    for (const char *p = names; p; p = strchr(p, ','), p = p ? p + 1 : NULL) {
        if (!strncmp(p, name, n) && (p[n] == ',' || p[n] == 0)) return true;
    }
    return false;
}

static bool is_wanted(const request *r, const attack *a) {
    return !strcmp(r->attacks, "all") || listed(r->attacks, a->name);
}

static bool number(const char *text, int64_t least, int64_t most, int64_t *v) {
    char *end;
    errno = 0;
    const long long n = strtoll(text, &end, 10);
    if (errno || end == text || *end || n < least || n > most) return false;
    *v = n;
    return true;
}

static const char *value_of(const char *arg, const char *key) {
    const size_t n = strlen(key);
    return !strncmp(arg, key, n) && arg[n] == '=' ? arg + n + 1 : NULL;
}

static int take(request *r, const char *arg) {
    const char *v;
    if ((v = value_of(arg, "labels"))) return r->labels = v, 0;
    if ((v = value_of(arg, "attacks"))) return r->attacks = v, 0;
    if ((v = value_of(arg, "precision")) && (!strcmp(v, "us") || !strcmp(v, "ns"))) {
        return r->nanoseconds = *v == 'n', 0;
    }
    if ((v = value_of(arg, "seed"))) {
        return number(v, 0, INT64_MAX, &r->seed) ? 0 : refuse("not a seed: ", v);
    }
    if ((v = value_of(arg, "seconds"))) {
        return number(v, 10, 864000, &r->seconds) ? 0 : refuse("seconds are 10 to 864000, not ", v);
    }
    if ((v = value_of(arg, "start"))) {
        return number(v, 0, 4000000000, &r->start) ? 0 : refuse("not a Unix time: ", v);
    }
    return refuse("no such argument: ", arg);
}

static int check_attacks(const request *r) {
    for (const char *p = r->attacks; p; p = strchr(p, ','), p = p ? p + 1 : NULL) {
        const size_t n = strcspn(p, ",");
        bool known = !strcmp(r->attacks, "all") || !strcmp(r->attacks, "none");
        for (const attack *a = r->scene->attacks; a->name; a++) {
            known = known || (strlen(a->name) == n && !strncmp(a->name, p, n));
        }
        if (!known) return refuse("this scene has no such attack: ", p);
    }
    return 0;
}

// Each wanted attack has its part of the middle 80 % and ends within it; slow ones go on beside the next.
static void draw_attacks(world *w, const request *r) {
    int wanted = 0, k = 0;
    for (const attack *a = r->scene->attacks; a->name; a++) wanted += is_wanted(r, a);
    const int64_t all = w->end - w->start, part = wanted ? all * 8 / 10 / wanted : 0;
    for (const attack *a = r->scene->attacks; a->name; a++) {
        if (!is_wanted(r, a)) continue;
        const int nth = (int)(a - r->scene->attacks);
        stream(w, 1000 + (uint64_t)nth);
        const int64_t most = a->most * SECOND,
                      room = a->most >= SLOW ? all * 3 / 10 : part * 8 / 10;
        const int64_t length = room < most ? room : most;
        int64_t t = w->start + all / 10 + part * k + range(w, 0, part < length ? 0 : part - length);
        if (t + length > w->end - all / 10) t = w->end - all / 10 - length;
        w->attack = (uint8_t)(nth + 1);
        a->run(w, t, length);
        w->attack = 0, k++;
    }
}

static void begin_day(world *w, host *h) { // where its counters are by now
    h->ip_id = (uint16_t)bits(w), h->clock = (uint32_t)bits(w);
    h->port = (uint16_t)range(w, h->stack->port_low, h->stack->port_high);
}

static int draw(const request *r) {
    world *w = calloc(1, sizeof *w);
    if (!w) return refuse("out of memory", "");
    w->seed = (uint64_t)r->seed, w->start = r->start * SECOND,
    w->end = w->start + r->seconds * SECOND;
    stream_of_plant(w, 0);
    r->scene->build(w);
    stream(w, 1);
    for (int i = 0; i < w->hosts_n; i++) begin_day(w, &w->hosts[i]);
    r->scene->live(w);
    draw_attacks(w, r);
    int rc = capture_order(w) ? 0 : refuse("out of memory", "");
    if (!rc && !capture_write(w, r->out, r->nanoseconds)) rc = refuse("cannot write ", r->out);
    if (!rc && r->labels && !labels_write(w, r->labels, r->scene->attacks)) {
        rc = refuse("cannot write ", r->labels);
    }
    free(w->rows), free(w->bytes), free(w);
    return rc;
}

int main(int argc, char **argv) {
    if (argc == 2 && !strcmp(argv[1], "list")) return list();
    if (argc < 3) {
        return refuse("SCENE out.pcap [labels=out.csv] [seed=0] [seconds=600] [attacks=all] "
                      "[start=UNIX TIME] [precision=us], or list",
                      "");
    }
    request r = {.out = argv[2], .attacks = "all", .seconds = 600, .start = 1700031600};
    for (int i = 0; scenes[i]; i++) {
        if (!strcmp(scenes[i]->name, argv[1])) r.scene = scenes[i];
    }
    if (!r.scene) return refuse("no such scene: ", argv[1]);
    for (int i = 3; i < argc; i++) {
        if (take(&r, argv[i])) return 1;
    }
    return check_attacks(&r) ? 1 : draw(&r);
}
