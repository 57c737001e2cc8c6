"""Amadeus Self-Service as its SDK sees it: flights in a small, seeded, finite world."""
