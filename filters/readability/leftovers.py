"""What a crawler leaves of a page: tags, entities, navigation, cookie banners. What stands in code,
or where the problem is about web pages, is no left-over."""

from __future__ import annotations

import re
from collections.abc import Iterator

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
    r"\s+[\w-]+=[^<>\n]+>|<!--[^<>\n]*-->|<br ?/>\s*<br ?/>|^<br ?/?>|<br ?/?>$|<hr ?/?>"
)
_ENTITY = (
    r"&(?:nbsp|amp|lt|gt|quot|apos|[rl][sd]quo|[mn]dash|hellip|copy|reg|trade|[rl]aquo|bull|middot"
    r"|times|divide|[lg]e|ne|deg|plusmn|minus|frac\d\d|sup\d|[lrud]arr|euro|pound|cent|sect|para"
    r"|[a-z](?:acute|grave|uml|circ|tilde|cedil)|#\d{2,5}|#x[\da-f]{2,5});"
)
_CODE_LEFT = (
    r"window\.(?:onload|location|dataLayer)|\$\(document\)|document\.(?:write|getElementBy|cookie)"
    r"|dataLayer\.push|@media\s*\(|font-family:|\bon(?:click|load|submit)=[\"']|addEventListener\("
    r"|[.#][a-z][\w-]+ \{ ?[a-z-]+: ?[^{}\n]+; ?\}"
)
_WIKI = (
    r"\{\{(?:cite|main|reflist|infobox|see also|citation)\b|\[\[(?:file|image|category|datei):"
    r"|\[edit\]|\[citation needed\]|\[/?caption\b|\[/?(?:url|img|quote)[\]=]"
    r"|\bfrom wikipedia|\bthe free encyclopedia|\bthis page was last (?:edited|modified)"
    r"|\bretrieved from [\"“]?http|\bjump to (?:navigation|search|content)"
)
_PLACES = r"(?:home|about(?: us)?|contact(?: us)?|blog|faq|log ?in|sign ?(?:in|up)|news|shop|menu)"
_PHRASE = (
    r"\bskip to (?:main |primary )?(?:content|navigation)"
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
_LINE = (
    # of a page's frame, alone on its line
    r"^[ \t]*(?:menu|home|search(?: this site)?|tweet|advertisements?|sponsored(?: content)?"
    r"|read more|continue reading|(?:related|popular|recent|similar) (?:articles|posts|stories)"
    r"|loading|leave a (?:reply|comment)|download (?:pdf|now)|print this page|share(?: this)?|reply"
    r"|comments"
    r"|\d+ (?:comments?|likes?|answers?|votes?|views|shares|replies)|page \d+ of \d+"
    r"|table of contents"
    r"|ask a question|best answer|votes? up \d+|log ?in|sign ?(?:in|up)|contact us|about us)"
    r"[ \t]*(?:\.\.\.|[…»›:→])?[ \t]*$"
)
_LEFT_OVER = f"(?im:{_TAG}|{_ENTITY}|{_CODE_LEFT}|{_WIKI}|{_PHRASE}|{_LINE})"
_CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|\"[^\"\n]*\"|“[^”\n]*”", re.DOTALL)

LEFT_OVERS = _LEFT_OVER.replace(r"\b", "")
"""for a look at many texts, so without edges of words: at these polars leaves its fast search"""


def web_left_overs(text: str, problem: str) -> Iterator[tuple[int, int]]:
    if re.search(_ABOUT_THE_WEB, problem):
        return
    found = list(re.finditer(_LEFT_OVER, text))
    code = [match.span() for match in _CODE.finditer(text)] if found else []
    for match in found:
        if not any(begin <= match.start() and match.end() <= end for begin, end in code):
            yield match.span()
