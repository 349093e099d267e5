# SPDX-License-Identifier: Apache-2.0
"""Runs README.md and docs/*.md as a reader would, and compares what they show: docs.py HOURGLASS DOCUMENT ...

Each document has an empty folder of its own, in which `hourglass` is the clone; README.md installs the command there, the
others find it in PATH. Blocks run in order, in one shell. What a block is, its first line says:

    ```sh            commands; each must end with exit status 0
    ```console       `$ command`, and below it all that the command prints
    ```c score.c     a file of that name (any language, where a name is given)
    ```text          is looked at by people only

A line `...` stands for any lines, a `...` behind words for the rest of that line. Figures that depend on the machine match any
figure: a time or a rate, known by its unit (`0.95 s`, `326.2 k rows/s`), and what stands below a heading that ends in ` s`.
A comment above a block says what is different about it:

    <!-- not run: half an hour -->       a reason
    <!-- needs: ffmpeg /some/file -->    left out where a command or a file is not there
    <!-- run with: steps=2 -->           `hourglass train` gets these options, or these values of them

A figure in a sentence is what a command prints: <!--$ grep -c P1 new.csv -->251<!--$-->.
DOCS_PATH: folders that come first in PATH. GOLDEN=1 writes into the document what came instead, but for such figures as depend on the machine.
"""
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile

INLINE = re.compile(r"<!--\$ (.+?) -->(.*?)<!--\$-->")
UNITS = r"(?:[nµmk]?s|min|h|[kM]?\s?(?:rows|samples|images|steps)/s|%\sof\sthe\speak)"
MACHINE = re.compile(r"\s*(?<![\w.:])\d+(?:\.\d+|(?::\d\d)+)?\s?(?:[kMG]\s)?" + UNITS + r"(?![\w/])")
golden = bool(os.environ.get("GOLDEN"))


class Command:
    """A command, and what its lines in the document (from first, to last) say it prints; None: that is not told."""

    def __init__(self, text, line, shown=None, first=0, last=0):
        self.text, self.line, self.shown, self.first, self.last = text, line, shown, first, last


def is_whole(text):
    return subprocess.run(["bash", "-n", "-c", text], stderr=subprocess.DEVNULL).returncode == 0


def commands_of_sh(body, start):
    text, begun = "", start
    for i, line in enumerate(body, start):
        text += line + "\n"
        if is_whole(text):
            if text.strip():
                yield Command(text, begun)
            text, begun = "", i + 1
    if text:
        yield Command(text, begun)


def commands_of_console(body, start):
    at = [i for i, line in enumerate(body) if line.startswith("$ ")] + [len(body)]
    for i, end in zip(at, at[1:]):
        text, first = body[i][2:] + "\n", i + 1
        while not is_whole(text) or text.endswith("\\\n"):
            text, first = text + body[first] + "\n", first + 1
        yield Command(text, start + i, body[first:end], start + first, start + end)


def with_options(text, options):
    for option in options:
        key = option.split("=")[0]
        text, count = re.subn(rf"\b{key}=(\"[^\"]*\"|\S+)", option, text)
        if not count:
            text = text.replace("hourglass train ", f"hourglass train {option} ")
    return text


def write_file(name, body, line):
    return Command(f"cat >{name} <<'END_OF_BLOCK'\n" + "\n".join(body) + "\nEND_OF_BLOCK\n", line)


def commands_of_block(language, name, body, start, directive, say):
    kind, _, words = directive.partition(": ")
    if kind == "not run":
        return say(start, f"not run: {words}")
    lacking = [w for w in words.split() if not shutil.which(w) and not os.path.exists(w)] if kind == "needs" else []
    if lacking:
        return say(start, "skipped: " + ", ".join(lacking) + " is not here")
    if language == "sh":
        found = list(commands_of_sh(body, start))
    elif language == "console":
        found = list(commands_of_console(body, start))
    elif name:
        found = [write_file(name, body, start)]
    else:
        found = []
        if language != "text":
            say(start, f"FAILED: expected a block of sh, console, text or a file with its name, got '{language}'")
    for command in found:
        if kind == "run with":
            command.text = with_options(command.text, words.split())
    return found


def commands_of(lines, say):
    """All commands of a document, in order."""
    found, directive, i = [], "", 0
    while i < len(lines):
        line = lines[i]
        if line.startswith("```"):
            end = next(k for k in range(i + 1, len(lines)) if lines[k].startswith("```"))
            language, _, name = line[3:].partition(" ")
            found += commands_of_block(language, name, lines[i + 1 : end], i + 1, directive, say) or []
            directive, i = "", end + 1
            continue
        for m in INLINE.finditer(line):
            found.append(Command(m[1] + "\n", i, [m[2]], -1))
        comment = re.fullmatch(r"<!-- (.*) -->", line)
        directive = comment[1] if comment else "" if line.strip() else directive
        i += 1
    return found


def run(commands, folder, environment):
    """Runs them in one bash in the folder; a list of (exit status, output), shorter where the shell ended."""
    out = os.path.join(folder, ".out")
    os.makedirs(out)
    script = ""
    for i, c in enumerate(commands):
        script += f"{{ {c.text}}} >'{out}/{i}' 2>&1 </dev/null\necho $? >'{out}/{i}.status'\n"
    with open(out + "/script", "w", encoding="utf-8") as f:
        f.write(script)
    subprocess.run(["bash", out + "/script"], cwd=folder, env=environment)
    results = []
    for i in range(len(commands)):
        try:
            status = int(open(f"{out}/{i}.status").read())
            results.append((status, open(f"{out}/{i}", encoding="utf-8", errors="replace").read().splitlines()))
        except FileNotFoundError:
            break
    return results


