"""Builders, test databases, fixed moments."""
