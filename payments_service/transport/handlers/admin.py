"""payments_api.v1.AdminService: all of it."""

from payments_service.application.events.read import StripeEventReader
from payments_service.application.events.replay import ReplayEvents
from payments_service.transport.handlers.admin_stripe_events import AdminStripeEventHandlers


class AdminHandlers(AdminStripeEventHandlers):
    """Running the service: see the service's own comments."""

    def __init__(self, reader: StripeEventReader, replay: ReplayEvents) -> None:
        AdminStripeEventHandlers.__init__(self, reader, replay)
