"""Units: a table of names, their dimension and their size. Exact, so 5 km is 5000 m and not 5 m."""

from __future__ import annotations

from fractions import Fraction

Dimension = tuple[tuple[str, int], ...]

_BASE: dict[str, dict[str, str]] = {
    "length": {
        "1": "m meter meters metre metres 米 mètre mètres",
        "1000": "km kilometer kilometers kilometre kilometres 千米 公里",
        "1/10": "dm decimeter decimeters decimetre decimetres 分米",
        "1/100": "cm centimeter centimeters centimetre centimetres 厘米",
        "1/1000": "mm millimeter millimeters millimetre millimetres 毫米",
        "1/1000000": "μm um micrometer micrometers 微米",
        "1/1000000000": "nm nanometer nanometers 纳米",
        "0.0254": "in inch inches 英寸",
        "0.3048": "ft foot feet 英尺",
        "0.9144": "yd yds yard yards 码",
        "1609.344": "mi mile miles 英里",
    },
    "mass": {
        "1": "kg kgs kilogram kilograms kilo kilos 千克 公斤",
        "1/1000": "g gram grams gramme grammes 克",
        "1/1000000": "mg milligram milligrams 毫克",
        "1000": "t tonne tonnes 吨",
        "0.45359237": "lb lbs pound pounds 磅",
        "0.028349523125": "oz ounce ounces 盎司",
        "907.18474": "ton tons",
    },
    "time": {
        "1": "s sec secs second seconds 秒 秒钟 seconde secondes",
        "1/1000": "ms millisecond milliseconds 毫秒",
        "60": "min mins minute minutes 分 分钟",
        "3600": "h hr hrs hour hours 小时 时 heure heures",
        "86400": "day days 天 日 jour jours",
        "604800": "week weeks wk wks 周 星期 semaine semaines",
        "month": "month months 个月 月 mois",
        "year": "year years yr yrs 年 岁 an ans",
    },
    "volume": {
        "1/1000": "L l liter liters litre litres 升 立方分米",
        "1/1000000": "mL ml milliliter milliliters millilitre millilitres cc 毫升 立方厘米",
        "1": "立方米",
        "0.003785411784": "gal gallon gallons 加仑",
        "0.000946352946": "qt quart quarts",
        "0.000473176473": "pt pint pints",
        "0.0002365882365": "cup cups",
    },
    "area": {
        "1": "平方米 sqm",
        "1000000": "平方千米 平方公里",
        "1/100": "平方分米",
        "1/10000": "平方厘米",
        "1/1000000": "平方毫米",
        "10000": "ha hectare hectares 公顷",
        "4046.8564224": "acre acres 英亩",
        "0.09290304": "sqft",
    },
    "angle": {"1": "° deg degs degree degrees 度", "rad": "rad rads radian radians 弧度"},
    "dozen": {"12": "dozen dozens"},
    "percent": {"1/100": "% percent pct percents per-cent pourcent"},
    "dollar": {"1": "$ dollar dollars USD usd bucks 美元", "1/100": "cent cents ¢ 美分"},
    "euro": {"1": "€ euro euros EUR"},
    "sterling": {"1": "£ GBP", "1/100": "pence"},
    "yuan": {"1": "¥ yuan RMB 元 块 人民币", "1/10": "角"},
    "rupee": {"1": "₹ rupee rupees"},
    "peso": {"1": "peso pesos"},
    "celsius": {"1": "°C celsius 摄氏度"},
    "fahrenheit": {"1": "°F fahrenheit"},
    "kelvin": {"1": "K kelvin kelvins"},
    "force": {"1": "N newton newtons 牛 牛顿", "1000": "kN"},
    "energy": {"1": "J joule joules 焦耳 焦", "1000": "kJ", "3600000": "kWh", "cal": "cal"},
    "power": {"1": "W watt watts 瓦 瓦特", "1000": "kW", "1000000": "MW"},
    "pressure": {"1": "Pa pascal pascals", "1000": "kPa", "101325": "atm"},
    "frequency": {"1": "Hz hertz 赫兹", "1000": "kHz", "1000000": "MHz"},
    "voltage": {"1": "V volt volts 伏", "1/1000": "mV", "1000": "kV"},
    "current": {"1": "A amp amps ampere amperes 安", "1/1000": "mA"},
    "resistance": {"1": "ohm ohms"},
    "amount": {"1": "mol mole moles"},
    "speed": {"0.44704": "mph", "1000/3600": "kph kmh"},
}  # fmt: skip
_COMPOSED: dict[str, Dimension] = {
    "volume": (("length", 3),),
    "area": (("length", 2),),
    "speed": (("length", 1), ("time", -1)),
    "percent": (),
    "dozen": (),
}


def _table() -> dict[str, tuple[Fraction, Dimension]]:
    table = {}
    for dimension, sizes in _BASE.items():
        for size, names in sizes.items():
            known = size[0].isdigit()  # else a size of its own: months, radians
            top, _, bottom = size.partition("/") if known else ("1", "", "")
            axis = _COMPOSED.get(dimension, ((dimension if known else size, 1),))
            value = Fraction(top) / Fraction(bottom or 1)
            table.update(dict.fromkeys(names.split(), (value, axis)))
    return table


UNITS = _table()
MAX_UNIT_POWER = 9


def measure(unit: tuple[tuple[str, int], ...]) -> tuple[Fraction, Dimension]:
    """Size in base units and dimension of `(("km", 1), ("h", -1))`."""
    size = Fraction(1)
    dimension: dict[str, int] = {}
    for name, power in unit:
        factor, axes = UNITS[name]
        power = max(-MAX_UNIT_POWER, min(power, MAX_UNIT_POWER))
        size *= factor**power
        for axis, times in axes:
            dimension[axis] = dimension.get(axis, 0) + times * power
    return size, tuple(sorted((axis, n) for axis, n in dimension.items() if n))
