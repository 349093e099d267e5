// SPDX-License-Identifier: Apache-2.0
// scene_office.c - an office: people who browse, write mail, print, keep files on a server and telephone; servers, updates, a backup.
#include <stdio.h>
#include <string.h>

#include "office.h"
#include "protocols.h"

// ---- hosts ---------------------------------------------------------------------------------------

int office_people(const world *w) {
    return 16 + (int)(w->seed * 5 % 17);
}

host *office_person(world *w, int i) {
    char name[NAME_MAX_BYTES];
    snprintf(name, sizeof name, "pc%d", i);
    return host_find(w, name);
}

static void build(world *w) {
    static const stack *const systems[] = {&stack_windows, &stack_windows, &stack_linux, &stack_mac,
                                           &stack_windows};
    static const uint32_t vendors[] = {0x18DBF2, 0x3C7C3F, 0x8C1645, 0xA4C361, 0x54E1AD};
    w->net = 0x0A000000U | (uint32_t)range(w, 1, 200) << 16;
    w->net |= (uint32_t)range(w, 1, 200) << 8;
    w->router = host_add(w, "router", &stack_router, w->net | 1, 0x00000C);
    w->everyone = host_add(w, "everyone", &stack_linux, w->net | 255, 0);
    memset(w->everyone->mac, 255, 6);
    w->resolver = host_add(w, "dc", &stack_windows, w->net | 2, 0x001B21);
    host_add(w, "files", &stack_windows, w->net | 3, 0x001B21);
    host_add(w, "mail", &stack_linux, w->net | 4, 0x525400);
    host_add(w, "intranet", &stack_linux, w->net | 5, 0x525400);
    host_add(w, "backup", &stack_linux, w->net | 6, 0x001517);
    host_add(w, "printer1", &stack_printer, w->net | 20, 0x00215A);
    host_add(w, "printer2", &stack_printer, w->net | 21, 0x002673);
    for (int i = 0; i < 4; i++) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "phone%d", i);
        host_add(w, name, &stack_vxworks, w->net | (uint32_t)(30 + i), 0x001565);
    }
    for (int i = 0; i < office_people(w); i++) {
        char name[NAME_MAX_BYTES];
        snprintf(name, sizeof name, "pc%d", i);
        const int64_t which = range(w, 0, 4);
        host_add(w, name, systems[which], w->net | (uint32_t)(100 + i), vendors[which]);
    }
    host_add_outside(w, "ntp", &stack_linux);
    host_add_outside(w, "update", &stack_linux);
}

// ---- what people do ------------------------------------------------------------------------------

static void keep_files(world *w, int64_t t, host *pc) {
    tcp k;
    tcp_open(&k, w, pc, host_find(w, "files"), 445, t);
    smb_begin(&k);
    for (int i = (int)range(w, 1, 5); i > 0; i--) {
        if (chance(w, 0.75)) {
            smb_read(&k, (size_t)heavy(w, 3000, 3000000, 0.8));
        } else {
            smb_write(&k, (size_t)heavy(w, 3000, 1500000, 0.8));
        }
        tcp_wait(&k, 500 * MS + about(w, 6 * SECOND));
    }
    tcp_close(&k, CLIENT);
}

static void print(world *w, int64_t t, host *pc) {
    static buf b;
    tcp k;
    tcp_open(&k, w, pc, host_find(w, chance(w, 0.7) ? "printer1" : "printer2"), 9100, t);
    b.n = 0;
    put_text(&b, "\033%%-12345X@PJL JOB NAME=\"Document\"\r\n@PJL SET RESOLUTION=600\r\n@PJL ENTER "
                 "LANGUAGE=PCLXL\r\n");
    put_noise(w, &b, (size_t)heavy(w, 20000, 900000, 1.0));
    tcp_say(&k, CLIENT, b.b, b.n), tcp_close(&k, CLIENT);
}

static void open_page(tcp *k, const char *path) {
    http_get(k, "intranet.corp.local", path, agents[0], (size_t)heavy(k->w, 700, 200000, 0.9));
}

static void use_intranet(world *w, int64_t t, host *pc) {
    static const char *const paths[] = {
        "/", "/login", "/tickets?id=1042", "/wiki/Main_Page", "/calendar/week", "/static/site.css"};
    host *server = host_find(w, "intranet");
    tcp k;
    t = dns_ask(w, t, pc, w->resolver, "intranet.corp.local", DNS_A, server->ip);
    tcp_open(&k, w, pc, server, 80, t);
    for (int i = (int)range(w, 1, 6); i > 0; i--) {
        if (chance(w, 0.2)) {
            http_post(&k, "intranet.corp.local", "/login", agents[0], (size_t)range(w, 40, 400),
                      900);
        } else {
            open_page(&k, paths[range(w, 0, 5)]);
        }
        tcp_wait(&k, about(w, SECOND));
    }
    tcp_close(&k, SERVER);
}

