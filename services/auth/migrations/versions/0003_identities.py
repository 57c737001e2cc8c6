"""Accounts at other providers, and the sign-ins that are under way there."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the two tables."""
    op.execute("""
        CREATE TABLE identity (
            issuer text NOT NULL,
            subject text NOT NULL CHECK (subject <> ''),
            user_id text NOT NULL REFERENCES account ON DELETE CASCADE,
            create_time timestamptz NOT NULL,
            PRIMARY KEY (issuer, subject)
        )
    """)
    op.execute("CREATE INDEX identity_by_user ON identity (user_id)")
    op.execute("""
        CREATE TABLE oauth_flow (
            state_digest bytea PRIMARY KEY,
            browser_digest bytea NOT NULL,
            provider text NOT NULL,
            nonce text NOT NULL,
            verifier text NOT NULL,
            expire_time timestamptz NOT NULL
        )
    """)
    op.execute("CREATE INDEX oauth_flow_expired ON oauth_flow (expire_time)")
