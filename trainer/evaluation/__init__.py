"""Score methods on benchmarks and tabulate them as the paper does (5.2 and 5.3)."""
