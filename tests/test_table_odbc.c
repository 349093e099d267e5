// SPDX-License-Identifier: Apache-2.0
// test_table_odbc.c - our declarations of ODBC are unixODBC's; passwords are kept out of messages. What needs a database is
// in test_databases.sh.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/show.h"
#include "base/text.h"
#include "table/odbc_api.h"
#include "table/table.h"

#include <cmocka.h>

#if __has_include(<sqlext.h>) && __has_include(<sqlucode.h>)
# include <sqlext.h>
# include <sqlucode.h>

# define SAME_VALUE(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), # theirs);
SAME_VALUE(HG_ODBC_SUCCESS, SQL_SUCCESS)
SAME_VALUE(HG_ODBC_SUCCESS_WITH_INFO, SQL_SUCCESS_WITH_INFO)
SAME_VALUE(HG_ODBC_NO_DATA, SQL_NO_DATA)
SAME_VALUE(HG_ODBC_NTS, SQL_NTS)
SAME_VALUE(HG_ODBC_NULL_DATA, SQL_NULL_DATA)
SAME_VALUE(HG_ODBC_ENVIRONMENT, SQL_HANDLE_ENV)
SAME_VALUE(HG_ODBC_CONNECTION, SQL_HANDLE_DBC)
SAME_VALUE(HG_ODBC_STATEMENT, SQL_HANDLE_STMT)
SAME_VALUE(HG_ODBC_ATTR_VERSION, SQL_ATTR_ODBC_VERSION)
SAME_VALUE(HG_ODBC_ATTR_AUTOCOMMIT, SQL_ATTR_AUTOCOMMIT)
SAME_VALUE(HG_ODBC_ATTR_LOGIN_TIMEOUT, SQL_ATTR_LOGIN_TIMEOUT)
SAME_VALUE(HG_ODBC_ATTR_ISOLATION, SQL_ATTR_TXN_ISOLATION)
SAME_VALUE(HG_ODBC_ATTR_ROW_STATUS, SQL_ATTR_ROW_STATUS_PTR)
SAME_VALUE(HG_ODBC_ATTR_ROWS_FETCHED, SQL_ATTR_ROWS_FETCHED_PTR)
SAME_VALUE(HG_ODBC_ATTR_ROW_ARRAY, SQL_ATTR_ROW_ARRAY_SIZE)
SAME_VALUE(HG_ODBC_ATTR_PARAM_STATUS, SQL_ATTR_PARAM_STATUS_PTR)
SAME_VALUE(HG_ODBC_ATTR_PARAMS_DONE, SQL_ATTR_PARAMS_PROCESSED_PTR)
SAME_VALUE(HG_ODBC_ATTR_PARAM_ARRAY, SQL_ATTR_PARAMSET_SIZE)
SAME_VALUE(HG_ODBC_INFO_DRIVER, SQL_DRIVER_NAME)
SAME_VALUE(HG_ODBC_INFO_QUOTE, SQL_IDENTIFIER_QUOTE_CHAR)
SAME_VALUE(HG_ODBC_INFO_ISOLATIONS, SQL_TXN_ISOLATION_OPTION)
SAME_VALUE(HG_ODBC_TYPE_NAME, SQL_DESC_TYPE_NAME)
SAME_VALUE(HG_ODBC_REPEATABLE_READ, SQL_TXN_REPEATABLE_READ)
SAME_VALUE(HG_ODBC_SERIALIZABLE, SQL_TXN_SERIALIZABLE)
SAME_VALUE(HG_ODBC_CLOSE, SQL_CLOSE)
SAME_VALUE(HG_ODBC_COMMIT, SQL_COMMIT)
SAME_VALUE(HG_ODBC_ROLLBACK, SQL_ROLLBACK)
SAME_VALUE(HG_ODBC_ROW_ERROR, SQL_ROW_ERROR)
SAME_VALUE(HG_ODBC_ROW_ERROR, SQL_PARAM_ERROR)
SAME_VALUE(HG_ODBC_INPUT, SQL_PARAM_INPUT)
SAME_VALUE(HG_ODBC_NUMERIC, SQL_NUMERIC)
SAME_VALUE(HG_ODBC_DOUBLE, SQL_DOUBLE)
SAME_VALUE(HG_ODBC_DOUBLE, SQL_C_DOUBLE)
SAME_VALUE(HG_ODBC_BIGINT, SQL_BIGINT)
SAME_VALUE(HG_ODBC_BIT, SQL_BIT)
SAME_VALUE(HG_ODBC_BINARY, SQL_BINARY)
SAME_VALUE(HG_ODBC_LONGVARBINARY, SQL_LONGVARBINARY)
SAME_VALUE(HG_ODBC_LONGVARCHAR, SQL_LONGVARCHAR)
SAME_VALUE(HG_ODBC_WLONGVARCHAR, SQL_WLONGVARCHAR)
SAME_VALUE(HG_ODBC_WVARCHAR, SQL_WVARCHAR)
SAME_VALUE(HG_ODBC_C_WCHAR, SQL_C_WCHAR)
SAME_VALUE(HG_ODBC_C_SBIGINT, SQL_C_SBIGINT)

