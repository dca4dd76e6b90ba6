"""Raw bodies of every message and event type that WeChat sends, as it writes them, and odder.

All of them are made up here. A sample says who sends it and what answer fits:
``text`` (some text), ``nothing`` (`success`), ``any``, or the place of the expected text in
config/texts, such as ``welcome.kinds.voice``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

PERSON = "oTestPersonAAAAAAAAAAAAAAAAA"
STRANGER = "oTestStrangerBBBBBBBBBBBBBBB"
"""Sender of events that make nobody a follower."""
HELPER = "mphelper"


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    body: bytes
    answer: str


def _head(sender: str, kind: str) -> str:
    return (
        "<ToUserName><![CDATA[gh_0123456789ab]]></ToUserName>"
        f"<FromUserName><![CDATA[{sender}]]></FromUserName>"
        f"<CreateTime>1790000000</CreateTime><MsgType><![CDATA[{kind}]]></MsgType>"
    )


MEDIA = "<MediaId><![CDATA[m-Ab_12]]></MediaId>"
MESSAGES: tuple[tuple[str, str, str, str], ...] = (
    ("greeting", "text", "<Content><![CDATA[你好]]></Content>", "welcome.greet"),
    ("score", "text", "<Content><![CDATA[我的信用分]]></Content>", "text"),
    ("empty text", "text", "<Content><![CDATA[]]></Content>", "common.empty"),
    ("no text", "text", "", "common.empty"),
    ("closed text", "text", "<Content/>", "common.empty"),
    ("blank text", "text", "<Content><![CDATA[   ]]></Content>", "common.empty"),
    ("emoji", "text", "<Content><![CDATA[😀👍🏽]]></Content>", "text"),
    ("old emoji", "text", "<Content><![CDATA[/::)]]></Content>", "text"),
    ("without cdata", "text", "<Content>你好</Content>", "welcome.greet"),
    ("entities", "text", "<Content>1 &lt; 2 &amp; 3&#x4e00;</Content>", "text"),
    ("end of cdata", "text", "<Content><![CDATA[a]]]]><![CDATA[>b]]></Content>", "text"),
    ("lines", "text", "<Content><![CDATA[第一行\n第二行\t。]]></Content>", "text"),
    ("long", "text", f"<Content><![CDATA[{'很长的话' * 600}]]></Content>", "text"),
    ("markup", "text", '<Content><![CDATA[<a href="x">y</a>]]></Content>', "text"),
    ("sql", "text", "<Content><![CDATA['; DROP TABLE inbox; --]]></Content>", "text"),
    ("very long", "text", f"<Content><![CDATA[{'信用' * 10_000}]]></Content>", "text"),
    ("quoted envelope", "text", "<Content><![CDATA[<Encrypt>AAAA</Encrypt>]]></Content>", "text"),
    ("format", "text", "<Content><![CDATA[{0} %s {name} ${x}]]></Content>", "text"),
    ("nested content", "text", "<Content><a>x</a></Content>", "common.empty"),
    ("two contents", "text", "<Content>你好</Content><Content>b</Content>", "welcome.greet"),
    (
        "from an article",
        "text",
        "<Content><![CDATA[你好]]></Content><MsgDataId>22</MsgDataId><Idx>1</Idx>",
        "welcome.greet",
    ),
    (
        "tapped option",
        "text",
        "<Content><![CDATA[帮助]]></Content><bizmsgmenuid>intent:help</bizmsgmenuid>",
        "welcome.help",
    ),
    (
        "option of somebody else",
        "text",
        "<Content><![CDATA[满意]]></Content><bizmsgmenuid>101</bizmsgmenuid>",
        "text",
    ),
    (
        "image",
        "image",
        f"<PicUrl><![CDATA[http://mmbiz.example/0]]></PicUrl>{MEDIA}",
        "welcome.kinds.image",
    ),
    ("image without media", "image", "<PicUrl/><MediaId/>", "welcome.kinds.image"),
    ("voice", "voice", f"{MEDIA}<Format><![CDATA[amr]]></Format>", "welcome.kinds.voice"),
    (
        "voice of today",
        "voice",
        f"{MEDIA}<Format><![CDATA[amr]]></Format><Recognition/><MediaId16K>m16</MediaId16K>",
        "welcome.kinds.voice",
    ),
    (
        "voice that was recognised",
        "voice",
        f"{MEDIA}<Format>speex</Format><Recognition><![CDATA[查分]]></Recognition>",
        "welcome.kinds.voice",
    ),
    (
        "video",
        "video",
        f"{MEDIA}<ThumbMediaId><![CDATA[t1]]></ThumbMediaId>",
        "welcome.kinds.video",
    ),
    ("short video", "shortvideo", f"{MEDIA}<ThumbMediaId/>", "welcome.kinds.video"),
    (
        "location",
        "location",
        "<Location_X>37.51</Location_X><Location_Y>122.1</Location_Y><Scale>15</Scale><Label/>",
        "welcome.kinds.location",
    ),
    (
        "location in words",
        "location",
        "<Location_X>x</Location_X><Location_Y/><Scale>many</Scale><Label>甲路</Label>",
        "welcome.kinds.location",
    ),
    (
        "link",
        "link",
        "<Title>甲</Title><Description>乙</Description><Url>https://e.example/?a=1&amp;b=2</Url>",
        "welcome.kinds.link",
    ),
    (
        "file",
        "file",
        "<Title>证明.pdf</Title><Description/><FileKey>k</FileKey><FileTotalLen>7</FileTotalLen>",
        "welcome.kinds.file",
    ),
    (
        "mini-program page",
        "miniprogrampage",
        "<Title>页</Title><AppId>wx0</AppId><PagePath>p/i</PagePath><ThumbUrl/><ThumbMediaId/>",
        "welcome.kinds.other",
    ),
    ("music", "music", "<MusicUrl>http://e.example</MusicUrl>", "nothing"),
    ("hologram", "hologram", "<Depth>3</Depth>", "nothing"),
    ("type in capitals", "TEXT", "<Content>你好</Content>", "welcome.greet"),
)

SCAN_INFO = (
    "<ScanCodeInfo><ScanType><![CDATA[qrcode]]></ScanType>"
    "<ScanResult><![CDATA[2]]></ScanResult></ScanCodeInfo>"
)
PLACE_INFO = (
    "<SendLocationInfo><Location_X>23</Location_X><Location_Y>113</Location_Y><Scale>15</Scale>"
    "<Label>某路</Label><Poiname/></SendLocationInfo>"
)


def _pictures(count: int) -> str:
    items = "".join(f"<item><PicMd5Sum>{n:032d}</PicMd5Sum></item>" for n in range(count))
    return f"<SendPicsInfo><Count>{count}</Count><PicList>{items}</PicList></SendPicsInfo>"


def _key(value: str) -> str:
    return f"<EventKey><![CDATA[{value}]]></EventKey>"


def _choice(outer: str, *templates: str, more: str = "") -> str:
    items = "".join(
        f"<List><TemplateId>{one}</TemplateId>"
        f"<SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene>{more}"
        "</List>"
        for one in templates
    )
    return f"<{outer}>{items}</{outer}>"


PERSONAL: tuple[tuple[str, str, str], ...] = (
    ("subscribe", "", "text"),
    ("subscribe", "<EventKey/>", "text"),
    ("subscribe", _key("qrscene_123") + "<Ticket><![CDATA[t]]></Ticket>", "text"),
    ("subscribe", _key("qrscene_甲乙丙"), "text"),
    ("subscribe", _key("last_trade_no_4200000"), "text"),
    ("subscribe", _key("qrscene_" + "x" * 300), "text"),
    ("unsubscribe", "", "nothing"),
    ("unsubscribe", "<EventKey/>", "nothing"),
    ("SCAN", _key("123") + "<Ticket>t</Ticket>", "welcome.scan_return"),
    ("SCAN", "<EventKey>4294967295</EventKey>", "welcome.scan_return"),
    (
        "LOCATION",
        "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>119</Precision>",
        "nothing",
    ),
    ("LOCATION", "<Latitude/><Longitude>-</Longitude>", "nothing"),
    ("CLICK", _key("intent:help"), "welcome.help"),
    ("CLICK", _key("intent:score"), "text"),
    ("CLICK", _key("a_button_of_last_year"), "any"),
    ("CLICK", "", "any"),
    ("VIEW", _key("https://credit.example/h5/") + "<MenuId>413</MenuId>", "nothing"),
    ("view_miniprogram", _key("pages/index") + "<MenuId>413</MenuId>", "nothing"),
    ("scancode_push", _key("6") + SCAN_INFO, "nothing"),
    ("scancode_waitmsg", _key("6") + SCAN_INFO, "welcome.scan_result"),
    ("scancode_waitmsg", _key("6"), "welcome.scan_result"),
    ("pic_sysphoto", _key("6") + _pictures(1), "nothing"),
    ("pic_photo_or_album", _key("6") + _pictures(3), "nothing"),
    ("pic_weixin", _key("6") + _pictures(0), "nothing"),
    ("pic_weixin", _key("6") + "<SendPicsInfo/>", "nothing"),
    ("location_select", _key("6") + PLACE_INFO, "nothing"),
    ("subscribe_msg_popup_event", _choice("SubscribeMsgPopupEvent", "tplA"), "nothing"),
    ("subscribe_msg_popup_event", _choice("SubscribeMsgPopupEvent", "tplA", "tplB"), "nothing"),
    ("subscribe_msg_popup_event", "<SubscribeMsgPopupEvent/>", "nothing"),
    ("subscribe_msg_popup_event", _choice("SubscribeMsgPopupEvent", "t" * 300), "nothing"),
)


def _result(status: str, number: str = "200163836") -> str:
    return f"<MsgID>{number}</MsgID><Status><![CDATA[{status}]]></Status>"


COUNTS = (
    "<TotalCount>100</TotalCount><FilterCount>80</FilterCount><SentCount>75</SentCount>"
    "<ErrorCount>5</ErrorCount>"
)
ODD_COUNTS = "<TotalCount/><FilterCount>many</FilterCount><SentCount>-1</SentCount>"


def _copyright(count: int) -> str:
    items = "".join(
        f"<item><ArticleIdx>{n}</ArticleIdx><UserDeclareState>0</UserDeclareState>"
        "<AuditState>2</AuditState><OriginalArticleUrl/><OriginalArticleType>1"
        "</OriginalArticleType><CanReprint>1</CanReprint></item>"
        for n in range(1, count + 1)
    )
    return (
        f"<CopyrightCheckResult><Count>{count}</Count><ResultList>{items}</ResultList>"
        "<CheckState>2</CheckState></CopyrightCheckResult>"
    )


def _published(status: int, articles: int) -> str:
    items = "".join(
        f"<item><idx>{n}</idx><article_url>http://e.example/{n}</article_url></item>"
        for n in range(1, articles + 1)
    )
    return (
        f"<PublishEventInfo><publish_id>224{status}</publish_id><publish_status>{status}"
        f"</publish_status><article_id>a</article_id><article_detail><count>{articles}</count>"
        f"{items}</article_detail><fail_idx>1</fail_idx></PublishEventInfo>"
    )


def _sent(code: int, number: str = "18446744073709551615") -> str:
    return (
        "<SubscribeMsgSentEvent><List><TemplateId>tplA</TemplateId>"
        f"<MsgID>{number}</MsgID><ErrorCode>{code}</ErrorCode><ErrorStatus>success</ErrorStatus>"
        "</List></SubscribeMsgSentEvent>"
    )


def _owner(info: str) -> str:
    return f"<OpenID>{STRANGER}</OpenID><AppID>wx0</AppID><RevokeInfo>{info}</RevokeInfo>"


OTHERS: tuple[tuple[str, str, str], ...] = (
    ("TEMPLATESENDJOBFINISH", STRANGER, _result("success")),
    ("TEMPLATESENDJOBFINISH", STRANGER, _result("failed:user block", "2")),
    ("TEMPLATESENDJOBFINISH", STRANGER, _result("failed: system failed", "3")),
    ("TEMPLATESENDJOBFINISH", STRANGER, _result("success", "9" * 80)),
    ("TEMPLATESENDJOBFINISH", STRANGER, "<MsgID/><Status/>"),
    ("TEMPLATESENDJOBFINISH", STRANGER, "<MsgID><a>1</a></MsgID>"),
    ("TEMPLATESENDJOBFINISH", STRANGER, ""),
    ("MASSSENDJOBFINISH", HELPER, _result("sendsuccess", "1000001625") + COUNTS),
    ("MASSSENDJOBFINISH", HELPER, _result("send success", "6") + COUNTS + _copyright(2)),
    ("MASSSENDJOBFINISH", HELPER, _result("err(30003)", "7") + COUNTS + _copyright(1)),
    ("MASSSENDJOBFINISH", HELPER, _result("sendfail", "8") + ODD_COUNTS + _copyright(0)),
    ("MASSSENDJOBFINISH", HELPER, _result("err(40002)", "9") + "<ArticleUrlResult/>"),
    ("MASSSENDJOBFINISH", HELPER, ""),
    *(("PUBLISHJOBFINISH", HELPER, _published(status, status % 3)) for status in range(7)),
    ("PUBLISHJOBFINISH", HELPER, "<PublishEventInfo/>"),
    ("subscribe_msg_change_event", STRANGER, _choice("SubscribeMsgChangeEvent", "tplA")),
    (
        "subscribe_msg_change_event",
        STRANGER,
        "<SubscribeMsgChangeEvent>x</SubscribeMsgChangeEvent>",
    ),
    ("subscribe_msg_sent_event", STRANGER, _sent(0)),
    ("subscribe_msg_sent_event", STRANGER, _sent(1004, "5")),
    ("subscribe_msg_sent_event", STRANGER, _sent(0, "8" * 70)),
    ("user_info_modified", STRANGER, f"<openid>{STRANGER}</openid><appid>wx0</appid>"),
    *(
        ("user_authorization_revoke", HELPER, _owner(info))
        for info in ("201", "202,203", "204", "207", "")
    ),
    ("user_authorization_cancellation", HELPER, f"<OpenID>{STRANGER}</OpenID>"),
    ("user_authorization_cancellation", HELPER, ""),
    ("qualification_verify_success", HELPER, "<ExpiredTime>1800000000</ExpiredTime>"),
    (
        "qualification_verify_fail",
        HELPER,
        "<FailTime>1790000000</FailTime><FailReason>材料不全</FailReason>",
    ),
    ("naming_verify_success", HELPER, "<ExpiredTime>1800000000</ExpiredTime>"),
    ("naming_verify_fail", HELPER, f"<FailTime>x</FailTime><FailReason>{'长' * 900}</FailReason>"),
    ("annual_renew", HELPER, "<ExpiredTime>1800000000</ExpiredTime>"),
    ("verify_expired", HELPER, "<ExpiredTime>0</ExpiredTime>"),
    ("kf_create_session", STRANGER, "<KfAccount>a@gh_0</KfAccount>"),
    ("kf_close_session", STRANGER, "<KfAccount>a@gh_0</KfAccount>"),
    (
        "kf_switch_session",
        STRANGER,
        "<FromKfAccount>a@gh_0</FromKfAccount><ToKfAccount>b@gh_0</ToKfAccount>",
    ),
    (
        "guide_qrcode_scan_event",
        STRANGER,
        "<GuideScanEvent><qrcode_guide_account>g</qrcode_guide_account></GuideScanEvent>",
    ),
    ("guide_invite_result_event", STRANGER, "<GuideInviteEvent/>"),
    ("user_enter_tempsession", STRANGER, "<SessionFrom>s</SessionFrom>"),
    ("wxa_media_check", STRANGER, "<isrisky>0</isrisky><extra_info_json/>"),
    ("wxa_nickname_audit", HELPER, "<ret>3</ret><nickname>某</nickname>"),
    ("weapp_audit_success", HELPER, "<SuccTime>1790000000</SuccTime>"),
    ("card_pass_check", STRANGER, "<CardId>c</CardId><RefuseReason/>"),
    ("user_get_card", STRANGER, "<CardId>c</CardId><IsGiveByFriend>1</IsGiveByFriend>"),
    ("poi_check_notify", HELPER, "<UniqId/><PoiId>1</PoiId><Result>fail</Result><msg/>"),
    ("device_text", STRANGER, "<DeviceType>d</DeviceType><DeviceID>1</DeviceID>"),
    ("WifiConnected", STRANGER, "<ConnectTime>0</ConnectTime><ShopId/>"),
    (
        "ShakearoundUserShake",
        STRANGER,
        "<ChosenBeacon><Major>1</Major></ChosenBeacon><AroundBeacons/>",
    ),
    ("open_product_order_pay", STRANGER, "<order_info><order_id>1</order_id></order_info>"),
    ("enter_agent", STRANGER, "<AgentID>1</AgentID>"),
    ("change_contact", "sys", "<ChangeType>update_user</ChangeType><UserID>u</UserID>"),
    (
        "batch_job_result",
        "sys",
        "<BatchJob><JobId>j</JobId><JobType>sync_user</JobType></BatchJob>",
    ),
    ("an_event_of_next_year", STRANGER, "<What>?</What>"),
    ("x" * 400, STRANGER, ""),
    ("带空格 的 事件", STRANGER, ""),
)

PUSHES = (
    "<xml><AppId>wx0</AppId><InfoType>component_verify_ticket</InfoType><Ticket>t</Ticket></xml>",
    "<xml><AppId>wx0</AppId><InfoType>authorized</InfoType><AuthorizerAppid>x</AuthorizerAppid></xml>",
    "<xml><AppId>wx0</AppId><InfoType>unauthorized</InfoType></xml>",
    "<xml><SuiteId>s</SuiteId><InfoType>suite_ticket</InfoType><SuiteTicket>t</SuiteTicket></xml>",
    f"<xml><ToUserName>gh_0</ToUserName><FromUserName>{STRANGER}</FromUserName></xml>",
    f"<xml><FromUserName>{STRANGER}</FromUserName><MsgType/></xml>",
    f"<xml><FromUserName>{STRANGER}</FromUserName><MsgType>event</MsgType></xml>",
    "<xml><MsgType>text</MsgType><Content>nobody</Content></xml>",
    "<xml><FromUserName>a]]&gt;b</FromUserName><MsgType>text</MsgType><Content>x</Content></xml>",
    f"<xml><FromUserName>{'y' * 500}</FromUserName><MsgType>text</MsgType></xml>",
    "<xml/>",
    "<xml></xml>",
    "<xml>words</xml>",
    "<?xml version='1.0' encoding='UTF-8'?><xml><InfoType/></xml>",
    "words only",
    "{}",
    "[]",
    '{"MsgType": null}',
    '{"MsgType": "event", "Event": {"a": 1}}',
    '{"MsgType": ["event"], "Event": ["VIEW"], "FromUserName": 5}',
)


def _json_samples() -> Iterator[Sample]:
    head = {"ToUserName": "gh_0123456789ab", "FromUserName": PERSON, "CreateTime": 1790000001}
    stranger = head | {"FromUserName": STRANGER, "MsgType": "event"}
    one = {"TemplateId": "tplA", "SubscribeStatusString": "accept", "PopupScene": "1"}
    sent = {"TemplateId": "tplA", "MsgID": "18", "ErrorCode": "0", "ErrorStatus": "success"}
    event = head | {"MsgType": "event"}
    popup = event | {"Event": "subscribe_msg_popup_event"}
    for name, answer, fields in (
        ("text", "welcome.greet", head | {"MsgType": "text", "Content": "你好", "MsgId": 81}),
        ("number as text", "text", head | {"MsgType": "text", "Content": 12, "MsgId": 82}),
        ("null text", "common.empty", head | {"MsgType": "text", "Content": None, "MsgId": 83}),
        (
            "list text",
            "welcome.greet",
            head | {"MsgType": "text", "Content": ["你好"], "MsgId": 84},
        ),
        ("nul", "text", head | {"MsgType": "text", "Content": "a\u0000b\u0001", "MsgId": 85}),
        ("half a pair", "text", head | {"MsgType": "text", "Content": "\ud83d", "MsgId": 86}),
        ("huge number", "text", head | {"MsgType": "text", "Content": 10**400, "MsgId": 10**60}),
        ("image", "welcome.kinds.image", head | {"MsgType": "image", "MediaId": "m", "MsgId": 88}),
        ("subscribe", "text", event | {"Event": "subscribe", "EventKey": ""}),
        ("odd time", "text", event | {"Event": "subscribe", "CreateTime": -(10**30)}),
        ("one choice", "nothing", popup | {"SubscribeMsgPopupEvent": {"List": one}}),
        ("choices", "nothing", popup | {"SubscribeMsgPopupEvent": {"List": [one, one, 5, None]}}),
        ("choices at the top", "nothing", popup | {"List": [one]}),
        (
            "sent",
            "nothing",
            stranger
            | {"Event": "subscribe_msg_sent_event", "SubscribeMsgSentEvent": {"List": [sent]}},
        ),
        ("revoked", "nothing", stranger | {"Event": "user_authorization_revoke", "OpenID": PERSON}),
    ):
        yield Sample(f"json {name}", json.dumps(fields).encode(), answer)


def _xml(inner: str) -> bytes:
    return f"<xml>{inner}</xml>".encode()


def _event(name: str, sender: str, more: str, stamp: int) -> bytes:
    head = _head(sender, "event").replace("1790000000", str(stamp))
    return _xml(f"{head}<Event><![CDATA[{name}]]></Event>{more}")


def samples() -> list[Sample]:
    """All of them; no two are deliveries of one message."""
    made: list[Sample] = []
    number = 24_000_000_000_000_000
    for name, kind, more, answer in MESSAGES:
        number += 1
        body = _xml(f"{_head(PERSON, kind)}{more}<MsgId>{number}</MsgId>")
        made.append(Sample(name, body, answer))
    stamp = 1_790_000_000
    for name, more, answer in PERSONAL:
        for written in dict.fromkeys((name, name.lower(), name.upper())):
            stamp += 1
            made.append(Sample(f"event {written}", _event(written, PERSON, more, stamp), answer))
    for name, sender, more in OTHERS:
        for written in dict.fromkeys((name, name.swapcase())):
            stamp += 1
            body = _event(written, sender, more, stamp)
            made.append(Sample(f"event {written[:60]}", body, "nothing"))
    made += [Sample(push[:60], push.encode(), "nothing") for push in PUSHES]
    made += list(_json_samples())
    made += _writings(number + 1000)
    return made


def _writings(number: int) -> list[Sample]:
    """The same greeting in every way that XML allows it to be written."""
    inner = f"{_head(PERSON, 'text')}<Content><![CDATA[你好]]></Content>"
    plain = inner.replace("<![CDATA[", "").replace("]]>", "")
    spread = inner.replace("><", ">\r\n\t  <").replace("<!", "<!")
    written = {
        "bom": "\ufeff<xml>{}</xml>".encode().replace(b"{}", b"%b"),
        "declared": b"<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<xml>%b</xml>",
        "other root": b"<root>%b</root>",
        "blank around": b"\r\n  <xml>%b</xml>\n\n",
        "comment": b"<xml><!-- c -->%b<?p i?></xml>",
        "attributes": b'<xml a="1">%b</xml>',
    }
    bodies = {name: frame % inner.encode() for name, frame in written.items()}
    bodies["no cdata"] = b"<xml>%b</xml>" % plain.encode()
    bodies["spread"] = b"<xml>%b</xml>" % spread.encode()
    bodies["message number as words"] = b"<xml>%b<MsgId>abc</MsgId></xml>" % inner.encode()
    bodies["message number missing"] = b"<xml>%b</xml>" % inner.encode()
    bodies["message number twice"] = b"<xml>%b<MsgId>1</MsgId><MsgId>2</MsgId></xml>" % (
        inner.encode()
    )
    made = []
    for name, body in bodies.items():
        number += 1
        numbered = body
        if b"MsgId" not in body and name != "message number missing":
            numbered = body.replace(b"</Content>", b"</Content><MsgId>%d</MsgId>" % number)
        made.append(Sample(name, numbered, "welcome.greet"))
    return made
