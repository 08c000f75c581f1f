"""The reasons of the code and of the proto are one list."""

from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from payments_api.v1 import error_reason_pb2

from payments_service.domain.errors import Reason

IMAGE = Path(__file__).parents[4] / "gen" / "image.binpb"
PREFIX = "ERROR_REASON_"


def comments() -> dict[str, str]:
    """The comment of each reason in the proto."""
    files = FileDescriptorSet.FromString(IMAGE.read_bytes()).file
    file = next(file for file in files if file.name == "payments_api/v1/error_reason.proto")
    # A location's path to a value of the first enum is (5: enum_type, 0, 2: value, index).
    return {
        file.enum_type[0].value[location.path[3]].name.removeprefix(PREFIX): location.leading_comments.strip()
        for location in file.source_code_info.location
        if len(location.path) == 4 and list(location.path[:3]) == [5, 0, 2]
    }


def test_every_reason_is_in_the_proto_and_the_reverse() -> None:
    values = error_reason_pb2.DESCRIPTOR.enum_types_by_name["ErrorReason"].values
    names = {value.name.removeprefix(PREFIX) for value in values if not value.name.endswith("_UNSPECIFIED")}
    assert {reason.name for reason in Reason} == names


@pytest.mark.parametrize("reason", Reason, ids=lambda reason: reason.name)
def test_the_proto_documents_the_code_of_each_reason(reason: Reason) -> None:
    documented = comments()[reason.name]
    assert documented.split(".")[0] == reason.code.value, documented
