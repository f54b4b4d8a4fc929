"""Pictures: figures come back, nothing global moves, the same run gives the same bytes."""

import importlib
import importlib.util
import io
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from discover import figures
from discover.dataset import Beyond
from discover.errors import InputError
from discover.figures import NetworkPicture, PictureEdge, PictureNode
from discover.functions import LIBRARY, Affine
from discover.graph import Line
from discover.progress import Event

_spec = importlib.util.spec_from_file_location("fake_run", Path(__file__).with_name("fake_run.py"))
fake_run = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(fake_run)


picture = importlib.import_module("discover.figures.picture")
filming = importlib.import_module("discover.figures.film")


@pytest.fixture(scope="module")
def data():
    return fake_run.dataset(400)


@pytest.fixture(scope="module")
def run(data):
    return fake_run.run(data)


def second(data):
    x, y = data.part("test")
    columns = {name: x[:, i] for i, name in enumerate(data.names)}
    return Beyond(columns=columns, y=y, source=data.source)


def all_figures(run, data):
    return {
        "front": figures.front(run),
        "parity": figures.parity(run, data),
        "beyond": figures.beyond(run, second(data)),
        "regression": figures.parity(replace(run, rounding=None), data),
        "residuals": figures.residuals(run, data),
        "attribution": figures.attribution(run),
        "losses": figures.losses(run),
        "null": figures.null(run),
        "rungs": figures.rungs(run),
        "network": figures.network(fake_run.network(4)),
    }


def test_every_function_returns_a_figure_and_leaves_the_settings_alone(run, data):
    before = dict(mpl.rcParams)
    drawn = all_figures(run, data)
    figures.to_svg(drawn["null"])
    assert all(isinstance(figure, Figure) for figure in drawn.values())
    assert dict(mpl.rcParams) == before


def test_the_look_does_not_depend_on_the_user_s_settings(run):
    expected = figures.to_svg(figures.null(run))
    with mpl.rc_context({"font.size": 30, "lines.linewidth": 9, "svg.hashsalt": "other"}):
        assert figures.to_svg(figures.null(run)) == expected


@pytest.mark.parametrize("name", ["front", "parity", "network"])
def test_bytes_are_the_same_each_time(run, data, name):
    draw = {
        "front": lambda: figures.front(run),
        "parity": lambda: figures.parity(run, data),
        "network": lambda: figures.network(fake_run.network(4)),
    }[name]
    first, again = draw(), draw()
    svg, pdf = figures.to_svg(first), figures.to_pdf(first)
    assert figures.to_svg(again) == svg
    assert figures.to_pdf(again) == pdf
    assert "<dc:date>" not in svg
    assert b"CreationDate" not in pdf


def test_axes_say_what_they_show_and_in_which_unit(run, data):
    for name, figure in all_figures(run, data).items():
        if name == "network":
            continue
        shown = [a for a in figure.axes if a.get_xlabel()]
        assert shown, name
        labels = [label for a in figure.axes for label in (a.get_xlabel(), a.get_ylabel()) if label]
        counted = {"active edges", "shuffles", "stage"}
        assert all("[" in label or label in counted for label in labels), labels


def test_the_recommended_law_is_marked_at_its_own_place(run):
    (axes,) = figures.front(run).axes
    (marked,) = [line for line in axes.lines if line.get_label() == "recommended law"]
    assert marked.get_xdata()[0] == run.law.complexity
    assert marked.get_ydata()[0] == run.law.accuracy["test"].rms


def test_share_of_hits_is_that_of_the_accuracy(run, data):
    _, below = figures.parity(run, data).axes
    y = data.part("test")[1]
    levels = np.unique(run.rounding.levels.round(y))
    hit = [bar.get_height() for bar in below.containers[0]]
    weighted = sum(h * np.sum(y == level) for h, level in zip(hit, levels, strict=True)) / len(y)
    assert weighted == pytest.approx(run.law.accuracy["test"].accuracy)


