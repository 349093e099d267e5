# SPDX-License-Identifier: Apache-2.0
"""Builds the wheel from a clone: make builds the C library, cffi the module over it (build_native.py)."""
import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def version() -> str:
    """The three numbers of hourglass.h: their only place."""
    text = (ROOT / "include/hourglass.h").read_text()
    return ".".join(re.search(rf"#define HG_VERSION_{part} +(\d+)", text)[1] for part in ("MAJOR", "MINOR", "PATCH"))


class BuildPackage(build_py):
    """The package with the models that ship in a folder beside the module, where the library looks for them."""

    def run(self):
        shutil.rmtree(Path(self.build_lib) / "hourglass", ignore_errors=True)  # what an older build left there
        super().run()
        shutil.copy(ROOT / "LICENSE", Path(self.build_lib) / "hourglass/LICENSE")
        shutil.copytree(ROOT / "models", Path(self.build_lib) / "hourglass/models", dirs_exist_ok=True)


if not (Path(sysconfig.get_path("include")) / "Python.h").exists():
    raise SystemExit("hourglass: expected Python.h to compile with, found none: tools/setup.sh python installs it (python3-dev)")
if "HOURGLASS_BUILD" not in os.environ:
    settings = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    subprocess.run(["make", "-C", str(ROOT), "CC=gcc", "SAN=", "build/gcc/libhourglass.a"], check=True, env=settings)
setup(version=version(), cffi_modules=["build_native.py:ffi"], cmdclass={"build_py": BuildPackage})
