"""Notifications and mails."""

from alembic import op

from mesh.outbox import create_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the first tables."""
    op.execute("""
        CREATE TABLE notification (
            notification_id text PRIMARY KEY,
            user_id text NOT NULL,
            kind text NOT NULL,
            title text NOT NULL,
            summary text NOT NULL,
            booking_id text NOT NULL,
            create_time timestamptz NOT NULL,
            read_time timestamptz
        )
    """)
    op.execute("""
        CREATE INDEX notification_by_user ON notification (user_id, notification_id DESC)
    """)
    op.execute("""
        CREATE TABLE mail (
            notification_id text PRIMARY KEY REFERENCES notification ON DELETE CASCADE,
            recipient text NOT NULL,
            locale text NOT NULL,
            subject text NOT NULL,
            text text NOT NULL,
            html text NOT NULL,
            state text NOT NULL CHECK (state IN ('QUEUED', 'SENT', 'FAILED')),
            attempts integer NOT NULL,
            problem text NOT NULL,
            create_time timestamptz NOT NULL,
            due_time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX mail_queued ON mail (due_time) WHERE state = 'QUEUED'")
    create_tables()
