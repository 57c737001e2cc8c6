"""Runs this service's migrations on the connection that `Database.migrate` opened."""

from mesh.database import run_migrations

run_migrations()
