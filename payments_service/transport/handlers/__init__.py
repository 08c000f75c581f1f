"""One thin handler class per gRPC service: convert, call the use case, convert."""
