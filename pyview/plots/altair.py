"""Charts of Altair: each data set is a part, the specification is one."""

from typing import Any

from pyview.plots.figure import LAYOUT, Spec, comes_from
from pyview.plots.json import json_of


class AltairCharts:
    """`altair.Chart`, and all that is composed of charts."""

    name = "altair"

    def made(self, figure: Any) -> bool:
        return comes_from(figure, "altair") and hasattr(figure, "to_dict")

    def spec(self, figure: Any) -> Spec:
        spec: dict[str, Any] = figure.to_dict()
        datasets: dict[str, Any] = spec.pop("datasets", {})
        own = spec.get("data")
        if isinstance(own, dict) and isinstance(own.get("values"), list):
            datasets["data-of-the-chart"] = own.pop("values")
            own["name"] = "data-of-the-chart"
        text, parts = json_of(spec), {}
        for i, (name, rows) in enumerate(datasets.items()):
            # Altair's names change with the data. With stable names, new data does not change the specification.
            text = text.replace(json_of(name), json_of(f"data-{i}"))
            parts[f"data-{i}"] = json_of(rows)
        return Spec({LAYOUT: text, **parts})

    def may_have_changed(self, figure: Any) -> bool:
        # The methods of a chart return new charts, and to look at one takes tens of milliseconds.
        return False
