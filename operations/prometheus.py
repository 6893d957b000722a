"""Alert rules and a dashboard, written from the list of figures so that neither can fall behind it."""

import json
from typing import Any

from operations.figures import GROUPS, Figure, Unit

# A figure that jumps over its line for a moment wakes nobody.
FOR = {"look": "10m", "alarm": "2m"}
UNITS = {Unit.COUNT: "short", Unit.SECONDS: "s", Unit.BYTES: "bytes"}


def rules() -> str:
    """deploy/prometheus/artemis.rules.yml"""
    lines = [
        "# Written by “manage.py write_docs” from operations/figures.py: change it there.",
        "groups:",
        "  - name: artemis",
        "    rules:",
    ]
    for group in GROUPS.values():
        for figure in group:
            for severity, value in (("look", figure.look), ("alarm", figure.alarm)):
                if value is not None:
                    lines += _rule(figure, severity, value)
    lines += [
        "      - alert: ArtemisNotMeasured",
        '        expr: up{job="artemis"} == 0',
        "        for: 5m",
        "        labels: {severity: alarm}",
        '        annotations: {summary: "Artemis does not answer /metrics"}',
    ]
    return "\n".join(lines) + "\n"


def _rule(figure: Figure, severity: str, value: float) -> list[str]:
    narrowed = figure.alarms_in if severity == "alarm" else ""
    of = f'{{{figure.label}="{narrowed}"}}' if narrowed else ""
    name = "".join(part.capitalize() for part in figure.name.split("_"))
    return [
        f"      - alert: Artemis{name}{'' if severity == 'look' else 'Alarm'}",
        f"        expr: {figure.metric}{of} >= {value:g}",
        f"        for: {FOR[severity]}",
        f"        labels: {{severity: {severity}}}",
        "        annotations:",
        f"          summary: {json.dumps(figure.says, ensure_ascii=False)}",
        f"          description: {json.dumps(figure.then, ensure_ascii=False)}",
    ]


def dashboard() -> str:
    """deploy/grafana/artemis.json"""
    panels: list[dict[str, Any]] = []
    place = 0
    for name, group in GROUPS.items():
        panels.append({"type": "row", "title": name, "gridPos": {"x": 0, "y": place, "w": 24, "h": 1}})
        place += 1
        for number, figure in enumerate(group):
            across = {"x": number % 3 * 8, "y": place + number // 3 * 7, "w": 8, "h": 7}
            panels.append(_panel(figure, across))
        place += (len(group) + 2) // 3 * 7
    for number, panel in enumerate(panels, start=1):
        panel["id"] = number
    content = {
        "title": "Artemis",
        "uid": "artemis",
        "description": "Written by “manage.py write_docs” from operations/figures.py: change it there.",
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus"}]},
        "panels": panels,
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _panel(figure: Figure, across: dict[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    lines = {"yellow": figure.look, "red": figure.alarm if not figure.alarms_in else None}
    steps += [{"color": color, "value": value} for color, value in lines.items() if value is not None]
    legend = f"{{{{{figure.label}}}}}" if figure.label else figure.says
    return {
        "type": "timeseries",
        "title": figure.says,
        "description": figure.then,
        "gridPos": across,
        "datasource": {"type": "prometheus", "uid": "${source}"},
        "targets": [{"refId": "A", "expr": figure.metric, "legendFormat": legend}],
        "fieldConfig": {
            "defaults": {
                "unit": UNITS[figure.unit],
                "min": 0,
                "thresholds": {"mode": "absolute", "steps": steps},
                "custom": {"thresholdsStyle": {"mode": "line" if len(steps) > 1 else "off"}},
            },
            "overrides": [],
        },
    }
