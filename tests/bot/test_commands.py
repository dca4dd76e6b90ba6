"""Words that steer a talk: whole messages in everyday wordings, never a part of a statement."""

from __future__ import annotations

import time

import pytest

from bot import commands, leaving

CANCEL = {
    "repair": "算了今儿不弄了|等我儿子回来再弄吧先取消啊|跟我儿商量了再说先不交了|我妈喊我莫弄了|"
    "领导让先别交|你给我取消掉吧",
    "objection": "算了算了|我不想申诉了|不申诉了谢谢|还是算了吧|取消申诉|唉，先不搞了，太费劲",
    "tip_off": "取消举报|我不想举报了|还是不举报了，怕惹事",
    "bind": "不绑了谢谢|取消绑定|退出绑定",
    "callback": "我不想留|算了不用了",
    "unbind": "算了不解了|后悔了不解了",
    "commitment": "不签了|算了不签了|老板说先不签|我儿子说别签了",
}
BACK = (
    "我选错了|退回去|不对我要选另外一条|改一下前面的|我想改一下说明|不对，说明写错了|"
    "不是这条，换别的"
)
GO_ON = (
    "接着弄刚才那个申诉|我来接着办昨天那个|说回申诉|回到申诉|那接着来|咱们继续昨天那个|继续|往下填|"
    "还是说那个申诉的事|刚才弄到一半那个申诉接着整|昨个没弄完的今儿接着弄|把昨天没办完的办完|"
    "我想接着办上回那个事|言归正传"
)
THANKS = (
    "谢谢你啊小姑娘|辛苦你咯闺女|难为你了妹儿|唔该晒|麻烦你了|多谢多谢|谢谢您嘞师傅|辛苦了小妹妹|"
    "好人一生平安|小伙子太谢谢你了|要得谢谢妹儿"
)
STATEMENTS = (
    "老板说不用交|他家收银的说不刷卡就不卖药|继续住院到第三天|接着又去了药店|回到家才知道卡丢了|"
    "谢谢医生给我看病|辛苦医生那天帮我刷的卡|医生说不用办|我等了三天他们都没来|"
    "那次挂号后来取消了，医院没有退费|我没写错名字是他们写错了|他们搞错了人|我要改正错误|"
    "医生说这个手术不做了|我不要这条记录|那天我在住院|已经退钱了"
)


@pytest.mark.parametrize(
    ("form", "said"), [(form, one) for form, said in CANCEL.items() for one in said.split("|")]
)
def test_everyday_words_of_leaving(form: str, said: str) -> None:
    assert commands.command(said, form) == "cancel"


@pytest.mark.parametrize("said", GO_ON.split("|"))
def test_everyday_words_of_going_on(said: str) -> None:
    assert commands.command(said, "objection") == "go_on"


@pytest.mark.parametrize("said", THANKS.split("|"))
def test_thanks_with_an_address_are_thanks(said: str) -> None:
    assert commands.command(said, "objection") in {"thanks", "nod"}


def test_what_is_gone_on_with_is_told_without_its_lead() -> None:
    assert commands.after_going_on("哦 那我接着说 卡去年就丢了") == "卡去年就丢了"
    assert commands.after_going_on("他来我家，接着，把卡借走了") == "他来我家，接着，把卡借走了"
    assert commands.after_going_on("接着说") == "接着说"


def test_consent_and_greetings_may_stand_beside_going_on() -> None:
    steps = ("where", "go_on", "greet", "thanks", "nod")
    assert commands.step("中 那接着来", "repair", steps) == "go_on"
    assert commands.step("早 我来接着办昨天那个", "repair", steps) == "go_on"
    assert commands.step("我回来了 昨天弄到哪了", "repair", steps) == "where"
    assert commands.step("提交，谢谢", "repair", steps) is None


@pytest.mark.parametrize("said", BACK.split("|"))
def test_everyday_words_of_going_back(said: str) -> None:
    assert commands.command(said, "objection") == "back"


@pytest.mark.parametrize("said", STATEMENTS.split("|"))
def test_a_statement_with_such_words_stays_a_statement(said: str) -> None:
    assert commands.command(said, "objection") is None
    assert not commands.finishes(said)


def test_a_form_is_left_by_its_own_verb_only() -> None:
    assert commands.command("不绑了", "objection") is None
    assert commands.command("不绑了") is None


@pytest.mark.parametrize(
    "said", ["发好了", "就两张", "没了就这一张", "没得", "没图", "没有照片可以吗", "3张发完了"]
)
def test_no_more_photos(said: str) -> None:
    assert commands.finishes(said)


