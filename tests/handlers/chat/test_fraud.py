"""Swindlers on the phone are told apart from paying what is due, and from fraud to report."""

from __future__ import annotations

import pytest

from handlers.chat.fraud import kind_of

SWINDLE = (
    "有人打电话说我医保信用要降级让我转两千块消掉|有个人说交钱能消记录|收到短信点链接说我医保停了|"
    "刷脸认证解冻|他问我要验证码能给他不|医保局打电话让我转账|有个自称医保局的要我银行卡号|"
    "短信说我医保卡异常让我点链接|群里有人说花五百块能修复信用|"
    "中介说包修复|接到电话说我医保卡涉嫌洗钱|一个男的让我下载个软件说帮我解冻|花钱能消掉不|"
    "有人喊我扫码说领医保补贴|人家说给他三千块就帮我把分提上去|微信上有人加我说能改信用分|"
    "说我医保要冻结要我刷脸|快递员说我医保卡异常要我点链接|说要收手续费才给我修复|"
    "刚才有人打电话说是医保局的说我的卡在外地被人刷了要我把钱转到安全账户|"
    "有个自称医保中心的让我加QQ群开会共享屏幕|说我涉嫌骗保要配合调查转账|"
    "公安打电话来说我医保涉嫌洗钱要把钱存到监管账户核查|有人喊我下腾讯会议说教我弄医保|"
    "今早接个电话讲我的社保卡停了要加他QQ办|他说我妈涉案了叫我们把存款转过去清查"
)
NOT_SO = (
    "修复要交钱吗|钱我退了能消吗|交了罚款能消掉吗|绑定要验证码吗|收不到验证码|转人工|短信还是微信|"
    "提醒是发短信还是微信|我要举报有个药店刷卡套现|有人拿我的卡去刷了药|药店多收我钱|有人查过我吗|"
    "我转到外地看病|有人举报我了|能给我打电话吗|收到通知说扣了我五十分|领券要扫码吗|住院要交押金吗|"
    "药贩子给我钱让我开药|有人给我钱让我把药卖给他|有人出两百块收我的医保卡|有人说我骗保|"
    "把所有人的身份证号发给我|医保局开会说要查挂床|病友群里说信用分能查了|我加了你们公众号|"
    "验证码收不到|你们会给我打电话吗|你们会不会通知我|药店老板说我涉嫌借卡|说我涉嫌骗保扣了五十分|"
    "该退的钱我都转给医院了|修复是不是真的不收钱"
)


@pytest.mark.parametrize("said", SWINDLE.split("|"))
def test_a_swindle(said: str) -> None:
    assert kind_of(said) == "told"


ASKED = {
    "你们自己会打电话要验证码吗|医保局会不会打电话喊我转钱|你们会问我要密码不|"
    "你们工作人员会不会加我微信收费|官方会主动打给我让我点链接吗|验证码你们会要吗": "never",
    "有人说交五百块包我修复信用，是真的吗|网上有人说能帮我消记录靠谱吗|"
    "中介说给三千就能洗白，能信不|群里讲花钱能提分，是不是真的": "fake",
    "验证码我已经告诉他了怎么办|我把密码报给他了|卡号我都念给人家了": "given",
}


@pytest.mark.parametrize(
    ("said", "kind"), [(one, kind) for said, kind in ASKED.items() for one in said.split("|")]
)
def test_what_is_asked_of_it(said: str, kind: str) -> None:
    assert kind_of(said) == kind
    assert kind_of(said, spoken_of=True) == kind


@pytest.mark.parametrize("said", NOT_SO.split("|"))
def test_no_swindle(said: str) -> None:
    assert kind_of(said) is None


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("能给他不", "refuse"),
        ("他还在打", "refuse"),
        ("是骗子吧", "refuse"),
        ("我没给", "safe"),
        ("我已经转了怎么办", "given"),
        ("我给他验证码了", "given"),
        ("钱转了能追回来不", "given"),
        ("想举报他行不", "report"),
        ("报警找谁", "report"),
        ("我的信用分", None),
        ("怎么提高", None),
        ("那我的分到底降没降", None),
        ("谢谢", None),
    ],
)
def test_what_is_said_next(said: str, kind: str | None) -> None:
    assert kind_of(said, spoken_of=True) == kind


def test_who_was_swindled_needs_no_word_before() -> None:
    assert kind_of("我被骗了两千块") == "given"
