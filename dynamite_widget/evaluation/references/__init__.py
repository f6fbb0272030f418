"""Segmenters that need no weights, so that every table of results has a floor."""
