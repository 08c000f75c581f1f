"""Violations of a request's rules, in words that say what to do.

Rules of our own (CEL in the protos) carry such words. The standard rules speak like a schema: those are put into words
here. A rule over a whole message has no field of its own; it gets that message's path, empty for the request itself,
and its description names the fields concerned.
"""

from collections.abc import Sequence
from typing import cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from protovalidate import FieldPathElementPb, FieldPathPb, Violation

from payments_service.domain.errors import FieldViolation, PaymentsError, Reason

_SHOWN_MAX = 3


def request_invalid(request: Message, violations: Sequence[Violation]) -> PaymentsError:
    """The one error for all violations of a request.

    Args:
        request: the message that breaks rules.
        violations: at least one.
    """
    descriptor = cast("Descriptor", request.DESCRIPTOR)  # the stubs also allow a private class of the C library
    fields = [_field_violation(descriptor, violation) for violation in violations]
    shown = "; ".join(
        f"{each.field}: {each.description}" if each.field else each.description for each in fields[:_SHOWN_MAX]
    )
    more = f"; and {len(fields) - _SHOWN_MAX} more" if len(fields) > _SHOWN_MAX else ""
    return PaymentsError(Reason.REQUEST_INVALID, shown + more, violations=fields)


def _field_violation(descriptor: Descriptor, violation: Violation) -> FieldViolation:
    found = violation.proto
    elements = found.field.elements if found.field else []
    path = field_path(found.field)
    field = _field_at(descriptor, elements)
    description = _reworded(found.rule_id, found.message, descriptor, elements, field)
    if found.for_key:
        description = f"key {description}" if not description.startswith("key") else description
    return FieldViolation(path, description)


def field_path(path: FieldPathPb | None) -> str:
    """A path as callers write it: `amount.currency_code`, `states[0]`, `metadata["color"]`."""
    return ".".join(_element(element) for element in path.elements) if path else ""


def _element(element: FieldPathElementPb) -> str:
    subscript = element.subscript
    if subscript is None:
        return element.field_name
    if subscript.field == "string_key":
        escaped = str(subscript.value).replace("\\", "\\\\").replace('"', '\\"')
        return f'{element.field_name}["{escaped}"]'
    if subscript.field == "bool_key":
        return f"{element.field_name}[{'true' if subscript.value else 'false'}]"
    return f"{element.field_name}[{subscript.value}]"


def _field_at(descriptor: Descriptor, elements: Sequence[FieldPathElementPb]) -> FieldDescriptor | None:
    """The field that a path leads to; None for a oneof or the message itself."""
    field: FieldDescriptor | None = None
    scope: Descriptor | None = descriptor
    for element in elements:
        field = scope.fields_by_name.get(element.field_name) if scope else None
        if field is None:
            return None
        scope = field.message_type
        if scope is not None and scope.GetOptions().map_entry:
            field = scope.fields_by_name["value"]
            scope = field.message_type
    return field


def _reworded(
    rule_id: str,
    message: str,
    descriptor: Descriptor,
    elements: Sequence[FieldPathElementPb],
    field: FieldDescriptor | None,
) -> str:
    """A standard rule's message in words that say what to do; any other message as it is."""
    if rule_id == "required" and field is None and elements:
        return _oneof_required(descriptor, elements)
    if rule_id == "required":
        return "is required"
    if rule_id in {"string.min_len", "bytes.min_len"} and message.startswith("must be at least 1 "):
        return "is required: must not be empty"
    if rule_id in {"enum.defined_only", "enum.not_in"} and field is not None and field.enum_type is not None:
        names = [value.name for value in field.enum_type.values if value.number != 0]
        return f"must be one of {', '.join(names)}"
    return message.removeprefix("value ") if message else f"breaks the rule {rule_id}"


def _oneof_required(descriptor: Descriptor, elements: Sequence[FieldPathElementPb]) -> str:
    parent = _field_at(descriptor, elements[:-1])
    owner = descriptor if parent is None else parent.message_type
    oneof = owner.oneofs_by_name.get(elements[-1].field_name) if owner else None
    names = ", ".join(field.name for field in oneof.fields) if oneof else elements[-1].field_name
    return f"is required: set exactly one of {names}"
