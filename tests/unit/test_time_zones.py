from zoneinfo import ZoneInfo

import pytest

from app.domain import time_zones


def test_every_name_is_a_zone() -> None:
    assert all(ZoneInfo(name).key == name for name in time_zones.names())
    assert len(time_zones.names()) > 500


@pytest.mark.parametrize("name", ["UTC", "Europe/London", "America/Argentina/Salta", "Etc/GMT+5"])
def test_zones_of_the_list_are_known(name: str) -> None:
    assert name in time_zones.names()


@pytest.mark.parametrize("name", ["", "Mars", "localtime", "posixrules", "Factory", "utc", "zones"])
def test_what_only_some_machines_know_is_no_zone(name: str) -> None:
    assert name not in time_zones.names()
