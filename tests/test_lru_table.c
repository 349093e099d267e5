// SPDX-License-Identifier: Apache-2.0
// test_lru_table.c - the table finds what it was given, forgets what was seen longest ago, whatever its key, and never grows.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "sanitized.h"
#include "traffic/lru_table.h"

#include <cmocka.h>

static const hg__siphash_key keys[] = {
    {1,                  2                 },
    {0x0123456789abcdef, 0xfedcba9876543210}
};

typedef struct {
    uint8_t bytes[12];
} flow_key;

static flow_key key_of(uint32_t i) {
    flow_key k = {{0}};
    memcpy(k.bytes + 3, &i, sizeof i);
    return k;
}

static hg__lru *table_of(uint32_t capacity, const hg__siphash_key *key) {
    const hg__lru_options o = {
        .key_bytes = sizeof(flow_key), .entry_bytes = 20, .capacity = capacity};
    hg__lru *t = hg__lru_new(&o, key, NULL);
    assert_non_null(t);
    return t;
}

// Whether it is new; the entry has its own number.
static bool see(hg__lru *t, uint32_t i) {
    const flow_key key = key_of(i);
    bool is_new;
    uint32_t *entry = hg__lru_find_or_add(t, &key, &is_new);
    assert_int_equal((uintptr_t)entry % 64, 0);
    if (is_new) {
        for (int k = 0; k < 5; k++) assert_int_equal(entry[k], 0);
        entry[0] = i + 1;
    }
    assert_int_equal(entry[0], i + 1);
    return is_new;
}

static bool knows(const hg__lru *t, uint32_t i) {
    const flow_key key = key_of(i);
    return hg__lru_peek(t, &key) != NULL;
}

static void what_was_seen_longest_ago_makes_room(void **state) {
    (void)state;
    hg__lru *t = table_of(3, keys);
    for (uint32_t i = 0; i < 3; i++) assert_true(see(t, i));
    assert_false(see(t, 0)); // 1 is the oldest now
    assert_true(see(t, 3));
    assert_true(knows(t, 0) && !knows(t, 1) && knows(t, 2) && knows(t, 3));
    assert_int_equal(hg__lru_forgotten(t), 1);
    assert_int_equal(hg__lru_count(t), 3);
    hg__lru_free(t);
}

static void a_look_that_is_no_visit_makes_nothing_younger(void **state) {
    (void)state;
    hg__lru *t = table_of(2, keys);
    const flow_key first = key_of(0);
    see(t, 0), see(t, 1);
    assert_non_null(hg__lru_peek(t, &first));
    see(t, 2);
    assert_null(hg__lru_find(t, &first));
    hg__lru_free(t);
}

// The same calls on tables with different keys, beside a list of numbers by age.
static void what_is_known_does_not_depend_on_the_key_of_the_hash(void **state) {
    (void)state;
    enum { CAPACITY = 50 };
    hg__lru *a = table_of(CAPACITY, keys), *b = table_of(CAPACITY, keys + 1);
    uint32_t random = 1;
    for (int step = 0; step < 20000; step++) {
        random = random * 1664525U + 1013904223U;
        const uint32_t i = (random >> 16) % 90;
        assert_int_equal(see(a, i), see(b, i));
        if (step % 7 == 0) {
            const flow_key key = key_of(i);
            hg__lru_remove(a, hg__lru_find(a, &key));
            hg__lru_remove(b, hg__lru_find(b, &key));
        }
    }
    const void *x = hg__lru_oldest(a), *y = hg__lru_oldest(b);
    for (; x && y; x = hg__lru_younger(a, x), y = hg__lru_younger(b, y)) {
        assert_memory_equal(hg__lru_key(a, x), hg__lru_key(b, y), sizeof(flow_key));
    }
    assert_ptr_equal(x, y);
    assert_int_equal(hg__lru_forgotten(a), hg__lru_forgotten(b));
    hg__lru_free(a);
    hg__lru_free(b);
}

typedef struct {
    uint32_t last, calls;
} hearer;

static void note(void *context, const void *key, void *entry) {
    hearer *t = context;
    uint32_t of_key;
    memcpy(&of_key, (const uint8_t *)key + 3, sizeof of_key);
    memcpy(&t->last, entry, sizeof t->last);
    assert_int_equal(t->last, of_key + 1);
    t->calls++;
}

