"""payments_api.v1.AdminService: all of it."""

from payments_service.application.events.read import StripeEventReader
from payments_service.application.events.replay import ReplayEvents
from payments_service.application.verification.runs import Verifications
from payments_service.transport.handlers.admin_stripe_events import AdminStripeEventHandlers
from payments_service.transport.handlers.admin_verifications import AdminVerificationHandlers


class AdminHandlers(AdminStripeEventHandlers, AdminVerificationHandlers):
    """Running the service: see the service's own comments."""

    def __init__(self, reader: StripeEventReader, replay: ReplayEvents, verifications: Verifications) -> None:
        AdminStripeEventHandlers.__init__(self, reader, replay)
        AdminVerificationHandlers.__init__(self, verifications)
