"""The JSON of each noun."""
