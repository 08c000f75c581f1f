"""The circuit opens after failures in a row, and closes with the first answer."""

from payments_service.processors.stripe.breaker import FAILURES_MAX, OPEN_SECONDS, CircuitBreaker


class _Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def _opened() -> tuple[CircuitBreaker, _Clock]:
    clock = _Clock()
    breaker = CircuitBreaker(clock)
    for _ in range(FAILURES_MAX):
        assert breaker.allows()
        breaker.failed()
    return breaker, clock


def test_it_opens_after_failures_in_a_row_and_says_when_to_ask_again() -> None:
    breaker, _ = _opened()

    assert not breaker.allows()
    assert breaker.retry_after_ms() == OPEN_SECONDS * 1000


def test_an_answer_in_between_starts_the_count_again() -> None:
    breaker = CircuitBreaker(_Clock())
    for _ in range(FAILURES_MAX * 3):
        breaker.failed()
        breaker.succeeded()

    assert breaker.allows()


def test_once_open_long_enough_one_call_at_a_time_may_try() -> None:
    breaker, clock = _opened()
    clock.now += OPEN_SECONDS

    assert breaker.allows()
    assert not breaker.allows()
    breaker.failed()
    assert not breaker.allows()


def test_the_first_answer_closes_it() -> None:
    breaker, clock = _opened()
    clock.now += OPEN_SECONDS
    assert breaker.allows()
    breaker.succeeded()

    assert all(breaker.allows() for _ in range(10))
