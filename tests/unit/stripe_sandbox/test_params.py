"""Reading parameters and refusing wrong ones as Stripe does."""

import pytest

from stripe_sandbox.http.errors import StripeError
from stripe_sandbox.http.params import Boolean, Choice, Integer, ListOf, Metadata, Params, Text, merge_metadata
from stripe_sandbox.http.time_filter import Interval, TimeFilter

PARAMS = Params(
    {
        "amount": Integer(minimum=1, maximum=500),
        "confirm": Boolean(),
        "kind": Choice(("a", "b", "c")),
        "name": Text(5),
        "note": Text(unset=True),
        "fee": Integer(minimum=0, unset=True),
        "tags": ListOf(Text()),
        "metadata": Metadata(),
        "inner": Params({"deep": Integer()}, required=("deep",)),
    },
    required=("amount",),
)


def refusal(form: dict[str, object]) -> tuple[str | None, str | None]:
    with pytest.raises(StripeError) as error:
        PARAMS.read({"amount": "1", **form})
    assert error.value.status == 400
    assert not error.value.executed
    return error.value.code, error.value.param


def test_every_kind_is_read() -> None:
    form = {
        "amount": "12",
        "confirm": "true",
        "kind": "b",
        "name": "x",
        "note": "",
        "fee": "",
        "tags": {"0": "p", "1": "q"},
        "metadata": {"0": "zero"},
        "inner": {"deep": "-3"},
    }
    assert PARAMS.read(form) == {
        "amount": 12,
        "confirm": True,
        "kind": "b",
        "name": "x",
        "note": None,
        "fee": None,
        "tags": ["p", "q"],
        "metadata": {"0": "zero"},
        "inner": {"deep": -3},
    }


@pytest.mark.parametrize(
    ("form", "code", "param"),
    [
        ({"nope": "1"}, "parameter_unknown", "nope"),
        ({"inner": {"deep": "1", "nope": "1"}}, "parameter_unknown", "inner[nope]"),
        ({"inner": {}}, "parameter_missing", "inner[deep]"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_invalid_integer", "amount"),
        ({"amount": "0"}, "parameter_invalid_integer", "amount"),
        ({"amount": "501"}, "parameter_invalid_integer", "amount"),
        ({"amount": "9" * 5_000}, "parameter_invalid_integer", "amount"),
        ({"amount": "\u0663"}, "parameter_invalid_integer", "amount"),
        ({"amount": ["1"]}, None, "amount"),
        ({"confirm": "yes"}, None, "confirm"),
        ({"kind": "d"}, None, "kind"),
        ({"kind": ""}, "parameter_invalid_empty", "kind"),
        ({"name": ""}, "parameter_invalid_empty", "name"),
        ({"name": "123456"}, None, "name"),
        ({"tags": "x"}, None, "tags"),
        ({"inner": "x"}, None, "inner"),
        ({"metadata": "x"}, None, "metadata"),
        ({"metadata": {"k": {"l": "m"}}}, None, "metadata[k]"),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
        ({"metadata": {str(n): "v" for n in range(51)}}, None, "metadata"),
    ],
)
def test_what_is_wrong_is_named(form: dict[str, object], code: str | None, param: str) -> None:
    assert refusal(form) == (code, param)


def test_all_unknown_parameters_are_named_at_once() -> None:
    with pytest.raises(StripeError, match="Received unknown parameters: x, y"):
        PARAMS.read({"amount": "1", "x": "1", "y": "1"})


def test_missing_comes_after_unknown() -> None:
    with pytest.raises(StripeError, match="Missing required param: amount"):
        PARAMS.read({})


def test_metadata_is_merged_and_an_empty_value_removes_its_key() -> None:
    assert merge_metadata({"a": "1", "b": "2"}, {"b": "", "c": "3"}) == {"a": "1", "c": "3"}
    assert merge_metadata({"a": "1"}, None) == {}


def test_a_time_filter_is_a_second_or_bounds() -> None:
    assert TimeFilter().read("7", "created") == Interval(7, 7)
    assert TimeFilter().read({"gt": "7", "lte": "9"}, "created") == Interval(8, 9)
    assert TimeFilter().read({"gte": "7", "lt": "9"}, "created") == Interval(7, 8)
    assert not Interval(8, 9).holds(7)
    assert Interval(None, 9).holds(9)
    with pytest.raises(StripeError, match="unknown parameter"):
        TimeFilter().read({"after": "7"}, "created")
