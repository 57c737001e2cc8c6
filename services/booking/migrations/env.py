"""Alembic's entry: runs the versions on the connection it is given."""

from mesh.database import run_migrations

run_migrations()
