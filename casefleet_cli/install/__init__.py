"""The machine around the program: doctor, the lines for Postfix, the map of recipients, units.

What the firm keeps (users, cases, mail) is none of its business.
"""
