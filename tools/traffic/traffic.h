// SPDX-License-Identifier: Apache-2.0
// traffic.h - a network before it is a capture: hosts, packets, connections; what the parts of draw_traffic.c hand each other.
#ifndef TRAFFIC_H
#define TRAFFIC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define US     1000LL // times are in ns since 1970
#define MS     1000000LL
#define SECOND 1000000000LL

enum { HOSTS_MAX = 2048, NAME_MAX_BYTES = 64, RTUS_MAX = 8, ATTACKS_MAX = 32 };

// How an operating system's IP and TCP look. Options in order: M MSS, S SACK permitted, T timestamps, W window scale, N no-op, E end.
typedef struct stack {
    const char *name, *options;
    uint16_t syn_window, window; // in a SYN, and as later segments say it (scaled)
    uint16_t mss;
    uint8_t ttl, scale;
    uint8_t counts; // IP ids: 1 one counter for all, 0 one a connection
    uint8_t whole;  // DF is set
    uint16_t port_low, port_high;
    int delayed_ack_ms;
} stack;

extern const stack stack_linux, stack_windows, stack_mac, stack_plc, stack_rtu, stack_vxworks,
    stack_router, stack_printer, stack_nmap, stack_mirai;

typedef struct host {
    char name[NAME_MAX_BYTES];
    uint8_t mac[6], ttl; // TTL as seen at the tap
    uint32_t ip;
    const stack *stack;
    int64_t delay; // tap to host, one way, ns
    int64_t gap;   // between two full segments it sends, ns
    uint32_t clock;
    uint16_t ip_id, port;
    bool outside;
} host;

typedef struct row {
    int64_t time;
    size_t at; // of world.bytes
    uint32_t order, source;
    uint32_t twin; // order of the packet it repeats, + 1
    uint16_t size;
    int16_t counter; // host whose counter gives the IP id; -1: it has one
    uint8_t attack;  // 0 none
} row;

typedef struct plant {
    host *master, *hmi, *historian, *station, *monitor, *clock, *rtu[RTUS_MAX];
    int rtus, period_ms, persistent; // persistent: a bit an RTU
    int protocol;
    bool writes; // an operator at work
} plant;

typedef struct world {
    uint64_t seed, state;
    int64_t start, end;
    host hosts[HOSTS_MAX];
    int hosts_n;
    host *router, *everyone, *resolver;
    plant plant;
    uint32_t net; // the /24
    uint8_t *bytes;
    row *rows;
    size_t bytes_n, bytes_room, rows_n, rows_room;
    uint8_t attack; // of what is emitted now
    uint32_t source;
} world;

typedef struct attack {
    const char *name;
    void (*run)(world *w, int64_t t, int64_t length); // length: at most so long, ns
    int most;                                         // seconds
} attack;

typedef struct scene {
    const char *name, *about;
    void (*build)(world *w); // its hosts: the same for all captures of a seed
    void (*live)(world *w);  // everyday traffic of w->start to w->end
    const attack *attacks;   // a row without name ends
} scene;

extern const scene scene_industrial, scene_s7, scene_office, scene_iot;
extern const attack attacks_industrial[], attacks_s7[], attacks_office[], attacks_iot[];

// ---- random numbers (draw_random.c): integers, and arithmetic that is the same everywhere ---------

uint64_t bits(world *w);
void stream(world *w, uint64_t what);          // from here on numbers of (seed, start, what)
void stream_of_plant(world *w, uint64_t what); // of (seed, what): the same whenever
double unit(world *w);                         // 0 to below 1
int64_t range(world *w, int64_t least, int64_t most);
bool chance(world *w, double p);
int64_t about(world *w, int64_t mean);                           // exponential
double heavy(world *w, double least, double most, double alpha); // Pareto, cut off
int zipf(world *w, int n);                                       // 0 to n - 1, 0 the most frequent
double activity(int64_t t); // of people, by the time of the day: 0.15 to 1
int64_t next_session(world *w, int64_t t,
                     int64_t mean); // when people begin again: more often at day

// ---- bytes to be sent ----------------------------------------------------------------------------

