"""A message as a mail: what a scan found in numbers, without a name in it."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from typing import Any

from findings.settings import Settings
from i18n import Language, Text, catalogue, text

TIMEOUT = 20.0


class MailRefused(Exception):
    """The mail server did not take a mail: its status, where it gave one, and whether to try again."""

    def __init__(self, said: str, status: int | None, *, for_good: bool) -> None:
        super().__init__(said)
        self.status = status
        self.for_good = for_good


def compose(message: dict[str, Any], *, sender: str, to: str, language: Language) -> EmailMessage:
    """The mail for a message of the outbox."""
    counts: dict[str, int] = message["counts"]
    tiers = {tier: sum(item["tier"] == tier for item in message["findings"]) for tier in ("A", "B", "C")}
    lines = [
        text("trust.mail_about", language, run=message["run"], as_of=message["data_as_of"] or "-"),
        "",
        *(text(f"trust.mail_{state}", language, count=count) for state, count in counts.items()),
        "",
        text("trust.mail_tiers", language, a=tiers["A"], b=tiers["B"], c=tiers["C"]),
    ]
    if message["parts"] > 1:
        lines.append(text("trust.mail_part", language, part=message["part"], parts=message["parts"]))
    lines += ["", *(f"{item['tier']}  {item['family']}  {item['finding_id']}" for item in message["findings"])]
    lines += ["", text("trust.mail_lead", language)]
    mail = EmailMessage()
    mail["From"], mail["To"] = sender, to
    mail["Subject"] = text("trust.mail_subject", language, total=message["total"])
    # The same at every attempt, so that a mail that came twice is shown once.
    mail["Message-ID"] = f"<{message['delivery']}@{sender.rpartition('@')[2] or 'localhost'}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(lines))
    return mail


def send(mail: EmailMessage, settings: Settings) -> int:
    """Hand a mail to the mail server of the settings; returns its status, 250.

    Raises:
        MailRefused: the server is not set, not reached, or does not take it.
    """
    if settings.smtp_host is None or settings.smtp_sender is None:
        raise MailRefused(_said("trust.mail_not_set"), None, for_good=False)
    try:
        with _connect(settings.smtp_host, settings) as server:
            if settings.smtp_user is not None and settings.smtp_password is not None:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        code = max((code for code, _ in error.recipients.values()), default=550)
        raise MailRefused(f"SMTP {code}", code, for_good=code >= 500) from None
    except smtplib.SMTPResponseException as error:
        # A wrong password is put right by a person: the mail waits for that.
        for_good = error.smtp_code >= 500 and not isinstance(error, smtplib.SMTPAuthenticationError)
        raise MailRefused(f"SMTP {error.smtp_code}", error.smtp_code, for_good=for_good) from None
    except (OSError, smtplib.SMTPException) as error:
        raise MailRefused(type(error).__name__, None, for_good=False) from None
    return 250


def _connect(host: str, settings: Settings) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, settings.smtp_port, timeout=TIMEOUT, context=context)
    server = smtplib.SMTP(host, settings.smtp_port, timeout=TIMEOUT)
    if settings.smtp_security == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server


def _said(key: str) -> str:
    value: Text = catalogue()[key]
    return value.en
