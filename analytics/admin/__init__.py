"""Pages of the back office that show figures."""
