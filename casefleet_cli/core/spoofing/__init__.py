"""What deceives about who wrote a mail: as data, with a sentence for each."""
