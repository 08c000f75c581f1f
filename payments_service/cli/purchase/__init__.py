"""One purchase, played through the public API as any caller would, and judged figure by figure."""
