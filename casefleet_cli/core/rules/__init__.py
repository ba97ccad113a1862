"""What follows from a mail and the firm's facts: routing, suggestions, notices, and both in words."""
