"""The payments service: one gRPC service that owns every cent."""
