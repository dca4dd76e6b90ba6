"""Third-party reports in the console: an approver registers an agency, a clerk takes reports in."""

from __future__ import annotations

from datetime import date

from credit_core.subjects.service import register_subject

AGENCY = "91110000600037341L"
PHARMACY = "11371000004359985C"


async def test_a_report_is_taken_in_once_its_agency_is_filed(browse, sqlite_database):
    with sqlite_database.begin() as session:
        register_subject(session, "institution", PHARMACY, "测试药店", on=date(2020, 1, 1))
    clerk, approver = await browse("clerk"), await browse("approver")
    report = {
        "q": PHARMACY,
        "agency_code": AGENCY,
        "report_no": "R-1",
        "issued_on": "2026-11-01",
        "grade": "AA",
        "purpose": "bidding",
    }
    agency = {
        "name": "测试评价公司",
        "credit_code": AGENCY,
        "filing_no": "",
        "registered_on": "2020-10-01",
        "valid_to": "2027-09-30",
    }
    await clerk.get("/agencies")
    await clerk.post("/agencies/reports", **report)
    clerk.shows("这家机构没有登记")
    await clerk.post("/agencies", **agency)
    assert clerk.status == 403
    await approver.get("/agencies")
    await approver.post("/agencies", **agency)
    approver.shows("已登记", "未备案")
    await clerk.post("/agencies/reports", **report)
    clerk.shows("没有备案号")
    await approver.post("/agencies", **(agency | {"filing_no": "备〔2020〕1号"}))
    await clerk.post("/agencies/reports", **report)
    clerk.shows("有效期到 2027-11-01", "测试药店", "招标投标", "有效")
