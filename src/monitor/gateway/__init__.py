"""The HTTP door: hospitals and pharmacies ask before they order and charge, the platform hands in its feed.

It asks and waits through a small port (mailbox.py) and knows nothing of how questions travel. It fails open:
whatever is slow or broken behind it, a patient is treated and the call is answered within the budget.
"""
