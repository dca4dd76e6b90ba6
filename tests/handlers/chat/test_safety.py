"""Who says that they do not want to live is heard; who is only annoyed is not taken for one."""

from __future__ import annotations

import pytest

from handlers.chat.safety import despairs

SAY_IT = (
    "我都不想活了|活着没意思|想跳楼|死了算了|活起没得意思|活着还有啥意思|真不如死了算了|我想死|"
    "活够了|老子不活了|逼我去死是吧|我去跳河算了|要不我从楼上跳下去算了|喝农药死了算了|"
    "生不如死啊|唔想做人喇|活到这岁数没脸活了|没活路了|让我死了吧|我死给你们看|自杀|一了百了|"
    "七十岁了背个失信 活着丢人|活得累 不想活|我死了算逑|不想在这世上了|弗想活了|我去死好了|"
    "死了倒清静|活着也是受罪|我活不下去了|想上吊|我干脆从桥上跳下去|写好遗书了|我想不开"
)
DO_NOT = (
    "气死我了|累死了|急死人|要死嘞|烦死个人|笑死|想死你们了|我可不想跳楼|别想不开|死活不给办|"
    "我爸死了他的分咋办|人死了医保卡怎么办|跳楼价|不想活动|打死我也不签|死也不服|急得要死|"
    "跳楼摔伤能报销吗|你去死吧|这活不好干|手机死机了|活期存款|死心了不申诉了|没意思|有啥意思|"
    "不想弄了|我不想过户|吓死我了|卡死了|死亡证明|活动有意思吗|该死|人死了算谁的|要死要活的"
)


@pytest.mark.parametrize("said", SAY_IT.split("|"))
def test_somebody_who_does_not_want_to_live(said: str) -> None:
    assert despairs(said.replace(" ", ""))


@pytest.mark.parametrize("said", DO_NOT.split("|"))
def test_annoyed_or_about_something_else(said: str) -> None:
    assert not despairs(said.replace(" ", ""))
