"""What is counted of the work behind the calls: Stripe, operations, events, settlement."""

from prometheus_client import Counter, Gauge, Histogram

from payments_service.observability.metrics import REGISTRY

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)

STRIPE_CALL_SECONDS = Histogram(
    "payments_stripe_call_seconds",
    "Attempts of calls to Stripe by method, route and outcome.",
    ("method", "route", "outcome"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
OPERATIONS_TOTAL = Counter(
    "payments_operations_total",
    "Mutating calls to Stripe by kind and what came of them.",
    ("kind", "outcome"),
    registry=REGISTRY,
)
EVENTS_RECORDED_TOTAL = Counter(
    "payments_events_recorded_total",
    "Stripe events taken in, by outcome: new, duplicate, refused, failed.",
    ("outcome",),
    registry=REGISTRY,
)
EVENTS_REFUSED_TOTAL = Counter(
    "payments_events_refused_total",
    "Stripe events that are stored and must have no effect, by reason: other_mode, platform_with_account, "
    "connect_without_account. Each is a mistake in the set-up of the endpoints at Stripe.",
    ("reason",),
    registry=REGISTRY,
)
EVENT_GROUP_SIZE = Histogram(
    "payments_event_group_size",
    "Stripe events that were recorded with one commit.",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    registry=REGISTRY,
)
EVENTS_REPLAYED_TOTAL = Counter(
    "payments_events_replayed_total",
    "Stripe events that somebody had worked on once more.",
    registry=REGISTRY,
)
EVENTS_POLLED_TOTAL = Counter(
    "payments_events_polled_total",
    "Stripe events found by asking for what was not delivered, by outcome: new, duplicate, refused.",
    ("outcome",),
    registry=REGISTRY,
)
INBOX_PENDING = Gauge(
    "payments_inbox_pending",
    "Stripe events that have not had their effect yet.",
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
INBOX_OLDEST_SECONDS = Gauge(
    "payments_inbox_oldest_seconds",
    "Age of the oldest of them; 0 when there is none. Above 300, something is wrong.",
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
INBOX_DEAD = Gauge(
    "payments_inbox_dead",
    "Stripe events that failed for good and wait for a person. Above 0, see payments events list --state dead.",
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
REMOVED_TOTAL = Counter(
    "payments_removed_total",
    "What was removed because it was old: bodies, events, keys.",
    ("what",),
    registry=REGISTRY,
)
EVENTS_APPLIED_TOTAL = Counter(
    "payments_events_applied_total",
    "Stripe events worked on, by type and outcome: done, released (an outage), postponed, dead.",
    ("type", "outcome"),
    registry=REGISTRY,
)
EVENT_APPLY_SECONDS = Histogram(
    "payments_event_apply_seconds",
    "From the inbox taking an event in to its effect being committed.",
    buckets=_SECONDS,
    registry=REGISTRY,
)
SETTLED_TOTAL = Counter(
    "payments_settled_total",
    "Balance transactions booked, by Stripe's type and where the counter side went.",
    ("type", "counter"),
    registry=REGISTRY,
)
FOUND_LATE_TOTAL = Counter(
    "payments_settled_late_total",
    "Balance transactions that were booked only when their time was listed again.",
    registry=REGISTRY,
)
SUSPENSE_TOTAL = Counter(
    "payments_suspense_total",
    "Balance transactions that nothing foresaw, booked to suspense, by Stripe's type; unknown types as other.",
    ("type",),
    registry=REGISTRY,
)
PROVISIONAL_TOTAL = Counter(
    "payments_provisional_total",
    "Charges booked before Stripe had booked them, and what became of them: booked, settled, exchanged, failed.",
    ("outcome",),
    registry=REGISTRY,
)
SUSPENSE_MINOR = Gauge(
    "payments_suspense_minor",
    "What suspense accounts hold, without its sign, in minor units by currency: somebody must explain it.",
    ("currency",),
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
RECEIVABLE_MINOR = Gauge(
    "payments_receivable_minor",
    "What owners and connected accounts owe because a fact took more than there was, in minor units by currency.",
    ("currency",),
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
NEGATIVE_BALANCES_TOTAL = Counter(
    "payments_negative_balances_total",
    "Pages of balance transactions that left a connected account's Stripe balance below zero, by currency.",
    ("currency",),
    registry=REGISTRY,
)
UNSETTLED_OLDEST_SECONDS = Gauge(
    "payments_unsettled_oldest_seconds",
    "Age of the oldest charge that is booked provisionally and that Stripe has not booked; 0 when there is none.",
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
IN_TRANSIT_OLDEST_SECONDS = Gauge(
    "payments_in_transit_oldest_seconds",
    "Age of the platform's oldest payout that has neither arrived nor come back; 0 when there is none.",
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
WORKER_ROUNDS_TOTAL = Counter(
    "payments_worker_rounds_total",
    "Rounds of the workers by outcome: worked, idle, failed.",
    ("worker", "outcome"),
    registry=REGISTRY,
)
WORKER_LAST_SUCCESS = Gauge(
    "payments_worker_last_success_timestamp_seconds",
    "When a worker last finished a round without an error, in seconds since 1970.",
    ("worker",),
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
SEQUENCED_TOTAL = Counter(
    "payments_sequenced_total",
    "Rows that the sequencer has numbered, by stream.",
    ("stream",),
    registry=REGISTRY,
)
SEQUENCER_OLDEST_SECONDS = Gauge(
    "payments_sequencer_oldest_seconds",
    "Age of the oldest row that had no number when a round of the sequencer began, by stream; 0 when there was none.",
    ("stream",),
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
VERIFICATION_FINDINGS = Gauge(
    "payments_verification_findings",
    "What differed in the last verification of the ledger that was done; 0: nothing that was looked at.",
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
VERIFICATION_LAST_SUCCESS = Gauge(
    "payments_verification_last_success_timestamp_seconds",
    "When a verification of the ledger last ended with all looked at and nothing that differed, in seconds since 1970.",
    multiprocess_mode="mostrecent",
    registry=REGISTRY,
)
SEALED_TOTAL = Counter(
    "payments_sealed_total",
    "Ledger transactions that the sealer has put under a signed seal.",
    registry=REGISTRY,
)
SEALS_BEHIND = Gauge(
    "payments_seals_behind",
    "Numbered ledger transactions without a seal after the last round of the sealer.",
    multiprocess_mode="livemax",
    registry=REGISTRY,
)
EVENT_WAITERS = Gauge(
    "payments_event_waiters",
    "PullEvents calls that wait for an event.",
    multiprocess_mode="livesum",
    registry=REGISTRY,
)
GROUP_ITEMS = Histogram(
    "payments_group_items",
    "Calls that shared one transaction or query, by what they do.",
    ("group",),
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
    registry=REGISTRY,
)
GROUP_WAIT_SECONDS = Histogram(
    "payments_group_wait_seconds",
    "How long the first call of a group waited for it to begin, by what they do.",
    ("group",),
    buckets=(0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
    registry=REGISTRY,
)
