// SPDX-License-Identifier: Apache-2.0
// draw_login.c - SSH (RFC 4253), SMB2 (MS-SMB2) and mail (SMTP, IMAP over TLS) as they look from outside.
#include <stdio.h>

#include "protocols.h"

static void say(tcp *k, int who, size_t n) {
    static buf b;
    b.n = 0;
    put_noise(k->w, &b, n);
    tcp_say(k, who, b.b, b.n);
}

static void say_text(tcp *k, int who, const char *text) {
    static buf b;
    b.n = 0;
    put_text(&b, "%s", text);
    tcp_say(k, who, b.b, b.n);
}

// ---- SSH -----------------------------------------------------------------------------------------

static void key_exchange(tcp *k, int who, const char *algorithms, size_t n) {
    static buf b;
    b.n = 0;
    put32(&b, (uint32_t)n - 4), put8(&b, 6), put8(&b, 20), put_noise(k->w, &b, 16);
    put32(&b, 150), put_text(&b, "%s", algorithms);
    while (b.n + 10 < n) {
        put_text(&b, "%s,",
                 "ssh-ed25519,rsa-sha2-512,aes128-ctr,aes256-gcm@openssh.com,umac-64-etm@openssh."
                 "com,hmac-sha2-256,none,zlib@openssh.com");
    }
    tcp_say(k, who, b.b, n);
}

void ssh_begin(tcp *k) {
    static buf b;
    world *w = k->w;
    say_text(k, CLIENT,
             k->side[CLIENT].host->stack == &stack_windows
                 ? "SSH-2.0-PuTTY_Release_0.78\r\n"
                 : "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3ubuntu0.4\r\n");
    tcp_wait(k, 3 * MS);
    say_text(k, SERVER, "SSH-2.0-OpenSSH_8.4p1 Debian-5+deb11u1\r\n");
    key_exchange(k, CLIENT, "curve25519-sha256,ecdh-sha2-nistp256,diffie-hellman-group16-sha512,",
                 1536);
    key_exchange(k, SERVER, "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,",
                 1080);
    b.n = 0;
    put32(&b, 44), put8(&b, 6), put8(&b, 30), put32(&b, 32), put_noise(w, &b, 38);
    tcp_say(k, CLIENT, b.b, 48);
    tcp_wait(k, 4 * MS);
    b.n = 0;
    put32(&b, 188), put8(&b, 11), put8(&b, 31), put_noise(w, &b, 442);
    tcp_say(k, SERVER, b.b, 448);
    b.n = 0;
    put32(&b, 12), put8(&b, 10), put8(&b, 21), put_bytes(&b, (uint8_t[10]){0}, 10);
    tcp_say(k, CLIENT, b.b, 16);
    say(k, CLIENT, 44), say(k, SERVER, 44);
}

void ssh_session(world *w, int64_t t, host *client, host *server, int keys) {
    tcp k;
    tcp_open(&k, w, client, server, 22, t);
    ssh_begin(&k);
    say(&k, CLIENT, 60), tcp_wait(&k, 5 * MS), say(&k, SERVER, 52);
    say(&k, CLIENT, 500), tcp_wait(&k, 40 * MS), say(&k, SERVER, 28);
    say(&k, CLIENT, 112), say(&k, SERVER, 500), say(&k, CLIENT, 176), say(&k, SERVER, 44);
    for (int i = 0; i < keys; i++) {
        say(&k, CLIENT, 36), say(&k, SERVER, 36);
        tcp_wait(&k, 60 * MS + about(w, 140 * MS));
        if (i % 14 == 13) {
            say(&k, CLIENT, 36), tcp_wait(&k, about(w, 50 * MS)),
                say(&k, SERVER, 40 + 4 * (size_t)heavy(w, 10, 4000, 0.9)),
                tcp_wait(&k, about(w, 4 * SECOND));
        }
    }
    say(&k, CLIENT, 36), tcp_close(&k, CLIENT);
}

bool ssh_guess(world *w, int64_t t, host *client, host *server, int tries) {
    tcp k;
    tcp_open(&k, w, client, server, 22, t);
    ssh_begin(&k);
    say(&k, CLIENT, 60), tcp_wait(&k, 5 * MS), say(&k, SERVER, 52);
    for (int i = 0; i < tries; i++) {
        say(&k, CLIENT, 84), tcp_wait(&k, 1500 * MS + about(w, 600 * MS)), say(&k, SERVER, 68);
    }
    tcp_close(&k, CLIENT);
    return k.now < w->end;
}

