"""Keeping what was logged, and proving it: verify, backup, restore, export and reparse."""
