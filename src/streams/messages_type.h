// SPDX-License-Identifier: Apache-2.0
// messages_type.h - what a kind of source of messages must say about itself; messages.def lists them. Only files of this room include this.
#ifndef HG_STREAMS_MESSAGES_TYPE_H
#define HG_STREAMS_MESSAGES_TYPE_H
#include "csv/csv_number.h"
#include "streams/messages.h"

typedef struct hg__messages_type {
    const char *name;
    bool (*is_ours)(const char *source);
    // Sets m->place and m->own. Whatever it left is given to close on failure.
    int (*open)(hg__messages *m, const char *source, hg_error *err);
    int (*next)(hg__messages *m, int timeout_ms, hg__message *to, hg_error *err);
    int32_t (*positions)(const hg__messages *m, hg__message_position *to, int32_t most);
    int (*go_on)(hg__messages *m, const hg__message_position *p, hg_error *err);
    void (*close)(hg__messages *m);
} hg__messages_type;

#define MESSAGES(name) extern const hg__messages_type hg__messages_##name;
#include "streams/messages.def"
#undef MESSAGES

// scheme://[user[:password]@]host[:port]/topic[?key=value&...], taken apart; %2F is a slash.
typedef struct hg__address {
    char user[256], password[1024], host[256], topic[1024];
    bool has_user, has_password;
    int32_t port; // 0: not said
    struct {
        char key[32], value[256];
    } option[8];
    int32_t options;
} hg__address;

bool hg__address_is(const char *source, const char *scheme); // "mqtt"
// keys (NULL behind the last): those that may stand behind the question mark. Wipes nothing on failure but gives no secret away.
int hg__address_parse(hg__address *a, const char *source, const char *form, const char *const *keys,
                      hg_error *err);
const char *hg__address_option(const hg__address *a, const char *key); // "" where it is not said

// Copies a payload to where it may be written to, (HG_MESSAGE_MOST + HG_CSV_PAD + 1) bytes, without line ends behind, and closes it
// with a newline; its size.
size_t hg__message_copy(char *to, const void *from, size_t size);

double hg__wall_seconds(void); // since 1970
// The broker went away, or is back: counted, and told once.
void hg__messages_away(hg__messages *m, const char *why);
void hg__messages_back(hg__messages *m);
#endif
