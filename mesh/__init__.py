"""How any service lives here: servers, faults, storage and events. Knows no travel noun."""
