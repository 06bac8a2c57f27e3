"""Holds: a report is one sound, safe, self-contained page that says what its record says."""

from __future__ import annotations

import base64
import re
from collections import Counter
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot, rcParams
from PIL import Image
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_fscore_support,
    r2_score,
    roc_auc_score,
)

from pellucid.errors import ArgumentError, DataError, LabelError, PellucidError, ShapeError
from pellucid.report import Report, render_report, write_report

VOID = {"meta", "img", "br", "hr", "link", "input"}


class Page(HTMLParser):
    """Reads a page as a browser would: every tag closed, texts by tag, tables as rows."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.tables: list[list[list[str]]] = []
        self.feed(html)
        self.close()
        assert self.open == [], f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in {"td", "th"}:
            self.tables[-1][-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open:
            return
        self.texts.append((self.open[-1], data))
        if self.open[-1] in {"td", "th"}:
            self.tables[-1][-1][-1] += data

    def all(self, tag: str) -> list[str]:
        return [text for where, text in self.texts if where == tag]

    def table(self, first: str) -> list[list[str]]:
        """The rows below the head whose first cell is `first`."""
        (found,) = [rows[1:] for rows in self.tables if rows[0][0] == first]
        return found

    def images(self) -> list[dict[str, str]]:
        return [attributes for tag, attributes in self.tags if tag == "img"]


@pytest.fixture(params=["digits", "flowers", "diabetes"])
def any_report(request: pytest.FixtureRequest) -> Report:
    report: Report = request.getfixturevalue(request.param)
    return report


@cache
def rendered(report: Report) -> str:
    return render_report(report)


# --- The page ---------------------------------------------------------------------------------


def test_nothing_is_fetched_and_nothing_runs(any_report: Report) -> None:
    html = rendered(any_report)
    page = Page(html)
    assert not re.search(r"https?:|//[a-z]|@import|javascript:", html)
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", html))
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "iframe", "object", "form", "base"}
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("src", "data:image/png;base64,").startswith("data:image/png;base64,")
        assert attributes.get("href", "#").startswith(("#", "data:"))


def test_it_can_be_read_aloud(any_report: Report) -> None:
    page = Page(rendered(any_report))
    assert ("html", {"lang": "en"}) in page.tags
    assert all(attributes["alt"] for attributes in page.images())
    counts = Counter(tag for tag, _ in page.tags)
    assert counts["h1"] == counts["main"] == 1
    assert counts["caption"] == counts["table"] > 0
    pictures = [attributes for tag, attributes in page.tags if tag == "svg"]
    assert all(p["role"] == "img" and p["aria-label"] for p in pictures)
    assert all("scope" in attributes for tag, attributes in page.tags if tag == "th")


def test_no_id_occurs_twice(any_report: Report) -> None:
    page = Page(rendered(any_report))
    ids = Counter(attributes["id"] for _, attributes in page.tags if "id" in attributes)
    assert not [name for name, count in ids.items() if count > 1]


def test_it_has_a_dark_side_and_a_print_side_in_the_pages_colours(digits: Report) -> None:
    html = rendered(digits)
    assert "prefers-color-scheme: dark" in html
    assert "@media print" in html
    drawn = html[html.index("<svg") : html.rindex("</svg>")]
    assert "var(--accent)" in drawn
    assert not re.search(r"#[0-9a-f]{6}\b", drawn)


def test_it_is_small_quick_and_the_same_each_time(digits: Report) -> None:
    html = rendered(digits)
    assert len(html) < 200_000
    assert html == render_report(digits)


def test_long_trainings_stay_small(digits: Report) -> None:
    noise = np.random.default_rng(0).random(20_000)
    html = render_report(replace(digits, history={"loss": noise, "val_loss": noise + 1}))
    assert len(html) < 500_000
    Page(html)


def test_it_opens_no_figure_and_keeps_the_settings(any_report: Report) -> None:
    before = dict(rcParams)
    render_report(any_report)
    assert pyplot.get_fignums() == []
    assert dict(rcParams) == before


def test_it_is_written_as_utf8(tmp_path: Path, digits: Report) -> None:
    write_report(tmp_path / "report.html", replace(digits, history={}, title="Ziffern – 数字"))
    text = (tmp_path / "report.html").read_bytes().decode("utf-8")
    assert Page(text).all("h1") == ["Ziffern – 数字"]


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title></main>",
    "&lt;b&gt; &amp; &#60;",
    "$\\frac{$",
    "_hidden",
]


def full_of(word: str) -> Page:
    """A report with `word` wherever a user's words can stand."""
    report = Report(
        title=word,
        task="classification",
        train={word: 1.0},
        data={word: word},
        notes=[word],
        network=[(word, word, 3)],
        history={word: [1.0, 2.0]},
        settings={word: word},
        command=word,
        script=word,
        truth=[0, 1, 1],
        predicted=[0, 1, 0],
        names=[word, "other"],
        inputs=[["a", word], ["b", word], ["c", word]],
        features=[word, "f"],
    )
    return Page(render_report(report))


