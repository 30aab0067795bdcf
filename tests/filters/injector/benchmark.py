"""A small made-up benchmark for the decontamination tests: long, short and Chinese questions."""

from __future__ import annotations

BOILERPLATE = "Please reason step by step, and put your final answer within \\boxed{}."

LONG = (
    "A lighthouse keeper climbs a spiral staircase of 213 steps twice every evening except on "
    "Sundays, when a younger assistant takes over the second climb. How many steps does the "
    "keeper climb in a leap year that begins on a Wednesday?",
    "Seven amateur astronomers share three telescopes during a meteor shower so that each pair "
    "of astronomers observes together for at least eleven minutes. What is the shortest possible "
    "duration of the whole session in minutes?",
    "Let $P(x)$ be a monic polynomial of degree four with integer coefficients such that "
    "$P(1) = 10$, $P(2) = 20$ and $P(3) = 30$. Determine the value of $P(12) + P(-8)$.",
    "In a village orchestra the violins outnumber the trumpets by nine, while the drums are one "
    "quarter of all instruments that are not violins. If forty-one instruments play tonight, how "
    "many of them are drums?",
    "The vertices of a regular nonagon are coloured red, amber or teal so that no two adjacent "
    "vertices share a colour and at least one vertex is teal. Find the number of such colourings "
    "up to rotation.",
    "An ice merchant stores a block in the shape of a cube whose edge shrinks by four millimetres "
    "every hour. After how many hours has the block lost exactly half of its original surface "
    "area if the first edge measured sixty centimetres?",
    "Write a function that receives a list of railway timetable entries and returns the longest "
    "chain of trains in which every departure happens at the station of the previous arrival "
    "no earlier than five minutes after it.",
    "A treasure map is torn into an unknown number of strips of equal width, and each strip is "
    "torn again into as many pieces as there were strips. One piece is eaten by a goat, leaving "
    "three hundred and sixty. Into how many strips was the map torn at first?",
    "Compute the remainder when the sum of the cubes of the first two hundred odd positive "
    "integers is divided by the largest prime below ninety. " + BOILERPLATE,
    "Four ferries leave the same harbour at noon and return every 18, 24, 30 and 42 minutes "
    "respectively. At what time will all of them be in the harbour together again for the first "
    "time? " + BOILERPLATE,
)
SHORT = (
    "How many edges has a rhombicuboctahedron?",
    "Evaluate 47 squared minus 13 cubed.",
    "Which king reigned for nine days?",
    "What is the cube root of 6859?",
    "Name the smallest prime above 9000.",
    "Find x if 9x equals 1044.",
)
CHINESE = (
    "一个灯塔管理员每天晚上要爬两次共有二百一十三级的螺旋楼梯，星期日由助手代爬第二次，问他在一个闰年里一共爬了多少级台阶？",
    "七位业余天文学家在流星雨期间轮流使用三台望远镜，要求任意两人至少共同观测十一分钟，求整个活动最少需要多少分钟。",
    "把正九边形的顶点染成红、黄、青三种颜色，使相邻顶点颜色不同，且至少有一个顶点是青色，旋转后相同的算一种，求染色方法数。",
    "冰商有一块正方体的冰，棱长每小时缩短四毫米，原来的棱长是六十厘米，问几小时后表面积恰好变为原来的一半？",
    "藏宝图先被撕成宽度相等的若干条，每条又被撕成同样多的小片，其中一片被山羊吃掉，还剩三百六十片，最初撕成了几条？",
)


def benchmark_questions() -> list[dict[str, str]]:
    """One row a question: benchmark, item, problem."""
    sets = {"made-up-long": LONG, "made-up-short": SHORT, "made-up-zh": CHINESE}
    return [
        {"benchmark": name, "item": str(number), "problem": question}
        for name, questions in sets.items()
        for number, question in enumerate(questions)
    ]
