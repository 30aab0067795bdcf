"""What runs on behind an answer: the next question, a request to subscribe, references, tags.

Behind a box each of them is junk. Without a box they are where they close the reply, so something
is said before; and what the problem itself has (`Question 2`, a link) is no junk.
"""

from __future__ import annotations

import re

_START = r"(?:^[ \t>*_#]*|[.!?。！？)\]}*$][ \t*_]{1,20}+)"
"""of a line or a sentence; no more signs, nor fewer at a second try, so that a row of them takes no
time by its square"""
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
    r"|(?:exam |quiz )?question \d+ of \d+|would you like to (?:try|see|solve)\b"
    r"|(?:try this (?:one|next|problem|question|exercise)|next,? (?:try|solve|let(?:'s"
    r"| us) solve)|now,? solve)\b"
    r"|(?:aufgabe|exercice|pregunta|ejercicio|esercizio|opgave|zadanie|练习"
    r"|第 ?\d+ ?题)[ \t]*\d*[ \t]*[:：.]"
    r"|now (?:try|do|solve|answer) (?:this|that|the same|it)\b"
    rf"|(?:human|user|student|teacher|用户|人类){_COLON}[ \t*]*\S"
    r"|nächste (?:aufgabe|frage)|question suivante|(?:siguiente|próxima) (?:pregunta|pergunta)"
    r"|prossima domanda|следующ(?:ий вопрос|ая задача)"
    r"|(?:下一|新的?)(?:题|道题|个问题)|问题[ \d]*[:：]|(?:相关|类似)(?:题目|问题))"
)
_LISTED = (
    # references, tags, who wrote it
    r"(?:(?:references?|sources?|works cited|see also|further reading|bibliography"
    r"|参考(?:文献|资料)|标签|关键词|tags?|keywords|categor(?:y|ies)|labels?|topics?|subject|difficulty"
    r"|(?:grade )?level|related (?:posts|questions|topics|articles|problems)"
    rf"|similar (?:problems|questions)|author|tagged|credits?)(?:{_COLON}|[ \t*]*$)"
    rf"|(?:filed under|posted"
    rf"|answered|asked|written|edited) (?:by|in)\b"
    r"|\[1\][ \t]+\S|(?:\d+\.[ \t]+)?[A-Z]\w+, [A-Z]\.[^\n]{0,60}\b(?:19|20)\d\d"
    r"|people also ask\b"
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
    r"|\b(?:dm|message|email) me\b|\bcontact us at\b|\bcall 1-\d|\bpatreon\b|\bbell icon"
    r"|\bsmash that\b|\btag a friend|\b\d+ ?% off with\b|\bsupport me on\b|\bdonate if\b"
    r"|\bin the comments!|\bfree tutoring|\bbuy my\b"
    r"|\bjoin (?:our|my) |\bsign up (?:for|to)|\bsee you (?:in the next|next time|soon|there)"
    r"|点赞|关注我|请?关注|订阅|转发|收藏"
)
_BEHIND_A_BOX = (
    rf"{_START}(?:(?:task(?: \d+)?|question|standard|points|time limit|word count|rating|votes"
    rf"|related|difficulty level|source\(s\)|来源|知识点|难度|考点|问|老师|system|assistant|me)"
    rf"{_COLON}"
    r"|what (?:if|about) [^\n]*\?|\(?\d+[.)] (?:find|solve|calculate|compute|determine|how|what"
    r"|which)\b|(?:the )?next (?:part|one)\b)"
)
"""what in prose may be how a reply is laid out"""
_LINK = r"https?://|\bwww\.\w"
_ALL = rf"(?im){_START}(?:{_AGAIN}|{_LISTED})|{_ASKS}|{_LINK}"
RUNS_ON = f"{_ALL}|{_BEHIND_A_BOX}".replace(r"\b", "")
"""for a look at many texts, so without edges of words: at these polars leaves its fast search"""
_RUNS_ON, _BEHIND_BOX = re.compile(_ALL), re.compile(f"{_ALL}|{_BEHIND_A_BOX}")
_BOX = re.compile(r"\\boxed\s*\{[^\n]*")
_SAID = 4
"""characters of a reply that say something: not a heading in front of all, but `It is 4.`"""
_WRITTEN = ("open", "safety")
"""kinds whose replies without a box may have references, tags or a request: an article, a post"""
_TO_WRITE = re.compile(
    r"(?i)\b(?:writ\w+|posts?|articles?|essay|blog|reviews?|letter|e-?mail|script|story|tweet"
    r"|caption"
    r"|abstract|report|ad|advert\w*|compose|draft|create|generate|design|list|sources?|links?)\b"
)
_PARTS = re.compile(r"(?i)\b(?:question|problem|exercise|part|task)s? ?\d|\(b\)|问题 ?\d")
"""a problem that itself has several questions, which the reply may go through"""
_NUMBERED = re.compile(r"(?i)(?:question|problem|exercise|问题)[ \t]*\d")


def runs_on(reply: str, problem: str, kind: str | None) -> int | None:
    """Where what belongs to no answer begins in the reply."""
    boxes = list(_BOX.finditer(reply))
    if not boxes and kind in _WRITTEN and (kind != "open" or _TO_WRITE.search(problem)):
        return None
    begin = boxes[-1].start() if boxes else _SAID
    for match in (_BEHIND_BOX if boxes else _RUNS_ON).finditer(reply, begin):
        said = match[0].strip(" \t\n.!?。！？)]}*$_#>-–—:：").lower()
        if not (said in problem.lower() or _goes_through(match, problem)):
            return match.start()
    return None


def _goes_through(match: re.Match[str], problem: str) -> bool:
    return bool(_NUMBERED.search(match[0]) and _PARTS.search(problem))
