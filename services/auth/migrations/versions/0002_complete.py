"""Confirmed addresses, devices, tokens that mails carry, and the mails themselves."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what a complete account needs; older ones wait for the confirmation of their address."""
    op.execute("""
        ALTER TABLE account
            ADD email_verified boolean NOT NULL DEFAULT false,
            ADD pending_email text,
            ADD password_version integer NOT NULL DEFAULT 0
    """)
    op.execute("UPDATE account SET pending_email = email")
    op.execute("""
        ALTER TABLE session
            ADD user_agent text NOT NULL DEFAULT '',
            ADD address text NOT NULL DEFAULT ''
    """)
    op.execute("CREATE INDEX session_ended ON session (revoke_time) WHERE revoke_time IS NOT NULL")
    op.execute("""
        CREATE TABLE device (
            user_id text NOT NULL REFERENCES account ON DELETE CASCADE,
            user_agent text NOT NULL,
            network text NOT NULL,
            last_use_time timestamptz NOT NULL,
            PRIMARY KEY (user_id, user_agent, network)
        )
    """)
    op.execute("""
        CREATE TABLE account_token (
            digest bytea PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('VERIFY_EMAIL', 'RESET_PASSWORD')),
            user_id text NOT NULL REFERENCES account ON DELETE CASCADE,
            email text NOT NULL,
            password_version integer NOT NULL,
            expire_time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX account_token_by_user ON account_token (user_id)")
    op.execute("CREATE INDEX account_token_expired ON account_token (expire_time)")
    op.execute("""
        CREATE TABLE account_mail (
            mail_id text PRIMARY KEY,
            kind text NOT NULL,
            email text NOT NULL,
            user_id text REFERENCES account ON DELETE CASCADE,
            locale text NOT NULL,
            device text NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            problem text NOT NULL DEFAULT '',
            given_up boolean NOT NULL DEFAULT false,
            create_time timestamptz NOT NULL,
            due_time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX account_mail_due ON account_mail (due_time) WHERE NOT given_up")
    op.execute("CREATE INDEX account_mail_by_user ON account_mail (user_id)")
