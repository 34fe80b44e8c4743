"""Loads a demo utility step by step, through the use cases that the API calls."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeVar

import boto3

from chalicelib.billing import service as billing
from chalicelib.cycles import service as cycles
from chalicelib.cycles.domain import DueRule, due_on
from chalicelib.files import service as files
from chalicelib.files.domain.record import FileImport, FileKind
from chalicelib.identity import service as identity
from chalicelib.identity.domain import CONSUMER, ROLES
from chalicelib.imports import service as imports
from chalicelib.kernel.context import Actor, Context
from chalicelib.kernel.ids import derived_ids
from chalicelib.kernel.period import Period
from chalicelib.onboarding.domain import Preset
from chalicelib.platform import settings
from chalicelib.readings import service as readings
from chalicelib.tariffs import service as tariffs
from chalicelib.tariffs.domain import Tariff, Usage
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import Project, ProjectContext
from local.demo.day import DemoDay, began_at
from local.demo.history import BilledReading, MeterReading, history_file, readings_file
from local.demo.rounds import Read, Stage, of_stage

Setting = TypeVar("Setting", bound=Context)


@dataclass(frozen=True, slots=True)
class Loading:
    """One project of the demo. Each step has a name, so that a repeated step finds what the first one created.

    Most steps are dated with the month of its first readings. Readings and payments are imported today.
    """

    context: ProjectContext
    day: DemoDay

    @property
    def today(self) -> date:
        return self.day.today(self.context.project.settings.timezone)

    def due_on(self, read_on: date) -> date:
        """Return the day by which the bill of a reading of that day is to be paid."""
        project = self.context.project
        return due_on(tenancy.due_rule(project), project.period_of(read_on), read_on)

    def step(self, *names: str) -> ProjectContext:
        """Return the context of a step, dated with the project's first day."""
        return _step(self.context, *names)

    def step_on(self, day: date, *names: str) -> ProjectContext:
        """Return the context of a step, dated with the beginning of a day."""
        return replace(self.step(*names), now=began_at(day, self.context.project.settings.timezone))

    def step_yesterday(self, *names: str) -> ProjectContext:
        """Return the context of a step, dated yesterday."""
        return replace(self.step(*names), now=self.day.now - timedelta(days=1))

    def step_of(self, consumer_id: str, *names: str) -> ProjectContext:
        """Return the context of a step by a consumer, dated yesterday."""
        actor = Actor(id=consumer_id, role=CONSUMER, permissions=ROLES[CONSUMER], consumer_id=consumer_id)
        return replace(self.step_yesterday(*names), actor=actor)

    def step_today(self, *names: str) -> ProjectContext:
        """Return the context of a step, dated today."""
        return replace(self.step(*names), now=self.day.now)

    def bring(self, read: Iterable[Read]) -> None:
        """Import readings and take each to its stage: settled, billed, confirmed, or waiting."""
        read = tuple(read)
        self.bring_history(of_stage(read, "settled"))
        billed = tuple(of_stage(read, "billed"))
        self.bring_readings("billed", billed, confirm=True)
        for period in sorted({self.context.project.period_of(one.read_on) for one in billed}):
            self.bill(period)
        self.bring_readings("confirmed", tuple(of_stage(read, "confirmed")), confirm=True)
        self.bring_readings("waiting", tuple(of_stage(read, "waiting")), confirm=False)

    def bring_history(self, read: Iterable[MeterReading]) -> None:
        """Import readings with their bills, and payments up to yesterday."""
        ctx = self.step_today("history", self.context.project_id)
        rule, sheet = tenancy.due_rule(ctx.project), [known.tariff for known in tariffs.list_tariffs(ctx)]
        billed = [_billed(ctx.project, rule, sheet, one) for one in read]
        record = _upload(ctx, "history", history_file(billed, today=self.today))
        _check(imports.run_history_import(ctx, import_id=record.id))

    def bring_readings(self, stage: Stage, read: Collection[MeterReading], *, confirm: bool) -> None:
        """Import readings, and confirm them if the project requires it."""
        if not read:
            return
        project = self.context.project
        ctx = self.step_today("readings", project.id, stage)
        record = _upload(ctx, "readings", readings_file(read))
        _check(readings.run_import(ctx, import_id=record.id))
        if confirm and project.settings.confirmation == "required":
            for area in sorted({one.area for one in read}):
                confirming = self.step_today("confirmation", project.id, area)
                readings.confirm_pending(confirming, area=area, period=None)

    def bill(self, period: Period) -> None:
        """Bill a period by a run."""
        ctx = self.step_today("run", self.context.project_id, str(period))
        run = billing.start_run(ctx, period=period, billed_on=None, due_on=None)
        billing.plan_run(ctx, run_id=run.id)
        for shard in range(run.chunks):
            billing.generate_chunks(ctx, run_id=run.id, shard=shard)


def open_utility(day: DemoDay, preset: Preset, project_id: str, sheet: Iterable[Tariff], *, since: date) -> Loading:
    """Open a project and its client from a preset on a given day, with tariffs valid for the year before it, too.

    The first bills are of days before the first reading.
    """
    client, model = preset.client, next(one for one in preset.projects if one.id == project_id)
    actor = Actor(id="demo", role="superuser", permissions=ROLES["superuser"])
    ctx = Context(client.id, actor, began_at(since, model.settings.timezone), derived_ids(client.id))
    tenancy.open_client(client=client)
    for role in preset.roles:
        identity.begin_with_role(_step(ctx, "role", role.name), role=role.as_role())
    for cycle in preset.cycles:
        cycles.open_cycle(_step(ctx, "cycle", cycle.id), cycle=cycle)
    project = tenancy.add_project(_step(ctx, "project", model.id), project_id=model.id, settings=model.settings)
    loading = Loading(ProjectContext.of(ctx, project), day)
    valid_from = Period.of(since).shifted(-12).first_day
    for tariff in sheet:
        tariffs.open_tariff(loading.step("tariff", model.id, tariff.id), tariff=replace(tariff, valid_from=valid_from))
    return loading


def _step(ctx: Setting, *names: str) -> Setting:
    key = " ".join(("demo", *names))
    return replace(ctx, new_id=derived_ids(ctx.client, key), request_key=key)


def _billed(project: Project, rule: DueRule, sheet: list[Tariff], reading: MeterReading) -> BilledReading:
    period = project.period_of(reading.read_on)
    usage = Usage(
        quantity=reading.usage,
        unit=project.settings.unit,
        first_day=project.first_day_of(period),
        until_day=period.shifted(1).first_day,
        months=project.months,
        consumer_class=reading.consumer_class,
    )
    tariff = next(one for one in sheet if one.consumer_class in {None, reading.consumer_class})
    total = tariffs.quote_draft(tariff, usage=usage).total
    return BilledReading(reading, period, total, due_on(rule, period, reading.read_on))


def _upload(ctx: ProjectContext, kind: FileKind, text: str) -> FileImport:
    """Announce a file and put it into the bucket, as a utility would."""
    name = f"{ctx.project_id}.{'json' if kind == 'history' else 'csv'}"
    record, form = files.ask_for_upload(ctx, kind=kind, file_name=name, period=None)
    boto3.client("s3").put_object(Bucket=settings.bucket_name(), Key=form.fields["key"], Body=text.encode())
    return record


def _check(record: FileImport) -> None:
    if record.state != "done" or record.counts.refused:
        raise AssertionError(f"the demo's {record.file_name} was refused: {record.refusal or record.counts}")
