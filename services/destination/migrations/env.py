"""How Alembic runs the scripts of this folder."""

from mesh.database import run_migrations

run_migrations()
