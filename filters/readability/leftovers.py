"""What a crawler leaves of a page: tags, entities, navigation, cookie banners. What stands in code,
or where the problem is about web pages, is no left-over."""

from __future__ import annotations

import re
from collections.abc import Iterator

import polars as pl

from filters.spans import inside

_ABOUT_THE_WEB = (
    r"(?i)\b(?:ht|x)ml\b|\bcss\b|javascript|\bmark(?:up|down)\b|\bweb|\bbrowser|</?\w+[ >/]|&\w+;"
)
"""a problem like that"""
# what may be a placeholder or a formula (<title>, <p>, a<b>c) counts with an attribute or as an
# end; <sub>, <sup> and <u> are how chemistry and emphasis are written without TeX
_TAG = (
    r"</?(?:div|span|ul|ol|li|td|tr|th|tbody|thead|iframe|nav|h[1-6]|strong|font|center|pre)"
    r"(?:\s[^<>\n]*)?/?>"
    r"|</(?:a|p|b|i|em|code|small|script|style|button|table|form|footer|header|section|article|body"
    r"|html|label|select|option|blockquote)>"
    r"|<(?:a|p|img|script|style|button|table|form|input|link|meta|footer|header|section|article"
    r"|svg)"
    r"\s+[\w-]+=[^<>\n]+>|<!--[^<>\n]*-->|<!\[CDATA\[|<br ?/>\s*<br ?/>|^<br ?/?>|<br ?/?>$"
    r"|<hr ?/?>"
)
_ENTITY = r"&(?:[a-z]{2,8}\d{0,2}|#\d{2,5}|#x[\da-f]{2,5});"
_CODE_LEFT = (
    r"window\.(?:onload|location|dataLayer)|\$\(document\)|document\.(?:write|getElementBy|cookie)"
    r"|dataLayer\.push|@media\s*\(|font-family:|\bon(?:click|load|submit)=[\"']|addEventListener\("
    r"|[.#][a-z][\w-]+ \{ ?[a-z-]+: ?[^{}\n]+; ?\}"
)
_WIKI = (
    r"\{\{(?:cite|main|reflist|infobox|see also|citation|stub|clarify)\b|\[\[(?:file|image"
    r"|category|datei):"
    r"|\[edit\]|\[citation needed\]|\[/?caption\b|\[/?(?:url|img|quote|center|spoiler)[\]=]"
    r"|\[b\][^\n]{1,60}\[/b\]|\[(?:hide|show|show solution)\]"
    r"|\bfrom wikipedia|\bthe free encyclopedia|\bthis page was last (?:edited|modified)"
    r"|\bretrieved from [\"“]?http|\bjump to (?:navigation|search|content)"
)
_PLACES = r"(?:home|about(?: us)?|contact(?: us)?|blog|faq|log ?in|sign ?(?:in|up)|news|shop|menu)"
_PHRASE = (
    r"lorem ipsum dolor|\bskip to (?:main |primary )?(?:content|navigation)"
    r"|\btoggle (?:navigation|menu|sidebar|search)"
    r"|\b(?:accept|reject|allow|decline) (?:all )?cookies|\b(?:we|this (?:web)?site) uses? cookies"
    r"|\bcookie (?:policy|settings|preferences|consent|notice)|\b(?:our|the) use of cookies"
    r"|\bcookies to (?:ensure|give|improve|offer|provide|personali)|\bcookies propias|\bdes cookies"
    r"|\bcookies verwenden|\bverwende[nt] cookies|\bstore and access information on a device"
    r"|\ball rights reserved|\balle rechte vorbehalten|\btous droits réservés"
    r"|\btodos los derechos reservados|\btutti i diritti riservati"
    r"|(?:©|\bcopyright) ?(?:19|20)\d\d"
    r"|\b(?:privacy policy|terms of (?:service|use)) *[|•·&]|\bback to top\b"
    r"|\b(?:share|tweet|pin)(?: this)?(?: on| via| to|:)"
    r" (?:facebook|twitter|whatsapp|linkedin|pinterest|email)|\blike this: like"
    r"|\b(?:subscribe|sign up) (?:to|for) (?:our|the|my) |\bnewsletter|\bfollow us on\b"
    r"|\b(?:enable|aktivieren|activer) javascript|\bjavascript (?:aktivieren|is disabled)"
    r"|\bad ?blocker|\bclick here\b|\b(?:log|sign) in (?:or register )?to (?:leave|post|reply|view"
    r"|vote)"
    r"|\bor register to\b|\byour email address\b|\brequired fields are marked|\badd to cart\b"
    r"|\bwas this (?:answer|article|page|post) helpful|\basked by \w+, ?\d|\bposted (?:in|by"
    r"|on) [a-z]+"
    r" (?:on |at |in )|\bposted in \w+$|\blast updated:? |\bview all (?:posts|comments)|\bsort by:"
    r"|\bview history\b|\benter your email|\b404 not found|\bturn off your ad"
    rf"|\bhome(?: *[|>»›•·/] *[\w ]{{2,20}}){{2}}|\bhome(?:\n+{_PLACES}){{2}}"
    r"|\b(?:previous|next) (?:post|article|page):? [^\n]{0,40}[|»→]|[←«] ?previous\b|\bnext ?[→»]"
    r"|\bread more ?[»›…→]|跳(?:到|至|转到)(?:主要?)?内容|接受(?:所有|全部) ?cookie|版权所有"
    r"|上一篇|下一篇"
    r"|首页 ?[>»|]|点击(?:这里|此处|查看|阅读|进入)|公众号|阅读全文|返回顶部|责任编辑"
    r"|zum inhalt springen|alle cookies akzeptieren|aller au contenu|accepter (?:tous )?les cookies"
    r"|saltar al contenido|aceptar (?:todas las )?cookies|vai al contenuto|accetta i cookie"
)
_FRAME = [
    "Cookie banner",
    "Cookie notice",
    "Image: Wikimedia",
    "Image credit",
    "Click to enlarge",
    "Click to expand",
    "Click to view",
    "Tap to expand",
    "Free shipping on",
    "Your cart is",
    "Sign up for free",
    "Sign up today",
    "Create an account",
    "Forgot password",
    "Forgot your password",
    "Subscribe via",
    "RSS Feed",
    "Powered by WordPress",
    "Powered by phpBB",
    "Powered by Disqus",
    "Theme by",
    "Access denied",
    "Error 403",
    "Error 404",
    "A modern browser",
    "Your browser does not",
    "Session expired",
    "Session has expired",
    "Captcha:",
    "Jump to:",
    "Answered by user",
    "Asked by user",
    "Edited by user",
    "Last modified on",
    'By clicking "',
    "We value your privacy",
    "Datenschutz |",
    "Mentions légales",
    "Iniciar sesión",
    "Se connecter",
    "Report this ad",
    "Report abuse",
    "Flag as inappropriate",
    "Manage preferences",
    "Notify me of",
    "Save my name",
    "View larger image",
    "body {",
    "@import url",
    "扫码关注",
    "分享到",
    "来源：网络",
    "微信公众",
]
"""phrases of a page's frame, as they begin there"""
_AT_ONCE = 14
"""phrases that are searched for at once: of many more polars leaves its fast search"""
_LINE = (
    # of a page's frame, alone on its line
    r"^[ \t]*(?:menu|home|search(?: this site)?|tweet|advertisements?(?: - continue reading below)?"
    r"|sponsored(?: content)?"
    r"|read more|continue reading|(?:related|popular|recent|similar) (?:articles|posts|stories)"
    r"|loading|leave a (?:reply|comment)|download (?:pdf|now)|print this page|share(?: this)?|reply"
    r"|comments"
    r"|[\d,]+ (?:comments?|likes?|answers?|votes?|views|shares|replies)|page \d+ of \d+"
    r"|table of contents(?: \[hide\])?"
    r"|you (?:may|might) also like|recommended for you|trending(?: now)?|most (?:popular|read"
    r"|recent)"
    r"|sponsored links|(?:advertisement - )?continue reading below|join the (?:discussion"
    r"|conversation)"
    r"|subscribe|view source|expand all|collapse all|see more|show more|scroll down|site ?map"
    r"|(?:reply|quote|report|share|like|print|email|edit|save|tweet)(?:[ |·]+(?:reply|quote|report"
    r"|share|like|print|email|edit|save|tweet|\d+))+"
    r"|terms (?:and|&) conditions|privacy policy|buy now|be the first to comment"
    r"|ask a question|best answer|votes? up \d+|log ?in|sign ?(?:in|up)|contact us|about us)"
    r"[ \t]*(?:\.\.\.|[…»›:→])?[ \t]*$"
)
_ANY = (_TAG, _ENTITY, _CODE_LEFT, _WIKI, _PHRASE, _LINE)
_LEFT_OVER = f"(?im:{'|'.join(_ANY)})|{'|'.join(map(re.escape, _FRAME))}"
_NAMED = re.compile(r"(?i)\bhtml\b|\bentit(?:y|ies)\b")
_NEAR = 60
"""characters in front in which the text says that it speaks of such a thing"""
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|“[^”\n]*”", re.DOTALL)

_LOOK = "|".join(_ANY).replace(r"\b", "")


def may_have_left_overs(text: pl.Expr) -> pl.Expr:
    """A cheap look, so without edges of words: at these polars leaves its fast search."""
    phrases = [
        "|".join(map(re.escape, some))
        for some in (_FRAME[i : i + _AT_ONCE] for i in range(0, len(_FRAME), _AT_ONCE))
    ]
    return pl.any_horizontal(map(text.str.contains, [f"(?im:{_LOOK})", *phrases]))


def web_left_overs(text: str, problem: str) -> Iterator[tuple[int, int]]:
    """Where they are; what the problem says itself (a newsletter) is none."""
    if re.search(_ABOUT_THE_WEB, problem):
        return
    found = list(re.finditer(_LEFT_OVER, text))
    code = [match.span() for match in _CODE.finditer(text)] if found else []
    asked = problem.lower()
    for match in found:
        if _NAMED.search(text, max(0, match.start() - _NEAR), match.start()):
            continue
        words = re.findall(r"[^\W\d_]{5,}", match[0].lower())
        if words and all(word in asked for word in words):
            continue
        piece = inside(match.start(), code)
        if not (piece and match.end() <= piece[1]):
            yield match.span()
