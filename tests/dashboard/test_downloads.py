"""CSV downloads below charts and tables."""

import csv
import io
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard import charts, downloads


def parsed(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode())))


def test_a_cell_that_a_spreadsheet_would_compute_is_disarmed() -> None:
    rows: list[dict[str, Any]] = [{"class": "=1+2", "n": 3}, {"class": 'a "b", c', "error": 0.25}, {"class": "-1"}]
    assert parsed(downloads.csv_bytes(rows)) == [
        ["class", "n", "error"], ["'=1+2", "3", ""], ['a "b", c', "", "0.25"], ["-1", "", ""]
    ]  # fmt: skip
    assert parsed(downloads.csv_bytes([{"@cmd": 1}])) == [["'@cmd"], ["1"]]


def test_a_chart_gives_every_point_that_it_draws() -> None:
    metrics = [
        {"epoch": n, "labeled_loss": 1 / n, "val_loss": 2 / n, "loss": 1 / n, "unlabeled_loss": 0.0} for n in (1, 2)
    ]
    assert downloads.chart_rows(charts.loss_curves(metrics)) == [
        {"series": "labeled", "epoch": 1, "loss": 1.0},
        {"series": "labeled", "epoch": 2, "loss": 0.5},
        {"series": "val", "epoch": 1, "loss": 2.0},
        {"series": "val", "epoch": 2, "loss": 1.0},
    ]  # a loss that is zero throughout is not drawn


def test_intervals_are_the_ends_and_not_the_lengths_of_the_bars() -> None:
    figure = go.Figure(layout={"xaxis": {"title": "class"}, "yaxis": {"title": "accuracy"}})
    figure.add_scatter(
        x=["a"], y=np.array([0.5]), name="run", error_y={"array": [0.2], "arrayminus": [0.1], "symmetric": False}
    )
    figure.add_scatter(x=["a"], y=["b"], mode="text", text=["7"])
    figure.add_scatter(x=["a"], y=["b"], mode="markers", marker={"opacity": 0})
    (row,) = downloads.chart_rows(figure)
    assert row == {"series": "run", "class": "a", "accuracy": 0.5, "low": 0.4, "high": 0.7}


def test_a_heatmap_has_a_row_for_each_cell() -> None:
    figure = go.Figure(layout={"xaxis": {"title": "predicted"}, "yaxis": {"title": "true"}})
    figure.add_heatmap(x=["a", "b"], y=["a", "b"], z=[[0.9, 0.1], [0.2, 0.8]])
    assert downloads.chart_rows(figure)[1] == {"true": "a", "predicted": "b", "share": 0.1}
