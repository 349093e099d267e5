#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""All sets of parts that are measured, in MVTec's layout: sets.py OUT [only=words]. Makes what is drawn or has to be rearranged, and
writes OUT/sets.txt, a line a set: name, folder, source. What is there already is left as it is.

bsdata and brick-crack of $HG_DATA have the layout and are read in place. deeppcb is aligned pairs: the templates of every second
pair are learnt from, those of the others are good, their tested boards defective, their boxes the masks. Needs build/gcc/draw_parts.
"""
import glob
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("HG_DATA", "../shared/data")
DRAW = os.environ.get("DRAW_PARTS", os.path.join(HERE, "../../build/gcc/draw_parts"))
DRAWN = ("bracket", "screw", "tile", "cell", "fabric", "film", "lens")
TEXTURES = ("brick", "gravel", "grass", "cloth", "bark")


def boards(folder):
    """Pairs of templates and tested boards made a set."""
    from PIL import Image, ImageDraw
    templates = sorted(glob.glob(os.path.join(DATA, "deeppcb/PCBData/*/*/*_temp.jpg")))
    for group in ("train/good", "test/good", "test/board", "ground_truth/board"):
        os.makedirs(os.path.join(folder, group), exist_ok=True)
    for k, template in enumerate(templates):
        name = os.path.basename(template)[:-len("_temp.jpg")]
        shutil.copyfile(template, os.path.join(folder, "test/good" if k % 2 else "train/good", name + ".jpg"))
        if k % 2 == 0:
            continue
        shutil.copyfile(template.replace("_temp.jpg", "_test.jpg"), os.path.join(folder, "test/board", name + ".jpg"))
        mask = Image.new("L", Image.open(template).size)
        with open(os.path.join(os.path.dirname(template) + "_not", name + ".txt")) as boxes:
            for line in boxes:
                ImageDraw.Draw(mask).rectangle([int(v) for v in line.replace(",", " ").split()[:4]], fill=255)
        mask.save(os.path.join(folder, "ground_truth/board", name + "_mask.png"))


def made(folder, make):
    """Whole or not there: made under another name first."""
    if not os.path.isdir(folder):
        shutil.rmtree(folder + ".new", ignore_errors=True)
        make(folder + ".new")
        os.rename(folder + ".new", folder)
    return folder


def draw(kind):
    return lambda folder: subprocess.run([DRAW, "kind=" + kind, "out=" + folder], check=True)


def texture(name):
    def make(folder):
        subprocess.run([sys.executable, os.path.join(HERE, "textures.py"), folder, "name=" + name], check=True, stdout=subprocess.DEVNULL)
        inner = os.path.join(folder, "texture_" + name)
        for group in os.listdir(inner):
            os.rename(os.path.join(inner, group), os.path.join(folder, group))
        os.rmdir(inner)
    return make


def every(out):
    """(name, source, how to have its folder), of what can be had here."""
    for name in ("bsdata", "brick-crack"):
        folder = os.path.join(DATA, name)
        if os.path.isdir(folder):
            yield name, "photographs", lambda folder=folder: folder
    if os.path.isdir(os.path.join(DATA, "deeppcb")):
        yield "deeppcb", "photographs", lambda: made(os.path.join(out, "deeppcb"), boards)
    if os.path.isdir(os.path.join(DATA, "train400")):
        for name in TEXTURES:
            folder = os.path.join(out, "texture_" + name)
            yield "texture_" + name, "photographs, drawn defects", lambda folder=folder, name=name: made(folder, texture(name))
    for kind in DRAWN:
        yield kind, "drawn", lambda kind=kind: made(os.path.join(out, kind), draw(kind))


def main(arguments):
    if not arguments or len(arguments) > 2 or arguments[1:] and not arguments[1].startswith("only="):
        sys.exit(__doc__)
    out, words = arguments[0], arguments[1][5:].split(",") if arguments[1:] else [""]
    os.makedirs(out, exist_ok=True)
    lines = [f"{name}\t{folder()}\t{source}\n" for name, source, folder in every(out) if any(w in name for w in words)]
    with open(os.path.join(out, "sets.txt"), "w") as f:
        f.writelines(lines)
    sys.stdout.writelines(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
