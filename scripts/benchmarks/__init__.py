"""Benchmarks: each divides what the service does by a limit measured in the same run."""
