"""Projects, connections and readings to try rules on, as S3's waterworks and S1's condominium have them."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from chalicelib.billing.domain import BillingRun, Tally
from chalicelib.connections.domain import Connection, PastUse
from chalicelib.cycles.domain import DueByCycle, DueRule
from chalicelib.kernel.period import Period
from chalicelib.readings.domain.reading import Provenance, Reading
from chalicelib.tariffs.domain import FixedCharge, Tariff, TariffBook, UsageCharge, compile_tariff
from chalicelib.tenancy.domain import Project
from local import presets

WATERWORKS = Project("balilihan", "waterworks", presets.WATERWORKS_SETTINGS)
CONDOMINIUM = Project("avii", "waterBills", presets.WATER_BILLS_SETTINGS)

NOW = datetime(2025, 11, 5, 2, 30, tzinfo=UTC)
NOVEMBER = Period(2025, 11)
OCTOBER = Period(2025, 10)
FIFTH = date(2025, 11, 5)

ENTRY = Provenance(by="officer", at=NOW, source="manual", origin="request-1")


def with_settings(project: Project, **changes: Any) -> Project:  # noqa: ANN401
    """Return the project with some settings changed."""
    return replace(project, settings=replace(project.settings, **changes))


def due_of(project: Project) -> DueRule:
    """Return a project's own due rule, of one that has no billing cycle."""
    due = project.settings.due
    assert not isinstance(due, DueByCycle)
    return due


def connection(**changes: Any) -> Connection:  # noqa: ANN401
    """Return a residential connection that stood at 140 in October and used 10."""
    usual = Connection(
        account="2025110001",
        consumer_id="consumer-1",
        consumer_name="Juan Dela Cruz",
        consumer_class="residential",
        meter_number="SM-1",
        area="Poblacion",
        status="active",
        initial_reading=Decimal(0),
        last_value=Decimal(140),
        last_read_on=date(2025, 10, 5),
        last_period=OCTOBER,
        version=3,
        created_at=NOW,
        request_print="print",
        taken=True,
        uses=(PastUse(OCTOBER, Decimal(10), 30),),
    )
    return replace(usual, **changes)


def reading(**changes: Any) -> Reading:  # noqa: ANN401
    """Return a confirmed reading of 150 after 140, taken on 2025-11-05."""
    usual = Reading(
        account="2025110001",
        period=NOVEMBER,
        read_on=FIFTH,
        value=Decimal(150),
        previous=Decimal(140),
        usage=Decimal(10),
        state="confirmed",
        flags=(),
        source="manual",
        origin="request-1",
        meter_number="SM-1",
        area="Poblacion",
        entered_by="officer",
        entered_at=NOW,
        confirmed_by="admin",
        confirmed_at=NOW,
        version=1,
        since=date(2025, 10, 5),
    )
    return replace(usual, **changes)


def tariff(project: Project, consumer_class: str | None, *, fixed: str, rate: str, per: str = "1") -> Tariff:
    """Return a tariff of a usage charge and a fixed one, in force since 2020."""
    return Tariff(
        id=consumer_class or "standard",
        version=1,
        name=consumer_class or "standard",
        currency=project.settings.currency,
        unit=project.settings.unit,
        valid_from=date(2020, 1, 1),
        consumer_class=consumer_class,
        charges=(
            UsageCharge(code="usage", label="Water", rate=Decimal(rate), per=Decimal(per)),
            FixedCharge(code="fixed", label="Fixed charge", amount=Decimal(fixed)),
        ),
    )


WATERWORKS_BOOK = TariffBook(
    {
        "residential": [compile_tariff(tariff(WATERWORKS, "residential", fixed="50.00", rate="22.50"))],
        "commercial": [compile_tariff(tariff(WATERWORKS, "commercial", fixed="50.00", rate="25.00"))],
    }
)
CONDOMINIUM_BOOK = TariffBook({"": [compile_tariff(tariff(CONDOMINIUM, None, fixed="25.00", rate="5.50", per="1000"))]})

RUN = BillingRun(
    id="run-2",
    period=NOVEMBER,
    state="generating",
    billed_on=None,
    due_on=None,
    started_by="admin",
    started_at=NOW,
    completed_at=None,
    chunks=1,
    tally=Tally(),
    currency="PHP",
    due=due_of(WATERWORKS),
)
