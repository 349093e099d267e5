# SPDX-License-Identifier: Apache-2.0
"""PyTorch both ways: modules that people have become models and come back, bit for bit in the weights."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402
from torch import nn  # noqa: E402

import hourglass  # noqa: E402


class SimpleAutoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(784, 64)
        self.decoder = nn.Linear(64, 784)

    def forward(self, x):
        return torch.sigmoid(self.decoder(F.relu(self.encoder(x))))


class ViewedAutoencoder(SimpleAutoencoder):
    def forward(self, x):
        return super().forward(x.view(-1, 784))


class FlattenedAutoencoder(SimpleAutoencoder):
    def forward(self, x):
        y = super().forward(x.reshape(x.size(0), -1))
        return y.view(x.shape[0], 1, 28, 28)


class DnCNN(nn.Module):
    def __init__(self, channels=1, depth=5):
        super().__init__()
        layers = [nn.Conv2d(channels, 16, 3, padding=1), nn.ReLU(inplace=True)]
        for _ in range(depth):
            layers += [
                nn.Conv2d(16, 16, 3, padding=1, bias=False),
                nn.BatchNorm2d(16, eps=1e-4, momentum=0.95),
                nn.ReLU(inplace=True),
            ]
        layers.append(nn.Conv2d(16, channels, 3, padding=1, bias=False))
        self.dncnn = nn.Sequential(*layers)

    def forward(self, x):
        return x - self.dncnn(x)


def double(inputs, outputs):
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


class UNet(nn.Module):
    """skip_first: torch.cat([skip, up]); else [up, skip]. grow: a transposed convolution, or Upsample and a
    convolution."""

    def __init__(self, skip_first, grow, channels=3):
        super().__init__()
        self.skip_first = skip_first
        self.down1, self.down2, self.bottom = double(channels, 8), double(8, 12), double(12, 16)
        self.pool = nn.MaxPool2d(2)

        def up(inputs, outputs):
            if grow == "deconv":
                return nn.ConvTranspose2d(inputs, outputs, 2, stride=2)
            return nn.Sequential(
                nn.Upsample(scale_factor=2, mode=grow, align_corners=None if grow == "nearest" else False),
                nn.Conv2d(inputs, outputs, 3, padding=1),
            )

        self.up2, self.join2, self.up1, self.join1 = up(16, 12), double(24, 12), up(12, 8), double(16, 8)
        self.out = nn.Conv2d(8, channels, 1)

    def forward(self, x):
        a = self.down1(x)
        b = self.down2(self.pool(a))
        y = self.up2(self.bottom(self.pool(b)))
        y = self.join2(torch.cat([b, y] if self.skip_first else [y, b], dim=1))
        y = self.up1(y)
        y = self.join1(torch.cat((a, y) if self.skip_first else (y, a), 1))
        return self.out(y)


class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(20, 32),
            nn.BatchNorm1d(32),
            nn.LeakyReLU(0.2),
            nn.Dropout(0.1),
            nn.Linear(32, 4, bias=False),
            nn.Tanh(),
            nn.Linear(4, 32),
            nn.LayerNorm(32),
            nn.GELU(),
            nn.Linear(32, 20),
        )

    def forward(self, x):
        return self.net(x)


class ConvAutoencoder(nn.Module):
    """The other textbook class: strided convolutions, a flattened neck, transposed convolutions with output_padding."""

    def __init__(self, channels=3):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv2d(channels, 8, 3, stride=2, padding=1),
            nn.ReLU(True),
            nn.Conv2d(8, 12, 3, stride=2, padding=1),
            nn.ELU(),
            nn.Flatten(),
            nn.Linear(12 * 4 * 4, 10),
        )
        self.decoder = nn.Sequential(
            nn.Linear(10, 12 * 4 * 4),
            nn.SiLU(),
            nn.Unflatten(1, (12, 4, 4)),
            nn.ConvTranspose2d(12, 8, 3, stride=2, padding=1, output_padding=1),
            nn.Softplus(),
            nn.ConvTranspose2d(8, channels, 3, stride=2, padding=1, output_padding=1),
            nn.Sigmoid(),
        )

    def forward(self, x):
        return self.decoder(self.encoder(x))


class Residual(nn.Module):
    """Blocks with a projection, group norm, pixel shuffles, padding by reflection, three values in one cat."""

    def __init__(self):
        super().__init__()
        self.down = nn.PixelUnshuffle(2)
        self.a = nn.Conv2d(12, 8, 3, padding=1, padding_mode="reflect")
        self.norm = nn.GroupNorm(4, 8)
        self.b = nn.Conv2d(8, 8, 3, padding="same")
        self.project = nn.Conv2d(12, 8, 1)
        self.join = nn.Conv2d(28, 12, 1)
        self.up = nn.PixelShuffle(2)

    def forward(self, x):
        d = self.down(x)
        y = F.silu(self.norm(self.a(d)))
        z = F.leaky_relu(self.b(y) + self.project(d), 0.1)
        z = torch.cat([y, z, d], 1)
        return x + self.up(self.join(F.dropout(z, 0.2, self.training)))


class Signal(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Conv1d(2, 6, 5, padding=2), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(6, 3, 3, padding=1)
        )
        self.decoder = nn.Sequential(nn.Upsample(scale_factor=2), nn.ConvTranspose1d(3, 2, 3, padding=1))

    def forward(self, x):
        return self.decoder(torch.tanh(self.encoder(x)))


CASES = {
    "SimpleAutoencoder": (SimpleAutoencoder, (784,), 1e-6),
    "ViewedAutoencoder": (ViewedAutoencoder, (1, 28, 28), 1e-6),
    "FlattenedAutoencoder": (FlattenedAutoencoder, (1, 28, 28), 1e-6),
    "DnCNN": (DnCNN, (1, 24, 20), 1e-5),
    "U-Net, cat([skip, up]), deconv": (lambda: UNet(True, "deconv"), (3, 16, 24), 1e-5),
    "U-Net, cat([up, skip]), deconv": (lambda: UNet(False, "deconv"), (3, 16, 24), 1e-5),
    "U-Net, cat([skip, up]), nearest": (lambda: UNet(True, "nearest"), (3, 16, 24), 1e-5),
    "U-Net, cat([up, skip]), bilinear": (lambda: UNet(False, "bilinear", 1), (1, 16, 24), 1e-5),
    "Deep": (Deep, (20,), 1e-5),
    "ConvAutoencoder": (ConvAutoencoder, (3, 16, 16), 1e-5),
    "Residual": (Residual, (3, 16, 12), 1e-5),
    "Signal": (Signal, (2, 30), 1e-5),
}


def made(name):
    """A module whose batch norms have seen something, rows for it, and how far outputs may be apart."""
    make, shape, close = CASES[name]
    torch.manual_seed(3)
    module = make()
    x = torch.rand(7, *shape)
    with torch.no_grad():
        module.train()(x)
    return module.eval(), x, close


@pytest.mark.parametrize("name", CASES)
def test_a_module_becomes_a_model_with_its_weights_and_outputs(name):
    module, x, close = made(name)
    module.train()
    model = hourglass.from_torch(module, x)
    assert module.training
    module.eval()
    with torch.no_grad():
        wanted = module(x).numpy()
    assert model.reconstruct(x).shape == wanted.shape
    assert np.abs(model.reconstruct(x) - wanted).max() <= close
    assert np.abs(model.reconstruct(x[0]) - wanted[0]).max() <= close
    assert np.allclose(
        model.score(x), ((wanted.reshape(7, -1) - x.numpy().reshape(7, -1)) ** 2).mean(1), rtol=1e-3, atol=1e-6
    )
    assert np.array_equal(model.score(x.numpy()), model.score(x))


@pytest.mark.parametrize("name", CASES)
def test_weights_go_back_into_the_class_bit_for_bit(name, tmp_path):
    module, x, close = made(name)
    hourglass.from_torch(module, x).save(tmp_path / "m.safetensors")
    model = hourglass.Model.load(tmp_path / "m.safetensors")
    state = hourglass.torch.state_dict(model)
    assert list(state) == list(module.state_dict())
    other = CASES[name][0]()
    other.load_state_dict(state, strict=True)
    for key, value in module.state_dict().items():
        assert torch.equal(other.state_dict()[key], value), key
    with torch.no_grad():
        assert torch.equal(other.eval()(x), module(x))


@pytest.mark.parametrize("name", CASES)
def test_a_model_becomes_a_module_of_its_own(name):
    module, x, close = made(name)
    model = hourglass.from_torch(module, x)
    network = hourglass.torch.as_module(model)
    assert {k for k in network.state_dict() if not k.endswith("num_batches_tracked")} == set(model.tensors)
    with torch.no_grad():
        given = network(x)
        assert np.abs(given.reshape(7, -1).numpy() - model.reconstruct(x).reshape(7, -1)).max() <= close
        if any(layer.side == "decoder" for layer in model.layers) and not any(
            layer.type == "keep" for layer in model.layers
        ):
            code = network.encode(x)
            assert np.abs(code.numpy() - model.encode(x)).max() <= close
            assert (
                np.abs(network.decode(code).reshape(7, -1).numpy() - model.decode(model.encode(x)).reshape(7, -1)).max()
                <= close
            )
    again = hourglass.from_torch(network, x)
    assert np.abs(again.reconstruct(x).reshape(7, -1) - model.reconstruct(x).reshape(7, -1)).max() <= close


def test_the_textbook_class_has_its_encoder_where_it_has_it():
    module, x, _ = made("SimpleAutoencoder")
    model = hourglass.from_torch(module, x)
    assert model.spec == "dense 64 relu | dense 784 sigmoid"
    with torch.no_grad():
        assert np.abs(model.encode(x) - F.relu(module.encoder(x)).numpy()).max() <= 1e-6
    assert list(hourglass.torch.state_dict(model)) == [
        "encoder.weight",
        "encoder.bias",
        "decoder.weight",
        "decoder.bias",
    ]


def test_training_here_goes_on_and_comes_back_into_the_class():
    module, x, _ = made("ConvAutoencoder")
    x = torch.rand(64, 3, 16, 16) * 0.1 + 0.4
    model = hourglass.from_torch(module, x)
    before = model.score(x).mean()
    model.fit(x, epochs=20, batch=16, lr=1e-2, threads=2)
    assert model.score(x).mean() < before / 2
    module.load_state_dict(hourglass.torch.state_dict(model), strict=True)
    with torch.no_grad():
        assert np.abs(module(x).numpy() - model.reconstruct(x)).max() <= 1e-5


def test_pairs_are_as_the_module_has_them():
    module = nn.Sequential(nn.Conv2d(3, 3, 1))
    x = torch.rand(40, 3, 6, 5)
    target = torch.stack([x[:, 2], x[:, 0], x[:, 1]], 1)
    model = hourglass.from_torch(module, x)
    model.fit(x, target, epochs=200, batch=8, lr=3e-2, val=0)
    assert np.abs(model.reconstruct(x) - target.numpy()).max() < 0.05


def test_a_bias_that_the_module_has_not_stays_where_it_is_or_is_told():
    module, x, _ = made("Deep")
    model = hourglass.from_torch(module, x)
    model.fit(torch.rand(60, 20), epochs=1)
    with pytest.raises(hourglass.ModelError, match="expected 0 throughout, for Deep has no such tensor"):
        hourglass.torch.state_dict(model)


@pytest.mark.parametrize("name", ["DnCNN", "SimpleAutoencoder"])
def test_a_state_dict_is_a_safetensors_file_and_comes_from_one(name, tmp_path):
    module, x, _ = made(name)
    model = hourglass.from_torch(module, x)
    hourglass.torch.save_state_dict(model, tmp_path / "state.safetensors")
    other = CASES[name][0]()
    theirs = hourglass.from_torch(other, x)
    hourglass.torch.load_state_dict(theirs, tmp_path / "state.safetensors")
    assert np.array_equal(theirs.reconstruct(x), model.reconstruct(x))
    assert all(
        torch.equal(a, b) for a, b in zip(hourglass.torch.state_dict(theirs).values(), module.state_dict().values())
    )
    hourglass.torch.load_state_dict(theirs, other.state_dict())
    with pytest.raises(hourglass.ModelError, match="'more': expected the names of state_dict"):
        hourglass.torch.load_state_dict(theirs, {**other.state_dict(), "more": torch.zeros(1)})
    with pytest.raises(hourglass.ModelError, match="expected a safetensors file"):
        (tmp_path / "no").write_bytes(b"12345678901234567890")
        hourglass.torch.load_state_dict(theirs, tmp_path / "no")


def test_safetensors_own_reader_reads_it(tmp_path):
    reader = pytest.importorskip("safetensors.numpy")
    module, x, _ = made("DnCNN")
    model = hourglass.from_torch(module, x)
    hourglass.torch.save_state_dict(model, tmp_path / "state.safetensors")
    read = reader.load_file(tmp_path / "state.safetensors")
    assert set(read) == set(module.state_dict())
    for key, value in module.state_dict().items():
        assert np.array_equal(read[key], value.numpy()) and read[key].shape == tuple(value.shape)


@pytest.mark.parametrize(
    "spec, shape, rows",
    [
        ("ae", (784,), (784,)),
        ("deep", (40,), (40,)),
        ("conv", (16, 16, 3), (3, 16, 16)),
        ("ae", (6, 5), (1, 6, 5)),
        ("unet", (16, 16, 1), (1, 16, 16)),
        ("repair", (32, 32, 3), (3, 32, 32)),
        ("bottleneck", (32, 32, 1), (1, 32, 32)),
        ("conv1d 4 k5 relu | conv1d 3", (20, 3), (3, 20)),
        ("dense 8, sample | dense input", (9,), (9,)),
        ("dense 8, vq 6 4 | dense input", (9,), (9,)),
        ("conv 6, vq 5 | conv 4, vq 7 2, conv input", (8, 6, 3), (3, 8, 6)),
        ("dense 8, fsq 8 5 | dense input", (9,), (9,)),
        ("dense 12 sigmoid, kl_sparse, ordered, nested, topk 5 | batch_topk 3, dense input tied=1", (9,), (9,)),
        ("conv 4, nested prefix=2, topk 30 | batch_topk 50, conv 3", (6, 7, 3), (3, 6, 7)),
        ("layernorm, conv 4 relu, l1 0.1, avgpool, up 2 bilinear=1, reflect, conv 3 p0", (8, 6, 3), (3, 8, 6)),
        ("dense 5, layernorm relu | dense 12, elu 0.5", (2, 2, 3), (3, 2, 2)),
        (
            "keep 1, conv 4, keep 2, recall 1, conv 4 k1, add 2, concat 1 first=1, conv 3 k1, add 1 minus=1",
            (6, 7, 3),
            (3, 6, 7),
        ),
        ("maxpool, deconv 3 k3 s2 p1 op=1", (8, 6, 3), (3, 8, 6)),
    ],
)
def test_models_of_the_command_are_modules(spec, shape, rows, tmp_path):
    model = hourglass.Model.new(spec, shape, seed=5)
    model.save(tmp_path / "m.safetensors")
    network = hourglass.torch.as_module(tmp_path / "m.safetensors")
    x = torch.rand(3, *rows)
    own = x if len(rows) == 1 else x.movedim(1, -1)
    with torch.no_grad():
        given = network(x)
    assert given.shape == x.shape
    given = given if len(rows) == 1 else given.movedim(1, -1)
    assert np.abs(given.numpy().reshape(3, -1) - model.reconstruct(own.reshape(3, -1).numpy())).max() <= 1e-5
    assert set(hourglass.torch.state_dict(model)) == set(network.state_dict())


class Named(nn.Module):
    def __init__(self, layer, forward=None):
        super().__init__()
        self.part, self.more = layer, forward

    def forward(self, x):
        return self.more(self.part(x)) if self.more else self.part(x)


def bent(x):
    return x if x.sum() > 0 else -x


class Spare(nn.Module):
    def __init__(self):
        super().__init__()
        self.used, self.unused = nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x):
        return self.used(x)


class Twice(Spare):
    def forward(self, x):
        return self.unused(self.used(self.used(x)))


@pytest.mark.parametrize(
    "module, shape, words",
    [
        (Named(nn.PReLU()), (6,), "'part' (PReLU): it is none of Linear, Conv1d"),
        (
            Named(nn.Conv2d(1, 1, (3, 5), padding=1)),
            (1, 8, 8),
            "'part' (Conv2d): a kernel alike along both sides is known, got (3, 5)",
        ),
        (
            Named(nn.Conv2d(1, 1, 3, padding=1, padding_mode="circular")),
            (1, 8, 8),
            "'part' (Conv2d): padding_mode zeros and reflect are known, got circular",
        ),
        (Named(nn.Linear(8, 8)), (1, 8, 8), "'part' (Linear): vectors (n, 8) are known, got rows of (1, 8, 8)"),
        (Named(nn.BatchNorm1d(6, momentum=None)), (6,), "'part' (BatchNorm1d): a momentum is known, got None"),
        (Named(nn.Softplus(beta=2)), (6,), "'part' (Softplus): beta=1 is known, got 2"),
        (
            Named(nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)),
            (1, 4, 4),
            "align_corners=False are known, got bilinear, align_corners=True",
        ),
        (Named(nn.Linear(6, 6), lambda x: x * 2), (6,), "forward(), mul(): it is none of"),
        (Named(nn.Linear(6, 6), bent), (6,), "Named: expected a forward() that torch.fx can follow"),
        (Named(nn.Linear(6, 6), lambda x: x + x), (6,), "two different tensors are known, got one twice"),
        (Named(nn.Linear(6, 6), lambda x: x + 1), (6,), "two tensors that forward() made are known"),
        (Named(nn.Linear(6, 5)), (6,), "expected as many outputs as a row has features (6), got 5"),
        (Named(nn.Linear(6, 6).double()), (6,), "expected a tensor of float32, got torch.float64"),
        (Spare(), (6,), "'unused.weight': expected all tensors of the module to be in what forward() does"),
        (Twice(), (6,), "'used' (Linear): its weights are used twice"),
    ],
)
def test_what_has_no_place_is_named(module, shape, words):
    x = torch.rand(2, *shape)
    x = x.double() if next(module.parameters(), x).dtype is torch.float64 else x
    with pytest.raises((hourglass.ModelError, hourglass.UsageError)) as caught:
        hourglass.from_torch(module, x)
    assert words in str(caught.value)


class Padded(nn.Module):
    """What everybody's U-Net does before a torch.cat: nothing, where sides are even."""

    def __init__(self):
        super().__init__()
        self.down, self.up = nn.Conv2d(1, 4, 2, stride=2), nn.ConvTranspose2d(4, 1, 2, stride=2)

    def forward(self, x):
        y = self.up(self.down(x))
        more = x.size()[2] - y.size()[2]
        return F.pad(y, [more // 2, more - more // 2, 0, 0])


@pytest.mark.skipif(int(torch.__version__.split(".")[0]) < 2, reason="torch.fx follows such a pad from 2.0 on")
def test_a_pad_by_nothing_is_nothing():
    x = torch.rand(2, 1, 8, 6)
    assert hourglass.from_torch(Padded(), x).spec == "conv 4 k=2 s=2 p=0, deconv 1 k=2 p=0"


def test_an_example_that_the_module_does_not_take_is_said():
    with pytest.raises(hourglass.UsageError, match="example: expected rows that SimpleAutoencoder takes, got \\(9,\\)"):
        hourglass.from_torch(SimpleAutoencoder(), torch.rand(2, 9))
    with pytest.raises(hourglass.UsageError, match="expected a tensor \\(n, N\\)"):
        hourglass.from_torch(SimpleAutoencoder(), torch.rand(784))


def test_tensors_that_are_contiguous_are_not_copied():
    x = torch.rand(5, 784)
    module, _, _ = made("SimpleAutoencoder")
    model = hourglass.from_torch(module, x)
    rows, _ = model._weights.layout.rows(x)
    assert rows.ctypes.data == x.data_ptr()
    grey = torch.rand(5, 1, 28, 28)
    rows, _ = hourglass.from_torch(made("ViewedAutoencoder")[0], grey)._weights.layout.rows(grey)
    assert rows.ctypes.data == grey.data_ptr()


def test_torch_is_imported_where_it_is_asked_for_alone():
    import subprocess
    import sys

    code = "import sys, hourglass; hourglass.Model; hourglass.from_torch; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_page_s_lines_do_what_they_say(tmp_path, monkeypatch):
    from conftest import ROOT

    page = (ROOT / "docs/PYTORCH.md").read_text(encoding="utf-8")
    told = {}
    monkeypatch.chdir(tmp_path)
    exec(page.split("```python\n")[1].split("```")[0], told)
    assert told["model"].spec == "dense 64 relu | dense 784 sigmoid"
    assert told["scores"].shape == (1000,) and told["codes"].shape == (1000, 64)
    with torch.no_grad():
        wanted = told["module"](told["x"]).numpy()
        assert np.abs(told["network"](told["x"]).numpy() - wanted).max() <= 1e-6
    assert np.abs(told["model"].reconstruct(told["x"]) - wanted).max() <= 1e-6


class Channels(nn.Module):
    """Each channel has weights of its own: their order matters."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)

    def forward(self, x):
        return self.conv(x)


@pytest.fixture(scope="module")
def channels():
    torch.manual_seed(4)
    x = torch.rand(9, 3, 8, 6)
    return hourglass.from_torch(Channels(), x), x


def test_verdicts_are_of_rows_as_the_module_has_them(channels):
    model, x = channels
    wanted = model.score(x)
    assert np.allclose(model.predict(x).scores, wanted, rtol=1e-6)
    assert np.allclose([v.score for v in model.explain(x)], wanted, rtol=1e-6)
    assert np.allclose([v.score for v in model.watch(x)], wanted, rtol=1e-6)
    errors = ((model.reconstruct(x) - x.numpy()) ** 2).reshape(9, -1)
    shares = errors / errors.sum(1, keepdims=True)
    assert np.allclose(model.shares(x), shares, atol=1e-5)
    for verdicts in (model.predict(x), model.watch(x)):
        found = [(v.column, v.reason) for v in verdicts]
        assert found == [(i, f"column {i + 1}") for i in shares.argmax(1)]


def test_files_are_as_the_module_has_them(channels, tmp_path):
    model, x = channels
    np.save(tmp_path / "x.npy", x.numpy())
    assert np.allclose(model.score(tmp_path / "x.npy"), model.score(x), rtol=1e-6)
    assert np.array_equal(model.reconstruct(tmp_path / "x.npy"), model.reconstruct(x))
    necked = hourglass.from_torch(nn.Sequential(nn.Conv2d(3, 4, 2, stride=2), nn.ConvTranspose2d(4, 3, 2, stride=2)), x)
    codes = necked.encode(x)
    assert codes.shape == (9, 4, 4, 3) and np.array_equal(necked.encode(str(tmp_path / "x.npy")), codes)
    pixels = (x * 255).byte()
    np.save(tmp_path / "bytes.npy", pixels.numpy())
    assert np.allclose(model.score(tmp_path / "bytes.npy"), model.score(pixels), rtol=1e-6)
    (tmp_path / "no.npy").write_bytes(b"no array")
    with pytest.raises(hourglass.DataError, match="no.npy: expected an array of numbers"):
        model.score(tmp_path / "no.npy")
    np.save(tmp_path / "own.npy", x.movedim(1, -1).numpy())
    np.savez(tmp_path / "x.npz", x.numpy())
    for name, words in (("own.npy", r"\(n, 3, 8, 6\), as the module"), ("x.npz", r"images, or a .npy file \(n, 3, 8")):
        with pytest.raises(hourglass.DataError, match=words):
            model.score(tmp_path / name)


def test_rows_in_the_network_s_own_order_are_refused(channels):
    model, x = channels
    for call in (model.score, model.reconstruct, model.encode, model.predict, model.fit):
        with pytest.raises(hourglass.DataError, match=r"expected \(n, 3, 8, 6\), as the module takes them, got"):
            call(x.movedim(1, -1))


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(6, 6), nn.Linear(6, 6)
        self.b.weight = self.a.weight

    def forward(self, x):
        return self.b(self.a(x))


def test_a_tensor_that_two_layers_share_is_refused():
    with pytest.raises(hourglass.ModelError, match="'b.weight': expected a tensor of its own, got that of 'a.weight'"):
        hourglass.from_torch(Shared(), torch.rand(2, 6))


def test_tensors_that_numpy_has_not_are_refused_by_their_type():
    model = hourglass.Model.new("dense 4 | dense 6", (6,))
    x = torch.rand(2, 6)
    for bad, words in ((x.bfloat16(), "torch.bfloat16"), (x.to_sparse(), "torch.sparse_coo"), (x.to("meta"), "meta")):
        for call in (model.score, model.encode, model.predict, model.fit):
            with pytest.raises(hourglass.DataError, match=f"expected a dense tensor on the CPU.*got .*{words}"):
                call(bad)
        with pytest.raises(hourglass.DataError, match=words):
            hourglass.torch.load_state_dict(model, {name: bad for name in hourglass.torch.state_dict(model)})
    assert np.array_equal(model.score(x > 0.5), model.score((x > 0.5).float()))
    with pytest.raises(hourglass.DataError, match="expected numbers"):
        model.score(x.to(torch.complex64))
