"""Migrations of the schema that these tests use."""

from mesh.database import run_migrations

run_migrations()
