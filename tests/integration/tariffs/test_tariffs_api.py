"""Tariffs over HTTP: open, adopt, succeed, correct, quote."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.platform.transaction import Refused
from chalicelib.tariffs import repository, service
from chalicelib.tariffs.domain import work
from tests.support.http import Api
from tests.support.utilities import Utility, open_condominium, open_waterworks


@pytest.fixture
def waterworks(api: Api) -> Utility:
    return open_waterworks(api)


def sheet(rate: str, start: str, *, name: str = "School water", **more: Any) -> dict[str, Any]:  # noqa: ANN401
    charge = {"kind": "usage", "code": "usage", "label": "Water", "rate": rate}
    facts = {"name": name, "currency": "PHP", "unit": "m3", "validFrom": start, "consumerClass": "school"}
    return facts | {"charges": [charge]} | more


def test_f5_a_project_keeps_a_bounded_number_of_versions(waterworks: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = waterworks.as_staff()
    known = len(admin.get(f"{waterworks.base}/tariffs").expect(200)["items"])
    monkeypatch.setattr(work, "MAX_VERSIONS", known + 2)
    admin.post(f"{waterworks.base}/tariffs", {"id": "school", "sheet": sheet("10", "2025-01-01")}).expect(201)
    later = f"{waterworks.base}/tariffs/school/versions"
    admin.post(later, sheet("11", "2025-02-01")).expect(201)

    refused = admin.post(later, sheet("12", "2025-03-01")).expect(400)

    assert (refused["code"], "delete some" in refused["detail"]) == ("invalid-tariff", True)
    admin.put(f"{later}/2", sheet("13", "2025-02-01")).expect(200)  # a correction adds none


def november(quantity: str) -> dict[str, Any]:
    return {"quantity": quantity, "unit": "m3", "firstDay": "2025-11-01", "untilDay": "2025-12-01"}


@pytest.mark.covers("S2-287")
def test_a_tariff_is_a_projects(waterworks: Utility) -> None:
    admin = waterworks.as_staff()
    nowhere = f"/api/clients/{waterworks.client}/projects/nowhere/tariffs"
    opened = {"id": "school", "sheet": sheet("10", "2025-01-01")}
    assert admin.post(nowhere, opened).expect(404)["code"] == "no-such-project"
    admin.post(f"{waterworks.base}/tariffs", opened).expect(201)


@pytest.mark.covers("S3-025", "S3-026", "S3-027", "S3-029")
def test_a_quote_shows_the_lines_of_the_bill_and_why(waterworks: Utility) -> None:
    staff = waterworks.as_staff("field_staff")
    quoted = staff.post(
        f"{waterworks.base}/tariffs/quote", {"tariffId": "residential", "usage": november("10")}
    ).expect(200)
    assert (quoted["total"], quoted["currency"]) == ("275.00", "PHP")
    assert [(line["code"], line["amount"]) for line in quoted["lines"]] == [("usage", "225.00"), ("fixed", "50.00")]
    assert quoted["lines"][0]["explanation"] == ["10 m3 at 22.50 = 225.00"]
    other = staff.post(f"{waterworks.base}/tariffs/quote", {"tariffId": "commercial", "usage": november("10")}).expect(
        200
    )
    assert other["total"] == "300.00"


@pytest.mark.parametrize(
    "use",
    [
        {"readings": [{"previous": "9995", "current": "5", "digits": 4}]},
        {"readings": [{"previous": "100", "current": "107"}, {"previous": "0", "current": "3"}]},
        {"readings": [{"previous": "20", "current": "21", "multiplier": "10"}]},
        {"estimate": {"recentUses": ["90", "9", "11"], "last": 2}},
    ],
    ids=["a register that ran over", "an exchanged meter", "a multiplier", "an estimate"],
)
def test_ten_cubic_metres_are_quoted_from_what_meters_show(waterworks: Utility, use: dict[str, Any]) -> None:
    days = {"firstDay": "2025-11-01", "untilDay": "2025-12-01"}
    body = {"tariffId": "residential", "usage": {"unit": "m3"} | days | use}
    assert waterworks.as_staff().post(f"{waterworks.base}/tariffs/quote", body).expect(200)["total"] == "275.00"


@pytest.mark.parametrize(
    ("use", "code"),
    [
        ({}, "invalid-body"),
        ({"quantity": "1", "estimate": {"recentUses": ["1"], "last": 1}}, "invalid-body"),
        ({"readings": [{"previous": "9", "current": "5"}]}, "reading-below-last"),
        ({"readings": [{"previous": "9", "current": "15", "digits": 1}]}, "impossible-reading"),
    ],
    ids=["no use", "two uses", "a meter that ran backwards", "more than a register can show"],
)
def test_a_use_that_can_not_be_is_refused(waterworks: Utility, use: dict[str, Any], code: str) -> None:
    body = {"tariffId": "residential", "usage": {"unit": "m3"} | use}
    refused = waterworks.as_staff().post(f"{waterworks.base}/tariffs/quote", body).expect(400)
    assert refused["code"] == code


@pytest.mark.covers("S1-040", "S1-041")
def test_eleven_gallons_are_quoted_to_the_cent(api: Api) -> None:
    condominium = open_condominium(api)
    usage = november("11") | {"unit": "gal"}
    quoted = condominium.as_staff().post(f"{condominium.base}/tariffs/quote", {"tariffId": "standard", "usage": usage})
    assert quoted.expect(200)["total"] == "25.06"


@pytest.mark.covers("S2-047", "S2-048", "S2-049", "S4-037", "S4-038")
def test_a_draft_is_quoted_and_nothing_is_stored(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    before = staff.get(f"{waterworks.base}/tariffs").expect(200)
    library = {entry["id"]: entry["sheet"] for entry in staff.get("/api/tariff-library").expect(200)["items"]}

    def total(name: str, quantity: str) -> str:
        unit = library[name]["unit"]
        body = {"draft": library[name], "usage": {"quantity": quantity, "unit": unit}}
        return str(staff.post(f"{waterworks.base}/tariffs/quote", body).expect(200)["total"])

    assert total("utility-billing-flat", "50") == "345.00"
    assert total("electricity-household", "0") == "25.00"
    assert total("electricity-household", "100") == "200.00"
    assert staff.get(f"{waterworks.base}/tariffs").expect(200) == before


@pytest.mark.covers("S2-015", "S2-159", "S2-158", "S2-402")
def test_a_tariff_is_opened_and_shown(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    opened = staff.post(f"{waterworks.base}/tariffs", {"id": "school", "sheet": sheet("10.00", "2025-01-01")})
    assert opened.expect(201)["version"] == 1
    assert opened.headers["location"] == f"{waterworks.base}/tariffs/school/versions/1"
    shown = staff.get(f"{waterworks.base}/tariffs/school").expect(200)["items"]
    assert shown == [
        {
            "id": "school",
            "version": 1,
            "sealed": False,
            "name": "School water",
            "currency": "PHP",
            "unit": "m3",
            "validFrom": "2025-01-01",
            "validUntil": None,
            "consumerClass": "school",
            "byChoice": None,
        }
    ]
    whole = staff.get(f"{waterworks.base}/tariffs/school/versions/1").expect(200)
    assert whole["sheet"]["charges"][0]["rate"] == "10"
    assert staff.get(f"{waterworks.base}/tariffs/church").status == 404
    again = staff.post(f"{waterworks.base}/tariffs", {"id": "school", "sheet": sheet("10.00", "2025-01-01")})
    assert again.status == 201
    other = staff.post(f"{waterworks.base}/tariffs", {"id": "school", "sheet": sheet("11.00", "2025-01-01")})
    assert (other.status, other.json["code"]) == (409, "version-exists")
    dearer = staff.put(f"{waterworks.base}/tariffs/school/versions/1", sheet("12.00", "2025-01-01")).expect(200)
    assert dearer["sheet"]["charges"][0]["rate"] == "12"
    assert staff.get(f"{waterworks.base}/tariffs/school/versions/1").expect(200) == dearer
    staff.delete(f"{waterworks.base}/tariffs/school/versions/1").expect(200)
    staff.get(f"{waterworks.base}/tariffs/school").expect(404)


def test_two_tariffs_of_a_class_may_not_be_valid_on_one_day(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    body = {"id": "second", "sheet": sheet("1.00", "2025-06-01", consumerClass="residential")}
    refused = staff.post(f"{waterworks.base}/tariffs", body)
    assert (refused.status, refused.json["code"]) == (400, "overlapping-versions")


def test_faults_of_a_sheet_are_named_at_their_place(waterworks: Utility) -> None:
    tax = {"kind": "percent", "code": "tax", "label": "Tax", "percent": "12", "of": ["fuel"]}
    charges = [*sheet("-1", "2025-01-01")["charges"], tax]
    body = {"id": "school", "sheet": sheet("1", "2025-01-01", charges=charges)}
    refused = waterworks.as_staff().post(f"{waterworks.base}/tariffs", body)
    assert (refused.status, refused.json["code"]) == (400, "invalid-tariff")
    assert [fault["field"] for fault in refused.json["errors"]] == ["sheet.charges.0.rate", "sheet.charges.1.of"]
    foreign = waterworks.as_staff().post(
        f"{waterworks.base}/tariffs", {"id": "x", "sheet": sheet("1", "2025-01-01", unit="gal")}
    )
    assert (foreign.status, foreign.json["code"]) == (400, "other-unit")


@pytest.mark.covers("S2-160")
def test_a_version_is_succeeded_and_the_bill_of_the_change_shows_both(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    succeeded = staff.post(
        f"{waterworks.base}/tariffs/residential/versions",
        sheet("30.00", "2025-11-16", consumerClass="residential", name="residential"),
    ).expect(201)
    assert succeeded["version"] == 2
    versions = staff.get(f"{waterworks.base}/tariffs/residential").expect(200)["items"]
    assert [each["validUntil"] for each in versions] == ["2025-11-16", None]
    quote = {"tariffId": "residential", "usage": november("10")}
    amounts = [line["amount"] for line in staff.post(f"{waterworks.base}/tariffs/quote", quote).expect(200)["lines"]]
    assert amounts == ["112.50", "25.00", "150.00"]
    first = staff.post(f"{waterworks.base}/tariffs/quote", quote | {"version": 1}).expect(200)
    assert first["total"] == "275.00"
    early = staff.post(f"{waterworks.base}/tariffs/residential/versions", sheet("1", "2025-11-16"))
    assert (early.status, early.json["code"]) == (400, "too-early")


@pytest.mark.covers("S2-161")
def test_a_version_that_a_run_was_given_can_only_be_succeeded(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    place = f"{waterworks.base}/tariffs/residential/versions/1"
    corrected = sheet("23.00", "2020-01-01", consumerClass="residential")
    assert staff.put(place, corrected).expect(200)["sealed"] is False
    project = waterworks.context().project
    service.tariff_book(project, until_day=date(2025, 12, 1))
    refused = staff.put(place, sheet("24.00", "2020-01-01", consumerClass="residential"))
    assert (refused.status, refused.json["code"]) == (409, "tariff-used")
    assert staff.delete(place).status == 409
    assert staff.get(f"{waterworks.base}/tariffs/residential").expect(200)["items"][0]["sealed"] is True
    staff.post(
        f"{waterworks.base}/tariffs/residential/versions", sheet("24.00", "2026-01-01", consumerClass="residential")
    ).expect(201)
    assert staff.delete(f"{waterworks.base}/tariffs/residential/versions/2").expect(200)["version"] == 2


def test_a_version_that_starts_on_the_day_after_those_billed_stays_open_to_change(waterworks: Utility) -> None:
    service.tariff_book(waterworks.context().project, until_day=date(2020, 1, 1))
    staff = waterworks.as_staff()
    assert staff.delete(f"{waterworks.base}/tariffs/residential/versions/1").status == 200
    assert staff.delete(f"{waterworks.base}/tariffs/residential/versions/1").status == 404
    assert staff.delete(f"{waterworks.base}/tariffs/residential/versions/one").status == 404


def test_a_version_between_two_others_is_not_deleted_for_nothing_would_charge_its_days(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    place = f"{waterworks.base}/tariffs/residential/versions"
    for start in ("2026-01-01", "2027-01-01"):
        staff.post(place, sheet("24.00", start, consumerClass="residential")).expect(201)
    refused = staff.delete(f"{place}/2").expect(409)
    assert refused["code"] == "tariff-between"
    assert "from 2026-01-01 to 2027-01-01" in refused["detail"]
    staff.delete(f"{place}/3").expect(200)
    staff.delete(f"{place}/2").expect(200)


def test_d2_a_newest_version_that_is_deleted_leaves_its_days_to_the_one_before(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    place = f"{waterworks.base}/tariffs/residential"
    homes = {"consumerClass": "residential"}
    service.tariff_book(waterworks.context().project, until_day=date(2025, 12, 1))  # sealed: a run was given it
    for start, until in (("2026-01-01", None), ("2026-03-01", "2027-01-01")):
        staff.post(f"{place}/versions", sheet("24.00", start, validUntil=until, **homes)).expect(201)
    staff.delete(f"{place}/versions/3").expect(200)
    assert [each["validUntil"] for each in staff.get(place).expect(200)["items"]] == ["2026-01-01", "2027-01-01"]
    staff.put(f"{place}/versions/2", sheet("24.00", "2026-01-01", **homes)).expect(200)
    staff.delete(f"{place}/versions/2").expect(200)
    assert [each["validUntil"] for each in staff.get(place).expect(200)["items"]] == [None]
    quote = {"tariffId": "residential", "usage": november("10")}
    assert staff.post(f"{waterworks.base}/tariffs/quote", quote).expect(200)["total"] == "275.00"
    log = staff.get(f"/api/clients/{waterworks.client}/audit-log", action="tariff.deleted").expect(200)["items"]
    assert [entry["after"] for entry in log] == [{"continuedBy": "1"}, {"continuedBy": "2"}]


def test_d2_a_first_version_that_others_follow_is_not_deleted(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    place = f"{waterworks.base}/tariffs/school"
    schools = {"consumerClass": "school"}
    staff.post(f"{waterworks.base}/tariffs", {"id": "school", "sheet": sheet("10", "2026-08-01", **schools)}).expect(
        201
    )
    staff.post(f"{place}/versions", sheet("11", "2026-10-01", **schools)).expect(201)
    refused = staff.delete(f"{place}/versions/1").expect(409)
    assert (refused["code"], "from 2026-08-01 to 2026-10-01" in refused["detail"]) == ("tariff-followed", True)
    staff.put(f"{place}/versions/2", sheet("11", "2027-01-01")).expect(200)
    assert [each["validUntil"] for each in staff.get(place).expect(200)["items"]] == ["2027-01-01", None]
    staff.delete(f"{place}/versions/2").expect(200)
    staff.delete(f"{place}/versions/1").expect(200)


def test_d2_a_version_that_is_corrected_to_begin_on_another_day_moves_the_end_of_the_one_before(
    waterworks: Utility,
) -> None:
    staff = waterworks.as_staff()
    place = f"{waterworks.base}/tariffs/residential"
    homes = {"consumerClass": "residential"}
    for start in ("2026-01-01", "2027-01-01"):
        staff.post(f"{place}/versions", sheet("24.00", start, **homes)).expect(201)

    def begins(day: str, until: str | None = "2027-01-01") -> Any:  # noqa: ANN401
        return staff.put(f"{place}/versions/2", sheet("24.00", day, validUntil=until, **homes))

    for day in ("2026-02-01", "2025-12-01"):
        begins(day).expect(200)
        ends = [each["validUntil"] for each in staff.get(place).expect(200)["items"]]
        assert ends == [day, "2027-01-01", None]
    assert begins("2020-01-01").expect(400)["code"] == "too-early"
    assert begins("2026-02-01", until="2026-06-01").expect(400)["code"] == "leaves-gap"


def test_a_successor_begins_no_later_than_the_last_version_ended_unless_another_tariff_charges_meanwhile(
    waterworks: Utility,
) -> None:
    staff = waterworks.as_staff()
    place = f"{waterworks.base}/tariffs/residential/versions"
    homes = {"consumerClass": "residential"}
    staff.put(f"{place}/1", sheet("22.50", "2020-01-01", validUntil="2026-01-01", **homes)).expect(200)
    late = staff.post(place, sheet("24.00", "2026-02-01", **homes)).expect(400)
    assert (late["code"], late["detail"].rpartition("; ")[2]) == ("leaves-gap", "begin on 2026-01-01.")
    january = {"id": "january", "sheet": sheet("23.00", "2026-01-01", validUntil="2026-02-01", **homes)}
    staff.post(f"{waterworks.base}/tariffs", january).expect(201)
    staff.post(place, sheet("24.00", "2026-02-01", **homes)).expect(201)


def test_versions_of_other_classes_keep_none_from_being_deleted(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    for start in ("2019-01-01", "2027-01-01"):
        until = {"validUntil": "2019-06-01"} if start == "2019-01-01" else {}
        staff.post(
            f"{waterworks.base}/tariffs", {"id": f"school-{start}", "sheet": sheet("10", start, **until)}
        ).expect(201)
    staff.delete(f"{waterworks.base}/tariffs/residential/versions/1").expect(200)


def test_of_8_who_open_tariffs_of_one_class_at_once_one_wins(waterworks: Utility) -> None:
    staff = waterworks.as_staff()

    def open_one(number: int) -> tuple[int, str | None]:
        body = {"id": f"school-{number}", "sheet": sheet(str(number + 1), "2025-01-01")}
        reply = staff.post(f"{waterworks.base}/tariffs", body)
        return reply.status, reply.json.get("code")

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(open_one, range(8)))
    assert [status for status, _ in answers].count(201) == 1
    assert {code for status, code in answers if status != 201} <= {"tariff-changed", "overlapping-versions"}
    listed = staff.get(f"{waterworks.base}/tariffs").expect(200)["items"]
    assert len([each for each in listed if each["consumerClass"] == "school"]) == 1


def test_f5_a_sheet_that_no_item_could_hold_is_refused_with_its_size(waterworks: Utility) -> None:
    names = [f"class {number:04} of many".ljust(40, "x") for number in range(50)]
    factors = [{"label": "x" * 120, "value": "2", "when": {"classes": names, "meterSizes": names}}] * 20
    charges = [
        {"kind": "fixed", "code": f"c{number}", "label": "Charge", "amount": "1", "factors": factors}
        for number in range(5)
    ]
    body = {"id": "long", "sheet": sheet("1", "2025-01-01", charges=charges)}
    refused = waterworks.as_staff().post(f"{waterworks.base}/tariffs", body).expect(400)
    assert refused["code"] == "invalid-tariff"
    assert "a tariff has at most 100000" in refused["detail"]


def test_f5_a_sheet_of_1500_blocks_is_refused(waterworks: Utility) -> None:
    blocks = [{"over": str(at), "upTo": str(at + 1) if at < 99 else None, "rate": "1.2345678901"} for at in range(100)]
    charges = [{"kind": "blocks", "code": f"c{number}", "label": "Water", "blocks": blocks} for number in range(15)]
    body = {"id": "long", "sheet": sheet("1", "2025-01-01", charges=charges)}
    refused = waterworks.as_staff().post(f"{waterworks.base}/tariffs", body).expect(400)
    assert (refused["code"], "blocks in all" in refused["detail"]) == ("invalid-tariff", True)


def test_who_read_the_tariffs_before_somebody_changed_them_changes_none(waterworks: Utility) -> None:
    project = waterworks.context().project
    known, turn = repository.versions_to_change(project)
    body = {"id": "school", "sheet": sheet("10", "2025-01-01")}
    waterworks.as_staff().post(f"{waterworks.base}/tariffs", body).expect(201)
    late = replace(known[0].tariff, id="late")
    with pytest.raises(Refused) as refused:
        repository.insert_tariff(project, late, also=[turn])
    assert refused.value.labels == ("tariffs",)


def test_a_published_tariff_is_adopted_in_one_call(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    body = {"libraryId": "baler-water-district", "validFrom": "2025-01-01", "consumerClass": "school"}
    adopted = staff.post(f"{waterworks.base}/tariffs/adoptions", body).expect(201)
    assert (adopted["id"], adopted["sheet"]["validFrom"]) == ("baler-water-district", "2025-01-01")
    quoted = {"tariffId": "baler-water-district", "usage": november("20")}
    assert staff.post(f"{waterworks.base}/tariffs/quote", quoted).expect(200)["total"] == "159.00"
    unknown = staff.post(f"{waterworks.base}/tariffs/adoptions", body | {"libraryId": "atlantis"})
    assert unknown.status == 404


@pytest.mark.covers("S2-020", "S2-157")
def test_only_the_admin_changes_tariffs(waterworks: Utility) -> None:
    assert waterworks.as_staff("viewer").get(f"{waterworks.base}/tariffs").status == 403
    reader = waterworks.as_staff("field_staff")
    assert reader.get(f"{waterworks.base}/tariffs").status == 200
    assert reader.post(f"{waterworks.base}/tariffs", {"id": "school", "sheet": sheet("1", "2025-01-01")}).status == 403
    assert reader.put(f"{waterworks.base}/tariffs/residential/versions/1", sheet("1", "2025-01-01")).status == 403
    assert reader.delete(f"{waterworks.base}/tariffs/residential/versions/1").status == 403


def test_f5_a_quote_larger_than_an_answer_can_be_is_refused_as_its_bill_would_be(waterworks: Utility) -> None:
    """It was 5.5 MB, and Lambda returns 6 MB at the most: 60 charges of 8 blocks and 20 factors, in 24 months."""
    blocks = [{"over": str(at), "upTo": str(at + 1) if at < 7 else None, "rate": "1.2345678901"} for at in range(8)]
    factors = [{"label": "factor", "value": "1.0001", "when": {}}] * 20
    charge = {"kind": "blocks", "label": "Water", "blocks": blocks, "factors": factors}
    charges = [charge | {"code": f"c{at}"} for at in range(60)]
    draft = {"name": "Long", "currency": "PHP", "unit": "m3", "validFrom": "2020-01-01", "charges": charges}
    asked = {"draft": draft | {"monthsApart": True}, "usage": {"quantity": "1000", "unit": "m3", "months": 24}}
    refused = waterworks.as_staff().post(f"{waterworks.base}/tariffs/quote", asked).expect(400)
    assert (refused["code"], "1440 lines" in refused["detail"]) == ("bill-too-long", True)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"firstDay": "2026-11-01", "untilDay": "2026-11-02", "months": 24}, "usage"),
        ({"periodDays": 1, "months": 2}, "usage"),
    ],
)
def test_a_quoted_use_has_a_day_in_each_of_its_months(waterworks: Utility, change: dict[str, Any], field: str) -> None:
    """It divided by zero days: a 500."""
    charge = {"kind": "fixed", "code": "a", "label": "L", "amount": "10.00", "prorated": True}
    draft = {"name": "Any", "currency": "PHP", "unit": "m3", "validFrom": "2020-01-01", "charges": [charge]}
    asked = {"draft": draft | {"monthsApart": True}, "usage": {"quantity": "100", "unit": "m3"} | change}
    refused = waterworks.as_staff().post(f"{waterworks.base}/tariffs/quote", asked).expect(400)
    assert (refused["code"], refused["errors"][0]["field"]) == ("invalid-body", field)
    assert "months have at least as many days" in refused["detail"]


def test_a_quote_that_rating_fails_on_is_refused(waterworks: Utility, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(service, "rate_over", fails)
    asked = {"tariffId": "residential", "usage": november("10")}
    refused = waterworks.as_staff().post(f"{waterworks.base}/tariffs/quote", asked).expect(400)
    assert (refused["code"], refused["detail"]) == ("not-rated", "Rating failed: ZeroDivisionError.")


@pytest.mark.parametrize("step", ["0", "-1"])
def test_a_step_that_is_not_above_zero_is_refused_where_it_is(waterworks: Utility, step: str) -> None:
    """A step of zero was accepted (201) and its run could rate nothing; a negative one rounded the wrong way."""
    staff = waterworks.as_staff()
    rounded = {"kind": "usage", "code": "a", "label": "L", "rate": "22.50", "rateRounding": {"step": step}}
    refused = staff.post(
        f"{waterworks.base}/tariffs", {"id": "school", "sheet": sheet("10", "2026-08-01") | {"charges": [rounded]}}
    ).expect(400)
    assert refused["errors"] == [{"field": "sheet.charges.0.rateRounding.step", "message": "Give a number above 0."}]
    estimate = {"recentUses": ["-5", "1"], "last": 36, "rounding": {"step": step}}
    asked = {"tariffId": "residential", "usage": {"estimate": estimate, "unit": "m3"}}
    refused = staff.post(f"{waterworks.base}/tariffs/quote", asked).expect(400)
    assert refused["errors"][0]["field"] == "usage.estimate.rounding.step"


def test_a_quote_names_one_tariff_only(waterworks: Utility) -> None:
    staff = waterworks.as_staff()
    for body in ({}, {"tariffId": "residential", "draft": sheet("1", "2025-01-01")}):
        assert staff.post(f"{waterworks.base}/tariffs/quote", body | {"usage": november("1")}).status == 400
    missing = {"tariffId": "residential", "version": 9, "usage": november("1")}
    assert staff.post(f"{waterworks.base}/tariffs/quote", missing).status == 404
