"""What people change by hand, and what they are told before they do."""
