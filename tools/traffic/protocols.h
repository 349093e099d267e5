// SPDX-License-Identifier: Apache-2.0
// protocols.h - what hosts say to each other: whole exchanges of one protocol each, labelled as w->attack says.
#ifndef PROTOCOLS_H
#define PROTOCOLS_H
#include "traffic.h"

// ---- draw_modbus.c -------------------------------------------------------------------------------

typedef struct poll {
    int unit, function, at, count;
} poll;

void modbus_request(buf *b, int transaction, poll p, int value);
void modbus_ask(tcp *k, int *transaction, poll p,
                int value); // and its answer; value: what is written
void modbus_identify(tcp *k, int *transaction, int unit);

// ---- draw_local.c: what keeps a network going ------------------------------------------------------

void ntp_ask(world *w, int64_t t, host *client, host *server);
void ping(world *w, int64_t t, host *from, host *to, int id, int seq);
void dhcp_renew(world *w, int64_t t, host *client, host *server);
void mdns_tell(world *w, int64_t t, host *from, const char *service);
void ssdp_search(world *w, int64_t t, host *from);
void netbios_ask(world *w, int64_t t, host *from, const char *name);

// ---- draw_link.c: what is heard on every wire -------------------------------------------------------

void stp_hello(world *w, int64_t t, const host *from);
void lldp_tell(world *w, int64_t t, const host *from);
void llmnr_ask(world *w, int64_t t, host *from, const char *name);
void dhcp6_solicit(world *w, int64_t t, const host *from); // over IPv6, which nobody answers
void link_chatter(world *w, host *bridge);                 // all of these, as long as the capture

// ---- draw_dns.c ------------------------------------------------------------------------------------

enum { DNS_A = 1, DNS_PTR = 12, DNS_NULL = 10, DNS_TXT = 16, DNS_AAAA = 28, DNS_HTTPS = 65 };
enum { SITES = 400 };
void site_name(const world *w, int n,
               char name[NAME_MAX_BYTES]); // the n-th of the world's sites, 0 the best known
host *site_host(world *w, int n);          // one of its servers, new ones as they are asked for
int64_t dns_ask(world *w, int64_t t, host *client, host *server, const char *name, int type,
                uint32_t answer); // when it is known
// A question and any bytes as its answer.
void dns_raw(world *w, int64_t t, host *client, int port, const char *name, int type,
             const buf *answer);

// ---- draw_web.c: HTTP and TLS ----------------------------------------------------------------------

void http_get(tcp *k, const char *site, const char *path, const char *agent, size_t answer);
void http_post(tcp *k, const char *site, const char *path, const char *agent, size_t sent,
               size_t answer);
void tls_hello(tcp *k, const char *site);
void tls_data(tcp *k, int who, size_t n);
void browse(world *w, int64_t t,
            host *client); // a page with what it takes: DNS, several connections
void quic_visit(world *w, int64_t t, host *client, host *server); // draw_quic.c
extern const char *const agents[];
enum { AGENTS = 5 };

// ---- draw_login.c: SSH, SMB, telnet, mail ----------------------------------------------------------

void ssh_begin(tcp *k);
void ssh_session(world *w, int64_t t, host *client, host *server, int keys);
bool ssh_guess(world *w, int64_t t, host *client, host *server, int tries);
void smb_begin(tcp *k);
void smb_read(tcp *k, size_t n);
void smb_write(tcp *k, size_t n);
void mail_send(world *w, int64_t t, host *client, host *server, size_t n);
void mail_poll(tcp *k);

#endif
