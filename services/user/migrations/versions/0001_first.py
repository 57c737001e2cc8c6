"""Profiles."""

from alembic import op

from mesh.outbox import create_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.execute("""
        CREATE TABLE profile (
            user_id text PRIMARY KEY,
            email text NOT NULL,
            first_name text NOT NULL,
            last_name text NOT NULL,
            locale text NOT NULL CHECK (locale IN ('en', 'fr')),
            currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
            update_time timestamptz NOT NULL
        )
    """)
    create_tables()
