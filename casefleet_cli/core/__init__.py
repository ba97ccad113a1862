"""Pure: what bytes mean and what follows from facts. No database, clock, chance, file or network.

`mail` reads messages, `forward` what is quoted in their text, `rules` decides; the rest are words that all share.
"""
