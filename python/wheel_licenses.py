#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Adds to a wheel what came with the shared libraries in it: wheel_licenses.py WHEEL.

.dist-info/licenses/ gets LICENSE, the copyright file of each Debian package that a library is from, and
THIRD_PARTY.txt: a line a library, with package and version. Exit status 1 where a library's package is not found."""
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def output(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def package_of(name: str) -> str:
    """The Debian package with libpng16-1b2c3d4e.so.16.39.0, without the hash that auditwheel puts into the name."""
    real = re.sub(r"-[0-9a-f]{8}(?=\.so)", "", name)
    for line in output("/sbin/ldconfig", "-p").splitlines():
        path = line.split(" => ")[-1]
        if line.split()[:1] in ([real], [re.sub(r"(\.so\.\d+).*", r"\1", real)]):
            resolved = str(Path(path).resolve())
            for place in (resolved, "/usr" + resolved, resolved.removeprefix("/usr"), path, path.removeprefix("/usr")):
                found = subprocess.run(["dpkg", "-S", place], capture_output=True, text=True)
                if found.returncode == 0:
                    return found.stdout.split(":")[0]
    raise SystemExit(f"wheel: expected a Debian package with {real}, found none")


def main(wheel: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "wheel", "unpack", "--dest", folder, wheel], check=True,
                       stdout=subprocess.DEVNULL)
        (tree,) = Path(folder).iterdir()
        (info,) = tree.glob("*.dist-info")
        to = info / "licenses"
        to.mkdir(exist_ok=True)
        (to / "LICENSE").write_bytes((ROOT / "LICENSE").read_bytes())
        lines = ["The shared libraries in this wheel, and the Debian packages they are from; PACKAGE.txt has the licence.", ""]
        for library in sorted(tree.glob("*.libs/*.so*")):
            package = package_of(library.name)
            version, source = output("dpkg-query", "-W", "-f", "${Version}|${source:Package}\n", package).split("\n")[0].split("|")
            (to / f"{package}.txt").write_bytes(Path(f"/usr/share/doc/{package}/copyright").read_bytes())
            lines.append(f"{library.name}: {package} {version}, https://tracker.debian.org/pkg/{source}")
        (to / "THIRD_PARTY.txt").write_text("\n".join(lines) + "\n")
        wheel.unlink()
        subprocess.run([sys.executable, "-m", "wheel", "pack", "--dest-dir", wheel.parent, tree], check=True,
                       stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
