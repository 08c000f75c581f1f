"""The method table comes from the protos alone."""

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from payments_api.internal.v1 import stripe_event_service_pb2
from payments_api.v1 import payment_service_pb2, reporting_service_pb2

from payments_service.transport.methods import Method, MethodTableError, methods_of

PAYMENTS = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"]


def method(name: str) -> Method:
    return next(each for each in methods_of([PAYMENTS]) if each.name == name)


def test_a_method_carries_what_its_options_say() -> None:
    create = method("CreatePayment")
    assert create.full_name == "payments_api.v1.PaymentService/CreatePayment"
    assert create.handler_name == "create_payment"
    assert create.scope == "payments.write"
    assert create.mutating
    assert create.request_class is payment_service_pb2.CreatePaymentRequest
    assert create.response_class is payment_service_pb2.CreatePaymentResponse


def test_a_method_without_side_effects_is_a_read() -> None:
    assert not method("GetPayment").mutating
    assert method("GetPayment").scope == "payments.read"


def test_every_method_of_the_api_can_be_served() -> None:
    services = [
        service
        for module in (payment_service_pb2, reporting_service_pb2, stripe_event_service_pb2)
        for service in module.DESCRIPTOR.services_by_name.values()
    ]
    assert {each.full_name for each in methods_of(services)} >= {
        "payments_api.v1.ReportingService/GetTrialBalance",
        "payments_api.internal.v1.StripeEventService/RecordEvent",
        "payments_api.internal.v1.StripeEventService/RecordEvents",
    }


def test_only_a_method_that_streams_both_ways_is_a_stream_of_calls() -> None:
    service = stripe_event_service_pb2.DESCRIPTOR.services_by_name["StripeEventService"]
    assert {each.name for each in methods_of([service]) if each.streams} == {"RecordEventGroups"}


def test_methods_that_cannot_be_served_are_all_named() -> None:
    file = FileDescriptorProto(name="try.proto", package="try", syntax="proto3")
    file.message_type.add(name="Nothing")
    service = file.service.add(name="Open")
    service.method.add(name="GetAll", input_type=".try.Nothing", output_type=".try.Nothing")
    service.method.add(name="Stream", input_type=".try.Nothing", output_type=".try.Nothing", server_streaming=True)
    pool = DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    with pytest.raises(MethodTableError) as refused:
        methods_of([pool.FindServiceByName("try.Open")])
    assert "try.Open/GetAll: scope ''" in str(refused.value)
    assert "try.Open/Stream: streams" in str(refused.value)
    assert "payments_api.v1.access" in str(refused.value)