enum { BUF_MAX = 1 << 20 };
typedef struct buf {
    size_t n;
    uint8_t b[BUF_MAX];
} buf;

static inline void set16(uint8_t *p, unsigned v) {
    p[0] = (uint8_t)(v >> 8), p[1] = (uint8_t)v;
}

static inline void set32(uint8_t *p, uint32_t v) {
    set16(p, v >> 16), set16(p + 2, v & 0xFFFF);
}

void put8(buf *b, unsigned v);
void put16(buf *b, unsigned v);
void put32(buf *b, uint32_t v);
void put16_low(buf *b, unsigned v); // the low byte first
void put32_low(buf *b, uint32_t v);
void put_bytes(buf *b, const void *from, size_t n);
void put_text(buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
void put_name(buf *b, const char *name);    // as DNS has it: labels behind their lengths
void put_noise(world *w, buf *b, size_t n); // as encrypted or packed bytes look
void put_words(world *w, buf *b, size_t n); // as text looks
void put_letters(world *w, buf *b, size_t n, const char *of); // of these letters

// ---- hosts and packets (draw_packet.c) -----------------------------------------------------------

host *host_add(world *w, const char *name, const stack *s, uint32_t ip, uint32_t vendor);
host *host_add_outside(world *w, const char *name, const stack *s); // somewhere, behind the router
host *host_find(world *w, const char *name);
host *host_near(world *w, int last); // by the last number of its address
uint16_t port_next(world *w, host *h);

void frame_ip(world *w, int64_t t, host *from, host *to, int protocol, int id, const uint8_t *body,
              size_t n);
void udp_send(world *w, int64_t t, host *from, int from_port, host *to, int to_port, const buf *b);
void icmp_send(world *w, int64_t t, host *from, host *to, int type, int code, const uint8_t *body,
               size_t n);
void arp_send(world *w, int64_t t, host *from, int op, const uint8_t target_mac[6],
              uint32_t sender_ip, uint32_t target_ip);
void arp_ask(world *w, int64_t t, host *from, host *to, bool answered);
void arp_cache(world *w, host *from, host *to,
               int64_t mean); // asks again and again, as long as the capture
void frame_plain(world *w, int64_t t, const uint8_t *bytes, size_t n); // neither IPv4 nor ARP
// What these two say to each other goes through a third between these times: each packet twice.
void frames_divert(world *w, host *through, const host *one, const host *other, int64_t from,
                   int64_t to);
int64_t turn(world *w, const host *h); // tap to host and back

// ---- files (draw_capture.c) ----------------------------------------------------------------------

// Packets by time, with their IP ids and checksums: once, before the next two.
bool capture_order(world *w);
bool capture_write(const world *w, const char *path, bool nanoseconds);
bool labels_write(const world *w, const char *path, const attack *attacks);

// ---- TCP (draw_tcp.c) ----------------------------------------------------------------------------

enum { CLIENT, SERVER };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

typedef struct side {
    host *host;
    uint16_t port, id;
    uint32_t seq, tsval;
    int owes, heard;       // segments not acknowledged yet, and all
    int64_t owes_at, sent; // sent: its last segment's time
} side;

typedef struct tcp {
    world *w;
    side side[2];
    int64_t now;
    int last; // who sent last
    int mss, cwnd;
    bool timestamps, scaled;
} tcp;

void tcp_open(tcp *k, world *w, host *client, host *server, int port, int64_t t);
void tcp_say(tcp *k, int who, const void *bytes, size_t n);
void tcp_wait(tcp *k, int64_t ns);
void tcp_wait_until(tcp *k, int64_t t);
void tcp_close(tcp *k, int who);
void tcp_reset(tcp *k, int who);
void tcp_refused(world *w, host *client, host *server, int port, int64_t t);
void tcp_unheard(world *w, host *client, host *server, int port, int64_t t, int tries);
// One segment of no connection, as scanners and floods send.
typedef struct lone {
    int from_port, to_port, flags;
    uint32_t seq, ack;
} lone;
void tcp_lone(world *w, int64_t t, host *from, host *to, lone what);

#endif
