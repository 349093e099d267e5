// SPDX-License-Identifier: Apache-2.0
// lru_table.h - a hash table of a fixed number of entries that forgets what was seen longest ago: for whatever the wire names,
// hosts, flows, sockets, of which there may be any number.
//
//   key, fixed size ──SipHash──> bucket ──> chain of slots ──> entry, fixed size, zeroed when new
//                                            └── one list of all slots in use, newest to oldest: exact LRU
//
// All memory is taken at the start. What is forgotten depends on the order of the calls alone, never on the hash's key: results are
// the same in every process. Entries stay where they are until they are forgotten or removed.
#ifndef HG_TRAFFIC_LRU_TABLE_H
#define HG_TRAFFIC_LRU_TABLE_H
#include "traffic/siphash.h"

typedef struct hg__lru hg__lru;

typedef struct hg__lru_options {
    size_t key_bytes;   // 1 to 256
    size_t entry_bytes; // 1 at least
    uint32_t capacity;  // entries, 1 at least and 2^30 at most
    // Called for an entry that must make room, before it is zeroed for the new key; not by hg__lru_remove(). May remove or look up
    // nothing in this table. NULL: nobody wants to know.
    void (*forget)(void *context, const void *key, void *entry);
    void *context;
} hg__lru_options;

// How many entries of these sizes fit in `bytes`, with all that the table needs beside them; 0: not one.
uint32_t hg__lru_fit(size_t key_bytes, size_t entry_bytes, size_t bytes);
// What a table of this capacity takes.
size_t hg__lru_bytes(size_t key_bytes, size_t entry_bytes, uint32_t capacity);

// key: of the hash; secret (hg__siphash_key_draw()) where the wire is not trusted. NULL on failure.
hg__lru *hg__lru_new(const hg__lru_options *o, const hg__siphash_key *key, hg_error *err);
void hg__lru_free(hg__lru *t); // NULL is fine

// The entry of a key, which becomes the newest; where it is not known it is made, zeroed, and *is_new says so; where the table is
// full the oldest makes room. Never NULL. Entries are aligned to 64 bytes.
void *hg__lru_find_or_add(hg__lru *t, const void *key, bool *is_new);
void *hg__lru_find(hg__lru *t, const void *key);       // becomes the newest; NULL: not known
void *hg__lru_peek(const hg__lru *t, const void *key); // does not become newer

// The same in steps, so that memory is on its way while other things are done: hash all keys, hg__lru_prefetch() all hashes, then
// look them up.
uint64_t hg__lru_hash(const hg__lru *t, const void *key);
void hg__lru_prefetch(const hg__lru *t, uint64_t hash);
void *hg__lru_find_or_add_hashed(hg__lru *t, const void *key, uint64_t hash, bool *is_new);

// entry: one of this table's.
const void *hg__lru_key(const hg__lru *t, const void *entry);
void hg__lru_remove(hg__lru *t, void *entry);

// By age: the entry seen longest ago, and the next younger than one; NULL: there is none.
void *hg__lru_oldest(const hg__lru *t);
void *hg__lru_younger(const hg__lru *t, const void *entry);

uint32_t hg__lru_count(const hg__lru *t);
uint32_t hg__lru_capacity(const hg__lru *t);
uint64_t hg__lru_forgotten(const hg__lru *t); // that had to make room so far
void hg__lru_clear(hg__lru *t);               // as new, forgets silently
#endif
