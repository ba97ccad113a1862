"""The machine around the program: doctor, the lines for Postfix, the map of recipients, units."""