def without_machine(lines):
    """The lines with # for what depends on the machine."""
    result, columns = [], []
    for line in lines:
        heading = [m.end() for m in re.finditer(r"(?<!\S)[a-z]+ s(?=\s\s|$)", line)]
        columns = heading or (columns if line.strip() else [])
        for end in [] if heading else reversed(columns):
            if re.search(r"\d$", line[:end]):
                line = re.sub(r"\s*\S+$", " #", line[:end]) + line[end:]
        result.append(MACHINE.sub(" #", line).rstrip())
    return result


def same_line(expected, got):
    if expected.endswith("..."):
        return got.startswith(expected[:-3].rstrip())
    return expected == got


def matches(expected, got):
    """Whether got is expected, in which a line `...` stands for any lines."""
    if not expected:
        return not got
    if expected[0] == "...":
        return any(matches(expected[1:], got[i:]) for i in range(len(got) + 1))
    return bool(got) and same_line(expected[0], got[0]) and matches(expected[1:], got[1:])


def cut_as(old, new):
    return " ".join(new.split(" ")[: len(old[:-3].rstrip().split(" "))]) + " ..." if old.endswith("...") else new


def rewritten(expected, got):
    """got, told as expected told it: what it left out is left out, lines alike but for the machine stay."""
    result, at, any_lines = [], 0, False
    for line in expected:
        if line == "...":
            result.append(line)
            any_lines = True
            continue
        if at >= len(got):
            break
        if any_lines:
            likeness = [difflib.SequenceMatcher(None, line, g).ratio() for g in got[at:]]
            at += likeness.index(max(likeness))
        new = cut_as(line, got[at])
        same = without_machine([line]) == without_machine([new])
        result.append(line if same else new)
        at, any_lines = at + 1, False
    return result + ([] if any_lines else got[at:])


def environment_of(home, bin_folder):
    kept = {k: v for k, v in os.environ.items() if k in ("TMPDIR", "LANG", "ASAN_OPTIONS") or k.startswith("PIP_")}
    bin_folder = ":".join(folder for folder in (os.environ.get("DOCS_PATH"), bin_folder) if folder)
    path = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
    return kept | {"HOME": home, "PATH": bin_folder + ":" + path if bin_folder else path, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "HG_REPORT": "false"}


def check(document, hourglass, root, work):
    name = os.path.basename(document)
    counts = {"passed": 0, "FAILED": 0, "skipped": 0}

    def say(line, sentence):
        counts[sentence.split(":")[0]] = counts.get(sentence.split(":")[0], 0) + 1
        print(f"{sentence}" if sentence.startswith("skipped") else f"{name}:{line + 1}: {sentence}")

    lines = open(document, encoding="utf-8").read().split("\n")
    folder, home, tools = (os.path.join(work, name + suffix) for suffix in ("", ".home", ".bin"))
    for f in folder, home, tools:
        os.mkdir(f)
    os.symlink(root, os.path.join(folder, "hourglass"))
    os.symlink(hourglass, os.path.join(tools, "hourglass"))
    commands = commands_of(lines, say)
    results = run(commands, folder, environment_of(home, "" if name == "README.md" else tools))
    for c, (status, got) in reversed(list(zip(commands, results))):
        shown = c.text.strip().split("\n")[0]
        if status != 0:
            say(c.line, f"FAILED: exit status {status} of: {shown}\n" + "\n".join("    " + g for g in got[-10:]))
        elif c.shown is None or matches(without_machine(c.shown), without_machine(got)):
            counts["passed"] += 1
        elif golden and c.first < 0:
            say(c.line, f"rewritten: {shown}")
            lines[c.line] = INLINE.sub(lambda m: m[0] if m[1] + "\n" != c.text else f"<!--$ {m[1]} -->{' '.join(got)}<!--$-->", lines[c.line])
        elif golden:
            say(c.line, f"rewritten: {shown}")
            blank = c.shown[-1:] == [""]  # a line between two commands
            lines[c.first : c.last] = rewritten(c.shown[:-1] if blank else c.shown, got) + ([""] if blank else [])
        else:
            say(c.line, f"FAILED: not as shown: {shown}")
            came = rewritten(c.shown, got)
            came = got if came == c.shown else came
            print("\n".join("    " + d for d in list(difflib.unified_diff(c.shown, came, "shown", "came", lineterm="", n=1))[:40]))
    for c in commands[len(results) :][:1]:
        say(c.line, f"FAILED: the shell ended before: {c.text.strip()}")
    if golden:
        with open(document, "w", encoding="utf-8") as f:
            f.write("\n".join(lines))
    return counts


def main():
    hourglass = os.path.abspath(sys.argv[1])
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    total = {"passed": 0, "FAILED": 0, "skipped": 0}
    with tempfile.TemporaryDirectory(prefix="hourglass-docs-") as work:
        for document in sys.argv[2:]:
            counts = check(document, hourglass, root, work)
            total = {k: v + counts[k] for k, v in total.items()}
    print("{passed} passed, {FAILED} failed, {skipped} skipped".format(**total))
    sys.exit(total["FAILED"] > 0)


main()
