"""What a test expects of a text: labels and value put in where Prometheus's template has them."""

import re
from collections.abc import Mapping
from typing import Final

_LABEL: Final = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_VALUE: Final = re.compile(r"\{\{ \$value(?: \| \w+)? \}\}")


def filled_in(text: str, labels: Mapping[str, str], value: str) -> str:
    """A label that is not there is empty, as with Prometheus; how the value is written is the case's to say."""
    text = _LABEL.sub(lambda found: labels.get(found[1], ""), text)
    return _VALUE.sub(lambda _: value, text)