static void who_wants_to_know_is_told_what_is_forgotten_but_not_what_is_removed(void **state) {
    (void)state;
    hearer told = {0};
    const hg__lru_options o = {
        .key_bytes = sizeof(flow_key), .entry_bytes = 20, .capacity = 2, note, &told};
    hg__lru *t = hg__lru_new(&o, keys, NULL);
    see(t, 0), see(t, 1), see(t, 2);
    assert_int_equal(told.calls, 1);
    assert_int_equal(told.last, 1);
    hg__lru_remove(t, hg__lru_oldest(t));
    assert_int_equal(told.calls, 1);
    assert_int_equal(hg__lru_count(t), 1);
    see(t, 3);
    assert_int_equal(told.calls, 1);
    assert_true(knows(t, 2) && knows(t, 3));
    hg__lru_clear(t);
    assert_null(hg__lru_oldest(t));
    hg__lru_free(t);
}

// One table with its whole memory taken before the first of very many keys.
static void a_flood_of_new_keys_takes_no_memory(void **state) {
    (void)state;
    const uint32_t flood = IS_SANITIZED ? 200000 : 2000000;
    const uint32_t capacity = hg__lru_fit(sizeof(flow_key), 20, 1 << 20);
    hg__lru *t = table_of(capacity, keys);
    const uint64_t calls = hg__alloc_count();
    for (uint32_t i = 0; i < flood; i++) assert_true(see(t, i));
    assert_int_equal(hg__alloc_count(), calls);
    assert_int_equal(hg__lru_count(t), capacity);
    assert_int_equal(hg__lru_forgotten(t), flood - capacity);
    for (uint32_t i = flood - capacity; i < flood; i++) assert_true(knows(t, i));
    assert_false(knows(t, flood - capacity - 1));
    hg__lru_free(t);
}

// Keys chosen to fall into one bucket under one hash key are spread by another: who does not know it cannot choose them.
static void keys_that_collide_under_one_secret_do_not_under_another(void **state) {
    (void)state;
    enum { CAPACITY = 1024, CHOSEN = 200 };
    hg__lru *known = table_of(CAPACITY, keys), *secret = table_of(CAPACITY, keys + 1);
    uint32_t buckets[CAPACITY] = {0}, most = 0;
    for (uint32_t i = 0, chosen = 0; chosen < CHOSEN; i++) {
        const flow_key key = key_of(i);
        if (hg__lru_hash(known, &key) % CAPACITY != 7) continue;
        assert_true(see(known, i)); // found again in one long chain too
        const uint32_t n = ++buckets[hg__lru_hash(secret, &key) % CAPACITY];
        most = n > most ? n : most;
        chosen++;
    }
    assert_true(most < 8);
    for (const void *e = hg__lru_oldest(known); e; e = hg__lru_younger(known, e)) {
        assert_ptr_equal(hg__lru_peek(known, hg__lru_key(known, e)), e);
    }
    hg__lru_free(known);
    hg__lru_free(secret);
}

static void what_fits_fits_and_one_more_does_not(void **state) {
    (void)state;
    for (size_t bytes = 1000; bytes < 100000000; bytes = bytes * 3 + 1) {
        const uint32_t n = hg__lru_fit(40, 480, bytes);
        assert_true(n == 0 || hg__lru_bytes(40, 480, n) <= bytes);
        assert_true(hg__lru_bytes(40, 480, n + 1) > bytes);
    }
    const uint64_t before = hg__alloc_bytes();
    hg__lru *t = table_of(1000, keys);
    assert_int_equal(hg__alloc_bytes() - before, hg__lru_bytes(sizeof(flow_key), 20, 1000));
    hg__lru_free(t);
}

static void sizes_that_cannot_be_are_refused(void **state) {
    (void)state;
    hg_error err = {0};
    const hg__lru_options none = {.key_bytes = 8, .entry_bytes = 8, .capacity = 0};
    assert_null(hg__lru_new(&none, keys, &err));
    assert_int_equal(err.code, HG_ERR_USAGE);
    const hg__lru_options long_key = {.key_bytes = 257, .entry_bytes = 8, .capacity = 1};
    assert_null(hg__lru_new(&long_key, keys, &err));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_seen_longest_ago_makes_room),
        cmocka_unit_test(a_look_that_is_no_visit_makes_nothing_younger),
        cmocka_unit_test(what_is_known_does_not_depend_on_the_key_of_the_hash),
        cmocka_unit_test(who_wants_to_know_is_told_what_is_forgotten_but_not_what_is_removed),
        cmocka_unit_test(a_flood_of_new_keys_takes_no_memory),
        cmocka_unit_test(keys_that_collide_under_one_secret_do_not_under_another),
        cmocka_unit_test(what_fits_fits_and_one_more_does_not),
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
