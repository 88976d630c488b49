"""What a dashboard is made of, and its JSON as Grafana imports it (schema version 39, Grafana 10 and newer).

    Dashboard ─► variables (DS_PROMETHEUS first), links
        └─ Row ─► Panel ─► queries, unit, where a series leads to

Panels are laid out in reading order, 24 columns wide.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

SCHEMA_VERSION: Final = 39
COLUMNS: Final = 24
DATASOURCE: Final = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}

Unit = Literal["short", "s", "bytes", "percentunit", "reqps", "cps", "none", "dateTimeFromNow"]


@dataclass(frozen=True)
class Query:
    """PromQL, and what a series is called: `{{label}}`."""

    expr: str
    legend: str


@dataclass(frozen=True)
class Panel:
    """One picture. `worst`: from this value on it is red. `leads_to`: path of a dashboard that a series opens."""

    title: str
    queries: tuple[Query, ...]
    unit: Unit
    meaning: str
    kind: Literal["timeseries", "stat"] = "timeseries"
    columns: int = 8
    lines: int = 8
    worst: float | None = None
    leads_to: str | None = None
    stacked: bool = False
    may_be_negative: bool = False


@dataclass(frozen=True)
class Row:
    """Panels under one heading."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """A choice at the top: values of a label of a series, by a pattern's first group if there is one."""

    name: str
    label: str
    series: str
    values_of: str
    pattern: str = ""
    several: bool = False


@dataclass(frozen=True)
class Dashboard:
    """One page."""

    uid: str
    title: str
    meaning: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()


def panel(title: str, unit: Unit, meaning: str, *queries: tuple[str, str], **options: Any) -> Panel:
    """A panel whose queries are pairs of PromQL and legend."""
    return Panel(title, tuple(Query(*query) for query in queries), unit, meaning, **options)


def to_json(dashboard: Dashboard, all_of_them: Sequence[Dashboard]) -> dict[str, Any]:
    """A dashboard as Grafana imports it, with links to the others."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.meaning,
        "tags": ["border"],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "timezone": "utc",
        "time": {"from": "now-1h", "to": "now"},
        "annotations": {"list": [_alerts()]},
        "links": [_link(other) for other in all_of_them if other is not dashboard],
        "templating": {"list": [_datasource(), *(_variable(one) for one in dashboard.variables)]},
        "panels": list(_panels(dashboard.rows)),
    }


def _panels(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    number, top = 1, 0
    for row in rows:
        yield {"id": number, "type": "row", "title": row.title, "collapsed": False, "panels": []} | _at(0, top, 24, 1)
        number, top, left, tallest = number + 1, top + 1, 0, 0
        for one in row.panels:
            if left + one.columns > COLUMNS:
                top, left, tallest = top + tallest, 0, 0
            yield _panel(one, number) | _at(left, top, one.columns, one.lines)
            number, left, tallest = number + 1, left + one.columns, max(tallest, one.lines)
        top += tallest


def _at(left: int, top: int, columns: int, lines: int) -> dict[str, Any]:
    return {"gridPos": {"x": left, "y": top, "w": columns, "h": lines}}


def _panel(one: Panel, number: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": one.kind,
        "title": one.title,
        "description": one.meaning,
        "datasource": DATASOURCE,
        "targets": [
            {"refId": chr(ord("A") + n), "datasource": DATASOURCE, "expr": query.expr, "legendFormat": query.legend}
            for n, query in enumerate(one.queries)
        ],
        "fieldConfig": {"defaults": _defaults(one), "overrides": []},
        "options": _options(one),
    }


def _defaults(one: Panel) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    if one.worst is not None:
        steps.append({"color": "red", "value": one.worst})
    defaults: dict[str, Any] = {"unit": one.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if one.unit != "dateTimeFromNow" and not one.may_be_negative:
        defaults["min"] = 0
    if one.kind == "timeseries":
        custom: dict[str, Any] = {"fillOpacity": 10, "showPoints": "never", "spanNulls": False}
        if one.stacked:
            custom |= {"stacking": {"mode": "normal", "group": "A"}, "fillOpacity": 40}
        if one.worst is not None:
            custom["thresholdsStyle"] = {"mode": "line"}
        defaults["custom"] = custom
    if one.leads_to is not None:
        defaults["links"] = [{"title": "Look closer", "url": one.leads_to}]
    return defaults


def _options(one: Panel) -> dict[str, Any]:
    if one.kind == "stat":
        reduction: dict[str, Any] = {"calcs": ["lastNotNull"], "fields": "", "values": False}
        return {"reduceOptions": reduction, "colorMode": "background", "graphMode": "area", "textMode": "auto"}
    return {
        "legend": {"displayMode": "table", "placement": "bottom", "calcs": ["lastNotNull", "max"]},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _datasource() -> dict[str, Any]:
    return {"name": "DS_PROMETHEUS", "label": "Prometheus", "type": "datasource", "query": "prometheus", "hide": 0}


def _variable(one: Variable) -> dict[str, Any]:
    return {
        "name": one.name,
        "label": one.label,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": f"label_values({one.series}, {one.values_of})", "refId": one.name},
        "regex": one.pattern and f"/{one.pattern}/",
        "refresh": 2,  # when the range of time changes
        "sort": 1,
        "multi": one.several,
        "includeAll": one.several,
        "current": {"text": ["All"], "value": ["$__all"]} if one.several else {},
    }


def _link(other: Dashboard) -> dict[str, Any]:
    return {
        "type": "link",
        "title": other.title,
        "url": f"/d/{other.uid}",
        "icon": "dashboard",
        "includeVars": True,
        "keepTime": True,
    }


def _alerts() -> dict[str, Any]:
    """Alerts as marks on every picture."""
    return {
        "name": "Alerts",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": 'ALERTS{alertstate="firing",alertname!="DeadMansSwitch"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{stage}}{{site}}{{port}}",
        "step": "30s",
    }