# define SAME_TYPE(name, arguments)                                                               \
  _Static_assert(                                                                                 \
      __builtin_types_compatible_p(__typeof__(&SQL##name), __typeof__(((hg__odbc *)NULL)->name)), \
      #name);
HG_ODBC_FUNCTIONS(SAME_TYPE)
#endif

static void secrets_are_masked(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"odbc:DSN=x",                          "odbc:DSN=x"                             },
        {"odbc:DSN=x;UID=me;PWD=secret",        "odbc:DSN=x;UID=me;PWD=***"              },
        {"odbc:DSN=x;pwd = secret ;UID=me",     "odbc:DSN=x;pwd =***;UID=me"             },
        {"odbc:Password={a;b}}c};UID=me",       "odbc:Password=***;UID=me"               },
        {"odbc:PWD=forgot;braces;UID=me",       "odbc:PWD=***;UID=me"                    },
        {"odbc:PWD=forgot;braces",              "odbc:PWD=***"                           },
        {"odbc:PWD={never closed;UID=me",       "odbc:PWD=***"                           },
        {"odbc:PWD=;UID=me",                    "odbc:PWD=***;UID=me"                    },
        {"odbc:PWD=a;AccessToken=b;Server=pwd", "odbc:PWD=***;AccessToken=***;Server=pwd"},
        {"odbc:",                               "odbc:"                                  },
        {"odbc:PWD",                            "odbc:PWD"                               },
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[100];
        hg__mask_secrets(cases[i][0], text, sizeof text);
        assert_string_equal(text, cases[i][1]);
    }
    for (size_t size = 1; size < 40; size++) { // however little room there is
        char text[40];
        memset(text, '#', sizeof text);
        hg__mask_secrets("odbc:UID=me;PWD=secret;DSN=x", text, size);
        assert_true(strlen(text) < size);
        assert_null(strstr(text, "s"));
    }
}

static void a_connection_string_is_known_by_its_beginning(void **state) {
    (void)state;
    assert_true(hg__odbc_is("odbc:DSN=x"));
    assert_false(hg__odbc_is("odbc.csv"));
}

static void a_driver_that_is_not_there_is_missing(void **state) {
    (void)state;
    hg_error err;
    assert_null(hg__table_open("odbc:Driver=/nowhere/none.so;PWD=geheim",
                               &(hg__table_options){.query = "select 1"}, &err));
    assert_int_equal(err.code, HG_ERR_MISSING);
    assert_null(strstr(err.message, "geheim"));
    assert_ptr_equal(strstr(err.message, "odbc:Driver=/nowhere/none.so;PWD=***: "), err.message);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_are_masked),
        cmocka_unit_test(a_connection_string_is_known_by_its_beginning),
        cmocka_unit_test(a_driver_that_is_not_there_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
