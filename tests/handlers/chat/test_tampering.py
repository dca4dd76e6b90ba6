"""Whoever wants a score changed or a record gone is told that nobody can; who asks how is not."""

from __future__ import annotations

import pytest

from handlers.chat.tampering import asks_to_tamper

WANTED = (
    "那你把我的分偷偷改高点|能不能给我加点分|花钱买分行不|帮我把那条删了|你给我把分改成一千|"
    "给俺加二十分呗|姑娘你悄悄帮我把那个扣分抹了|后台帮忙调一下分嘛|可不可以给我多加几分|"
    "把我的等级弄到AA行不行|给你五百块帮我把分弄高点|分能花钱买不|买点信用分要多少钱|"
    "帮我把那条不良记录删掉|你就帮我把扣分那条划了吧|行行好给我加点分吧|私下给我改一改|"
    "你直接把我的分改满|帮我把信用分刷高|塞红包能加分不|请你吃饭把我记录消了|"
    "同志帮个忙把我的分调高点|麻烦你把这条给我抹掉|帮我加十分"
)
ASKED = (
    "怎么把分改高|怎么加分|能加分吗|做什么能加分|志愿服务能给我加几分|帮我把那句删了|把我的数据删了|"
    "帮我看看怎么加分|谁偷偷改了我的分|医院偷偷加收我的钱|帮我把记录改正过来|把分给我加回来|"
    "记录能删掉吗|那条什么时候能消|修复好了给我加多少分|帮我把提醒关了|帮我查一下给我加了几分|"
    "我不放心，身份证号存你们那，给我抹掉|药店偷偷改了我的病历|帮我申请修复|为什么给我加分"
)


@pytest.mark.parametrize("said", WANTED.split("|"))
def test_nobody_can(said: str) -> None:
    assert asks_to_tamper(said)


@pytest.mark.parametrize("said", ASKED.split("|"))
def test_asked_or_wanted_otherwise(said: str) -> None:
    assert not asks_to_tamper(said)