def structure(page: Page) -> list[tuple[str, list[str]]]:
    return [(tag, sorted(attributes)) for tag, attributes in page.tags if tag != "use"]


@pytest.mark.parametrize("word", HOSTILE)
def test_hostile_words_are_only_words(word: str) -> None:
    page = full_of(word)
    assert structure(page) == structure(full_of("harmless"))
    assert "".join(page.all("h1")) == word
    assert page.table("class")[0][0] == word
    assert page.table("row") == [["2", "other", word, "c", word]]
    assert "".join(page.all("code")) == word * 2
    assert "".join(page.all("li")) == word
    assert word in page.all("text")


def test_signs_that_html_cannot_hold_are_replaced(tmp_path: Path) -> None:
    report = Report(title="a\0b\ud800c\x1b", task="regression", truth=[1, 2], predicted=[1, 2])
    write_report(tmp_path / "r.html", report)
    title = "".join(Page((tmp_path / "r.html").read_text("utf-8")).all("h1"))
    assert title == "a\ufffdb?c\ufffd"


# --- Classification ---------------------------------------------------------------------------


def test_the_headline_is_the_accuracy_of_the_test_part(digits: Report) -> None:
    page = Page(rendered(digits))
    right = int((digits.truth == digits.predicted).sum())
    assert page.all("strong") == [f"{100 * right / 540:.1f} %"]
    said = f"{right} of 540 right, {540 - right} wrong. "
    assert any(text.startswith(said) for text in page.all("p"))


def test_loss_and_metrics_stand_side_by_side(digits: Report) -> None:
    rows = Page(rendered(digits)).table("")
    assert rows[0] == ["loss", "0.1", "0.2"]
    assert rows[2] == ["f1", "–", "0.5"]


def test_the_confusion_matrix_holds_the_shares(digits: Report) -> None:
    rows = Page(rendered(digits)).table("true \\ predicted")
    shares = confusion_matrix(digits.truth, digits.predicted, normalize="true")
    assert [row[0] for row in rows] == list("0123456789")
    assert [[float(cell) for cell in row[1:]] for row in rows] == shares.round(2).tolist()


def test_the_confusion_matrix_holds_the_counts(digits: Report) -> None:
    page = Page(rendered(digits))
    counts = confusion_matrix(digits.truth, digits.predicted)
    assert [int(text) for text in page.all("small")] == counts[counts > 0].tolist()


def labels_of(page: Page) -> list[str]:
    """What is read aloud instead of the pictures."""
    return [attributes["aria-label"] for tag, attributes in page.tags if tag == "svg"]


def test_probabilities_are_calibrated_and_told_apart(digits: Report) -> None:
    page = Page(rendered(digits))
    *_, sure, told = labels_of(page)
    assert "Probabilities" in page.all("h2")
    assert sure.startswith("Calibration: how often answers were right over how sure they were")
    assert told.startswith("ROC: true over false positives")
    assert "the 5 hardest of 10" in told
    assert sure in page.all("figcaption")


