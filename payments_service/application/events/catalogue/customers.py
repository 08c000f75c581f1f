"""Events about customers and how they can pay."""

from payments_service.application.events.catalogue.model import Effect, Follow
from payments_service.domain.stripe_object.model import ObjectKind

_K = ObjectKind


def _kept(sent: str, kind: ObjectKind, note: str = "") -> Effect:
    return Effect(sent=sent, follows=(Follow(kind),), note=note)


_NO_BANK_DATA = "Of a bank account only its kind, its bank and its last four digits are kept."

CUSTOMERS: dict[str, Effect] = {
    "customer.created": _kept("A customer was created.", _K.CUSTOMER, "No name, address or e-mail address is kept."),
    "customer.updated": _kept("A customer changed.", _K.CUSTOMER),
    "customer.deleted": _kept(
        "A customer was deleted.", _K.CUSTOMER, "Nothing of it is kept but that it is gone; payments and books stay."
    ),
    "setup_intent.created": _kept("Setting up a payment method for later was begun.", _K.SETUP_INTENT),
    "setup_intent.requires_action": _kept("The customer has to do something for it.", _K.SETUP_INTENT),
    "setup_intent.succeeded": _kept("A payment method is set up for later.", _K.SETUP_INTENT),
    "setup_intent.setup_failed": _kept("An attempt to set one up failed.", _K.SETUP_INTENT),
    "setup_intent.canceled": _kept("Setting one up was given up.", _K.SETUP_INTENT),
    "payment_method.attached": _kept("A payment method was attached to a customer.", _K.PAYMENT_METHOD),
    "payment_method.updated": _kept("A payment method was changed.", _K.PAYMENT_METHOD),
    "payment_method.automatically_updated": _kept(
        "A card network told Stripe a card's new number or date.", _K.PAYMENT_METHOD
    ),
    "payment_method.detached": _kept("A payment method was taken from a customer.", _K.PAYMENT_METHOD),
    "mandate.updated": _kept("A customer's permission to debit became active, pending or inactive.", _K.MANDATE),
} | {
    f"financial_connections.account.{action}": _kept(sent, _K.FINANCIAL_CONNECTIONS_ACCOUNT, _NO_BANK_DATA)
    for action, sent in {
        "created": "A customer connected a bank account.",
        "deactivated": "A connected bank account cannot be read any more.",
        "disconnected": "A customer disconnected a bank account.",
        "reactivated": "A connected bank account can be read again.",
        "account_numbers_updated": "The number of a connected bank account changed.",
        "refreshed_balance": "The balance of a connected bank account was read anew.",
        "refreshed_ownership": "The owners of a connected bank account were read anew.",
        "refreshed_transactions": "The transactions of a connected bank account were read anew.",
        "expected_deactivation_date_updated": "It changed until when a connected bank account can be read.",
        "supported_payment_method_types_updated": "It changed how a connected bank account can pay.",
        "upcoming_account_number_expiry": "The number of a connected bank account will change.",
        "upcoming_deactivation": "A connected bank account will soon not be readable any more.",
    }.items()
}
