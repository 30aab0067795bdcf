"""What runs on behind an answer: the next question, a request to subscribe, references, tags.

Behind a box each of them is junk. Without a box they are where they close the reply, so something
is said before; and what the problem itself has (`Question 2`, a link) is no junk.
"""

from __future__ import annotations

import re

_START = r"(?:^[ \t>*_#]*|[.!?。！？)\]}*$][ \t*_]+)"
"""of a line or a sentence"""
_COLON = r"[ \t*_]*[:：]"
_AGAIN = (
    # another question
    r"(?:(?:next|new|another|bonus|similar|follow-?up|extra) (?:question|problem|exercise"
    r"|puzzle|challenge|task)\b"
    r"|(?:practice )?(?:question|problem|exercise|q|challenge|follow-?up|quiz"
    r"|try (?:it|this|one) yourself)"
    r"[ \t]*(?:\d+[ \t*_]*[:：.)]|[ \t*_]*[:：])"
    r"|(?:here(?:'s| is)|now|let(?:'s| us| me)|try|can you)\b(?: [\w']+){0,4} (?:next|another|new"
    r"|similar|other) (?:question|problem|exercise|example|one|puzzle|task)\b"
    r"|now (?:try|do|solve|answer) (?:this|that|the same|it)\b"
    rf"|(?:human|user|student|用户|人类){_COLON}[ \t*]*\S"
    r"|nächste (?:aufgabe|frage)|question suivante|(?:siguiente|próxima) (?:pregunta|pergunta)"
    r"|prossima domanda|следующ(?:ий вопрос|ая задача)"
    r"|(?:下一|新的?)(?:题|道题|个问题)|问题[ \d]*[:：]|(?:相关|类似)(?:题目|问题))"
)
_LISTED = (
    # references, tags, who wrote it
    r"(?:(?:references?|sources?|works cited|see also|further reading|bibliography"
    r"|参考(?:文献|资料)|标签|关键词|tags?|keywords|categor(?:y|ies)|labels?|topics?|subject|difficulty"
    r"|(?:grade )?level|filed under|related (?:posts|questions|topics|articles|problems)"
    rf"|similar (?:problems|questions)|author|tagged|credits?)(?:{_COLON}|[ \t*]*$)|(?:posted"
    rf"|answered|asked|written|edited) by\b"
    r"|\[1\][ \t]+\S|(?:\d+\.[ \t]+)?[A-Z]\w+, [A-Z]\.(?: ?[A-Z]\.)*,? \(?(?:19|20)\d\d"
    r"|(?:#[^\W\d]\w*[ \t]*)+$)"
)
_ASKS = (
    # the reader to do something for the author
    r"\b(?:(?:un)?subscrib|abonn(?:ier|ez|e-toi)|suscr[ií]b|iscriviti|inscreva-se|подпи[сш])"
    r"|\b(?:thumbs up|upvote|brainliest|my channel|our channel|buy me a coffee|stay tuned)\b"
    r"|\b(?:like|share|rate|mark) (?:and |this (?:post|video|page|answer|with)|it (?:if|with|as)"
    r"|if you|as (?:accepted|best|correct)|the answer as)|\brate this\b|\bhit (?:the )?(?:like"
    r"|bell)"
    r"|\bthank(?:s| you) (?:so much |all )?for (?:watching|reading|visiting|your vote|following)"
    r"|\bfollow (?:me|us)\b|\bvisit (?:our|my|us|www|https?)|\bcheck out (?:my|our|this|other)"
    r"|\b(?:leave|drop|post|write) (?:a|your|me a) (?:comment|reply|review|like)"
    r"|\bcomments? (?:section )?below|\b(?:download|install|get) (?:our|my|the) app\b"
    r"|\bjoin (?:our|my) |\bsign up (?:for|to)|\bsee you (?:in the next|next time|soon|there)"
    r"|点赞|关注我|请?关注|订阅|转发|收藏"
)
_LINK = r"https?://|\bwww\.\w"
_ALL = rf"(?im){_START}(?:{_AGAIN}|{_LISTED})|{_ASKS}|{_LINK}"
RUNS_ON = _ALL.replace(r"\b", "")
"""for a look at many texts, so without edges of words: at these polars leaves its fast search"""
_RUNS_ON = re.compile(_ALL)
_BOX = re.compile(r"\\boxed\s*\{[^\n]*")
_SAID = 4
"""characters of a reply that say something: not a heading in front of all, but `It is 4.`"""
_WRITTEN = ("open", "safety")
"""kinds whose replies without a box may have references, tags or a request: an article, a post"""
_PARTS = re.compile(r"(?i)\b(?:question|problem|exercise|part|task)s? ?\d|\(b\)|问题 ?\d")
"""a problem that itself has several questions, which the reply may go through"""
_NUMBERED = re.compile(r"(?i)(?:question|problem|exercise|问题)[ \t]*\d")


def runs_on(reply: str, problem: str, kind: str | None) -> int | None:
    """Where what belongs to no answer begins in the reply."""
    boxes = list(_BOX.finditer(reply))
    if not boxes and kind in _WRITTEN:
        return None
    begin = boxes[-1].start() if boxes else _SAID
    for match in _RUNS_ON.finditer(reply, begin):
        said = match[0].strip(" \t\n.!?。！？)]}*$_#>-–—:：").lower()
        if not (said in problem.lower() or _goes_through(match, problem)):
            return match.start()
    return None


def _goes_through(match: re.Match[str], problem: str) -> bool:
    return bool(_NUMBERED.search(match[0]) and _PARTS.search(problem))
