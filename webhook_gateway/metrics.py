"""The gateway's Prometheus metrics, in a registry per instance, so that several gateways can live in one process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, PlatformCollector, ProcessCollector

from webhook_gateway.tallies import TallyCounter, TallyHistogram

_ACK_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GROUP_BUCKETS = (1, 2, 4, 8, 16, 32, 64)
_LAG_BUCKETS_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0, 7200.0, 21_600.0, 86_400.0, 259_200.0)


class Metrics:
    """What is counted and timed. Label values come from our own tables only, never from a request.

    Attributes:
        registry: Everything below, for exposition.
        webhooks: Deliveries by endpoint and outcome.
        ack_seconds: From the request's headers to a 200, by endpoint.
        record_failures: Deliveries that were not confirmed to be durable, by gRPC status or reason.
        group_size: Events that were sent with one call.
        streams_failed: Streams to the service that ended with a group unanswered, which was then sent with a call.
        queue_depth: Deliveries that wait to be sent.
        queue_bytes: Bytes of those.
        event_age_seconds: From Stripe's creation of an event to its arrival here.
        signature_age_seconds: Our clock minus Stripe's at the last genuine signature: the skew of the clocks.
        secret_matches: Genuine signatures by endpoint and index of the secret: tells when an old one may go.
        unknown_types: Recorded events of a type that is in no category.
        misrouted: Recorded events that came to the other endpoint than their kind does.
        in_flight: Deliveries being worked on.
        connections_refused: Connections ended before there was a request, by reason.
        log_lines_lost: Log lines that standard output did not take.
        working_on: What `in_flight` shows. Plain numbers, here and below, cost a fraction of a gauge's own counting.
        signature_age_s: What `signature_age_seconds` shows.
    """

    def __init__(self) -> None:
        self.working_on = 0
        self.signature_age_s = 0
        self.registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.webhooks = TallyCounter(
            "gateway_webhooks", "Deliveries by outcome.", ("endpoint", "outcome"), self.registry
        )
        self.ack_seconds = TallyHistogram(
            "gateway_ack_seconds",
            "Time from a request to its 200.",
            ("endpoint",),
            self.registry,
            buckets=_ACK_BUCKETS_S,
        )
        self.record_failures = Counter(
            "gateway_record_failures", "Deliveries not confirmed, by gRPC status.", ("code",), registry=self.registry
        )
        self.group_size = Histogram(
            "gateway_group_size", "Events sent with one call.", buckets=_GROUP_BUCKETS, registry=self.registry
        )
        self.streams_failed = Counter(
            "gateway_streams_failed", "Streams that ended with a group unanswered.", registry=self.registry
        )
        self.queue_depth = Gauge("gateway_queue_depth", "Deliveries that wait to be sent.", registry=self.registry)
        self.queue_bytes = Gauge("gateway_queue_bytes", "Bytes that wait to be sent.", registry=self.registry)
        self.event_age_seconds = TallyHistogram(
            "gateway_event_age_seconds",
            "Time from Stripe's creation of an event to its arrival.",
            (),
            self.registry,
            buckets=_LAG_BUCKETS_S,
        ).labels()
        self.signature_age_seconds = Gauge(
            "gateway_signature_age_seconds", "Our clock minus Stripe's, as last signed.", registry=self.registry
        )
        self.signature_age_seconds.set_function(lambda: self.signature_age_s)
        self.secret_matches = TallyCounter(
            "gateway_secret_matches", "Genuine signatures by secret.", ("endpoint", "index"), self.registry
        )
        self.unknown_types = Counter(
            "gateway_unknown_types", "Recorded events of an unknown type.", registry=self.registry
        )
        self.misrouted = Counter(
            "gateway_misrouted",
            "Recorded events that came to the other endpoint.",
            ("endpoint",),
            registry=self.registry,
        )
        self.in_flight = Gauge("gateway_in_flight", "Deliveries being worked on.", registry=self.registry)
        self.in_flight.set_function(lambda: self.working_on)
        self.connections_refused = Counter(
            "gateway_connections_refused", "Connections ended before a request.", ("reason",), registry=self.registry
        )
        self.log_lines_lost = Counter(
            "gateway_log_lines_lost", "Log lines that standard output did not take.", registry=self.registry
        )
