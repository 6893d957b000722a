"""The figures as Prometheus reads them."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from operations.figures import Reading

__all__ = ["CONTENT_TYPE_LATEST", "exposed"]


class _Given(Collector):
    def __init__(self, readings: Iterable[Reading]) -> None:
        self.readings = list(readings)

    def collect(self) -> Iterable[Metric]:
        families: dict[str, GaugeMetricFamily] = {}
        for reading in self.readings:
            figure = reading.figure
            labels = [figure.label] if figure.label else []
            family = families.setdefault(
                figure.name, GaugeMetricFamily(figure.metric, figure.says, labels=labels)
            )
            family.add_metric([reading.of] if figure.label else [], reading.value)
        return families.values()


def exposed(readings: Iterable[Reading]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Given(readings))
    return bytes(generate_latest(registry))
