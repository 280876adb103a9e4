"""Deterministic ids: the same events give the same ids, whatever the order, the partitions or the repeats.

Ids are digests of what they identify, so no counter has to be kept and a restart can't give a finding a second name.
A jr_id also carries its rule and a seal of the provider: a 3103 finds its way, and an unknown one is told, without a store.
"""

from hashlib import blake2b

from monitor.privacy import Tokens

SEPARATOR = "\x1f"
SEAL_CHARS = 8


def digest(*parts: str) -> str:
    """24 hex characters that name `parts`."""
    return blake2b(SEPARATOR.join(parts).encode(), digest_size=12).hexdigest()


def verdict_id(provider: str, infno: str, msgid: str) -> str:
    """A verdict is named by its call; calls that do not count get none, so the kind of outcome is always 'counted'."""
    return digest("verdict", provider, infno, msgid, "counted")


def finding_id(rule_id: str, anchor: str) -> str:
    """A finding is named by its rule and what it is about (a settlement, a stay, a call, a code, a burst's first)."""
    return digest("finding", rule_id, anchor)


def jr_id(rule_id: str, provider: str, infno: str, msgid: str, *, tokens: Tokens) -> str:
    """``RULE.digest.seal``, at most 50 characters: the result of one rule in the verdict of one call."""
    name = digest("result", rule_id, provider, infno, msgid)[:16]
    return f"{rule_id}.{name}.{_seal(rule_id, provider, name, tokens)}"


def parse_jr_id(text: str, *, provider: str, tokens: Tokens) -> str | None:
    """The rule of a jr_id that was given to this provider; None for any other text."""
    match text.split("."):
        case [rule_id, name, seal] if seal == _seal(rule_id, provider, name, tokens):
            return rule_id
    return None


def _seal(rule_id: str, provider: str, name: str, tokens: Tokens) -> str:
    return tokens.mac(SEPARATOR.join((rule_id, provider, name)))[:SEAL_CHARS]
