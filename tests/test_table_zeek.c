// SPDX-License-Identifier: Apache-2.0
// test_table_zeek.c - Zeek's logs as tables: what their lines of # say, labels between blanks, and every way a line can be wrong.
#include "base/mem.h"
#include "table_case.h"

#define HEAD            "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n"
#define LOG(text, says) expect_table(BYTES(text), "conn.log", NULL, says)

static void fields_are_columns_and_types_say_what_they_are(void **state) {
    (void)state;
    LOG(HEAD "#path\tconn\n#open\t2024-01-01-00-00-00\n"
             "#fields\tts\tid.resp_p\tduration\tservice\tok\ttags\n"
             "#types\ttime\tport\tinterval\tstring\tbool\tset[string]\n"
             "1677024003.5\t53\t-\t12\tT\t(empty)\n2.5\t443\t0.25\t-\tF\ta,b\n"
             "#close\t2024-01-01-01-00-00\n",
        "# ts|id.resp_p|duration|service|ok|tags\n"
        "1677024003.5|53|?|'12'|'T'|'(empty)'\n2.5|443|0.25|?|'F'|'a,b'\n");
    LOG("\xef\xbb\xbf#separator ,\r\n#unset_field,none\r\n#fields,a,b\r\n1,x\r\nnone,12\r\n-,",
        "# a|b\n1|'x'\n?|12\n?|?\n");
}

static void a_label_may_stand_between_blanks(void **state) {
    (void)state;
    LOG("\t#separator \\x09\n#fields\tts\tagent\tpeers   label   detailed-label\n"
        "#types\ttime\tstring\tset[addr]   string   string\n"
        "1\tx  y\t-   Benign   -\n2\t-\ta b   Malicious   C&C\n3\tx\t-   Benign\n",
        "# ts|agent|peers|label|detailed-label\n1|'x  y'|?|'Benign'|?\n2|?|'a "
        "b'|'Malicious'|'C&C'\n"
        "! conn.log:6: expected 5 columns, got 4 in the last line, which may be cut\n");
}

static void bad_lines_are_passed_over(void **state) {
    (void)state;
    LOG(HEAD
        "#fields\ta\tb\n#types\tcount\tstring\n1\tx\n1\n1\tx\ty\nx\ty\n1e999\ty\n1\t\xff\n1\t\0\n"
        "#a comment\n\n2\tz\n3",
        "# a|b\n1|'x'\n! conn.log:8: expected 2 columns, got 1\n"
        "! conn.log:9: expected 2 columns, got more than 2\n"
        "! conn.log:10: column 'a': expected a number, got 'x'\n"
        "! conn.log:11: column 'a': expected a number, got '1e999'\n"
        "! conn.log:12: expected text in UTF-8, got other bytes\n"
        "! conn.log:13: expected text in UTF-8, got other bytes\n2|'z'\n"
        "! conn.log:17: expected 2 columns, got 1 in the last line, which may be cut\n");
}

static void a_header_may_come_again_but_no_other(void **state) {
    (void)state;
    LOG(HEAD "#fields\ta\tb\n#types\tcount\tstring\n1\tx\n#close\tx\n" HEAD
             "#fields\ta\tb\n#types\tcount\tstring\n2\ty\n",
        "# a|b\n1|'x'\n2|'y'\n");
    LOG("#separator \\x09\n#fields\ta\tb\n1\t-\n#unset_field\tx\n#types\tstring\tcount\n2\tx\n",
        "# a|b\n1|?\n2|'x'\n");
    LOG(HEAD "#fields\ta\tb\n1\tx\n#close\tx\n#separator \\x09\n#fields\tb\ta\nx\t1\n",
        "# a|b\n1|'x'\n! conn.log:9: expected the fields of line 5, got others: two logs in one "
        "file\n");
    LOG(HEAD "#fields\ta\tb\n1\tx\n#separator \\x2c\n2,y\n",
        "# a|b\n1|'x'\n! conn.log:7: expected '#separator \\x09', got another\n");
}

static void a_log_without_fields_is_refused(void **state) {
    (void)state;
    LOG(HEAD "1\t2\n", "! conn.log: expected a line '#fields' above the rows, got none");
    LOG(HEAD, "! conn.log: expected a line '#fields' above the rows, got none");
    LOG("#separator \\xzz\n", "! conn.log:1: expected '#separator \\x09', got another");
    LOG(HEAD "#fields\ta\tb\n", "# a|b\n");
}

static void damaged_files_are_survived(void **state) {
    (void)state;
    damage_table("table_zeek/conn.txt", "conn.log");
    damage_table("table_zeek/labelled.txt", "conn.log");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_columns_and_types_say_what_they_are),
        cmocka_unit_test(a_label_may_stand_between_blanks),
        cmocka_unit_test(bad_lines_are_passed_over),
        cmocka_unit_test(a_header_may_come_again_but_no_other),
        cmocka_unit_test(a_log_without_fields_is_refused),
        cmocka_unit_test(damaged_files_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
