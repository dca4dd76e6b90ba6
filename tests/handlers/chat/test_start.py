"""Closings: relief and thanks end a talk kindly, and are not taken for a wish."""

from __future__ import annotations

import pytest

from handlers.chat.start import closes

THE_END = (
    "那就好|那就放心咯|好 那我心里有数了|唔该晒|行 没事了|要得 麻烦你了|谢谢你啊小姑娘|嗯呐 知道了|"
    "哦哦 谢谢|那我放心了|这下踏实了|这下我就放心多了|心里有底了|我晓得咯|搞懂了 谢谢|没得事了|"
    "好 明白了 你忙吧|那不打扰你了|那我先挂了|冇事了 唔该|妥了|好嘞 那我就不着急了|那太好了|"
    "哦 原来是这样 那我就放心了|辛苦同志了|总算弄明白了 谢谢啊|心里亮堂了|那就中|[抱拳]|🙏🙏"
)
NOT_YET = (
    "我不放心|好 那我多少分|那就办这个|好了没|没事了吗|那就好好说|我不晓得|搞不懂|没弄明白|"
    "你忙你的 我问多少分|行 那开提醒|麻烦你查一下|知道我多少分不|没问题吗|放心不下|谢谢 我要申诉|"
    "好|行|没有了|明白点说|怎么才算好|那就先不弄了|没有记录|[发怒]"
)


@pytest.mark.parametrize("said", THE_END.split("|"))
def test_nothing_more_is_wanted(said: str) -> None:
    assert closes(said)


@pytest.mark.parametrize("said", NOT_YET.split("|"))
def test_something_is_wanted(said: str) -> None:
    assert not closes(said)
