"""Primitive operations and the flat graphs that documents expand to: shapes, costs, fingerprints. Needs no torch."""
