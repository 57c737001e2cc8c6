"""Flights: what suppliers offer, and orders that are placed exactly once. Places and airlines.

Owns offers (the supplier's own document, kept until it expires) and supplier orders (one for each
booking item). What is known of places and airlines is the supplier's, and only kept for a while.
Calls the flight supplier; announces FlightsSearched, which tells what flights cost and not who
searched.
"""
