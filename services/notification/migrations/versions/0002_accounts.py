"""Mails that belong to no notification, bodies that are forgotten, and users who are erased."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Let a mail stand for itself, and keep its words only while it is still to be sent."""
    op.execute("ALTER TABLE mail DROP CONSTRAINT mail_notification_id_fkey")
    op.execute("ALTER TABLE mail RENAME COLUMN notification_id TO mail_id")
    op.execute("ALTER TABLE mail ADD user_id text, ADD kind text, ADD end_time timestamptz")
    op.execute("""
        UPDATE mail SET user_id = told.user_id, kind = told.kind
        FROM notification AS told WHERE told.notification_id = mail.mail_id
    """)
    op.execute("""
        UPDATE mail SET recipient = '', text = '', html = '', end_time = due_time
        WHERE state <> 'QUEUED'
    """)
    op.execute("""
        ALTER TABLE mail
            ALTER user_id SET NOT NULL,
            ALTER kind SET NOT NULL,
            ADD CONSTRAINT mail_forgets CHECK (
                CASE WHEN state = 'QUEUED' THEN end_time IS NULL
                ELSE end_time IS NOT NULL AND recipient = '' AND text = '' AND html = '' END
            )
    """)
    op.execute("CREATE INDEX mail_by_user ON mail (user_id)")
    op.execute("CREATE INDEX mail_ended ON mail (end_time) WHERE end_time IS NOT NULL")
    op.execute("CREATE INDEX inbox_by_time ON inbox (create_time)")
    op.execute("CREATE TABLE reader (user_digest bytea PRIMARY KEY, erase_time timestamptz)")
