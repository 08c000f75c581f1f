"""The alert rules that ship: each is about a metric that there is, and tells what to do."""

import re
from pathlib import Path

import pytest

from payments_service.observability import work_metrics
from payments_service.observability.metrics import REGISTRY
from webhook_gateway.metrics import Metrics

RULES = (Path(__file__).parents[4] / "docs" / "alerts.yml").read_text()
ALERTS = re.split(r"\n\s*- alert: ", RULES)[1:]


def metrics() -> set[str]:
    """The names of all series of the service's and the gateway's metrics."""
    families = [*REGISTRY.collect(), *Metrics().registry.collect()]
    names = {family.name: family.type for family in families}
    suffixes = {"counter": ("_total",), "histogram": ("_count", "_sum", "_bucket")}
    return {name + suffix for name, kind in names.items() for suffix in suffixes.get(kind, ("",))}


def test_the_rules_were_found() -> None:
    assert work_metrics.SUSPENSE_MINOR is not None
    assert [alert.split("\n", 1)[0] for alert in ALERTS][:3] == [
        "SuspenseNotEmpty",
        "UnforeseenBalanceTransaction",
        "ChargesUnsettled",
    ]


@pytest.mark.parametrize("alert", ALERTS, ids=[alert.split("\n", 1)[0] for alert in ALERTS])
def test_an_alert_is_about_metrics_that_there_are_and_tells_what_to_do(alert: str) -> None:
    named = set(re.findall(r"(?:payments|gateway)_[a-z_]+", alert.split("labels:", 1)[0]))

    assert named
    assert named <= metrics()
    for field in ("expr:", "severity:", "summary:", "action:"):
        assert field in alert
