"""casefleet: e-mail logging for law firms, on the firm's own mail server."""

__version__ = "0.1.0"
