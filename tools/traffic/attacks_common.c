// SPDX-License-Identifier: Apache-2.0
// attacks_common.c - what happens on networks of any kind: files leave, a program calls home, ARP answers nobody asked for.
#include <stdio.h>
#include <string.h>

#include "plant.h"

host *plant_insider(world *w) {
    host *const known[] = {w->plant.master, w->plant.station, w->plant.historian, w->plant.monitor};
    host *h = known[range(w, 0, 3)];
    w->source = h->ip;
    return h;
}

// Someone inside, by the first of these names that this network has.
static host *insider(world *w, const char *a, const char *b) {
    host *h = host_find(w, a);
    if (!h) h = host_find(w, b);
    w->source = h->ip;
    return h;
}

void attack_exfiltration(world *w, int64_t t, int64_t length) {
    host *from = insider(w, "station", "pc7"), *to = host_add_outside(w, "drop", &stack_linux);
    tcp k;
    tcp_open(&k, w, from, to, 443,
             dns_ask(w, t, from, w->resolver, "upload.filestash.io", DNS_A, to->ip));
    tls_hello(&k, "upload.filestash.io");
    const size_t all = (size_t)range(w, 2000000, 6000000);
    for (size_t sent = 0; sent < all && k.now < t + length; sent += 262144) {
        tls_data(&k, CLIENT, 262144), tcp_wait(&k, about(w, 60 * MS));
        tls_data(&k, SERVER, 120);
    }
    tcp_close(&k, CLIENT);
}

// A stage is fetched, then it asks for work every few seconds over one connection; at the end it sends what it found.
void attack_control(world *w, int64_t t, int64_t length) {
    host *from = insider(w, "master", "pc4"), *to = host_add_outside(w, "control", &stack_linux);
    static buf b;
    tcp k;
    const bool tls = chance(w, 0.5);
    tcp_open(&k, w, from, to, tls ? 443 : 4444, t);
    if (tls) tls_hello(&k, "");
    b.n = 0;
    put_noise(w, &b, 176000);
    if (tls) {
        tls_data(&k, SERVER, b.n);
    } else {
        tcp_say(&k, SERVER, b.b, b.n);
    }
    const int64_t every = range(w, 3, 9) * SECOND;
    while (k.now + 2 * every < t + length) {
        tcp_wait(&k, every + about(w, 300 * MS));
        if (tls) {
            tls_data(&k, SERVER, 88), tls_data(&k, CLIENT, 104);
        } else {
            b.n = 121, tcp_say(&k, SERVER, b.b + 1000, b.n), tcp_say(&k, CLIENT, b.b + 3000, 137);
        }
    }
    b.n = 0;
    put_noise(w, &b, (size_t)range(w, 200000, 700000));
    if (tls) {
        tls_data(&k, CLIENT, b.n);
    } else {
        tcp_say(&k, CLIENT, b.b, b.n);
    }
    tcp_wait(&k, SECOND), tcp_reset(&k, CLIENT);
}

void attack_moving_files(world *w, int64_t t, int64_t length) {
    host *from = insider(w, "station", "pc3"), *to = host_find(w, "master");
    tcp k;
    if (!to) to = host_find(w, "pc5");
    arp_ask(w, t - MS, from, to, true);
    tcp_open(&k, w, from, to, 445, t);
    smb_begin(&k);
    for (int files = (int)range(w, 2, 5); files > 0 && k.now < t + length; files--) {
        smb_write(&k, (size_t)range(w, 60000, 500000));
        tcp_wait(&k, SECOND + about(w, 3 * SECOND));
    }
    smb_read(&k, 4096), tcp_close(&k, CLIENT);
}

void attack_arp_spoof(world *w, int64_t t, int64_t length) {
    host *from = insider(w, "station", "pc9"), *one = host_find(w, "pc2"), *other = w->router;
    if (w->plant.rtus) one = w->plant.master, other = w->plant.rtu[1];
    if (!one) return;
    for (int64_t now = t; now < t + length; now += SECOND + about(w, 20 * MS)) {
        arp_send(w, now, from, 2, one->mac, other->ip, one->ip);
        arp_send(w, now + 90 * US, from, 2, other->mac, one->ip, other->ip);
    }
    frames_divert(w, from, one, other, t + MS, t + length);
}