// ---- SMB -----------------------------------------------------------------------------------------

// A message of `body` bytes behind SMB2's header of 64; command 0 negotiate, 1 session setup, 3 tree, 5 create, 8 read, 9 write.
static void smb(tcp *k, int who, int command, size_t body, bool noise) {
    static buf b;
    b.n = 0;
    put8(&b, 0), put8(&b, (unsigned)((64 + body) >> 16)), put16(&b, (64 + body) & 0xFFFF);
    put32(&b, 0xFE534D42U), put16_low(&b, 64), put16_low(&b, 1), put32_low(&b, 0),
        put16_low(&b, (unsigned)command), put16_low(&b, 33);
    put32_low(&b, who == SERVER), put32_low(&b, 0),
        put32_low(&b, (uint32_t)(k->side[CLIENT].seq >> 7)), put32_low(&b, 0);
    put32_low(&b, 0xFEFF), put32_low(&b, 1), put32_low(&b, 0x51), put32_low(&b, 0x4000),
        put_bytes(&b, (uint8_t[16]){0}, 16);
    put16_low(&b, (unsigned)(body < 100 ? body : 49));
    if (noise) {
        put_noise(k->w, &b, body - 2);
    } else {
        while (b.n < 68 + body) {
            put16_low(&b, 0x5C), put32_low(&b, 0x00650072U), put16_low(&b, (unsigned)command);
        }
    }
    b.n = 68 + body;
    tcp_say(k, who, b.b, b.n);
    if (who == CLIENT) tcp_wait(k, about(k->w, MS));
}

void smb_begin(tcp *k) {
    static const struct {
        int command;
        size_t asked, told;
    } steps[] = {
        {0, 110, 236},
        {1, 90,  260},
        {1, 480, 40 },
        {3, 44,  16 },
        {5, 120, 152}
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        smb(k, CLIENT, steps[i].command, steps[i].asked, i == 2),
            smb(k, SERVER, steps[i].command, steps[i].told, false);
    }
}

void smb_read(tcp *k, size_t n) {
    for (; n > 0; n -= n < 65536 ? n : 65536) {
        smb(k, CLIENT, 8, 52, false), smb(k, SERVER, 8, 16 + (n < 65536 ? n : 65536), true);
    }
}

void smb_write(tcp *k, size_t n) {
    for (; n > 0; n -= n < 65536 ? n : 65536) {
        smb(k, CLIENT, 9, 48 + (n < 65536 ? n : 65536), true), smb(k, SERVER, 9, 16, false);
    }
}

// ---- mail ----------------------------------------------------------------------------------------

void mail_send(world *w, int64_t t, host *client, host *server, size_t n) {
    tcp k;
    tcp_open(&k, w, client, server, 587, t);
    say_text(&k, SERVER, "220 mail.corp.local ESMTP Postfix (Debian/GNU)\r\n");
    say_text(&k, CLIENT, "EHLO desktop.corp.local\r\n");
    say_text(&k, SERVER,
             "250-mail.corp.local\r\n250-PIPELINING\r\n250-SIZE "
             "52428800\r\n250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n");
    say_text(&k, CLIENT, "STARTTLS\r\n"), say_text(&k, SERVER, "220 2.0.0 Ready to start TLS\r\n");
    tls_hello(&k, "mail.corp.local");
    for (int i = 0; i < 4; i++) {
        tls_data(&k, CLIENT, (size_t)range(w, 20, 70)),
            tls_data(&k, SERVER, (size_t)range(w, 18, 60));
    }
    tls_data(&k, CLIENT, n), tcp_wait(&k, about(w, 40 * MS)), tls_data(&k, SERVER, 45);
    tls_data(&k, CLIENT, 6), tls_data(&k, SERVER, 15);
    tcp_close(&k, CLIENT);
}

void mail_poll(tcp *k) {
    tls_data(k, CLIENT, 14),
        tls_data(k, SERVER, (size_t)(chance(k->w, 0.85) ? 32 : heavy(k->w, 800, 300000, 0.9)));
}
