"""Accounts and sessions."""

from alembic import op

from mesh.outbox import create_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.execute("""
        CREATE TABLE account (
            user_id text PRIMARY KEY,
            email text NOT NULL UNIQUE,
            password_hash text NOT NULL,
            first_name text NOT NULL,
            last_name text NOT NULL,
            username text NOT NULL,
            roles text[] NOT NULL DEFAULT '{}',
            create_time timestamptz NOT NULL
        )
    """)
    op.execute("""
        CREATE TABLE session (
            session_id text PRIMARY KEY,
            user_id text NOT NULL REFERENCES account ON DELETE CASCADE,
            counter integer NOT NULL CHECK (counter >= 0),
            idle_period interval NOT NULL,
            create_time timestamptz NOT NULL,
            last_use_time timestamptz NOT NULL,
            expire_time timestamptz NOT NULL CHECK (expire_time <= absolute_expire_time),
            absolute_expire_time timestamptz NOT NULL,
            revoke_time timestamptz
        )
    """)
    op.execute("CREATE INDEX session_by_user ON session (user_id)")
    create_tables()
