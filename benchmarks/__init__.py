"""What the project was measured with; run one with ``python -m benchmarks.NAME``."""
