"""Benchmarks: ratios against references measured in the same run. `make bench`, or `python -m bench.get_balance`.

Each module with a `measure` is one benchmark: it makes its own database, takes turns with its references, prints a
table and checks the books. No figure is ever asserted; wrong books are an error. See docs/performance.md.
"""
