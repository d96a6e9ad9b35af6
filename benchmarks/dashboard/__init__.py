"""How quick the dashboard is for 1,000 organizations with a million shifts; see `benchmarks/README.md`."""
