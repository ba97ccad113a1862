"""Address books as other programs write and read them: CSV of several kinds, vCard, LDIF; and whose entry is whose."""
