"""Look-alikes with a problem of their own: each maker gives problem, thinking and summary."""

from __future__ import annotations

from random import Random


def translation(rng: Random) -> tuple[str, str, str]:
    language, source, target, note = rng.choice(
        (
            (
                "Chinese",
                "The train leaves at nine.",
                "火车九点开。",
                "火车 means train",
            ),
            ("Russian", "Where is the library?", "Где находится библиотека?", "где means where"),
            ("Japanese", "I bought two books.", "本を二冊買いました。", "二冊 counts two books"),
            ("French", "We will arrive tomorrow.", "Nous arriverons demain.", "demain is tomorrow"),
            ("German", "The window is open.", "Das Fenster ist offen.", "Fenster is neuter: das"),
            ("Spanish", "My sister lives here.", "Mi hermana vive aquí.", "hermana is sister"),
        )
    )
    problem = f'Translate into {language} and explain the choice of words: "{source}"'
    thought = (
        f"I have to translate a short sentence into {language}. The sentence is: {source}\n\n"
        f"A natural version is: {target} Here {note}. The word order is the usual one.\n\n"
        f"Is there a more formal way to put it? Perhaps, but nothing in the request asks for a "
        f"formal tone.\n\nReading it once more: {target} Yes, that sounds right, and nothing of "
        f"the English sentence is missing."
    )
    summary = f"**{target}**\n\nIn this sentence {note}. The word order is the usual one."
    return problem, thought, summary


def poem(rng: Random) -> tuple[str, str, str]:
    thing = rng.choice(("the sea", "an old clock", "the first snow", "a night train"))
    line = rng.choice(("And still it sings.", "Come back, come back to me.", "So turns the year."))
    verses = (
        f"I walked alone by {thing} at dawn,\nThe lamps were pale, the crowd was gone.\n{line}",
        f"I asked {thing} what time had meant,\nIt showed me where the evening went.\n{line}",
        f"And when I left {thing} behind,\nIts quiet went along in mind.\n{line}",
    )
    thought = (
        f"A poem about {thing} in short stanzas with a refrain. I want a plain tone and rhymed "
        f"pairs, so each stanza gets two rhyming lines and then the refrain.\n\nFor the refrain "
        f'something short that gains weight each time: "{line}" That can close all three stanzas '
        f"without changing a word.\n\nThe three stanzas could walk through arriving, asking and "
        f"leaving. The rhymes dawn and gone, meant and went, behind and mind are simple enough. I "
        f"should keep the metre even; four beats a line will do."
    )
    problem = f"Write a short poem about {thing} with a refrain."
    return problem, thought, "\n\n".join(verses)


def html(rng: Random) -> tuple[str, str, str]:
    tag = rng.choice(("thead", "th", "thing", "thinking-cap", "time"))
    problem = (
        f"My page shows `<{tag}>Total</{tag}>` as plain text instead of rendering it. The source "
        f"is `&lt;{tag}&gt;`. What is wrong, and how do I fix it?"
    )
    thought = (
        f"The browser shows the tag itself, which means that it never saw a tag. The source holds "
        f"&lt;{tag}&gt;, that is, the escaped form, so `<{tag}>` is just text to the parser.\n\n"
        f"Where could the escaping happen? Template engines escape < and > by default, so that "
        f"user input can't smuggle in a <script> element. If the string is trusted, it can be "
        f"marked as safe; if it comes from users, it must stay escaped.\n\nI should mention both. "
        f"The closing tag </{tag}> is treated in the same way, and an unclosed <div> elsewhere "
        f"would look different, so that isn't the cause."
    )
    summary = (
        f"The tag is escaped before it reaches the browser. Emit it unescaped only if you trust "
        f"it:\n\n```html\n<{tag}>Total</{tag}>\n```\n\nText from users should stay escaped."
    )
    return problem, thought, summary


def error_quoted(rng: Random) -> tuple[str, str, str]:
    code, what = rng.choice(((500, "Internal Server Error"), (429, "Rate limit reached")))
    message = f"Error code: {code} - {{'error': {{'message': '{what}', 'type': 'server_error'}}}}"
    problem = f"My script prints this and stops. What should I do?\n\n{message}"
    remedy = "waiting longer after each failure" if code == 429 else "trying again a little later"
    thought = (
        f"The user quotes an error of an HTTP interface: {message}. The status {code} says where "
        f"the trouble sits.\n\nWith {code} the remedy is {remedy}, and a limit on the number of "
        f"attempts, so that the script doesn't hammer the server for ever.\n\nI should also advise "
        f"to log the request id, since that is what the provider will ask for. Nothing suggests "
        f"that the request itself is malformed; that would have been a 400."
    )
    summary = (
        f"Status {code} means “{what}”. The usual remedy is {remedy}, with a cap of, say, five "
        f"attempts. Keep the request id from the response headers for the support."
    )
    return problem, thought, summary


def chinese_terms(rng: Random) -> tuple[str, str, str]:
    v, h = rng.randint(40, 120), rng.randint(2, 9)
    problem = f"一辆汽车以 {v} km/h 的速度行驶 {h} h，用 Python 变量 speed 和 hours 表示并求路程。"
    thought = (
        f"设 speed = {v}（km/h），hours = {h}（h）。公式是 s = v × t，也就是 speed * hours。\n\n"
        f"代入：{v} × {h} = {v * h}，单位是 km，OK。\n\n"
        "变量名用英文小写是 Python 的习惯（参考 PEP 8），print 函数可以直接输出结果。"
        "如果输入来自用户，还要用 int 或 float 转换类型。\n\n"
        f"检查单位：km/h 乘以 h 得到 km，没有问题。所以答案是 {v * h} km。"
    )
    summary = f"路程为 \\(s = vt = {v} \\times {h} = \\boxed{{{v * h}}}\\) km。"
    return problem, thought, summary


def chinese_quoted(rng: Random) -> tuple[str, str, str]:
    word, meaning, example = rng.choice(
        (
            ("serendipity", "意外发现美好事物的运气", "机缘巧合"),
            ("benchmark", "衡量好坏的标准", "基准"),
            ("trade-off", "有所得就有所失的权衡", "取舍"),
        )
    )
    problem = f"英文单词“{word}”是什么意思？怎么翻译比较自然？"
    thought = (
        f"题目问的是英文单词“{word}”。它的基本意思是{meaning}。\n\n"
        f"常见的译法是“{example}”。不过“{word}”在不同的上下文里语气不一样，需要说明一下。\n\n"
        "最好给一个简短的例子，让读者知道怎么用，同时提醒不要逐字翻译。"
    )
    return problem, thought, f"“{word}”指{meaning}，一般译作**{example}**。"
