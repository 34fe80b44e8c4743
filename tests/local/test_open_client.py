"""The operator's command opens a client by a preset, once, and says why when it can't."""

import pytest

from chalicelib.onboarding import service as onboarding
from chalicelib.tenancy import service as tenancy
from chalicelib.tenancy.domain import check_client, check_settings
from local import open_client
from tests.support.engine import Engine
from tests.support.table import items_of


@pytest.mark.parametrize("preset", sorted(onboarding.list_presets()))
def test_a_client_opened_by_a_preset_works_as_the_preset_says(
    engine: Engine, capsys: pytest.CaptureFixture[str], preset: str
) -> None:
    client = f"by-{preset[:20]}"
    assert open_client.main([preset, client, "--name", "New Town"]) == 0
    assert f"Client {client} (New Town) is open" in capsys.readouterr().out
    before = items_of(client)
    assert open_client.main([preset, client, "--name", "New Town"]) == 0
    assert items_of(client) == before

    model = onboarding.list_presets()[preset]
    opened = tenancy.find_client(client)
    assert opened is not None
    assert (opened.name, opened.login_names, opened.area_levels) == (
        "New Town",
        model.client.login_names,
        model.client.area_levels,
    )
    projects = {project for name, project in tenancy.directory() if name == client}
    assert projects == {project.id for project in model.projects}


def test_what_can_not_be_opened_is_one_line(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert open_client.main(["nobody", "new-town"]) == 1
    assert "there is no preset nobody" in capsys.readouterr().err
    assert open_client.main(["balilihan", "taken-town"]) == 0
    assert open_client.main(["electricity", "taken-town"]) == 1
    assert "there is a client taken-town already" in capsys.readouterr().err
    assert open_client.main(["balilihan", "a#b"]) == 1


def test_every_preset_has_settings_that_a_utility_could_work_with() -> None:
    for preset in onboarding.list_presets().values():
        check_client(preset.client)
        for project in preset.projects:
            check_settings(project.settings)
