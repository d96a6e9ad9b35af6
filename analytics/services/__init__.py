"""What writes analytics rows: usage, daily metrics, health scores."""
