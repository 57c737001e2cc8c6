"""Where one can go: countries, cities and points of interest, and what travellers say of them.

Owns the schema `destination`. Takes in FlightsSearched, which tells what flights to a city cost.
Forgets what a user said when the user service asks for it.
"""
