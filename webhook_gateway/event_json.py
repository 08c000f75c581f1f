"""JSON, strictly: a signed body that is none is refused; one that is, of whatever shape, is recorded."""

import orjson

from webhook_gateway.errors import BodyMalformedError


def parse(body: bytes) -> object:
    """Returns the document in a body.

    Refused besides plain nonsense: bad UTF-8, lone surrogates, a byte order mark, NaN and Infinity, numbers beyond a
    double, text after the document, and nesting deeper than 1024, which would only crash whoever reads it later.

    Raises:
        BodyMalformedError: It is no JSON. The message gives the place, and nothing of the body.
    """
    try:
        document: object = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BodyMalformedError(f"the body is not JSON: {error.msg} at byte {error.pos}") from None
    return document
