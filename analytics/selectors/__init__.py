"""Figures of one organization, set-based: the data's size adds no queries. Dates are meant in its zone."""
