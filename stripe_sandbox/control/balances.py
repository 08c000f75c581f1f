"""What Stripe itself does with the balance of an account, `acct_…`.

- `POST /_sandbox/accounts/{id}/stripe_fee` `{"amount": 250, "currency": "usd", "description": "Radar"}`: it charges a
  fee that belongs to no payment; answers with the balance transaction. Without a currency: the account's.
- `PUT /_sandbox/accounts/{id}/exchange_rates` `{"rates": {"eur": "1.08"}}`: from now on what the account is paid in
  these currencies settles in its default one, at these rates between major units; answers with them. No rates, no
  conversion.
"""

from decimal import Decimal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from stripe_sandbox.balance.book import Movement
from stripe_sandbox.balance.currencies import SUPPORTED
from stripe_sandbox.balance.settlement import book
from stripe_sandbox.control.answers import Command, ControlError, answer, read_command
from stripe_sandbox.control.sandbox import Sandbox
from stripe_sandbox.state.account import AccountState


class Fee(Command):
    """What Stripe charges."""

    amount: int = Field(ge=1)
    currency: str | None = None
    description: str = "Stripe fee"


class Rates(Command):
    """What one major unit of each currency is in the account's own."""

    rates: dict[str, Decimal] = Field(default_factory=dict)


def balance_routes(sandbox: Sandbox) -> list[Route]:
    """The routes of this module."""

    async def charge_fee(request: Request) -> Response:
        command: Fee = await read_command(request, Fee)
        account = account_named(sandbox, request)
        currency = command.currency or account.default_currency
        check_currency("currency", currency)
        movement = Movement(
            kind="stripe_fee",
            amount=-command.amount,
            currency=currency,
            source=None,
            available_on=sandbox.world.clock.seconds(),
            description=command.description,
            category="fee",
        )
        return answer(book(sandbox.world, account, movement), 201)

    async def convert(request: Request) -> Response:
        command: Rates = await read_command(request, Rates)
        account = account_named(sandbox, request)
        for currency, rate in command.rates.items():
            check_currency("rates", currency)
            if not rate.is_finite() or rate <= 0:
                raise ControlError(400, f"rates.{currency}: {rate} is no rate")
        account.exchange_rates = dict(command.rates)
        shown = {currency: str(rate) for currency, rate in command.rates.items()}
        return answer({"currency": account.default_currency, "rates": shown})

    return [
        Route("/accounts/{id}/stripe_fee", charge_fee, methods=["POST"]),
        Route("/accounts/{id}/exchange_rates", convert, methods=["PUT"]),
    ]


def account_named(sandbox: Sandbox, request: Request) -> AccountState:
    """The account in the path, connected or the platform.

    Raises:
        ControlError: 404, there is none.
    """
    identifier = request.path_params["id"]
    account = sandbox.world.living_account(identifier)
    if account is None:
        raise ControlError(404, f"no account {identifier}: GET /_sandbox/state names them")
    return account


def check_currency(field: str, currency: str) -> None:
    """Checks a currency in a command; `field` is where it stands.

    Raises:
        ControlError: 400, Stripe has no such currency.
    """
    if currency not in SUPPORTED:
        raise ControlError(400, f"{field}: {currency!r} is no currency, in lower case, that Stripe has")
