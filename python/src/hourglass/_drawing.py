# SPDX-License-Identifier: Apache-2.0
"""What a notebook shows of a model: the hourglass of its widths to scale, and the losses, on light and dark pages."""
import csv
import math
from collections.abc import Sequence
from html import escape
from itertools import count
from pathlib import Path
from typing import Any

from ._run import Epoch

GLASS, CURVE, HEIGHT = 410, 300, 210  # px: widths of the two pictures, the height of the second
HALF = 84  # px: half of the widest layer
_numbers = count()

LIGHT = {"ink": "#1f2328", "soft": "#6b7280", "rule": "#d8dee4", "sand": "#c98a1b", "glass": "#dfe8f1",
         "train": "#2f6fb3", "val": "#c2571a"}
DARK = {"ink": "#e6e8eb", "soft": "#9aa3ad", "rule": "#3b434c", "sand": "#e0a83c", "glass": "#33414f",
        "train": "#6cb0f5", "val": "#f0935a"}
RULES = {
    "": "font: 11px system-ui, sans-serif",
    "text": "fill: var(--ink)",
    ".soft": "fill: var(--soft)",
    ".end": "text-anchor: end",
    ".glass": "fill: var(--glass); stroke: var(--soft); stroke-linejoin: round",
    ".layer": "stroke: var(--soft); stroke-width: 1.5",
    ".neck": "stroke: var(--sand); stroke-width: 4; stroke-linecap: round",
    ".rule": "stroke: var(--rule)",
    ".train": "fill: none; stroke: var(--train); stroke-width: 1.6; stroke-linejoin: round",
    ".val": "fill: none; stroke: var(--val); stroke-width: 1.6; stroke-linejoin: round",
    ".best, .name-val": "fill: var(--val)",
    ".name-train": "fill: var(--train)",
}


def _style(name: str) -> str:
    """The rules of one picture; its colours follow the notebook's theme, elsewhere the reader's."""
    def colours(which: dict[str, str]) -> str:
        return f".{name} {{ {' '.join(f'--{word}: {colour};' for word, colour in which.items())} }}"

    rules = [", ".join(f".{name} {part.strip()}" for part in where.split(",")) + f" {{ {what} }}"
             for where, what in RULES.items()]
    themes = [colours(LIGHT), f"@media (prefers-color-scheme: dark) {{ {colours(DARK)} }}",
              f'[data-jp-theme-light="true"] {colours(LIGHT)}', f'[data-jp-theme-light="false"] {colours(DARK)}',
              f".vscode-dark {colours(DARK)}"]
    return "\n".join([*themes, *rules])


def read_history(path: Path) -> list[Epoch]:
    """The epochs of a results folder's results.csv; [] where that is not there."""
    if not path.exists():
        return []
    best, epochs = math.inf, []
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            loss, val, lr, time = (float(row.get(name) or "nan") for name in ("train/loss", "val/loss", "lr", "time"))
            measured = loss if math.isnan(val) else val
            epochs.append(Epoch(int(row["epoch"]), loss, val, measured < best, lr, time))
            best = min(best, measured)
    return epochs


def _steps(model: Any) -> list[tuple[str, int, str]]:
    """(name, numbers, shape) of the input and of each layer; an activation with the layer before it."""
    def size(shape: Sequence[int]) -> int:
        return math.prod(shape)

    def shown(shape: Sequence[int]) -> str:
        return "×".join(map(str, shape))

    steps = [("input", size(model.shape), shown(model.shape))]
    for layer in model.layers:
        if layer.tensors == 0 and size(layer.shape) == steps[-1][1] and len(steps) > 1:
            steps[-1] = (f"{steps[-1][0]}, {layer.spec}", *steps[-1][1:])
        else:
            steps.append((layer.spec, size(layer.shape), shown(layer.shape)))
    return steps


def _some(steps: list[tuple[str, int, str]], most: int = 25) -> list[tuple[str, int, str]]:
    """Those of a deep network that fit on a page: around the neck and the ends, each where the width changes."""
    if len(steps) <= most:
        return steps
    kept = [i for i, s in enumerate(steps) if i in (0, len(steps) - 1) or s[1] != steps[i - 1][1]]
    if len(kept) > most:
        kept = [kept[round(k * (len(kept) - 1) / (most - 1))] for k in range(most)]
    return [steps[i] for i in kept]