def test_names_are_drawn_letter_for_letter():
    run, data = fake_run.named()
    for figure in (figures.attribution(run), figures.parity(run, data), figures.front(run)):
        assert "<svg" in figures.to_svg(figure)
    labels = [tick.get_text() for tick in figures.attribution(run).axes[0].get_yticklabels()]
    assert r"100%_of #5 & \$x^2~{a}" in labels
    assert "<script>alert(1)</script>" in labels


def test_a_constant_law_can_be_drawn():
    run, data = fake_run.found_nothing()
    assert figures.to_svg(figures.parity(run, data))
    assert figures.to_svg(figures.residuals(run, data))
    assert figures.to_svg(figures.front(run))


def test_infinite_errors_are_left_out(run):
    bad = replace(run.laws[1].accuracy["test"], rms=np.inf)
    laws = (run.laws[0], replace(run.laws[1], accuracy={"test": bad}), *run.laws[2:])
    (axes,) = figures.front(replace(run, laws=laws)).axes
    assert all(np.isfinite(line.get_ydata()).all() for line in axes.lines)


def test_a_null_control_far_below_zero_stays_on_the_picture(run):
    wild = replace(run.null, r2=(-1e9, -np.inf, 0.01))
    low, _ = figures.null(replace(run, null=wild)).axes[0].get_xlim()
    assert low > -2


def test_no_null_control_is_said(run):
    with pytest.raises(ValueError, match="no null control"):
        figures.null(replace(run, null=None))


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 17), st.integers(1, 4), st.booleans())
def test_boxes_of_a_network_never_cover_one_another(inputs, sums, named):
    t = np.linspace(0, 1, 5)
    left = [PictureNode(id=f"x{i}", kind="input", label="x", layer=0) for i in range(inputs)]
    right = [PictureNode(id=f"s{j}", kind="sum", label="", layer=1) for j in range(sums)]
    edges = [
        PictureEdge(source=a.id, target=b.id, curve=(t, t), name="id" if named else "")
        for a in left
        for b in right
    ]
    layout = picture.arrange(NetworkPicture(nodes=(*left, *right), edges=tuple(edges)))
    boxes = list(layout.boxes.values())
    wide, high = picture.BOX_WIDTH, layout.box_height
    assert len(boxes) == len(edges)
    assert high >= 0.2
    for k, (x, y) in enumerate(boxes):
        assert wide / 2 <= x <= layout.width - wide / 2
        assert high / 2 <= y + 1e-9
        assert y <= layout.height - high / 2 - named * picture.NAME + 1e-9
        for u, v in boxes[:k]:
            assert abs(x - u) >= wide or abs(y - v) >= high, (inputs, sums)


def test_nodes_change_places_so_that_wires_do_not_cross():
    nodes = [PictureNode(id=f"x{i}", kind="input", label="", layer=0) for i in range(4)]
    nodes += [PictureNode(id=f"s{i}", kind="sum", label="", layer=1) for i in range(2)]
    nodes += [PictureNode(id="y", kind="product", label="", layer=2)]
    pairs = [(f"x{i}", f"s{i % 2}") for i in range(4)] + [("s0", "y"), ("s1", "y")]
    edges = tuple(PictureEdge(source=a, target=b) for a, b in pairs)
    at = picture.arrange(NetworkPicture(nodes=tuple(nodes), edges=edges)).nodes
    for a, b in pairs[:4]:
        for c, d in pairs[:4]:
            assert (at[a][1] - at[c][1]) * (at[b][1] - at[d][1]) >= 0


def toy_graph(second: str) -> nx.DiGraph:
    """Two factors of a product: a curve of `a`, and one of `second`."""
    curve = Affine(atom=LIBRARY["sin"], a=2.0)
    graph = nx.DiGraph()
    for name in {"volume", second}:
        graph.add_node(f"x:{name}", kind="input", layer=0, label=name)
    for factor, name in (("1.0", "volume"), ("1.1", second)):
        graph.add_node(factor, kind="sum", layer=1, label="+")
        graph.add_edge(f"x:{name}", factor, function=curve)
    graph.add_node("1.p0", kind="product", layer=2, label="×")
    graph.add_edges_from([("1.0", "1.p0"), ("1.1", "1.p0")], function=Line())
    graph.add_node("y", kind="sum", layer=4, label="y")
    graph.add_edge("1.p0", "y", function=Line(slope=2.0))
    return graph


