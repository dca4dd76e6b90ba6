"""Which part of a message says what is *not* wanted.

«不是要申诉，就想看看扣分原因» wants the reason; the objection stands in the scope of 不是. Only a
scope that names one of the service's own acts counts, and only when something else is left to
understand: «别提醒我了» is a wish, not a contrast.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ACT = (
    r"申诉|申述|异议|解绑|解除|解开|绑定|注销|举报|检举|投诉|修复|删除|删掉|删我|删数据|转人工|人工|客服|承诺书"
    r"|信用报告|打报告|出报告|报告|撤销|撤回|查分|看分|分数|查信用分|信用分|走势|优惠|办理|征信|芝麻"
    r"|功能|菜单|介绍|导出|预警|提交|认证|原因|为什么扣|明细|结果|进度|谁查过|谁看过|我的分|我的记录|当前的|现在的|眼下的"
    r"|券|教我|提分|加分|提升|提高|退订|取消|销户|贷款|花呗|余额|报销|公积金|社保"
)
# 级别, 特别, 别人 and 别忘了 refuse nothing.
_LEAVE = r"(?<![特级区分性个差告辨识各类])别(?![人的家处样名忘耽])"
_NOT = (
    rf"(?:没有要|没有想|没有让|没让|没有说要|不是|不用|不想|不要|不必|不需要|无需|不打算|没想|没要|没打算|没说要|没让你|先别|{_LEAVE}|先不|先莫|先甭|暂时不|并非"
    r"|唔係|唔系|唔使|唔想|唔好|唔是|莫|甭|覅|勿要|勿是|弗是|冇想|冇要|不得(?!不)|不消|非要(?!.*(?:不可|不行))|不说|不问|不查|不看|不办|不谈|不提|不关心|不在乎|不主张|不领|不签|不开|不删|不改"
    r"|谁说|不(?=撤回|撤销|解绑|解除|删除|注销|导出))"
)
_TURN = (
    r"(?:我?就是|我?就想|我?就要|我?就看|我?就问|我?只是|我?只想|我?只要|我?只问|我?是想|我?是要|我?是问|而是"
    r"|我?光想|我?光看|我想|我要|我就|我只|我是|我问的|就想|只想|但|帮我|麻烦|请问|要的是|想要|想问|想看|想查|想知道"
    r"|主要是?|净想|单想|先帮|先看|先查|现在|这回|这次|今天|今儿|只系|就系|系想|净系|是来|是为了)"
)
_WHO = (
    r"(?:我|俺|咱|偶|阿拉|老子|本人)?(?:们)?(?:这|又|并|也|可|真的?|压根|根本|今天|这次|现在|其实)*"
)
# «不想绑在这里了你给我解除绑定»: after 了 a request begins anew.
_ENOUGH = r"了[嗯啊呃哎吧呀哦]?(?:你|您|请|帮|给|快|麻烦)"
_INSIDE = r"[^，。！？；,.!?; ]"
_STOP = rf"(?=[，。！？；,.!?; ]|{_TURN}|$)"
_BEFORE = re.compile(
    rf"(?<![是要能想用会需该有]){_WHO}"
    rf"(?P<scope>{_NOT}(?:(?!{_ENOUGH}){_INSIDE}){{0,14}}?(?:{_ACT}){_INSIDE}{{0,10}}?){_STOP}"
)
# «不是问我的分，是问A级要多少分»: what 是 or 只 takes up again need not be an act of the service;
# «不是我干的，我要申诉» is no such contrast.
_CONTRAST = re.compile(
    r"(?P<scope>(?<![是要])(?:不是|没问|不问|不看|不关心|没说|没让你?|唔系|勿是)"
    rf"(?![我俺额他她这那真假]|本人|{_INSIDE}*[干做弄办开]的){_INSIDE}{{1,14}}"
    r"(?=[，,； ]+[我俺额]?(?:们)?(?:是|就|只|仅|单|光|而是|要的|问的))"
    rf"|别再?(?:跟我|和我|给我|光|净)(?:说|讲|提|扯|报){_INSIDE}{{1,14}})(?=[，,； ])"
)
_LEFT = (
    r"(?:不用|不办|不弄|不急|不想|不要|不需要|算了|免了|不必|不问|不说|放一边|放一放|不提|拉倒"
    r"|不忙|先不忙|等会再说)"
)
# «把我解绑算了» wants it done.
_AFTER = re.compile(
    rf"(?<![把给帮]我)(?<!干脆)(?P<scope>(?:{_ACT})(?:的事|的话|这事|那个|什么的|啥的|嘛)?(?:我|俺)?"
    rf"(?:就|先|都|也|暂时|现在)*{_LEFT}了?)(?:{_STOP}|(?=[嗯啊呃哎哦]|你|您))"
)
# «看分数啊不是，看修复批了没»: whoever corrects himself wants what comes after.
_CORRECTED = re.compile(
    rf"(?P<scope>{_INSIDE}{{0,12}}?(?:{_ACT}){_INSIDE}{{0,6}}?)"
    r"(?:[.，, ]*[啊哦噢呃嗯哎呀诶]不(?:对|(?=不)|是(?=[，, 看查问要想帮]))(?:不对)?"
    r"|[，, ]?(?:我|刚才)?[说讲打发]错了"
    r"|[，, ]+[啊哦噢呃哎]?不(?:对|是)[，, ]+(?:我?[是要想看查问]|应该))"
    r"(?=.{4})"
)
_LEAST_REST = 3
_PUNCTUATION = re.compile(r"[\W_]+")
# No word here is made of others: 问 and 问问 side by side read 问问问… in 2^n ways.
_EMPTY_REST = re.compile(
    r"^(?:我|俺|就|只|是|想|要|了|啊|呀|哈|嘛|吧|的|请|谢谢|麻烦|你好|您好|不好意思|问|一下"
    r"|随便|看看|而已|那个|嗯|呃|点错|按错|手滑|先)*$"
)


@dataclass(frozen=True, slots=True)
class Asserted:
    """What is wanted, and what is said not to be."""

    wanted: str
    refused: tuple[str, ...] = ()
    nothing_left: bool = False


def asserted(text: str) -> Asserted:
    """Split a normalised message by the scope of its negations."""
    refused: list[str] = []

    def take(match: re.Match[str]) -> str:
        refused.append(match["scope"])
        return " "

    rest = _CORRECTED.sub(take, text)
    rest = _CONTRAST.sub(take, rest)
    rest = _AFTER.sub(take, rest)
    rest = _BEFORE.sub(take, rest)
    if not refused:
        return Asserted(text)
    bare = _PUNCTUATION.sub("", rest)
    if len(bare) < _LEAST_REST or _EMPTY_REST.match(bare):
        return Asserted(text, tuple(refused), nothing_left=True)
    return Asserted(rest.strip(), tuple(refused))
