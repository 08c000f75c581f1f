"""All endpoints that the sandbox has. A new resource is a module with `ENDPOINTS`, listed here."""

from stripe_sandbox.http.routing import Endpoint
from stripe_sandbox.resources import (
    balance,
    events,
    mandates,
    payment_methods,
    products,
    report_runs,
    webhook_endpoints,
)
from stripe_sandbox.resources.accounts import capabilities, external, links, oauth, people
from stripe_sandbox.resources.accounts import endpoints as accounts
from stripe_sandbox.resources.application_fees import endpoints as application_fees
from stripe_sandbox.resources.balance_settings import endpoints as balance_settings
from stripe_sandbox.resources.charges import endpoints as charges
from stripe_sandbox.resources.checkout import endpoints as checkout
from stripe_sandbox.resources.credit_notes import endpoints as credit_notes
from stripe_sandbox.resources.customers import endpoints as customers
from stripe_sandbox.resources.disputes import endpoints as disputes
from stripe_sandbox.resources.financial_connections import accounts as linked_accounts
from stripe_sandbox.resources.financial_connections import sessions as link_sessions
from stripe_sandbox.resources.invoices import endpoints as invoices
from stripe_sandbox.resources.invoices import items as invoice_items
from stripe_sandbox.resources.invoices import payments as invoice_payments
from stripe_sandbox.resources.invoices import preview as invoice_previews
from stripe_sandbox.resources.payment_intents import endpoints as payment_intents
from stripe_sandbox.resources.payment_intents import funding
from stripe_sandbox.resources.payouts import endpoints as payouts
from stripe_sandbox.resources.prices import endpoints as prices
from stripe_sandbox.resources.prices import plans
from stripe_sandbox.resources.radar import endpoints as radar
from stripe_sandbox.resources.refunds import endpoints as refunds
from stripe_sandbox.resources.setup_intents import attempts as setup_attempts
from stripe_sandbox.resources.setup_intents import endpoints as setup_intents
from stripe_sandbox.resources.subscriptions import endpoints as subscriptions
from stripe_sandbox.resources.topups import endpoints as topups
from stripe_sandbox.resources.transfers import endpoints as transfers

ENDPOINTS: tuple[Endpoint, ...] = (
    *accounts.ENDPOINTS,
    *application_fees.ENDPOINTS,
    *balance.ENDPOINTS,
    *capabilities.ENDPOINTS,
    *balance_settings.ENDPOINTS,
    *charges.ENDPOINTS,
    *checkout.ENDPOINTS,
    *credit_notes.ENDPOINTS,
    *customers.ENDPOINTS,
    *disputes.ENDPOINTS,
    *events.ENDPOINTS,
    *external.ENDPOINTS,
    *funding.ENDPOINTS,
    *invoice_items.ENDPOINTS,
    *invoice_payments.ENDPOINTS,
    *invoice_previews.ENDPOINTS,
    *invoices.ENDPOINTS,
    *link_sessions.ENDPOINTS,
    *linked_accounts.ENDPOINTS,
    *links.ENDPOINTS,
    *mandates.ENDPOINTS,
    *oauth.ENDPOINTS,
    *payment_intents.ENDPOINTS,
    *payment_methods.ENDPOINTS,
    *payouts.ENDPOINTS,
    *radar.ENDPOINTS,
    *topups.ENDPOINTS,
    *people.ENDPOINTS,
    *plans.ENDPOINTS,
    *prices.ENDPOINTS,
    *products.ENDPOINTS,
    *refunds.ENDPOINTS,
    *report_runs.ENDPOINTS,
    *setup_attempts.ENDPOINTS,
    *setup_intents.ENDPOINTS,
    *subscriptions.ENDPOINTS,
    *transfers.ENDPOINTS,
    *webhook_endpoints.ENDPOINTS,
)
