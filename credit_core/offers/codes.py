"""Coupon codes: nine random characters and a check character, easy to read aloud and to type.

The 23 characters leave out everything that is mistaken for something else (0 O, 1 I L, 2 Z,
5 S, 8 B, U V). 23 is prime, so the weighted check character finds every single wrong character
and every exchange of two.
"""

from __future__ import annotations

import secrets
import unicodedata

ALPHABET = "3467" + "9ACDEFGHJKMNPQRTWXY"
LENGTH = 10
CODE_PLACE = "coupon.code_index"
"""Where the blind index of a code stands."""
_VALUE = {character: value for value, character in enumerate(ALPHABET)}


def new_code() -> str:
    """A code nobody can guess: 23⁹ = 1.8 · 10¹² possibilities."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + check_character(body)


def check_character(body: str) -> str:
    """The last character, from the first nine."""
    total = sum(weight * _VALUE[one] for weight, one in enumerate(body, 2))
    return ALPHABET[total % len(ALPHABET)]


def compact(typed: str) -> str | None:
    """The code in what a person typed, or None when it cannot be one.

    >>> compact("ab-cd")
    """
    code = "".join(
        one for one in unicodedata.normalize("NFKC", typed).upper() if one not in " -_.·—–\t\n"
    )
    if len(code) != LENGTH or any(one not in _VALUE for one in code):
        return None
    return code if code[-1] == check_character(code[:-1]) else None


def spoken(code: str) -> str:
    """In two groups of five, for screens and print."""
    return f"{code[:5]} {code[5:]}"