def test_rare_classes_are_shown_by_precision_and_recall() -> None:
    generator = np.random.default_rng(0)
    truth = np.repeat([0, 1], [90, 10])
    sure = np.clip(truth * 0.4 + generator.random(100) * 0.6, 0, 1)
    report = Report(
        title="t", task="classification", truth=truth, predicted=sure > 0.5, probabilities=sure,
        names=["honest", "fraud"],
    )  # fmt: skip
    *_, told = labels_of(Page(render_report(report)))
    assert told.startswith("Precision over recall")
    assert f"fraud  {average_precision_score(truth, sure):.3f}" in told


def test_one_class_alone_has_no_curves() -> None:
    report = Report(
        title="t", task="classification", truth=[1, 1], predicted=[1, 0], probabilities=[0.9, 0.4],
        names=["a", "b"],
    )  # fmt: skip
    assert "Probabilities" not in Page(render_report(report)).all("h2")


def test_each_class_has_its_scores(digits: Report) -> None:
    rows = Page(rendered(digits)).table("class")
    scores = [*precision_recall_fscore_support(digits.truth, digits.predicted)]
    table = np.asarray(digits.probabilities)
    areas = [roc_auc_score(np.asarray(digits.truth) == k, table[:, k]) for k in range(10)]
    scores.insert(3, np.array(areas))
    assert [[float(cell) for cell in row[1:]] for row in rows] == np.round(scores, 3).T.tolist()


def test_many_classes_are_listed_by_their_commonest_mistakes() -> None:
    truth = np.repeat(np.arange(40), 3)
    predicted = truth.copy()
    predicted[[0, 1, 6]] = [7, 7, 9]
    page = Page(
        render_report(Report(title="t", task="classification", truth=truth, predicted=predicted))
    )
    assert page.table("true") == [["0", "7", "2"], ["2", "9", "1"]]


def test_samples_and_mistakes_are_the_test_images(digits: Report) -> None:
    images = Page(rendered(digits)).images()
    wrong = np.flatnonzero(digits.truth != digits.predicted)
    sure = np.asarray(digits.probabilities)[wrong, np.asarray(digits.predicted)[wrong]]
    surest = wrong[np.argmax(sure)]
    assert images[0]["alt"] == f"test image 0: {digits.truth[0]}"
    true, said = digits.truth[surest], digits.predicted[surest]
    assert images[18]["alt"] == f"test image {surest}: {true}, taken for {said}"
    assert len(images) == 18 + 27
    for place, k in ((0, 0), (18, surest)):
        file = base64.b64decode(images[place]["src"].partition(",")[2])
        pixels = np.asarray(Image.open(BytesIO(file)))
        ink = 255 * (1 - digits.inputs[k].reshape(8, 8) / 16)
        assert pixels.tolist() == np.round(ink).tolist()


def test_colour_images_keep_their_colours(digits: Report) -> None:
    pixels = np.arange(2 * 27, dtype=np.uint8).reshape(2, 27)
    report = replace(
        digits,
        truth=[0, 1],
        predicted=[0, 0],
        probabilities=None,
        inputs=pixels,
        image_shape=(3, 3, 3),
        history={},
    )
    (first, *_) = Page(render_report(report)).images()
    file = base64.b64decode(first["src"].partition(",")[2])
    channels_last = np.moveaxis(pixels[0].reshape(3, 3, 3), 0, -1)
    assert np.asarray(Image.open(BytesIO(file))).tolist() == channels_last.tolist()


def test_rows_gone_wrong_show_their_features(flowers: Report) -> None:
    page = Page(rendered(flowers))
    wrong = {str(k) for k in np.flatnonzero(flowers.truth != flowers.predicted)}
    rows = page.table("row")
    assert {row[0] for row in rows} == wrong != set()
    for row in rows:
        k = int(row[0])
        assert row[1:3] == [flowers.truth[k], flowers.predicted[k]]
        assert [float(cell) for cell in row[4:]] == flowers.inputs[k].tolist()
    sure = [float(row[3].removesuffix(" %")) for row in rows]
    assert sure == sorted(sure, reverse=True)


