"""How sure it is that a passage answers a question, from what reading it gave.

The weights in ``config/knowledge/confidence.yaml`` are those of a logistic regression on questions
whose answers are known, a fifth of which the documents do not answer; how they are fitted anew is
told in ``scripts/fit_confidence.py``.
"""

from __future__ import annotations

import math

from credit_core.knowledge.question import Question
from credit_core.knowledge.reading import Reading
from credit_core.knowledge.rules import certainty


def signs(question: Question, reading: Reading) -> dict[str, float]:
    """What speaks for and against the passage, each from 0 to about 1.5.

    ``rank``: how well passage and sentence match on the whole. ``covered_at_home``: how much of
    the question it covers, where the question names the place. ``wrong_kind``: a day, a sum, …
    was asked and none stands there. ``head_missing``: the passage does not have the thing that
    «… is what?» asks for. ``counted_missing``: nor what «how many …?» counts. ``few_words``: a
    short question proves little; two signs are a word, and so is the kind of fact where it is
    asked and stands there.
    ``evidence``: how much was found, however long the question.
    """
    said = sum(len(word.text) for word in question.words) / 2
    of_kind = bool(question.strict) and reading.satisfied
    return {
        "rank": reading.rank,
        "covered_at_home": reading.coverage if question.places else 0.0,
        "wrong_kind": float(bool(question.strict) and not reading.satisfied),
        "head_missing": float(question.head is not None and not reading.has(question.head)),
        "counted_missing": float(
            question.counted is not None and not reading.has(question.counted)
        ),
        "few_words": 1 / max(said + of_kind, 1.0),
        "evidence": math.log1p(reading.evidence),
    }


def confidence(question: Question, reading: Reading) -> float:
    """The probability, 0 to 1, that the passage answers the question."""
    weights = certainty().weights
    sum_of_signs = certainty().base + sum(
        weights[name] * value for name, value in signs(question, reading).items()
    )
    return 1 / (1 + math.exp(-sum_of_signs))
