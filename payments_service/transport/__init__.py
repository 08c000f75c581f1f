"""Everything that speaks gRPC."""