def test_bookkeeping_is_left_out_of_the_picture(data):
    shown = figures.drawn(toy_graph("cusp_volume"), data)
    kinds = {node.id: node.kind for node in shown.nodes}
    assert kinds == {"x:volume": "input", "x:cusp_volume": "input", "1.p0": "product"}
    assert [node.label for node in shown.nodes if node.id == "1.p0"] == [r"$\sigma$"]
    assert all(edge.curve is not None and edge.target == "1.p0" for edge in shown.edges)
    assert {edge.name for edge in shown.edges} == {r"$\sin(x)$"}


def test_two_curves_of_one_column_keep_their_nodes(data):
    shown = figures.drawn(toy_graph("volume"), data)
    pairs = [(edge.source, edge.target) for edge in shown.edges]
    assert len(pairs) == len(set(pairs)) == 4


def test_what_leads_to_a_faint_edge_is_faint(data):
    graph = nx.DiGraph()
    for name in ("volume", "cusp_volume"):
        graph.add_node(f"x:{name}", kind="input", layer=0, label=name)
    for node, column in (("1.0", "volume"), ("1.1", "cusp_volume")):
        graph.add_node(node, kind="sum", layer=1, label="+")
        graph.add_edge(f"x:{column}", node, function=Affine(atom=LIBRARY["x"]))
    graph.add_node("y", kind="sum", layer=3, label="y")
    graph.add_edge("1.0", "y", function=Affine(atom=LIBRARY["x"], c=10.0))
    graph.add_edge("1.1", "y", function=Affine(atom=LIBRARY["x"], c=0.1))
    scales = {(e.source, e.target): e.scale for e in figures.drawn(graph, data).edges}
    assert scales["x:volume", "1.0"] == scales["1.0", "y"] == 1
    assert scales["x:cusp_volume", "1.1"] == scales["1.1", "y"] < 0.05


# --- Films ---------------------------------------------------------------------------------------


def frames(data, cuts=(0, 2)):
    """Some moments of a network that loses edges, then one of another shape."""
    whole = fake_run.network(4)
    out = [figures.Frame(picture=replace(whole, edges=whole.edges[n:])) for n in cuts]
    return [*out, figures.Frame(picture=figures.drawn(toy_graph("cusp_volume"), data))]


def test_a_gif_shows_every_frame_and_rests_on_the_last(data):
    with Image.open(io.BytesIO(figures.filmed(frames(data), "gif"))) as shown:
        assert shown.format == "GIF"
        # Equal pictures in a row become one that stays longer.
        durations = []
        for n in range(shown.n_frames):
            shown.seek(n)
            durations.append(shown.info["duration"])
    assert len(durations) >= 3
    assert sum(durations[2:]) > 3 * durations[0]


def test_parts_keep_their_places_in_a_chapter(data):
    first, second, other = frames(data)
    chapters = filming._chapters([first, second, other])
    assert [len(chapter) for chapter in chapters] == [2, 1]
    whole = filming._whole(chapters[0])
    assert {(e.source, e.target) for e in whole.edges} == {
        (e.source, e.target) for e in first.picture.edges
    }


def test_a_camera_takes_what_is_shown_and_nothing_else(data):
    camera = figures.Camera(dataset=data)
    camera(Event(stage="train", done=0, total=2))
    assert camera.frames == []
    camera(Event(stage="train", done=1, total=2, error=0.1234, graph=lambda: toy_graph("volume")))
    assert [frame.caption for frame in camera.frames] == ["train   error 0.123"]


def test_a_film_needs_a_frame_and_an_mp4_needs_ffmpeg(data, monkeypatch):
    with pytest.raises(ValueError, match="at least one"):
        figures.film([])
    monkeypatch.setenv("PATH", "")
    with pytest.raises(InputError, match="no program ffmpeg"):
        figures.filmed(frames(data), "mp4")


def test_seventeen_inputs_fit():
    figure = figures.network(fake_run.network(17))
    width, height = figure.get_size_inches()
    assert width < 7.5
    assert height < 7.5
