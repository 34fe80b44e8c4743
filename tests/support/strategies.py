"""What several laws are tried on."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

_FIRST = datetime(1990, 1, 1, tzinfo=UTC)

INSTANTS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=200 * 365)).map(lambda age: _FIRST + age)
