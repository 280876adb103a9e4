"""What a provider is told without asking: refusals, and every revision of what a refusal or a mismatch rests on."""

from monitor.notices.lanes import Lanes, Parcel
from monitor.notices.notice import Notice, of_finding, of_verdict
from monitor.notices.signature import headers_of, is_signed

__all__ = ["Lanes", "Notice", "Parcel", "headers_of", "is_signed", "of_finding", "of_verdict"]
