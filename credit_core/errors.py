"""The root of what credit_core refuses.

A :class:`Refusal` is an answer, not a fault: it carries a code under which the text for the
person stands in ``config/texts``, and the fields to fill it with.
"""

from __future__ import annotations


class CreditError(Exception):
    """Root of all errors of credit_core."""


class Refusal(CreditError):
    """Something that was asked for is not allowed or not possible now.

    :ivar code: stable key such as ``repair.too_early``; also the key of the text.
    :ivar fields: values for the text (dates, numbers; never identity numbers).
    """

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields


class NotFoundError(CreditError):
    """No such subject, record or case."""
