"""Generate gen/ from protos/: messages, stubs, type stubs, and the image that buf reads.

protovalidate ships no .proto file, only its compiled descriptor, so a descriptor set of it and the well-known types is
made first and everything else is compiled against that (docs/decisions/0003).
"""

import shutil
import sys
from importlib import resources
from pathlib import Path

from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from grpc_tools import protoc  # type: ignore[import-untyped]  # ships no types
from protovalidate._gen.buf.validate import validate_pb

ROOT = Path(__file__).resolve().parent.parent
PROTOS = ROOT / "protos"
GEN = ROOT / "gen"
WELL_KNOWN = (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)


def main() -> None:
    """Generate everything again, into a folder that takes the place of gen/ only when all of it is there."""
    new = GEN.with_name(".gen-new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    descriptors = _dependencies(new / "dependencies.binpb")
    ours = sorted(str(path.relative_to(PROTOS)) for path in PROTOS.rglob("*.proto"))
    _protoc(
        descriptors, f"--descriptor_set_out={new / 'image.binpb'}", "--include_imports", "--include_source_info", *ours
    )
    _protoc(descriptors, f"--python_out={new}", f"--pyi_out={new}", "buf/validate/validate.proto", *ours)
    services = [name for name in ours if name.endswith("_service.proto")]
    plugin = f"--plugin=protoc-gen-mypy_grpc={Path(sys.executable).with_name('protoc-gen-mypy_grpc')}"
    _protoc(descriptors, plugin, f"--grpc_python_out={new}", f"--mypy_grpc_out={new}", *services)
    for folder in {path.parent for path in new.rglob("*_pb2.py")} | {new / "payments_api", new / "buf"}:
        for package in (folder, *folder.parents):
            if package == new:
                break
            (package / "__init__.py").touch()
            (package / "py.typed").touch()
    _replace(new)


def _dependencies(path: Path) -> Path:
    files = descriptor_pb2.FileDescriptorSet()
    for module in WELL_KNOWN:
        module.DESCRIPTOR.CopyToProto(files.file.add())
    files.file.add().ParseFromString(validate_pb.desc().proto.to_binary())
    path.write_bytes(files.SerializeToString(deterministic=True))
    return path


def _protoc(descriptors: Path, *arguments: str) -> None:
    include = resources.files("grpc_tools") / "_proto"
    command = ["protoc", f"--descriptor_set_in={descriptors}", f"-I{PROTOS}", f"-I{include}", *arguments]
    if protoc.main(command) != 0:
        raise SystemExit(f"proto: protoc failed: {' '.join(arguments)}")


def _replace(new: Path) -> None:
    """Keep the folder itself, whose path is on sys.path of running interpreters; swap what is in it."""
    GEN.mkdir(exist_ok=True)
    for old in GEN.iterdir():
        shutil.rmtree(old) if old.is_dir() else old.unlink()
    for made in new.iterdir():
        made.rename(GEN / made.name)
    new.rmdir()


if __name__ == "__main__":
    main()
