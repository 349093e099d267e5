# SPDX-License-Identifier: Apache-2.0
# Made of the option and job tables by `make stubs`: what is written here by hand is lost.
from collections.abc import Callable
from os import PathLike
from typing import Any, Literal

from ._errors import HourglassError as HourglassError
from ._errors import DataError as DataError
from ._errors import DivergedError as DivergedError
from ._errors import FileError as FileError
from ._errors import MissingError as MissingError
from ._errors import ModelError as ModelError
from ._errors import NotFoundError as NotFoundError
from ._errors import OutOfMemory as OutOfMemory
from ._errors import StoppedError as StoppedError
from ._errors import UsageError as UsageError
from .model import Model as Model
from ._verdicts import Verdict as Verdict
from ._verdicts import Verdicts as Verdicts
from .jobs import Result as Result
from ._run import Epoch as Epoch
from ._run import Event as Event
from .frames import FrameDenoiser as FrameDenoiser

Text = str | int | float | PathLike[str] | list[str] | list[int] | list[float]

__version__: str

def load(path: str | PathLike[str]) -> Model: ...
def from_torch(module: Any, example: Any) -> Model: ...

def train(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    query: Text | None = None,
    filter: Text | None = None,
    duration: float | str | None = 0,
    promisc: bool | None = True,
    table: Text | None = None,
    model: Text | None = 'ae',
    latent: int | None = 0,
    init: Literal['scaled', 'torch'] | None = 'scaled',
    pretrained: Text | None = None,
    kitsune: Literal['sound', 'published'] | None = 'sound',
    precision: Literal['fp32'] | None = 'fp32',
    label: Text | None = None,
    ignore: Text | None = None,
    normal: Text | None = None,
    columns: Text | None = None,
    prepare: Literal['auto', 'table', 'none'] | None = 'auto',
    groupby: Text | None = None,
    clean: bool | None = True,
    contamination: Text | None = 'auto',
    fpr: float | str | None = 0.01,
    alarms: Text | None = None,
    rate: Text | None = None,
    references: Literal['exact', 'quantised', 'none'] | None = 'exact',
    target: Text | None = None,
    noise: Text | None = None,
    crop: int | None = 64,
    crops: int | None = 0,
    colour: Literal['auto', 'grey', 'colour'] | None = 'auto',
    grey: float | str | None = 0,
    flip: bool | None = True,
    imgsz: int | None = 512,
    align: Literal['auto', 'true', 'false'] | None = 'auto',
    view: Text | None = None,
    roi: Text | None = None,
    labels: Text | None = None,
    object: Text | None = None,
    backbone: Text | None = None,
    stages: Text | None = None,
    features: Literal['memory', 'gaussian', 'error'] | None = 'memory',
    epochs: int | None = 20,
    steps: int | None = 0,
    batch: int | None = 128,
    time: float | str | None = 0,
    patience: int | None = 0,
    fraction: float | str | None = 1,
    val: Text | None = '0.1',
    seed: int | None = 0,
    shuffle: bool | None = True,
    resume: Text | None = None,
    loss: Text | None = 'mse',
    delta: float | str | None = 0,
    optimizer: Literal['sgd', 'adam', 'adamw', 'rmsprop'] | None = 'adam',
    lr: float | str | None = 0.001,
    schedule: Literal['constant', 'cosine', 'step'] | None = 'constant',
    warmup: int | None = 0,
    step_every: int | None = 10,
    gamma: float | str | None = 0.1,
    weight_decay: float | str | None = 0,
    momentum: float | str | None = 0,
    nesterov: bool | None = False,
    beta1: float | str | None = 0.9,
    beta2: float | str | None = 0.999,
    eps: float | str | None = 1e-08,
    alpha: float | str | None = 0.99,
    clip: float | str | None = 0,
    project: Text | None = 'runs',
    name: Text | None = 'train',
    exist_ok: bool | None = False,
    share: bool | None = False,
    save_period: int | None = 0,
    samples: int | None = 16,
    pca: bool | None = True,
    tensorboard: bool | None = False,
    mlflow: Text | None = None,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Trains a model and writes a results folder."""

def reconstruct(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    query: Text | None = None,
    table: Text | None = None,
    model: Text | None = None,
    label: Text | None = None,
    ignore: Text | None = None,
    normal: Text | None = None,
    out: Text | None = None,
    append: bool | None = False,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Writes what the model makes of each row, in the rows' own units."""

def encode(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    query: Text | None = None,
    table: Text | None = None,
    model: Text | None = None,
    label: Text | None = None,
    ignore: Text | None = None,
    normal: Text | None = None,
    out: Text | None = None,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Writes the code of each row."""

def decode(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    model: Text | None = None,
    out: Text | None = None,
    append: bool | None = False,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Turns codes back into rows."""

def denoise(
    *,
    data: Text | None = None,
    model: Text | None = None,
    out: Text | None = None,
    threads: int | None = 0,
    max_mem: int | str | None = '512M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Cleans images: files, folders, or video on standard input."""

def predict(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    query: Text | None = None,
    filter: Text | None = None,
    anonymise: Text | None = None,
    table: Text | None = None,
    model: Text | None = None,
    label: Text | None = None,
    ignore: Text | None = None,
    normal: Text | None = None,
    groupby: Text | None = None,
    score: Literal['auto', 'error'] | None = 'auto',
    fpr: float | str | None = 0.01,
    alarms: Text | None = None,
    rate: Text | None = None,
    fdr: float | str | None = 0,
    top: int | None = 3,
    reasons: Literal['alarms', 'all'] | None = 'alarms',
    fail_on_anomaly: bool | None = False,
    target: Text | None = None,
    labels: Text | None = None,
    object: Text | None = None,
    out: Text | None = 'scores.csv',
    append: bool | None = False,
    format: Literal['auto', 'csv', 'json', 'eve'] | None = 'auto',
    pix_fmt: Literal['none', 'rgb24', 'bgr24', 'gray', 'gray16le'] | None = 'none',
    video_size: Text | None = None,
    maps: Text | None = None,
    maps_as: Text | None = 'overlay,mask,map',
    regions: Text | None = None,
    sheet: Text | None = None,
    gallery: Text | None = None,
    page: Text | None = None,
    keep: Text | None = None,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Scores each row: the higher, the more unusual."""

def watch(
    *,
    data: Text | None = None,
    filter: Text | None = None,
    anonymise: Text | None = None,
    promisc: bool | None = True,
    model: Text | None = None,
    fpr: float | str | None = 0.01,
    alarms: Text | None = None,
    rate: Text | None = None,
    top: int | None = 3,
    fail_on_anomaly: bool | None = False,
    out: Text | None = '-',
    format: Literal['auto', 'csv', 'json', 'eve'] | None = 'auto',
    metrics: int | None = 0,
    learn: float | str | None = 0,
    state: Text | None = None,
    syslog: bool | None = False,
    drop: bool | None = True,
    page: Text | None = None,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Watches a network's packets and writes alerts as they come."""

def val(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    query: Text | None = None,
    filter: Text | None = None,
    table: Text | None = None,
    model: Text | None = None,
    label: Text | None = None,
    ignore: Text | None = None,
    normal: Text | None = None,
    groupby: Text | None = None,
    score: Literal['auto', 'error'] | None = 'auto',
    fpr: float | str | None = 0.01,
    alarms: Text | None = None,
    rate: Text | None = None,
    resamples: int | None = 1000,
    target: Text | None = None,
    noise: Text | None = None,
    baselines: bool | None = True,
    labels: Text | None = None,
    object: Text | None = None,
    seed: int | None = 0,
    out: Text | None = None,
    page: Text | None = None,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Measures a model on data."""

def calibrate(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    query: Text | None = None,
    table: Text | None = None,
    model: Text | None = None,
    label: Text | None = None,
    ignore: Text | None = None,
    normal: Text | None = None,
    groupby: Text | None = None,
    score: Literal['auto', 'error'] | None = 'auto',
    fpr: float | str | None = 0.01,
    alarms: Text | None = None,
    rate: Text | None = None,
    target: Text | None = None,
    labels: Text | None = None,
    object: Text | None = None,
    share: bool | None = False,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Gives a model a new threshold from new normal rows, without training."""

def compare(
    *,
    data: Text | None = None,
    header: Literal['auto', 'yes', 'no'] | None = 'auto',
    on_bad: Literal['stop', 'skip', 'score_missing'] | None = 'stop',
    query: Text | None = None,
    table: Text | None = None,
    label: Text | None = None,
    ignore: Text | None = None,
    normal: Text | None = None,
    columns: Text | None = None,
    clean: bool | None = True,
    contamination: Text | None = 'auto',
    references: Literal['exact', 'quantised', 'none'] | None = 'exact',
    seeds: int | None = 5,
    steps: int | None = 0,
    seed: int | None = 0,
    out: Text | None = None,
    threads: int | None = 0,
    max_mem: int | str | None = '192M',
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Measures detectors side by side on labelled tables."""

def import_(
    *,
    source: Text | None = None,
    model: Text | None = None,
    input: int | None = 0,
    latent: int | None = 0,
    out: Text | None = None,
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Makes a model file from another program's weights."""

def info(
    *,
    model: Text | None = None,
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Says what is in a model file."""

def verify(
    *,
    model: Text | None = None,
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Says whether a model file is whole."""

def bench(
    *,
    threads: int | None = 0,
    what: Literal['all', 'kernels', 'step', 'conv', 'score', 'read', 'packets'] | None = 'all',
    only: Text | None = None,
    seconds: float | str | None = 1,
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Measures the speed of this machine."""

def checks(
    *,
    cfg: Text | None = None,
    progress: bool | Callable[[Event], object] | None = None,
    step: Callable[[Event], object] | None = None,
    note: Callable[[str], object] | None = None,
) -> Result:
    """Says what this machine and this build have."""