static void read_mail(world *w, host *pc) { // one connection all day, asked once a minute
    tcp k;
    tcp_open(&k, w, pc, host_find(w, "mail"), 993, w->start - range(w, 1, 50) * SECOND);
    tls_hello(&k, "mail.corp.local");
    for (int64_t t = k.now; t < w->end; t += 60 * SECOND) tcp_wait_until(&k, t), mail_poll(&k);
}

static void telephone(world *w, int64_t t, host *a, host *b) { // RTP, G.711: 160 samples each 20 ms
    static buf v;
    const int port = 16384 + 2 * (int)range(w, 0, 4000), port2 = 16384 + 2 * (int)range(w, 0, 4000),
              packets = (int)heavy(w, 500, 6000, 1.0);
    const uint32_t source = (uint32_t)bits(w);
    for (int i = 0; i < packets; i++, t += 20 * MS) {
        for (int way = 0; way < 2; way++) {
            v.n = 0;
            put8(&v, 0x80), put8(&v, i ? 0 : 0x80), put16(&v, (unsigned)(i + way * 9) & 0xFFFF),
                put32(&v, (uint32_t)i * 160), put32(&v, source + (uint32_t)way);
            put_noise(w, &v, 160);
            if (way) {
                udp_send(w, t + 7 * MS + about(w, 300 * US), b, port2, a, port, &v);
            } else {
                udp_send(w, t + about(w, 300 * US), a, port, b, port2, &v);
            }
        }
    }
}

static void update(world *w, int64_t t, host *pc) {
    host *server = host_find(w, "update");
    tcp k;
    t = dns_ask(w, t, pc, w->resolver, "au.download.updates.net", DNS_A, server->ip);
    tcp_open(&k, w, pc, server, 80, t);
    for (int i = (int)range(w, 1, 5); i > 0; i--) {
        http_get(&k, "au.download.updates.net", "/c/msdownload/update/2023/11/kb5032189.cab",
                 agents[4], (size_t)range(w, 100000, 900000));
    }
    tcp_close(&k, CLIENT);
}

typedef struct habit {
    void (*begin)(world *w, int64_t t, host *pc);
    int mean; // seconds between
} habit;

static void send_mail(world *w, int64_t t, host *pc) {
    mail_send(w, t, pc, host_find(w, "mail"), (size_t)heavy(w, 1500, 900000, 0.8));
}

static void log_in(world *w, int64_t t, host *pc) { // an administrator's machine
    host *to = host_find(w, chance(w, 0.6) ? "intranet" : "backup");
    if (pc->ip % 4 == 0) ssh_session(w, t, pc, to, (int)range(w, 10, 120));
}

static void look_up(world *w, int64_t t, host *pc) { // what programs ask for by themselves
    char name[NAME_MAX_BYTES];
    const int n = zipf(w, SITES);
    site_name(w, n, name);
    if (chance(w, 0.25)) {
        snprintf(name, sizeof name, "%d.%d.%d.10.in-addr.arpa", (int)range(w, 1, 254),
                 (int)(w->net >> 8 & 255), (int)(w->net >> 16 & 255));
    }
    int type = chance(w, 0.3) ? DNS_AAAA : DNS_A;
    if (strstr(name, "arpa")) type = DNS_PTR;
    dns_ask(w, t, pc, w->resolver, name, type, chance(w, 0.9) ? site_host(w, n)->ip : 0);
}

static void tell(world *w, int64_t t, host *pc) { // what everyone hears
    const int64_t which = range(w, 0, 3);
    if (which == 0) mdns_tell(w, t, pc, "_googlecast._tcp.local");
    if (which == 1) ssdp_search(w, t, pc);
    if (which == 2) netbios_ask(w, t, pc, "CORP");
    if (which == 3) dhcp_renew(w, t, pc, w->router);
}

static void upload(world *w, int64_t t, host *pc) { // pictures and files to where people keep them
    const int n = (int)range(w, 2, 8);
    char site[NAME_MAX_BYTES];
    tcp k;
    site_name(w, n, site);
    host *server = site_host(w, n);
    t = dns_ask(w, t, pc, w->resolver, site, DNS_A, server->ip);
    tcp_open(&k, w, pc, server, 443, t);
    tls_hello(&k, site), tls_data(&k, CLIENT, 900), tls_data(&k, SERVER, 400);
    size_t left = (size_t)heavy(w, 60000, 6000000, 0.7);
    for (; left > 0; left -= left < 400000 ? left : 400000) {
        tls_data(&k, CLIENT, left < 400000 ? left : 400000), tls_data(&k, SERVER, 300);
    }
    tcp_close(&k, CLIENT);
}

