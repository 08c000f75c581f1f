"""All endpoints that the sandbox has. A new resource is a module with `ENDPOINTS`, listed here."""

from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.resources import balance, charges, customers, events, payment_methods, refunds, webhook_endpoints
from stripe_sandbox.resources.payment_intents import endpoints as payment_intents

ENDPOINTS: tuple[Endpoint, ...] = (
    *balance.ENDPOINTS,
    *charges.ENDPOINTS,
    *customers.ENDPOINTS,
    *events.ENDPOINTS,
    *payment_intents.ENDPOINTS,
    *payment_methods.ENDPOINTS,
    *refunds.ENDPOINTS,
    *webhook_endpoints.ENDPOINTS,
)
