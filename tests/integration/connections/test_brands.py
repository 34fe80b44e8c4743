"""Meter brands: a list of the client that connections name."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.http import Api
from tests.support.utilities import Utility, open_waterworks


@pytest.fixture
def utility(api: Api) -> Utility:
    return open_waterworks(api)


@pytest.fixture
def admin(utility: Utility) -> Api:
    return utility.as_staff()


def _register(admin: Api, utility: Utility, first: str, last: str, **more: str) -> dict[str, object]:
    made: dict[str, object] = admin.post(utility.consumers, {"firstName": first, "lastName": last, **more}).expect(201)
    return made


def test_a_meter_brand_is_renamed_and_deleted_only_while_no_connection_names_it(utility: Utility, admin: Api) -> None:
    brands = f"/api/clients/{utility.client}/meter-brands"
    for brand in ("itron", "elster"):
        admin.post(brands, {"id": brand, "name": brand}).expect(201)
    consumer = _register(admin, utility, "Juan", "Cruz")["id"]
    paths = []
    for number in range(3):
        meter = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": f"SM-{number}"}
        made = admin.post(f"{utility.base}/connections", meter | {"meterBrand": "itron"}).expect(201)
        paths.append(f"{utility.base}/connections/{made['accountNumber']}")

    renamed = {"id": "itron", "name": "Itron, Inc.", "connections": 3}
    assert admin.put(f"{brands}/itron", {"name": "Itron, Inc."}).expect(200) == renamed
    assert admin.delete(f"{brands}/itron").expect(409)["code"] == "brand-used"
    other = {"version": 0, "consumerClass": "residential", "meterBrand": "elster"}
    admin.patch(paths[0], other).expect(200)
    admin.patch(paths[0], other | {"version": 1}).expect(200)  # the same brand again counts once
    exchange = {"meterNumber": "SM-9", "finalReading": "0", "reason": "Stuck"}
    admin.post(f"{paths[1]}/meter-exchanges", exchange).expect(200)
    assert {each["id"]: each["connections"] for each in admin.get(brands).expect(200)["items"]} == {
        "elster": 1,
        "itron": 1,
    }
    assert admin.delete(f"{brands}/itron").expect(409)["code"] == "brand-used"
    admin.post(f"{paths[2]}/closure", {"reason": "Demolished", "finalReading": "0"}).expect(200)
    assert admin.delete(f"{brands}/itron").expect(200)["id"] == "itron"
    assert admin.get(paths[2]).expect(200)["meterBrand"] == "itron"
    for refused in (admin.delete(f"{brands}/itron"), admin.put(f"{brands}/itron", {"name": "Itron"})):
        assert refused.expect(404)["code"] == "not-found"
    admin.delete(paths[0]).expect(200)
    admin.delete(f"{brands}/elster").expect(200)
    log = admin.get(f"/api/clients/{utility.client}/audit-log").expect(200)["items"]
    done = {each["action"] for each in log if each["action"].startswith("meter-brand")}
    assert done == {"meter-brand.opened", "meter-brand.renamed", "meter-brand.deleted"}


def test_a_brand_is_either_named_or_deleted_never_both(utility: Utility, admin: Api) -> None:
    brands = f"/api/clients/{utility.client}/meter-brands"
    consumer = _register(admin, utility, "Juan", "Cruz")["id"]
    for number in range(4):
        admin.post(brands, {"id": f"brand{number}", "name": "Brand"}).expect(201)
        meter = {"consumerId": consumer, "consumerClass": "residential", "meterNumber": f"SM-{number}"}
        with ThreadPoolExecutor(2) as threads:
            deleted = threads.submit(admin.delete, f"{brands}/brand{number}")
            named = threads.submit(admin.post, f"{utility.base}/connections", meter | {"meterBrand": f"brand{number}"})
        assert (deleted.result().status, named.result().status) in {(200, 400), (409, 201)}


@pytest.mark.covers("S3-095")
def test_meter_brands_are_a_list_that_connections_name(utility: Utility, admin: Api) -> None:
    brands = f"/api/clients/{utility.client}/meter-brands"
    admin.post(brands, {"id": "itron", "name": "Itron"}).expect(201)
    assert admin.post(brands, {"id": "itron", "name": "Other"}).expect(409)["code"] == "brand-taken"
    assert admin.get(brands).expect(200)["items"] == [{"id": "itron", "name": "Itron", "connections": 0}]
    consumer = _register(admin, utility, "Juan", "Cruz")
    body = {"consumerId": consumer["id"], "consumerClass": "residential", "meterNumber": "SM-1"}
    refused = admin.post(f"{utility.base}/connections", {**body, "meterBrand": "nobody"}).expect(400)
    assert refused["code"] == "unknown-brand"
    assert (
        admin.post(f"{utility.base}/connections", {**body, "meterBrand": "itron"}).expect(201)["meterBrand"] == "itron"
    )
