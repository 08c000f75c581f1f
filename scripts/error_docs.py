"""Write docs/errors.md from the comments of ErrorReason, so that the page cannot lag behind the API."""

from pathlib import Path

from google.protobuf import descriptor_pb2

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "errors.md"
FILE = "payments_api/v1/error_reason.proto"
VALUES = [5, 0, 2]
"""Path of an enum's values in a file descriptor: enum_type, the first, value (descriptor.proto)."""

HEAD = """# Errors

Every error is a `google.rpc.Status` with one `ErrorInfo`: its `reason` is a name below, its `domain` is
`payments_api`, its metadata has the `request_id`. Branch on reasons, never on messages. `BadRequest` names wrong fields
with what to do, and `RetryInfo` says when a retry makes sense. A stored error of an earlier call with the same
idempotency key comes with the trailing metadata `idempotent-replay: true`.

| reason | code | meaning |
|---|---|---|
"""


def page() -> str:
    """The page as it should be."""
    image = descriptor_pb2.FileDescriptorSet.FromString((ROOT / "gen" / "image.binpb").read_bytes())
    (file,) = (file for file in image.file if file.name == FILE)
    comments = {
        location.path[3]: location.leading_comments
        for location in file.source_code_info.location
        if list(location.path[:3]) == VALUES and len(location.path) == len(VALUES) + 1
    }
    rows = []
    for position, value in enumerate(file.enum_type[0].value):
        if value.number == 0:
            continue
        code, _, meaning = " ".join(comments[position].split()).partition(". ")
        rows.append(f"| {value.name.removeprefix('ERROR_REASON_')} | {code} | {meaning} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
