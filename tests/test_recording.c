// SPDX-License-Identifier: Apache-2.0
// test_recording.c - tables as recordings: which column is the time, the label, a channel; what is missing; several files as one.
#include "base/mem.h"
#include "recording_case.h"

#define CSV(text, says)         expect_recording(BYTES(text), "x.csv", NULL, says)
#define CSV_WITH(text, o, says) expect_recording(BYTES(text), "x.csv", &(o), says)

static void a_column_of_times_is_the_time(void **state) {
    (void)state;
    CSV("timestamp,a,b\n2024-01-01 00:00:00,1,2\n2024-01-01 00:05:00,3,\n2024-01-01 00:10:00,5,6\n",
        "# a|b\n*0@1.7040672e+09 '2024-01-01 00:00:00': 1|2\n1@1.7040675e+09 '2024-01-01 "
        "00:05:00': 3|?\n"
        "2@1.7040678e+09 '2024-01-01 00:10:00': 5|6\n"
        "(time column 'timestamp'; a step every 5 min; 1 missing cell)\n");
    CSV("a,t\n7,0.5\n8,1\n9,1.5\n", "# a\n*0@0.5 '0.5': 7\n1@1 '1': 8\n2@1.5 '1.5': 9\n"
                                    "(time column 't'; a step every 0.5 s)\n");
    CSV("Time [ms],a\n10,7\n20,8\n", "# a\n*0@0.01 '10': 7\n1@0.02 '20': 8\n"
                                     "(time column 'Time [ms]'; a step every 0.01 s)\n");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_of_times_is_the_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
