"""Metrics of one process, in Prometheus' terms. Other modules define theirs on the same `REGISTRY`.

With several processes behind one metrics address, each writes its values into files of a shared folder
(`PROMETHEUS_MULTIPROC_DIR`, set before this module is first imported) and the parent adds them up.
"""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

REGISTRY = CollectorRegistry(auto_describe=True)
"""Every metric of the service. Gauges need a `multiprocess_mode`, usually `livesum`."""

LATENCY_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

RPC_CALLS = Counter(
    "payments_rpc_calls",
    "Calls answered, by method, canonical code and reason (empty for OK).",
    ("method", "code", "reason"),
    registry=REGISTRY,
)
RPC_DURATION = Histogram(
    "payments_rpc_duration_seconds",
    "Time from the first step of a call to its reply.",
    ("method",),
    buckets=LATENCY_BUCKETS_SECONDS,
    registry=REGISTRY,
)
RPC_IN_FLIGHT = Gauge(
    "payments_rpc_in_flight",
    "Calls in progress, sampled every second.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
RPC_REFUSED = Counter(
    "payments_rpc_refused",
    "Calls turned away before any work: by load shedding, the rate limit, authentication or authorisation.",
    ("reason",),
    registry=REGISTRY,
)
SERVING = Gauge(
    "payments_serving",
    "Processes whose health is SERVING.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