def _glass(model: Any) -> tuple[str, int]:
    """The hourglass, from (0, 0), and its height: widths are to scale, the neck is marked."""
    steps = _some(_steps(model))
    widest = max(size for _, size, _ in steps)
    gap = max(15, min(60, 182 // (len(steps) - 1)))
    ys = [14 + gap * i for i in range(len(steps))]
    halves = [max(0.75, HALF * size / widest) for _, size, _ in steps]
    sides = [(HALF + s * h + 2, y) for s, run in ((-1, 1), (1, -1)) for h, y in list(zip(halves, ys))[::run]]
    parts = [f'<polygon class="glass" points="{" ".join(f"{x:.1f},{y}" for x, y in sides)}"/>']
    neck = min(range(len(steps)), key=lambda i: (abs(steps[i][1] - model.code_size), steps[i][1]))
    for i, ((name, size, shape), half, y) in enumerate(zip(steps, halves, ys)):
        style = "neck" if i == neck and steps[neck][1] == model.code_size else "layer"
        parts.append(f'<line class="{style}" x1="{HALF + 2 - half:.1f}" y1="{y}" x2="{HALF + 2 + half:.1f}" y2="{y}"/>')
        short = name if len(name) <= 26 else name[:25] + "…"
        told = f"{size:,}" if shape == str(size) else f"{shape}"
        parts.append(f'<text x="{2 * HALF + 12}" y="{y + 4}"><title>{escape(name)}: {shape}, {size:,} numbers</title>'
                     f'{escape(short)}</text>'
                     f'<text class="soft end" x="{GLASS}" y="{y + 4}">{told}</text>')
    return "".join(parts), ys[-1] + 14


def _number(x: float) -> str:
    return f"{x:.2g}" if x < 1000 else f"{x:.0f}"


def _curve(history: list[Epoch]) -> str:
    """The losses by epoch in a box of CURVE × HEIGHT, their axis logarithmic."""
    left, top, right, bottom = 44, 14, CURVE - 8, HEIGHT - 26
    shown = history[:: max(1, len(history) // 400)]
    losses = [v for e in shown for v in (e.train_loss, e.val_loss) if v > 0 and math.isfinite(v)]
    if not losses:
        return ""
    low, high = math.log10(min(losses)), math.log10(max(losses))
    low, high = (low - 0.05, high + 0.05) if high - low < 0.1 else (low, high)
    last = max(2, history[-1].epoch)

    def at(epoch: int, loss: float) -> tuple[float, float]:
        part = (math.log10(loss) - low) / (high - low)
        return left + (right - left) * (epoch - 1) / (last - 1), bottom - (bottom - top) * part

    parts = []
    for k in range(4):
        loss = 10 ** (low + (high - low) * k / 3)
        y = at(1, loss)[1]
        parts.append(f'<line class="rule" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
                     f'<text class="soft end" x="{left - 6}" y="{y + 4:.1f}">{_number(loss)}</text>')
    names = []
    for name, field in (("train", 1), ("val", 2)):
        points = [at(e.epoch, e[field]) for e in shown if e[field] > 0 and math.isfinite(e[field])]
        if len(points) == 1:
            parts.append(f'<circle class="{name}" cx="{points[0][0]:.1f}" cy="{points[0][1]:.1f}" r="2.5"/>')
        elif points:
            parts.append(f'<polyline class="{name}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}"/>')
        if points:
            names.append(name)
    best = next((e for e in reversed(history) if e.is_best and e.val_loss > 0), None)
    if best:
        x, y = at(best.epoch, best.val_loss)
        told = f"best: {best.val_loss:.4g}, epoch {best.epoch}"
        parts.append(f'<circle class="best" cx="{x:.1f}" cy="{y:.1f}" r="3"><title>{told}</title></circle>')
    for i, name in enumerate(names):
        word = "validation" if name == "val" else "training"
        parts.append(f'<text class="name-{name} end" x="{right}" y="{top + 10 + 14 * i}">{word} loss</text>')
    parts.append(f'<text class="soft" x="{left}" y="{HEIGHT - 8}">epoch 1</text>'
                 f'<text class="soft end" x="{right}" y="{HEIGHT - 8}">{history[-1].epoch}</text>')
    return "".join(parts)


def svg(model: Any) -> str:
    """A picture that stands for itself, for light and dark pages."""
    name = f"hourglass-{next(_numbers)}"
    glass, height = _glass(model)
    curve = _curve(model.history) if model.history else ""
    width = GLASS + (CURVE + 36 if curve else 0) + 4
    height = max(height, HEIGHT if curve else 0)
    moved = f'<g transform="translate({GLASS + 36} {max(0, (height - HEIGHT) // 2)})">{curve}</g>' if curve else ""
    return (f'<svg xmlns="http://www.w3.org/2000/svg" class="{name}" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}" role="img">'
            f"<title>{escape(repr(model))}</title><style>{_style(name)}</style>{glass}{moved}</svg>")


def html(model: Any) -> str:
    """The picture under a line of words."""
    facts = [" × ".join(map(str, model.shape)) + " → " + str(model.code_size), f"{model.parameters:,} parameters"]
    if model.has_thresholds:
        facts.append("with thresholds")
    if model.result and model.result.epochs:
        facts.append(f"{model.result.epochs} epochs in {model.result.seconds:.2f} s")
    words = f"<div><b>Model</b> <code>{escape(model.spec)}</code></div><div>{escape(', '.join(facts))}</div>"
    return f"<div>{words}{svg(model)}</div>"
