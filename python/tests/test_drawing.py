# SPDX-License-Identifier: Apache-2.0
import xml.etree.ElementTree as ElementTree

import pytest

import hourglass

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def model(waves):
    return hourglass.Model.fit(waves, model="dense 6 relu, dense 2 | dense 6 relu, dense input", epochs=8)


def test_a_notebook_gets_the_hourglass_to_scale_and_the_losses(model):
    picture = ElementTree.fromstring(model._repr_svg_())
    lines = [x for x in picture.iter(SVG + "line") if x.get("class") in ("layer", "neck")]
    widths = [float(x.get("x2")) - float(x.get("x1")) for x in lines]
    assert [round(w / widths[0] * 12) for w in widths] == [12, 6, 2, 6, 12]
    assert [x.get("class") for x in lines].index("neck") == 2
    curves = {x.get("class"): len(x.get("points").split()) for x in picture.iter(SVG + "polyline")}
    assert curves == {"train": 8, "val": 8}
    assert "<code>dense 6 relu, dense 2 |" in model._repr_html_()


def test_a_model_without_training_shows_its_layers_alone():
    picture = ElementTree.fromstring(hourglass.Model.new("conv", (32, 32, 3))._repr_svg_())
    assert not list(picture.iter(SVG + "polyline")) and "16×16×16" in "".join(picture.itertext())


def test_a_deep_network_fits_on_a_page():
    spec = ", ".join(["dense 30 relu"] * 60 + ["dense 3"]) + " | dense 30 relu, dense input"
    assert float(ElementTree.fromstring(hourglass.Model.new(spec, (12,))._repr_svg_()).get("height")) < 500


def test_pictures_on_one_page_do_not_share_a_style(model):
    assert model._repr_svg_().split('class="')[1][:20] != model._repr_svg_().split('class="')[1][:20]
