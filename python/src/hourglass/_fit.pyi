# SPDX-License-Identifier: Apache-2.0
# Made of the option and job tables by `make stubs`: what is written here by hand is lost.
from collections.abc import Callable
from os import PathLike
from typing import Any, Literal, Protocol

from ._run import Event
from .jobs import Result
from .model import Model

Text = str | int | float | PathLike[str] | list[str] | list[int] | list[float]

class _FitCall(Protocol):
    def __call__(
        self,
        x: Any,
        target: Any = None,
        *,
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
        solver: Literal['auto', 'exact', 'randomized', 'incremental'] | None = 'auto',
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
        threads: int | None = 0,
        max_mem: int | str | None = '192M',
        cfg: Text | None = None,
        progress: bool | Callable[[Event], object] | None = None,
        step: Callable[[Event], object] | None = None,
        note: Callable[[str], object] | None = None,
    ) -> Model: ...

class Fit:
    def __get__(self, model: Model | None, owner: type[Model]) -> _FitCall: ...

def fit(x: Any, target: Any, values: dict[str, Any], **listen: Any) -> tuple[Any, Result]: ...