static void check_file(world *w, int64_t t,
                       host *pc) { // a virus scanner asks for a file by the hash in a name
    static buf b;
    b.n = 0;
    put_letters(w, &b, 32, "0123456789abcdef"), put_text(&b, ".avts.filerep.net"), put8(&b, 0);
    const int type = chance(w, 0.6) ? DNS_A : DNS_TXT;
    dns_ask(w, t, pc, w->resolver, (const char *)b.b, type, 0x7F000004U);
}

// A program that reports to its maker every few minutes.
static void report(world *w, host *pc) {
    const int n = 10 + (int)(pc->ip % 5);
    const int64_t every = (60 + 30 * (int64_t)(pc->ip % 7)) * SECOND;
    char site[NAME_MAX_BYTES];
    site_name(w, n, site);
    host *server = site_host(w, n);
    for (int64_t t = w->start + about(w, every / 2); t < w->end;
         t += every + about(w, 3 * SECOND)) {
        tcp k;
        tcp_open(&k, w, pc, server, 443, dns_ask(w, t, pc, w->resolver, site, DNS_A, server->ip));
        tls_hello(&k, site), tls_data(&k, CLIENT, (size_t)range(w, 300, 2400)),
            tls_data(&k, SERVER, (size_t)range(w, 90, 130));
        tcp_close(&k, CLIENT);
    }
}

static void watch(world *w) { // one server pings the others
    static const char *const names[] = {"router",   "dc",       "files",   "mail",
                                        "intranet", "printer1", "printer2"};
    for (int i = 0; i < 7; i++) {
        int seq = 0;
        for (int64_t t = w->start + range(w, 0, 60) * SECOND; t < w->end;
             t += 60 * SECOND + about(w, 5 * MS)) {
            ping(w, t, host_find(w, "backup"), host_find(w, names[i]), 4000 + i, ++seq & 0xFFFF);
        }
    }
}

static const habit habits[] = {
    {browse,       70  },
    {keep_files,   240 },
    {print,        900 },
    {use_intranet, 150 },
    {send_mail,    400 },
    {log_in,       500 },
    {update,       1500},
    {look_up,      25  },
    {tell,         90  },
    {upload,       1200},
    {check_file,   150 },
};

static void nightly(world *w) { // a backup of the file server, of a size any time of day
    tcp k;
    for (int64_t t = w->start + about(w, 900 * SECOND); t < w->end;
         t += 600 * SECOND + about(w, 1200 * SECOND)) {
        tcp_open(&k, w, host_find(w, "backup"), host_find(w, "files"), 445, t);
        smb_begin(&k), smb_read(&k, (size_t)range(w, 2000000, 9000000)), tcp_close(&k, CLIENT);
    }
}

static void live(world *w) {
    for (int i = 0; i < office_people(w); i++) {
        host *pc = office_person(w, i);
        for (int h = 0; h < (int)(sizeof habits / sizeof *habits); h++) {
            stream(w, 2000 + 20 * (uint64_t)i + (uint64_t)h);
            const int64_t mean = habits[h].mean * SECOND;
            for (int64_t t = next_session(w, w->start - about(w, mean / 4), mean); t < w->end;
                 t = next_session(w, t, mean)) {
                habits[h].begin(w, t, pc);
            }
        }
        stream(w, 4000 + (uint64_t)i);
        read_mail(w, pc), report(w, pc);
        arp_cache(w, pc, w->router, 150 * SECOND), arp_cache(w, w->router, pc, 240 * SECOND),
            arp_cache(w, pc, host_find(w, "files"), 300 * SECOND);
        for (int64_t t = w->start + about(w, 200 * SECOND); t < w->end; t += 256 * SECOND) {
            ntp_ask(w, t, pc, host_find(w, "ntp"));
        }
    }
    stream(w, 5000);
    for (int64_t t = next_session(w, w->start, 250 * SECOND); t < w->end;
         t = next_session(w, t, 250 * SECOND)) {
        const int64_t a = range(w, 0, 3);
        char one[16], other[16];
        snprintf(one, sizeof one, "phone%d", (int)a),
            snprintf(other, sizeof other, "phone%d", (int)(a + range(w, 1, 3)) % 4);
        telephone(w, t, host_find(w, one), host_find(w, other));
    }
    stream(w, 5001), nightly(w);
    stream(w, 5002), link_chatter(w, w->router), watch(w);
}

const scene scene_office = {"office",
                            "an office: web, DNS, mail, files, printers, ssh, telephones, updates",
                            build, live, attacks_office};
