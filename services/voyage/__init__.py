"""Flights: what suppliers offer, and orders that are placed exactly once.

Owns offers (the supplier's own document, kept until it expires) and supplier orders (one for each
booking item). Calls the flight supplier; announces
FlightsSearched, which tells what flights cost and not who searched.
"""
