"""What a provider is told without asking: refusals, and every revision of what a refusal or a mismatch rests on."""

from monitor.notices.lanes import Lanes, Parcel
from monitor.notices.notice import Notice, of_finding, of_verdict
from monitor.notices.signature import Signer, by_key, by_secret, headers_of, is_signed
from monitor.notices.sm2 import Sm2Error, Sm2Key

__all__ = [
    "Lanes",
    "Notice",
    "Parcel",
    "Signer",
    "Sm2Error",
    "Sm2Key",
    "by_key",
    "by_secret",
    "headers_of",
    "is_signed",
    "of_finding",
    "of_verdict",
]
