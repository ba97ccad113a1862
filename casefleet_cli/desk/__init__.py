"""What people change by hand, each in one transaction with its line in the journal.

What a mail changes when it comes in stands in `intake`; SQL stands in `store`.
"""
