"""Searchers compared over benchmark tables, and such tables made."""
