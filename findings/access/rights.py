"""Roles and the rights that each has. What no role lists, nobody may do."""

from __future__ import annotations

from enum import StrEnum

from i18n import Text


class Right(StrEnum):
    """One thing that a request may do. A route names the right that it needs; the value is also a key's scope."""

    REFERENCE_READ = "reference.read"
    """Detectors, schema, laws, reason codes, the texts of the page: no data of anybody."""
    OVERVIEW_READ = "overview.read"
    """Counts by family, region and agency inside the scope."""
    FINDINGS_READ = "findings.read"
    """Leads inside the scope, with their evidence."""
    FINDINGS_DECIDE = "findings.decide"
    """Take a lead into review, confirm, dismiss, reopen it; comment on it; link it to a case."""
    FINDINGS_ASSIGN = "findings.assign"
    """Give a lead to another person."""
    FINDINGS_REFER = "findings.refer"
    """Ask for a referral. It happens when a second person approves."""
    PARTIES_READ = "parties.read"
    """Profiles, neighbourhoods, paths, source rows: personal data, always audited."""
    PARTIES_MATCH = "parties.match"
    """Compare a list of parties with the data."""
    EXPORT_LEADS = "export.leads"
    """Take lists of leads out, with ids in place of the names of the persons in them."""
    EXPORT_PERSONAL = "export.personal"
    """Ask for a dossier or another export with personal data. It happens when a second person approves."""
    APPROVALS_DECIDE = "approvals.decide"
    """Be the second person of a referral or of an export."""
    FILTERS_MANAGE = "filters.manage"
    """Keep one's own saved filters."""
    SCANS_READ = "scans.read"
    """Runs, their reports and differences."""
    SCANS_START = "scans.start"
    """Start a scan."""
    SUBSCRIPTIONS_MANAGE = "subscriptions.manage"
    """Webhooks and mail, what was delivered, replay."""
    AUDIT_READ = "audit.read"
    """Read and verify the audit trail."""
    RECUSALS_MANAGE = "recusals.manage"
    """Keep the recusal list."""
    USERS_MANAGE = "users.manage"
    """Make, change and disable users."""
    KEYS_MANAGE = "keys.manage"
    """Make, rotate and revoke API keys."""


class Role(StrEnum):
    """What a person or a machine is here for."""

    VIEWER = "viewer"
    INVESTIGATOR = "investigator"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    SYSTEM = "system"
    ADMIN = "admin"


ROLE_NAMES: dict[Role, Text] = {
    Role.VIEWER: Text(zh="查阅人员", en="viewer"),
    Role.INVESTIGATOR: Text(zh="承办人", en="investigator"),
    Role.SUPERVISOR: Text(zh="审批人", en="supervisor"),
    Role.AUDITOR: Text(zh="审计人员", en="auditor"),
    Role.SYSTEM: Text(zh="业务系统", en="system"),
    Role.ADMIN: Text(zh="系统管理员", en="administrator"),
}

_VIEWER = frozenset(
    {Right.REFERENCE_READ, Right.OVERVIEW_READ, Right.FINDINGS_READ, Right.PARTIES_READ, Right.SCANS_READ}
)
_INVESTIGATOR = _VIEWER | {
    Right.FINDINGS_DECIDE,
    Right.FINDINGS_REFER,
    Right.PARTIES_MATCH,
    Right.EXPORT_LEADS,
    Right.EXPORT_PERSONAL,
    Right.FILTERS_MANAGE,
}

RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: _VIEWER,
    Role.INVESTIGATOR: _INVESTIGATOR,
    Role.SUPERVISOR: _INVESTIGATOR
    | {
        Right.FINDINGS_ASSIGN,
        Right.APPROVALS_DECIDE,
        Right.SCANS_START,
        Right.SUBSCRIPTIONS_MANAGE,
        Right.RECUSALS_MANAGE,
    },
    # Those who watch do not take part: an auditor reads the trail and no lead.
    Role.AUDITOR: frozenset({Right.REFERENCE_READ, Right.SCANS_READ, Right.AUDIT_READ}),
    Role.SYSTEM: frozenset(
        {
            Right.REFERENCE_READ,
            Right.OVERVIEW_READ,
            Right.FINDINGS_READ,
            Right.FINDINGS_DECIDE,
            Right.PARTIES_READ,
            Right.PARTIES_MATCH,
            Right.EXPORT_LEADS,
            Right.SCANS_READ,
            Right.SCANS_START,
            Right.SUBSCRIPTIONS_MANAGE,
        }
    ),
    # Those who give out access do not use it: an administrator reads no lead and no party.
    Role.ADMIN: frozenset(
        {
            Right.REFERENCE_READ,
            Right.SCANS_READ,
            Right.SCANS_START,
            Right.SUBSCRIPTIONS_MANAGE,
            Right.RECUSALS_MANAGE,
            Right.USERS_MANAGE,
            Right.KEYS_MANAGE,
        }
    ),
}
"""Default deny: a right that is not in the role's set is refused."""