def test_only_the_first_of_many_features_are_shown(digits: Report) -> None:
    page = Page(render_report(replace(digits, history={}, image_shape=None)))
    assert len(page.table("row")[0]) == 4 + 6
    assert any("the first 6 features are shown" in text for text in page.all("caption"))


def test_a_perfect_network_has_no_mistakes(digits: Report) -> None:
    page = Page(render_report(replace(digits, history={}, predicted=digits.truth)))
    assert "None: all 540 test images are right." in page.all("p")
    assert len(page.images()) == 18


def test_one_probability_is_that_of_class_one() -> None:
    report = Report(
        title="t", task="classification", truth=[0, 1], predicted=[1, 0], probabilities=[0.9, 0.4]
    )
    rows = Page(render_report(report)).table("row")
    assert [row[:4] for row in rows] == [["0", "0", "1", "90 %"], ["1", "1", "0", "60 %"]]


# --- Regression and what both have ------------------------------------------------------------


def test_a_regression_is_headed_by_r2(diabetes: Report) -> None:
    page = Page(rendered(diabetes))
    assert page.all("strong") == [f"{r2_score(diabetes.truth, diabetes.predicted):.3f}"]
    error = abs(np.asarray(diabetes.truth) - diabetes.predicted)
    assert [int(row[0]) for row in page.table("row")] == np.argsort(-error)[:10].tolist()
    assert "Predicted and true" in page.all("h2")


def test_a_constant_truth_is_headed_by_its_error() -> None:
    report = Report(title="t", task="regression", truth=[2, 2], predicted=[1, 2])
    page = Page(render_report(report))
    assert page.all("strong") == ["0.5"]
    assert not [row for table in page.tables for row in table if row[0] == "R²"]


def test_errors_are_told_in_the_targets_unit(diabetes: Report) -> None:
    page = Page(render_report(replace(diabetes, target="progress")))
    assert "In the unit of progress, on the test part" in page.all("caption")
    truth, predicted = np.asarray(diabetes.truth), np.asarray(diabetes.predicted)
    scores = {row[0]: row[1:] for table in page.tables for row in table if len(row) == 3}
    always = abs(truth - np.median(truth))
    assert scores["mean absolute error"] == [
        f"{abs(truth - predicted).mean():.4g}", f"{always.mean():.4g}",
    ]  # fmt: skip
    assert scores["largest error"][0] == f"{abs(truth - predicted).max():.4g}"
    assert scores["R²"][0] == f"{r2_score(truth, predicted):.3f}"


def test_the_features_over_which_the_error_differs_most_are_drawn() -> None:
    generator = np.random.default_rng(0)
    side, noise = generator.choice(["left", "right"], 200), generator.random(200)
    truth = generator.normal(size=200)
    table = np.array([[x, s, None if k % 9 == 0 else x * x] for k, (x, s) in
                      enumerate(zip(noise, side, strict=True))], object)  # fmt: skip
    report = Report(
        title="t", task="regression", truth=truth, predicted=truth + 5 * (side == "left"),
        inputs=table, features=["noise", "side", "square"],
    )  # fmt: skip
    page = Page(render_report(report))
    drawn = [label for label in labels_of(page) if label.startswith("The size of the error")]
    assert drawn[0].startswith("The size of the error over side; 100 % of its variance")
    assert len(drawn) == 3
    assert {"left", "right"} <= set(page.all("text"))


def test_a_perfect_regression_has_no_error_by_feature(diabetes: Report) -> None:
    page = Page(render_report(replace(diabetes, predicted=diabetes.truth, history={})))
    assert "Error by feature" not in page.all("h2")


