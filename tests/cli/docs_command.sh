# docs/COMMAND.md is what the tables say. `make golden` rewrites it.
hourglass help --markdown | diff "$ROOT/docs/COMMAND.md" - >difference || { head -20 difference; exit 1; }
