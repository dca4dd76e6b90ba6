"""Identifiers: what is refused, what only raises a hint, and that each refusal explains itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn.ric import calc_check_digit

from config.texts import topic
from credit_core.seeding.identities import credit_code, doctor_code, identity_number
from credit_core.subjects.identifiers import (
    IdentifierError,
    age_on,
    birth_date,
    check_credit_code,
    check_identifier,
    check_identity,
    check_medical_code,
    compact,
    credit_check_sign,
    explain,
    explain_hint,
    organisation_check_sign,
)


def identity(body: str) -> str:
    return body + calc_check_digit(body + "0")


@pytest.mark.parametrize("year", [1930, 1950, 1962, 1980, 2006])
@pytest.mark.parametrize("region", ["371002", "330113", "330114", "810000", "830000", "710000"])
def test_a_region_need_not_have_existed_at_birth(region, year):
    number = identity(f"{region}{year}0307123")
    assert check_identity(number).value == number


def test_full_width_spaces_and_small_x_are_made_plain():
    number = identity("37109019900307001")
    while not number.endswith("X"):
        number = identity(f"{number[:14]}{int(number[14:17]) + 1:03d}")
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in number.lower())
    assert check_identity(f" {wide[:6]} {wide[6:]} ").value == number


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "identity.empty"),
        ("370902900307123", "identity.old_15"),
        ("3710901990030712", "identity.length"),
        ("37109019900307A234", "identity.signs"),
        ("99" + "109019900307123X"[:16], "identity.province"),
        (identity("37109019900230123"), "identity.birth"),
        (identity("37109020231301123"), "identity.birth"),
    ],
)
def test_each_fault_has_its_own_code_and_text(raw, code):
    with pytest.raises(IdentifierError) as caught:
        check_identity(raw)
    assert caught.value.code == code
    assert explain(caught.value).endswith(("。", "X。"))


@given(st.integers(0, 10**6), st.integers(0, 17), st.integers(1, 9))
def test_one_wrong_digit_never_passes(index, place, shift):
    """GB 11643 finds every single wrong digit."""
    number = identity_number(index, 1)
    digit = number[place]
    other = str((int(digit) + shift) % 10) if digit != "X" else str(shift)
    with pytest.raises(IdentifierError):
        check_identity(number[:place] + other + number[place + 1 :])


def test_real_codes_of_public_bodies_pass():
    assert check_credit_code("91110000600037341L").hints == ()
    assert check_credit_code("11371000004359985C").value == "11371000004359985C"


def test_letters_may_stand_in_the_first_eight():
    organisation = "00435998" + organisation_check_sign("00435998")
    body = f"N2371002{organisation}"
    assert check_credit_code(body + credit_check_sign(body)).value.startswith("N2")


def test_an_odd_inner_check_is_a_hint_only():
    body = "91371002" + "004359987"
    checked = check_credit_code(body + credit_check_sign(body))
    assert checked.hints == ("organisation_check",)
    assert explain_hint("organisation_check")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("9111000060003734", "credit_code.length"),
        ("91110000600037341I", "credit_code.signs"),
        ("911100006000373410", "credit_code.check_digit"),
    ],
)
def test_wrong_credit_codes(raw, code):
    with pytest.raises(IdentifierError) as caught:
        check_credit_code(raw)
    assert caught.value.code == code


def test_medical_codes():
    assert check_medical_code("H50015501017").kind_of_code == "institution"
    assert check_medical_code("d371002000123").kind_of_code == "doctor"
    assert check_medical_code("HY3710021234 56").kind_of_code == "hospital_pharmacist"
    assert check_medical_code("D991002000123").hints == ("region_unknown",)
    with pytest.raises(IdentifierError):
        check_identifier("practitioner", "H50015501017")


@given(st.integers(0, 10**7), st.integers(0, 50))
def test_synthetic_identifiers_are_accepted(index, seed):
    check_identifier("resident", identity_number(index, seed))
    check_identifier("practitioner", doctor_code(index, seed))
    for kind in ("institution", "employer", "supplier"):
        assert check_identifier(kind, credit_code(kind, index, seed)).hints == ()


def test_synthetic_identity_numbers_do_not_meet():
    assert len({identity_number(index, 1) for index in range(50_000)}) == 50_000


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(2008, 11, 22), date(2026, 11, 21), 17),
        (date(2008, 11, 22), date(2026, 11, 22), 18),
        (date(2008, 2, 29), date(2026, 2, 27), 17),
        (date(2008, 2, 29), date(2026, 2, 28), 18),
        (date(2008, 2, 29), date(2028, 2, 28), 19),
    ],
)
def test_age(born, on, age):
    assert age_on(born, on) == age


def test_birth_date_is_read_from_the_number():
    assert birth_date(identity("37109019900307123")) == date(1990, 3, 7)


def test_compact_drops_invisible_signs():
    assert compact("３７\u200b1-002 x") == "371002X"


def test_all_texts_are_filled():
    assert set(topic("identifiers")) == {
        "identity", "credit_code", "medical_code", "subject", "hints",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "kind"),
    [("H50015501017", "institution"), ("P37100200001", "pharmacy"),
     (" h5001 5501017", "institution"),
     ("91110000600037341L", "credit_code")],
)  # fmt: skip
def test_an_institution_is_known_by_credit_code_or_medical_code(code, kind):
    assert check_identifier("institution", code).kind_of_code == kind


@pytest.mark.parametrize("code", ["H5001550101", "H5001550101X", "D50015501017"])
def test_no_institution_is_known_by(code):
    with pytest.raises(IdentifierError):
        check_identifier("institution", code)


def test_an_employer_is_not_known_by_the_code_of_an_institution():
    with pytest.raises(IdentifierError):
        check_identifier("employer", "H50015501017")
