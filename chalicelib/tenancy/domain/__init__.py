"""Clients and projects, and the rules of their settings."""

from chalicelib.tenancy.domain.checks import refuse_faults
from chalicelib.tenancy.domain.client import (
    Client,
    LoginNames,
    PasswordRule,
    check_client,
    check_client_change,
    client_audit_facts,
)
from chalicelib.tenancy.domain.collecting import (
    LateChargeKind,
    LateChargeRule,
    PaymentFact,
    PaymentMethod,
    PaymentSettings,
    ReceiptForm,
    ReceiptRule,
    Repeats,
)
from chalicelib.tenancy.domain.groups import BillingGroup
from chalicelib.tenancy.domain.measures import (
    OWN_MEASURES,
    DeliveredMeasure,
    MeasureSource,
    check_expected,
    check_measures_kept,
)
from chalicelib.tenancy.domain.project import FormerSettings, Project, ProjectContext
from chalicelib.tenancy.domain.settings import (
    BillingFrequency,
    ProjectSettings,
    ReadingWindow,
    audit_facts,
    check_change,
    check_settings,
    without_cycle,
)

__all__ = [
    "OWN_MEASURES",
    "BillingFrequency",
    "BillingGroup",
    "Client",
    "DeliveredMeasure",
    "FormerSettings",
    "LateChargeKind",
    "LateChargeRule",
    "LoginNames",
    "MeasureSource",
    "PasswordRule",
    "PaymentFact",
    "PaymentMethod",
    "PaymentSettings",
    "Project",
    "ProjectContext",
    "ProjectSettings",
    "ReadingWindow",
    "ReceiptForm",
    "ReceiptRule",
    "Repeats",
    "audit_facts",
    "check_change",
    "check_client",
    "check_client_change",
    "check_expected",
    "check_measures_kept",
    "check_settings",
    "client_audit_facts",
    "refuse_faults",
    "without_cycle",
]
