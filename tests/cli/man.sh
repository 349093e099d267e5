hourglass help --man >page
grep '^.SH' page
if command -v groff >/dev/null; then groff -man -Tascii -ww page 2>&1 >/dev/null | head; fi
