# SPDX-License-Identifier: Apache-2.0
# postgres.sh - a PostgreSQL server of the test's own, gone when it ends; read with `.` behind lib.sh. $pg is its source,
# for anybody who has its password: ge;heim}
here=$(mktemp -d /tmp/hg-db-XXXXXX) # a socket's path is short
server=
bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
owner=postgres
id "$owner" >/dev/null 2>&1 || owner=nobody
port=$((20000 + RANDOM % 20000))
pg="odbc:Driver=PostgreSQL Unicode;Servername=$here;Port=$port;Database=postgres;UID=hg;PWD={ge;heim}}}"

# As the one who may run a server: not root.
as() { if [ "$(id -u)" = 0 ]; then runuser -u "$owner" -- "$@"; else "$@"; fi; }
stop_server() { # stop_server fast|immediate
    [ -z "$server" ] || (cd / && as "$bin/pg_ctl" -D "$here/data" -m "$1" -w -t 300 stop >/dev/null 2>&1)
    server=
}
clean() {
    stop_server immediate
    rm -rf "$here" "$work"
}
trap clean EXIT
trap 'exit 130' INT TERM
driver() { odbcinst -q -d -n "$1" >/dev/null 2>&1; }
has_postgres() { [ -n "$bin" ] && command -v odbcinst >/dev/null && driver 'PostgreSQL Unicode'; }
start_server() {
    (cd / && as "$bin/pg_ctl" -D "$here/data" -w -t 300 -l "$here/log" \
        -o "-p $port -k $here -c listen_addresses='' -c fsync=off -c shared_buffers=16MB" start >/dev/null) && server=yes
}
make_server() {
    mkdir "$here/data"
    echo 'ge;heim}' >"$here/password"
    chmod 755 "$here"
    [ "$(id -u)" != 0 ] || chown -R "$owner" "$here"
    (cd / && as "$bin/initdb" -D "$here/data" -U hg -A scram-sha-256 --pwfile="$here/password" -E UTF8 --locale=C.UTF-8 -N \
        >"$here/initdb.log" 2>&1) && start_server
}
sql() { PGPASSWORD='ge;heim}' "$bin/psql" -q -v ON_ERROR_STOP=1 -h "$here" -p $port -U hg -d postgres -tA -c "$1"; }