@pytest.mark.parametrize("said", ["照片怎么发", "等会儿再发行吗", "照片要我女儿回来才能拍"])
def test_more_photos_may_come(said: str) -> None:
    assert not commands.finishes(said)


def test_what_cannot_be_undone_needs_the_plain_word() -> None:
    assert all(commands.confirms(said, "unbind") for said in ("确定", "确认", "我确定", "确定解绑"))
    assert not any(
        commands.confirms(said, "unbind") for said in ("嗯", "好", "1", "是", "可以", "行")
    )


@pytest.mark.parametrize(
    "said", ["先放着我明天问问老伴再说", "我去找找单子再填", "我得跟儿子商量一下再定"]
)
def test_an_errand_first_is_later(said: str) -> None:
    assert commands.command(said, "objection") == "later"


def test_two_words_of_waiting_are_one() -> None:
    steps = ("later", "hold")
    assert commands.step("先等等，我去找找凭证再填", "repair", steps) == "later"
    assert commands.step("等等，那天我不在家", "repair", steps) is None


def test_every_clause_must_agree() -> None:
    assert commands.agrees("是的，没错")
    assert not commands.agrees("是的，那天我不在")
    assert commands.confirms("是的，确定", "unbind")
    assert commands.confirms("那就解吧", "unbind")
    assert not commands.confirms("是的，对的", "unbind")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("同意，快", "同意"),
        ("没有了，赶紧的", "没有了"),
        ("好的抓紧，提交", "好的，提交"),
        ("可以可以，抓紧弄", "可以可以"),
        ("快点快点", ""),
        ("Wang Xiuying", "Wang Xiuying"),
        ("128.5元", "128.5元"),
        ("医院着急下班录错了", "医院着急下班录错了"),
    ],
)
def test_hurry_is_no_part_of_an_answer(said: str, left: str) -> None:
    assert commands.unhurried(said) == left


def test_hurry_beside_a_word_leaves_it_what_it_is() -> None:
    assert commands.agrees("没问题提交抓紧", "objection")
    assert commands.finishes("没照片赶紧下一步")
    assert commands.finishes("没照片，交吧")
    assert not commands.confirms("好的快点", "unbind")


@pytest.mark.parametrize(
    ("said", "more"),
    [
        ("刚才写漏了，加一句，三月五号医院更正了", "三月五号医院更正了"),
        ("还有，那天我在外地", "那天我在外地"),
        ("忘了说，我有住院记录", "我有住院记录"),
        ("我七月人在住院", None),
        ("加油站旁边那家", None),
    ],
)
def test_what_is_added_is_told_from_its_beginning(said: str, more: str | None) -> None:
    assert commands.added(said) == more


def test_who_only_waits_tells_nothing() -> None:
    assert commands.command("来人了", "objection") == "hold"
    assert commands.command("回来了", "objection") == "go_on"


def test_a_sentence_is_taken_out_by_its_words() -> None:
    assert commands.deletes("把走不了路那句去掉")
    assert not commands.deletes("医院把我的单子删了")


def test_what_a_verb_is_done_to_stands_before_or_after_it() -> None:
    assert commands.after_verb("我要申诉借卡那条", "objection") == "借卡那条"
    assert commands.before_verb("帮我把借卡那条申诉了", "objection") == "借卡那条"
    assert commands.before_verb("把它修了吧", "repair") == "它"
    assert commands.before_verb("申诉", "objection") == ""


def test_a_step_is_named_by_its_words() -> None:
    assert commands.field_named("我想改一下说明") == "statement"
    assert commands.field_named("换一条记录") == "record_id"
    assert commands.field_named("上一步") is None


@pytest.mark.parametrize(
    "said",
    [
        "不想" * 2000,
        "快点快" * 700,
        "补充加一句，" * 300,
        "我说的还是" * 5,
        "等下来人了" * 4,
        "我还是就现在先也" * 3,
        "发传拍照片图片" * 4,
        "算了不弄" * 5 + "嗬",
        "刚才那个的" * 4,
        "接着那个弄" * 4,
        "等我回来再弄" * 3,
        "跟我儿商量了" * 3,
        "要得谢谢你妹儿" * 3,
    ],
)
def test_no_message_is_read_for_long(said: str) -> None:
    commands.command("热身", "objection")
    began = time.perf_counter()
    for form in ("objection", None):
        commands.command(said, form)
        commands.agrees(said, form)
        commands.finishes(said)
    commands.unhurried(said)
    commands.added(said)
    commands.after_going_on(said)
    leaving.pause(said, "objection", free=True)
    leaving.stops(said, "objection")
    assert time.perf_counter() - began < 0.2