def test_the_curves_say_their_numbers_and_mark_the_best_epoch(digits: Report) -> None:
    page = Page(render_report(replace(digits, best=2)))
    assert labels_of(page)[:2] == [
        "3 epochs: loss from 2 to 0.5, val_loss from 2 to 0.7",
        "3 epochs: accuracy from 0.5 to 0.9",
    ]
    assert "1 at epoch 2" in page.all("text")


def test_the_curves_have_a_twin_in_numbers(digits: Report) -> None:
    page = Page(rendered(digits))
    assert page.all("summary") == ["The same as a table"]
    assert page.table("epoch") == [
        ["1", "2", "2", "0.5"],
        ["2", "1", "1", "0.7"],
        ["3 (best)", "0.5", "0.7", "0.9"],
    ]


def test_the_table_of_a_long_training_is_thinned_out_and_keeps_the_best(digits: Report) -> None:
    loss = abs(np.arange(1000) - 123.0)
    page = Page(render_report(replace(digits, history={"loss": loss})))
    rows = page.table("epoch")
    assert len(rows) == 21
    assert ["124 (best)", "0"] in rows
    assert (rows[0][0], rows[-1][0]) == ("1", "1000")


def test_network_data_settings_and_commands_are_there(digits: Report) -> None:
    page = Page(rendered(digits))
    assert page.table("layer")[-1] == ["total", "", "9,610"]
    cells = [row for table in page.tables for row in table]
    assert ["seed", "12345"] in cells
    assert ["steps", "12,345"] in cells
    assert ["early stopping", "yes"] in cells
    assert ["rows", "1,797"] in cells
    assert page.all("code") == [digits.command, digits.script]


def test_what_is_not_known_is_left_out() -> None:
    page = Page(render_report(Report(title="t", task="regression", truth=[1, 2], predicted=[1, 3])))
    assert page.all("h2") == ["Predicted and true", "Errors", "Largest errors"]


@pytest.mark.parametrize(
    ("change", "error", "text"),
    [
        ({"task": "ranking"}, ArgumentError, '"classification" or "regression"'),
        ({"predicted": [0]}, ShapeError, "truth has 540, predicted has 1"),
        ({"truth": [], "predicted": []}, DataError, "truth is empty"),
        ({"names": ["a"]}, LabelError, "1 names"),
        ({"probabilities": np.zeros((540, 3))}, ShapeError, "(540, 10)"),
        ({"probabilities": [0.5]}, ShapeError, "probabilities has 1"),
        ({"image_shape": (7, 7)}, ShapeError, "(7, 7)"),
        ({"inputs": np.zeros((3, 64))}, ShapeError, "inputs has 3"),
        ({"image_shape": None, "features": ["a"]}, ShapeError, "1 names for 64 columns"),
        ({"best": 9}, ArgumentError, "1 to 3"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_mend(
    digits: Report, change: dict[str, Any], error: type[PellucidError], text: str
) -> None:
    with pytest.raises(error) as raised:
        render_report(replace(digits, **change))
    assert text in str(raised.value)
    assert raised.value.mend


def test_kernels_and_feature_maps_are_pictures_with_words(digits: Report) -> None:
    inner = replace(
        digits,
        kernels={"0 Conv2d": np.arange(18.0).reshape(2, 1, 3, 3) - 9},
        feature_maps={"0 Conv2d": np.ones((2, 6, 6)), "3 Linear": np.arange(10.0) - 4},
    )
    page = render_report(inner)
    heads = re.findall("<h2>(.*?)</h2>", page)
    assert heads.index("Kernels") + 1 == heads.index("Feature maps")
    assert 'alt="kernels of 0 Conv2d"' in page
    assert "2 filters, 3 × 3; darkest: 8.83 or more, −8.83 or less" in page
    assert re.findall('alt="feature maps of (.*?)"', page) == ["0 Conv2d", "3 Linear"]
    assert "2 × 6 × 6 maps, 1 to 1" in page
    assert "10 values, −4 to 5" in page
    assert "max-width: 140px" in page  # ten values are not blown up to the width of the page
    plain = render_report(digits)
    assert "Kernels" not in plain
    assert "Feature maps" not in plain
