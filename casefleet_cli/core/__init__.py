"""Parsing, addresses, routing, notices: pure, without database, clock, file or network."""
